"""Archives of whole logs: one spelling, verified before anything is in place."""

from __future__ import annotations

import io
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.ledger.entries import digest_of, made
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.keeping.archive import SUMS, TOP, export, readme, sum_of
from ringfence.ledger.keeping.opening import begin, closed, opened, writing
from ringfence.ledger.keeping.payloads import Payloads, erase
from ringfence.ledger.keeping.renewal import announce, check_ledger, retire
from ringfence.ledger.keeping.restore import restore
from ringfence.ledger.keeping.series import rotate
from ringfence.ledger.keeping.tar import members, write_end, write_member
from ringfence.ledger.signed.head import Checkpoint
from ringfence.ledger.signed.keys import ED25519, SigningKey
from ringfence.ledger.writer.charter import place_keys, read_charter, read_keys
from ringfence.ledger.writer.disk import RealDisk
from ringfence.ledger.writer.founding import sign
from ringfence.ledger.writer.log import Log

NOW = "2026-11-22T10:00:00Z"
ORIGIN = "example.com/log"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a ledger with full and partial tiles, payloads, and a key that changed."""
    found: Path = tmp_path_factory.mktemp("kept") / "ledger"
    disk = RealDisk(found)
    begin(found, ORIGIN, time=NOW)
    with opened(found) as log:
        payloads = Payloads(disk)
        gone = payloads.keep(b"Ann Li")
        digests = {"document": digest_of(b"x"), "payload": payloads.keep(b"y")}
        name = {"name": f"sha256:{gone}"}
        log.append([made("document", NOW, digests=digests, commitments=name)] * 300)
        erase(payloads, gone, log.append, time=NOW, reason="request")
        log.publish()
    (old,) = (key for key in read_charter(disk).keys if key.kind == ED25519)
    announce(found, ED25519, NOW, opened)
    retire(found, old.key_id.hex(), NOW, opened)
    return found


@pytest.fixture(scope="module")
def archive(folder: Path) -> bytes:
    path = folder.parent / "log.tar"
    export(folder, path, payloads=True)
    return path.read_bytes()


def unpacked(content: bytes) -> dict[str, bytes]:
    return {one.name: one.read() for one in members(io.BytesIO(content))}


def packed(files: dict[str, bytes], *, summed: bool = False) -> bytes:
    """Return an archive of files in their order; `summed` makes its digests fit."""
    files = dict(files)
    if summed:
        files.pop(TOP + SUMS, None)
        lines = [
            sum_of(name.removeprefix(TOP), one) for name, one in sorted(files.items())
        ]
        files[TOP + SUMS] = "".join(lines).encode()
    stream = io.BytesIO()
    last = [name for name in files if name == TOP + SUMS]
    for name in [*sorted(set(files) - set(last)), *last]:
        write_member(stream, name, files[name])
    write_end(stream)
    return stream.getvalue()


def lying(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


def test_one_log_gives_one_archive(folder: Path, archive: bytes):
    """Twice the same bytes, which are spelt as tests spell them."""
    told = export(folder, folder.parent / "again.tar", payloads=True)
    assert (folder.parent / "again.tar").read_bytes() == archive
    assert packed(unpacked(archive), summed=True) == archive
    assert (told.bytes, told.payloads) == (len(archive), 1)
    assert told.files == len(unpacked(archive))


def test_an_archive_comes_back_as_it_was(folder: Path, archive: bytes, tmp_path: Path):
    """Imported and exported again it is the same archive, and nothing else is there."""
    (tmp_path / "a.tar").write_bytes(archive)
    told = restore(tmp_path / "a.tar", tmp_path / "b")
    assert (told.trusted, told.payloads, told.signed.checkpoint.size) == (False, 1, 304)
    export(tmp_path / "b", tmp_path / "b.tar", payloads=True)
    assert (tmp_path / "b.tar").read_bytes() == archive
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.tar", "b", "b.tar"]
    before, after = lying(folder), lying(tmp_path / "b")
    for name in after:  # an earlier checkpoint's partial tiles are not in the archive
        assert not name.startswith("public/") or before[name] == after[name]


def test_what_is_private_stays_private(archive: bytes, tmp_path: Path):
    """No archive holds a signing key; what was imported is for its owner alone."""
    assert b"PRIVATE+KEY" not in archive
    (tmp_path / "a.tar").write_bytes(archive)
    restore(tmp_path / "a.tar", tmp_path / "b")
    for one in (tmp_path / "b/private").rglob("*"):
        assert stat.S_IMODE(one.stat().st_mode) & 0o077 == 0 or one.name == "lock", one


def test_what_was_imported_is_written_once_its_keys_are_there(
    folder: Path, archive: bytes, tmp_path: Path
):
    """Without keys it can be read; with them the log goes on where it was."""
    (tmp_path / "a.tar").write_bytes(archive)
    restore(tmp_path / "a.tar", tmp_path / "b")
    with pytest.raises(RingfenceError, match="the key that signs for"):
        Log.open(tmp_path / "b")
    keys = read_keys(RealDisk(folder), read_charter(RealDisk(folder)))
    place_keys(RealDisk(tmp_path / "b"), keys, set())
    with Log.open(tmp_path / "b") as log:
        assert log.append([made("heartbeat", NOW)]) == range(304, 305)
        assert log.publish().checkpoint.size == 305


def test_payloads_are_exported_if_they_are_asked_for(folder: Path, tmp_path: Path):
    """Without them the archive has all that is public, and no more."""
    told = export(folder, tmp_path / "a.tar")
    names = set(unpacked((tmp_path / "a.tar").read_bytes()))
    assert (told.payloads, [one for one in names if "payloads" in one]) == (0, [])
    restored = restore(tmp_path / "a.tar", tmp_path / "b")
    assert restored.payloads == 0


def test_an_erased_payload_stays_erased(archive: bytes, tmp_path: Path):
    """Its bytes aren't in the archive, and whoever imports it is told of it."""
    assert b"Ann Li" not in archive
    (tmp_path / "a.tar").write_bytes(archive)
    restore(tmp_path / "a.tar", tmp_path / "b")
    assert Payloads(RealDisk(tmp_path / "b")).is_erased(digest_of(b"Ann Li"))


