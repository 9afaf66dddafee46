"""The exit's verdict over its whole small state space, against rules written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Literal

import pytest

from ringfence.boundary.channels import ChannelMask, ColumnType, Declared
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import Conceded
from ringfence.egress.channels.judge import Reading, Reason, Ruling, Verdict, judge
from ringfence.egress.inspection.report import Coverage, Type
from ringfence.egress.inspection.sightings import Doubt
from tests.judged import AFTER, BEFORE, NOW, contract, inspection, sighting, there
from tests.judged import undecided as doubted

NO, UNKNOWN, YES = Status
RELEASE, MASK, HOLD, BLOCK = Verdict
CAP, LIMIT, LEFT = 5, 100, 3


@dataclass(frozen=True, slots=True)
class State:
    """One combination of everything that a verdict turns on.

    Attributes:
        status: Of the recipient.
        coverage: How much was looked through.
        doubt: None, an opaque token, or anything else.
        column: Declared, declared as opaque, undeclared, or none: the payload is text.
        tag: The identifiers that were seen are of the declared tag, of another, or
            there are none.
        type: The column holds what was declared.
        mask: What is declared to take the place of its values.
        subjects: Whether the identifiers are protected people's.
        over: Which of the figures is exceeded.
        leave: The exception: none, in force, or past.
        text: The channel declares text.
        ended: The channel isn't in force any more.
    """

    status: Status = NO
    coverage: Coverage = Coverage.COMPLETE
    doubt: Literal["", "opaque", "other"] = ""
    column: Literal["declared", "opaque", "undeclared", "text"] = "declared"
    tag: Literal["right", "wrong", ""] = "right"
    type: Type = "text"
    mask: ChannelMask | Literal[""] = ""
    subjects: bool = True
    over: Literal["", "cap", "leave", "limit"] = ""
    leave: Literal["", "now", "past"] = ""
    text: bool = False
    ended: bool = False

    @property
    def is_declared(self) -> bool:
        """Whether the column is."""
        return self.column in ("declared", "opaque")

    @property
    def is_protected(self) -> bool:
        """Whether anybody protected is in the payload."""
        return self.subjects and self.tag != ""

    @property
    def leaves(self) -> bool:
        """Whether anybody protected would leave, masked or not."""
        return self.is_protected and not (self.is_declared and self.mask == "null")

    @property
    def is_conceded(self) -> bool:
        """Whether an exception in force concedes it."""
        return self.leave == "now"


def reference(s: State) -> Verdict:
    """Return the verdict by rules that are written out one by one."""
    blocked = [
        s.ended,
        s.is_protected and not (s.is_declared and s.tag == "right"),
        s.leaves and s.status is YES and not s.is_conceded,
        s.leaves and s.over == "cap",
        s.leaves and s.over == "limit" and s.status is not NO,
        s.leaves and s.over == "leave" and s.status is not NO and s.leave != "",
    ]
    held = [
        s.coverage is not Coverage.COMPLETE,
        s.doubt == "other",
        s.doubt == "opaque" and s.column != "opaque",
        s.column == "undeclared",
        s.column == "text" and not s.text,
        s.is_declared and s.type != "text",
        s.is_declared and s.tag == "wrong",
        s.leaves and s.status is UNKNOWN and not s.is_conceded,
    ]
    if any(blocked):
        return BLOCK
    if any(held):
        return HOLD
    return MASK if s.is_declared and s.mask else RELEASE


@cache
def ruling(s: State) -> Ruling:
    """Return what the real function says."""
    columns = []
    if s.is_declared:
        kind: ColumnType = "text" if s.type == "text" else "time"
        is_opaque = s.column == "opaque"
        columns = [Declared("mail", kind, "EMAIL", s.mask, opaque=is_opaque)]
    ends = AFTER if s.leave == "now" else NOW
    leave = Conceded("totals", LEFT, BEFORE, ends) if s.leave else None
    tags = {"right": "EMAIL", "wrong": "PHONE"}
    name = "" if s.column == "text" else "mail"
    people = [7] if s.subjects else []
    seen = [sighting(tags[s.tag], people, column=name)] if s.tag else []
    doubts = {
        "": [],
        "opaque": [doubted(Doubt.OPAQUE, column=name)],
        "other": [doubted(Doubt.UNKNOWN_ID, column=name)],
    }
    figures = {"": 0, "cap": 0, "leave": 0, "limit": 0} | {s.over: 1}
    categories = {"identifiers": LIMIT + figures["limit"]} if s.leaves else {}
    return judge(
        contract(
            *columns,
            status=s.status,
            leave=leave,
            cap=CAP,
            text=s.text,
            until=NOW if s.ended else AFTER,
        ),
        inspection(
            *([] if s.column == "text" else [there("mail")]),
            seen=seen,
            doubts=doubts[s.doubt],
            coverage=s.coverage,
        ),
        Reading(CAP + figures["cap"], LEFT + figures["leave"], 1, categories),
        NOW,
    )


def every(**fixed: object) -> Iterator[State]:
    """Yield every state, but for what is fixed."""
    values: dict[str, tuple[object, ...]] = {
        "status": (NO, UNKNOWN, YES),
        "coverage": tuple(Coverage),
        "doubt": ("", "opaque", "other"),
        "column": ("declared", "opaque", "undeclared", "text"),
        "tag": ("right", "wrong", ""),
        "type": ("text", "time"),
        "mask": ("", "token", "null", "full"),
        "subjects": (False, True),
        "over": ("", "cap", "leave", "limit"),
        "leave": ("", "now", "past"),
        "text": (False, True),
        "ended": (False,),
    }
    chosen = values | {name: (value,) for name, value in fixed.items()}
    for each in product(*chosen.values()):
        yield State(**dict(zip(chosen, each, strict=True)))  # type: ignore[arg-type]


SMALL = {"coverage": Coverage.COMPLETE, "type": "text", "mask": "token"}


@pytest.mark.parametrize("status", Status)
def test_every_state_has_the_verdict_of_the_rules(status: Status) -> None:
    """Over all states, the function and the written rules say the same."""
    states = [*every(status=status, coverage=Coverage.COMPLETE)]
    states += every(status=status, doubt="", type="text", over="")
    states += every(status=status, ended=True, **SMALL)
    assert [s for s in states if ruling(s).verdict is not reference(s)] == []


def test_what_leaves_was_looked_through_and_goes_to_nobody_excluded() -> None:
    """Nothing is released in doubt, in part, or to somebody excluded without leave."""
    for s in every(type="text", over=""):
        if ruling(s).verdict in (RELEASE, MASK):
            assert s.coverage is Coverage.COMPLETE
            assert s.doubt == "" or (s.doubt == "opaque" and s.column == "opaque")
            assert not s.leaves or s.status is NO or s.is_conceded
            assert not s.is_protected or (s.is_declared and s.tag == "right")


STRICTER: list[tuple[str, object, object]] = [
    ("status", NO, UNKNOWN),
    ("status", UNKNOWN, YES),
    ("coverage", Coverage.COMPLETE, Coverage.PARTIAL),
    ("coverage", Coverage.COMPLETE, Coverage.SKIPPED),
    ("doubt", "", "opaque"),
    ("doubt", "opaque", "other"),
    ("column", "opaque", "declared"),
    ("column", "declared", "undeclared"),
    ("tag", "", "right"),
    ("tag", "right", "wrong"),
    ("type", "text", "time"),
    ("subjects", False, True),
    ("over", "", "cap"),
    ("over", "", "leave"),
    ("over", "", "limit"),
    ("leave", "now", ""),
    ("leave", "now", "past"),
    ("text", True, False),
    ("ended", False, True),
]


@pytest.mark.parametrize(("name", "lenient", "strict"), STRICTER)
def test_a_stricter_state_never_has_a_looser_verdict(
    name: str, lenient: object, strict: object
) -> None:
    """A doubt, a person, an undeclared column or a stricter status never loosens."""
    fixed: dict[str, object] = {"coverage": Coverage.COMPLETE, "type": "text"}
    fixed |= {"text": True} if name != "text" else {}
    # Going by a null mask leaves nobody: a mask is part of being declared.
    for mask in ("", "token", "null"):
        for s in every(**(fixed | {"mask": mask, name: lenient})):
            closer = replace(s, **{name: strict})  # type: ignore[arg-type]
            loose, tight = ruling(s).verdict, ruling(closer).verdict
            is_leave = name == "leave" and s.over == "leave"
            if mask and {loose, tight} <= {RELEASE, MASK}:
                continue  # both leave: what isn't there has no mask
            assert tight >= loose or is_leave


def test_a_verdict_has_every_reason_of_its_strength_and_masks_if_it_masks() -> None:
    """Reasons are never empty, and masks stand exactly with `MASK`."""
    for s in every(coverage=Coverage.COMPLETE, type="text"):
        found = ruling(s)
        assert found.reasons
        assert bool(found.masks) is (found.verdict is MASK)
        if found.verdict is RELEASE:
            assert [one.reason for one in found.reasons] == [Reason.AS_DECLARED]
