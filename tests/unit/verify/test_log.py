"""The checker's reading of logs: proofs, checkpoints, signatures, quorums."""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa
from hypothesis import given
from hypothesis import strategies as st

from ringfence_verify import log
from ringfence_verify.estate import NO, UNKNOWN, YES
from ringfence_verify.log import (
    continued,
    included,
    joined,
    read_head,
    read_key,
    read_proof,
    unpacked,
    vouched,
    weighed,
)
from ringfence_verify.reading import RefusedError
from tests.reference.logs import (
    COSIGNATURE,
    ED25519,
    LOG,
    ML_DSA,
    MODERN,
    MODERN_LOG,
    ORIGIN,
    WITNESSES,
    Signer,
    checkpoint,
    growth,
    head_text,
    path,
    quorum,
    root,
    tlog_proof,
)

ENTRIES = [f"entry {n}".encode() for n in range(70)]
SEVEN = ENTRIES[:7]
ALONE = f"log {LOG.verifier}\nquorum none\n".encode()
SIZES = st.integers(1, len(ENTRIES))
BAD = (RefusedError, ValueError)


def leaf(index: int) -> bytes:
    return root([ENTRIES[index]])


def refusal(content: str | bytes) -> str:
    """Return why a checkpoint is refused for its form."""
    with pytest.raises(RefusedError) as refused:
        read_head(content.encode() if isinstance(content, str) else content)
    return str(refused.value)


# --- trees ----------------------------------------------------------------------------


@given(SIZES, st.data())
def test_what_is_in_the_tree_is_proved(size: int, data: st.DataObject):
    """The proof of RFC 6962 leads from each entry to the root, and from no other."""
    index = data.draw(st.integers(0, size - 1))
    proof, top = path(index, ENTRIES[:size]), root(ENTRIES[:size])
    assert included(index, size, [leaf(index), *proof]) == top
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index) | st.none())
    if other is not None:
        assert included(index, size, [leaf(other), *proof]) != top


@given(SIZES, SIZES)
def test_what_continues_a_tree_is_proved(one: int, other: int):
    """The proof of RFC 6962 shows that a tree begins with a smaller one."""
    old, new = sorted((one, other))
    roots = root(ENTRIES[:old]), root(ENTRIES[:new])
    continued(old, new, *roots, growth(old, ENTRIES[:new]))
    with pytest.raises(RefusedError):
        continued(old, new, *roots, [*growth(old, ENTRIES[:new]), bytes(32)])


def decoded(text: str | None) -> bytes:
    return b64decode(text or "")


def cases(peer_data: Path, kind: str) -> list[dict[str, Any]]:
    files = (peer_data / "tlog" / kind).rglob("*.json")
    return [json.loads(file.read_bytes()) for file in sorted(files)]


@pytest.mark.peer
def test_published_inclusion_proofs(peer_data: Path):
    """Each of 98 published proofs is accepted or refused as published."""
    wrong = []
    for case in (found := cases(peer_data, "inclusion")):
        hashes = [case["leafHash"], *(case["proof"] or [])]
        try:
            top = included(case["leafIdx"], case["treeSize"], [*map(decoded, hashes)])
            refused = top != decoded(case["root"])
        except RefusedError:
            refused = True
        wrong += [case["desc"]] if refused != case["wantErr"] else []
    assert (len(found), wrong) == (98, [])


@pytest.mark.peer
def test_published_consistency_proofs(peer_data: Path):
    """Each of 98 published proofs is accepted or refused as published."""
    wrong = []
    for case in (found := cases(peer_data, "consistency")):
        roots = decoded(case["root1"]), decoded(case["root2"])
        proof = [*map(decoded, case["proof"] or [])]
        try:
            continued(case["size1"], case["size2"], *roots, proof)
            refused = False
        except RefusedError:
            refused = True
        wrong += [case["desc"]] if refused != case["wantErr"] else []
    assert (len(found), wrong) == (98, [])


def test_a_proof_has_at_most_63_hashes():
    """A longer proof is refused before anything is hashed."""
    with pytest.raises(RefusedError, match="too many"):
        included(0, 1 << 62, [bytes(32)] * 65)


# --- files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "QQ=", "QQ", "QR==", "QQ==\n", " QQ==", "QQ==QQ==", "Q-==", "Q_==", "é"],
)
def test_base64_has_one_spelling(text: str):
    """Padding, spare bits, line ends and other alphabets are no base64."""
    with pytest.raises(RefusedError, match="bad base64"):
        unpacked(text)


