"""Series: logs that follow one another, and keys that do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.ledger.entries import Entry, made, parse_entry
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.keeping import opening, series
from ringfence.ledger.keeping.opening import begin, opened, writing
from ringfence.ledger.keeping.renewal import (
    announce,
    check_followed,
    follow,
    key_proofs,
    retire,
)
from ringfence.ledger.keeping.series import Shard, rotate, verify_series
from ringfence.ledger.signed.checkpoints import read_checkpoint
from ringfence.ledger.signed.keys import ED25519, ML_DSA, SigningKey, VerifierKey
from ringfence.ledger.signed.proofs import Proof, parse_proof, render_proof
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.writer import log as log_module
from ringfence.ledger.writer.charter import Charter, read_charter
from ringfence.ledger.writer.disk import RealDisk, folder_fetch, place
from ringfence.ledger.writer.log import Log

NOW = "2026-11-22T10:00:00Z"
ORIGIN = "example.com/log"
BEAT = made("heartbeat", NOW)
SEED = bytes(range(32))


def founded(folder: Path, origin: str = ORIGIN, beats: int = 3) -> Path:
    """Found a ledger with some entries."""
    begin(folder, origin, time=NOW)
    with writing(folder) as log:
        log.append([BEAT] * beats)
        log.publish()
    return folder


def entries(folder: Path) -> list[Entry]:
    """Return what a ledger has published."""
    fetch = folder_fetch(folder / "public")
    size = read_checkpoint(fetch("checkpoint"), keys_of(folder)).checkpoint.size
    tree = Tree(size, fetch)
    return [parse_entry(tree.entry(index)) for index in range(size)]


def keys_of(folder: Path) -> tuple[VerifierKey, ...]:
    return read_charter(RealDisk(folder)).keys


def shard(folder: Path) -> Shard:
    disk = RealDisk(folder)
    return Shard(folder.name, folder_fetch(folder / "public"), [*key_proofs(disk)])


def test_a_log_says_first_what_it_is(tmp_path: Path):
    """Its first entry names its origin."""
    (first, *_) = entries(founded(tmp_path / "a"))
    assert (first.kind, first.values) == ("opened", {"origin": ORIGIN})


def test_a_log_that_is_rotated_names_the_next_and_is_named_by_it(tmp_path: Path):
    """Origin and keys forwards; origin, size, root and checkpoint backwards."""
    old, new = founded(tmp_path / "a"), tmp_path / "b"
    last, first = rotate(old, new, f"{ORIGIN}/2027", time=NOW)
    closed, continued = entries(old)[-1], entries(new)[0]
    assert (closed.kind, closed.values) == (
        "closed",
        {"next": f"{ORIGIN}/2027", "keys": " ".join(map(str, keys_of(new)))},
    )
    assert (continued.kind, continued.values) == (
        "continued",
        {"origin": ORIGIN, "size": "5"},
    )
    assert continued.digests["root"] == f"sha256:{last.checkpoint.root.hex()}"
    assert (last.checkpoint.size, first.checkpoint.size) == (5, 1)


def test_a_closed_log_takes_nothing_more(tmp_path: Path):
    """Whoever appends is told which log follows; it can't be closed twice."""
    old = founded(tmp_path / "a")
    rotate(old, tmp_path / "b", f"{ORIGIN}/2027", time=NOW)
    with (
        pytest.raises(ConfigError, match=f"is closed: `{ORIGIN}/2027` follows"),
        writing(old),
    ):
        pass
    with pytest.raises(ConfigError, match=f"is closed: `{ORIGIN}/2027` follows"):
        rotate(old, tmp_path / "c", f"{ORIGIN}/2028", time=NOW)
    before = entries(old)
    rotate(old, tmp_path / "b", f"{ORIGIN}/2027", time=NOW)  # done already
    assert (entries(old), len(entries(tmp_path / "b"))) == (before, 1)