def test_other_programs_unpack_and_check_it(archive: bytes, tmp_path: Path):
    """`tar` and `sha256sum` are enough to see that it is whole."""
    (tmp_path / "a.tar").write_bytes(archive)
    subprocess.run(["tar", "xf", "a.tar"], cwd=tmp_path, check=True)
    run = subprocess.run(
        ["sha256sum", "--strict", "-c", SUMS], cwd=tmp_path / TOP, check=False
    )
    assert run.returncode == 0
    text = (tmp_path / TOP / "README.txt").read_text()
    assert text.startswith(f"ringfence-ledger-archive/1\n\nThis is the log `{ORIGIN}`")


def test_a_key_that_is_trusted_has_to_lead_to_the_log(
    folder: Path, archive: bytes, tmp_path: Path
):
    """Old and new keys do; a stranger's doesn't; keys that none vouches for are cut."""
    (tmp_path / "a.tar").write_bytes(archive)
    keys = read_charter(RealDisk(folder)).keys
    (new,) = (key for key in keys if key.kind == ED25519)
    told = restore(tmp_path / "a.tar", tmp_path / "b", keys=[new])
    assert (told.trusted, told.keys) == (True, (new,))
    Log.create(tmp_path / "other", ORIGIN).close()
    others = read_charter(RealDisk(tmp_path / "other")).keys
    with pytest.raises(ProofError, match=r"no key|no known key"):
        restore(tmp_path / "a.tar", tmp_path / "c", keys=others)
    assert not (tmp_path / "c").exists()


def test_nothing_is_put_over_anything(archive: bytes, tmp_path: Path):
    """A folder that is there isn't touched; what an import left is."""
    (tmp_path / "a.tar").write_bytes(archive)
    (tmp_path / "b").mkdir()
    with pytest.raises(ConfigError, match="something lies there already"):
        restore(tmp_path / "a.tar", tmp_path / "b")
    (tmp_path / ".c.import").mkdir()
    (tmp_path / ".c.import/left").write_bytes(b"half of something")
    restore(tmp_path / "a.tar", tmp_path / "c")
    assert not (tmp_path / ".c.import").exists()
    assert not (tmp_path / "c/left").exists()


def test_a_log_without_entries_is_not_closed(tmp_path: Path):
    """Nothing in it says so."""
    Log.create(tmp_path / "a", ORIGIN).close()
    export(tmp_path / "a", tmp_path / "a.tar")
    restore(tmp_path / "a.tar", tmp_path / "b")
    assert closed(RealDisk(tmp_path / "b")) is None


def refused(content: bytes, folder: Path) -> str:
    """Return why an archive is refused, once nothing of it is there."""
    (folder / "x.tar").write_bytes(content)
    with pytest.raises(ProofError) as told:
        restore(folder / "x.tar", folder / "x")
    (folder / "x.tar").unlink()
    assert [*folder.iterdir()] == []
    return str(told.value)


