"""A log that isn't the one that was seen is noticed, and what proves it is at hand."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.ledger.entries import made
from ringfence.ledger.faults import Exhibit, ForkError, LedgerError
from ringfence.ledger.remote import UnreachableError, open_log
from ringfence.ledger.signed.checkpoints import read_checkpoint
from ringfence.ledger.signed.quorum import parse_quorum
from ringfence.ledger.signed.spelling import unbase64
from ringfence.ledger.tree.merkle import verify_consistency
from ringfence.ledger.watch import monitor
from ringfence.ledger.watch.comparing import Head, check_entries
from ringfence.ledger.watch.monitor import SEEN, Watched, save_exhibits, watch
from ringfence.ledger.witness.service import application
from ringfence.ledger.witness.state import StateFolder
from tests.signed import KEYS, LOG, ORIGIN, OTHER, WITNESSES, signed
from tests.witnessing import (
    START,
    W1,
    Clock,
    Grown,
    begun,
    heartbeats,
    http,
    log_of,
    running,
    said,
    saying,
    state_on,
)

ALONE = f"log {KEYS[0]}\nlog {KEYS[1]}\n"
WITNESSED = f"{ALONE}witness w1 {W1.verifier}\n"


def grown(size: int, name: str = "entry") -> Grown:
    """Return a log that a test may change."""
    return Grown(log_of(size, name).entries)


def look(log: Grown, folder: Path, rules: str = ALONE, **options: Any) -> Watched:
    quorum = parse_quorum(f"{rules}quorum {options.pop('rule', 'none')}\n")
    return watch(log.fetch, quorum, folder, **options)


def caught(log: Grown, folder: Path, rules: str = ALONE, **options: Any) -> ForkError:
    """Return the error that a log gives; what was seen before is still remembered."""
    file = folder / SEEN
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(ForkError) as error:
        look(log, folder, rules, **options)
    assert (file.read_bytes() if file.exists() else None) == before
    assert len(error.value.exhibits) >= 2
    return error.value


def exhibit(error: ForkError, name: str) -> bytes:
    return dict(error.exhibits)[name]


def names(error: ForkError) -> list[str]:
    return [one.name for one in error.exhibits]


def test_a_log_is_followed_as_it_grows(tmp_path: Path):
    """Every step is taken up where the last ended; what is new is hashed again."""
    log = grown(0)
    before: int | None = None
    for size in (0, 1, 1, 255, 256, 300, 300, 600, 70_000):
        log.grow([b"entry %d" % at for at in range(log.head.size, size)])
        found = look(log, tmp_path)
        assert (found.signed.checkpoint, found.before) == (log.head, before)
        assert found.rehashed == size - (before or 0)
        assert (found.findings, found.unheard) == ((), ())
        before = size
    assert (tmp_path / SEEN).read_bytes() == log.files["checkpoint"]


def test_what_was_partial_need_not_be_kept(tmp_path: Path):
    """A log may drop partial tiles that are full by now."""
    log = grown(250)
    look(log, tmp_path)
    log.grow([b"more %d" % at for at in range(400)])
    kept = {path: log.files[path] for path in log_of(650).files if path in log.files}
    assert kept.keys() == log_of(650).files.keys()
    log.files = kept
    assert look(log, tmp_path).rehashed == 400


def test_a_log_that_grows_meanwhile_is_still_read(tmp_path: Path):
    """The full tile stands in for the partial one of the checkpoint that was read."""
    log = grown(250)
    checkpoint = log.files["checkpoint"]
    log.grow([b"more %d" % at for at in range(50)])
    log.files = {name: log.files[name] for name in log_of(300).files}
    log.files["checkpoint"] = checkpoint
    assert look(log, tmp_path).signed.checkpoint.size == 250


def test_entries_need_not_be_hashed(tmp_path: Path):
    """Without entries, signatures and consistency alone are looked at."""
    log = grown(300)
    assert look(log, tmp_path, entries=False).rehashed == 0
    log.grow([b"more"])
    del log.files["tile/entries/001.p/45"]
    assert look(log, tmp_path, entries=False).before == 300


def test_a_split_view_is_detected(tmp_path: Path):
    """Two checkpoints of one size with different roots: both are shown."""
    look(grown(7), tmp_path)
    error = caught(grown(7, "other"), tmp_path)
    assert "split view: two checkpoints of 7 entries differ" in str(error)
    both = [
        read_checkpoint(exhibit(error, name), KEYS).checkpoint
        for name in ("checkpoint-seen", "checkpoint-log")
    ]
    assert both == [log_of(7).head, log_of(7, "other").head]


def test_a_rollback_is_detected(tmp_path: Path):
    """A smaller checkpoint than was seen is shown beside that one."""
    look(grown(7), tmp_path)
    error = caught(grown(5), tmp_path)
    assert "rollback: 5 entries are shown, and 7 were seen before" in str(error)
    assert names(error) == ["checkpoint-seen", "checkpoint-log"]
    caught(grown(0), tmp_path)


@pytest.mark.parametrize(("old", "new"), [(5, 7), (4, 8), (256, 300), (300, 700)])
def test_growth_that_contradicts_is_detected(tmp_path: Path, old: int, new: int):
    """A larger log that doesn't begin with what was seen: the failing proof is shown."""
    look(grown(old), tmp_path)
    error = caught(grown(new, "other"), tmp_path)
    assert f"the log of {new} entries doesn't continue the one of {old}" in str(error)
    lines = exhibit(error, "consistency-proof").decode().splitlines()
    proof = [unbase64(line) or b"" for line in lines]
    seen, shown = (
        read_checkpoint(exhibit(error, f"checkpoint-{name}"), KEYS).checkpoint
        for name in ("seen", "log")
    )
    with pytest.raises(ProofError):
        verify_consistency(seen.size, shown.size, seen.root, shown.root, proof)


