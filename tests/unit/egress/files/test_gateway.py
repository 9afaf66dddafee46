"""The gateway: each file goes where its verdict says, once, and nothing is lost."""

from __future__ import annotations

import errno
import os
import stat
import tracemalloc
from pathlib import Path

import pytest

from ringfence.egress.files.gateway import told
from tests.exiting import channel, contracts
from tests.gated import Gated, gated, receipts, sha256


@pytest.fixture
def there(tmp_path: Path):
    """Return a gateway."""
    found = gated(tmp_path / "g")
    yield found
    found.close()


@pytest.mark.parametrize(
    ("content", "verdict", "target", "left"),
    [
        ("city=Reno", "release", "released/partner/a.txt", "city=Reno"),
        ("mail=p1", "mask", "released/partner/a.txt", "mail=rf_"),
        ("city=?", "hold", "quarantine/hold/partner/a.txt", "city=?"),
        ("city=p1", "block", "quarantine/block/partner/a.txt", "city=p1"),
    ],
)
def test_a_file_goes_where_its_verdict_says(
    there: Gated, content, verdict, target, left
):
    """Released and masked files leave; held and blocked ones are quarantined."""
    there.put("partner/a.txt", content)
    (outcome,) = there.run()
    assert (outcome.verdict, outcome.path) == (verdict, "partner/a.txt")
    root, _, path = target.partition("/")
    assert there.there(root) == {path: left}
    assert len(there.there("released")) + len(there.there("quarantine")) == 1
    assert there.there("outbox") == {}
    (entry,) = there.entries()
    assert (entry["verdict"], entry["content"]) == (verdict, sha256(content))
    ((path, receipt),) = receipts(there.folder / "receipts").items()
    assert path == f"partner/a.txt.{outcome.entry}.json"
    assert (receipt["verdict"], receipt["entry"]) == (verdict, outcome.entry)
    assert not [*there.work.claims()]
    assert not [*there.work.staging.iterdir()]


def test_a_folder_that_no_channel_has_is_blocked(there: Gated):
    """Files in it are judged, blocked and logged as any others."""
    there.put("nobody/sub/a.txt", "city=Reno")
    (outcome,) = there.run()
    assert outcome.verdict == "block"
    assert outcome.reasons == ("there is no such channel",)
    assert there.there("quarantine") == {"block/nobody/sub/a.txt": "city=Reno"}
    assert [one["verdict"] for one in there.entries()] == ["block"]


def test_what_is_no_file_to_take_stays(there: Gated, tmp_path: Path):
    """Links, pipes and names that can't be told stay where they are, and are told."""
    secret = tmp_path / "secret"
    secret.write_text("city=Reno")
    folder = there.outbox / "partner"
    folder.mkdir()
    (folder / "link").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    (folder / "new\nline").write_text("city=Reno")
    (folder / "\udcff").write_text("city=Reno")
    (folder / ("n" * 240)).write_text("city=Reno")
    (there.outbox / "alone").write_text("city=Reno")
    (there.outbox / "linked").symlink_to(tmp_path)
    outcomes = there.run()
    assert {one.verdict for one in outcomes} == {"left"}
    assert len(outcomes) == 7
    assert there.there("released") == {}
    assert there.entries() == []


def test_hidden_and_unfinished_files_are_none_of_its(there: Gated):
    """A name that begins with a dot, or ends in `.part`, isn't looked at."""
    there.put("partner/.a", "city=Reno")
    there.put("partner/a.part", "city=Reno")
    there.put(".hidden/a", "city=Reno")
    assert there.run() == []


def test_odd_folder_names_are_kept(there: Gated):
    """Blanks, quotes and letters of any script are names like others."""
    path = "partner/ü b/'q\"/日本 \\ %41.txt"
    there.put(path, "city=Reno")
    assert [one.verdict for one in there.run()] == ["release"]
    assert there.there("released") == {path: "city=Reno"}


def test_nothing_is_overwritten(there: Gated):
    """Another content under a name that is taken gets a number; the same is done."""
    for content in ("city=Reno", "city=Elko", "city=Reno", "city=Elko"):
        there.put("partner/a.txt", content)
        there.run()
    assert there.there("released") == {
        "partner/a.txt": "city=Reno",
        "partner/a~2.txt": "city=Elko",
    }
    assert there.there("outbox") == {}
    assert len(there.entries()) == 4


def test_a_folder_or_link_in_the_way_is_left_alone(there: Gated, tmp_path: Path):
    """What isn't a file of ours in the released folder is never replaced."""
    released = there.folder / "released" / "partner"
    (released / "a.txt").mkdir(parents=True)
    (released / "a~2.txt").symlink_to(tmp_path / "nowhere")
    there.put("partner/a.txt", "city=Reno")
    there.run()
    assert there.there("released") == {"partner/a~3.txt": "city=Reno"}
    assert (released / "a~2.txt").is_symlink()


