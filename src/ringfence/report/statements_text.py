"""Statements as text and as JSON: lists, one with its history, what a search found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from ringfence.docket.finding.kept import Kept
from ringfence.docket.finding.listing import Page, Row
from ringfence.docket.finding.searching import Found
from ringfence.docket.finding.shown import Shown, named, spelt
from ringfence.docket.finding.suggesting import Suggestion
from ringfence.docket.held import Corroboration
from ringfence.docket.ladder import difference
from ringfence.docket.objects import (
    Answer,
    Assessment,
    Hand,
    Handling,
    Object,
    Recording,
    Ref,
    Sentence,
    Span,
    Speaker,
    Statement,
    Transcript,
    told,
)
from ringfence.docket.quoting import bearing, reach_of
from ringfence.docket.times import code
from ringfence.docket.words import Rung
from ringfence.errors import printable

Form = Literal["text", "json"]
_REF = 64  # hexadecimal digits
_WHY = ("for", "what", "reason", "profile", "from", "to")  # of a step of custody
INDEX_ONLY = "written by a machine, heard by nobody: an index, not a quote"


def page(index: Kept, one: Page, form: Form) -> str:
    """Return a page of a list of statements."""
    if form == "json":
        rows = [_row_json(index, row) for row in one.rows]
        return dumped({"total": one.total, "after": one.after, "statements": rows})
    lines = [line for row in one.rows for line in _row_lines(index, row)]
    lines.append(f"{len(one.rows):,} of {one.total:,} statements")
    if one.after:
        lines.append(f"more: --after S{one.after}")
    return "\n".join(lines) + "\n"


def _row_lines(index: Kept, row: Row) -> Iterable[str]:
    statement = row.statement
    who = index.number(statement.speaker) if statement.speaker else "nobody knows who"
    parts = (
        where(index, statement),
        who,
        met(statement),
        str(row.ladder.rung),
        "" if row.stands else "corrected",
    )
    yield f"{row.number}  " + ", ".join(part for part in parts if part)
    yield f"    {quoted(row.ladder.quote)}"


def _row_json(index: Kept, row: Row) -> dict[str, object]:
    return {
        "number": row.number,
        "ref": row.held.ref,
        "recording": index.number(row.statement.recording),
        "speaker": index.number(row.statement.speaker) if row.statement.speaker else "",
        "span": times(row.statement.span),
        "passage": row.statement.passage,
        "met": met(row.statement),
        "rung": str(row.ladder.rung),
        "quote": row.ladder.quote,
        "first_hand": str(row.statement.first_hand),
        "hedged": str(row.statement.hedged),
        "stands": row.stands,
    }


# --- one statement --------------------------------------------------------------------


def statement(index: Kept, one: Shown, form: Form) -> str:
    """Return one statement with its history."""
    if form == "json":
        return dumped(_shown_json(index, one))
    blocks = (
        [f"{one.number}  {quoted(one.ladder.quote)}"],
        _facts(index, one),
        _machine(one),
        _hearings(index, one),
        _assessments(index, one),
        _leads(index, one),
        _custody(index, one),
    )
    return "\n".join(line for block in blocks for line in block) + "\n"


def _facts(index: Kept, one: Shown) -> list[str]:
    said = one.said.statement
    at = one.chain.index(one.number)
    later = ", ".join(one.chain[at + 1 :])
    replaced = one.head != one.number
    rows = [
        ("where", where(index, said)),
        ("who", _who(index, said, one.said.speaker)),
        ("when", met(said)),
        ("quote", _rung(one)),
        ("corrects", ", ".join(one.chain[:at])),
        ("replaced by", one.head if replaced else later and f"{later}, once heard"),
        ("first hand", str(said.first_hand)),
        ("hedged", str(said.hedged)),
        ("language", said.language),
        ("translation", said.translation),
        ("denies", index.number(said.denies) if said.denies else ""),
        ("denied by", ", ".join(one.denied_by)),
        ("logged", f"{one.held.time}, entry {one.held.index}"),
        ("ref", one.held.ref),
    ]
    return [f"  {key:<13}{printable(value)}" for key, value in rows if value]


def _rung(one: Shown) -> str:
    if one.ladder.rung is Rung.MACHINE and one.said.statement.transcript:
        return INDEX_ONLY
    if one.ladder.rung is Rung.MACHINE:
        return "typed, heard by nobody"
    return str(one.ladder.rung)


def _who(index: Kept, said: Statement, speaker: Speaker | None) -> str:
    if not said.speaker:
        return "nobody knows who"
    parts = (speaker.name, speaker.role, speaker.unit) if speaker else ("erased",)
    return f"{index.number(said.speaker)} " + ", ".join(part for part in parts if part)


def _machine(one: Shown) -> list[str]:
    if not one.machine:
        return []
    lines = [f"  machine      {quoted(one.machine)}"]
    for before, after in difference(one.machine, one.ladder.quote):
        wrote = quoted(before) if before else "nothing"
        lines.append(f"    {wrote} is {quoted(after) if after else 'not in the quote'}")
    return lines


def _hearings(index: Kept, one: Shown) -> list[str]:
    return [
        f"  {index.number(at.ref)} {at.time} {printable(named(index, told.by))}"
        f"{', blind' if told.blind else ''}: {_outcome(one, at.ref)}"
        + (f" {quoted(told.text)}" if at.ref in one.ladder.differing else "")
        for at, told in one.hearings
    ]


def _outcome(one: Shown, ref: Ref) -> str:
    if ref == one.ladder.heard:
        return "heard it first"
    if ref in one.ladder.confirmed:
        return "confirms it"
    return "heard otherwise:" if ref in one.ladder.differing else "heard the same"


def _assessments(index: Kept, one: Shown) -> list[str]:
    stands = {ref for each in one.standing for ref, _ in each.assessments}
    lines = []
    for at, each in one.assessments:
        old = "" if at.ref in stands else ", replaced"
        lines.append(
            f"  {index.number(at.ref)} {at.time} {printable(named(index, each.by))}: "
            f"{index.number(each.sentence)} {bearing(each.stance, each.dismissal)}, "
            f"{reach_of(each)}{old}"
        )
        lines += [f"    {printable(each.rationale)}"] if each.rationale else []
    return lines


def _leads(index: Kept, one: Shown) -> list[str]:
    lines = []
    for at, lead, answers in one.leads:
        lines.append(f"  {index.number(at.ref)} asks: {printable(lead.asks)}")
        lines += [
            f"    {index.number(each.ref)} code {answer.code}: {printable(answer.says)}"
            for each, answer in answers
        ]
    return lines


def _custody(index: Kept, one: Shown) -> list[str]:
    return [
        f"  {index.number(at.ref)} {at.time} {index.number(step.thing)} {step.step}"
        + (f" by {printable(named(index, step.by))}" if step.by else "")
        for at, step in one.custody
    ]


def _shown_json(index: Kept, one: Shown) -> dict[str, object]:
    stands = {ref for each in one.standing for ref, _ in each.assessments}
    return {
        "number": one.number,
        "ref": one.held.ref,
        "entry": one.held.index,
        "time": one.held.time,
        "statement": numbered(index, one.said.statement),
        "speaker": one.said.speaker and told(one.said.speaker),
        "times": times(one.said.statement.span),
        "rung": str(one.ladder.rung),
        "quote": one.ladder.quote,
        "machine": one.machine,
        "difference": difference(one.machine, one.ladder.quote) if one.machine else [],
        "corrections": one.chain,
        "stands": one.head,
        "denied_by": one.denied_by,
        "hearings": [
            {
                "number": index.number(at.ref),
                "time": at.time,
                **numbered(index, heard),
                "outcome": _outcome(one, at.ref).rstrip(":"),
            }
            for at, heard in one.hearings
        ],
        "assessments": [
            {
                "number": index.number(at.ref),
                "time": at.time,
                **numbered(index, each),
                "stands": at.ref in stands,
            }
            for at, each in one.assessments
        ],
        "leads": [
            {
                "number": index.number(at.ref),
                **numbered(index, lead),
                "answers": [numbered(index, answer) for _, answer in answers],
            }
            for at, lead, answers in one.leads
        ],
        "custody": [
            {"number": index.number(at.ref), "time": at.time, **numbered(index, step)}
            for at, step in one.custody
        ],
    }


# --- what is found --------------------------------------------------------------------


def found(rows: Sequence[Found], form: Form) -> str:
    """Return what a search found."""
    if form == "json":
        keys = ("number", "ref", "kind", "field", "snippet", "statement")
        told = [
            {key: getattr(one, key) for key in keys} | {"times": _times(one)}
            for one in rows
        ]
        return dumped({"found": told})
    lines = []
    for one in rows:
        about = f" ({one.statement})" if one.statement not in {"", one.number} else ""
        at = "" if one.start is None else f" from {code(one.start)}"
        lines.append(f"{one.number}{about}  {one.kind}, {one.field}{at}")
        lines.append(f"    {printable(one.snippet)}")
    return "\n".join(lines or ["nothing holds these words"]) + "\n"


def _times(one: Found) -> dict[str, object] | None:
    if one.start is None or one.end is None:
        return None
    return times(Span(one.start, one.end))


def suggestions(
    index: Kept, number: str, rows: Sequence[Suggestion], form: Form
) -> str:
    """Return which sentences a statement may bear on."""
    note = "a suggestion by shared words: how it bears on a sentence is yours to say"
    if form == "json":
        told = [
            {"sentence": index.number(one.ref), "shared": one.shared} for one in rows
        ]
        return dumped({"statement": number, "suggestions": told, "note": note})
    does = "may bear on" if rows else "shares no word with any sentence"
    lines = [f"{number} {does}"]
    for one in rows:
        sentence = index.get(one.ref)
        says = sentence.says if isinstance(sentence, Sentence) else ""
        lines.append(f"  {index.number(one.ref)}  {quoted(says)}")
        lines += [
            f"      {field}: {printable(', '.join(words))}"
            for field, words in one.shared.items()
        ]
    return "\n".join([*lines, note]) + "\n"


def corroborated(one: Corroboration) -> str:
    """Return in words how often something was said."""
    unnamed = f" and {one.unnamed} of whom nobody knows" if one.unnamed else ""
    return (
        f"{many(one.statements, 'statement')} in "
        f"{many(one.recordings, 'recording')}, {many(one.speakers, 'speaker')}"
        f"{unnamed}, {many(one.hands, 'source')}, {one.first_hand} first hand, "
        f"{one.hedged} hedged"
    )


def many(count: int, what: str) -> str:
    """Return how many there are of something."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