def test_one_changed_entry_contradicts(tmp_path: Path):
    """A log that was written anew with one entry changed doesn't continue."""
    look(grown(300), tmp_path)
    entries = [*log_of(300).entries, b"more"]
    entries[17] = b"entry 17 "
    assert "doesn't continue" in str(caught(Grown(entries), tmp_path))


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
def test_a_truncated_tile_is_detected(tmp_path: Path, path: str):
    """A tile without its last hash is shown with the checkpoint that it is under."""
    log = grown(300)
    log.files[path] = log.files[path][:-32]
    error = caught(log, tmp_path)
    assert " bytes, not " in str(error)
    assert exhibit(error, path.replace("/", "-")) == log.files[path]
    assert exhibit(error, "checkpoint-log") == log.files["checkpoint"]


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000"]
)
@pytest.mark.parametrize("seen", [None, 20])
def test_a_missing_file_is_detected(tmp_path: Path, path: str, seen: int | None):
    """A log has to show what it signed."""
    if seen:
        look(grown(seen), tmp_path)
    log = grown(300)
    del log.files[path]
    error = caught(log, tmp_path)
    assert "is missing, and the log has signed it" in str(error)
    assert path.partition(".p")[0] in str(error)


def test_a_rewritten_entry_is_detected(tmp_path: Path):
    """An entry that its tile has another hash of: bundle and tile are shown."""
    log = grown(300)
    path = "tile/entries/001.p/44"
    log.files[path] = log.files[path].replace(b"entry 270", b"entry 27X")
    error = caught(log, tmp_path)
    assert "entry 270 was rewritten" in str(error)
    assert exhibit(error, "tile-entries-001.p-44") == log.files[path]
    assert exhibit(error, "tile-0-001.p-44") == log.files["tile/0/001.p/44"]


def test_an_entry_rewritten_with_its_hash_is_detected(tmp_path: Path):
    """Entry and tile that agree with each other don't give the signed root."""
    log, other = grown(300), Grown([b"x", *log_of(300).entries[1:]])
    for path in ("tile/entries/000", "tile/0/000"):
        log.files[path] = other.files[path]
    error = caught(log, tmp_path)
    assert "is not what the entries give" in str(error)
    assert {"tile-1-000.p-1", "tile-1-000.p-1-wanted"} <= set(names(error))


def test_tiles_that_agree_and_were_not_signed_are_detected(tmp_path: Path):
    """A whole log of other tiles under the checkpoint gives another root."""
    log, other = grown(300), grown(300, "other")
    other.files["checkpoint"] = log.files["checkpoint"]
    assert "another root than was signed" in str(caught(other, tmp_path))


