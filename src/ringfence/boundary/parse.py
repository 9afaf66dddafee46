"""The boundary file: YAML 1.2 to a `Boundary`, every problem reported at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ringfence.boundary.channelling import Channelling
from ringfence.boundary.excluded import Exclusions
from ringfence.boundary.fields import BOUNDARY
from ringfence.boundary.gating import Gating
from ringfence.boundary.model import Boundary
from ringfence.boundary.networks import networks
from ringfence.boundary.order import LogOrder, Orders
from ringfence.boundary.regime import Regime, categories, shipped
from ringfence.boundary.sections import Ordered, Sections
from ringfence.boundary.sentences import Names, Sentences
from ringfence.documents.located import Located, Reader, parse_moment
from ringfence.documents.yaml import read_yaml
from ringfence.errors import ConfigError, SourceError

_DAYS = re.compile(r"([1-9][0-9]{0,4}) days?", re.ASCII)
_WRITE_DATE = "write `2022-01-31`, or `2022-01-31T09:30:00Z`"


@dataclass(frozen=True, slots=True)
class BoundaryFile:
    """A boundary file, read.

    Attributes:
        boundary: The boundary, every regime resolved into it.
        sources: For each source what to read, its own options, and its place.
        logs: What each log is asked for.
    """

    boundary: Boundary
    sources: tuple[Ordered, ...]
    logs: tuple[LogOrder, ...] = ()


def parse_boundary(
    text: str,
    name: str,
    *,
    as_of: str | None = None,
    source_kinds: Collection[str],
    log_kinds: Collection[str] = (),
    regimes: Mapping[str, Regime] | None = None,
) -> BoundaryFile:
    """Return the boundary in `text`.

    Args:
        text: The file's content.
        name: What messages call the file.
        as_of: The instant that verdicts speak of, instead of the file's own.
        source_kinds: Kinds of source that can be read.
        log_kinds: Kinds of log that can be read.
        regimes: Regimes that the file may draw on, instead of those shipped.

    Raises:
        ConfigError: The file can't be used; the error carries every problem.
    """
    try:
        root = read_yaml(text, name)
    except SourceError as error:
        raise ConfigError.of(error.problems) from None
    instant = None if as_of is None else parse_moment(as_of)
    if as_of is not None and instant is None:
        raise ConfigError(f"`{as_of}` is no date", None, _WRITE_DATE)
    known = shipped() if regimes is None else regimes
    reading = _Reading(Reader(), known, source_kinds, log_kinds)
    file = reading.file(root, instant)
    if reading.reader.problems:
        raise ConfigError.of(dict.fromkeys(reading.reader.problems))
    return file


@dataclass(frozen=True, slots=True)
class _Reading:
    reader: Reader
    regimes: Mapping[str, Regime]
    source_kinds: Collection[str]
    log_kinds: Collection[str]

    def file(self, root: Located, instant: str | None) -> BoundaryFile:
        fields = self.reader.fields(
            root,
            required=BOUNDARY.required,
            optional=BOUNDARY.optional,
            what="a boundary",
        )
        get = fields.get
        stated = self.reader.moment(get("as_of"), "`as_of`")
        as_of = instant or stated or ""
        sections = Sections(self.reader, as_of)
        exclusions = Exclusions(self.reader, self.regimes, as_of)
        self._check_names(sections, fields)
        selectors = exclusions.selectors(get("excluded"))
        excluded = self.reader.entries(get("excluded"), "`excluded`")
        names = Names(
            {**dict.fromkeys(excluded), **{one.name: one for one in selectors}},
            sections.unique(get("protected"), "name", "protection"),
            sections.unique(get("exceptions"), "name", "exception"),
            has_places="places" in fields,
        )
        sections.unique(get("claims"), "id", "claim")
        unclassified = self.reader.choice(
            get("unclassified"), ("unknown", "no"), "answer for `unclassified`"
        )
        boundary = Boundary(
            name=sections.name(get("boundary"), "a boundary"),
            population=self.reader.text(get("population"), "`population`") or "",
            protected=sections.protections(get("protected"), categories(self.regimes)),
            places=sections.places(get("places")),
            excluded=selectors,
            claims=Sentences(self.reader, sections, names).claims(get("claims")),
            as_of=as_of,
            max_age_days=self._days(get("max_age")),
            unclassified="no" if unclassified == "no" else "unknown",
            exceptions=sections.exceptions(get("exceptions")),
            networks=networks(self.reader, sections, get("networks")),
            regimes=exclusions.used(),
            gate=Gating(self.reader, sections, names).gate(get("gate")),
            egress=Channelling(self.reader, sections, names).egress(get("egress")),
        )
        return BoundaryFile(
            boundary,
            sections.sources(get("sources"), self.source_kinds),
            Orders(self.reader, sections, self.log_kinds).logs(get("logs")),
        )

    def _check_names(self, sections: Sections, fields: Mapping[str, Located]) -> None:
        chosen = fields.get("excluded")
        entries = chosen.data if chosen and isinstance(chosen.data, dict) else {}
        for name, entry in entries.items():
            sections.check_name(name, entry.key_at or entry.at, "selector")

    def _days(self, value: Located | None) -> int:
        default = 31
        if value is None:
            return default
        found = _DAYS.fullmatch(str(value.data))
        if found is None:
            hint = "write `31 days`"
            self.reader.note("`max_age` must be a number of days", value.at, hint)
            return default
        return int(found[1])
