"""One small text and all that is encoded in it, without the cost of columns."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import re2

from ringfence.egress.inspection import patterns
from ringfence.egress.inspection.decoding import Decoder
from ringfence.egress.inspection.glancing import Glance
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.probing import WHY
from ringfence.egress.inspection.sightings import Doubt, Doubts, Seen, Written

LARGEST = 64 << 10
"""Characters of a text that is quicker looked at alone."""
Texts = set[tuple[Written, str]]


class Unrolling:
    """Looks at one text, and at what it becomes, round by round."""

    def __init__(
        self, glance: Glance, decoders: Iterable[Decoder], limits: Limits
    ) -> None:
        """Look at texts.

        Args:
            glance: Looks at what stands in them as it is.
            decoders: What may be encoded.
            limits: How far to decode.
        """
        self._glance = glance
        self._limits = limits
        self._decoders = [
            (_compiled(one.trigger), _compiled(one.spans) if one.spans else None, one)
            for one in decoders
        ]

    def look(
        self, text: str, written: Written = Written.PLAIN, depth: int = 0
    ) -> tuple[Seen, Doubts] | None:
        """Return who stands in a text; None: it is for the scan to say.

        Args:
            text: A text.
            written: How it was written in another, if it was.
            depth: How many encodings it was within.
        """
        seen: dict[tuple[int, int], int] = {}
        doubts: set[Doubt] = set()
        left: Texts = {(written, text)}
        for within in range(depth, self._limits.depth + 1):
            following: Texts = set()
            for outer, one in left:
                found = self._glance.held(one, is_open=True)
                if found is None or len(one) > LARGEST:
                    return None
                for (_, kind, subject), own in found[0].items():
                    how = int(combined(outer, Written(own)))
                    key = kind, subject
                    seen[key] = min(how, seen.get(key, how))
                if found[1]:
                    doubts.add(Doubt.OPAQUE)
                if self._glance.triggers.search(one):
                    following |= self._decoded(outer, one, doubts)
            if following and within == self._limits.depth:
                doubts.add(Doubt.LIMIT)
            left = following
        return _answer(seen, doubts)

    def _decoded(self, written: Written, text: str, doubts: set[Doubt]) -> Texts:
        """Return what a text becomes; why it can't be decided joins `doubts`."""
        made: Texts = set()
        for trigger, spans, decoder in self._decoders:
            some = [text] if trigger.search(text) else []
            if some and spans is not None:
                some = [found[0] for found in spans.finditer(text)]
            if len(some) > self._limits.spans:
                doubts.add(Doubt.LIMIT)
            for one in dict.fromkeys(some[: self._limits.spans]):
                found = [*decoder.decode(one, self._limits)]
                doubts.update(span.doubt for span in found if span.doubt)
                made.update(
                    (nested(written, span.written), span.text)
                    for span in found
                    if not span.doubt and span.text != one
                )
        return made


def nested(written: Written, own: Written) -> Written:
    """Return how a text is written that stands encoded in another."""
    return own if written in (Written.PLAIN, own) else Written.NESTED


def combined(written: Written, own: Written) -> Written:
    """Return how an identifier is written that stands so in a text written so."""
    if written is Written.PLAIN:
        return own
    return written if own in (Written.PLAIN, written) else Written.NESTED


def _compiled(pattern: str) -> re2.Pattern[str]:
    return re2.compile(pattern.replace(patterns.EDGE, r"\b"))


def _answer(
    seen: dict[tuple[int, int], int], doubts: set[Doubt]
) -> tuple[Seen, Doubts]:
    keys = sorted(seen)
    whys = sorted(WHY[doubt] for doubt in doubts)
    return (
        Seen(
            np.zeros(len(keys), np.uint32),
            np.array([kind for kind, _ in keys], np.uint8),
            np.array([seen[key] for key in keys], np.uint8),
            np.array([subject for _, subject in keys], np.uint64),
        ),
        Doubts(np.zeros(len(whys), np.uint32), np.array(whys, np.uint8)),
    )
