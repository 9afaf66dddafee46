from __future__ import annotations

import hashlib
import logging
import pickle
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ringfence.errors import ConfigError, ExitCode, ProofError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.keys import (
    COSIGNATURE,
    ED25519,
    ML_DSA,
    SigningKey,
    Verified,
    VerifierKey,
    open_note,
    parse_key,
)
from ringfence.ledger.signed.notes import Note, parse_note, render_note
from tests.signed import HEAD, LOG, LOG_PQ, ORIGIN, OTHER, SECONDS, WITNESSES, signed

LAST = 253_402_300_799  # 9999-12-31T23:59:59Z: no calendar goes further

KINDS = [ED25519, COSIGNATURE, ML_DSA]
VKEY = "ringfence.example/log+e4b9315f+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
CHECKPOINT = """ringfence.example/log
7
mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=

— ringfence.example/log 5LkxXwokr4q+jzSFmir3TzRc39saMQLXAbJz8xnoFtguJfcYDSmWTb+cqpAJSUHoOViplSQDuyJahaNOC1x+45nKtgw=
"""
WITNESS = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
COSIGNED = (
    "— witness.example/w1 3xwKNQAAAABlU/EAN7XTOzbCm/K12X5sZV+/7dWSvXrx20/O9Llm3w/GwJpT"
    "g8fXPiZ2ZE372isRcWBWAt54cYlb/mBLQ3stQcZDAQ=="
)  # fmt: skip
# The example of Go's package for notes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""


def key_of(kind: int) -> SigningKey:
    return {ED25519: LOG, COSIGNATURE: WITNESSES[0], ML_DSA: LOG_PQ}[kind]


def altered(note: Note, at: int, **changes: object) -> Note:
    """Return a note whose signature at a place says something else."""
    signatures = list(note.signatures)
    signatures[at] = signatures[at]._replace(**changes)  # type: ignore[arg-type]
    return note._replace(signatures=tuple(signatures))


def test_the_reference_checkpoint_comes_out_to_the_byte():
    """Seed 00..1f and the tree of seven entries give the published key and note."""
    assert str(LOG.verifier) == VKEY
    assert parse_key(VKEY) == LOG.verifier
    assert signed(LOG).decode() == CHECKPOINT


def test_the_reference_cosignature_comes_out_to_the_byte():
    """Seed 32 times 02 and the time 1700000000 give the published line."""
    assert str(WITNESSES[0].verifier) == WITNESS
    signature = WITNESSES[0].sign(HEAD.text, SECONDS)
    assert signature.line == COSIGNED


def test_a_note_of_another_program_opens():
    """Text that is no checkpoint can be signed with Ed25519 by others, and is read."""
    key = parse_key(GO_KEY)
    assert open_note(parse_note(GO_NOTE.encode()), [key]) == (Verified(key),)


def test_what_ml_dsa_signs_is_laid_out_as_specified():
    """Label, cosigner, time, origin, 0, size, root: verified without our own code."""
    signature = LOG_PQ.sign(HEAD.text, SECONDS)
    message = (
        b"subtree/v1\n\0"
        + bytes([21]) + ORIGIN.encode()
        + SECONDS.to_bytes(8, "big")
        + bytes([21]) + ORIGIN.encode()
        + bytes(8)
        + (7).to_bytes(8, "big")
        + HEAD.root
    )  # fmt: skip
    public = MLDSA44PublicKey.from_public_bytes(LOG_PQ.verifier.public)
    assert signature.value[:8] == SECONDS.to_bytes(8, "big")
    assert len(signature.value) == 8 + 2420
    public.verify(signature.value[8:], message)