@pytest.mark.parametrize("cut", [0, 1, 400])
def test_a_torn_bundle_is_detected(tmp_path: Path, cut: int):
    """A bundle that doesn't hold its entries and nothing else is shown."""
    log = grown(300)
    whole = log.files["tile/entries/000"]
    log.files["tile/entries/000"] = whole[:cut] if cut else whole + b"\x00\x00"
    error = caught(log, tmp_path)
    assert "doesn't hold 256 entries" in str(error)
    assert exhibit(error, "tile-entries-000") == log.files["tile/entries/000"]


def test_entries_that_do_not_give_the_root_are_detected():
    """Hashing again holds by itself, whatever was checked before it."""
    head = Head("log", log_of(300).signed)
    other = grown(300, "other")
    for older in (None, Head("seen", log_of(256).signed)):
        with pytest.raises(ForkError, match="another root than was signed"):
            check_entries(older, head, other.fetch, lambda *_: None)


@given(data=st.data())
def test_no_changed_byte_goes_unnoticed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    """Whatever byte of whatever file of a log is changed, the log isn't believed."""
    log = grown(300)
    paths = sorted(set(log.files) - {"checkpoint"})
    path = data.draw(st.sampled_from(paths))
    content = bytearray(log.files[path])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(
        st.integers(1, 255)
    )
    log.files[path] = bytes(content)
    caught(log, tmp_path_factory.mktemp("state"))


@given(at=st.integers(0, 4_000), bit=st.integers(0, 7))
def test_no_changed_checkpoint_says_anything_else(
    at: int, bit: int, tmp_path_factory: pytest.TempPathFactory
):
    """A checkpoint with a bit changed says the same under another key, or nothing."""
    log = grown(7)
    content = bytearray(log.files["checkpoint"])
    content[at % len(content)] ^= 1 << bit
    log.files["checkpoint"] = bytes(content)
    try:
        found = look(log, tmp_path_factory.mktemp("state"))
    except RingfenceError:
        return
    assert found.signed.checkpoint == log.head


@pytest.mark.parametrize("who", range(3))
def test_a_forged_signature_is_detected(tmp_path: Path, who: int):
    """A bad signature by a known key, the log's or a witness': checkpoint and keys."""
    log = grown(7)
    note = read_checkpoint(signed(*[LOG, *WITNESSES][: who + 1], head=log.head), KEYS)
    lines = list(note.note.signatures)
    value = bytearray(lines[-1].value)
    value[-1] ^= 1
    lines[-1] = lines[-1]._replace(value=bytes(value))
    log.files["checkpoint"] = note._replace(
        note=note.note._replace(signatures=tuple(lines))
    ).content
    rules = f"{WITNESSED}witness w2 {WITNESSES[1].verifier}\n"
    error = caught(log, tmp_path, rules)
    assert f"the signature of `{lines[-1].name}` doesn't verify" in str(error)
    assert exhibit(error, "checkpoint-log") == log.files["checkpoint"]
    assert str(lines[-1].name).encode() in exhibit(error, "quorum")


@pytest.mark.parametrize("content", [b"", b"junk", signed(OTHER), signed(W1)])
def test_what_no_key_signed_says_nothing(tmp_path: Path, content: bytes):
    """What isn't signed by the log proves nothing against it, and isn't believed."""
    log = grown(7)
    log.files["checkpoint"] = content
    with pytest.raises(ProofError) as error:
        look(log, tmp_path)
    assert not isinstance(error.value, ForkError)


def test_a_quorum_that_is_not_met_is_told(tmp_path: Path):
    """A checkpoint without the cosignatures that are asked for isn't believed."""
    log = grown(7)
    with pytest.raises(ProofError, match="too few have cosigned: `w1` has not"):
        look(log, tmp_path, WITNESSED, rule="w1")
    assert not (tmp_path / SEEN).exists()
    log.grow([], keys=[W1])
    assert look(log, tmp_path, WITNESSED, rule="w1").signed.checkpoint == log.head


def test_no_log_there_is_no_finding(tmp_path: Path):
    """An address without a log says nothing of the log."""
    log = grown(7)
    del log.files["checkpoint"]
    with pytest.raises(UnreachableError, match="no log is there"):
        look(log, tmp_path)


