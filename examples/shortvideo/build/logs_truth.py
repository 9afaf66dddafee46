"""The truth table: what each event was, counted from the scenario and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

import logs_tools
from people import DOMAIN
from scenario import AFTER, FIRST, GAP, Act, Scenario, expected
from scenario_stories import STORIES

_CLASSES = ("crossing", "permitted", "unknown")
_TORN = "torn line"
_FILES = {
    "Pulse": "pulse",
    "Quarry": "quarry",
    "Backstage": "backstage",
    "Compass": "compass",
}
_GRADES = {"request": 2, "session": 3, "address": 4}


def written(acts: Sequence[Act], scenario: Scenario) -> bytes:
    """Return `truth.json`."""
    told = _Truth(acts, scenario)
    document = {
        "window": [f"{FIRST:%Y-%m-%d}", f"{AFTER:%Y-%m-%d}"],
        "excluded": "in-china",
        "counting": "an event is a line of the server's log, or a row of a tool's; a"
        " line `beneath` is of a relation that the statement reaches through a view,"
        " classed as its statement is; the line of a refusal is among the permitted"
        " and the duplicates: nothing was obtained",
        "warehouse": told.warehouse(),
        "tools": told.tools(),
        "vault": told.vault(),
        "unread": told.unread(),
        "persons": told.persons(),
        "crossing_columns": told.columns(),
        "stories": told.stories(),
        "crossings": told.crossings(),
        "gap": {
            "log": "backstage",
            "from": _stamp(GAP[0]),
            "until": _stamp(GAP[1]),
        },
    }
    parts = (f"{json.dumps(name)}: {_spread(part)}" for name, part in document.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _spread(part: object) -> str:
    """Return a part as JSON, what it lists or names a line each."""
    if isinstance(part, list):
        return "[\n" + ",\n".join(map(json.dumps, part)) + "\n]"
    if isinstance(part, dict):
        lines = (f"{json.dumps(key)}: {json.dumps(one)}" for key, one in part.items())
        return "{\n" + ",\n".join(lines) + "\n}"
    return json.dumps(part)


def _stamp(at: object) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def _by_class(classes: Iterable[str]) -> dict[str, int]:
    counts = Counter(classes)
    return {name: counts[name] for name in _CLASSES}


class _Truth:
    def __init__(self, acts: Sequence[Act], scenario: Scenario) -> None:
        self._acts = [act for act in acts if act.story != _TORN]
        self._torn = [act for act in acts if act.story == _TORN]
        self._scenario = scenario

    def _asked(self) -> list[Act]:
        """Return what the server was asked."""
        return [act for act in self._acts if act.by != "tool"]

    def _class(self, act: Act) -> str:
        return expected(act, self._scenario)[0]

    def _lines(self, acts: Iterable[Act], *, beneath: bool) -> dict[str, int]:
        """Return how many lines of each class tell of acts."""
        return _by_class(
            self._class(act)
            for act in acts
            for _ in range(act.asked.beneath if beneath else len(act.asked.relations))
        )

    def warehouse(self) -> dict[str, object]:
        """Return what the server's log should come to, nothing counted twice."""
        asked = self._asked()
        roles = sorted({act.role for act in asked})
        # A refusal shows nobody at work, so it is joined with nothing.
        granted = [act for act in asked if not act.asked.denied]
        grades = Counter(_GRADES.get(act.by, 0) for act in granted)
        return {
            "statements": _by_class(map(self._class, asked)),
            "lines": self._lines(asked, beneath=False),
            "beneath": self._lines(asked, beneath=True),
            "refused": sum(act.asked.denied for act in asked),
            "statements_by_grade": {str(key): grades[key] for key in sorted(grades)},
            "by_role": {
                role: _by_class(self._class(act) for act in asked if act.role == role)
                for role in roles
            },
        }

    def tools(self) -> dict[str, object]:
        """Return what each tool's log should come to.

        What a tool asked of the warehouse is judged there.
        """
        found: dict[str, object] = {}
        for tool, name in _FILES.items():
            acts = [act for act in self._acts if act.tool == tool and act.person]
            own = [act for act in acts if act.by == "tool"]
            found[name] = {
                "events": len(acts),
                "refused": sum(act.asked.denied for act in acts),
                "judged_there": len(acts) - len(own),
                "own": _by_class(map(self._class, own)),
            }
        return found

    def vault(self) -> dict[str, int]:
        """Return what the vault's log should come to: all of it is permitted."""
        rows = logs_tools.vault()
        refused = sum(row[-1] == "refused" for row in rows)
        by_exception = sum(
            row[1] == "kai.lane" and row[-1] != "refused" for row in rows
        )
        return {
            "events": len(rows),
            "permitted": len(rows),
            "refused": refused,
            "by_exception": by_exception,
        }

    def unread(self) -> dict[str, object]:
        """Return what is malformed, and what comes twice."""
        twice = [
            act for act in self._asked() if (act.at.year, act.at.month) == (2021, 10)
        ]
        counts = (len(act.asked.relations) + act.asked.beneath for act in twice)
        return {
            "malformed": {"warehouse": len(self._torn), "pulse": 1},
            "duplicates": {"warehouse": sum(counts)},
        }

    def persons(self) -> dict[str, dict[str, int]]:
        """Return how many statements of each class each known person answers for."""
        known: dict[str, list[str]] = {}
        for act in self._acts:
            if act.by and act.person:
                known.setdefault(act.person, []).append(self._class(act))
        return {f"{who}@{DOMAIN}": _by_class(known[who]) for who in sorted(known)}

    def columns(self) -> dict[str, int]:
        """Return how many crossing statements took each protected column."""
        counts = Counter(
            column
            for act in self._acts
            if self._class(act) == "crossing"
            for column in act.asked.protected
        )
        return {name: counts[name] for name in sorted(counts)}

    def stories(self) -> list[dict[str, object]]:
        """Return each story with its acts by class."""
        found = []
        for name, says in STORIES.items():
            acts = [act for act in self._acts if act.story == name]
            if name == "moved out of CN":
                acts = [act for act in self._acts if act.person == "liv.vega"]
            reasons = Counter(expected(act, self._scenario) for act in acts)
            story: dict[str, object] = {"story": name, "says": says}
            story["statements"] = _by_class(map(self._class, acts))
            story["why"] = {
                f"{kind}: {why}": reasons[kind, why] for kind, why in sorted(reasons)
            }
            if len(acts) <= 30:  # noqa: PLR2004 - what a reader can follow
                story["acts"] = [self._shown(act) for act in acts]
            found.append(story)
        return found

    def crossings(self) -> list[dict[str, object]]:
        """Return every crossing statement, in the order of time."""
        return [
            self._shown(act) for act in self._acts if self._class(act) == "crossing"
        ]

    def _shown(self, act: Act) -> dict[str, object]:
        kind, why = expected(act, self._scenario)
        is_own = act.by == "tool"
        shown: dict[str, object] = {
            "time": _stamp(act.at - logs_tools.BEFORE if is_own else act.at),
            "log": "pulse" if is_own else "warehouse",
            "person": f"{act.person}@{DOMAIN}" if act.person else "",
            "known": bool(act.by),
            "tool": act.tool,
            "role": act.role,
            "grade": 1 if is_own else _GRADES.get(act.by, 0),
            "columns": list(act.asked.protected),
            "lines": 1 if is_own else len(act.asked.relations),
            "beneath": 0 if is_own else act.asked.beneath,
            "class": kind,
            "why": why,
        }
        if act.by in _GRADES and act.by != "address":
            shown[act.by] = act.key
        if act.login:
            shown["login"] = f"{act.login}@{DOMAIN}"
        return shown
