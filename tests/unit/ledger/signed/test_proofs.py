from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from ringfence.errors import ExitCode, ProofError
from ringfence.ledger.signed.proofs import (
    MOST_HASHES,
    Proof,
    parse_proof,
    render_proof,
    verify_proof,
)
from ringfence.ledger.signed.quorum import Quorum, parse_quorum
from ringfence.ledger.tree.merkle import leaf_hash
from tests.signed import (
    EXTRA,
    HEAD,
    LEAF,
    LOG,
    LOG_PQ,
    PATH,
    QUORUM,
    ROOT,
    W1,
    WITNESSES,
    proven,
    signed,
)

PLAIN = Proof(4, PATH, signed(LOG, *WITNESSES[:2]))
TEXT = render_proof(PLAIN)


def says(content: bytes) -> str:
    with pytest.raises(ProofError) as caught:
        parse_proof(content, "p")
    assert caught.value.exit_code is ExitCode.NOT_VERIFIED
    return str(caught.value).splitlines()[0]


def refused(proof: Proof, leaf: bytes = LEAF, quorum: str = QUORUM) -> str:
    with pytest.raises(ProofError) as caught:
        verify_proof(proof, leaf, parse_quorum(quorum), "p")
    return str(caught.value).splitlines()[0]


def test_a_proof_file_has_its_form():
    """The first line, the extra data, the index, the hashes, the checkpoint."""
    above, _, checkpoint = proven().partition(b"\n\n")
    assert above.decode().split("\n") == [
        "c2sp.org/tlog-proof@v1",
        "extra YSBuYW1l",
        "index 4",
        *(b64encode(one).decode() for one in PATH),
    ]
    assert checkpoint == PLAIN.checkpoint


def test_a_proof_reads_as_it_was_written():
    """Index, hashes, checkpoint and extra data come back."""
    assert parse_proof(proven()) == replace(PLAIN, extra=EXTRA)
    assert parse_proof(TEXT) == PLAIN


def test_extra_data_may_be_missing():
    """No extra data, or none to speak of, is no line."""
    assert b"extra" not in TEXT
    assert render_proof(replace(PLAIN, extra=b"")) == TEXT


def test_a_log_of_one_entry_needs_no_hash():
    """A tree of one leaf is that leaf."""
    head = HEAD._replace(size=1, root=LEAF)
    proof = parse_proof(render_proof(Proof(0, (), signed(LOG, head=head))))
    assert proof.hashes == ()
    found = verify_proof(
        proof, LEAF, parse_quorum(f"log {LOG.verifier}\nquorum none\n")
    )
    assert found.checkpoint == head


def test_a_proof_has_at_most_63_hashes():
    """A log of 2^63 entries is as high."""
    many = replace(PLAIN, hashes=(ROOT,) * MOST_HASHES)
    assert parse_proof(render_proof(many)) == many
    more = replace(many, hashes=(ROOT,) * (MOST_HASHES + 1))
    assert says(render_proof(more)) == "p: has more than 63 hashes"


def test_a_long_file_is_refused():
    """More than two million bytes are no proof file."""
    long = replace(PLAIN, extra=bytes(2_000_000))
    assert says(render_proof(long)) == "p: is no proof file"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"tlog-proof@v1", b"tlog-proof@v2", "p:1: is no proof file"),
        (b"c2sp", b"\xef\xbb\xbfc2sp", "p: is no proof file"),
        (b"c2sp", b" c2sp", "p:1: is no proof file"),
        (b"\n", b"\r\n", "p: is no proof file"),
        (b"\n\n", b"\n", "p:6: is not a hash of 32 bytes in canonical base64"),
        (b"\n\n", b"\n\n\n", "p (checkpoint): is no checkpoint"),
        (b"index 4\n", b"", "p:2: has no index"),
        (b"index 4", b"index 04", "p:2: has no index"),
        (b"index 4", b"index -4", "p:2: has no index"),
        (b"index 4", b"index  4", "p:2: has no index"),
        (b"index 4", b"index 4 ", "p:2: has no index"),
        (b"index 4", b"index", "p:2: has no index"),
        (b"index 4", b"index ", "p:2: has no index"),
        (b"index 4", b"4", "p:2: has no index"),
        (b"index 4", b"Index 4", "p:2: has no index"),
        (b"index 4", b"index 9223372036854775808", "p:2: has no index"),
        (b"index 4", b"index 4\nindex 4", "p:3: is not a hash of 32 bytes in canonical base64"),
        (b"index 4", b"extra \nindex 4", "p:2: is not data in canonical base64"),
        (b"index 4", b"extra Y\nindex 4", "p:2: is not data in canonical base64"),
        (b"index 4", b"extra YR==\nindex 4", "p:2: is not data in canonical base64"),
        (b"index 4", b"extra YQ==\n\nindex 4", "p:3: has no index"),
        (b"index 4", b"extra YQ==\nextra YQ==\nindex 4", "p:3: has no index"),
        (b"index 4", b"index 4\nextra YQ==", "p:3: is not a hash of 32 bytes in canonical base64"),
        (b"yLM=\n", b"yLM= \n", "p:3: is not a hash of 32 bytes in canonical base64"),
        (b"yLM=\n", b"yLN=\n", "p:3: is not a hash of 32 bytes in canonical base64"),
        (b"yLM=\n", b"yLM\n", "p:3: is not a hash of 32 bytes in canonical base64"),
        (b"yLM=\n", b"\n", "p:3: is not a hash of 32 bytes in canonical base64"),
        (b"\nringfence.example/log\n7\n", b"\nringfence.example/log\n07\n", "p (checkpoint):2: the size is no number"),
        (b"\nringfence.example/log\n7\n", b"\nringfence.example/log\n7\r\n", "p (checkpoint):2: has a control character"),
    ],
)  # fmt: skip
def test_what_is_no_proof_file_is_refused(old: bytes, new: bytes, message: str):
    """The message names the line, of the file or of the checkpoint in it."""
    assert old in TEXT
    content = TEXT.replace(old, new, 1) if old != b"\n" else TEXT.replace(old, new)
    assert says(content) == message


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\n", b"c2sp.org/tlog-proof@v1\n"])
def test_nothing_is_no_proof_file(content: bytes):
    """An empty file, or one that ends early, is refused."""
    assert "is no proof file" in says(content)


