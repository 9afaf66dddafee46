from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from tlog_scales.signing import (
    MLDSA44CosignatureSigner,
    PlainEd25519Signer,
    Vkey,
    VkeySet,
)
from tlog_scales.tlog import Checkpoint as PeerCheckpoint

from ringfence.errors import ExitCode, ProofError
from ringfence.ledger.signed.checkpoints import (
    Checkpoint,
    parse_checkpoint,
    read_checkpoint,
)
from ringfence.ledger.signed.keys import (
    COSIGNATURE,
    ED25519,
    ML_DSA,
    SigningKey,
    VerifierKey,
    parse_key,
)
from ringfence.ledger.signed.notes import Note, parse_note, render_note
from ringfence.ledger.tree.merkle import EMPTY
from tests.signed import (
    HEAD,
    KEYS,
    LOG,
    LOG_PQ,
    ORIGIN,
    OTHER,
    ROOT,
    SECONDS,
    W1,
    W2,
    W3,
    WITNESSES,
    cosigned,
    signed,
)

TEXT = "ringfence.example/log\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n"
MORE = HEAD._replace(extensions=("more", "lines"))


def says(text: str) -> str:
    with pytest.raises(ProofError) as caught:
        parse_checkpoint(text, "head")
    assert caught.value.exit_code is ExitCode.NOT_VERIFIED
    return str(caught.value).splitlines()[0]


def refused(content: bytes, keys: Sequence[VerifierKey], **more: object) -> str:
    with pytest.raises(ProofError) as caught:
        read_checkpoint(content, keys, **more)  # type: ignore[arg-type]
    return str(caught.value).splitlines()[0]


def test_a_checkpoint_is_three_lines():
    """Origin, size and root make the text, and the text gives them back."""
    assert HEAD.text == TEXT
    assert parse_checkpoint(TEXT) == HEAD


def test_further_lines_are_kept():
    """Lines below the root are part of what is signed."""
    assert parse_checkpoint(f"{TEXT}more\nlines\n") == MORE
    assert MORE.text == f"{TEXT}more\nlines\n"


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint("a log with blanks", 1, ROOT),
        Checkpoint("ж+ж", (1 << 63) - 1, ROOT),
        Checkpoint("x", 0, EMPTY),
        Checkpoint("x", 1, bytes(32), ("— no signature",)),
    ],
)
def test_odd_checkpoints_read_as_they_were_written(head: Checkpoint):
    """An origin may have blanks; a size goes up to 2^63 - 1, from an empty log."""
    assert parse_checkpoint(head.text) == head


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "head: is no checkpoint"),
        ("\n", "head: is no checkpoint"),
        ("a\n7\n", "head: is no checkpoint"),
        (TEXT[:-1], "head: is no checkpoint"),
        (f"{TEXT}\n", "head: is no checkpoint"),
        (f"\n{TEXT}", "head: is no checkpoint"),
        (f"{TEXT}\nmore\n", "head: is no checkpoint"),
        (f"{TEXT}more", "head: is no checkpoint"),
        (TEXT.replace("\n", "\r\n"), "head: is no checkpoint"),
        (TEXT.replace("/", "\t"), "head: is no checkpoint"),
        (TEXT.replace("/", "\udc80"), "head: is no checkpoint"),
        (TEXT.replace("\n7", "\n07"), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n+7"), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n-7"), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n 7"), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n7 "), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n7_0"), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n٧"), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n0x7"), "head:2: the size is no number"),
        (TEXT.replace("\n7", f"\n{1 << 63}"), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n" + "9" * 5000), "head:2: the size is no number"),
        (TEXT.replace("\n7", "\n0"), "head:3: the root isn't that of an empty log"),
        (TEXT.replace("=", ""), "head:3: the root isn't 32 bytes in canonical base64"),
        (TEXT.replace("c=", "d="), "head:3: the root isn't 32 bytes in canonical base64"),
        (TEXT.replace("mMl/", ""), "head:3: the root isn't 32 bytes in canonical base64"),
        (TEXT.replace("mMl/", "mMl/AAAA"), "head:3: the root isn't 32 bytes in canonical base64"),
        (TEXT.replace("mMl/", "mMl_"), "head:3: the root isn't 32 bytes in canonical base64"),
        (TEXT.replace("mMl/", " mMl/"), "head:3: the root isn't 32 bytes in canonical base64"),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str, message: str):
    """Numbers and base64 have one spelling; no line is empty."""
    assert says(text) == message


def test_a_signed_checkpoint_tells_who_stands_for_it():
    """The log by both its keys, the witnesses with their times, and the bytes."""
    found = read_checkpoint(cosigned(), KEYS, witnesses=[W1, W2, W3])
    assert found.checkpoint == HEAD
    assert found.content == cosigned()
    assert [tuple(one) for one in found.verified] == [
        (LOG.verifier, None),
        (LOG_PQ.verifier, SECONDS),
        (W1, SECONDS),
        (W2, SECONDS),
        (W3, SECONDS),
    ]


def test_signatures_that_nobody_asked_for_are_passed_by():
    """Without the witnesses' keys their cosignatures count for nothing."""
    found = read_checkpoint(cosigned(), [LOG_PQ.verifier])
    assert [one.key for one in found.verified] == [LOG_PQ.verifier]
    assert len(found.note.signatures) == 5


