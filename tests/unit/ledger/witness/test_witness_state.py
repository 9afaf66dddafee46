"""What a witness has cosigned is never forgotten, whatever moment the power fails in."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest

from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.checkpoints import (
    Checkpoint,
    SignedCheckpoint,
    parse_checkpoint,
    read_checkpoint,
)
from ringfence.ledger.signed.keys import ED25519, SigningKey, open_note
from ringfence.ledger.signed.notes import parse_note
from ringfence.ledger.witness.state import (
    COSIGNED,
    PINNED,
    StateFolder,
    begin,
    opened,
)
from ringfence.ledger.witness.wire import name_of
from tests.signed import KEYS, LOG, ORIGIN, OTHER, SECONDS, WITNESSES, signed
from tests.witnessing import (
    W1,
    Clock,
    Model,
    PowerError,
    begun,
    log_of,
    state_on,
)

SHOWN = f"public/{name_of(ORIGIN)}/checkpoint"
BOTH = [WITNESSES[0], WITNESSES[2]]  # Ed25519 and ML-DSA-44


class _NoError(Exception):
    pass


def agreed(last: Checkpoint | None) -> None:
    """Speak against nothing."""


def head(size: int, name: str = "entry") -> SignedCheckpoint:
    return log_of(size, name).signed


def time_in(content: bytes, key: SigningKey = W1) -> int:
    (verified,) = open_note(parse_note(content), [key.verifier])
    return verified.seconds or 0


def size_in(content: bytes) -> int:
    return parse_checkpoint(parse_note(content).text).size


def test_a_cosigned_checkpoint_is_on_the_disk_with_its_cosignature():
    """What is answered is what lies there, for the log and for the witness to check."""
    disk = begun(BOTH)
    with state_on(disk, BOTH) as state:
        made = state.advance(head(3), agreed)
        shown = state.shown(name_of(ORIGIN))
    assert shown == disk.read(SHOWN)
    witnesses = [key.verifier for key in BOTH]
    read = read_checkpoint(disk.read(SHOWN), KEYS, witnesses=witnesses)
    assert read.note.signatures[-2:] == made
    assert [one.key for one in read.verified] == [*KEYS, *witnesses]


def test_signatures_of_strangers_are_not_kept():
    """What nobody verified isn't shown under the witness' name."""
    disk = begun()
    content = signed(LOG, OTHER, WITNESSES[1], head=head(3).checkpoint)
    with state_on(disk) as state:
        state.advance(read_checkpoint(content, KEYS), agreed)
    note = parse_note(disk.read(SHOWN))
    assert [one.name for one in note.signatures] == [ORIGIN, W1.verifier.name]


def test_the_state_is_taken_up_again():
    """A witness that starts again knows what it cosigned."""
    disk = begun()
    with state_on(disk) as state:
        state.advance(head(3), agreed)
    with state_on(disk) as state:
        assert state.last(ORIGIN) == head(3).checkpoint
        assert state.last("other") is None


def test_what_the_check_refuses_changes_nothing():
    """A refused checkpoint is neither cosigned nor stored."""

    def refuse(_: Checkpoint | None) -> None:
        raise _NoError

    disk = begun()
    with state_on(disk) as state:
        state.advance(head(3), agreed)
        before = disk.read(SHOWN)
        with pytest.raises(_NoError):
            state.advance(head(5), refuse)
        assert (state.last(ORIGIN), disk.read(SHOWN)) == (head(3).checkpoint, before)


def test_times_never_decrease():
    """A clock that goes back is waited for, and so it is after a restart."""
    clock, disk, times = Clock(SECONDS), begun(), []
    for seconds in (SECONDS, SECONDS - 500, SECONDS + 7, SECONDS - 500, -5):
        clock.seconds = seconds
        with state_on(disk, clock=clock) as state:
            state.advance(head(3), agreed)
            times.append(time_in(disk.read(SHOWN)))
    assert times == [SECONDS, SECONDS, SECONDS + 7, SECONDS + 7, SECONDS + 7]


def test_times_never_decrease_over_all_logs():
    """A log's cosignature is no earlier than that of another log before it."""
    clock, disk = Clock(SECONDS + 100), begun()
    other = read_checkpoint(
        signed(OTHER, head=Checkpoint("other.example/log", 7, head(7).checkpoint.root)),
        [OTHER.verifier],
    )
    logs = [*KEYS, OTHER.verifier]
    with opened(disk, [W1], logs, clock=clock) as state:
        state.advance(other, agreed)
    clock.seconds = SECONDS
    with opened(disk, [W1], logs, clock=clock) as state:
        state.advance(head(3), agreed)
    assert time_in(disk.read(SHOWN)) == SECONDS + 100


