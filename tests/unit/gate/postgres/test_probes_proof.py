"""A proof as a value: when it is a certificate, what it exits with, how it is printed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.gate.postgres.probes.proof import (
    Proof,
    Result,
    Tried,
    canonical,
    digest,
    parse_proof,
)
from ringfence.report import prove_text

STATUSES = ("closed", "open", "not-applicable", "named", "untried")


def result(status: str, number: str = "L10", **changes: object) -> Result:
    """Return a result of one status."""
    crossed = {"open": True, "untried": None}.get(status, False)
    content: dict[str, object] = {
        "number": number,
        "group": "doors",
        "title": "a view reads as its owner",
        "status": status,
        "change": "REVOKE",
        "after": Tried(crossed=crossed, how="login", statement="SELECT 1 FROM t"),
    }
    return Result(**(content | changes))  # type: ignore[arg-type]


def proof(*statuses: str, **changes: object) -> Proof:
    """Return a proof whose survey has results of some statuses."""
    content: dict[str, object] = {
        "store": "warehouse",
        "boundary": "b",
        "estate": "e",
        "server": 150012,
        "catalogue": "",
        "posed": "oz",
        "writes": False,
        "survey": tuple(map(result, statuses)),
    }
    return Proof(**(content | changes))  # type: ignore[arg-type]


@given(st.lists(st.sampled_from(STATUSES), min_size=1))
def test_a_certificate_has_nothing_open_and_nothing_untried(statuses):
    """It is a certificate exactly if no result is open or untried."""
    wanting = {"open", "untried"} & {*statuses}
    assert proof(*statuses).is_certificate == (not wanting)


@given(st.lists(st.sampled_from(STATUSES)), st.lists(st.sampled_from(STATUSES)))
def test_the_exit_code_says_the_worst(survey, copies):
    """Open outweighs untried, wherever it was found; only a certificate exits with 0."""
    found = proof(*survey, conformance=tuple(map(result, copies)))
    seen = {*survey, *copies}
    worst = 11 if "open" in seen else 10 if "untried" in seen or not survey else 0
    assert found.exit_code == worst


def test_a_survey_of_nothing_is_no_certificate():
    """Where nothing was looked at, nothing is certified."""
    assert not proof().is_certificate


def test_a_fence_that_keeps_insiders_out_is_no_certificate():
    """A fence that lets nobody read would close everything."""
    assert not proof("closed", kept=False).is_certificate
    assert proof("closed", kept=True).is_certificate
    assert proof("closed", kept=False).exit_code == 10


@given(st.lists(st.sampled_from(STATUSES)), st.text())
def test_a_proof_is_read_back_as_it_was_written(statuses, where):
    """Parsing the canonical JSON gives the same proof, with the same digest."""
    found = proof(*statuses, notes=(where,))
    again = parse_proof(canonical(found))
    assert (again, digest(again)) == (found, digest(found))


def test_a_stranger_in_the_json_is_refused():
    """A field that a proof doesn't have is no proof."""
    with pytest.raises(msgspec.ValidationError):
        parse_proof(canonical(proof("open")).replace(b'"store"', b'"shop"'))


def test_what_got_through_is_shown_with_its_statement():
    """An open way is printed with the statement that got through and what closes it."""
    text = prove_text.proof(proof("open", "closed"), 100)
    assert "1 way is open" in text
    assert "`SELECT 1 FROM t`" in text
    assert "-> REVOKE" in text
    assert text.endswith("exit 11\n")


@pytest.mark.parametrize(
    ("statuses", "words", "code"),
    [
        (("closed", "named"), "certificate: nothing that a database can close", 0),
        (("closed", "untried"), "nothing got through, but 1 could not be tried", 10),
        (("open", "open"), "2 ways are open", 11),
        ((), "no certificate", 10),
    ],
)
def test_the_first_line_gives_the_verdict(statuses, words, code):
    """The verdict stands first, the exit code last."""
    text = prove_text.proof(proof(*statuses), 100)
    assert words in text.splitlines()[0]
    assert text.endswith(f"exit {code}\n")


def test_a_named_pitfall_is_shown_once():
    """What survey and copies both name is listed once."""
    named = (result("named", number="L31"),)
    text = prove_text.proof(proof(survey=named, conformance=named), 100)
    assert text.count("L31 ") == 1


def test_what_is_cut_short_is_counted():
    """A long list says how much more there is; everything shows all of it."""
    many = tuple(result("open", number=f"L{n}") for n in range(1, 31))
    assert "18 more: --format json" in prove_text.proof(proof(survey=many), 100)
    whole = prove_text.proof(proof(survey=many), 100, everything=True)
    assert sum(line.startswith("open ") for line in whole.splitlines()) == 30


def test_a_name_can_not_steer_the_terminal():
    """Control characters of a relation's name are printed as escapes."""
    evil = result("open", where="app.\x1b[2J")
    text = prove_text.proof(proof(survey=(evil,)), 100)
    assert "\x1b" not in text
    assert "\\x1b" in text


@given(st.lists(st.sampled_from(STATUSES), max_size=20), st.integers(60, 120))
def test_no_line_is_wider_than_the_screen(statuses, width):
    """Every line but the digest's fits the width."""
    lines = prove_text.proof(proof(*statuses), width).splitlines()
    assert all(len(line) <= width for line in lines if "SHA-256" not in line)


def test_copies_are_counted_before_and_after():
    """The text says how many probes cross without a fence, and with one."""
    crossed, held = Tried(crossed=True), Tried(crossed=False)
    copies = (
        result("closed", before=crossed, after=held),
        result("named", before=crossed, after=crossed),
        result("not-applicable", before=Tried(crossed=None, applies=False), after=None),
    )
    text = prove_text.proof(proof("closed", conformance=copies, kept=True), 100)
    assert "2 probes; 2 cross without the fence, 1 with it" in text
