"""Names to nodes: ids, labels, patterns, and the words of the boundary."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.boundary.status import Status
from ringfence.claims.asking import (
    Asking,
    Filters,
    filters,
    kinds_of,
)
from ringfence.claims.instants import moment, seconds
from ringfence.errors import ConfigError
from tests.asked import FACTS, MAIL, NOTE, TABLE, asking, opened
from tests.estates import attribute, claim, edge


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (MAIL, [MAIL]),
        ("w/a.users.mail", [MAIL]),
        ("w/a.users.*", [MAIL, NOTE]),
        ("column:w/*mail", [MAIL]),
        ("w/a.users.not?", [NOTE]),
        ("w/a.users", [MAIL, NOTE, TABLE]),
        ("store:w", [MAIL, NOTE, TABLE, "store:w"]),
        ("protected", [MAIL]),
        ("protected:contact", [MAIL]),
        ("tool:pulse", ["tool:pulse"]),
    ],
)
def test_a_resource_is_called_by(name: str, expected: list[str], tmp_path: Path):
    """An id, with or without its kind, a pattern, a container, a protection."""
    assert sorted(asking(tmp_path).resources(name, "RESOURCE")) == sorted(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("person:ann", ["person:ann"]),
        ("ann", ["person:ann"]),
        ("Ann Li", ["person:ann"]),
        ("?n*", ["person:ann"]),
        ("person:*", ["person:ann", "person:bo", "person:cy"]),
        ("everybody", ["person:ann", "person:bo", "person:cy"]),
        ("excluded", ["person:ann"]),
        ("excluded:in-china", ["person:ann"]),
    ],
)
def test_a_principal_is_called_by(name: str, expected: list[str], tmp_path: Path):
    """An id, a label, a pattern, everybody, or whom a selector excludes."""
    facts = [*FACTS, edge("person:cy", "member_of", "group:dev")]
    found = asking(tmp_path, facts).principals(name, "PRINCIPAL")
    assert found == expected


def test_a_name_that_is_also_a_pattern_is_the_name(tmp_path: Path):
    """Whatever is really called so comes before what a pattern would fit."""
    facts = [*FACTS, edge("group:*", "can_use", "tool:pulse")]
    assert asking(tmp_path, facts).principals("*", "PRINCIPAL") == ["group:*"]


def test_a_name_of_both_is_data_or_a_principal_as_asked(tmp_path: Path):
    """Of a role and a dataset of one name, each side takes its own."""
    facts = [*FACTS, edge("person:bo", "can_assume", "role:w/a.users")]
    ready = asking(tmp_path, facts)
    assert ready.principals("w/a.users", "PRINCIPAL") == ["role:w/a.users"]
    assert TABLE in ready.resources("w/a.users", "RESOURCE")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pulze", r"A: nothing is called `pulze`\n  help: did you mean `pulse`\?"),
        ("x*y", r"A: nothing fits `x\*y`"),
        ("protected:contac", r"protects nothing as `contac`\n  help: .*`contact`"),
        ("protected:", r"protects nothing as ``"),
        ("excluded:us", r"excludes nobody as `us`"),
    ],
)
def test_a_name_that_nothing_has_is_no_answer(name: str, message: str, tmp_path: Path):
    """It may be a misspelling: the error names what comes nearest."""
    with pytest.raises(ConfigError, match=message):
        asking(tmp_path).resources(name, "A")


def test_whoever_the_selector_does_not_judge_has_no_status(tmp_path: Path):
    """A person or entity is excluded or not; of a tool that isn't asked."""
    ready = asking(tmp_path)
    assert ready.excluded("person:ann") is Status.YES
    assert ready.excluded("person:bo") is Status.NO
    assert ready.excluded("tool:pulse") is None
    assert ready.protected(MAIL) is Status.YES
    assert ready.protected(NOTE) is Status.NO


def test_a_person_of_whom_nothing_is_known_may_be_excluded(tmp_path: Path):
    """Unknown widens: nobody is cleared for want of facts."""
    facts = [*FACTS, edge("person:dee", "member_of", "group:dev")]
    ready = asking(tmp_path, facts)
    assert ready.excluded("person:dee") is Status.UNKNOWN
    assert "person:dee" in ready.principals("excluded", "A")


def test_without_a_selector_nobody_is_judged(tmp_path: Path):
    """A boundary may exclude nobody; the question is answered all the same."""
    case = opened(tmp_path, FACTS, claim("residency"), excluded=())
    ready = Asking(case, Filters())
    assert (ready.selector, ready.excluded("person:ann")) == ("", None)
    assert ready.principals("excluded", "A") == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"verb": "reed"}, r"--verb: there is no verb `reed`\n  help: .*`read`"),
        ({"grades": "legal,tech"}, r"--grades: there is no grade `tech`"),
        ({"during": "2022-01-01"}, r"--during: `2022-01-01` is no period"),
        ({"during": "2022-01-01..soon"}, r"is no period"),
        ({"during": "2022-02-01..2022-01-01"}, r"ends before it begins"),
        ({"during": "2022-01-01..2022-01-01"}, r"ends before it begins"),
    ],
)
def test_options_are_checked(words: dict[str, str], message: str):
    """A word that isn't known is refused with the nearest one that is."""
    with pytest.raises(ConfigError, match=message):
        filters(**words)


def test_options_have_commas():
    """Several verbs, grades or kinds stand in one option."""
    chosen = filters(
        "read, edit", "bare", "technical,legal", None, "2021-01-01..2022-01-01"
    )
    assert chosen.verbs == ("read", "edit")
    assert chosen.grades == ("technical", "legal")
    assert chosen.during == ("2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z")
    assert kinds_of("tool,role", ("tool", "role")) == ("tool", "role")
    with pytest.raises(ConfigError, match="kind of principal `column`"):
        kinds_of("column", ("tool", "role"))


def test_instants_are_seconds_and_back():
    """Before 1970 too."""
    for instant in ("1969-12-31T23:59:59Z", "2022-01-31T09:30:00Z"):
        assert moment(seconds(instant)) == instant
    assert seconds("1970-01-01T00:00:00Z") == 0


def test_a_selector_that_is_not_there_is_refused(tmp_path: Path):
    """`--excluded` names one of the boundary's own."""
    with pytest.raises(ConfigError, match="excludes nobody as `us`"):
        asking(tmp_path, excluded="us")


def test_a_tag_that_ever_stood_in_the_period_protects(tmp_path: Path):
    """What was protected for a while is protected in the period."""
    tag = attribute(
        NOTE, "tag", "EMAIL", since="2021-03-01T00:00:00Z", until="2021-04-01T00:00:00Z"
    )
    during = ("2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z")
    assert asking(tmp_path, [*FACTS, tag], during=during).protected(NOTE) is Status.YES
    assert asking(tmp_path, [*FACTS, tag]).protected(NOTE) is Status.NO


def test_a_selector_is_the_one_that_is_named(tmp_path: Path):
    """Without a name it is the first; the name of one is that one."""
    assert asking(tmp_path / "a").selector == "in-china"
    assert asking(tmp_path / "b", excluded="in-china").selector == "in-china"