@pytest.mark.parametrize("step", range(1, 9))
def test_a_rotation_that_was_cut_short_is_taken_up(tmp_path: Path, monkeypatch, step):
    """Wherever it stopped, the second call ends it, and no entry stands twice."""
    old, new = founded(tmp_path / "a"), tmp_path / "b"
    left = [step]

    def failing(call: Callable[..., object]) -> Callable[..., object]:
        def may_fail(*words: object, **named: object) -> object:
            left[0] -= 1
            if not left[0]:
                raise LedgerError("the power failed")
            return call(*words, **named)

        return may_fail

    with monkeypatch.context() as broken:
        broken.setattr(Log, "append", failing(Log.append))
        broken.setattr(Log, "publish", failing(Log.publish))
        broken.setattr(series, "place", failing(place))
        broken.setattr(Log, "create", failing(Log.create))
        try:
            rotate(old, new, f"{ORIGIN}/2027", time=NOW)
            assert left[0] > 0
        except LedgerError as error:
            assert "the power failed" in str(error)
    rotate(old, new, f"{ORIGIN}/2027", time=NOW)
    assert [one.kind for one in entries(old)] == [
        "opened",
        *3 * ["heartbeat"],
        "closed",
    ]
    assert [one.kind for one in entries(new)] == ["continued"]
    assert len(verify_series([shard(old), shard(new)], keys_of(old))) == 2


def test_a_series_is_checked_from_the_first_logs_keys(tmp_path: Path):
    """Trust in the first log is trust in all: keys are named by the log before."""
    folders = [founded(tmp_path / "a")]
    for year in ("2027", "2028"):
        folders.append(tmp_path / year)
        rotate(folders[-2], folders[-1], f"{ORIGIN}/{year}", time=NOW)
    heads = verify_series([shard(one) for one in folders], keys_of(folders[0]))
    assert [one.checkpoint.size for one in heads] == [5, 2, 1]
    with pytest.raises(ProofError, match="no key"):
        verify_series([shard(one) for one in folders], keys_of(folders[1]))


def test_a_series_with_a_gap_is_refused(tmp_path: Path):
    """A log left out, one that isn't closed, and one of another series."""
    a, b, c, other = (tmp_path / name for name in "abcd")
    founded(a)
    rotate(a, b, f"{ORIGIN}/2027", time=NOW)
    rotate(b, c, f"{ORIGIN}/2028", time=NOW)
    founded(other)
    with pytest.raises(ProofError, match=r"c: no known|c: no key"):
        verify_series([shard(a), shard(c)], keys_of(a))
    with pytest.raises(ProofError, match="is not closed, and yet another follows"):
        verify_series([shard(other), shard(b)], keys_of(other))
    twin = tmp_path / "twin"
    founded(twin, beats=1)
    rotate(twin, tmp_path / "e", f"{ORIGIN}/2027", time=NOW)
    with pytest.raises(ProofError):
        verify_series([shard(twin), shard(b)], keys_of(twin))


def test_an_old_log_that_went_on_is_refused(tmp_path: Path):
    """Entries behind `closed` make another checkpoint than the one continued."""
    a, b = founded(tmp_path / "a"), tmp_path / "b"
    rotate(a, b, f"{ORIGIN}/2027", time=NOW)
    closed = entries(a)[-1]
    with Log.open(a) as log:
        log.append([BEAT, closed.content])
        log.publish()
    with pytest.raises(ProofError, match=f"b: doesn't continue `{ORIGIN}`"):
        verify_series([shard(a), shard(b)], keys_of(a))


@pytest.mark.parametrize(
    ("origin", "folder", "message"),
    [
        (ORIGIN, "b", "needs a name of its own"),
        (f"{ORIGIN}/2027", "other", "is not the log that follows"),
        (f"{ORIGIN}/2027", "a", "is not the log that follows"),
    ],
)
def test_a_log_is_not_rotated_into_something_else(
    tmp_path: Path, origin: str, folder: str, message: str
):
    """Not into itself, nor into a log that belongs to something else."""
    founded(tmp_path / "a")
    founded(tmp_path / "other", f"{ORIGIN}/2027")
    with pytest.raises(RingfenceError, match=message):
        rotate(tmp_path / "a", tmp_path / folder, origin, time=NOW)
    with writing(tmp_path / "a") as log:  # and it is still open
        assert log.append([BEAT]) == range(4, 5)


# --- keys -----------------------------------------------------------------------------


def renewed(folder: Path) -> tuple[VerifierKey, VerifierKey]:
    """Give a log a new Ed25519 key for its old one; return old and new."""
    (old,) = (key for key in keys_of(folder) if key.kind == ED25519)
    new = announce(folder, ED25519, NOW, opened)
    with writing(folder) as log:
        log.append([BEAT])
        log.publish()
    retire(folder, old.key_id.hex(), NOW, opened)
    return old, new


