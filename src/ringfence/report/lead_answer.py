"""What the systems answer to a lead: asked in this process, told in one line.

The same functions answer as behind the commands that a person types, so that whoever
types the lead's command gets the same answer, and the same digest of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec

from ringfence.boundary.vocabulary import PRINCIPAL_KINDS
from ringfence.claims.answers import How, how
from ringfence.claims.asking import Asking, kinds_of
from ringfence.claims.audited import audited, original
from ringfence.claims.between import between
from ringfence.claims.case import Case
from ringfence.claims.check import Run, check
from ringfence.claims.extents import what
from ringfence.claims.leads import Asked, filters_of
from ringfence.claims.opened import Opened
from ringfence.claims.outcome import Outcome, Verdict
from ringfence.claims.pairs import pairs, verdict_of
from ringfence.claims.reachers import who
from ringfence.claims.recorded import file_hash
from ringfence.claims.snapshot import Ask, keep, opened
from ringfence.docket.objects import Answer, Ref
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, ExitCode, Locus
from ringfence.report import (
    answer_json,
    audit_json,
    audit_text,
    document,
    event_words,
    json,
    reach_text,
)
from ringfence.report.answer_json import Answered
from ringfence.report.answering import Screen, exit_code

_WIDE = 10_000  # cells: the first line of an answer is never broken
_CODES = {
    Verdict.UPHELD: ExitCode.ALL_UPHELD,
    Verdict.UNPROVEN: ExitCode.UNPROVEN,
    Verdict.REFUTED: ExitCode.REFUTED,
}


@dataclass(frozen=True, slots=True)
class Systems:
    """Which systems are asked, and where what is written goes.

    Attributes:
        case: The boundary file, its folder, or the output folder of a check.
        output: Folder for facts, boundary and proof; None keeps nothing of them.
        now: This instant.
        progress: Called with each stage that begins.
    """

    case: Path
    output: Path | None
    now: str
    progress: Callable[[str], None] = lambda _stage: None


@dataclass(frozen=True, slots=True)
class Told:
    """An answer.

    Attributes:
        code: The exit code that the command ends with.
        says: The answer in one line.
        content: All of it: JSON, or the bytes of a line of a log.
        proof: SHA-256 of the proof file that was written, empty if none was.
    """

    code: int
    says: str
    content: bytes
    estate: str = ""
    boundary: str = ""
    proof: str = ""

    def answer(self, lead: Ref) -> Answer:
        """Return what a docket is told of it."""
        return Answer(
            lead,
            int(self.code),
            self.says,
            self.estate,
            self.boundary,
            sha256(self.content).hexdigest(),
            self.proof,
        )


def answered(asked: Asked, systems: Systems) -> Told:
    """Ask the systems what a lead asks.

    Raises:
        RingfenceError: They can't be asked, or not this.
    """
    if asked.name == "audit show":
        return _line(asked, systems)
    if asked.name in ("audit", "check"):
        answer = _audit if asked.name == "audit" else _claim
        if systems.output is not None:
            return answer(asked, systems, systems.output)
        with tempfile.TemporaryDirectory(prefix="ringfence-") as folder:
            return answer(asked, systems, Path(folder))
    ask = Ask(systems.case, systems.now, asked.as_of, systems.progress)
    ready = opened(ask)
    told = (_pairs if asked.name == "reach pairs" else _reach)(asked, systems, ready)
    if systems.output is not None:
        keep(ready, systems.output)
    return told


def _reach(asked: Asked, systems: Systems, ready: Opened) -> Told:
    asking = Asking(ready, filters_of(asked))
    answer, render = _ways(asked, systems, asking)
    rests = how(asking)
    kind = f"{asked.name.replace(' ', '-')}/1"
    content = answer_json.answer(kind, answer, rests, asking.labels)
    says = render(rests, Screen(_WIDE, 1, asking.labels)).partition("\n")[0]
    code = exit_code(answer.crossing)
    return Told(code, says, content.encode(), rests.estate, rests.boundary)


def _ways(
    asked: Asked, systems: Systems, asking: Asking
) -> tuple[Answered, Callable[[How, Screen], str]]:
    """Return the answer, and what renders it."""
    first, *others = asked.words
    if asked.name == "reach who":
        kinds = kinds_of(asked.options.get("--kinds", "person"), PRINCIPAL_KINDS)
        reachers = who(asking, first, kinds, systems.progress)
        return reachers, partial(reach_text.who, reachers)
    if asked.name == "reach what":
        extent = what(asking, first, systems.progress)
        return extent, partial(reach_text.what, extent)
    most = int(asked.options.get("--all", "1"))
    paths = between(asking, first, others[0], most=most, progress=systems.progress)
    return paths, partial(reach_text.path, paths)


def _pairs(asked: Asked, _: Systems, ready: Opened) -> Told:
    case = Case(ready.estate, ready.boundary, ready.boundary.as_of)
    claim = asked.options["--claim"]
    chosen = {key: asked.options.get(f"--{key}") for key in ("who", "what")}
    lines = [
        json.harmless(msgspec.json.encode(path).decode()) + "\n"
        for path in pairs(case, claim, **chosen)
    ]
    verdict = verdict_of(case, claim)
    number = "1 pair" if len(lines) == 1 else f"{len(lines):,} pairs"
    rests = how(Asking(ready, filters_of(Asked("reach who"))))
    return Told(
        _CODES[verdict],
        f"{number} in reach; the claim is {verdict}",
        "".join(lines).encode(),
        rests.estate,
        rests.boundary,
    )


def _line(asked: Asked, systems: Systems) -> Told:
    if systems.output is None:
        hint = "name with `--output` the folder that an audit or a check has written"
        raise ConfigError(
            "a line is found by a table of events", Locus("--output"), hint
        )
    found = original(asked.words[0], systems.case, systems.output)
    reason = f"; it is no event: {found.reason}" if found.reason else ""
    says = f"{found.name}:{found.line}, sha256 {found.digest}{reason}"
    return Told(0, says, found.content + b"\n")


def _audit(asked: Asked, systems: Systems, folder: Path) -> Told:
    run = Run(systems.case, folder, systems.now, asked.as_of, systems.progress)
    with audited(run, selector=asked.options.get("--excluded")) as found:
        content = audit_json.audit(found.boundary, found.crossings, found.unused)
        code = audit_text.exit_code(found.crossings)
        return Told(int(code), event_words.total(found.crossings), content.encode())


def _claim(asked: Asked, systems: Systems, folder: Path) -> Told:
    run = Run(systems.case, folder, systems.now, asked.as_of, systems.progress)
    outcome = check(run)
    (name,) = asked.words
    finding = next((one for one in outcome.findings if one.claim.id == name), None)
    if finding is None:
        known = [one.claim.id for one in outcome.findings]
        message = f"there is no claim `{name}`"
        raise ConfigError(message, Locus(str(systems.case)), nearest(name, known))
    proof = file_hash(folder / finding.proof) if finding.proof else ""
    summary = finding.summary or finding.reasons[0].text
    return Told(
        _CODES[finding.verdict],
        f"by systems alone {name} is {finding.verdict}: {summary}",
        _judged(outcome, finding.number),
        outcome.estate_digest,
        outcome.boundary_digest,
        proof,
    )


def _judged(outcome: Outcome, number: int) -> bytes:
    """Return what the report says of one claim."""
    claims = json.report(document.build(outcome)).claims
    found = next(one for one in claims if one.number == number)
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    return (json.harmless(text) + "\n").encode()