def test_a_proof_file_is_read():
    """Index, hashes and checkpoint of a tlog-proof are what was written."""
    signed = checkpoint(SEVEN)
    proof = tlog_proof(4, SEVEN, signed).encode()
    assert read_proof(proof) == (4, path(4, SEVEN), signed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("index 4", "index 04"),
        ("index 4", "extra QQ==\nindex 4"),
        ("index 4", "index 4 "),
        ("index 4\n", "index 4\n\n\n"),
        ("index", "\rindex"),
        ("=\n", "\n"),
        ("=\n\n", "=\n"),
    ],
)
def test_a_proof_file_has_one_form(old: str, new: str):
    """A tlog-proof with anything else in it is refused."""
    proof = tlog_proof(4, SEVEN, checkpoint(SEVEN)).replace(old, new, 1)
    with pytest.raises(RefusedError):
        read_head(read_proof(proof.encode())[2].encode())


def test_a_checkpoint_is_read():
    """Origin, size, root and signatures of a checkpoint are what was signed."""
    head = read_head(checkpoint(SEVEN, [LOG]).encode())
    assert head[1:5] == (head_text(7, root(SEVEN)), ORIGIN, 7, root(SEVEN))
    assert [name for name, _ in head.signatures] == [ORIGIN]


def test_a_checkpoint_may_have_more_lines_and_signers():
    """Extension lines, even like signatures, and 64 signatures are read."""
    text = head_text(7, root(SEVEN)) + "more\n— looks like a signature\n"
    assert read_head(f"{text}\n{LOG.line(text) * 64}".encode()).text == text
    assert "too many" in refusal(f"{text}\n{LOG.line(text) * 65}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n7\n", "\n07\n"),
        ("\n7\n", "\n-7\n"),
        ("\n7\n", "\n7 \n"),
        ("\n7\n", "\n\n"),
        ("\n7\n", "\n1000000000000000000\n"),
        (ORIGIN, "\n" + ORIGIN),
        (ORIGIN, "a\tb"),
        (ORIGIN, "a\rb"),
        (ORIGIN, "a\x00b"),
        (ORIGIN, "a\x7fb"),
        (ORIGIN, "a\x9fb"),
        ("\n\n", "\n"),
        ("\n\n", "\n\n\n"),
        ("— ", "- "),
        ("— ", "—  "),
        (" 5Lkx", "  5Lkx"),
        ("— ringfence", "— ring+fence"),
        ("— ringfence", "— ring\u00a0fence"),
    ],
)
def test_a_checkpoint_has_one_form(old: str, new: str):
    """Whatever else a checkpoint's lines hold, it is refused."""
    signed = checkpoint(SEVEN, [LOG])
    if old == " 5Lkx":
        old = signed.split(" ")[-1][:4]
        new = " " + old
    assert "form" in refusal(signed.replace(old, new, 1))


def test_an_empty_log_has_one_root():
    """A checkpoint of no entries tells the root of no entries."""
    assert read_head(checkpoint([], [LOG]).encode()).size == 0
    text = head_text(0, root(SEVEN))
    assert refusal(f"{text}\n{LOG.line(text)}") == "no entries have another root"


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note[:-1],
        lambda note: note + b"\n",
        lambda note: note + b"x",
        lambda note: note.replace(b"ring", b"ring\xff"),
        lambda note: note.partition(b"\n\n")[0] + b"\n\n",
        lambda note: b"x" * 1_000_001 + note,
        lambda note: note.replace(b"\n\n", b"\n" + b"x\n" * 1000 + b"\n"),
        lambda _: b"",
    ],
    ids=range(8),
)
def test_a_checkpoint_ends_where_it_ends(change: Any):
    """Cut short, with more behind it, too long or not UTF-8, a checkpoint is refused."""
    assert "form" in refusal(change(checkpoint(SEVEN, [LOG]).encode()))


# --- keys -----------------------------------------------------------------------------


@pytest.mark.parametrize("signer", [LOG, *WITNESSES, MODERN, MODERN_LOG])
def test_a_verifier_key_is_read(signer: Signer):
    """Name, kind and bytes of a key are what its owner has."""
    key = read_key(signer.verifier, signer.kind)
    assert (key.name, key.id) == (signer.name, signer.id)
    assert bytes([key.kind]) + key.public == signer.public