def test_a_new_key_signs_beside_the_old_then_alone(tmp_path: Path):
    """Both sign between announcement and end; after it the old key isn't even there."""
    folder = founded(tmp_path / "a")
    old, new = renewed(folder)
    with writing(folder) as log:
        log.append([BEAT])
        signed = log.publish()
    names = {one.key.key_id for one in signed.verified}
    assert (old.key_id in names, new.key_id in names) == (False, True)
    assert not (folder / f"private/keys/{old.key_id.hex()}.key").exists()
    told = [(one.kind, one.values.get("state")) for one in entries(folder)[-4:]]
    assert told == [
        ("key", "begins"),
        ("heartbeat", None),
        ("key", "ends"),
        ("heartbeat", None),
    ]


@pytest.mark.parametrize("times", [1, 3])
def test_whoever_trusts_the_old_key_follows_to_the_new(tmp_path: Path, times: int):
    """The proofs beside the log lead from any earlier key to today's."""
    folder = founded(tmp_path / "a")
    trusted = [key for key in keys_of(folder) if key.kind == ED25519]
    trusted += [renewed(folder)[1] for _ in range(times)]
    proofs = [*key_proofs(RealDisk(folder))]
    with writing(folder) as log:
        log.append([BEAT])
        head = log.publish()
    tree = Tree(head.checkpoint.size, folder_fetch(folder / "public"))
    for key in trusted:
        found, seen = follow([key], proofs)
        assert found == (trusted[-1],)
        assert read_checkpoint(head.content, found).checkpoint == head.checkpoint
        check_followed(tree, head.checkpoint, seen)
    with pytest.raises(ProofError, match="no key"):
        read_checkpoint(head.content, trusted[:-1])


def test_a_series_is_checked_across_changed_keys(tmp_path: Path):
    """Keys may change in every log of it."""
    a, b = founded(tmp_path / "a"), tmp_path / "b"
    trusted = keys_of(a)
    renewed(a)
    rotate(a, b, f"{ORIGIN}/2027", time=NOW)
    renewed(b)
    with writing(b) as log:
        log.append([BEAT])
        log.publish()
    heads = verify_series([shard(a), shard(b)], trusted[:1])
    assert [one.checkpoint.origin for one in heads] == [ORIGIN, f"{ORIGIN}/2027"]


def test_a_stranger_leads_nobody_astray(tmp_path: Path):
    """Another log's proofs, whatever they say, change no key that is trusted."""
    mine, theirs = founded(tmp_path / "a"), founded(tmp_path / "b")
    trusted = keys_of(mine)
    renewed(theirs)
    proofs = [*key_proofs(RealDisk(theirs))]
    assert follow(trusted, proofs) == (trusted, ())


def test_a_proof_that_was_changed_is_refused(tmp_path: Path):
    """Another key in an entry, an entry that is about no key, a missing entry."""
    folder = founded(tmp_path / "a")
    trusted = keys_of(folder)
    new = announce(folder, ED25519, NOW, opened)
    ((name, content),) = key_proofs(RealDisk(folder))
    proof = parse_proof(content)
    other = announce(founded(tmp_path / "b"), ED25519, NOW, opened)

    def forged(extra: bytes | None) -> list[tuple[str, bytes]]:
        words = (proof.index, proof.hashes, proof.checkpoint, extra)
        return [(name, render_proof(Proof(*words)))]

    entry = made("key", NOW, values={"key": str(other), "state": "begins"})
    with pytest.raises(ProofError, match="is not what the log"):
        follow(trusted, forged(entry))
    with pytest.raises(ProofError, match="proves no entry about a key"):
        follow(trusted, forged(BEAT))
    with pytest.raises(ProofError, match="is no entry"):
        follow(trusted, forged(None))
    ended = made("key", NOW, values={"key": str(new), "state": "ends"})
    with pytest.raises(ProofError, match="is not what the log"):
        follow(trusted, forged(ended))


