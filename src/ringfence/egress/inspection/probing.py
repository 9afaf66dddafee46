"""From texts to people: candidates, their readings, and who holds them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from ringfence.egress.forms.kinds import KINDS, Kind
from ringfence.egress.index.known import Known
from ringfence.egress.inspection import patterns
from ringfence.egress.inspection.readings import TEXT, Reading, forms, readings
from ringfence.egress.inspection.sightings import DOUBTS, Doubt, Doubts, Seen, Written
from ringfence.egress.inspection.signs import NO_HEX, Sign, has, hexed, signs

NUMBER = {kind: number for number, kind in enumerate(KINDS)}
WHY = {doubt: number for number, doubt in enumerate(DOUBTS)}
SALTED = r"^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"
LEAST_HEX = 16
LEAST_RUN = 12  # signs of a candidate that is hexadecimal
ENCLOSED = r'^\\?"[^"]*"$'
RAW = pl.col("raw")
# An address or a word may have swallowed a number: `14155550100@sms.example`.
SWALLOWED = (
    r"[0-9]{7}.*@|[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}.*@|[0-9]{3}[ .\-][0-9]{4}.*@"
    r"|^[0-9A-Za-z]*[G-Zg-z][0-9A-Za-z]*[0-9a-fA-F]{12}|^[A-Za-z]+[0-9]{7,}$"
    r"|^[0-9A-Za-z]*[G-Zg-z][0-9]{7}"
)
HITS = {"at": pl.UInt32, "kind": pl.UInt8, "written": pl.UInt8, "subject": pl.UInt64}
LONG_ID = 16
"""An account's number of so many digits is no telephone number and no time."""


class Found(NamedTuple):
    """What a probe found.

    Attributes:
        seen: Columns `row`, `raw` (the candidate), `kind`, `written`, `subject`.
        doubts: Columns `row`, `why`.
        hexed: Runs of hexadecimal digits that may be text: columns `row`, `text`.
    """

    seen: pl.DataFrame
    doubts: pl.DataFrame
    hexed: pl.DataFrame