def compared(log: Grown, told: Grown, folder: Path, **options: Any) -> Watched:
    """Look at a log while a witness remembers a log."""
    with state_on(begun()) as state:
        state.advance(told.signed, lambda _: None)
        with running(application(state)) as url:
            return look(
                log, folder, f"{ALONE}witness w1 {W1.verifier} {url}\n", **options
            )


@pytest.mark.parametrize("size", [0, 1, 5, 7])
def test_a_witness_that_remembers_the_log_is_no_finding(tmp_path: Path, size: int):
    """A witness may be behind, or where the log is."""
    assert compared(grown(7), grown(size), tmp_path).unheard == ()


def test_a_witness_that_remembers_nothing_is_no_finding(tmp_path: Path):
    """A witness that knows the log and has cosigned nothing yet says nothing."""
    with state_on(begun()) as state, running(application(state)) as url:
        found = look(grown(7), tmp_path, f"{ALONE}witness w1 {W1.verifier} {url}\n")
    assert found.unheard == ()


@pytest.mark.parametrize("size", [None, 5])
def test_a_witness_that_forgot_is_told_of(tmp_path: Path, size: int | None):
    """A witness that remembers less than it has cosigned was put back, or has a twin."""
    log = grown(7)
    log.grow([], keys=[W1])
    with state_on(begun()) as state:
        if size is not None:
            state.advance(grown(size).signed, lambda _: None)
        with running(application(state)) as url:
            found = look(log, tmp_path, f"{ALONE}witness w1 {W1.verifier} {url}\n")
    (told,) = found.unheard
    assert told == f"`w1`: has cosigned 7 entries and remembers {size or 0}"


def test_a_changed_tile_is_not_called_a_fork(tmp_path: Path):
    """What the tiles got wrong is told as that, and not as growth that contradicts."""
    look(grown(5), tmp_path)
    log = grown(7)
    content = bytearray(log.files["tile/0/000.p/7"])
    content[0] ^= 1
    log.files["tile/0/000.p/7"] = bytes(content)
    error = caught(log, tmp_path)
    assert "the tiles of 7 entries give another root than was signed" in str(error)
    assert names(error) == [
        "checkpoint-seen",
        "checkpoint-log",
        "tile-0-000.p-7",
        "root-found",
    ]


@pytest.mark.parametrize("size", [1, 5, 7])
def test_a_witness_that_remembers_another_log_is_detected(tmp_path: Path, size: int):
    """What the log shows us and what it showed the witness are one log or a finding."""
    with pytest.raises(ForkError, match="`w1` remembers another log") as error:
        compared(grown(7), grown(size, "other"), tmp_path)
    told = read_checkpoint(exhibit(error.value, "checkpoint-witness-w1"), KEYS)
    assert told.checkpoint == log_of(size, "other").head
    shown = read_checkpoint(exhibit(error.value, "checkpoint-log"), KEYS)
    assert shown.checkpoint == log_of(7).head
    assert not (tmp_path / SEEN).exists()


def test_a_witness_ahead_of_the_log_is_joined_to_it(tmp_path: Path):
    """Witnesses cosign before a log publishes; its tiles are there already."""
    log = grown(5)
    checkpoint = log.files["checkpoint"]
    log.grow([b"entry 5", b"entry 6"])
    log.files["checkpoint"] = checkpoint
    assert compared(log, grown(7), tmp_path).signed.checkpoint.size == 5


def test_a_witness_ahead_of_a_log_that_went_back_is_detected(tmp_path: Path):
    """An older copy of a log doesn't have what the witness saw."""
    with pytest.raises(ForkError, match="remembers another log") as error:
        compared(grown(5), grown(7), tmp_path)
    assert {"checkpoint-log", "checkpoint-witness-w1"} <= set(names(error.value))


def test_a_witness_that_is_not_heard_is_told_of(tmp_path: Path):
    """A witness that doesn't answer, or not as a witness, isn't the log's fault."""
    for answer, reason in ((http(500), "500"), (http(200, b"junk"), "line feed")):
        with saying(answer) as (url, _):
            found = look(grown(7), tmp_path, f"{ALONE}witness w1 {W1.verifier} {url}\n")
        (told,) = found.unheard
        assert told.startswith("`w1`: ")
        assert reason in told