def test_a_history_that_the_proofs_are_not_of_is_refused(tmp_path: Path):
    """A log that lost entries, or never had those that the keys were changed in."""
    folder = founded(tmp_path / "a")
    trusted = keys_of(folder)
    announce(folder, ED25519, NOW, opened)
    _, seen = follow(trusted, key_proofs(RealDisk(folder)))
    fetch = folder_fetch(folder / "public")
    head = seen[0]
    check_followed(Tree(5, fetch), head, seen)
    with pytest.raises(ProofError, match="has 4 entries, and once had 5"):
        check_followed(Tree(4, fetch), head._replace(size=4), seen)
    with pytest.raises(ProofError):
        check_followed(Tree(5, fetch), head._replace(root=bytes(32)), seen)


def test_a_log_keeps_a_key_that_every_reader_knows(tmp_path: Path):
    """The last Ed25519 key can't end; another kind can; an unknown key neither."""
    folder = founded(tmp_path / "a")
    by_kind = {key.kind: key.key_id.hex() for key in keys_of(folder)}
    with pytest.raises(ConfigError, match="would be left without a key"):
        retire(folder, by_kind[ED25519], NOW, opened)
    with pytest.raises(ConfigError, match="has no key `00000000`"):
        retire(folder, "00000000", NOW, opened)
    retire(folder, by_kind[ML_DSA], NOW, opened)
    assert [key.kind for key in keys_of(folder)] == [ED25519]


def test_keys_that_all_ended_are_told(tmp_path: Path):
    """Whoever trusts one key alone, and it ended, has to ask for another."""
    folder = founded(tmp_path / "a")
    (old,) = (key for key in keys_of(folder) if key.kind == ML_DSA)
    retire(folder, old.key_id.hex(), NOW, opened)
    with pytest.raises(ProofError, match="ends the last key that is trusted"):
        follow([old], key_proofs(RealDisk(folder)))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (str(SigningKey("example.com/b", ED25519, SEED).verifier), "of another log"),
        (f"{ORIGIN}+00000000+" + "A" * 44, "isn't supported"),
    ],
    ids=["of another log", "no key"],
)
def test_a_log_announces_its_own_keys_alone(tmp_path: Path, key: str, message: str):
    """An entry about another log's key, or about none, leads nowhere."""
    folder = founded(tmp_path / "a")
    entry = made("key", NOW, values={"key": key, "state": "begins"})
    with writing(folder) as log:
        (index,) = log.append([entry])
        signed = log.publish()
    tree = Tree(signed.checkpoint.size, folder_fetch(folder / "public"))
    proof = Proof(index, tuple(tree.inclusion(index)), signed.content, entry)
    with pytest.raises(ProofError, match=message):
        follow(keys_of(folder), [("0", render_proof(proof))])


def test_a_log_that_was_begun_otherwise_continues_nothing(tmp_path: Path):
    """A folder that says it follows, under another name or with another first entry."""
    old = founded(tmp_path / "a")
    Log.create(tmp_path / "b", f"{ORIGIN}/2028", previous=ORIGIN).close()
    with pytest.raises(ConfigError, match=f"is the ledger of `{ORIGIN}/2028`"):
        rotate(old, tmp_path / "b", f"{ORIGIN}/2027", time=NOW)
    with Log.create(tmp_path / "c", f"{ORIGIN}/2027", previous=ORIGIN) as log:
        log.append([b"another program's"])
    with pytest.raises(LedgerError, match=f"doesn't continue `{ORIGIN}`"):
        rotate(old, tmp_path / "c", f"{ORIGIN}/2027", time=NOW)


def test_a_quorum_goes_on_with_the_series(tmp_path: Path):
    """The next log asks the witnesses that the old one asked."""
    begin(tmp_path / "a", ORIGIN, time=NOW, quorum="quorum none\n")
    rotate(tmp_path / "a", tmp_path / "b", f"{ORIGIN}/2027", time=NOW)
    assert (tmp_path / "b/private/quorum").read_text() == "quorum none\n"
    (tmp_path / "b/private/quorum").unlink()
    with pytest.raises(ConfigError, match="the quorum is missing"):
        opened(tmp_path / "b")


