"""The page: escaped, self-contained, accessible, the same as the document."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from ringfence.claims.outcome import Verdict
from ringfence.report import html
from ringfence.report.document import build
from ringfence.report.markup import breakable, element
from tests.unit.report import outcomes

NAMES = ("realistic", "logged", "empty", "hostile")
VOID = {"meta", "wbr"}
# Everything that the page may be made of; what isn't here came from a name.
KNOWN = {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "content", "name"},
    "a": {"href"},
    "section": {"id", "class", "aria-labelledby"},
    "table": {"aria-label"},
    "th": {"scope", "class"},
    "h2": {"id"},
    "svg": {"xmlns", "width", "viewbox", "role", "aria-labelledby"},
    "title": {"id"},
    "desc": {"id"},
    "path": {"d", "stroke-width", "stroke-opacity", "class"},
    "rect": {"x", "y", "width", "height", "class", "fill-opacity"},
    "circle": {"cx", "cy", "r", "class"},
    "text": {"x", "y", "class"},
    **{
        tag: {"class"}
        for tag in ("p", "span", "td", "dl", "ol", "div", "g", "tspan", "figure")
    },
}

# These have no attribute at all.
BARE = set(
    re.findall(
        r"\w+",
        """
        head style body header main footer h1 h3 dt dd thead tbody tr ul li code
        strong blockquote figcaption wbr
        """,
    )
)


class Page(HTMLParser):
    """What a browser's parser sees: elements, attributes, text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.strange: list[str] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in KNOWN and tag not in BARE:
            self.strange.append(tag)
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name not in KNOWN.get(tag, set()):
                self.strange.append(f"{tag} {name}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.strange.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.strange.append(f"comment {data}")


@pytest.fixture(scope="module", params=NAMES)
def source(request: pytest.FixtureRequest) -> str:
    return html.render(build(getattr(outcomes, request.param)(), folder="out"))


def test_the_page_is_made_of_known_parts(source: str):
    """No element, attribute or comment is there that the renderer doesn't write."""
    page = Page(source)
    assert (page.strange, page.open) == ([], [])


def test_nothing_on_the_page_can_run_or_load(source: str):
    """Links stay within the page; no script, handler, style attribute or address."""
    page = Page(source)
    links = [value for _, name, value in page.attributes if name in {"href", "src"}]
    assert [
        link for link in links if not re.fullmatch(r"#claim-\d+(-proxy)?", link)
    ] == []
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    assert "url(" not in source
    assert "@import" not in source


def test_the_rule_names_the_style_sheet_by_its_hash(source: str):
    """The content security rule forbids everything but the one sheet on the page."""
    sheets = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    assert len(sheets) == 1
    digest = base64.b64encode(hashlib.sha256(sheets[0].encode()).digest()).decode()
    rule = next(v for _, name, v in Page(source).attributes if name == "content")
    assert rule == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_the_rule_comes_before_anything_that_it_governs(source: str):
    """A rule in a meta element binds only what follows it."""
    assert source.index("Content-Security-Policy") < source.index("<title>")


def test_every_text_is_printable(source: str):
    """Overrides and control characters are visible on the page, not at work."""
    assert source.replace("\n", "").isprintable()


def test_pictures_are_well_formed_xml(source: str):
    """Each map stands on its own as SVG."""
    for picture in re.findall(r"<svg.*?</svg>", source, re.DOTALL):
        assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314


def test_pictures_have_a_name_and_a_description():
    """Whoever can't see a map is told what it shows."""
    source = html.render(build(outcomes.realistic()))
    pictures = re.findall(r"<svg.*?</svg>", source, re.DOTALL)
    assert len(pictures) == 2
    for picture in pictures:
        root = ET.fromstring(picture)  # noqa: S314
        named = root.attrib["aria-labelledby"].split()
        found = [node.attrib["id"] for node in root if "id" in node.attrib]
        assert (root.attrib["role"], named) == ("img", found)
        assert all("".join(node.itertext()).strip() for node in root[:2])


def test_ids_are_unique_and_every_link_has_its_end(source: str):
    """Each anchor exists once."""
    page = Page(source)
    ids = [value for _, name, value in page.attributes if name == "id"]
    links = {value[1:] for _, name, value in page.attributes if name == "href"}
    assert len(ids) == len(set(ids))
    assert links <= set(ids)


def test_each_row_of_the_table_links_to_its_claim():
    """From a verdict one click leads to what it rests on."""
    page = Page(html.render(build(outcomes.realistic())))
    links = [value for _, name, value in page.attributes if name == "href"]
    assert links[:8] == [f"#claim-{number}" for number in range(1, 9)]


def test_the_page_tells_all_that_the_document_holds():
    """Sentences, summaries, reasons, places, gaps and digests are all there."""
    found = build(outcomes.realistic(), folder="out")
    shown = " ".join("".join(Page(html.render(found)).texts).split())
    for section in found.sections:
        assert section.finding.claim.says in shown
        assert section.row.summary in shown
        assert all(reason.text in shown for reason in section.finding.reasons)
        for station in section.witnesses[0].stations if section.witnesses else ():
            assert station.name in shown
            assert station.at in shown
    assert all(gap.text in shown for gap in found.unseen)
    assert all(item.text in shown for item in found.assumptions)
    assert all(digest in shown for _, digest in found.digests)
    assert found.check.line in shown


def test_hostile_names_are_shown_as_text():
    """A name that looks like markup is read as the name it is."""
    shown = "".join(Page(html.render(build(outcomes.hostile()))).texts)
    assert outcomes.HOSTILE[0] in shown
    assert outcomes.HOSTILE[4] in shown
    assert outcomes.HOSTILE[6] in shown
    assert "\\u202egnp.exe" in shown


def test_refuted_claims_come_before_the_others():
    """The page leads with what was refuted, then what is open, then what holds.

    A proxy, whatever its verdict, stands directly after its own claim.
    """
    found = build(outcomes.realistic())
    heads = re.findall(r'<h2 id="claim-(\d+(?:-proxy)?)"', html.render(found))
    own = [row.number for row in found.rows if row.verdict == Verdict.REFUTED]
    assert heads[: len(own)] == list(map(str, own))
    proxies = [head for head in heads if head.endswith("-proxy")]
    assert proxies
    for proxy in proxies:
        assert heads[heads.index(proxy) - 1] == proxy.removesuffix("-proxy")
    verdicts = re.findall(r'<section class="(\w+)"', html.render(found))
    assert (
        verdicts
        == ["refuted"] * 3 + ["unproven", "refuted", "unproven"] + ["upheld"] * 3
    )


def test_a_name_may_be_broken_where_its_parts_end():
    """After `/` and `.` within a name a line may end; the name stays as it is."""
    made = element("code", *breakable("a/b.c.d e. f"))
    assert [child.tail for child in made] == ["b.", "c.", "d e. f"]
    assert "".join(made.itertext()) == "a/b.c.d e. f"
    assert [child.tag for child in made] == ["wbr"] * 3


@pytest.mark.parametrize("is_said", [True, False])
def test_who_said_it_has_a_column_where_anybody_did(*, is_said: bool):
    """A column of dashes is left out."""
    outcome = outcomes.realistic()
    if not is_said:
        outcome = outcomes.unsaid(outcome)
    assert ("Said by" in html.render(build(outcome))) is is_said


def test_a_claim_about_events_has_its_pictures_and_tables():
    """Timeline, heat maps, exhibits, meters and logs are told, and what is left out."""
    found = build(outcomes.logged())
    source = html.render(found)
    shown = " ".join("".join(Page(source).texts).split())
    events = found.sections[8].events
    assert events is not None
    assert events.total in shown
    assert events.people.told in shown
    for row in events.exhibits:
        assert row.id in shown
        assert row.what in shown
        assert row.place in shown
    assert "297 crossings more" in shown
    assert all(row.remark in shown for row in events.meters)
    assert all(text in shown for text in (*events.unknown, *events.unmetered))
    assert all(remark in shown for log in found.logs for remark in log.remarks)
    for part in ("timeline", "people", "tools"):
        assert f'id="claim-8-{part}-title"' in source
    assert "claim-9-people" not in source


def test_a_claim_is_told_without_a_table_where_nobody_crossed():
    """An open claim has its timeline, and no empty table."""
    outcome = outcomes.logged()
    source = html.render(build(replace(outcome, findings=(outcome.findings[8],))))
    assert "claim-9-timeline" in source
    assert "Crossings one by one" not in source
    assert "Distinct people" not in source
