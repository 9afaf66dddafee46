"""Stores, what they copy, who runs them, and facilities, written down in YAML.

A store with the key `grants`, even an empty one, is covered: the list is everybody who
can open it. Of a store without it nobody knows, and no verdict may rest on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.boundary.vocabulary import COPY_ROLES, LABEL
from ringfence.documents.located import Located
from ringfence.sources import names
from ringfence.sources.codes import place
from ringfence.sources.gathering import Gatherer, Span
from ringfence.sources.source import Harvest, Order

_WHO = ("person", "group", "role", "service_account", "tool", "legal_entity")
_ORIGINALS = ("store", "dataset")
_APPROVERS = ("person", "group", "legal_entity")
_TIMES = ("since", "until")
_STORE = (
    LABEL,
    "place",
    "copy",
    "copy_of",
    "holds",
    "operator",
    "holder",
    "grants",
    *_TIMES,
)
_FACILITY = (LABEL, "place", "purpose", "operator", *_TIMES)
_COPY_EDGES = {
    "backup": "backed_up_to",
    "replica": "replicated_to",
    "cache": "replicated_to",
}


class Storage:
    """Reads stores and facilities."""

    kind = "storage"
    summary = "stores, their places, copies and operators, and facilities, from YAML"
    options: Sequence[str] = ()

    def read(self, order: Order) -> Harvest:
        """Return what the files describe.

        Raises:
            SourceError: A file isn't YAML, or something in it can't mean anything.
        """
        gatherer = Gatherer(order, self.options)
        storage = _Storage(gatherer)
        gatherer.each_file(storage.read)
        return gatherer.harvested()


class _Storage:
    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._reader = gatherer.reader
        self._spans: set[tuple[str, str]] = set()
        self._covered: dict[str, bool] = {}

    def read(self, file: str) -> None:
        """Read one document."""
        document = self._gatherer.yaml(file)
        known = ("stores", "facilities")
        found = names.sections(self._reader, document, known, "this file")
        for item in found.get("stores", []):
            self._store(item)
        for item in found.get("facilities", []):
            self._facility(item)
        # A store described for several times is covered if each of them is.
        self._gatherer.harvest.covers = sorted(
            store for store, is_covered in self._covered.items() if is_covered
        )

    def _begin(
        self, kind: str, item: Located, optional: tuple[str, ...]
    ) -> tuple[str | None, dict[str, Located], Span]:
        fields = self._reader.fields(
            item, required=("name",), optional=optional, what=f"a {kind}"
        )
        span = self._gatherer.span(fields)
        name = names.bare(self._reader, fields.get("name"), "`name`")
        if name is None:
            return None, {}, span
        at = fields["name"].at
        id_ = self._gatherer.node(f"{kind}:{name}", at, span)
        if (id_, span.since) in self._spans:
            hint = "describe it once, or once for each stretch of time with `since`"
            self._reader.note(f"`{id_}` is described twice", at, hint)
        self._spans.add((id_, span.since))
        for attribute in (LABEL, "purpose"):
            value = self._reader.text(fields.get(attribute), f"`{attribute}`")
            if value is not None:
                where = fields[attribute].at
                self._gatherer.state(id_, attribute, value, at=where, span=span)
        self._place(id_, fields.get("place"), span)
        return id_, fields, span

    def _place(self, id_: str, value: Located | None, span: Span) -> None:
        stated = self._reader.text(value, "`place`")
        if value is None or stated is None:
            return
        code = place(self._reader, stated, value.at)
        if code is not None:
            self._gatherer.state(id_, "place", code, at=value.at, span=span)

    def _store(self, item: Located) -> None:
        id_, fields, span = self._begin("store", item, _STORE)
        if id_ is None:
            return
        self._copy(id_, fields, span)
        for held in self._parts(fields.get("holds")):
            self._hold(id_, held, span)
        self._controlled(id_, fields, ("operator", "holder"), span)
        grants = fields.get("grants")
        is_covered = grants is not None and grants.data is not None
        self._covered[id_] = self._covered.get(id_, True) and is_covered
        if grants is None or grants.data is None:
            if grants is not None:
                hint = "write `grants: []` if nobody can open it"
                self._reader.note("`grants` is empty", grants.at, hint)
            return
        for entry in self._reader.each(grants, lambda it: it, "`grants`"):
            self._opened_by(id_, entry, span)

    def _parts(self, value: Located | None) -> list[Located]:
        if value is None:
            return []
        return value.items() if isinstance(value.data, list) else [value]

    def _copy(self, id_: str, fields: dict[str, Located], span: Span) -> None:
        role = self._reader.choice(fields.get("copy"), COPY_ROLES, "copy")
        if role is not None:
            at = fields["copy"].at
            self._gatherer.state(id_, "copy", role, at=at, span=span)
        originals = names.references(
            self._reader, fields.get("copy_of"), _ORIGINALS, "`copy_of`"
        )
        kind = _COPY_EDGES.get(role or "")
        if "copy_of" in fields and kind is None and (role or "copy" not in fields):
            hint = "say `copy: backup`, `copy: replica` or `copy: cache`"
            at = fields["copy_of"].at
            self._reader.note("a primary store is a copy of nothing", at, hint)
        if kind is not None and "copy_of" not in fields:
            message = f"`{id_}` is a {role}, but of what isn't said (`copy_of`)"
            self._gatherer.remark(message, fields["copy"].at)
        for original, at in originals:
            if original == id_:
                self._reader.note("is a copy of itself", at)
            elif kind is not None:
                self._gatherer.join(id_, kind, original, at=at, span=span)

    def _hold(self, id_: str, held: Located, span: Span) -> None:
        found = names.dataset_and_store(self._reader, held, "an item of `holds`")
        if found is None:
            return
        dataset, store = found
        if store != id_:
            relation = dataset.partition("/")[2]
            hint = f"write `{id_.partition(':')[2]}/{relation}`, or use `copy_of`"
            message = f"`{held.text()}` is a dataset of `{store}`"
            self._reader.note(message, held.at, hint)
            return
        self._gatherer.node(dataset, held.at)
        self._gatherer.join(id_, "contains", dataset, at=held.at, span=span)

    def _controlled(
        self,
        id_: str,
        fields: dict[str, Located],
        roles: tuple[str, ...],
        span: Span,
    ) -> None:
        for role in roles:
            entity = names.bare(self._reader, fields.get(role), f"`{role}`")
            if entity is not None:
                self._gatherer.join(
                    names.legal_entity(entity),
                    "controls",
                    id_,
                    at=fields[role].at,
                    span=span,
                    detail={"as": role},
                )

    def _opened_by(self, id_: str, entry: Located, span: Span) -> None:
        fields = self._reader.fields(
            entry,
            required=("who", "verbs"),
            optional=("approved_by", "control", *_TIMES),
            what="an entry of `grants`",
        )
        own = self._gatherer.span(fields)
        both = own.within(span)
        if both.is_empty:
            hint = "`since` and `until` of the store bound those of its entries"
            self._reader.note("lies outside the time of its store", entry.at, hint)
        reader = self._reader
        approver = names.reference(
            reader, fields.get("approved_by"), _APPROVERS, "`approved_by`"
        )
        control = reader.text(fields.get("control"), "`control`") or ""
        tails = names.references(reader, fields.get("who"), _WHO, "`who`")
        for verb in self._gatherer.verbs(fields.get("verbs")):
            for tail, at in tails:
                self._gatherer.join(
                    tail,
                    "has_privilege",
                    id_,
                    at=at,
                    verb=verb,
                    span=both,
                    control=control,
                    detail={} if approver is None else {"approved_by": approver},
                )

    def _facility(self, item: Located) -> None:
        id_, fields, span = self._begin("facility", item, _FACILITY)
        if id_ is not None:
            self._controlled(id_, fields, ("operator",), span)


SOURCE = Storage()
