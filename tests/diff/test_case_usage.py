"""The use of the example's ways against what its logs say, read without Ringfence."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from ringfence.claims.audited import audited
from ringfence.claims.check import Run
from ringfence.claims.use.usage import Unused, Usage, Use, WayUse, usage
from tests.house.tree import PROJECT

CASE = PROJECT / "examples" / "shortvideo"
DOMAIN = "@loopwing.example"
TORN = "warehouse: 1 line of the log can't be read"
Told = dict[tuple[str, str], WayUse]


@pytest.fixture(scope="module")
def case_usage(tmp_path_factory) -> Usage:
    """Return what the audit of the example says of use."""
    run = Run(CASE, tmp_path_factory.mktemp("out"), "2022-01-31T00:00:00Z")
    with audited(run) as found:
        return usage(found.logs, found.asked)


@pytest.fixture(scope="module")
def case_ways(case_usage: Usage) -> Told:
    """Return the same by way: its tail, and its head with the verb."""
    return {
        (one.tail, f"{one.head} {one.verb}".strip()): one for one in case_usage.used()
    }


@pytest.fixture(scope="module")
def vault() -> list[tuple[str, str]]:
    """Return who read what of the vault, by its own log, refusals left out."""
    with (CASE / "logs" / "vault" / "queries.csv").open(encoding="utf-8") as stream:
        rows = csv.DictReader(stream, delimiter=";")
        return [(r["person"], r["object"]) for r in rows if r["result"] == "done"]


def test_the_payout_liaisons_used_their_way_as_often_as_the_log_says(
    case_ways: Told, vault
):
    """Each reading of the totals is one event on the person's way, and on the tool's."""
    assert {table for _, table in vault} == {"payouts.monthly_total"}
    for person, times in Counter(who for who, _ in vault).items():
        one = case_ways[f"person:{person}{DOMAIN}", "group:payout-liaison"]
        assert (one.use, one.events, one.logs) == (Use.USED, times, ("vault",))
    tool = case_ways["tool:Abacus", "dataset:vault/payouts.monthly_total read"]
    assert (tool.use, tool.events) == (Use.USED, len(vault))


def test_what_the_vault_alone_watches_and_nobody_did_is_unused(case_ways: Told):
    """Nobody read payees or papers, and the vault's log is whole: these ways are idle.

    All other ways lead, or may lead, to the warehouse, whose log has a torn line.
    """
    unused = {key for key, one in case_ways.items() if one.use is Use.UNUSED}
    verbs = ("read", "insert", "update", "delete", "truncate")
    steps = {
        ("group:age-verification", "tool:Notary"),
        ("group:payouts", "tool:Paymaster"),
        ("tool:Paymaster", "service_account:svc_paymaster"),
        ("tool:Notary", "dataset:vault/papers.age_check read"),
        ("group:payout-approvers", "store:vault read"),
        *(("service_account:svc_paymaster", f"store:vault {verb}") for verb in verbs),
    }
    assert {key for key in unused if not key[0].startswith("person:")} == steps
    groups = {head for tail, head in unused if tail.startswith("person:")}
    assert groups == {"group:age-verification", "group:payouts"}
    assert all(case_ways[key].logs == ("vault",) for key in unused)


def test_one_torn_line_keeps_the_warehouse_from_telling(case_usage: Usage):
    """Of most ways it can't be told, and the reason names the line; all adds up."""
    found: Unused = case_usage.unused()
    assert found.used + found.unused + found.unknown == found.ways
    assert (found.unused, found.unplaced) == (28, 0)
    (first, ways), *_ = found.why
    assert first == TORN
    assert ways > found.unknown * 0.9
    assert len(found.listed) == found.unused + found.unknown


def test_of_quarry_every_analyst_is_used_or_a_suspect(case_ways: Told):
    """Quarry's log is whole; three queries that name nobody keep others from being idle.

    Whoever ran a query by its log used the membership; of the rest it can't be told.
    """
    with (CASE / "logs" / "tools" / "quarry.csv").open(encoding="utf-8") as stream:
        ran = {
            row["original_login"] or row["login"]
            for row in csv.DictReader(stream)
            if row["action"] == "run" and row["status"] != "denied"
        }
    members = {
        tail.removeprefix("person:").removesuffix(DOMAIN): one
        for (tail, head), one in case_ways.items()
        if head == "group:quarry-analysts" and tail.startswith("person:")
    }
    assert {who for who, one in members.items() if one.use is Use.USED} == ran
    for one in members.values():
        if one.use is not Use.USED:
            assert (one.use, one.perhaps) == (Use.UNKNOWN, 3)
            assert [reason.code for reason in one.because] == ["perhaps"]


def test_every_way_that_is_listed_says_why(case_usage: Usage):
    """Every way that is listed has a reason or a log that would have shown it."""
    for one in case_usage.unused().listed:
        assert one.at
        assert one.because or one.logs
        assert bool(one.because) is (one.use is Use.UNKNOWN)