def test_a_name_and_base64_may_have_what_looks_alike():
    """Only the first two plus signs part a key."""
    signers = (Signer("x", seed=n) for n in range(1, 40))
    found = [one for one in signers if "+" in one.verifier.split("+", 2)[2]]
    assert [read_key(one.verifier, ED25519).name for one in found[:1]] == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x+00000000",
        "x+00000000+AQ==",
        LOG.verifier[1:],
        LOG.verifier[:-4],
        LOG.verifier.replace("+", "+0", 1),
        f"{LOG.verifier} ",
        Signer("a b").verifier,
        Signer("").verifier,
        f"x+{Signer('x').id.hex().upper()}+{Signer('x').verifier.split('+', 2)[2]}",
        WITNESSES[0].verifier,
        "x+1b1e5d1e+" + b64encode(b"\2" + bytes(32)).decode(),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str):
    """A key with another id, name, length or kind is refused."""
    with pytest.raises(RefusedError):
        read_key(text, ED25519, ML_DSA)


# --- signatures -----------------------------------------------------------------------


def test_the_documented_checkpoint_verifies():
    """A checkpoint made by another implementation, with a cosignature, verifies."""
    note = """\
ringfence.example/log
7
mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=

— ringfence.example/log 5LkxXwokr4q+jzSFmir3TzRc39saMQLXAbJz8xnoFtguJfcYDSmWTb+cqpAJSUHoOViplSQDuyJahaNOC1x+45nKtgw=
— witness.example/w1 3xwKNQAAAABlU/EAN7XTOzbCm/K12X5sZV+/7dWSvXrx20/O9Llm3w/GwJpTg8fXPiZ2ZE372isRcWBWAt54cYlb/mBLQ3stQcZDAQ==
"""
    keys = """\
log ringfence.example/log+e4b9315f+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4
witness w1 witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU
quorum w1
"""
    said, status = vouched(read_head(note.encode()), keys.encode(), deep=False)
    assert status == YES
    assert said == [
        f"signed by {keys.split()[1]}",
        f"signed by {keys.split()[4]} at 2023-11-14T22:13:20Z",
    ]


def test_unknown_signatures_say_nothing():
    """What somebody unknown signed, or under a known name alone, is left aside."""
    text = head_text(7, root(SEVEN))
    namesake = Signer(ORIGIN, seed=9)
    note = f"{text}\n{namesake.line(text)}— x QUFBQQ==\n{LOG.line(text)}"
    assert vouched(read_head(note.encode()), ALONE, deep=False)[1] == YES


@pytest.mark.parametrize("signer", [LOG, WITNESSES[1], MODERN])
def test_a_forged_signature_is_refused_with_the_checkpoint(signer: Signer):
    """One known signature that fails spoils all, and the checkpoint is shown."""
    signed = checkpoint(SEVEN, [LOG, *WITNESSES, MODERN])
    told = signed.partition(f"— {signer.name} ")[2].split("\n")[0]
    value = bytearray(b64decode(told))
    value[20] ^= 1
    forged = signed.replace(told, b64encode(value).decode())
    keys = quorum() + f"witness w4 {MODERN.verifier}\n"
    with pytest.raises(RefusedError, match=f"forged: {signer.name} never") as refused:
        vouched(read_head(forged.encode()), keys.encode(), deep=True)
    assert refused.value.exhibits == {"checkpoint": forged}


@pytest.mark.parametrize("signer", [LOG, WITNESSES[0], MODERN])
def test_a_signature_cut_short_is_forged(signer: Signer):
    """A key's id with too few bytes behind it is no signature."""
    text = head_text(7, root(SEVEN))
    for length in (0, 4, 11):
        value = b64encode(signer.id + bytes(length)).decode()
        note = f"{text}\n— {signer.name} {value}\n"
        keys = f"{ALONE.decode()}witness w {MODERN.verifier}\n"
        keys += f"witness v {WITNESSES[0].verifier}\n"
        with pytest.raises(BAD):
            vouched(read_head(note.encode()), keys.encode(), deep=True)


def test_a_log_has_to_sign_its_own_checkpoint():
    """Without the log's signature, or under another origin, it is no checkpoint."""
    for signed in (
        checkpoint(SEVEN, WITNESSES),
        checkpoint(SEVEN, [LOG, *WITNESSES], "other.example/log"),
    ):
        with pytest.raises(RefusedError, match="that is known here signed it"):
            vouched(read_head(signed.encode()), quorum("any").encode(), deep=False)