OTHER = f"{SigningKey.new('example.com/other', ED25519).verifier}\n".encode()
TILE, ENTRIES = f"{TOP}tile/0/000", f"{TOP}tile/entries/000"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("keys", lambda content: content + b"no key\n"),
        ("keys", lambda _: b""),
        ("keys", lambda content: content + OTHER),
        ("quorum", lambda _: b"quorum\n"),
        ("checkpoint", lambda content: content[:-1]),
        ("README.txt", lambda content: content.replace(b"/1", b"/2")),
        ("key-proofs/0", lambda content: content.replace(b"index", b"no")),
    ],
    ids=["no-key", "no-keys", "other", "quorum", "cut", "version", "proof"],
)
def test_what_is_said_beside_the_log_is_checked(
    archive: bytes, tmp_path: Path, name: str, change: Callable[[bytes], bytes]
):
    """Keys of nobody or of another log, no quorum, another version, a forged proof."""
    files = unpacked(archive)
    files[TOP + name] = change(files.get(TOP + name, b""))
    refused_ = refused(packed(files, summed=True), tmp_path)
    assert "Traceback" not in refused_


def test_a_quorum_is_kept_with_its_log(tmp_path: Path):
    """Who has to cosign is exported and imported with the log."""
    begin(tmp_path / "a", ORIGIN, time=NOW, quorum="quorum none\n")
    with opened(tmp_path / "a") as log:
        log.publish()
    export(tmp_path / "a", tmp_path / "a.tar")
    restore(tmp_path / "a.tar", tmp_path / "b")
    for folder in (tmp_path / "a", tmp_path / "b"):
        assert read_charter(RealDisk(folder)).quorum == "quorum"
        assert (folder / "private/quorum").read_text() == "quorum none\n"


def test_what_is_not_a_payload_is_not_exported(tmp_path: Path):
    """A file that somebody left among the payloads stays where it is."""
    begin(tmp_path / "a", ORIGIN, time=NOW)
    digest = Payloads(RealDisk(tmp_path / "a")).keep(b"x")
    (tmp_path / f"a/private/payloads/{digest[:2]}/notes.txt").write_text("x")
    assert export(tmp_path / "a", tmp_path / "a.tar", payloads=True).payloads == 1


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


@pytest.mark.parametrize("name", [TILE, ENTRIES, f"{TOP}tile/0/001.p/48"])
def test_an_archive_that_was_rewritten_is_refused(
    archive: bytes, tmp_path: Path, name: str
):
    """A changed tile or entry, even if all digests were made to fit again."""
    files = unpacked(archive)
    files[name] = flipped(files[name])
    assert "what it holds isn't what `SHA256SUMS` says" in refused(
        packed(files), tmp_path
    )
    assert refused(packed(files, summed=True), tmp_path)


def test_an_archive_that_lacks_or_adds_a_file_is_refused(
    archive: bytes, tmp_path: Path
):
    """A tile too few or too many, no checkpoint, no keys, no README."""
    files = unpacked(archive)
    for name in (TILE, ENTRIES, f"{TOP}checkpoint", f"{TOP}keys", f"{TOP}README.txt"):
        less = {key: one for key, one in files.items() if key != name}
        assert refused(packed(less, summed=True), tmp_path)
    for name in ("tile/0/002", "tile/entries/000.p/9", "key-proofs/9"):
        more = {**files, TOP + name: files[TILE]}
        assert refused(packed(more, summed=True), tmp_path)
    without = {key: one for key, one in files.items() if key != TOP + SUMS}
    assert "SHA256SUMS" in refused(packed(without), tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "/etc/passwd",
        "../x",
        f"{TOP}../x",
        f"{TOP}tile/../x",
        f"{TOP}tile/0/0",
        f"{TOP}private/ledger.json",
        f"{TOP}payloads/ab/../../keys/x.key",
        f"{TOP}payloads/AB/{'0' * 62}",
        f"{TOP}checkpoint/x",
        f"{TOP}key-proofs/01",
        TOP,
    ],
)
def test_no_name_leads_elsewhere(archive: bytes, tmp_path: Path, name: str):
    """Only the names that a log has are read."""
    files = {**unpacked(archive), name: b""}
    assert refused(packed(files, summed=True), tmp_path)