@pytest.mark.parametrize("tail", [b"\n", b"x", b"x\n", b" ", b"\n\n"])
def test_nothing_may_follow(tail: bytes):
    """Whatever stands behind the last signature makes it no proof file."""
    assert says(TEXT + tail).startswith("p (checkpoint)")


def test_a_proof_verifies():
    """Signed by a log, cosigned by enough, and the entry stands in the tree."""
    found = verify_proof(parse_proof(proven()), LEAF, parse_quorum(QUORUM))
    assert found.checkpoint == HEAD
    assert [one.key for one in found.verified] == [
        LOG.verifier,
        *(one.verifier for one in WITNESSES[:2]),
    ]


def test_an_entry_that_is_not_there_is_refused():
    """Another entry, another place, another order, one hash fewer or more."""
    message = "p: entry 4 is not what the log of 7 entries holds"
    assert refused(PLAIN, leaf_hash(b"entry 5")) == message
    assert "5 is not" in refused(replace(PLAIN, index=5))
    assert "entry 7 is not in a log of 7" in refused(replace(PLAIN, index=7))
    assert message == refused(replace(PLAIN, hashes=PATH[::-1]))
    assert message == refused(replace(PLAIN, hashes=PATH[:-1]))
    assert "longer" in refused(replace(PLAIN, hashes=(*PATH, ROOT)))
    assert "has not 32 bytes" in refused(PLAIN, b"entry 4")
    assert "has not 32 bytes" in refused(PLAIN, b"")


def test_too_few_cosignatures_are_refused():
    """The message says in words who is missing."""
    proof = replace(PLAIN, checkpoint=signed(LOG, WITNESSES[1]))
    message = "p: too few have cosigned: `both` wants 2 of `w1`, `outside` and has"
    assert refused(proof) == f"{message} `outside`"


def test_a_log_that_nobody_named_is_refused():
    """A quorum without logs, or with other ones, believes none."""
    witnesses = f"witness w1 {W1}\nquorum w1\n"
    assert "no known key of the log" in refused(PLAIN, quorum=witnesses)
    assert "no key that is known" in refused(PLAIN, quorum="quorum none\n")
    other = f"log {LOG_PQ.verifier}\nquorum none\n"
    assert "no key that is known" in refused(PLAIN, quorum=other)


def test_a_forged_cosignature_is_refused():
    """Even one that isn't needed: whoever is known doesn't sign badly."""
    line = WITNESSES[2].sign(HEAD.text, 1)
    spoilt = line._replace(value=bytes(len(line.value))).line
    checkpoint = PLAIN.checkpoint + f"{spoilt}\n".encode()
    message = "p (checkpoint): the signature of `witness.example/w3` doesn't verify"
    assert refused(replace(PLAIN, checkpoint=checkpoint)) == message


def test_a_proof_of_an_empty_log_proves_nothing():
    """No entry is in it."""
    head = HEAD._replace(
        size=0,
        root=bytes.fromhex(
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
    )
    proof = Proof(0, (), signed(LOG, head=head))
    message = "p: entry 0 is not in a log of 0 entries"
    assert refused(proof, quorum=f"log {LOG.verifier}\nquorum none\n") == message


def test_no_quorum_asks_no_witness():
    """`quorum none` believes the log alone."""
    quorum = Quorum(logs=parse_quorum(QUORUM).logs)
    proof = replace(PLAIN, checkpoint=signed(LOG))
    assert verify_proof(proof, LEAF, quorum).checkpoint == HEAD
