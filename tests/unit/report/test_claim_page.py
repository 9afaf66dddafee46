"""A claim's page: the sentence, the verdict, the statements, the leads, as one."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import pytest

from ringfence.claims.claim_page import ClaimPage, Followed, Found, Uttered
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.testimony import Beside, DocketSeen
from ringfence.claims.verdict import Bearing, Documents
from ringfence.docket.words import Rung, Stance
from ringfence.errors import ConfigError
from ringfence.report import claim_html, claim_text, json
from ringfence.report.claim_page import joined, judged_of, kept
from ringfence.report.document import build
from ringfence.report.fitting import measure
from tests.unit.report import outcomes
from tests.unit.report.besides import FULL, HOSTILE, SEEN, said

UTTERED = Uttered(
    "C1", "all is stored there", "the company", "2019-10", "a hearing", ""
)
AGAINST = Documents(
    (Bearing("S1", "contested: S1 says so", Stance.CONTRADICTS, Rung.HEARD),)
)
FOUND = Found("W1", "2026-01-02T03:04:05Z", 11, "3 tools", "aa" * 32, "", "cc" * 32, "")
LEADS = (
    Followed("L1", "S1", "which tools?", ("reach", "who", "a b"), (FOUND,)),
    Followed("L2", "S1", "who else?", ("audit",), ()),
)


def page_of(claim: str, **more: object) -> ClaimPage:
    """Return what a docket holds of a claim: one statement against it."""
    fields: dict[str, object] = {
        "claim": claim,
        "says": "...",
        "seen": SEEN,
        "uttered": (UTTERED,),
        "beside": FULL,
        "documents": AGAINST,
        "leads": LEADS,
    }
    return ClaimPage(**(fields | more))  # type: ignore[arg-type]


def report(*, docket: DocketSeen | None = SEEN, beside: Beside = FULL) -> json.Report:
    """Return the report of a realistic check, beside a docket."""
    made = outcomes.realistic()
    findings = tuple(replace(one, beside=beside) for one in made.findings)
    outcome = replace(made, findings=findings, docket=docket)
    return json.report(build(outcome, folder="out"))


def by_verdict(told: json.Report, verdict: Verdict) -> str:
    """Return the first claim of a verdict."""
    return next(one.id for one in told.claims if one.verdict is verdict)


UPHELD = by_verdict(report(), Verdict.UPHELD)
REFUTED = by_verdict(report(), Verdict.REFUTED)


def test_a_statement_takes_upheld_away_on_the_page_too():
    """What a check without the docket upheld is contested once it is joined."""
    made = joined(page_of(UPHELD), report(docket=None), "out")
    assert (made.verdict, made.is_contested) == (Verdict.UNPROVEN, True)
    assert made.title == f"{UPHELD} is unproven, contested"
    assert made.proof == ""
    assert made.notes[0].startswith("the check was made without this docket")


def test_a_refuted_claim_stays_refuted_and_keeps_its_proof():
    """The witness and the name of the proof stand on the page, and how to check it."""
    made = joined(page_of(REFUTED), report(), "out dir")
    assert (made.verdict, made.is_contested) == (Verdict.REFUTED, False)
    assert made.title == f"{REFUTED} is refuted"
    assert made.proof.endswith(".json")
    assert made.witness is not None
    assert made.commands[0] == ("to re-check", "python -m ringfence_verify 'out dir'")
    assert made.notes == ()


def test_what_the_check_said_of_an_earlier_docket_gives_way():
    """Reasons that the docket gave the check aren't told twice."""
    told = report()
    first = msgspec.structs.replace(
        judged_of(told, UPHELD),
        verdict=Verdict.UNPROVEN,
        reasons=(Reason("contested", "contested: S1 says so"),),
        contested=True,
    )
    told = msgspec.structs.replace(told, claims=(first,))
    made = joined(page_of(UPHELD), told, "out")
    assert [one.text for one in made.reasons] == ["contested: S1 says so"]
    calm = joined(page_of(UPHELD, documents=Documents(), beside=Beside()), told, "out")
    assert [one.code for one in calm.reasons] == ["docket-older"]
    assert calm.verdict is Verdict.UNPROVEN
    assert "some on this claim" in calm.notes[0]


def test_without_statements_an_upheld_claim_stays_so():
    """A docket that holds nothing against a claim leaves its proof in place."""
    page = page_of(UPHELD, documents=Documents(), beside=Beside(), uttered=())
    made = joined(page, report(beside=Beside()), "out")
    assert made.verdict is Verdict.UPHELD
    assert made.proof
    assert made.notes == ("the docket holds no sentence of this claim",)


def test_a_check_beside_another_docket_is_told():
    """Who joins a check with a docket that it didn't read is told so."""
    told = report(docket=replace(SEEN, name="docket/other"))
    made = joined(page_of(UPHELD), told, "out")
    assert made.notes == ("the check read another docket, docket/other",)


