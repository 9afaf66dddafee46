"""The document holds what renderers show, computed once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.claims.outcome import FlowEdge, FlowMap, FlowNode, Verdict
from ringfence.errors import ExitCode
from ringfence.report.document import Command, Document, build
from tests.unit.report import outcomes


@pytest.fixture(scope="module")
def document() -> Document:
    return build(outcomes.realistic(), folder="out")


def _with(*verdicts: Verdict) -> Document:
    outcome = outcomes.realistic()
    findings = tuple(
        replace(outcome.findings[0], number=number, verdict=verdict)
        for number, verdict in enumerate(verdicts, start=1)
    )
    return build(replace(outcome, findings=findings))


def test_every_claim_has_a_row(document: Document):
    """The verdict table has the claims in the order of the boundary."""
    assert [(row.number, row.id, row.verdict.value) for row in document.rows] == [
        (1, "stored-in-us", "upheld"),
        (2, "dc-outside-cn", "upheld"),
        (3, "not-under-cn-law", "unproven"),
        (4, "nobody-in-cn-can", "refuted"),
        (5, "us-team-decides", "refuted"),
        (6, "no-master-admin", "refuted"),
        (7, "backup-in-sg", "upheld"),
        (8, "nobody-did", "unproven"),
    ]


def test_a_row_names_who_said_it(document: Document):
    """Who and when stand together; nobody is a dash."""
    assert document.rows[3].said == "company 2019-10"
    assert document.rows[5].said == "-"


@pytest.mark.parametrize(
    ("verdicts", "title", "code"),
    [
        (
            (Verdict.UPHELD, Verdict.UPHELD),
            "all 2 claims are upheld",
            ExitCode.ALL_UPHELD,
        ),
        ((Verdict.UPHELD,), "the claim is upheld", ExitCode.ALL_UPHELD),
        (
            (Verdict.UPHELD, Verdict.UNPROVEN),
            "1 of 2 claims is unproven",
            ExitCode.UNPROVEN,
        ),
        (
            (Verdict.REFUTED, Verdict.UNPROVEN, Verdict.REFUTED),
            "2 of 3 claims are refuted",
            ExitCode.REFUTED,
        ),
        ((), "the boundary makes no claim, so nothing was judged", ExitCode.UNPROVEN),
    ],
)
def test_the_gravest_verdict_decides(
    verdicts: tuple[Verdict, ...], title: str, code: ExitCode
):
    """Title and exit code tell of the gravest verdict; no claim upholds nothing."""
    found = _with(*verdicts)
    assert (found.title, found.exit_code) == (title, code)


def test_the_lead_is_the_first_refutation_with_a_witness(document: Document):
    """The first screen shows a refuted claim, not the proxy of another."""
    assert document.lead is not None
    assert document.lead.title == "nobody-in-cn-can is refuted"


def test_without_a_refutation_an_open_claim_leads():
    """Where nothing is refuted the screen says why something is unproven."""
    lead = _with(Verdict.UPHELD, Verdict.UNPROVEN).lead
    assert lead is not None
    assert lead.verdict is Verdict.UNPROVEN
    assert _with(Verdict.UPHELD).lead is None


def test_a_witness_is_numbered_from_its_origin(document: Document):
    """Station 1 is the origin with the facts that make it count."""
    witness = document.sections[4].witnesses[0]
    assert [(s.number, s.name, s.words, s.at) for s in witness.stations] == [
        (1, "Li N.", "", ""),
        (2, "growth-analytics", "is a member of", "scim/groups.json#/Resources/17"),
        (3, "Pulse dashboard", "can use", "tools.yaml:88"),
        (4, "svc_pulse", "runs as", "tools.yaml:91"),
        (
            5,
            "warehouse/public.users.email",
            "may read",
            "warehouse.sql: grant on users to analytics_ro, role 16412",
        ),
    ]
    assert [g.words for g in witness.stations[0].because] == ["resides in CN"]
    assert document.sections[4].example == "1 of 54, shortest"


def test_a_phrase_that_names_the_value_is_not_said_twice():
    """`resides in CN` stays, whether the phrase or the head names the country."""
    outcome = outcomes.realistic()
    path = replace(
        outcomes.WITNESS,
        origin_facts=(replace(outcomes.RESIDES, phrase="resides in CN"),),
    )
    finding = replace(outcome.findings[3], paths=(path,))
    section = build(replace(outcome, findings=(finding,))).sections[0]
    assert section.witnesses[0].stations[0].because[0].words == "resides in CN"


def test_marks_of_the_map_are_the_numbers_of_the_witness(document: Document):
    """A column is marked on the dataset that it is folded into."""
    assert document.sections[4].marks == {
        "person:li.n@example": 1,
        "group:growth-analytics": 2,
        "tool:Pulse dashboard": 3,
        "service_account:svc_pulse": 4,
        "dataset:warehouse/public.users": 5,
    }


def test_the_caption_names_the_two_tools_that_matter(document: Document):
    """The widest tools are said in words, with how many tools there are besides."""
    section = document.sections[4]
    assert section.caption == (
        "Of the 54 people drawn, 41 pass Pulse dashboard and 22 pass Backstage; "
        "9 tools more."
    )
    assert section.widest == ("tool:Pulse dashboard", "tool:Backstage")


def test_the_caption_says_when_the_map_follows_some_origins_only():
    """A map of the first origins says of how many."""
    outcome = outcomes.realistic()
    finding = replace(outcome.findings[3], counts={"origins": 900})
    section = build(replace(outcome, findings=(finding,))).sections[0]
    assert section.caption.startswith("Of the 54 of 900 people drawn, ")


def test_one_origin_is_told_in_the_singular():
    """A map of one person says so, and a map of one gate too."""
    outcome = outcomes.realistic()
    for index, told in ((3, "Of the 1 person drawn, "), (4, "Of the 1 gate drawn, ")):
        finding = outcome.findings[index]
        alone = replace(
            finding, counts={}, flows=replace(outcome.findings[3].flows, followed=1)
        )
        section = build(replace(outcome, findings=(alone,))).sections[0]
        assert section.caption.startswith(told)
        assert section.counted(1_000).startswith("1,000 ")


def test_roles_are_named_where_hardly_anybody_passes_a_tool(document: Document):
    """Tools that few origins pass leave the caption to another kind."""
    section = document.sections[6]
    assert section.widest[0] == "role:warehouse/analytics_ro"


def test_a_map_without_principals_has_no_caption():
    """Stores and data alone are not captioned."""
    outcome = outcomes.realistic()
    flows = FlowMap(
        (
            FlowNode("store:a", "store", "a", 1),
            FlowNode("dataset:b", "dataset", "b", 1),
        ),
        (FlowEdge("store:a", "dataset:b", 1),),
    )
    finding = replace(outcome.findings[3], flows=flows)
    assert build(replace(outcome, findings=(finding,))).sections[0].caption == ""


def test_a_proxy_has_a_section_of_its_own(document: Document):
    """A question of law is unproven, and its proxy's verdict stands beside it."""
    law, proxy = document.sections[2:4]
    assert (law.title, law.anchor) == ("not-under-cn-law is unproven", "claim-3")
    assert proxy.title == "the proxy of not-under-cn-law is refuted"
    assert proxy.anchor == "claim-3-proxy"


