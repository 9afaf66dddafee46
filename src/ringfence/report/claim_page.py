"""A claim's page: what was said, what systems show, and what statements say, as one.

The verdict is that of a check, weighed against the docket as it is now: a docket that
has grown since takes upheld away here too, and the page says that it has.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.claims.claim_page import ClaimPage, Uttered
from ringfence.claims.contested import ERASED, UNREAD
from ringfence.claims.outcome import Hop, Reason, Verdict
from ringfence.claims.outcome import Path as Way
from ringfence.claims.verdict import CONTESTED, weighed
from ringfence.errors import ConfigError, Locus
from ringfence.report.events import Events, told
from ringfence.report.json import Judged, Report, Step
from ringfence.report.json import Way as Written
from ringfence.report.section import Witness, witness
from ringfence.report.wording import day

REPORT = "report.json"
_OURS = (CONTESTED, UNREAD, ERASED)
_OUTDATED = Reason("docket-older", "the docket says otherwise by now: check again")


@dataclass(frozen=True, slots=True)
class Joined:
    """A claim's page, ready to be shown.

    Attributes:
        page: What the docket holds.
        judged: What the check says of the claim.
        as_of: The day that the verdict speaks of.
        verdict: The verdict beside the docket as it is now; `reasons` for it.
        notes: What is to be known of how check and docket go together.
        witness: The shortest witness, if there is one.
        events: What logs tell, for a claim about events.
        proof: File of the proof, from here; empty if there is none.
        commands: How to check the proof, and how to judge again.
    """

    page: ClaimPage
    judged: Judged
    as_of: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    witness: Witness | None
    events: Events | None
    proof: str
    commands: tuple[tuple[str, str], ...]

    @property
    def is_contested(self) -> bool:
        """Whether a statement keeps the claim from being upheld."""
        return any(one.code == CONTESTED for one in self.reasons)

    @property
    def title(self) -> str:
        """One sentence: `stored-in-us is unproven, contested`."""
        contested = ", contested" if self.is_contested else ""
        return f"{self.page.claim} is {self.verdict}{contested}"


def kept(folder: Path) -> Report:
    """Return the report that a check has written to a folder.

    Raises:
        ConfigError: There is none, or it is none.
    """
    path = folder / REPORT
    at = Locus(str(path))
    hint = "`ringfence check CASE --docket DOCKET --output FOLDER` writes it"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError:
        raise ConfigError("there is no report of a check", at, hint) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ConfigError("is no report of this version", at, hint) from None


def judged_of(report: Report, claim: str) -> Judged:
    """Return what a report says of one claim.

    Raises:
        ConfigError: It says nothing of it.
    """
    for one in report.claims:
        if one.id == claim:
            return one
    known = ", ".join(f"`{one.id}`" for one in report.claims)
    hint = f"it judged {known or 'no claim'}"
    raise ConfigError(f"the check judged no claim `{claim}`", Locus("CLAIM"), hint)


def joined(page: ClaimPage, report: Report, folder: str) -> Joined:
    """Return a claim's page.

    Args:
        page: What the docket holds.
        report: What a check came to.
        folder: The folder of the check, as the reader would type it.
    """
    judged = judged_of(report, page.claim)
    shown = tuple(one for one in judged.reasons if one.code not in _OURS)
    verdict, reasons = weighed(judged.verdict, shown, page.documents)
    if verdict is Verdict.UNPROVEN and not reasons:
        reasons = (_OUTDATED,)
    paths = [witness(_way(one), report.labels) for one in judged.paths[:1]]
    is_kept = judged.proof is not None and verdict is judged.verdict
    return Joined(
        page,
        judged,
        day(report.as_of),
        verdict,
        reasons,
        tuple(_notes(page, judged, report)),
        paths[0] if paths else None,
        told(judged.crossings, report.labels),
        str(judged.proof) if is_kept else "",
        (
            ("to re-check", f"python -m ringfence_verify {shlex.quote(folder)}"),
            ("to look", f"{shlex.quote(folder)}/report.html"),
        ),
    )


def said(one: Uttered) -> str:
    """Return who said a sentence, when and where."""
    capture = f"capture sha256 {one.capture}" if one.capture else ""
    who = one.by or "nobody is named"
    return ", ".join(filter(None, (who, one.on, one.where, capture)))


def _notes(page: ClaimPage, judged: Judged, report: Report) -> Iterator[str]:
    if report.docket is None:
        yield "the check was made without this docket; it is weighed in here"
    elif report.docket.name != page.seen.name:
        yield f"the check read another docket, {report.docket.name}"
    elif judged.beside != page.beside:
        then, now = report.docket.entries, page.seen.entries
        yield (
            f"the docket had {then:,} entries when it was checked and has {now:,} now, "
            "some on this claim: it is weighed as it is now"
        )
    if not page.uttered:
        yield "the docket holds no sentence of this claim"


def _way(one: Written) -> Way:
    """Return a path of a report as it was before it was written."""
    return Way(
        one.origin,
        one.target,
        one.verb,
        tuple(map(_hop, one.steps)),
        tuple(map(_hop, one.because)),
        one.request,
    )


def _hop(one: Step) -> Hop:
    return Hop(
        one.tail,
        one.head,
        one.phrase,
        one.at,
        one.source,
        one.line,
        one.open,
        one.dispute,
    )