def test_a_claim_that_was_not_judged_has_no_page():
    """There is no page without a verdict."""
    with pytest.raises(ConfigError, match="the check judged no claim `x`"):
        joined(page_of("x"), report(), "out")
    empty = msgspec.structs.replace(report(), claims=())
    with pytest.raises(ConfigError, match="the check judged no claim `x`"):
        judged_of(empty, "x")


def test_a_report_is_read_back(tmp_path):
    """The report that a check wrote is read; anything else is refused."""
    with pytest.raises(ConfigError, match="there is no report of a check"):
        kept(tmp_path)
    file = tmp_path / "report.json"
    file.write_text(json.render(build(outcomes.logged(), folder="out")), "utf-8")
    assert kept(tmp_path).title
    for content in (b"{}", b"\xff", b"[" * 100_000):
        file.write_bytes(content)
        with pytest.raises(ConfigError, match="is no report of this version"):
            kept(tmp_path)


# --- as text --------------------------------------------------------------------------


def test_the_text_tells_everything():
    """Sentence, verdict, witness, proof, statements and leads stand in the text."""
    made = joined(page_of(REFUTED), report(), "out")
    shown = claim_text.render(made, width=300)
    for text in (
        "C1 said     the company, 2019-10, a hearing: “all is stored there”",
        f"{REFUTED} is refuted, as of 2022-01-31",
        "the shortest witness",
        f"proof       {made.proof}",
        "python -m ringfence_verify out",
        "“They see all.”",
        "L1 asks     which tools? (from S1)",
        "asked as    ringfence reach who 'a b'",
        "answer      W1, 2026-01-02, exit 11: 3 tools",
        f"estate aaaaaaaaaaaa, answer {'cc' * 32}",
        "answer      none yet",
    ):
        assert text in shown


def test_the_text_of_every_claim_fits():
    """Each claim of a report has its page, and no line is wider than the screen."""
    told = msgspec.json.decode(
        json.render(build(outcomes.logged(), folder="out")), type=json.Report
    )
    for one in told.claims:
        page = page_of(one.id, beside=Beside(), documents=Documents())
        shown = claim_text.render(joined(page, told, "out"), width=80, colour=True)
        plain = re.sub("\x1b\\[[0-9;]*m", "", shown)
        assert [line for line in plain.splitlines() if measure(line) > 80] == []
        assert "no statement stands beside it" in plain
        assert claim_html.render(joined(page, told, "out"))


def test_hostile_text_steers_nothing():
    """What somebody said reaches no terminal raw."""
    page = page_of(REFUTED, beside=HOSTILE, leads=(replace(LEADS[0], asks="\x1b[2J"),))
    shown = claim_text.render(joined(page, report(), "out"))
    assert shown.replace("\n", "").isprintable()


# --- as a page ------------------------------------------------------------------------


class Parsed(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_plays_each_clip_from_the_file_itself():
    """A clip is in the page, byte for byte, and the page may load nothing else."""
    made = joined(page_of(REFUTED), report(), "out")
    shown = claim_html.render(made, {"S1": b"RIFF1"}, {"S2": "was destroyed"})
    found = Parsed(shown).found
    (sound,) = [attributes for tag, attributes in found if tag == "audio"]
    assert "controls" in sound
    kind, _, content = str(sound["src"]).partition(",")
    assert kind == "data:audio/wav;base64"
    assert base64.b64decode(content) == b"RIFF1"
    assert "no sound of it: was destroyed" in shown
    (rule,) = [one["content"] for tag, one in found if "http-equiv" in one]
    assert "default-src 'none'" in str(rule)
    assert "media-src data:" in str(rule)


def test_the_page_needs_nothing_else():
    """Without clips nothing is to be loaded; there is no script, and no address."""
    shown = claim_html.render(joined(page_of(REFUTED), report(), "out"))
    found = Parsed(shown).found
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in found}
    assert all("src" not in one and "href" not in one for _, one in found)
    assert "media-src" not in shown
    for text in ("L1, from S1: which tools?", "No answer yet.", "What statements say"):
        assert text in shown


def test_hostile_words_stay_words():
    """What somebody said is never markup."""
    leads = (replace(LEADS[0], asks="<script>", command=("<b>",)),)
    page = page_of(REFUTED, beside=HOSTILE, leads=leads)
    found = Parsed(claim_html.render(joined(page, report(), "out"))).found
    assert not {"script", "img", "b"} & {tag for tag, _ in found}


def test_an_unheard_statement_may_be_alone():
    """A page of a claim with nothing that counts shows what there is."""
    alone = Beside((said(counts=False, rung=Rung.MACHINE, quote=""),))
    page = page_of(REFUTED, beside=alone, documents=Documents())
    assert "nobody has listened" in claim_html.render(joined(page, report(), "out"))