def test_what_a_cosignature_signs_is_laid_out_as_specified():
    """A header, the time, the whole text: verified without our own code."""
    head = HEAD._replace(extensions=("more",))
    value = WITNESSES[0].sign(head.text, 5).value
    message = f"cosignature/v1\ntime 5\n{head.text}".encode()
    public = Ed25519PublicKey.from_public_bytes(WITNESSES[0].verifier.public)
    public.verify(value[8:], message)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_id_is_the_start_of_a_digest(kind: int):
    """SHA-256 over name, line feed, kind and public key."""
    key = key_of(kind).verifier
    digest = hashlib.sha256(b"%s\n%c%s" % (key.name.encode(), kind, key.public))
    assert key.key_id == digest.digest()[:4]
    assert parse_key(str(key)) == key


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_verifies_and_tells_its_time(kind: int):
    """Ed25519 tells none; a cosignature tells what its signer's clock said."""
    key = key_of(kind)
    (verified,) = open_note(parse_note(signed(key)), [key.verifier])
    assert verified == (key.verifier, None if kind == ED25519 else SECONDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_survives_being_written_down(kind: int):
    """A private key read back signs under the same public key."""
    key = SigningKey.new("a.example", kind)
    again = SigningKey.parse(key.text())
    assert again.verifier == key.verifier
    assert again.text() == key.text()
    note = Note(HEAD.text, (again.sign(HEAD.text, 1),))
    assert open_note(note, [key.verifier])[0].key == key.verifier


@pytest.mark.parametrize("kind", KINDS)
def test_new_keys_differ(kind: int):
    """Nobody has had a new key before."""
    assert SigningKey.new("a", kind).text() != SigningKey.new("a", kind).text()


def test_the_private_text_has_its_form():
    """The words, the name, the id, and kind and seed in base64."""
    seed = b64encode(b"\x01" + bytes(range(32))).decode()
    assert LOG.text() == f"PRIVATE+KEY+{ORIGIN}+e4b9315f+{seed}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_never_shows(kind: int, caplog: pytest.LogCaptureFixture):
    """Neither printing, nor logging, nor an error tells a byte of the seed."""
    key = key_of(kind)
    secret = key.text().rpartition("+")[2]
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().error("%s %r", key, key)
    shown = [caplog.text, repr(key), str(key), f"{key}", repr([key])]
    cut = key.text()[:-4] + key.text()[-2:]
    spoilt = [cut, f" {key.text()}", f"{key.text()}\n", secret, f"PRIVATE+KEY+{secret}"]
    for text in spoilt:
        with pytest.raises(ConfigError) as caught:
            SigningKey.parse(text)
        shown.append(str(caught.value))
    with pytest.raises(LedgerError) as refused:
        key.sign(HEAD.text, -1)
    shown.append(str(refused.value))
    assert not any(secret[8:24] in text or key._seed.hex() in text for text in shown)


def test_a_private_key_is_not_pickled():
    """Nothing that sends values elsewhere takes a secret along."""
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(LOG)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PRIVATE+KEY+",
        VKEY,
        f"PRIVATE+KEY+{VKEY}",
        LOG.text().replace("e4b9315f", "e4b93150"),
        LOG.text().replace("e4b9315f", "E4B9315F"),
        LOG.text().replace("+e4b9315f", ""),
        LOG.text().replace("PRIVATE", "private"),
        LOG.text() + "=",
        LOG.text() + "\n",
    ],
)
def test_what_is_no_private_key_is_refused(text: str):
    """The message says what one looks like, and nothing of the text."""
    with pytest.raises(ConfigError) as caught:
        SigningKey.parse(text, "log.key")
    assert str(caught.value).startswith("log.key: is no signing key\n  help: ")