# --- parts ----------------------------------------------------------------------------


def where(index: Kept, one: Statement) -> str:
    """Return where a statement is heard or read."""
    place = spelt(one.span) or one.passage
    return f"{index.number(one.recording)} {printable(place)}".rstrip()


def met(one: Statement) -> str:
    """Return the date of a meeting, as far as it is known."""
    return one.met_day or one.met_month or one.met_year


def quoted(text: str) -> str:
    """Return a text in quotes, on one line."""
    return f'"{printable(" ".join(text.split()))}"'


def times(span: Span | None) -> dict[str, object] | None:
    """Return a span as samples and as time codes."""
    if span is None:
        return None
    ends = {"from": code(span.start), "to": code(span.end)}
    return {"start": span.start, "end": span.end, **ends}


def numbered(index: Kept, one: Object) -> dict[str, object]:
    """Return the fields of an object, with numbers where they refer to others."""
    found = told(one)
    found.pop("seed", None)  # of a recording: the salts of its blocks are drawn from it
    return {name: _numbered(index, value) for name, value in found.items()}


def _numbered(index: Kept, value: object) -> object:
    if isinstance(value, dict):
        return {name: _numbered(index, each) for name, each in value.items()}
    is_ref = isinstance(value, str) and len(value) == _REF and index.kind(value)
    return index.number(value) if is_ref and isinstance(value, str) else value


