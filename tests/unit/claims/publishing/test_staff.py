"""The people of a case are those of the month that is asked for."""

from __future__ import annotations

from types import SimpleNamespace

from ringfence.claims.publishing.staff import Employed


def test_people_are_those_at_the_end_of_the_month():
    """February of a leap year has 29 days; no month at all is the case's own instant."""
    asked = []

    def case(instant: str):
        view = SimpleNamespace(holders=lambda kind: {f"{kind} {instant}": None})
        return SimpleNamespace(view=view, at=later)

    def later(instant: str):
        asked.append(instant)
        return case(instant)

    staff = Employed(case("now"))
    assert [*staff.people("2020-02")] == ["person 2020-02-29T23:59:59Z"]
    assert [*staff.people("2020-02")] == ["person 2020-02-29T23:59:59Z"]
    assert [*staff.people("")] == ["person now"]
    assert asked == ["2020-02-29T23:59:59Z"]