def test_the_question_is_told_as_it_was_asked(document: Document):
    """Residency looks at places with controls ignored, whatever its claim says."""
    assert dict(document.sections[0].scope)["reach"].startswith("bare")
    assert dict(document.sections[4].scope)["reach"].startswith("residual")
    assert dict(document.sections[2].scope)["edges"] == "technical and legal only"
    assert "edges" not in dict(document.sections[1].scope)


def test_assumptions_name_the_claims_that_make_them(document: Document):
    """Each assumption stands once, with the claims, its selector's included."""
    assert [(item.text, item.claims) for item in document.assumptions] == [
        (outcomes.TECHNICAL, (1, 4)),
        (outcomes.NO_INDIRECT, (3,)),
        ("an operator can be compelled by the law of its own country", (3,)),
    ]


def test_sources_that_carry_no_verdict_come_first(document: Document):
    """Unread, undated and old sources stand before the sound ones."""
    assert [(source.name, source.state) for source in document.sources[:4]] == [
        ("ownership", "out of date"),
        ("old-stores", "undated"),
        ("chat", "not read"),
        ("hr", "read"),
    ]


def test_a_source_within_the_limit_is_read():
    """A source may be as old as the boundary allows, to the second, either way."""
    outcome = outcomes.realistic()
    collected = ["2021-12-31T00:00:00Z", "2021-12-30T23:59:59Z", "2022-03-03T00:00:01Z"]
    sources = tuple(replace(outcome.sources[1], collected=time) for time in collected)
    found = build(replace(outcome, sources=sources)).sources
    states = {source.collected: source.state for source in found}
    assert states == {
        "2021-12-31": "read",
        "2021-12-30T23:59:59Z": "out of date",
        "2022-03-03T00:00:01Z": "out of date",
    }


