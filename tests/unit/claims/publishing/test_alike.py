"""Whom an export may give away: people who share what it tells are counted."""

from __future__ import annotations

from ringfence.boundary.selector import Holder
from ringfence.docket.publishing.profile import PROFILES, Profile
from tests.publishing import desk

FINE = Profile("own", unit="fine", country="fine", met="month")


class Few:
    """A staff of so many people in one team and country."""

    def __init__(self, count: int, **attributes: str) -> None:
        told = attributes or {"team": "Data Platform", "residence": "US"}
        holder = Holder({name: frozenset({text}) for name, text in told.items()})
        self._people = {f"person:{number}": holder for number in range(count)}
        self.asked: list[str] = []

    def people(self, month: str):
        """Return them, and remember the month."""
        self.asked.append(month)
        return self._people


def test_few_people_alike_are_a_warning(tmp_path):
    """One or four share team and country in the month of the meeting; five are enough."""
    made = desk(tmp_path)
    staff = Few(1)
    assert made.export(FINE, staff=staff).warnings == (
        "P1: only 1 person is Data Platform, US in 2021-09",
    )
    assert staff.asked == ["2021-09"]
    (four,) = made.export(FINE, staff=Few(4)).warnings
    assert "only 4 people are" in four
    assert made.export(FINE, staff=Few(5)).warnings == ()


def test_what_nobody_can_count_is_said(tmp_path):
    """Without a case, and where no source says what is told, that is the warning."""
    made = desk(tmp_path)
    (alone,) = made.export(FINE).warnings
    assert (
        alone
        == "P1: nobody counted who else is Data Platform, US; name a case to count"
    )
    (other,) = made.export(FINE, staff=Few(9, employer="x")).warnings
    assert other == "P1: no source of the case says who is Data Platform, US"


def test_coarse_words_are_not_counted(tmp_path):
    """What is told coarsely is in no list of staff, and is no warning of this kind."""
    assert desk(tmp_path).export(PROFILES["public"], staff=Few(1)).warnings == ()


def test_words_that_are_public_are_a_warning(tmp_path):
    """A quote that stands in a public text may be traced to who is named there."""
    made = desk(tmp_path)
    text = "He said: they can see ALL of it! And left."
    (found,) = made.export(PROFILES["public"], public=[("news.txt", text)]).warnings
    assert found.startswith("statement 1: its words stand in news.txt")
    quiet = made.export(PROFILES["public"], public=[("news.txt", "they can see")])
    assert quiet.warnings == ()


def test_what_is_not_counted_is_said(tmp_path):
    """Enough people are in one place, and nobody knows who of them has that role."""
    made = desk(tmp_path)
    (found,) = made.export(PROFILES["auditor"], staff=Few(9, residence="US")).warnings
    assert found == (
        "P1: 9 people are US in 2021-09; nobody counted who of them is data engineer"
    )


def test_a_word_of_a_name_is_a_warning(tmp_path):
    """A last name alone may be anybody's: a person has to look, and isn't told which."""
    made = desk(tmp_path, quote="Ask Ellis, or Lane, about the rest.")
    first, second = made.export(PROFILES["public"]).warnings
    assert first.startswith("P1: a word of what is sealed of them is told")
    assert second.startswith("H1: a word")
    assert "Ellis" not in first
    small = desk(tmp_path / "small", quote="ask in the lane about the rest")
    assert small.export(PROFILES["public"]).warnings == ()
