"""BODS 0.4 statements to facts."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.sources.bods.interests import Relationships
from ringfence.sources.bods.parties import KEYS, Parties
from ringfence.sources.bods.statements import statements
from ringfence.sources.gathering import Gatherer
from ringfence.sources.source import Harvest, Order


class Bods:
    """Reads beneficial-ownership statements."""

    kind = "bods"
    summary = "owners and controllers of legal entities, from BODS 0.4 statements"
    options: Sequence[str] = ("key",)

    def read(self, order: Order) -> Harvest:
        """Return people, legal entities and the stakes between them.

        Raises:
            SourceError: A file isn't BODS 0.4, or a statement can't mean anything.
        """
        gatherer = Gatherer(order, self.options)
        option = order.options.get("key")
        key = gatherer.reader.choice(option, KEYS, "key") or KEYS[0]
        parties = Parties(gatherer, key)
        relationships = Relationships(gatherer, parties)
        found = statements(gatherer)
        described = [each for each in found if each.kind != "relationship"]
        for statement in described:
            parties.name(statement)
        for statement in described:
            parties.state(statement)
        for statement in found:
            if statement.kind == "relationship":
                relationships.state(statement)
        parties.remark_dropped()
        return gatherer.harvested()


SOURCE = Bods()