def acknowledged(disk: Model) -> list[tuple[int, int]]:
    """Cosign three sizes, as far as the disk goes; return what was answered."""
    answered: list[tuple[int, int]] = []
    clock = Clock()
    with state_on(disk, clock=clock) as state:
        for size in (1, 4, 9):
            clock.seconds += 10
            (made,) = state.advance(head(size), agreed)
            answered.append((size, int.from_bytes(made.value[:8])))
    return answered


@contextmanager
def failing(disk: Model, at: int, error: BaseException):
    disk.fails = (len(disk.calls) + at, error)
    yield
    disk.fails = None


def crash_states(deaf: str = "") -> Iterator[bool]:
    """Yield of each disk that a power failure leaves whether it remembers."""
    whole = begun()
    start = len(whole.calls)
    acknowledged(whole)
    for at in range(1, len(whole.calls) - start + 2):
        disk, answered = begun(), [(0, 0)]
        disk.deaf = deaf
        clock = Clock()
        with failing(disk, at, PowerError()):
            try:
                with state_on(disk, clock=clock) as state:
                    for size in (1, 4, 9):
                        clock.seconds += 10
                        (made,) = state.advance(head(size), agreed)
                        answered.append((size, int.from_bytes(made.value[:8])))
            except PowerError:
                pass
        for left in disk.survivors():
            yield remembers(left, answered[-1])


def remembers(left: Model, answered: tuple[int, int]) -> bool:
    """Tell whether a witness goes on from no less than it has answered."""
    clock = Clock(0)
    try:
        with state_on(left, clock=clock) as state:
            last = state.last(ORIGIN)
            size = 0 if last is None else last.size
            (made,) = state.advance(head(20), agreed)
    except RingfenceError:
        return False
    return size >= answered[0] and int.from_bytes(made.value[:8]) >= answered[1]


def test_no_power_failure_makes_a_witness_forget():
    """Whatever call it comes before, and whatever of the unsynced it leaves."""
    states = list(crash_states())
    assert len(states) > 3_000
    assert all(states)


@pytest.mark.parametrize("deaf", ["sync", "sync_folder"])
def test_a_disk_that_does_not_sync_is_noticed(deaf: str):
    """The test above has teeth: without either kind of sync, something is forgotten."""
    assert not all(crash_states(deaf))


def test_a_failing_disk_stops_the_witness():
    """After any error of the disk nothing is cosigned, until it is read again."""
    whole = begun()
    start = len(whole.calls)
    acknowledged(whole)
    sizes = set()
    for at in range(1, len(whole.calls) - start + 1):
        disk = begun()
        answered = []
        with failing(disk, at, OSError(5, "Input/output error")):
            try:
                with state_on(disk) as state:
                    for size in (1, 4, 9):
                        try:
                            state.advance(head(size), agreed)
                        except LedgerError:
                            assert state.has_stopped
                            with pytest.raises(LedgerError, match="nothing is cosig"):
                                state.advance(head(size), agreed)
                            break
                        answered.append(size)
            except LedgerError as error:
                assert "input/output error" in str(error)
        with state_on(disk) as state:
            last = state.last(ORIGIN)
            sizes.add((answered or [0])[-1])
            assert (0 if last is None else last.size) >= (answered or [0])[-1]
    assert sizes == {0, 1, 4}


def test_two_checkpoints_of_one_size_are_kept():
    """What proves a split view is kept, once, and survives a restart."""
    disk = begun()
    folder = f"private/conflicts/{name_of(ORIGIN)}"
    with state_on(disk) as state:
        state.keep(head(5))
        state.advance(head(5), agreed)
        state.keep(head(5))
        state.keep(head(4))
        assert disk.files("private/conflicts") == []
        state.keep(head(5, "forged"))
        state.keep(head(5, "forged again"))
    roots = [
        read_checkpoint(disk.read(f"{folder}/{name}"), KEYS).checkpoint.root
        for name in ("cosigned", "refused")
    ]
    assert roots == [log_of(5).head.root, log_of(5, "forged").head.root]


def test_a_state_that_was_changed_is_refused():
    """A file that the witness didn't write isn't taken for its memory."""
    disk = begun()
    with state_on(disk) as state:
        state.advance(head(5), agreed)
    note = disk.read(SHOWN)
    for other in (
        head(3).content,
        note.replace(b"\n5\n", b"\n4\n"),
        note[:-9],
        b"",
        signed(WITNESSES[1], LOG, head=head(3).checkpoint),
    ):
        left = Model({PINNED: disk.read(PINNED), SHOWN: other})
        with pytest.raises(ProofError), state_on(left):
            pass


