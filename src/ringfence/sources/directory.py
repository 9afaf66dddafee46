"""The facts of a directory as they are stated: nodes, accounts, edges, and counts.

An account is not the person who signs in to it: whoever resets a password obtains the
account, and nothing else of that person. So an account is a role of its own, and what
leads to it says who holds it: a person, a service account, or a credential that nobody
is said to hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.boundary.protection import patterns
from ringfence.boundary.vocabulary import (
    DATA_KINDS,
    EDGE_KINDS,
    LABEL,
    EdgeKind,
    Flow,
    kind_of,
)
from ringfence.errors import Locus
from ringfence.estate.facts import Fact, edge, node
from ringfence.sources import names
from ringfence.sources.directory_rights import ACCOUNT, FILTERED, PREMISES, Meaning
from ringfence.sources.gathering import Gatherer

OPTIONS = ("people", "service_accounts", "unmapped")
DEFAULT_KIND = "role"
UNMAPPED = ("undecided", "ignored")
DISABLED = "account disabled"
_ALIASES = {"mail": "email"}
# Ids of Windows and of Entra: one id in whatever case it was written.
_FOLDED = re.compile(
    r"(?:.*-)?S-1-\d[\d-]*(?:-\w+)?"
    r"|\{?[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}?",
    re.IGNORECASE,
)


def object_id(text: str) -> str:
    """Return the id of an object as every file writes it."""
    text = text.strip()
    return text.upper().strip("{}") if _FOLDED.fullmatch(text) else text


def node_id(kind: str, object_: str) -> str:
    """Return our id of an object of a kind of ours (or an account)."""
    if kind == "person":
        return names.person(object_)
    return f"{DEFAULT_KIND if kind == ACCOUNT else kind}:{object_}"


@dataclass(frozen=True, slots=True)
class Account:
    """What a file says of an account.

    Attributes:
        id: Its object id.
        name: The name that it signs in with.
        properties: Everything that is said of it.
        managed: Whether computers alone know its password (a gMSA or sMSA).
        at: Where that is said.
    """

    id: str
    name: str
    properties: Mapping[str, object]
    managed: bool
    at: str


@dataclass(slots=True)
class _Tally:
    count: int
    at: Locus


class Directory:
    """States what a directory holds, once each, and counts what isn't understood."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._facts = gatherer.harvest.facts
        self._seen: set[tuple[str, ...]] = set()
        self._tallies: dict[str, _Tally] = {}
        self.people = gatherer.option("people")
        option = gatherer.order.options.get("unmapped")
        chosen = gatherer.reader.choice(option, UNMAPPED, "`unmapped`")
        self.is_deciding = (chosen or UNMAPPED[0]) == "undecided"
        self._services = patterns(
            gatherer.reader.texts(
                gatherer.order.options.get("service_accounts"), "`service_accounts`"
            )
        )
        self._accounts = self._linked = self._unheld = 0

    def count(self, what: str, at: Locus) -> None:
        """Count one thing of a sort that a note then tells the number of."""
        tally = self._tallies.get(what)
        if tally is None:
            self._tallies[what] = _Tally(1, at)
        else:
            tally.count += 1

    def node(self, id_: str, at: str, label: str = "") -> None:
        """State that there is a node, and what people call it."""
        if (id_,) not in self._seen:
            self._seen.add((id_,))
            self._state(node(id_, at=at, source=self._source))
        if label.strip() and (id_, LABEL) not in self._seen:
            self._seen.add((id_, LABEL))
            self.attribute(id_, LABEL, label, at)

    def attribute(
        self, id_: str, name: str, value: str, at: str, *, unknown: str = ""
    ) -> None:
        """State an attribute of a node."""
        self._state(
            Fact(
                fact="attribute",
                id=id_,
                name=name,
                value=value,
                at=at,
                source=self._source,
                unknown=unknown,
            )
        )

    def join(
        self,
        tail: str,
        kind: str,
        head: str,
        at: str,
        doubt: str = "",
        *,
        verb: str = "",
        control: str = "",
        needs: tuple[str, ...] = (),
    ) -> None:
        """State an edge, unless it was stated already or leads nowhere new."""
        key = (tail, kind, head, doubt, verb, control, *needs)
        if tail == head or key in self._seen:
            return
        self._seen.add(key)
        self._state(
            edge(
                tail,
                kind,
                head,
                at=at,
                source=self._source,
                verb=verb,
                control=control,
                needs=needs,
                unknown=doubt,
            )
        )

    def mean(self, tail: str, meaning: Meaning, head: str, at: str) -> bool:
        """State an edge of theirs; return whether its meaning fits what it joins."""
        if meaning.turned:
            tail, head = head, tail
        if not meaning.kind:
            return True
        if not fits(tail, EDGE_KINDS[meaning.kind], head):
            return False
        for verb in meaning.verbs or ("",):
            self.join(tail, meaning.kind, head, at, meaning.doubt, verb=verb)
        return True

    def premise(self, tail: str, right: str, head: str, at: str) -> None:
        """State a right that gives something only together with another one."""
        held, first = f"{head}/{right}", f"{head}/{PREMISES[0]}"
        self.node(held, at, f"right {right}")
        self.join(tail, "can_assume", held, at)
        if right == PREMISES[1]:
            self._join_with(first, held, "can_change", head, at)
        elif right == PREMISES[2]:
            kept = f"{head}/{FILTERED}"
            self.node(kept, at, FILTERED)
            self._join_with(first, held, "can_assume", kept, at)

    def _join_with(self, need: str, tail: str, kind: str, head: str, at: str) -> None:
        self.join(tail, kind, head, at, needs=(need,))
        self.node(need, at)

    def doubt(self, what: str, name: str, tail: str, head: str, at: Locus) -> bool:
        """Count an edge that isn't understood, and state it as undecided.

        Returns False if no edge can say so, because it starts from data.
        """
        if not self.is_deciding:
            self.count(f"{what}: not understood, and ignored as ordered", at)
            return True
        self.count(f"{what}: not understood, each counts as undecided", at)
        from_data = kind_of(tail) in DATA_KINDS
        kind = "contains" if from_data else "can_change"
        if not fits(tail, EDGE_KINDS[kind], head):
            return False
        self.join(tail, kind, head, str(at), f"what `{name}` gives is not known")
        return True

    def account(self, account: Account) -> None:
        """State an account, and who holds it."""
        role = node_id(ACCOUNT, account.id)
        if (role, ACCOUNT) in self._seen:
            return
        self._seen.add((role, ACCOUNT))
        self._accounts += 1
        enabled = account.properties.get("enabled")
        if isinstance(enabled, bool):
            self.attribute(role, "login", "yes" if enabled else "no", account.at)
        else:
            reason = "whether the account is enabled isn't stated"
            self.attribute(role, "login", "", account.at, unknown=reason)
        control = DISABLED if enabled is False else ""
        for holder in self._holders(account):
            self.join(holder, "can_assume", role, account.at, control=control)

    def person(self, properties: Mapping[str, object]) -> str:
        """Return the person whom the ordered property names, or nothing."""
        if not self.people:
            return ""
        name = self.people
        value = properties.get(name) or properties.get(_ALIASES.get(name, name))
        if not isinstance(value, str) or not value.strip():
            return ""
        return names.person(value)

    def _holders(self, account: Account) -> list[str]:
        if person := self.person(account.properties):
            self._linked += 1
            self.node(person, account.at)
            return [person]
        if account.name.strip() and self._services.match(account.name):
            service = f"service_account:{account.name.strip()}"
            self.node(service, account.at)
            return [service]
        if account.managed:
            return []
        self._unheld += 1
        credential = f"credential:{account.id}"
        self.node(credential, account.at)
        return [credential]

    def finish(self) -> None:
        """Tell the counts."""
        for what, tally in self._tallies.items():
            times = "once" if tally.count == 1 else f"{tally.count} times"
            self._gatherer.remark(f"{what} ({times})", tally.at)
        at = self._gatherer.at
        if self._unheld:
            message = (
                f"{self._unheld} of {self._accounts} accounts are linked to no person: "
                "each has a credential that nobody is said to hold"
            )
            self._gatherer.remark(message, at)
        if self.people and self._accounts and not self._linked:
            message = f"`people`: no account has a property `{self.people}`"
            self._gatherer.remark(message, self._gatherer.order.options["people"].at)

    @property
    def _source(self) -> str:
        return self._gatherer.order.source

    def _state(self, fact: Fact) -> None:
        self._facts.append(fact)


def fits(tail: str, kind: EdgeKind, head: str) -> bool:
    """Return whether an edge of a kind may join two nodes."""
    ends = kind_of(tail) in DATA_KINDS, kind_of(head) in DATA_KINDS
    match kind.flow:
        case Flow.CONTROL:
            return ends == (False, False)
        case Flow.CHANGE:
            return not ends[0]
        case Flow.GRANT:
            return ends == (False, True)
        case Flow.CONTAIN | Flow.COPY:
            return ends == (True, True)
        case Flow.STAKE:
            kinds = kind_of(tail), kind_of(head)
            return kinds in {
                ("person", "legal_entity"),
                ("legal_entity", "legal_entity"),
            }