@pytest.mark.parametrize("text", ["no checkpoint\n", HEAD.text[:-1], f"{HEAD.text}\n"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_signs_checkpoints_alone(kind: int, text: str):
    """Whatever else a log's key could be made to sign could be held against it."""
    with pytest.raises(ProofError, match="is no checkpoint"):
        key_of(kind).sign(text, SECONDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [-1, LAST + 1, 1 << 63])
def test_a_time_that_cannot_be_carried_is_refused(kind: int, seconds: int):
    """A clock before 1970, or past 2^63, makes no signature."""
    with pytest.raises(LedgerError, match="no cosignature can carry the time"):
        key_of(kind).sign(HEAD.text, seconds)


@pytest.mark.parametrize("kind", [COSIGNATURE, ML_DSA])
@pytest.mark.parametrize("seconds", [0, LAST])
def test_the_first_and_last_time_are_carried(kind: int, seconds: int):
    """Times from 0 to 2^63 - 1 are told as they are."""
    key = key_of(kind)
    note = parse_note(signed(key, seconds=seconds))
    assert open_note(note, [key.verifier]) == ((key.verifier, seconds),)


def test_a_time_past_the_last_does_not_verify():
    """Even a good signature over a time of 2^63 is refused."""
    key = WITNESSES[0]
    message = f"cosignature/v1\ntime {LAST + 1}\n{HEAD.text}".encode()
    value = (LAST + 1).to_bytes(8) + key._private.sign(message)
    note = altered(parse_note(signed(key)), 0, value=value)
    with pytest.raises(ProofError, match="doesn't verify"):
        open_note(note, [key.verifier])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no key of a log or witness"),
        ("name", "is no key of a log or witness"),
        ("name+00000000", "is no key of a log or witness"),
        ("name+00000000+", "is no key of a log or witness"),
        (VKEY.replace("e4b9315f", "E4B9315F"), "is no key of a log or witness"),
        (VKEY.replace("e4b9315f", "e4b9315"), "is no key of a log or witness"),
        (VKEY.replace("e4b9315f", "e4b9315f0"), "is no key of a log or witness"),
        (VKEY.replace("e4b9315f", "e4b9315٠"), "is no key of a log or witness"),
        (f"{VKEY}\n", "is no key of a log or witness"),
        (f"{VKEY}=", "is no key of a log or witness"),
        (VKEY[:-1], "is no key of a log or witness"),
        (VKEY[:-4], "a key of kind 1 has 32 bytes, not 29"),
        (f"{VKEY}AAAA", "a key of kind 1 has 32 bytes, not 35"),
        (VKEY.replace("e4b9315f", "e4b93150"), "the id `e4b93150` isn't that of the key of `ringfence.example/log`"),
        (VKEY.replace("log+", "lag+"), "the id `e4b9315f` isn't that of the key of `ringfence.example/lag`"),
        (VKEY.replace("/log", "/ log"), "no key can be called `ringfence.example/ log`"),
        (VKEY.replace("/log", "/\x00log"), r"no key can be called `ringfence.example/\x00log`"),
        (VKEY.replace("/log", "/\udcfflog"), r"no key can be called `ringfence.example/\udcfflog`"),
        (f"+{VKEY.partition('+')[2]}", "no key can be called ``"),
        ("n+00000000+AgAA", "kind 2 (ECDSA) isn't supported"),
        ("n+00000000+BQAA", "kind 5 (RFC 6962 tree heads) isn't supported"),
        ("n+00000000+/wAA", "kind 255 (private kinds) isn't supported"),
        ("n+00000000+AwAA", "kind 3 (not a kind of C2SP signed-note) isn't supported"),
    ],
)  # fmt: skip
def test_what_is_no_public_key_is_refused(text: str, message: str):
    """The message tells what is wrong with it, with its place."""
    with pytest.raises(ConfigError) as caught:
        parse_key(text, "boundary.yaml")
    assert caught.value.exit_code is ExitCode.USAGE
    assert str(caught.value).splitlines()[0] == f"boundary.yaml: {message}"


@pytest.mark.parametrize("kind", [ED25519, COSIGNATURE])
@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize(
    "point",
    [
        bytes(32),
        b"\1" + bytes(31),
        b"\xec" + b"\xff" * 30 + b"\x7f",
        b"\xed" + b"\xff" * 30 + b"\x7f",
        b"\xee" + b"\xff" * 30 + b"\x7f",
        bytes.fromhex(
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
        ),
        bytes.fromhex(
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
        ),
    ],
)
def test_a_key_that_signs_whatever_is_asked_is_refused(
    point: bytes, sign: int, kind: int
):
    """Under a key of small order, anybody can make a signature that verifies."""
    key = VerifierKey("name", kind, point[:31] + bytes([point[31] | sign]))
    with pytest.raises(ConfigError, match="anybody can sign"):
        parse_key(str(key))


@pytest.mark.parametrize("text", ["x", VKEY[:-4], VKEY.replace("e4b9", "0000")])
def test_a_key_in_evidence_is_refused_as_evidence(text: str):
    """Who reads keys from what is to be verified says so, and ends with 12."""
    with pytest.raises(ProofError):
        parse_key(text, error=ProofError)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2009b", "a\tb", "a\x9fb"])
def test_a_key_cannot_be_called_anything(name: str):
    """A name has no blank, no plus, no control character, and isn't empty."""
    with pytest.raises(ConfigError, match="no key can be called"):
        SigningKey.new(name, ED25519)


def test_ml_dsa_names_are_short():
    """ML-DSA-44 signs the name after its length in one byte."""
    SigningKey.new("é" * 127, ML_DSA)
    SigningKey.new("x" * 256, COSIGNATURE)
    with pytest.raises(ConfigError, match="longer than 255 bytes"):
        SigningKey.new("é" * 128, ML_DSA)


