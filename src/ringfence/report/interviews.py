"""An interview file as Markdown and as JSON.

Everything that came from a recording or from a reviewer's keyboard is written so that
Markdown sees no markup in it, and no line of it is taken for one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from ringfence.claims.interviews import Examined, Interviewed, Interviews, OnClaim
from ringfence.docket.objects import RATE
from ringfence.docket.times import code
from ringfence.docket.words import Form, Rung
from ringfence.errors import printable
from ringfence.report import beside
from ringfence.report.json import harmless
from ringfence.report.wording import counted

_KEPT = (
    "Each recording and document was sealed, hashed and logged as it was received; "
    "each quote names its recording and place."
)
_COUNTED = (
    "A statement counts once a reviewer has listened and typed it; it is confirmed "
    "once a second one, shown nothing, has typed the same words."
)
_HAND = "and each is one source, however much it holds."
SCHEMA = "interviews/1"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
_START = re.compile(r"^(\s*)([-+=]|\d+[.)])")
_RUNGS = {
    Rung.MACHINE: "found by a machine, and quoted nowhere",
    Rung.HEARD: "heard by one reviewer",
    Rung.CONFIRMED: "confirmed by a second reviewer, who listened blind",
}


def json(found: Interviews) -> str:
    """Return an interview file as JSON, with the caveat that holds for all of it."""
    plain = msgspec.to_builtins(found)
    told = {"ringfence": SCHEMA, **plain, "caveat": beside.CAVEAT}
    text = msgspec.json.format(msgspec.json.encode(told), indent=2).decode()
    return harmless(text) + "\n"


def markdown(found: Interviews) -> str:
    """Return an interview file as Markdown."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Interviews) -> Iterator[str]:
    docket = found.docket
    yield "# Interview file"
    yield ""
    yield (
        "For the report of an audit under 28 CFR 202.1002, which describes the "
        "methodology, the documents reviewed and the personnel interviewed "
        "((f)(2)(ii)). It holds what was "
        f"logged in {_plain(docket.name)} ({docket.entries:,} entries, root "
        f"`{docket.root}`) when it was made, {_plain(found.made)}."
    )
    yield ""
    yield beside.CAVEAT
    yield from _methodology(found)
    yield from _documents(found)
    yield from _personnel(found)
    for one in found.claims:
        yield from _claim(one)
    yield from _further(found)
    yield from _section("What this file doesn't say", found.missing)


def _section(title: str, entries: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    told = [*entries]
    yield from (f"- {one}" for one in told)
    if not told:
        yield "None is logged."


def _methodology(found: Interviews) -> Iterator[str]:
    entries = [
        _KEPT,
        _COUNTED,
        *(
            f"{_statements(found.rungs[rung])} {words}"
            for rung, words in _RUNGS.items()
        ),
        f"{counted(found.hands, 'hand', 'hands')} handed things over, {_HAND}",
        *(
            f"Transcripts for finding, never for quoting: {_plain(one)}"
            for one in found.engines
        ),
        *(
            f"Reviewer {one.number}: {_plain(one.role or 'role not logged')}"
            + (", has a conflict and neither heard nor assessed" * one.conflict)
            for one in found.workers
        ),
    ]
    if found.erased or found.refused:
        entries.append(
            f"{found.erased:,} logged objects were erased; {found.refused:,} are there "
            "that may not be, and count for nothing."
        )
    yield from _section("Methodology", entries)


def _statements(number: int) -> str:
    return counted(number, "statement", "statements")


def _documents(found: Interviews) -> Iterator[str]:
    documents = [one for one in found.examined if one.form is not Form.SOUND]
    sounds = [one for one in found.examined if one.form is Form.SOUND]
    yield from _section("Documents reviewed", map(_examined, documents))
    yield from _section("Recordings heard", map(_examined, sounds))


def _examined(one: Examined) -> str:
    long = "" if one.seconds is None else f", {code(one.seconds * RATE, digits=0)} long"
    told = (
        f"{one.number}: {_plain(one.media)}, {one.size:,} bytes{long}",
        one.grade,
        f"received {_plain(one.received)} from {one.hand or 'a hand that was erased'}",
        f"kept on the ground of {_plain(one.basis)}" if one.basis else "",
        f"kept until {_plain(one.until)}" if one.until else "",
        f"sha256 `{_plain(one.content)}`",
    )
    return ", ".join(filter(None, told))


def _personnel(found: Interviews) -> Iterator[str]:
    entries = [*map(_interviewed, found.interviewed)]
    if found.unnamed:
        entries.append(f"{_statements(found.unnamed)} by nobody knows whom")
    yield from _section("Personnel interviewed", entries)


def _interviewed(one: Interviewed) -> str:
    known = filter(None, (one.role, one.unit, one.country))
    about = ", ".join(map(_plain, known)) or "role not logged"
    when = ", ".join(map(_plain, one.met)) or "no date"
    return (
        f"{_plain(one.name)} ({one.number}): {about}; met {when}; "
        f"{_statements(one.statements)}, {one.first_hand:,} first-hand, "
        f"{one.hedged:,} hedged"
    )


def _claim(one: OnClaim) -> Iterator[str]:
    yield from _section(
        f"On {_plain(one.claim)}",
        (
            f"{part.number}: “{_plain(part.says)}” "
            f"({_plain(', '.join(filter(None, (part.by, part.on, part.where))))})"
            for part in one.uttered
        ),
    )
    for line in beside.counts(one.beside):
        yield f"- {line}"
    for told in one.beside.statements:
        yield ""
        yield f"**{beside.heading(told)}** {_plain(beside.quoted(told))}"
        yield f"  {_plain(beside.about(told))}"
        for remark in beside.remarks(told):
            yield f"  - {_plain(remark)}"


def _further(found: Interviews) -> Iterator[str]:
    if found.further:
        yield from _section(
            "Statements beside no sentence",
            (
                f"{one.number} “{_plain(one.quote)}” ({_plain(one.at)}, "
                f"{_plain(one.speaker or 'nobody knows who speaks')}, {one.rung})"
                for one in found.further
            ),
        )


def _plain(text: str) -> str:
    """Return a text in which Markdown sees no markup, on one line."""
    escaped = _MARKUP.sub(r"\\\1", printable(" ".join(text.split())))
    return _START.sub(r"\1\\\2", escaped)
