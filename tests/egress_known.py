"""A tiny index in memory, for tests: the protocol `Known`, by dictionaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from ringfence.egress.forms.canonical import canonical
from ringfence.egress.forms.digests import DIGESTED
from ringfence.egress.forms.digests import of as digests_of
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.known import Epoch, Holders, Shape


class Remembered:
    """An index that is a dictionary: no key, no file, no filter."""

    def __init__(self, people: Mapping[int, Iterable[tuple[Kind, str]]]) -> None:
        """Remember the identifiers of people, and digests of e-mails and phones."""
        self.keys: dict[Kind, dict[str, set[int]]] = {}
        for subject, identifiers in people.items():
            for kind, text in identifiers:
                self._add(kind, canonical(kind, text), subject)
                for digest in digests_of(kind, text) if kind in DIGESTED else ():
                    self._add(DIGESTED[kind], digest, subject)
        self.shapes = {kind: _shape(forms) for kind, forms in self.keys.items()}
        self.epoch = Epoch(
            number=1,
            digest="0" * 64,
            made="2026-01-01T00:00:00Z",
            keys=sum(map(len, self.keys.values())),
            subjects=len(people),
        )

    def _add(self, kind: Kind, form: str | None, subject: int) -> None:
        assert form is not None, f"no {kind}"
        self.keys.setdefault(kind, defaultdict(set))[form].add(subject)

    def holders(self, kind: Kind, canonical: pl.Series) -> Holders:
        """Return whose these canonical forms are."""
        forms = self.keys.get(kind, {})
        found = [
            (row, subject)
            for row, form in enumerate(canonical.to_list())
            if form in forms
            for subject in sorted(forms[form])
        ]
        return Holders(
            np.array([row for row, _ in found], np.uint32),
            np.array([subject for _, subject in found], np.uint64),
        )

    def holders_of(self, kind: Kind, canonical: str) -> tuple[int, ...]:
        """Return the subject numbers that share one canonical form."""
        return tuple(sorted(self.keys.get(kind, {}).get(canonical, ())))


def _shape(forms: Mapping[str, set[int]]) -> Shape:
    lengths = [len(form) for form in forms]
    return Shape(
        keys=len(lengths),
        shortest=min(lengths),
        longest=max(lengths),
        digits=all(form.isascii() and form.isdigit() for form in forms),
    )
