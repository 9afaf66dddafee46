"""An export in the formats of others: each valid, each saying what the export says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import msgspec
import pytest

from ringfence.claims.publishing.published import Export, Page, Told, Verdict
from ringfence.docket.objects import RATE
from ringfence.docket.words import Rung
from ringfence.report import published, published_html, published_text
from tests.publishing import NOW, VERDICT, desk, dismissed, every, telling

UUID = re.compile(
    r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}"
)
TOKEN = re.compile(r"([^\W\d_]|_)[\w.-]*")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
WORDS = {"upheld", "refuted", "unproven"}
TOLD = Told(
    number=1,
    stance="contradicts",
    rung=Rung.HEARD,
    quote="so it is",
    recording=1,
    at="",
    speaker="",
    met="",
    first_hand="unknown",
    hedged="unknown",
)
HOSTILE = "</blockquote><script>alert(1)</script> \" ' & \u202e \x1b[31m"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return an export that tells much, one of its statements dismissed."""
    made = desk(tmp_path_factory.mktemp("formats"))
    dismissed(made)
    return made.export()


@pytest.fixture(scope="module")
def export(whole):
    return msgspec.json.decode(whole.files["export.json"], type=Export)


def file(whole, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(whole.files[name])
    return found


def test_the_same_export_is_drawn_the_same(whole, export):
    """Every format of one export is the same bytes whenever it is drawn."""
    assert dict(every(export, whole.pages)) == dict(whole.files)


def test_the_export_is_written_in_one_spelling(whole):
    """Keys are sorted and nothing stands between them: two copies are one digest."""
    content = whole.files["export.json"]
    plain = json.dumps(
        json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert content == plain.encode() + b"\n"


def test_annotations_tie_a_quote_to_a_time(whole):
    """W3C Web Annotation: context, target, a fragment of time, the exact quote."""
    found = file(whole, "annotations.jsonld")
    assert found["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert found["type"] == "AnnotationCollection"
    first, second = found["first"]["items"]
    assert found["total"] == 2
    time, quote = first["target"]["selector"]
    assert time == {
        "type": "FragmentSelector",
        "conformsTo": "http://www.w3.org/TR/media-frags/",
        "value": "t=4.000,9.000",
    }
    assert quote == {"type": "TextQuoteSelector", "exact": "They can see all of it."}
    assert [one["type"] for one in second["target"]["selector"]] == [
        "TextQuoteSelector"
    ]
    assert first["target"]["source"] != second["target"]["source"]
    ids = [found["id"], found["first"]["id"], first["id"], second["id"]]
    assert len({*ids}) == len(ids)
    assert all(UUID.fullmatch(one.removeprefix("urn:uuid:")) for one in ids)
    bodies = [body["value"] for one in (first, second) for body in one["body"]]
    assert bodies == ["contradicts", "nobody there can", "context", "nobody there can"]


@pytest.mark.parametrize("word", sorted(WORDS))
def test_a_review_rates_in_one_of_three_words(export, word):
    """ClaimReview: `alternateName` has the verdict; no number stands anywhere."""
    verdict = Verdict("nobody", word, (), NOW, "ab", "cd")
    page = Page("nobody", "no one can", "the firm", "2019-10", "a hearing", (), verdict)
    found = json.loads(published.as_reviews(export, [page]))
    assert found["@context"] == "https://schema.org"
    (review,) = found["@graph"]
    assert review["@type"] == "ClaimReview"
    assert review["reviewRating"] == {"@type": "Rating", "alternateName": word}
    assert review["claimReviewed"] == "no one can"
    said = review["itemReviewed"]
    assert said["author"]["name"] == "the firm"
    assert said["datePublished"] == "2019-10"
    assert said["appearance"]["name"] == "a hearing"


def test_a_sentence_without_a_verdict_is_not_reviewed(export):
    """Nobody reviews what no check was asked of, and what isn't known isn't said."""
    bare = Page("nobody", "no one can", "", "", "", ())
    judged = Page("nobody", "no one can", "", "", "", (), VERDICT)
    (review,) = json.loads(published.as_reviews(export, [bare, judged]))["@graph"]
    assert review["itemReviewed"] == {"@type": "Claim", "name": "no one can"}


def _uuids(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [text for key, text in value.items() if key.endswith("uuid")]
        return own + [one for inner in value.values() for one in _uuids(inner)]
    return (
        [one for inner in value for one in _uuids(inner)]
        if isinstance(value, list)
        else []
    )


def test_results_have_what_the_format_asks_for(whole):
    """OSCAL assessment results: what is required is there, and ids are as they may be."""
    found = file(whole, "assessment-results.json")["assessment-results"]
    assert {"uuid", "metadata", "import-ap", "results"} <= found.keys()
    assert {"title", "last-modified", "version", "oscal-version"} <= {
        *found["metadata"]
    }
    (result,) = found["results"]
    assert {"uuid", "title", "description", "start", "reviewed-controls"} <= {*result}
    assert result["reviewed-controls"]["control-selections"]
    assert all(map(UUID.fullmatch, _uuids(found)))
    times = [found["metadata"]["last-modified"], result["start"]]
    times += [one["collected"] for one in result["observations"]]
    assert all(map(INSTANT.fullmatch, times))
    for one in result["observations"]:
        assert {"uuid", "description", "methods", "collected"} <= one.keys()
        assert one["methods"] == ["EXAMINE"]
        assert all(map(TOKEN.fullmatch, one["types"]))
        (exhibit,) = one["relevant-evidence"]
        assert exhibit["description"]
        assert re.fullmatch(r"export\.json#entry-\d+", exhibit["href"])
    (source,) = found["back-matter"]["resources"]
    assert found["import-ap"]["href"] == f"#{source['uuid']}"
    assert source["rlinks"][0]["href"] == "export.json"


def test_a_finding_rests_on_observations(whole):
    """A finding names the claim and the observations beside it, each of which is there."""
    found = file(whole, "assessment-results.json")["assessment-results"]
    (result,) = found["results"]
    (finding,) = result["findings"]
    assert {"uuid", "title", "description", "target"} <= finding.keys()
    assert finding["target"]["status"] == {
        "state": "not-satisfied",
        "reason": "fail",
        "remarks": "refuted; seen",
    }
    related = {one["observation-uuid"] for one in finding["related-observations"]}
    assert related == {one["uuid"] for one in result["observations"]}


@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [
        ("upheld", "satisfied", "pass"),
        ("refuted", "not-satisfied", "fail"),
        ("unproven", "not-satisfied", "other"),
    ],
)
def test_what_is_unproven_is_not_satisfied(export, word, state, reason):
    """Missing evidence never satisfies; and lists that would be empty aren't there."""
    verdict = Verdict("1st claim", word, (), NOW, "ab", "cd")
    page = Page("1st claim", "no one can", "", "", "", (), verdict)
    found = json.loads(published.as_oscal(export, [page]))["assessment-results"]
    (result,) = found["results"]
    assert "observations" not in result
    (finding,) = result["findings"]
    target = finding["target"]
    assert (target["status"]["state"], target["status"]["reason"]) == (state, reason)
    assert TOKEN.fullmatch(target["target-id"])
    assert "related-observations" not in finding


def test_a_statement_beside_two_sentences_is_one_observation(export):
    """Who said it once said it once, whatever it bears on."""
    pages = [Page(name, "so", "", "", "", (TOLD,), VERDICT) for name in ("a", "b")]
    found = json.loads(published.as_oscal(export, pages))["assessment-results"]
    assert len(found["results"][0]["observations"]) == 1
    assert len(found["results"][0]["findings"]) == 2


def test_nothing_that_is_told_is_markup():
    """Whatever a person typed stands on the page as text: no tag, no script."""
    html = telling(HOSTILE)["export.html"].decode()
    assert html.count("<script") == 0
    assert html.count("</blockquote>") == 1
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_loads_and_runs_nothing(whole):
    """Its content security rule forbids all but its own style sheet; no address, no
    script and no sound stands in it."""
    html = whole.files["export.html"].decode()
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert found is not None
    rule = unescape(found[1])
    assert rule.startswith("default-src 'none'; style-src 'sha256-")
    assert "media-src" not in rule
    for odd in (
        "<script",
        "<audio",
        "<img",
        "src=",
        "href=",
        "url(",
        "http:",
        "https:",
    ):
        assert odd not in html.split("</style>")[1], odd


def test_the_page_says_what_is_told(whole):
    """Sentence, verdict, quotes, who speaks, why one is dismissed, and what isn't shown."""
    html = unescape(whole.files["export.html"].decode())
    for text in (
        "1 public sentence, 2 statements beside them",
        "“nobody there can”",
        "REFUTED",
        "“They can see all of it.”",
        "speaker-4f2a, data engineer, engineering, US",
        "met 2021-09-07",
        "dismissed as joke or hypothetical",
        "nothing that counts",
        "denies statement 1",
        "nobody knows who speaks",
        "python -m ringfence_verify export.json --log-key KEY",
        *whole.pages[0].verdict.reasons,
    ):
        assert text in html, text


def test_the_terminal_says_the_same(whole, export):
    """What is proved, each sentence with its statements, and what isn't shown."""
    text = published_text.render(export, whole.pages)
    assert "profile auditor, made 2022-03-01" in text
    assert "that they commit to" in text
    assert "verdict REFUTED, as of 2022-03-01; seen" in text
    assert "Statement 1, against it, dismissed as joke or hypothetical" in text
    assert "reason: they laugh" in text
    for caveat in export.caveats:
        assert f"note      {caveat}" in text


def test_nothing_steers_a_terminal(export):
    """Signs that would steer a terminal or reorder its text are shown, not sent."""
    one = replace(TOLD, quote=HOSTILE, rationale=HOSTILE, translation=HOSTILE)
    text = published_text.render(export, [Page("a", HOSTILE, "", "", "", (one,))])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "translated: " in text
    html = published_html.render(export, [Page("a", HOSTILE, "", "", "", (one,))])
    assert "Translated: " in html


def test_counts_are_of_what_counts():
    """Statements once each, however many assess them; recordings, hands, speakers; not
    what is dismissed, of another place, or beside the sentence."""
    statements = (
        replace(TOLD, number=1, source=1, speaker="a", first_hand="yes"),
        replace(TOLD, number=1, source=1, speaker="a", first_hand="yes"),
        replace(TOLD, number=2, source=1, recording=2, speaker="b", hedged="yes"),
        replace(TOLD, number=3, source=2, recording=3, dismissal="retracted"),
        replace(TOLD, number=4, source=2, recording=3, outside="place"),
        replace(TOLD, number=5, source=2, recording=3, stance="supports"),
    )
    page = Page("a", "so", "", "", "", statements)
    line = "2 statements, 2 recordings, 1 source, 2 speakers, 1 first-hand, 1 hedged"
    assert published_text.against(page) == line
    assert "of another place" in published_text.heading(statements[4])
    untold = Page("a", "so", "", "", "", (TOLD, replace(TOLD, number=2)))
    assert published_text.against(untold) == "2 statements, 1 recording, 0 speakers"


def test_what_is_checked_is_told_to_programs(whole, export):
    """As JSON: each claim with its statements, its verdict, and what counts against it."""
    found = json.loads(published.as_pages(export, whole.pages))
    (claim,) = found["claims"]
    assert claim["verdict"]["verdict"] == "refuted"
    assert claim["statements"][0]["span"] == [4 * RATE, 9 * RATE]
    assert claim["against"]["statements"] == 0
    assert found["caveats"] == [*export.caveats]
