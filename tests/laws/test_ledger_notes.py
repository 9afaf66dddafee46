"""Law: what is signed can't be changed, whatever is flipped, cut off or added."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ConfigError, ProofError, RingfenceError
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
    Verified,
    VerifierKey,
    open_note,
    parse_key,
)
from ringfence.ledger.signed.notes import (
    MOST_SIGNATURES,
    Note,
    Signature,
    parse_note,
    render_note,
)
from ringfence.ledger.signed.proofs import (
    Proof,
    parse_proof,
    render_proof,
    verify_proof,
)
from ringfence.ledger.signed.quorum import Group, Log, Quorum, Witness, parse_quorum
from tests.signed import (
    HEAD,
    KEYS,
    LEAF,
    LOG,
    LOG_PQ,
    QUORUM,
    W1,
    W2,
    W3,
    WITNESSES,
    cosigned,
    proven,
    signed,
)

BELIEVED = parse_quorum(QUORUM)
names = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], exclude_characters="+"),
    min_size=1,
    max_size=12,
)  # fmt: skip
lines = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
signatures = st.builds(
    Signature,
    names,
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=80),
)
notes = st.builds(
    Note,
    st.lists(lines, min_size=1, max_size=5).map(lambda many: "\n".join(many) + "\n"),
    st.lists(signatures, min_size=1, max_size=4, unique=True).map(tuple),
)
hashes = st.binary(min_size=32, max_size=32)
heads = st.builds(
    Checkpoint,
    lines.filter(bool),
    st.integers(1, (1 << 63) - 1),
    hashes,
    st.lists(lines.filter(bool), max_size=2).map(tuple),
)
kinds = st.sampled_from([ED25519, COSIGNATURE, ML_DSA])


@cache
def samples() -> dict[str, tuple[bytes, Callable[[bytes], Hashable]]]:
    """Return, of each format, a sound input and what reads its meaning."""
    small = signed(LOG, WITNESSES[0])
    return {
        "checkpoint": (small, meaning_of_checkpoint),
        "checkpoint by ML-DSA-44": (signed(LOG_PQ), meaning_of_checkpoint),
        "proof": (proven(), meaning_of_proof),
    }


def meaning_of_checkpoint(content: bytes) -> Hashable:
    found = read_checkpoint(content, KEYS, witnesses=[W1, W2, W3])
    return found.checkpoint


def meaning_of_proof(content: bytes) -> Hashable:
    proof = parse_proof(content)
    return proof.index, verify_proof(proof, LEAF, BELIEVED).checkpoint


def flips(content: bytes) -> list[bytes]:
    """Return every input that differs in one bit."""
    return [
        content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
        for at in range(len(content))
        for bit in range(8)
    ]


def survives(content: bytes, read: Callable[[bytes], Hashable]) -> Hashable:
    """Return what an input means; None where it is refused."""
    try:
        return read(content)
    except ProofError:
        return None


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint by ML-DSA-44", "proof"])
def test_no_single_bit_changes_what_is_signed(name: str):
    """Every flip of every bit is refused, or in a part that no known key signs."""
    content, read = samples()[name]
    meaning = read(content)
    told = [survives(one, read) for one in flips(content)]
    assert {one for one in told if one is not None} <= {meaning}
    # A flip outside the extra data and the witnesses' lines is never good.
    assert told.count(None) > len(told) / 2


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint by ML-DSA-44", "proof"])
def test_no_truncation_changes_what_is_signed(name: str):
    """Cut off anywhere, an input is refused, or has lost but a witness's line."""
    content, read = samples()[name]
    meaning = read(content)
    for end in range(len(content)):
        assert survives(content[:end], read) in (None, meaning)
        assert survives(content[end + 1 :], read) is None


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint by ML-DSA-44", "proof"])
@given(tail=st.binary(min_size=1, max_size=40), front=st.booleans())
def test_no_extension_changes_what_is_signed(name: str, tail: bytes, front: bool):  # noqa: FBT001
    """Whatever is put before or behind a signed input is refused, or means nothing."""
    content, read = samples()[name]
    meaning = read(content)
    longer = tail + content if front else content + tail
    assert survives(longer, read) in (None, meaning)


@given(notes)
def test_parsing_a_rendered_note_gives_the_note(note: Note):
    """A note has one spelling, in both directions."""
    # A blank line at the end of the text is where signatures would begin.
    content = render_note(note)
    assert parse_note(content) == note
    assert render_note(parse_note(content)) == content


@given(st.binary(max_size=60), notes)
def test_what_parses_renders_to_the_same_bytes(noise: bytes, note: Note):
    """Of two different inputs no two mean the same note."""
    content = render_note(note)
    for at in range(0, len(content), 7):
        changed = content[:at] + noise + content[at + len(noise) :]
        try:
            found = parse_note(changed)
        except ProofError:
            continue
        assert render_note(found) == changed


@given(heads)
def test_parsing_the_text_of_a_checkpoint_gives_the_checkpoint(head: Checkpoint):
    """A checkpoint has one spelling."""
    assert parse_checkpoint(head.text) == head


@given(heads, names, kinds, st.integers(0, 253_402_300_799), hashes)
def test_what_a_key_signs_it_verifies(
    head: Checkpoint, name: str, kind: int, seconds: int, seed: bytes
):
    """Any key, any checkpoint, any time; and no other key finds it good."""
    key = SigningKey(name, kind, seed)
    note = parse_note(render_note(Note(head.text, (key.sign(head.text, seconds),))))
    told = None if kind == ED25519 else seconds
    assert open_note(note, [key.verifier]) == (Verified(key.verifier, told),)
    other = SigningKey(name, kind, bytes(32 - 1) + b"\1").verifier
    if other != key.verifier:
        with pytest.raises(ProofError):
            open_note(note, [other])