def test_ml_dsa_origins_are_short():
    """An origin of more than 255 bytes is signed by Ed25519 alone."""
    head = HEAD._replace(origin="x" * 256)
    with pytest.raises(LedgerError, match="no origin longer than 255 bytes"):
        LOG_PQ.sign(head.text, SECONDS)
    note = parse_note(signed(LOG, head=head))
    forged = altered(note, 0, name=ORIGIN, key_id=LOG_PQ.verifier.key_id, value=b"x")
    with pytest.raises(ProofError, match="doesn't verify"):
        open_note(forged, [LOG_PQ.verifier])


def test_ml_dsa_signs_no_other_text():
    """A known key of that kind below a text that is no checkpoint is refused."""
    note = parse_note(signed(LOG_PQ))._replace(text="poem\n")
    with pytest.raises(ProofError, match="doesn't verify"):
        open_note(note, [LOG_PQ.verifier])


def test_unknown_keys_mean_nothing():
    """Good or bad, long or short, of a known name or a known id: all are passed by."""
    note = parse_note(signed(LOG, OTHER, *WITNESSES))
    strange = (
        note.signatures[0]._replace(name="else.example"),
        note.signatures[0]._replace(key_id=bytes(4), value=b"x"),
        *note.signatures,
        note.signatures[1]._replace(value=b"y" * 5000),
    )
    assert open_note(Note(note.text, strange), [LOG.verifier]) == (
        (LOG.verifier, None),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_key_that_fails_rejects_the_whole_note(kind: int):
    """However many others have signed, one bad signature is a forgery."""
    key = key_of(kind)
    keys = [OTHER.verifier, key.verifier]
    note = parse_note(signed(OTHER, key))
    value = note.signatures[1].value
    assert len(open_note(note, keys)) == 2
    spoilt = [
        value[:-1],
        value + b"\0",
        value[:1],
        value[:9],
        bytes(len(value)),
        value[:-1] + bytes([value[-1] ^ 1]),
        bytes([value[0] ^ 1]) + value[1:],
        value[:7] + bytes([value[7] ^ 1]) + value[8:],
    ]
    for one in spoilt:
        with pytest.raises(ProofError, match=f"of `{key.verifier.name}` doesn't"):
            open_note(altered(note, 1, value=one), keys, "note")


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_of_one_text(kind: int):
    """Another origin, size or root isn't what was signed."""
    key = key_of(kind)
    note = parse_note(signed(key))
    others = [
        HEAD._replace(origin="ringfence.example/lag"),
        HEAD._replace(size=8),
        HEAD._replace(root=bytes(32)),
    ]
    for head in others:
        with pytest.raises(ProofError, match="doesn't verify"):
            open_note(note._replace(text=head.text), [key.verifier])


def test_a_kind_is_no_other_kind():
    """A signature by one key under the id of its other kind doesn't verify."""
    plain = SigningKey("both.example", ED25519, bytes(32))
    timed = SigningKey("both.example", COSIGNATURE, bytes(32))
    assert plain.verifier.public == timed.verifier.public
    note = parse_note(signed(plain, timed))
    first, second = note.signatures
    crossed = [
        altered(note, 0, value=second.value),
        altered(note, 1, value=first.value),
        altered(note, 1, value=bytes(8) + first.value),
        altered(note, 0, value=second.value[8:]),
    ]
    for one in crossed:
        with pytest.raises(ProofError, match="doesn't verify"):
            open_note(one, [plain.verifier, timed.verifier])


def test_nobody_known_is_nobody():
    """A note that no known key has signed says nothing."""
    note = parse_note(signed(OTHER))
    for keys in ([], [LOG.verifier], [OTHER.verifier._replace(name="x")]):
        with pytest.raises(ProofError, match="no key that is known has signed it"):
            open_note(note, keys)


def test_one_key_may_sign_at_two_times():
    """Two cosignatures of one witness are two statements; both are told."""
    key = WITNESSES[0]
    first, second = (key.sign(HEAD.text, seconds) for seconds in (9, 5))
    note = Note(HEAD.text, (first, second))
    verified = open_note(parse_note(render_note(note)), [key.verifier])
    assert [one.seconds for one in verified] == [9, 5]


def test_a_verifier_key_is_a_value():
    """Two keys of one content are one key, and find each other in a set."""
    again = VerifierKey(*LOG.verifier)
    assert {again} == {LOG.verifier}