def test_a_source_is_read_over_the_history_that_it_tells():
    """A dump taken long after answers for a day of its history, and not for others."""
    outcome = outcomes.realistic()
    late = replace(outcome.sources[1], collected="2023-01-01T00:00:00Z")
    told = replace(late, name="told", history="2022-01-01T00:00:00Z")
    found = build(replace(outcome, sources=(late, told))).sources
    assert {one.name: one.state for one in found} == {
        late.name: "out of date",
        "told": "read",
    }


def test_what_was_not_looked_at_is_listed(document: Document):
    """Gaps: unsound sources, notes, kinds nobody states, edges not walked, deeds."""
    assert [gap.code for gap in document.unseen] == [
        "old-source",
        "undated-source",
        "unread-source",
        "ended",
        "unclassified",
        "unstated",
        "unwalked-edges",
        "unwalked-edges",
        "deeds",
    ]
    assert (
        document.unseen[6].text
        == "organisational edges, for claims 1, 3, 4, 5, 6 and 7"
    )
    assert document.unseen[7].text == "legal edges, for claims 1, 4, 5, 6 and 7"


def test_the_header_counts_estate_excluded_and_protected(document: Document):
    """Each selector has its line, with the doors by which people are excluded."""
    words = [word for word, _ in document.header]
    assert words == ["estate", "excluded", "excluded", "protected"]
    assert document.header[1][1] == (
        "covered: 57 people (49 by residence, 6 by employer, 2 by control), 3 unknown"
    )
    assert document.header[3][1] == "312 columns in 31 datasets, 4 unclassified"


def test_commands_quote_the_folder():
    """A folder's name can be pasted into a shell as it stands."""
    found = build(outcomes.realistic(), folder="my out; rm")
    assert found.check.line == "python -m ringfence_verify 'my out; rm/'"


def test_without_a_folder_the_reader_learns_how_to_keep_proofs():
    """A run that writes nothing says what to add; the caller's commands come first."""
    plan = Command("what to do", "ringfence reach")
    found = build(outcomes.realistic(), further=(plan,))
    assert found.commands == (plan,)
    assert found.check == Command("to keep page and proofs", "add `--output out/`")


def test_what_people_did_is_looked_at_where_a_claim_asks():
    """With logs that a claim asks about, deeds are no gap; else it is said which."""
    outcome = outcomes.logged()

    def codes(found: Document) -> list[str]:
        return [one.text for one in found.unseen if one.code == "deeds"]

    assert codes(build(outcome)) == []
    assert codes(build(replace(outcome, findings=outcome.findings[:7]))) == [
        "what people did: this check says who could, "
        "no claim asks what the logs tell of them"
    ]
    assert codes(build(replace(outcome, findings=(), logs=()))) == [
        "what people did: this check says who could, no log was judged"
    ]


def test_a_refuted_claim_about_events_may_lead():
    """An exhibit is as good an example as a witness."""
    outcome = outcomes.logged()
    without = replace(outcome.findings[3], paths=())
    found = build(replace(outcome, findings=(without, outcome.findings[7])))
    assert found.lead is not None
    assert (found.lead.title, found.lead.example) == (
        "nobody-did is refuted",
        "1 of 317",
    )
    assert [word for word, _ in found.header][-1] == "logs"