def test_a_checkpoint_that_is_gone_is_missed():
    """Without the file of a log, a witness would cosign that log from nothing again."""
    disk = begun()
    with state_on(disk) as state:
        state.advance(head(5), agreed)
    disk.remove(SHOWN)
    with pytest.raises(LedgerError, match="is gone"), state_on(disk):
        pass


def test_a_checkpoint_without_its_mark_is_marked_again():
    """Power may fail between the two; what counts is the checkpoint."""
    disk = begun()
    with state_on(disk) as state:
        state.advance(head(5), agreed)
    mark = f"{COSIGNED}/{name_of(ORIGIN)}"
    disk.remove(mark)
    with state_on(disk) as state:
        assert state.last(ORIGIN) == head(5).checkpoint
        state.advance(head(7), agreed)
    assert disk.read(mark) == b""


def test_a_checkpoint_under_another_logs_name_is_refused():
    """Two logs' files can't be exchanged."""
    disk = begun()
    other = Checkpoint("other.example/log", 7, head(7).checkpoint.root)
    content = signed(OTHER, W1, head=other)
    left = Model({PINNED: disk.read(PINNED), SHOWN: content})
    with pytest.raises(ProofError, match="not of the log"), state_on(left):
        pass


def test_a_state_is_begun_once():
    """What a witness remembers can't be begun anew by mistake."""
    disk = begun()
    with pytest.raises(ConfigError, match="already"):
        begin(disk, [W1])


def test_a_state_that_is_not_there_is_not_begun():
    """A witness whose memory is lost doesn't cosign with its old key."""
    with pytest.raises(LedgerError, match="no state"), state_on(Model()):
        pass


def test_a_state_belongs_to_its_keys():
    """Another key, one more, or one less isn't the witness that the state is of."""
    disk = begun()
    for keys in ([WITNESSES[1]], [W1, WITNESSES[1]], BOTH):
        with pytest.raises(ConfigError, match="other keys"), state_on(disk, keys):
            pass


def test_keys_that_cannot_cosign_are_refused():
    """A log's kind of key, no key at all, and a log's own key make no witness."""
    for keys in ([], [SigningKey("witness.example/w1", ED25519, bytes(32))]):
        with pytest.raises(ConfigError):
            begin(Model(), keys)
    own = SigningKey(ORIGIN, ED25519, bytes([2]) * 32)
    with (
        pytest.raises(ConfigError, match="own"),
        opened(begun(), [W1], [own.verifier]),
    ):
        pass


def test_an_origin_that_no_cosignature_can_carry_is_refused():
    """It is refused when the witness starts, not when the log asks."""
    long = SigningKey("l" * 256, ED25519, bytes(32))
    with (
        pytest.raises(ConfigError, match="too long"),
        opened(begun(), [W1], [long.verifier]),
    ):
        pass


def test_one_of_two_that_come_at_once_wins():
    """Between the check of one and its store nobody else is checked."""
    disk, barrier = begun(), Barrier(8)
    outcomes = []

    def first(last: Checkpoint | None) -> None:
        if last is not None:
            raise _NoError

    with state_on(disk) as state:

        def ask(size: int) -> str:
            barrier.wait()
            try:
                state.advance(head(size), first)
            except _NoError:
                return "refused"
            return str(size)

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(ask, range(1, 9)))
    (winner,) = [one for one in outcomes if one != "refused"]
    assert size_in(disk.read(SHOWN)) == int(winner)


def _tried(folder: Path, told) -> None:
    try:
        with opened(StateFolder(folder), [W1], KEYS):
            told.send("opened")
    except LedgerError as error:
        told.send(str(error))


def test_a_second_process_is_refused(tmp_path: Path):
    """Two processes never have one state; the second fails at once, and says so."""
    folder = tmp_path / "state"
    begin(StateFolder.at(folder), [W1])
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    with opened(StateFolder(folder), [W1], KEYS):
        process = context.Process(target=_tried, args=(folder, theirs))
        process.start()
        assert "another process has this state" in ours.recv()
        process.join()
    process = context.Process(target=_tried, args=(folder, theirs))
    process.start()
    assert ours.recv() == "opened"
    process.join()


def test_a_real_folder_keeps_the_state(tmp_path: Path):
    """On a real file system the files lie where they are said to lie."""
    folder = tmp_path / "above" / "state"
    begin(StateFolder.at(folder), [W1])
    with opened(StateFolder(folder), [W1], KEYS) as state:
        state.advance(head(3), agreed)
    assert size_in((folder / SHOWN).read_bytes()) == 3
    assert (folder / "private").stat().st_mode & 0o077 == 0
    with opened(StateFolder(folder), [W1], KEYS) as state:
        assert state.last(ORIGIN) == head(3).checkpoint


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    """A path below a file gives one clear error."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerError, match="check the path"):
        StateFolder.at(tmp_path / "file" / "state")
