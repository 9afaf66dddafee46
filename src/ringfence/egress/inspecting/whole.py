"""Columns whose values are identifiers throughout: there is nothing to search in them.

A value that is all digits, all hexadecimal, or one plain address is one candidate, and
what it may be is told by how long it is. It is asked for at once. Everything else goes
the way of any text; so does a value in which something may be encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from ringfence.egress.forms.bytewise import (
    are_figures,
    bytes_of,
    hiding,
    holds_capitals,
    paired,
)
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.inspecting.candidates import (
    LONGEST,
    TEXT,
    Asked,
    Shapes,
    of_abroad,
    of_addresses,
    of_figures,
    of_letters,
)
from ringfence.egress.inspection import patterns
from ringfence.egress.inspection.numbers import ADDRESS_NAME
from ringfence.egress.inspection.probing import NUMBER, SALTED, SWALLOWED, WHY
from ringfence.egress.inspection.scanner import FEW, Scanner
from ringfence.egress.inspection.sightings import Doubt, Doubts, Seen

LEAST_HEX = 14  # signs; a shorter word may be a number in base 36
_SAMPLE = 64
LABEL = r"[A-Za-z0-9]+(?:\-[A-Za-z0-9]+)*"
_MAC = 12  # digits of a MAC address
_TOLD_APART = frozenset({Kind.BANK_ACCOUNT, Kind.IP})  # by more than by digits
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
FIGURES = rf"^[0-9]{{{patterns.LEAST_RUN},{LONGEST}}}$"
LETTERED = rf"^(?:[0-9a-fA-F]{{{LEAST_HEX},{LONGEST}}}|{_UUID})$"
ADDRESS = (
    r"^[A-Za-z0-9][A-Za-z0-9_\-]*(?:\.[A-Za-z0-9_\-]+)*"
    rf"@{LABEL}(?:\.{LABEL})?\.[A-Za-z]{{2,}}$"
)
ABROAD = r"^\+[1-9][0-9]{7,14}$"

Answer = tuple[Seen, Doubts]


class Whole:
    """Looks through columns of which many values are identifiers throughout."""

    def __init__(self, scanner: Scanner) -> None:
        """Give the answers of a scanner."""
        probe = scanner.probe
        self._scanner = scanner
        self._known = probe.known
        self._shapes = shapes = probe.shapes
        self._classes: dict[str, tuple[_Fits, _Class]] = {}
        self._least = 0
        if probe.others is not None:  # whoever is in neither set is a doubt
            return
        self._least = 0 if probe.is_worded else _least_number(shapes)
        self._classes[FIGURES] = _are_figures, self._figures
        if _is_plain_hex(shapes):
            hides = f"{scanner.hides}|{patterns.WIDE_HEXED}"
            self._classes[LETTERED] = _are_lettered(hides), self._lettered
        if Kind.PHONE in shapes and not probe.is_worded:
            hides = f"{scanner.hides}|{patterns.HEXED}"
            self._classes[ABROAD] = _fitting_to(ABROAD, hides), self._abroad
        if Kind.EMAIL in shapes and not probe.is_worded:
            odd = f"{scanner.hides}|{_swallowing(shapes, short=probe.is_short)}"
            self._classes[ADDRESS] = _fitting_to(ADDRESS, odd), self._addresses

    def look(self, texts: pl.Series) -> Answer:
        """Return what `Scanner.few` does, of a column."""
        classes = self._likely(texts)
        if not classes:
            return self._scanner.few(texts)
        rows = pl.int_range(len(texts), dtype=pl.UInt32, eager=True)
        left = pl.DataFrame({"row": rows, "text": texts})
        parts: list[Answer] = []
        for pattern in classes:
            fits_of, ask = self._classes[pattern]
            fits = fits_of(left["text"])
            if fits.all():
                own, left = left, left.clear()
            else:
                own, left = left.filter(fits), left.filter(~fits)
            if not own.is_empty():
                parts.append(ask(own))
        if not left.is_empty():
            at = left["row"].to_numpy()
            seen, doubts = self._scanner.few(left["text"])
            seen = seen._replace(row=at[seen.row])
            parts.append((seen, doubts._replace(row=at[doubts.row])))
        return (
            Seen.joined([seen for seen, _ in parts]),
            Doubts.joined([doubts for _, doubts in parts]),
        )

    def numbers(self, series: pl.Series) -> Answer:
        """Return what `Scanner.scan_numbers` does, of a column that has a name."""
        if series.dtype.is_decimal() or not self._least:
            return self._scanner.scan_numbers(series)
        if Kind.IP in self._shapes and ADDRESS_NAME.search(series.name):
            return self._scanner.scan_numbers(series)
        large = ((series >= self._least) | (series < 0)).fill_null(value=False)
        at = large.arg_true().to_numpy().astype(np.uint32)
        some = series.filter(large)
        if some.dtype.is_integer() and len(some) and int(some.min()) > 0:  # type: ignore[arg-type]
            frame = pl.DataFrame({"row": at, "text": some.cast(pl.String)})
            return self._figures(frame)
        seen, doubts = self._scanner.scan_numbers(some)
        return seen._replace(row=at[seen.row]), doubts._replace(row=at[doubts.row])

    def _likely(self, texts: pl.Series) -> list[str]:
        """Return the patterns that some of the values have."""
        if len(texts) <= FEW:
            return []
        some = texts.gather_every(max(len(texts) // _SAMPLE, 1))
        return [one for one in self._classes if some.str.contains(one).any()]

    def _figures(self, frame: pl.DataFrame) -> Answer:
        return self._answered(of_figures(frame, self._shapes)), Doubts.none()

    def _abroad(self, frame: pl.DataFrame) -> Answer:
        bare = frame.with_columns(TEXT.str.slice(1))
        return self._answered(of_abroad(bare, self._shapes)), Doubts.none()

    def _lettered(self, frame: pl.DataFrame) -> Answer:
        seen = self._answered(of_letters(frame, self._shapes))
        salted = frame.filter(TEXT.str.contains(SALTED))["row"].to_numpy()
        salted = np.setdiff1d(salted, seen.row)
        why = np.full(len(salted), WHY[Doubt.OPAQUE], np.uint8)
        return seen, Doubts(salted, why)

    def _addresses(self, frame: pl.DataFrame) -> Answer:
        if holds_capitals(bytes_of(frame["text"])):
            frame = frame.with_columns(TEXT.str.to_lowercase())
        shape = self._shapes[Kind.EMAIL]
        return self._answered(of_addresses(frame, shape)), Doubts.none()

    def _answered(self, asked: Iterator[Asked]) -> Seen:
        parts: list[Seen] = []
        kinds: list[Kind] = []
        for one in asked:
            if one.frame.is_empty():
                continue
            row, subject = self._known.holders(one.kind, one.frame["text"])
            count = len(row)
            if not count:
                continue
            parts.append(
                Seen(
                    one.frame["row"].to_numpy()[row],
                    np.full(count, NUMBER[one.kind], np.uint8),
                    np.full(count, one.written, np.uint8),
                    subject,
                )
            )
            kinds.append(one.kind)
        seen = Seen.joined(parts)
        return seen if len(set(kinds)) == len(kinds) else _once(seen)


_Class = Callable[[pl.DataFrame], Answer]
_Fits = Callable[[pl.Series], pl.Series]


def _fitting_to(pattern: str, odd: str) -> _Fits:
    """Return what says which texts have a pattern throughout, and hide nothing."""

    def fits(texts: pl.Series) -> pl.Series:
        return texts.str.contains(pattern) & ~texts.str.contains(odd)

    return fits


def _are_lettered(odd: str) -> _Fits:
    """Return what says which texts are hexadecimal, and hide nothing."""
    fits_to = _fitting_to(LETTERED, odd)

    def fits(texts: pl.Series) -> pl.Series:
        # As a pattern, pairs are the dearest of all.
        hidden = paired(bytes_of(texts))
        # Digits alone may be what no hexadecimal is, though a sample showed none.
        found = fits_to(texts) & texts.str.contains("[a-fA-F]")
        return found.scatter(hidden, values=False) if len(hidden) else found

    return fits


def _are_figures(texts: pl.Series) -> pl.Series:
    """Return which texts are of digits alone, and hide nothing."""
    content = bytes_of(texts)
    sizes = texts.str.len_bytes()
    fits = sizes.is_between(patterns.LEAST_RUN, LONGEST)
    if not are_figures(content):
        fits &= texts.str.contains("^[0-9]+$")
    hidden = hiding(content)
    return fits.scatter(hidden, values=False) if len(hidden) else fits


def _once(seen: Seen) -> Seen:
    """Return each person once a row and kind, as plainly as it is written."""
    order = np.lexsort((seen.written, seen.subject, seen.kind, seen.row))
    row, kind = seen.row[order], seen.kind[order]
    written, subject = seen.written[order], seen.subject[order]
    first = np.ones(len(row), np.bool_)
    first[1:] = (
        (row[1:] != row[:-1]) | (kind[1:] != kind[:-1]) | (subject[1:] != subject[:-1])
    )
    return Seen(row[first], kind[first], written[first], subject[first])


def _least_number(shapes: Shapes) -> int:
    """Return the least number that is somebody's, 0 if it isn't known."""
    if patterns.is_short(shapes):
        return 0
    if patterns.is_sparse(shapes):
        least = patterns.based_sizes(shapes[Kind.ACCOUNT_ID])[0]
        if least < patterns.LEAST_RUN:
            return 0
    return int("1".ljust(patterns.LEAST_RUN, "0"))


def _is_plain_hex(shapes: Shapes) -> bool:
    """Return whether hexadecimal digits are read as such and as nothing else."""
    bank, account = shapes.get(Kind.BANK_ACCOUNT), shapes.get(Kind.ACCOUNT_ID)
    if bank is not None and not bank.digits:
        return False
    if account is None or not patterns.is_sparse(shapes):
        return True
    return patterns.based_sizes(account)[1] < LEAST_HEX


def _swallowing(shapes: Shapes, *, short: bool) -> str:
    """Return what an address has that may hold a number of somebody's."""
    if short or _TOLD_APART & {*shapes}:
        return SWALLOWED
    device = shapes.get(Kind.DEVICE_ID)
    if device is not None and device.shortest <= _MAC:
        return SWALLOWED
    # A number comes without its country code, and with zeros before it.
    least = min([shape.shortest for shape in shapes.values()], default=0) - 1
    return rf"[0-9]{{{max(least, patterns.LEAST_RUN)},}}|[0-9a-fA-F]{{12}}"