def test_a_log_signs_for_itself():
    """The origin is the name of a log's key that has signed, and of no witness's."""
    alien = HEAD._replace(origin="other.example/log")
    own = HEAD._replace(origin=W1.name)
    message = f"the checkpoint: no known key of the log `{alien.origin}` has signed it"
    assert refused(signed(LOG, head=alien), KEYS) == message
    assert refused(signed(LOG, head=alien), [*KEYS, OTHER.verifier]) == message
    assert read_checkpoint(signed(OTHER, LOG, head=alien), [*KEYS, OTHER.verifier])
    content = signed(WITNESSES[0], head=own)
    assert "no known key of the log" in refused(content, KEYS, witnesses=[W1])
    assert "no key that is known" in refused(content, KEYS)


def test_cosignatures_make_no_checkpoint():
    """Witnesses alone can't speak for a log."""
    content = signed(*WITNESSES)
    message = f"here: no known key of the log `{ORIGIN}` has signed it"
    assert refused(content, KEYS, witnesses=[W1, W2, W3], place="here") == message


@pytest.mark.parametrize("bad", range(5))
def test_one_forged_signature_of_a_known_key_is_enough(bad: int):
    """A known name and id whose signature fails rejects the checkpoint."""
    note = parse_note(cosigned())
    lines = list(note.signatures)
    lines[bad] = lines[bad]._replace(value=lines[bad].value[:-1] + b"\0")
    content = render_note(Note(note.text, tuple(lines)))
    message = refused(content, KEYS, witnesses=[W1, W2, W3], place="head")
    assert message == f"head: the signature of `{lines[bad].name}` doesn't verify"


def test_lines_that_the_log_did_not_sign_are_refused():
    """ML-DSA-44 leaves further lines out, and a witness stands for none of them."""
    message = "the checkpoint:4: its further lines are signed by no key of the log"
    assert refused(signed(LOG_PQ, head=MORE), KEYS) == message
    content = signed(LOG_PQ, *WITNESSES, head=MORE)
    assert refused(content, KEYS, witnesses=[W1, W2, W3]) == message
    content = signed(LOG, LOG_PQ, head=MORE)
    assert refused(content, [LOG_PQ.verifier]) == message
    assert read_checkpoint(content, KEYS).checkpoint == MORE
    assert read_checkpoint(signed(LOG, head=MORE), KEYS).checkpoint == MORE


def test_lines_added_to_a_good_checkpoint_are_refused():
    """Who adds a line to a checkpoint under ML-DSA-44 alone changes nothing signed."""
    note = parse_note(signed(LOG_PQ))
    content = render_note(note._replace(text=MORE.text))
    assert "further lines" in refused(content, KEYS)
    note = parse_note(signed(LOG, LOG_PQ))
    content = render_note(note._replace(text=MORE.text))
    assert "doesn't verify" in refused(content, KEYS)


def test_places_are_told():
    """A message begins with what the caller calls the checkpoint."""
    assert refused(b"", KEYS, place="a/checkpoint").startswith("a/checkpoint: ")
    content = signed(LOG).replace(b"\n7\n", b"\n07\n")
    assert refused(content, KEYS, place="a/checkpoint").startswith("a/checkpoint:2: ")


# --- a second implementation ------------------------------------------------------------


@pytest.mark.parametrize("kinds", [[ED25519], [ML_DSA], [ED25519, ML_DSA]])
@pytest.mark.parametrize("size", [1, 2, 255, 1 << 40])
def test_another_program_reads_ours(kinds: list[int], size: int):
    """tlog-scales finds our checkpoints signed, and no changed one."""
    root = hashlib.sha256(str(size).encode()).digest()
    keys = [SigningKey.new("log.example/é", kind) for kind in kinds]
    keys.append(SigningKey.new("w.example", COSIGNATURE))
    head = Checkpoint("log.example/é", size, root)
    peers = [Vkey.from_string(str(key.verifier)) for key in keys]
    assert [peer.serialize() for peer in peers] == [str(key.verifier) for key in keys]
    text = signed(*keys, head=head).decode()
    theirs = PeerCheckpoint.from_text(text)
    assert theirs.serialize() == text
    assert (theirs.size, theirs.root_hash) == (size, root)
    assert len(VkeySet(*peers).verify(theirs.signatures, theirs)) == len(keys)
    other = PeerCheckpoint(theirs.origin, size + 1, root, theirs.signatures)
    assert not VkeySet(*peers).verify(other.signatures, other)


@pytest.mark.parametrize("signer", [PlainEd25519Signer, MLDSA44CosignatureSigner])
@pytest.mark.parametrize("size", [1, 2, 255, 1 << 40])
def test_we_read_another_programs(
    signer: type[PlainEd25519Signer | MLDSA44CosignatureSigner], size: int
):
    """What tlog-scales signs is signed for us too, and no changed one is."""
    root = hashlib.sha256(str(size).encode()).digest()
    theirs = signer("log.example/ж", bytes([size % 251]) * 32)
    key = parse_key(theirs.vkey.serialize())
    content = (
        PeerCheckpoint.make_signed("log.example/ж", size, root, [theirs])
        .serialize()
        .encode()
    )
    found = read_checkpoint(content, [key])
    assert found.checkpoint == Checkpoint("log.example/ж", size, root)
    assert found.content == content
    changed = content.replace(f"\n{size}\n".encode(), f"\n{size + 1}\n".encode())
    assert "doesn't verify" in refused(changed, [key])