@given(names, kinds, hashes)
def test_keys_read_as_they_were_written(name: str, kind: int, seed: bytes):
    """Public and private keys have one spelling each."""
    key = SigningKey(name, kind, seed)
    assert parse_key(str(key.verifier)) == key.verifier
    assert SigningKey.parse(key.text()).verifier == key.verifier


@pytest.mark.parametrize("key", [LOG, WITNESSES[0]])
def test_no_single_bit_makes_another_key(key: SigningKey):
    """A flipped, shortened or longer line is no key, public or private."""
    for text, read in (
        (str(key.verifier), parse_key),
        (key.text(), SigningKey.parse),
    ):
        content = text.encode()
        changed = [
            *flips(content),
            *(content[:end] for end in range(len(content))),
            *(content[end:] for end in range(1, len(content))),
            *(content + bytes([tail]) for tail in range(128)),
        ]
        for one in changed:
            with pytest.raises(ConfigError):
                read(one.decode(errors="surrogateescape"))


def test_no_single_bit_lets_a_new_key_into_a_quorum():
    """A flip may lose a name or change a number; it never makes a key believed."""
    believed = {*BELIEVED.log_keys, *BELIEVED.witness_keys}
    for content in flips(QUORUM.encode()):
        try:
            found = parse_quorum(content)
        except RingfenceError:
            continue
        assert {*found.log_keys, *found.witness_keys} <= believed
        assert parse_quorum(found.render()) == found


def test_a_quorum_cut_off_is_refused():
    """Without its end a quorum has no rule, or a line that doesn't end."""
    content = QUORUM.encode()
    for end in range(len(content)):
        with pytest.raises(ConfigError):
            parse_quorum(content[:end])


@st.composite
def quorums(draw: st.DrawFn) -> Quorum:
    """Draw a quorum of up to six witnesses in nested groups."""
    count = draw(st.integers(1, 6))
    named = draw(st.lists(names, min_size=2 * count, max_size=2 * count, unique=True))
    named = [f"n{name}" for name in named]  # `none` and `#` are taken
    keys = [SigningKey(f"w{i}", COSIGNATURE, i.to_bytes(32)) for i in range(count)]
    urls = st.none() | names
    witnesses = [
        Witness(name, key.verifier, draw(urls))
        for name, key in zip(named, keys, strict=False)
    ]
    free = [one.name for one in witnesses]
    groups = []
    for name in named[count:]:
        members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        groups.append(Group(name, draw(st.integers(1, len(members))), tuple(members)))
        free = [*(one for one in free if one not in members), name]
    logs = [Log(LOG.verifier, draw(urls))] if draw(st.booleans()) else []
    tops = [*(one.name for one in witnesses), *(one.name for one in groups)]
    rule = draw(st.none() | st.sampled_from(tops))
    return Quorum(tuple(logs), tuple(witnesses), tuple(groups), rule)


@given(quorums())
def test_a_quorum_reads_as_it_was_rendered(quorum: Quorum):
    """Every quorum can be written down."""
    assert parse_quorum(quorum.render()) == quorum
    assert parse_quorum(quorum.render().encode()) == quorum


@given(quorums(), st.data())
def test_a_quorum_is_met_as_its_groups_say(quorum: Quorum, data: st.DataObject):
    """Counted from the rule down, as the specification words it; words when unmet."""
    signers = data.draw(st.sets(st.sampled_from(quorum.witness_keys)))
    verified = [Verified(key, 1) for key in signers]
    keys = {one.name: one.key for one in quorum.witnesses}
    groups = {one.name: one for one in quorum.groups}

    def cosigned_by(name: str) -> bool:
        if name in keys:
            return keys[name] in signers
        return sum(map(cosigned_by, groups[name].members)) >= groups[name].least

    expected = quorum.rule is None or cosigned_by(quorum.rule)
    assert quorum.met(verified) == expected
    assert (quorum.missing(verified) == "") == expected


@given(quorums(), st.data())
def test_one_more_cosignature_never_harms(quorum: Quorum, data: st.DataObject):
    """Who has met a quorum meets it with more."""
    few = data.draw(st.sets(st.sampled_from(quorum.witness_keys)))
    more = few | data.draw(st.sets(st.sampled_from(quorum.witness_keys)))
    if quorum.met(Verified(key) for key in few):
        assert quorum.met(Verified(key) for key in more)


@given(
    st.integers(0, (1 << 63) - 1),
    st.lists(hashes, max_size=63).map(tuple),
    st.none() | st.binary(min_size=1, max_size=99),
)
def test_a_proof_reads_as_it_was_rendered(
    index: int, path: tuple[bytes, ...], extra: bytes | None
):
    """A proof file has one spelling, in both directions."""
    proof = Proof(index, path, signed(LOG), extra)
    assert parse_proof(render_proof(proof)) == proof


@given(st.integers(1, MOST_SIGNATURES - 6), signatures)
def test_strangers_change_nothing(count: int, stranger: Signature):
    """Any number of signatures by unknown keys leaves a checkpoint as it was."""
    note = parse_note(cosigned())
    strangers = [stranger._replace(value=bytes([i])) for i in range(count)]
    content = render_note(Note(note.text, (*strangers, *note.signatures)))
    witnesses: list[VerifierKey] = [W1, W2, W3]
    found = read_checkpoint(content, KEYS, witnesses=witnesses)
    assert found.checkpoint == HEAD
    assert len(found.verified) == 5