class Probe:
    """Looks for the identifiers that an index knows."""

    def __init__(self, known: Known, others: Known | None) -> None:
        """Look for what `known` holds; what `others` holds is known to be no matter."""
        self.known = known
        self.others = others
        self.shapes = known.shapes
        self.pattern = patterns.candidates(known.shapes)
        self.separated = patterns.separated(known.shapes)
        self.inside = patterns.candidates(known.shapes, is_inside=True)
        self.is_short = patterns.is_short(known.shapes)
        self.is_worded = any(kind in known.shapes for kind in WORDED) or any(
            kind in known.shapes and not known.shapes[kind].digits
            for kind in (Kind.ACCOUNT_ID, Kind.GOV_ID)
        )

    def look(
        self, frame: pl.DataFrame, written: Written, fired: pl.DataFrame | None = None
    ) -> Found:
        """Return who stands in texts.

        Args:
            frame: Columns `row` and `text`.
            written: How the texts were written.
            fired: Those of them in which digits may stand in groups; all, if not told.
        """
        found = self.extracted(frame, frame if fired is None else fired)
        if found.is_empty():
            return nothing()
        found, unique = _coded(found)
        hits = self.hits(_bare(unique))
        doubted = self._doubted(unique, hits)
        seen = (
            self._placed(found, hits)
            .with_columns(written=_combined(written))
            .select(*SEEN)
        )
        is_long = (RAW.str.len_bytes() >= LEAST_HEX) & ~has(Sign.DASH)
        long = found.filter(is_long)
        some = long[hexed(long["raw"])]
        run = RAW.str.extract(r"([0-9a-fA-F]{16,})").alias("text")
        runs = some.select("row", run).drop_nulls()
        return Found(seen, self._placed_doubts(found, frame, doubted), runs)

    def extracted(self, frame: pl.DataFrame, fired: pl.DataFrame) -> pl.DataFrame:
        """Return the candidates of texts: `row`, `raw` and `signs`."""
        found = _exploded(frame, self.pattern)
        if self.separated and not fired.is_empty():
            grouped = fired.filter(TEXT.str.contains(patterns.GROUPED))
            found = pl.concat([found, _exploded(grouped, self.separated)])
        # What is hexadecimal throughout has swallowed nothing.
        is_short = has(Sign.HEX) & (RAW.str.len_bytes() < LEAST_RUN)
        may_have = found.filter(has(Sign.AT | Sign.LETTER) | is_short)
        swallowed = may_have.filter(RAW.str.contains(SWALLOWED))
        if not swallowed.is_empty():
            inner = swallowed.select("row", RAW.alias("text"))
            found = pl.concat([found, _exploded(inner, self.inside)])
        if self.is_worded:
            found = pl.concat([found, _exploded(frame, patterns.WORD)])
        return found

    def hits(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return whose candidates are: columns of `HITS`.

        Args:
            asked: Columns `at`, `text` and `signs`.
        """
        parts = [
            found
            for reading in readings(asked, self.shapes)
            if (found := self._held(reading)) is not None
        ]
        if self.is_worded:
            parts += self._worded(asked)
        return pl.concat([pl.DataFrame(schema=HITS), *parts])

    def _held(self, reading: Reading) -> pl.DataFrame | None:
        asked = forms(reading, self.shapes[reading.kind])
        if asked.is_empty():
            return None
        rows, subjects = self.known.holders(reading.kind, asked["text"])
        if not len(rows):
            return None
        return pl.DataFrame(
            {
                "at": asked["at"].gather(pl.Series(rows, dtype=pl.UInt32)),
                "kind": np.full(len(rows), NUMBER[reading.kind], np.uint8),
                "written": np.full(len(rows), reading.written, np.uint8),
                "subject": subjects,
            },
            schema=HITS,
        )

    def _worded(self, asked: pl.DataFrame) -> list[pl.DataFrame]:
        """Return whose names, cookies and lettered numbers are among words."""
        marked = TEXT.str.contains(r"[0-9_]|^@|\w[.\-]\w")
        trimmed = asked.with_columns(TEXT.str.strip_chars(".-~%+="))
        words = trimmed.filter(marked)
        is_plain = ~TEXT.str.contains(r"^[0-9a-fA-F\-]+$")
        lettered = words.filter(TEXT.str.contains("[0-9]") & is_plain)
        value = TEXT.str.extract("^[^=]+=(.+)$")
        parts = [
            self._held(Reading(kind, frame))
            for kind, frame in (
                (Kind.ACCOUNT_NAME, words),
                (Kind.COOKIE, asked),
                (Kind.COOKIE, asked.with_columns(value).drop_nulls()),
                (Kind.ACCOUNT_ID, lettered),
                (Kind.BANK_ACCOUNT, lettered),
                (Kind.GOV_ID, lettered),
            )
            if kind in self.shapes
        ]
        return [part for part in parts if part is not None]

    def _doubted(self, unique: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
        """Return candidates that nobody holds and that somebody may: `at`, `why`."""
        bare = pl.col("raw").str.strip_chars('\\"')
        is_long = RAW.str.len_bytes().is_between(32, 68)
        long = unique.filter(is_long & has(Sign.HEX) & ~has(NO_HEX))
        salted = long.filter(bare.str.contains(SALTED)).with_columns(
            why=pl.lit(WHY[Doubt.OPAQUE], pl.UInt8)
        )
        parts = [salted]
        shape = self.others and self.shapes.get(Kind.ACCOUNT_ID)
        if shape and shape.digits:
            fits = bare.str.contains(r"^[0-9]+$") & bare.str.len_bytes().is_between(
                max(LONG_ID, shape.shortest), shape.longest
            )
            why = pl.lit(WHY[Doubt.UNKNOWN_ID], pl.UInt8)
            parts.append(unique.filter(fits).with_columns(why=why))
        asked = pl.concat(parts)
        if asked.is_empty():
            return asked.select("at", "why")
        asked = asked.join(hits.select("at").unique(), on="at", how="anti")
        return self._unexplained(asked)

    def _unexplained(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return doubted candidates but those that are exactly known as others'."""
        if self.others is None or asked.is_empty():
            return asked.select("at", "why")
        texts = asked.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"),
            pl.col("raw").str.strip_chars('\\"').alias("text"),
            "signs",
        )
        explained: set[int] = set()
        shapes = self.others.shapes
        for reading in readings(texts, shapes):
            form = forms(reading, shapes[reading.kind])
            rows = self.others.holders(reading.kind, form["text"]).row
            explained.update(form["at"].gather(pl.Series(rows, dtype=pl.UInt32)))
        return asked.filter(
            ~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(sorted(explained))
        ).select("at", "why")

    @staticmethod
    def _placed(found: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
        if hits.is_empty():
            return pl.DataFrame(schema=SEEN)
        return found.join(hits, on="at")

    @staticmethod
    def _placed_doubts(
        found: pl.DataFrame, frame: pl.DataFrame, doubted: pl.DataFrame
    ) -> pl.DataFrame:
        """Return where doubted candidates stand as the whole of a value."""
        if doubted.is_empty():
            return pl.DataFrame(schema=DOUBTED)
        raw = pl.col("raw")
        is_salted = pl.col("why") == WHY[Doubt.OPAQUE]
        is_whole = raw.str.contains(ENCLOSED) | (raw == TEXT.str.strip_chars())
        return (
            found.join(doubted, on="at")
            .join(frame, on="row")
            .filter(~is_salted | is_whole)
            .select("row", "why")
        )


SAMPLE = 1000
WORDED = (Kind.ACCOUNT_NAME, Kind.COOKIE)
SEEN = {
    "row": pl.UInt32,
    "raw": pl.String,
    "kind": pl.UInt8,
    "written": pl.UInt8,
    "subject": pl.UInt64,
}
DOUBTED = {"row": pl.UInt32, "why": pl.UInt8}


def nothing() -> Found:
    """Return that nothing was found."""
    return Found(
        pl.DataFrame(schema=SEEN),
        pl.DataFrame(schema=DOUBTED),
        pl.DataFrame(schema={"row": pl.UInt32, "text": pl.String}),
    )


def _combined(written: Written) -> pl.Expr:
    """Return how something is written that stands in a text written so."""
    own = pl.col("written")
    if written is Written.PLAIN:
        return own
    is_same = (own == Written.PLAIN) | (own == int(written))
    return (
        pl.when(is_same)
        .then(pl.lit(int(written), pl.UInt8))
        .otherwise(pl.lit(int(Written.NESTED), pl.UInt8))
    )


def _coded(found: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return candidates with their place among those to look up, and these.

    Where many are the same, each is looked up once. Columns `at`, `raw` and `signs`.
    """
    raws = found["raw"]
    some = raws.gather_every(max(len(raws) // SAMPLE, 1))
    if some.n_unique() > len(some) * 0.7:
        coded = found.with_row_index("at")
        return coded, coded.select("at", "raw", "signs")
    unique = found.select("raw", "signs").unique("raw").with_row_index("at")
    return found.join(unique.select("at", "raw"), on="raw"), unique


def _bare(unique: pl.DataFrame) -> pl.DataFrame:
    """Return candidates as `readings` takes them, without quotes around them."""
    # Before the @, a backslash begins an escape; around a digest it goes with quotes.
    is_within = has(Sign.ENCLOSED) & ~has(Sign.AT)
    asked = unique.select("at", RAW.alias("text"), "signs")
    stripped = TEXT.str.strip_chars('\\"')
    within = asked.filter(is_within).with_columns(stripped)
    return pl.concat([asked.filter(~is_within), within])


def _exploded(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """Return every match in texts: columns `row`, `raw` and `signs`."""
    found = (
        frame.select("row", TEXT.str.extract_all(pattern).alias("raw"))
        .filter(pl.col("raw").list.len() > 0)
        .explode("raw")
    )
    return found.with_columns(signs(found["raw"]))


def gathered(parts: list[Found]) -> tuple[Seen, Doubts]:
    """Return what was found, each person once a row and kind, as plainly as it is."""
    seen = pl.concat([part.seen for part in parts])
    doubts = pl.concat([part.doubts for part in parts]).unique().sort("row", "why")
    once = (
        seen.group_by("row", "kind", "subject")
        .agg(pl.col("written").min())
        .sort("row", "kind", "subject")
    )
    return (
        Seen(
            once["row"].to_numpy(),
            once["kind"].to_numpy(),
            once["written"].to_numpy(),
            once["subject"].to_numpy(),
        ),
        Doubts(doubts["row"].to_numpy(), doubts["why"].to_numpy()),
    )
