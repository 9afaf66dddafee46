"""Statements beside claims, made by hand for the renderers."""

from __future__ import annotations

from ringfence.claims.testimony import Beside, Denial, DocketSeen, Testimony
from ringfence.docket.held import Corroboration
from ringfence.docket.words import Known, Rung, Stance

SEEN = DocketSeen("docket/case", 11, "ab" * 32)


def said(number: str = "S1", **more: object) -> Testimony:
    """Return a statement that counts against a claim."""
    fields: dict[str, object] = {
        "number": number,
        "assessment": "A1",
        "reviewer": "V1",
        "stance": Stance.CONTRADICTS,
        "counts": True,
        "rung": Rung.CONFIRMED,
        "quote": "They see all.",
        "at": "R1 0:20:04",
        "recording": "R1",
        "hand": "H1",
        "start": 0,
        "end": 16_000,
        "speaker": "speaker-4f2a",
        "role": "engineer",
        "met": "2021-09",
        "first_hand": Known.YES,
        "hedged": Known.NO,
    }
    return Testimony(**(fields | more))  # type: ignore[arg-type]


DENIAL = Denial("S9", "", "R2 0:00:01", Rung.HEARD, "Not so.")
FULL = Beside(
    (
        said(denied=(DENIAL,), wording="other words", corrected=("S7", "S8")),
        said(
            "S2",
            counts=False,
            dismissal="joke_or_hypothetical",
            rationale="they laugh",
            hedged=Known.YES,
            first_hand=Known.NO,
            translation="sie sehen alles",
        ),
        said("S3", counts=False, rationale="of another country", role=""),
        said(
            "S4",
            stance=Stance.SUPPORTS,
            counts=False,
            rung=Rung.MACHINE,
            quote="",
            speaker="",
            met="",
            reviewer="",
            confidence="sure",
        ),
        said("S5", stance=Stance.CONTEXT, rung=Rung.HEARD),
    ),
    {
        Stance.CONTRADICTS: Corroboration(1, 1, 1, 0, 1, 1, 0),
        Stance.CONTEXT: Corroboration(2, 1, 0, 2, 1, 0, 2),
    },
)
HOSTILE = Beside(
    (
        said(
            quote="<script>alert(1)</script>\x1b[31m\u202e",
            speaker="<img src=x>",
            rationale="</li><b onload=x>",
            wording="\x07",
        ),
    ),
    {},
)
