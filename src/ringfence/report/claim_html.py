"""A claim's page as one HTML file: no script, no network, clips in the file itself."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from ringfence.claims.claim_page import Followed
from ringfence.claims.outcome import Verdict
from ringfence.report import (
    beside,
    claim_text,
    events_text,
    html,
    html_beside,
    html_witness,
)
from ringfence.report.blocks import pairs
from ringfence.report.claim_page import Joined, said
from ringfence.report.head import head
from ringfence.report.markup import breakable, element, page

_WIDE = 120  # cells of a line that is shown as it is


def render(
    joined: Joined,
    clips: Mapping[str, bytes] | None = None,
    missing: Mapping[str, str] | None = None,
) -> str:
    """Return the page.

    Args:
        joined: What it shows.
        clips: WAV files of statements, by number.
        missing: Why a statement has none, by number.
    """
    clips, missing = clips or {}, missing or {}
    sounds = {number: _sound(content) for number, content in clips.items()}
    sounds |= {number: _none(why) for number, why in missing.items()}
    return page(
        element(
            "html",
            head(joined.title, sound=bool(clips)),
            element(
                "body",
                _header(joined),
                element("main", *_main(joined, sounds)),
                _footer(joined),
            ),
            lang="en",
        )
    )


def _sound(content: bytes) -> Element:
    source = f"data:audio/wav;base64,{base64.b64encode(content).decode()}"
    return element("audio", controls="controls", src=source)


def _none(why: str) -> Element:
    return element("div", f"no sound of it: {why}", class_="soft")


def _header(joined: Joined) -> Element:
    docket = joined.page.seen
    over = f"Claim {joined.page.claim} · {docket.name}"
    return element(
        "header",
        element("p", over, class_="over"),
        element("h1", f"“{joined.judged.says}”"),
        pairs(
            (one.number, f"{said(one)}: “{one.says}”") for one in joined.page.uttered
        ),
    )


def _main(joined: Joined, sounds: Mapping[str, Element]) -> Iterable[Element | None]:
    yield _verdict(joined)
    if joined.page.beside.statements:
        shown = html_beside.shown(joined.page.beside, sounds)
        yield element("section", *shown, id="statements")
    else:
        yield element(
            "section",
            element("h2", "No statement stands beside it"),
            element("p", beside.CAVEAT, class_="soft"),
        )
    if joined.page.leads:
        heading = element("h2", "From statements to systems", id="leads")
        yield element("section", heading, *map(_lead, joined.page.leads))


def _verdict(joined: Joined) -> Element:
    judged = joined.judged
    badge = element(
        "span", joined.verdict.upper(), class_=f"verdict {joined.verdict.value}"
    )
    contested = ", contested" if joined.is_contested else ""
    proxy = judged.proxy
    return element(
        "section",
        element("h2", "Verdict: ", badge, contested, id="verdict"),
        element("p", *breakable(judged.summary), class_="summary")
        if judged.summary
        else None,
        *_shown(joined),
        element("p", f"Its proxy is {proxy.verdict}.") if proxy is not None else None,
        pairs(_rests(joined), "asked"),
        class_=joined.verdict.value,
    )


def _shown(joined: Joined) -> Iterable[Element]:
    """Yield what decides first: reasons of what is open, else the witness."""
    reasons = [*_reasons(joined)]
    if joined.verdict is Verdict.UNPROVEN:
        yield from reasons
    if joined.witness is not None:
        yield html_witness.shown(joined.witness, "The shortest witness")
    yield from _events(joined)
    if joined.verdict is not Verdict.UNPROVEN:
        yield from reasons


def _reasons(joined: Joined) -> Iterable[Element]:
    if joined.reasons:
        yield element("h3", html.REASONS[joined.verdict])
        yield element("ul", *(element("li", one.text) for one in joined.reasons))


def _rests(joined: Joined) -> Iterable[tuple[str, str]]:
    yield "as of", joined.as_of
    yield "proof", joined.proof or "none"
    for note in joined.notes:
        yield "note", note


def _events(joined: Joined) -> Iterable[Element]:
    if joined.events is not None:
        lines = events_text.brief(joined.events, _WIDE)
        yield element("ul", *(element("li", " ".join(line.split())) for line in lines))


def _lead(lead: Followed) -> Element:
    answers = [
        element(
            "li",
            element("strong", f"{one.number}: {one.says}"),
            element(
                "span",
                f" {one.time[:10]}, exit {one.code}, {claim_text.digests(one)}",
                class_="place",
            ),
        )
        for one in lead.found
    ]
    return element(
        "div",
        element("h3", f"{lead.number}, from {lead.statement}: {lead.asks}"),
        element("p", element("code", f"ringfence {shlex.join(lead.command)}")),
        element("ul", *answers) if answers else element("p", "No answer yet."),
    )


def _footer(joined: Joined) -> Element:
    docket = joined.page.seen
    told = (
        *joined.commands,
        (f"docket, {docket.entries:,} entries", docket.root),
    )
    cells = [
        element("div", element("dt", word), element("dd", element("code", text)))
        for word, text in told
    ]
    return element(
        "footer",
        element("h2", "To check this page", id="check"),
        element("dl", *cells, class_="digests"),
    )
