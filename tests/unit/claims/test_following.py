"""Following exceptions: what a look does, and what it does where something fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.boundary.decision.scene import Leave, Scene
from ringfence.claims.following import PATIENCE, Following
from ringfence.claims.gating import scene_of
from ringfence.errors import ConfigError
from ringfence.gate.point.live import Held
from ringfence.gate.postgres.following import Followed
from ringfence.gate.postgres.wanted import Conceded, Finding, Wanted
from ringfence.gate.service.watching import Conceding
from tests.estates import case
from tests.serving import ledger
from tests.unit.claims.test_enforcing import FACTS, GATE

NOW, LATER, LAST = (f"2022-01-31T00:00:0{second}Z" for second in (1, 5, 9))


def leave(name: str, *, since: str = "", until: str = "2999-01-01T00:00:00Z") -> Leave:
    return Leave(name, ("person:ann",), ("w/a.users.mail",), "x", 1, until, since)


class Desk:
    """A case and a database, both of which may fail."""

    def __init__(self, scene: Scene, *leaves: Leave) -> None:
        self.scene, self.leaves, self.has_changed = scene, leaves, False
        self.case_fault = self.server_fault = ""
        self.conceded: tuple[str, ...] = ()
        self.lines: list[str] = []
        self.turns = 0

    def changed(self) -> bool:
        return self.has_changed

    def read(self, now: str) -> Held:
        if self.case_fault:
            raise ConfigError(self.case_fault)
        self.has_changed = False
        scene = replace(self.scene, leaves=self.leaves, since=now)
        return Held(scene, "2022-02-01T00:00:00Z")

    def conceding(self, leaves: Sequence[Leave]) -> Wanted:
        made = [
            Conceded(x.name, ("a",), "a.users", ("mail",), x.until, 1) for x in leaves
        ]
        finding = Finding("technical", "something else", "nothing")
        bare = Wanted("w", "b", "e", (), (), (), (), (finding,))
        return replace(bare, follows=True, conceded=tuple(made))

    def carry_out(self, wanted: Wanted) -> Followed:
        self.turns += 1
        if self.server_fault:
            raise ConfigError(self.server_fault)
        before, self.conceded = (
            self.conceded,
            tuple(one.name for one in wanted.conceded),
        )
        told = [f"ended {one}" for one in before if one not in self.conceded]
        told += [f"conceded {one}" for one in self.conceded if one not in before]
        finding = Finding("technical", "the exception is odd", "ask the gate")
        return Followed(tuple(told), (finding,) if "odd" in self.conceded else ())

    def said(self) -> list[str]:
        """Return what was said since this was asked last, but for the ledger."""
        found = [one for one in self.lines if "of the ledger" not in one]
        self.lines.clear()
        return found


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Give the scene of a small estate."""
    return scene_of(case(tmp_path, FACTS, gate=GATE), grants=False)


def following_of(desk: Desk, ledger: Path = Path("gone")) -> Following:
    """Return what follows a desk; of a ledger that isn't there, no exception."""
    source = Conceding(desk, ledger, desk.lines.append)
    return Following(source, desk, desk.carry_out, desk.lines.append)


def started(desk: Desk) -> Following:
    """Return what follows a desk, and has looked once."""
    found = following_of(desk)
    found.look(NOW)
    return found


def test_what_is_in_force_is_conceded_and_told(scene: Scene):
    """A ledger that isn't there concedes nothing; the boundary's exceptions stand."""
    desk = Desk(scene, leave("q1"))
    following = following_of(desk)
    following.look(NOW)
    assert any("no exception of the ledger is conceded" in x for x in desk.lines)
    assert desk.said() == ["conceded q1"]
    following.look(NOW)
    assert (desk.said(), desk.turns) == ([], 1)


def test_a_ledger_is_read_again_when_it_changes(scene: Scene, tmp_path: Path):
    """As long as nothing happens, nothing is done, and the case isn't read either."""
    desk = Desk(scene, leave("q1"))
    following = following_of(desk, ledger(tmp_path / "l"))
    following.look(NOW)
    desk.case_fault = "would be told"
    following.look(LATER)
    assert (desk.lines, desk.turns) == (["conceded q1"], 1)


def test_the_clock_begins_and_ends_exceptions(scene: Scene):
    """Nothing else has to happen."""
    desk = Desk(scene, leave("q1", until=LATER), leave("q2", since=LATER))
    following = started(desk)
    assert desk.said() == ["conceded q1"]
    following.look(LATER)
    assert desk.said() == ["ended q1", "conceded q2"]


def test_a_change_of_the_case_is_followed(scene: Scene):
    """An exception that is gone is taken back."""
    desk = Desk(scene, leave("q1"))
    following = started(desk)
    desk.leaves, desk.has_changed = (), True
    following.look(LATER)
    assert desk.said() == ["conceded q1", "ended q1"]


def test_where_the_case_cannot_be_read_any_more_nothing_is_conceded(scene: Scene):
    """It is said once, and ends once the case can be read again."""
    desk = Desk(scene, leave("q1"))
    following = started(desk)
    desk.said()
    desk.case_fault, desk.has_changed = "no facts", True
    for _ in range(3):
        following.look(LATER)
    assert desk.said() == ["ended q1", "no exception is conceded: no facts"]
    desk.case_fault = ""
    following.look(LAST)
    assert desk.said() == ["conceded q1"]


def test_a_case_that_never_could_be_read_is_an_error(scene: Scene):
    """Nothing was conceded, so nothing is to be ended."""
    desk = Desk(scene)
    desk.case_fault = "no facts"
    following = following_of(desk)
    with pytest.raises(ConfigError, match="no facts"):
        following.look(NOW)
    following.close()
    assert (desk.turns, desk.said()) == (0, [])


def test_a_server_that_refuses_is_asked_again(scene: Scene):
    """Its error is told once, and what it missed is carried out as soon as it answers."""
    desk = Desk(scene, leave("q1"))
    desk.server_fault = "gone away"
    following = started(desk)
    following.look(NOW)
    assert desk.said() == ["gone away"]
    desk.server_fault = ""
    following.look(NOW)
    assert desk.said() == ["conceded q1"]


def test_the_database_is_looked_at_now_and_then(scene: Scene):
    """What somebody else changed there is mended; findings are told once."""
    desk = Desk(scene, leave("odd"))
    following = started(desk)
    assert desk.said() == ["conceded odd", "the exception is odd"]
    desk.conceded = ()
    for _ in range(PATIENCE):
        following.look(LATER)
    assert (desk.said(), desk.turns) == (["conceded odd"], 2)


def test_the_end_takes_everything_back(scene: Scene):
    """Nobody follows what becomes of an exception: it is conceded no longer."""
    desk = Desk(scene, leave("q1"))
    started(desk).close()
    assert desk.said() == ["conceded q1", "ended q1"]
