"""The `excluded` part of a boundary file: selectors by regime, or spelled out.

Whatever a selector takes for granted becomes a sentence here, and travels with every
verdict that rests on the selector.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ringfence.boundary.fields import BY_REGIME, SPELLED_OUT
from ringfence.boundary.grammar import Answer, Grammar, countries_of
from ringfence.boundary.model import Attribute, Owned, RegimeUsed, Selector, Test
from ringfence.boundary.regime import Assumption, Regime, groups
from ringfence.boundary.selector import leaves
from ringfence.documents.located import Located, Reader, nearest

_UNDISCLOSED = "shares that no source states are taken to be held by nobody excluded"
_TAKEN = {
    "designated": "whoever isn't recorded as designated is taken not to be",
    "state_of": "an entity that isn't recorded as a state, or an organ of one, "
    "is taken not to be",
    "location": "a person whose location isn't recorded is taken not to be in a "
    "country that the selector asks for",
}


@dataclass(slots=True)
class Exclusions:
    """Reads selectors and remembers which regimes they draw on."""

    reader: Reader
    regimes: Mapping[str, Regime]
    as_of: str = ""
    drawn: set[str] = field(default_factory=set)

    def selectors(self, value: Located | None) -> tuple[Selector, ...]:
        """Return the selectors, in the order of the file."""
        entries = self.reader.entries(value, "`excluded`")
        found = (self._selector(name, entry) for name, entry in entries.items())
        return tuple(one for one in found if one is not None)

    def used(self) -> tuple[RegimeUsed, ...]:
        """Return the regimes that were drawn on, by id."""
        return tuple(self.regimes[name].used for name in sorted(self.drawn))

    def _selector(self, name: str, entry: Located) -> Selector | None:
        by_regime = entry.get("regime") is not None
        shape = BY_REGIME if by_regime else SPELLED_OUT
        manner = "selector" if by_regime else "spelled-out selector"
        fields = self.reader.fields(
            entry,
            required=shape.required,
            optional=shape.optional,
            what=f"{manner} `{name}`",
        )
        if fields.get("regime") is not None:
            return self._by_regime(name, fields)
        return self._spelled_out(name, fields)

    def _undisclosed(self, fields: Mapping[str, Located]) -> Answer:
        stated = fields.get("undisclosed")
        chosen = self.reader.choice(stated, ("unknown", "no"), "answer")
        return "unknown" if chosen == "unknown" else "no"

    def _spelled_out(self, name: str, fields: Mapping[str, Located]) -> Selector | None:
        grammar = Grammar(
            self.reader,
            groups(self.regimes),
            at=self.as_of,
            undisclosed=self._undisclosed(fields),
        )
        people = grammar.test(fields.get("people"), "person")
        entities = grammar.test(fields.get("entities"), "legal_entity")
        self.drawn.update(grammar.drawn)
        if people is None or entities is None:
            return None
        return Selector(
            name,
            people,
            entities,
            countries=countries_of((people, entities)),
            assumptions=tuple(_taken((people, entities), ())),
        )

    def _by_regime(self, name: str, fields: Mapping[str, Located]) -> Selector | None:
        regime = self._regime(fields["regime"])
        if regime is None:
            return None
        self.drawn.add(regime.id)
        countries = self._countries(regime, fields)
        chosen = self._assumed(regime, fields.get("assume"))
        absent = {k: v for option in chosen for k, v in option.absent.items()}
        grammar = Grammar(
            self.reader,
            regime.groups,
            countries=countries,
            at=self.as_of,
            absent=absent,
            undisclosed=self._undisclosed(fields),
        )
        if not countries:
            return None
        people = grammar.test(regime.people, "person")
        entities = grammar.test(regime.entities, "legal_entity")
        if people is None or entities is None:
            return None
        sentences = (
            *regime.assumptions,
            *(option.says for option in chosen),
            *_taken((people, entities), absent),
            *self._dates(regime),
        )
        return Selector(
            name,
            people,
            entities,
            regime=regime.id,
            countries=countries,
            assumptions=tuple(dict.fromkeys(sentences)),
        )

    def _regime(self, value: Located) -> Regime | None:
        chosen = self.reader.choice(value, self.regimes, "regime")
        return self.regimes[chosen] if chosen else None

    def _countries(
        self, regime: Regime, fields: Mapping[str, Located]
    ) -> tuple[str, ...]:
        stated = fields.get("countries")
        if not regime.turns_on:
            if stated is None:
                hint = "add `countries: [..]`"
                message = f"regime `{regime.id}` needs `countries`"
                self.reader.note(message, fields["regime"].at, hint)
                return ()
            grammar = Grammar(self.reader, groups(self.regimes), at=self.as_of)
            codes = grammar.codes(stated)
            self.drawn.update(grammar.drawn)
            return codes
        if stated is not None:
            hint = "leave `countries` out, or use `regime: country-residence`"
            message = f"regime `{regime.id}` names its own countries"
            self.reader.note(message, stated.key_at or stated.at, hint)
        return regime.groups[regime.turns_on].codes(self.as_of)

    def _assumed(self, regime: Regime, value: Located | None) -> list[Assumption]:
        chosen = []
        for text, at in self.reader.located_texts(value, "`assume`"):
            option = regime.assume.get(text)
            if option is None:
                hint = nearest(text, regime.assume) if regime.assume else None
                message = f"regime `{regime.id}` has no assumption `{text}`"
                self.reader.note(message, at, hint or "leave `assume` out")
            else:
                chosen.append(option)
        return chosen

    def _dates(self, regime: Regime) -> Iterator[str]:
        used = regime.used
        if self.as_of and self.as_of < used.in_force:
            yield (
                f"{regime.short} came into force on {used.in_force[:10]}; "
                "applied here as a yardstick"
            )
        if self.as_of and used.until and used.until <= self.as_of:
            yield (
                f"{regime.short} ended on {used.until[:10]}; "
                "applied here as a yardstick"
            )


def _taken(tests: Iterable[Test], chosen: Iterable[str]) -> Iterator[str]:
    """Yield what tests take for granted, but for attributes decided by choice."""
    known = set(chosen)
    for test in tests:
        for leaf in leaves(test):
            if isinstance(leaf, Owned):
                if leaf.remainder == "no":
                    yield _UNDISCLOSED
                continue
            name = leaf.name if isinstance(leaf, Attribute) else "employer"
            if leaf.absent == "no" and name not in known:
                generic = f"where no `{name}` is recorded, it is taken not to match"
                yield _TAKEN.get(name, generic)
