"""Leads: which questions a docket may have the systems asked."""

from __future__ import annotations

import pytest

from ringfence.claims.leads import QUESTIONS, Asked, asked, filters_of, lead
from ringfence.errors import ConfigError
from tests.contesting import contested

WHO = ("reach", "who", "protected", "--kinds", "person,tool")


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (WHO, Asked("reach who", ("protected",), {"--kinds": "person,tool"})),
        (("ringfence", *WHO[:3]), Asked("reach who", ("protected",))),
        (
            ("reach", "what", "excluded", "--verb=any"),
            Asked("reach what", ("excluded",), {"--verb": "any"}),
        ),
        (
            ("reach", "path", "bo", "protected", "--all", "3"),
            Asked("reach path", ("bo", "protected"), {"--all": "3"}),
        ),
        (
            ("reach", "pairs", "--claim", "nobody"),
            Asked("reach pairs", (), {"--claim": "nobody"}),
        ),
        (("audit",), Asked("audit")),
        (("audit", "show", "3f9a-12"), Asked("audit show", ("3f9a-12",))),
        (("check", "nobody"), Asked("check", ("nobody",))),
    ],
    ids=lambda one: one.name if isinstance(one, Asked) else " ".join(one),
)
def test_a_question_of_the_list_is_read(command, found):
    """Every question of the list is read with its words and options."""
    assert asked(command) == found


def test_the_list_is_closed_and_reads_only():
    """No question of the list takes an option that names a file or a server."""
    options = {option for shape in QUESTIONS.values() for option in shape.options}
    assert options == {
        *("--as-of", "--during", "--verb", "--reach", "--grades", "--excluded"),
        *("--kinds", "--all", "--claim", "--who", "--what"),
    }


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ((), "can't ask `nothing`"),
        (("reach",), "can't ask `reach`"),
        (("reach", "plan", "x"), "can't ask `reach`"),
        (("ledger", "erase"), "can't ask `ledger`"),
        (("docket", "destroy", "R1"), "can't ask `docket`"),
        (("enforce",), "can't ask `enforce`"),
        ((*WHO, "--output", "x"), "`--output` can't be said"),
        ((*WHO, "--case", "/etc"), "`--case` can't be said"),
        ((*WHO, "--kinds", "tool"), "`--kinds` can't be said"),
        (("audit", "--engine", "sc://there"), "`--engine` can't be said"),
        (("audit", "--ledger=there"), "`--ledger` can't be said"),
        (("check", "nobody", "--with", "f"), "`--with` can't be said"),
        (("reach", "who"), "takes 1 words"),
        (("check", "a", "b"), "takes 1 words"),
        (("audit", "case"), "takes 0 words"),
        (("reach", "who", "x", "--verb"), "`--verb` says nothing"),
        (("reach", "who", "x", "--verb", "fly"), "there is no verb `fly`"),
        (("reach", "who", "x", "--kinds", "ship"), "`ship`"),
        (("reach", "who", "x", "--reach", "far"), "`far` is no reach"),
        (("reach", "who", "x", "--as-of", "soon"), "`soon` is no date"),
        (("reach", "who", "x", "--during", "2021"), "is no period"),
        (("reach", "pairs"), "is of a claim"),
        (("reach", "path", "a", "b", "--all", "0"), "`0` is no number"),
        (("reach", "path", "a", "b", "--all", "many"), "`many` is no number"),
        (("reach", "path", "a", "b", "--all", "²"), "is no number"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else None,
)
def test_everything_else_is_refused(command, reason):
    """What isn't on the list, or isn't put as it has it, is refused with a reason."""
    with pytest.raises(ConfigError, match=reason.replace("(", r"\(")):
        asked(command)


def test_a_question_may_be_of_another_day():
    """The instant that is asked about is a date as the whole program reads dates."""
    found = asked(("check", "nobody", "--as-of", "2022-01-31"))
    assert found.as_of == "2022-01-31T00:00:00Z"
    assert asked(("audit",)).as_of is None


def test_options_are_filters():
    """The options of a question say which edges count."""
    told = ("reach", "who", "x", "--verb", "any", "--grades", "technical,legal")
    found = filters_of(asked(told))
    assert (found.verbs, found.grades) == (("any",), ("technical", "legal"))


def test_a_lead_is_of_a_statement_and_by_a_reviewer():
    """A lead that the rules of a docket refuse isn't noted, nor one that asks more."""
    book = contested()
    statement = book.read.numbered("S1")
    made = lead(book.read, statement, "who?", WHO, book.first)
    assert (made.statement, made.command) == (statement, WHO)
    with pytest.raises(ConfigError, match="no statement"):
        lead(book.read, book.first, "who?", WHO, book.first)
    with pytest.raises(ConfigError, match="can't ask"):
        lead(book.read, statement, "who?", ("rm",), book.first)
