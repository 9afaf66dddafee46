"""BODS relationships: who holds what share of which entity.

An indirect interest stays beside the chain that makes it up, marked as indirect. Chains
are bounded, not double counted: at least, owners hold the sum of what is direct or the
largest that is indirect; at most, all of it. A summary that says more than its chain
isn't lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ringfence.documents.located import Located
from ringfence.errors import Locus
from ringfence.sources import names
from ringfence.sources.bods.parties import Parties
from ringfence.sources.bods.statements import Statement, moment
from ringfence.sources.gathering import Gatherer, Span
from ringfence.sources.shares import ALL, NONE, Share, number

_DIRECTNESS = ("direct", "indirect", "unknown")
_UNSTATED = ("", "unknownInterest", "unpublishedInterest")
# What an interest may be that isn't stated: each kind that a regime may count.
_COUNTED = ("shareholding", "votingRights")


@dataclass(frozen=True, slots=True)
class _Stake:
    """The two ends of a relationship."""

    owner: str
    entity: str
    statement: Statement
    reason: str = ""  # why the owner isn't disclosed


class Relationships:
    """States the stakes of relationship statements."""

    def __init__(self, gatherer: Gatherer, parties: Parties) -> None:
        self._gatherer = gatherer
        self._reader = gatherer.reader
        self._parties = parties

    def state(self, statement: Statement) -> None:
        """State the interests of one relationship."""
        details = statement.details
        owner, reason = self._party(statement, "interestedParty")
        entity, _ = self._party(statement, "subject")
        if not (owner and entity):
            return
        if not entity.startswith("legal_entity:"):
            message = "`subject` is a person, and nobody owns people"
            self._reader.note(message, statement.at)
            return
        stake = _Stake(owner, entity, statement, reason)
        interests = details.get("interests")
        if interests is None or interests.data in (None, []):
            self._unstated(stake, statement.at, statement.span, "unknown")
            return
        for interest in self._reader.each(interests, lambda it: it, "`interests`"):
            self._interest(stake, interest)

    def _party(self, statement: Statement, name: str) -> tuple[str, str]:
        """Return the id of a party, and why it isn't disclosed."""
        value = statement.details.get(name)
        if value is None:
            message = f"a relationship needs `{name}`"
            self._reader.note(message, statement.details.at)
            return "", ""
        if isinstance(value.data, dict):
            id_ = names.legal_entity(f"undisclosed/{statement.record}")
            reason = value.get("reason")
            stated = reason.text() if reason is not None else ""
            return self._gatherer.node(id_, value.at), stated or "not stated"
        record = self._reader.text(value, f"`{name}`")
        return (self._parties.id_of(record, value.at) if record else ""), ""

    def _interest(self, stake: _Stake, interest: Located) -> None:
        if not isinstance(interest.data, dict):
            self._reader.note("an interest must be an object", interest.at)
            return
        span = self._span(stake.statement, interest)
        directness = (
            self._reader.choice(
                interest.get("directOrIndirect"), _DIRECTNESS, "directOrIndirect"
            )
            or "unknown"
        )
        kind = interest.get("type")
        word = "" if kind is None else (self._reader.text(kind, "`type`") or "")
        share = self._share(interest.get("share"))
        if span is None or share is None:
            return
        if word in _UNSTATED:
            self._unstated(stake, interest.at, span, directness)
        else:
            detail = share.detail(word, directness)
            self._own(stake, detail, interest.at, span)

    def _unstated(self, stake: _Stake, at: Locus, span: Span, directness: str) -> None:
        """State an interest of an unstated kind: it may be of any, and all of it."""
        for word in _COUNTED:
            detail = Share().detail(word, directness)
            self._own(stake, detail, at, span, unknown="kind of interest not stated")

    def _own(
        self,
        stake: _Stake,
        detail: dict[str, str],
        at: Locus,
        span: Span,
        *,
        unknown: str = "",
    ) -> None:
        if stake.reason:
            detail = detail | {"undisclosed": stake.reason}
            unknown = unknown or f"owner not disclosed: {stake.reason}"
        self._gatherer.join(
            stake.owner,
            "owns",
            stake.entity,
            at=at,
            span=span,
            unknown=unknown,
            detail=detail,
        )

    def _span(self, statement: Statement, interest: Located) -> Span | None:
        """Return when an interest holds, as far as its statement does."""
        begins = moment(self._reader, interest.get("startDate"), "`startDate`")
        ends = moment(self._reader, interest.get("endDate"), "`endDate`", end=True)
        span = Span(begins, ends).within(statement.span)
        if span.is_empty:
            message = "an interest that ends before it begins was left out"
            self._gatherer.remark(message, interest.at)
            return None
        return span

    def _share(self, value: Located | None) -> Share | None:
        if value is None or value.data is None:
            return Share()
        if not isinstance(value.data, dict):
            self._reader.note("`share` must be an object", value.at)
            return None
        before = len(self._reader.problems)
        exact = self._bound(value, "exact")
        least = self._bound(value, "minimum", "exclusiveMinimum")
        most = self._bound(value, "maximum", "exclusiveMaximum")
        if len(self._reader.problems) > before:
            return None
        share = Share(least or NONE, ALL if most is None else most)
        share = share if exact is None else Share(exact, exact)
        if share.least > share.most:
            self._reader.note("the least share is above the greatest", value.at)
            return None
        return share

    def _bound(self, share: Located, *spellings: str) -> Decimal | None:
        for name in spellings:
            value = share.get(name)
            # Drafts of 0.4 wrote the exclusive bounds as true or false.
            if value is None or value.data is None or isinstance(value.data, bool):
                continue
            if not isinstance(value.data, int | float):
                self._reader.note(f"`{name}` must be a number", value.at)
                return None
            return number(self._reader, value.data, value.at, f"`{name}`")
        return None