def dumped(value: object) -> str:
    """Return a value as JSON."""
    plain = msgspec.to_builtins(value)
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def brief(index: Kept, one: Object | None) -> str:
    """Return what an object is, in a line."""
    if one is None:
        return "erased"
    if isinstance(one, Recording):
        size = f"{one.size:,} bytes"
        long = code(one.sound.samples) if one.sound else size
        return f"{one.form}, {long}, {index.number(one.hand)}, {one.grade}"
    if isinstance(one, Hand):
        return "who it is lies sealed" if one.sealed else "nobody wrote down who it is"
    if isinstance(one, Statement):
        return f"{where(index, one)} {quoted(one.quote)}"
    if isinstance(one, Assessment):
        bears = bearing(one.stance, one.dismissal)
        return f"{index.number(one.statement)}, {index.number(one.sentence)}: {bears}"
    return printable(", ".join(filter(None, _parts(index, one))))


def _parts(index: Kept, one: Object) -> Iterable[str]:
    if isinstance(one, Transcript):
        wrote = "by a person" if one.origin.by == "human" else "by a machine"
        words = many(len(one.words), "word")
        return (index.number(one.recording), words, wrote, one.origin.engine)
    if isinstance(one, Answer):
        return (index.number(one.lead), f"exit {one.code}: {one.says}")
    if isinstance(one, Sentence):
        return (one.claim, one.says)
    told = numbered(index, one).items()
    hidden = {"sealed", "match"}
    kept = [one for name, one in told if isinstance(one, str) and name not in hidden]
    detail = one.detail if isinstance(one, Handling) else {}
    return [*kept, *(f"{name} {detail[name]}" for name in _WHY if name in detail)]