def test_witnesses_need_not_be_asked(tmp_path: Path):
    """Who looks offline asks nobody; a witness without address is nobody to ask."""
    with saying() as (url, requests):
        rules = f"{ALONE}witness w1 {W1.verifier} {url}\n"
        look(grown(7), tmp_path, rules, witnesses=False)
        assert requests == []
    assert look(grown(7), tmp_path, WITNESSED).unheard == ()


HOUR = timedelta(hours=1)


def alive(written: list[bytes], folder: Path, now: int, **options: Any) -> list[str]:
    found = look(Grown(written), folder, silence=HOUR, clock=Clock(now), **options)
    return list(found.findings)


def test_a_log_that_is_alive_is_no_finding(tmp_path: Path):
    """Entries no further apart than is stated, the last no longer ago."""
    assert alive(heartbeats(10, step=3600), tmp_path, START + 10 * 3600) == []


@pytest.mark.parametrize("entries", [True, False])
def test_a_silent_log_is_a_finding(tmp_path: Path, *, entries: bool):
    """Nothing for longer than is stated, and since when; again each time."""
    told = f"the log is silent since {said(START + 9 * 60)}"
    for _ in range(2):
        now = START + 9 * 60 + 3601
        assert alive(heartbeats(10), tmp_path, now, entries=entries) == [told]


def test_a_gap_is_a_finding(tmp_path: Path):
    """A log that was silent for a while is told of, though it speaks again."""
    entries = [*heartbeats(3), *heartbeats(3, start=START + 9000)]
    (told,) = alive(entries, tmp_path, START + 9200)
    assert told == (
        f"the log was silent from {said(START + 120)} to {said(START + 9000)}, "
        "before entry 3"
    )


def test_times_that_go_back_or_run_ahead_are_findings(tmp_path: Path):
    """What is dated before what it follows, or after now, wasn't written then."""
    entries = [
        *heartbeats(2),
        *heartbeats(1, start=START - 500),
        *heartbeats(1, start=START + 900),
    ]
    assert alive(entries, tmp_path, START + 60) == [
        f"entry 2 is dated {said(START - 500)}, before the one before",
        f"entry 3 tells a time to come: {said(START + 900)}",
    ]


def test_entries_of_others_have_no_time(tmp_path: Path):
    """A log of other bytes, or of none, doesn't say when it was alive."""
    told = "no entry tells when the log was alive"
    untimed = "1 entries tell no time"
    assert alive([b"bytes"], tmp_path / "bytes", START) == [untimed, told]
    assert alive([], tmp_path / "none", START) == [told]
    entries = [made("heartbeat", said(START)), b"bytes"]
    assert alive(entries, tmp_path / "both", START) == [untimed]


def test_findings_are_counted_where_they_are_many(tmp_path: Path):
    """A hostile log can't fill the screen."""
    entries = [one for at in range(300) for one in heartbeats(1, start=START - at)]
    found = alive(entries, tmp_path, START)
    assert len(found) == 101
    assert found[-1] == "199 more of the kind"


@pytest.mark.parametrize("cut", [True, False])
def test_the_last_entry_is_verified_too(tmp_path: Path, *, cut: bool):
    """A time that wasn't signed doesn't show that a log is alive."""
    log = Grown(heartbeats(3))
    bundle = log.files["tile/entries/000.p/3"]
    log.files["tile/entries/000.p/3"] = (
        bundle[:-1] if cut else bundle.replace(b"Z", b"X")
    )
    error = caught(log, tmp_path, entries=False, silence=HOUR)
    assert "tile-entries-000.p-3" in names(error)


def test_a_state_is_for_one_log(tmp_path: Path):
    """The state of one log isn't taken for another's."""
    look(grown(7), tmp_path)
    other = Grown([])
    other.files["checkpoint"] = signed(OTHER)
    with pytest.raises(ConfigError, match="the state is of the log"):
        look(other, tmp_path, f"log {OTHER.verifier}\n")