def test_permissions_are_the_gateways_own(there: Gated):
    """What a writer set (setuid, anybody may write) doesn't go on."""
    there.put("partner/a.txt", "city=Reno").chmod(0o6777)
    there.put("partner/b.txt", "city=?").chmod(0o777)
    there.run()
    released = there.folder / "released" / "partner" / "a.txt"
    held = there.folder / "quarantine" / "hold" / "partner" / "b.txt"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(released.stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE(held.stat().st_mode) == 0o600
    assert stat.S_IMODE(held.parent.stat().st_mode) == 0o700


def test_the_writer_holds_no_handle_of_what_leaves(there: Gated):
    """What is released is another file than the one that was written."""
    path = there.put("partner/a.txt", "city=Reno")
    with path.open("a") as writer:
        there.run()
        writer.write(" city=p1")
    assert there.there("released") == {"partner/a.txt": "city=Reno"}


def test_a_file_that_is_replaced_meanwhile_is_another_file(
    there: Gated, monkeypatch: pytest.MonkeyPatch
):
    """What took a file's place while it was judged is judged in its turn."""
    path = there.put("partner/a.txt", "city=Reno")
    judge = there.exit.exit.judge

    def judged(name, payload):
        monkeypatch.setattr(there.exit.exit, "judge", judge)
        new = there.put("partner/.new", "city=p1")
        new.replace(path)
        return judge(name, payload)

    monkeypatch.setattr(there.exit.exit, "judge", judged)
    there.run()
    assert there.there("released") == {"partner/a.txt": "city=Reno"}
    assert there.there("outbox")["partner/a.txt"] == "city=p1"
    there.run()
    assert there.there("quarantine") == {"block/partner/a.txt": "city=p1"}


def test_a_file_that_is_written_in_the_last_moment_comes_back(
    there: Gated, monkeypatch: pytest.MonkeyPatch
):
    """A file that changes between the look and the removal isn't removed."""
    path = there.put("partner/a.txt", "city=Reno")
    rename = os.rename

    def renamed(source, target, **handles):
        if str(target).endswith(".taken"):
            path.write_text("city=Elko")
        rename(source, target, **handles)

    monkeypatch.setattr(os, "rename", renamed)
    there.run()
    monkeypatch.undo()
    assert there.there("outbox") == {"partner/a.txt": "city=Elko"}
    assert there.there("released") == {"partner/a.txt": "city=Reno"}


def test_a_file_that_vanishes_is_no_failure(there: Gated):
    """A file that is gone when its turn comes is told as left."""
    path = there.put("partner/a.txt", "city=Reno")
    found = [*there.places.outbox.found()]
    path.unlink()
    outcome = there.gateway.taken(found[0])
    assert (outcome.verdict, outcome.reasons) == ("left", ("it is gone",))
    assert not [*there.work.staging.iterdir()]


def test_what_cant_be_judged_stays(there: Gated):
    """Without a verdict the file stays in the outbox, and nothing is kept of it."""
    there.put("partner/a.txt", "city=Reno !")
    (outcome,) = there.run()
    assert outcome.verdict == "failed"
    assert "p7" not in str(outcome)
    assert there.there("outbox") == {"partner/a.txt": "city=Reno !"}
    assert there.there("released") == there.there("quarantine") == {}
    assert not [*there.work.claims()]


def test_what_cant_be_judged_and_is_gone_is_kept(
    there: Gated, monkeypatch: pytest.MonkeyPatch
):
    """A file that its writer removed is kept by the gateway until it has a verdict."""
    path = there.put("partner/a.txt", "city=Reno !")
    judge = there.exit.exit.judge

    def judged(name, payload):
        path.unlink(missing_ok=True)
        return judge(name, payload)

    monkeypatch.setattr(there.exit.exit, "judge", judged)
    there.run()
    (claim,) = there.work.claims()
    assert (there.work.staging / claim.id).read_text() == "city=Reno !"
    assert [one.verdict for one in there.run()] == ["failed"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_released_folder_that_fails_keeps_the_file(
    there: Gated, monkeypatch: pytest.MonkeyPatch, number: int
):
    """A full or read-only folder is told; when it is mended, the file is released."""
    there.put("partner/a.txt", "city=Reno")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(there.places.released, "carry", fail)
    (outcome,) = there.run()
    assert outcome.verdict == "failed"
    assert outcome.reasons == (os.strerror(number).lower(),)
    assert there.there("outbox") == {"partner/a.txt": "city=Reno"}
    monkeypatch.undo()
    assert [one.verdict for one in there.run()] == ["release"]
    assert there.there("released") == {"partner/a.txt": "city=Reno"}
    assert len(there.entries()) == 1


def test_another_file_system_is_copied_to(
    there: Gated, monkeypatch: pytest.MonkeyPatch
):
    """Where nothing can be moved, what leaves is copied, and then renamed."""
    rename = os.rename

    def renamed(source, target, **handles):
        if str(source).startswith(str(there.work.staging)):
            raise OSError(errno.EXDEV, "cross")
        if str(target).endswith(".taken"):
            raise OSError(errno.EXDEV, "cross")
        rename(source, target, **handles)

    monkeypatch.setattr(os, "rename", renamed)
    there.put("partner/a.txt", "mail=p1")
    assert [one.verdict for one in there.run()] == ["mask"]
    assert there.there("released") == {"partner/a.txt": "mail=rf_"}
    assert there.there("outbox") == {}
    assert not [*there.work.staging.iterdir()]


def test_a_name_that_is_taken_in_the_last_moment_gets_a_number(
    there: Gated, monkeypatch: pytest.MonkeyPatch
):
    """What somebody puts into the released folder meanwhile isn't overwritten."""
    reveal = there.places.released.reveal

    def revealed(claim, path):
        monkeypatch.setattr(there.places.released, "reveal", reveal)
        target = there.folder / "released" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("theirs")
        reveal(claim, path)

    monkeypatch.setattr(there.places.released, "reveal", revealed)
    there.put("partner/a.txt", "city=Reno")
    there.run()
    assert there.there("released") == {
        "partner/a.txt": "theirs",
        "partner/a~2.txt": "city=Reno",
    }


def test_a_verdict_on_something_else_is_refused(
    there: Gated, monkeypatch: pytest.MonkeyPatch
):
    """If what was judged isn't what was staged, nothing leaves."""
    there.put("partner/a.txt", "city=Reno")
    judge = there.exit.exit.judge

    def judged(name, payload):
        payload.content.write_text("city=Elko")
        return judge(name, payload)

    monkeypatch.setattr(there.exit.exit, "judge", judged)
    (outcome,) = there.run()
    assert outcome.verdict == "failed"
    assert there.there("released") == {}
    assert there.there("outbox") == {"partner/a.txt": "city=Reno"}


def test_people_are_counted_once_whatever_is_tried_again(there: Gated):
    """The cap counts people, not files: the same ones again don't fill it."""
    for name in ("a", "b", "c"):
        there.put(f"partner/{name}", "mail=p1 mail=p2")
    assert [one.verdict for one in there.run()] == ["mask"] * 3
    there.put("partner/d", "mail=p3")
    assert [one.verdict for one in there.run()] == ["block"]


def test_channels_are_the_folders_of_the_outbox(tmp_path: Path):
    """The same content has another verdict where another channel declares it."""
    given = contracts(channel(), channel("other", columns=()))
    there = gated(tmp_path / "g", given)
    there.put("partner/a", "city=Reno")
    there.put("other/a", "city=Reno")
    assert {one.path: one.verdict for one in there.run()} == {
        "other/a": "hold",
        "partner/a": "release",
    }
    there.close()


def test_failures_are_told_without_names():
    """Of what a store says only the error's kind is told."""
    said = OSError(
        "When initiating multiple part upload for key 'ann@example.com' in bucket 'b':"
        " AWS Error NETWORK_CONNECTION during PutObject operation: curlCode: 7"
    )
    assert told(said) == "AWS Error NETWORK_CONNECTION during PutObject"
    assert told(OSError("ann@example.com")) == "it failed"
    assert told(OSError(errno.ENOSPC, "No space")) == "no space"


def test_a_file_larger_than_the_disk_isnt_begun(there: Gated):
    """A file that can't be copied whole takes no room from the ledger."""
    path = there.put("partner/a.txt", "")
    os.truncate(path, 1 << 42)
    (outcome,) = there.run()
    assert (outcome.verdict, outcome.reasons) == (
        "failed",
        ("no space left on device",),
    )
    assert not [*there.work.staging.iterdir()]
    assert path.stat().st_size == 1 << 42


def test_a_large_file_is_copied_in_little_memory(there: Gated, tmp_path: Path):
    """What is held of a file is a block, however large the file is."""
    path = there.put("partner/a.txt", "")
    os.truncate(path, 64 << 20)
    with (tmp_path / "copy").open("wb") as copy:
        tracemalloc.start()
        taken = there.places.outbox.take("partner/a.txt", copy)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert taken.size == 64 << 20
    assert peak < 8 << 20
