"""A gateway that is killed at any effect on the disk, and started again.

The law: whatever is seen in the released folder has a verdict in the ledger that lets
it leave; nothing is lost; nothing is released twice, though whoever receives takes away
what is there at once.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.gated import Gated, gated, receipts, sha256
from tests.killing import Killed, living

FILES = {
    "partner/a.txt": "city=Reno",
    "partner/sub/b.txt": "mail=p1",
    "partner/d.txt": "city=p1",
}
LEAVE = {"city=Reno": "city=Reno", "mail=p1": "mail=rf_"}
STAY = {"city=?": "hold", "city=p1": "block"}


def killed(there: Gated, left: int) -> bool:
    """Run a gateway that dies after some effects; tell whether it died."""
    with living(left) as life:
        with suppress(Killed):
            there.run()
        with suppress(Killed):
            there.close()
        return life.is_dead


def received(there: Gated) -> Counter[str]:
    """Take away what is in the released folder, as whoever receives does."""
    found = there.there("released")
    for path in found:
        (there.folder / "released" / path).unlink()
    return Counter(found.values())


def allowed(there: Gated) -> set[str]:
    """Return the digests of all that a verdict in the ledger lets leave."""
    return {one["output"] for one in there.entries() if "output" in one}


def check(there: Gated, files: dict[str, str], had: Counter[str]) -> None:
    """Hold what is there at the end to the law."""
    leave = Counter(LEAVE[one] for one in files.values() if one in LEAVE)
    assert had + received(there) == leave
    assert there.there("quarantine") == {
        f"{STAY[content]}/{path}": content
        for path, content in files.items()
        if content in STAY
    }
    assert there.there("outbox") == {}
    assert not [*there.work.claims()]
    assert not [*there.work.staging.iterdir()]
    for one in (there.outbox, there.folder / "released", there.folder / "quarantine"):
        assert {x.name for x in (one / ".ringfence").iterdir()} <= {"lock"}
    told = {str(one["content"]) for one in receipts(there.folder / "receipts").values()}
    assert {f"sha256:{one}" for one in told} == {*map(sha256, files.values())}


def crossing(patch: pytest.MonkeyPatch) -> None:
    """Have every folder be a file system of its own."""
    rename = os.rename

    def renamed(source, target, **handles):
        if Path(source).parent != Path(target).parent and "staging" in str(source):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target, **handles)

    patch.setattr(os, "rename", renamed)


def one_life(begun: Path, folder: Path, files: dict[str, str], left: int) -> bool:
    """Kill a gateway after some effects, go on, and hold the end to the law."""
    shutil.copytree(begun, folder)
    dead = killed(gated(folder), left)
    again = gated(folder)
    seen = again.there("released")
    again.exit.book.open()  # which ends what the dead one had sequenced
    assert {*map(sha256, seen.values())} <= allowed(again)
    had = received(again)
    again.run()
    assert {*map(sha256, again.there("released").values())} <= allowed(again)
    check(again, files, had)
    again.close()
    shutil.rmtree(folder)
    return dead


@pytest.mark.parametrize(
    ("files", "is_across"),
    [(FILES, False), ({"partner/b.txt": "mail=p1"}, True)],
    ids=["one file system", "several"],
)
def test_killed_at_any_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files, is_across
):
    """Killed after each number of effects, and started again, the law holds."""
    for one in ("fsync", "fdatasync"):  # a process dies here, and no disk
        monkeypatch.setattr(os, one, lambda _handle: None)
    if is_across:
        crossing(monkeypatch)
    begun = gated(tmp_path / "begun")
    for path, content in files.items():
        begun.put(path, content)
    begun.close()
    left = 0
    while one_life(tmp_path / "begun", tmp_path / "now", files, left):
        left += 1
    assert left > 30 * len(files)