def test_the_log_is_one_of_the_quorum(tmp_path: Path):
    """A quorum of several logs is asked which; of none, there is nothing to watch."""
    both = f"{ALONE}log {OTHER.verifier}\n"
    with pytest.raises(ConfigError, match="several logs"):
        look(grown(7), tmp_path, both)
    with pytest.raises(ConfigError, match="no log"):
        look(grown(7), tmp_path, "")
    with pytest.raises(ConfigError, match="doesn't name"):
        look(grown(7), tmp_path, both, origin="third.example/log")
    assert look(grown(7), tmp_path, both, origin=ORIGIN).before is None
    log = grown(7)
    log.files["checkpoint"] = signed(OTHER)
    with pytest.raises(ProofError):
        look(log, tmp_path / "other", both, origin=ORIGIN)


@pytest.mark.parametrize("content", [b"", b"junk", signed(LOG).replace(b"\n7", b"\n8")])
def test_a_state_that_was_changed_is_refused(tmp_path: Path, content: bytes):
    """What the monitor didn't write isn't what it saw."""
    look(grown(7), tmp_path)
    (tmp_path / SEEN).write_bytes(content)
    with pytest.raises(ProofError, match=SEEN):
        look(grown(7), tmp_path)


def test_a_state_that_cannot_be_kept_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What can't be remembered isn't called seen."""

    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(monitor, "place", failing)
    with pytest.raises(LedgerError, match="no space left"):
        look(grown(7), tmp_path)
    with pytest.raises(LedgerError):
        look(grown(7), Path("/dev/null/state"))


def _tried(folder: Path, told: Any) -> None:
    try:
        look(grown(7), folder)
        told.send("seen")
    except LedgerError as error:
        told.send(str(error))


def test_two_monitors_do_not_share_a_state(tmp_path: Path):
    """The second fails at once, and says why."""
    ours, theirs = multiprocessing.Pipe()
    with StateFolder.at(tmp_path).locked():
        process = multiprocessing.get_context("spawn").Process(
            target=_tried, args=(tmp_path, theirs)
        )
        process.start()
        assert "another process has this state" in ours.recv()
        process.join()


def test_a_log_in_a_folder_and_on_a_server_is_watched(tmp_path: Path):
    """Both are read through the same door."""
    placed = grown(300).placed(tmp_path / "log")
    quorum = parse_quorum(f"{ALONE}quorum none\n")
    assert watch(open_log(str(placed)), quorum, tmp_path / "state").rehashed == 300
    answers = [
        http(200, log_of(300).files[path])
        for path in ("checkpoint", "tile/1/000.p/1", "tile/0/001.p/44")
    ]
    with saying(*answers) as (url, requests):
        watch(open_log(url), quorum, tmp_path / "state", entries=False)
    assert requests[0].startswith(b"GET /checkpoint ")


def test_an_unreachable_log_is_no_finding(tmp_path: Path):
    """A server that answers 500 half way through has proven nothing."""
    quorum = parse_quorum(f"{ALONE}quorum none\n")
    with (
        saying(http(200, log_of(300).files["checkpoint"]), http(500)) as (url, _),
        pytest.raises(UnreachableError),
    ):
        watch(open_log(url), quorum, tmp_path)
    assert not (tmp_path / SEEN).exists()


def test_exhibits_are_written_to_a_folder(tmp_path: Path):
    """Each piece is a file, and one says why they are there; none is overwritten."""
    look(grown(7), tmp_path / "state")
    log = grown(7, "other")
    error = caught(log, tmp_path / "state")
    folder = tmp_path / "a" / "exhibits"
    files = save_exhibits(error, folder)
    assert [one.name for one in files] == ["checkpoint-seen", "checkpoint-log", "why"]
    assert files[1].read_bytes() == log.files["checkpoint"]
    assert "split view" in files[2].read_text()
    with pytest.raises(LedgerError, match="exists"):
        save_exhibits(error, folder)


def test_exhibits_stay_in_their_folder(tmp_path: Path):
    """A name out of somebody's file leads nowhere else."""
    error = ForkError(
        "why", [Exhibit("../../out", b""), Exhibit("..", b"1"), Exhibit("/x", b"2")]
    )
    files = save_exhibits(error, tmp_path / "in")
    assert {one.parent for one in files} == {tmp_path / "in"}
    assert len(list((tmp_path / "in").iterdir())) == 4