def test_ml_dsa_is_left_to_installed_libraries(monkeypatch: pytest.MonkeyPatch):
    """Without `deep` or the library, an ML-DSA signature counts as not re-checked."""
    head = read_head(checkpoint(SEVEN, [MODERN_LOG, LOG, MODERN]).encode())
    keys = f"log {MODERN_LOG.verifier}\nwitness w {MODERN.verifier}\nquorum w\n"
    unsure = [
        f"signed by {one.verifier[:200]} at 2023-11-14T22:13:20Z by ML-DSA, not re-checked"
        for one in (MODERN_LOG, MODERN)
    ]
    assert vouched(head, keys.encode(), deep=False) == (unsure, UNKNOWN)
    said, status = vouched(head, keys.encode(), deep=True)
    assert (said[1], status) == (unsure[1].partition(" by ML-DSA")[0], YES)
    both = f"log {LOG.verifier}\nlog {MODERN_LOG.verifier}\nquorum none\n"
    assert vouched(head, both.encode(), deep=False)[1] == YES

    def unsupported(_: bytes) -> None:
        raise UnsupportedAlgorithm("not by this OpenSSL")

    known = SimpleNamespace(from_public_bytes=unsupported)
    with monkeypatch.context() as patch:
        patch.setattr(mldsa, "MLDSA44PublicKey", known)
        assert vouched(head, keys.encode(), deep=True) == (unsure, UNKNOWN)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    assert vouched(head, keys.encode(), deep=True) == (unsure, UNKNOWN)


def test_ml_dsa_signs_no_further_lines():
    """Of a checkpoint with further lines, a key that covers them makes it the log's."""
    text = head_text(7, root(SEVEN))
    longer = f"{text}further\n"
    lines = MODERN_LOG.line(text)
    both = f"log {LOG.verifier}\nlog {MODERN_LOG.verifier}\nquorum none\n".encode()
    signed = read_head(f"{text}\n{lines}".encode())
    assert vouched(signed, both, deep=True)[1] == YES
    signed = read_head(f"{longer}\n{lines}{LOG.line(longer)}".encode())
    assert vouched(signed, both, deep=True)[1] == YES
    signed = read_head(f"{longer}\n{lines}".encode())
    for deep in (True, False):
        with pytest.raises(RefusedError, match="that is known here signed it"):
            vouched(signed, both, deep=deep)


def test_a_time_beyond_the_calendar_is_refused():
    """A cosignature of the year 60,000 is refused, not shown wrongly."""
    text = head_text(7, root(SEVEN))
    note = f"{text}\n{LOG.line(text)}{WITNESSES[0].line(text, 1 << 62)}"
    with pytest.raises((RefusedError, ValueError, ArithmeticError, OSError)):
        vouched(read_head(note.encode()), quorum("any").encode(), deep=False)


# --- quorums --------------------------------------------------------------------------


def weigh(lines: str, **votes: int) -> int:
    """Weigh a quorum over witnesses w1 to w3, who sign as told."""
    told = {one.name: votes.get(f"w{n}", NO) for n, one in enumerate(WITNESSES, 1)}
    text = f"log {LOG.verifier}\n{NAMED}{lines}\n"
    return weighed(text.encode(), ORIGIN, lambda key: told.get(key.name, YES))[1]


NAMED = "".join(f"witness w{n} {one.verifier}\n" for n, one in enumerate(WITNESSES, 1))
VOTES = st.sampled_from([NO, UNKNOWN, YES])


@given(st.integers(1, 3), st.lists(VOTES, min_size=3, max_size=3))
def test_a_group_asks_for_so_many(least: int, votes: list[int]):
    """A group is met by so many members: surely by sure ones, perhaps by others."""
    told = {f"w{n}": vote for n, vote in enumerate(votes, 1)}
    sure, at_best = (sum(v >= s for v in votes) >= least for s in (YES, UNKNOWN))
    expected = YES if sure else UNKNOWN if at_best else NO
    assert weigh(f"group g {least} w1 w2 w3\nquorum g", **told) == expected


def test_groups_nest():
    """Any and all, and a group of groups, mean what they say."""
    lines = "group a any w1 w2\ngroup b all a w3\nquorum b"
    assert weigh(lines, w1=YES, w3=YES) == YES
    assert weigh(lines, w1=YES, w2=YES) == NO
    assert weigh("quorum w2", w2=YES) == YES
    assert weigh("quorum none") == YES


def test_blanks_comments_and_addresses_are_read_over():
    """Tabs, empty lines, comments and addresses change nothing."""
    keys = "\n\t# x\n  \nwitness\tw  " + WITNESSES[0].verifier + " https://w.example\n"
    text = f"log {LOG.verifier} https://log.example\n{keys} quorum w "
    assert weighed(text.encode(), ORIGIN, lambda _: YES) == (YES, YES)
    several = f"log {LOG.verifier}\n{text}"
    with pytest.raises(RefusedError, match="a key twice, no log, or no rule"):
        weighed(several.encode(), ORIGIN, lambda _: YES)