def raw(*parts: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    for name, content in parts:
        write_member(stream, name, content)
    write_end(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (raw((f"{TOP}keys", b"x"), (f"{TOP}keys", b"x")), "stands twice"),
        (raw((f"{TOP}quorum", b""), (f"{TOP}keys", b"")), "not in its order"),
        (raw((f"{TOP}SHA256SUMS", b""), (f"{TOP}keys", b"")), "not in its order"),
        (raw((TILE, bytes(8193))), "has 8,193 bytes, more than 8,192"),
        (raw((f"{TOP}keys", bytes(1 << 21))), "more than 1,048,576"),
        (
            raw((f"{TOP}payloads/{'0' * 2}/{'0' * 62}.erased", b"x")),
            "has 1 bytes, more than 0",
        ),
        (
            raw((f"{TOP}payloads/{'0' * 2}/{'0' * 62}", b"x")),
            "is not the payload that its name says",
        ),
        (raw(), "SHA256SUMS"),
        (b"", "is cut off"),
    ],
)
def test_a_hostile_archive_is_refused(content: bytes, told: str, tmp_path: Path):
    """Duplicates, another order, sizes, payloads that aren't what they are called."""
    assert told in refused(content, tmp_path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bit_of_an_archive_can_be_flipped(data, archive: bytes, tmp_path: Path):
    """Whatever bit is another one, the archive is refused whole."""
    changed = bytearray(archive)
    changed[data.draw(st.integers(0, len(archive) - 1))] ^= 1 << data.draw(
        st.integers(0, 7)
    )
    assert refused(bytes(changed), tmp_path)


@pytest.mark.parametrize("cut", [1, 511, 512, 1024, 5000, 20_000])
def test_an_archive_that_was_cut_off_is_refused(archive: bytes, tmp_path: Path, cut):
    """Wherever it ends too early, or goes on too long."""
    assert refused(archive[:-cut], tmp_path)
    assert refused(archive + bytes(cut), tmp_path)


def test_a_payload_whose_erasing_was_cut_short_is_not_exported(
    tmp_path: Path, monkeypatch
):
    """Once its mark is there it counts as erased, though the file is there too."""
    begin(tmp_path / "a", ORIGIN, time=NOW)
    disk = RealDisk(tmp_path / "a")
    payloads = Payloads(disk)
    digest = payloads.keep(b"Ann Li")
    monkeypatch.setattr(disk, "remove", Mock(side_effect=InterruptedError))
    with pytest.raises(InterruptedError):
        payloads.erase(digest)
    told = export(tmp_path / "a", tmp_path / "a.tar", payloads=True)
    content = (tmp_path / "a.tar").read_bytes()
    assert (told.payloads, b"Ann Li" in content) == (0, False)
    assert f"{TOP}payloads/{digest[:2]}/{digest[2:]}.erased" in unpacked(content)


def test_a_payload_that_is_erased_and_there_is_refused(archive: bytes, tmp_path: Path):
    """An import brings nothing back of which the same archive says that it's gone."""
    files = unpacked(archive)
    (mark,) = (name for name in files if name.endswith(".erased"))
    (tmp_path / "a.tar").write_bytes(
        packed({**files, mark.removesuffix(".erased"): b"Ann Li"}, summed=True)
    )
    with pytest.raises(ProofError, match="is erased, and there all the same"):
        restore(tmp_path / "a.tar", tmp_path / "b")


def test_a_closed_log_is_closed_when_it_was_imported(tmp_path: Path):
    """With its keys back it takes nothing more, and leads to the same next log."""
    old, back = tmp_path / "a", tmp_path / "back"
    begin(old, ORIGIN, time=NOW)
    rotate(old, tmp_path / "b", f"{ORIGIN}/2027", time=NOW)
    export(old, tmp_path / "a.tar")
    restore(tmp_path / "a.tar", back)
    charter = read_charter(RealDisk(old))
    place_keys(RealDisk(back), read_keys(RealDisk(old), charter), set())
    with pytest.raises(ConfigError, match=f"is closed: `{ORIGIN}/2027`"), writing(back):
        pass
    last, _ = rotate(back, tmp_path / "b", f"{ORIGIN}/2027", time=NOW)
    assert last.checkpoint.size == 2


def test_a_size_that_nobody_could_list_is_refused_at_once(tmp_path: Path):
    """A stranger signs any number; no list is made of what it would mean."""
    signing = SigningKey("evil.example", ED25519, bytes(32))
    head = Checkpoint("evil.example", 1 << 62, bytes(32))
    files = {
        "README.txt": readme(head),
        "checkpoint": sign([signing], head, 0).content,
        "keys": f"{signing.verifier}\n".encode(),
    }
    content = packed({TOP + name: one for name, one in files.items()}, summed=True)
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(ProofError, match="is missing"):
        restore(tmp_path / "a.tar", tmp_path / "b")


def test_one_import_at_a_time_makes_a_ledger(folder: Path, archive: bytes):
    """What one verifies no other replaces, and none removes what another works on."""
    path, place = folder.parent / "log.tar", folder.parent / "once"
    path.write_bytes(archive)
    refused: list[str] = []

    def meanwhile(_stage: str) -> None:
        with pytest.raises(LedgerError, match="another writer holds") as caught:
            restore(path, place)
        refused.append(str(caught.value))

    restore(path, place, progress=meanwhile)
    assert len(refused) > 2
    assert check_ledger(place).is_sound
    assert not (folder.parent / ".once.import").exists()