def test_a_series_of_foreign_entries_is_refused(tmp_path: Path):
    """An empty log, and one that closes in favour of keys of another name."""
    a, b = founded(tmp_path / "a"), tmp_path / "b"
    Log.create(b, f"{ORIGIN}/2027").close()
    with pytest.raises(ProofError, match="has no entry"):
        verify_series([shard(b), shard(a)], keys_of(b))
    values = {"next": f"{ORIGIN}/2028", "keys": " ".join(map(str, keys_of(b)))}
    with Log.open(a) as log:
        log.append([made("closed", NOW, values=values)])
        log.publish()
    with pytest.raises(ProofError, match="in favour of keys of another name"):
        verify_series([shard(a), shard(b)], keys_of(a))


def test_a_mark_that_is_damaged_is_told(tmp_path: Path):
    """What isn't a mark of a closed log closes none and opens none."""
    folder = founded(tmp_path / "a")
    (folder / "private/closed").write_text("{")
    with (
        pytest.raises(LedgerError, match="is no mark of a closed ledger"),
        writing(folder),
    ):
        pass


def test_a_log_may_be_closed_while_it_is_being_opened(tmp_path: Path, monkeypatch):
    """Whoever gets the lock behind a rotation appends nothing behind the end."""
    old = founded(tmp_path / "a")

    def late(folder: Path) -> Log:
        monkeypatch.undo()
        rotate(old, tmp_path / "b", f"{ORIGIN}/2027", time=NOW)
        return opened(folder)

    monkeypatch.setattr(opening, "opened", late)
    with pytest.raises(ConfigError, match="is closed: `"), writing(old):
        pass
    assert entries(old)[-1].kind == "closed"


def test_two_rotations_at_once_begin_one_log(tmp_path: Path, monkeypatch):
    """Which log follows is settled under the lock; the other is told that it's held."""
    old = founded(tmp_path / "a")
    agreed: Callable[..., object] = series._agreed

    def meanwhile(*args: object) -> object:
        monkeypatch.undo()
        with pytest.raises(LedgerError, match="another writer holds this ledger"):
            rotate(old, tmp_path / "c", f"{ORIGIN}/other", time=NOW)
        return agreed(*args)

    monkeypatch.setattr(series, "_agreed", meanwhile)
    rotate(old, tmp_path / "b", f"{ORIGIN}/2027", time=NOW)
    assert [one.kind for one in entries(old)].count("closed") == 1
    assert not (tmp_path / "c").exists()


def test_a_log_is_not_closed_for_one_that_no_entry_can_name(tmp_path: Path):
    """A key may be called what can't be seen; the old log stays open, nothing begins."""
    old = founded(tmp_path / "a")
    with pytest.raises(ConfigError, match="`origin` can't be"):
        rotate(old, tmp_path / "b", "example.com/\u200blog", time=NOW)
    assert not (tmp_path / "b").exists()
    with writing(old) as log:
        log.append([BEAT])


def test_two_keys_announced_at_once_both_sign(tmp_path: Path, monkeypatch):
    """The charter counts as it is under the lock, not as it was before."""
    folder = founded(tmp_path / "a")

    def meanwhile(disk: RealDisk) -> Charter:
        monkeypatch.undo()
        found = read_charter(disk)
        announce(folder, ED25519, NOW, opened)
        return found

    monkeypatch.setattr(log_module, "read_charter", meanwhile)
    announce(folder, ML_DSA, NOW, opened)
    assert [key.kind for key in keys_of(folder)] == [ED25519, ML_DSA, ED25519, ML_DSA]


def test_a_rotation_that_was_killed_is_taken_up(tmp_path: Path):
    """What it left half written is in nobody's way."""
    old = founded(tmp_path / "a")
    (old / "private/new/0").write_bytes(b"half")
    last, first = rotate(old, tmp_path / "b", f"{ORIGIN}/2027", time=NOW)
    assert (last.checkpoint.size, first.checkpoint.size) == (5, 1)


def test_a_key_that_ended_is_not_brought_back(tmp_path: Path):
    """The proof that it began counts once, in its place in the log, and no more."""
    folder = founded(tmp_path / "a")
    trusted = keys_of(folder)
    new = announce(folder, ED25519, NOW, opened)
    retire(folder, new.key_id.hex(), NOW, opened)
    begins, ends = key_proofs(RealDisk(folder))
    assert follow(trusted, [begins, ends])[0] == trusted
    for order in ([begins, ends, begins], [ends, begins]):
        with pytest.raises(ProofError, match="isn't in the order of the log"):
            follow(trusted, order)