def test_a_quorum_names_its_log():
    """Witnesses alone vouch for no log; a log that is named and didn't sign is told."""
    told = f"{NAMED}quorum w1".encode()
    with pytest.raises(RefusedError, match="a key twice, no log, or no rule"):
        weighed(told, ORIGIN, lambda _: YES)
    told = f"log {LOG.verifier}\n".encode() + told
    assert weighed(told, ORIGIN, lambda key: YES * (key.name != ORIGIN)) == (NO, YES)
    assert weighed(told, "other.example/log", lambda _: YES) == (NO, YES)


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "quorum",
        "quorum x",
        "quorum none none",
        "quorum none\nquorum none",
        "group g 1\nquorum g",
        "group g 0 w1\nquorum g",
        "group g 2 w1\nquorum g",
        "group g 01 w1\nquorum g",
        "group g 1 w1 w1\nquorum g",
        "group g 1 none\nquorum g",
        "group g 1 g\nquorum g",
        "group g 1 x\nquorum g",
        "group w1 1 w2\nquorum w1",
        "group none 1 w2\nquorum none",
        "group g any w1\ngroup h any w1\nquorum g",
        "group g any w1\ngroup g any w2\nquorum g",
        "group g any\nquorum g",
        "group g all\nquorum g",
        f"witness w1 {Signer('y', COSIGNATURE, 40).verifier}\nquorum none",
        f"witness w {WITNESSES[0].verifier}\nquorum w",
        f"witness w {Signer('y', COSIGNATURE, 11).verifier}\nquorum w",
        f"witness w {LOG.verifier}\nquorum none",
        f"witness w {Signer('y', COSIGNATURE, 40).verifier} url url\nquorum none",
        f"log {WITNESSES[0].verifier}\nquorum none",
        f"log {Signer('y', seed=1).verifier}\nquorum none",
        f"log {Signer('y', seed=5).verifier} url url\nquorum none",
        "log\nquorum none",
        "log x\nquorum none",
        "mirror x\nquorum none",
        "quorum\u00a0none",
        "\u2003# no comment\nquorum none",
        "# \x7f\nquorum none",
        "quorum none\rx",
        "quorum none" + "\n" * 1000,
    ],
    ids=str,
)
def test_a_quorum_file_has_one_meaning(lines: str):
    """A name or key that counts twice, or a line that isn't known, is refused."""
    with pytest.raises(RefusedError):
        weigh(lines, w1=YES, w2=YES, w3=YES)


# --- two checkpoints ------------------------------------------------------------------


def head(size: int, entries: list[bytes] = ENTRIES) -> log.Head:
    return read_head(checkpoint(entries[:size], [LOG]).encode())


def exhibits(
    old: log.Head, new: log.Head, proof: list[bytes]
) -> tuple[str, dict[str, str]]:
    """Return the offence of two checkpoints, and what is shown of it."""
    with pytest.raises(RefusedError) as refused:
        joined(old, new, proof)
    return str(refused.value), refused.value.exhibits


def test_one_history_is_joined():
    """A proof joins two checkpoints; the same one, or an empty one, needs none."""
    assert joined(head(7), head(40), growth(7, ENTRIES[:40]))
    assert joined(head(7), head(7), [])
    assert joined(head(0), head(7), [])
    assert not joined(head(7), head(40), [])


def test_a_split_view_shows_both():
    """Two heads of one size with other roots are shown, whatever proof there is."""
    other = head(7, [b"x", *ENTRIES])
    shown = {"old": head(7).content, "new": other.content}
    for proof in ([], [bytes(32)]):
        told = exhibits(head(7), other, proof)
        assert told == ("split view: two roots of 7 entries", shown)


def test_a_rollback_shows_both():
    """A later head with fewer entries is shown beside the earlier one."""
    shown = {"old": head(9).content, "new": head(7).content}
    assert exhibits(head(9), head(7), []) == ("rollback: from 9 to 7 entries", shown)


def test_a_proof_that_fails_shows_all():
    """A rewritten history is shown: both heads, and the proof that fails."""
    other = head(40, [b"x", *ENTRIES])
    proof = growth(7, ENTRIES[:40])
    offence, shown = exhibits(head(7), other, proof)
    assert offence == "not one history: the consistency proof gives other roots"
    assert (shown["old"], shown["new"]) == (head(7).content, other.content)
    assert [b64decode(line) for line in shown["proof"].split()] == proof


def test_two_logs_have_no_history_of_one():
    """Heads of two origins are no heads of one log."""
    other = read_head(checkpoint(SEVEN, [LOG], "other").encode())
    assert exhibits(head(7), other, [])[0] == "these are checkpoints of two logs"
