"""Tools, service accounts, groups, grants and exports, written down by hand in YAML.

What no system exports stands here: which tool runs as which account, who uses it, who
can change its code, who approves entry, and where copies of data went.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ringfence.boundary.vocabulary import LABEL, kind_of
from ringfence.documents.located import Located
from ringfence.errors import Locus
from ringfence.sources import names
from ringfence.sources.codes import place
from ringfence.sources.gathering import Gatherer, Span
from ringfence.sources.source import Harvest, Order

_WHO = ("person", "group", "legal_entity", "service_account", "tool")
_APPROVERS = ("person", "group", "legal_entity")
_DATA = ("dataset", "store", "column")
_TIMES = ("since", "until")
_COPIES = {
    "export": "exported_to",
    "index": "indexed_in",
    "derived": "derived_from",
}
# What a grant gives entry to, and the edge that it makes.
_GRANTS = {"tool": "can_use", "group": "member_of", "service_account": "can_use"}
# People named under a node of some kind, and the edge from them to it.
_HOLDERS = {
    ("tool", "used_by"): "can_use",
    ("tool", "owners"): "can_change",
    ("tool", "approvers"): "approves",
    ("service_account", "used_by"): "can_use",
    ("group", "members"): "member_of",
    ("group", "owners"): "owns_group",
    ("group", "approvers"): "approves",
    ("credential", "held_by"): "holds_key",
}
_FIELDS = {
    "tool": (
        "label",
        "team",
        "place",
        "runs_as",
        "used_by",
        "owners",
        "approvers",
        "data",
    ),
    "service_account": ("label", "team", "logs_in_as", "used_by", "credentials"),
    "group": ("label", "members", "owners", "approvers"),
}


class Tools:
    """Reads tools and what belongs to them."""

    kind = "tools"
    summary = "tools, service accounts, groups, grants and exports, from YAML"
    options: Sequence[str] = ()

    def read(self, order: Order) -> Harvest:
        """Return what the files describe.

        Raises:
            SourceError: A file isn't YAML, or something in it can't mean anything.
        """
        gatherer = Gatherer(order, self.options)
        tools = _Tools(gatherer)
        gatherer.each_file(tools.read)
        tools.remark_undescribed()
        return gatherer.harvested()


class _Tools:
    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._reader = gatherer.reader
        self._described: set[str] = set()
        self._runs_as: dict[str, Locus] = {}
        self._sections: dict[str, Callable[[Located], None]] = {
            "tools": self._tool,
            "service_accounts": self._service_account,
            "groups": self._group,
            "grants": self._grant,
            "exports": self._export,
        }

    def read(self, file: str) -> None:
        """Read one document."""
        document = self._gatherer.yaml(file)
        known = tuple(self._sections)
        found = names.sections(self._reader, document, known, "this file")
        for name, items in found.items():
            for item in items:
                self._sections[name](item)

    def _begin(
        self, kind: str, item: Located
    ) -> tuple[str | None, dict[str, Located], Span]:
        """State the node that an item describes, with what all kinds share."""
        what = f"a {kind.replace('_', ' ')}"
        optional = (*_FIELDS[kind], *_TIMES)
        fields = self._reader.fields(
            item, required=("name",), optional=optional, what=what
        )
        span = self._gatherer.span(fields)
        name = names.bare(self._reader, fields.get("name"), "`name`")
        if name is None:
            return None, {}, span
        id_ = self._gatherer.node(f"{kind}:{name}", fields["name"].at)
        self._describe(id_, fields["name"].at)
        for attribute in (LABEL, "team"):
            text = self._reader.text(fields.get(attribute), f"`{attribute}`")
            if text is not None:
                at = fields[attribute].at
                self._gatherer.state(id_, attribute, text, at=at, span=span)
        for field, value in fields.items():
            if (kind, field) in _HOLDERS:
                self._held(id_, field, value, span)
        return id_, fields, span

    def _describe(self, id_: str, at: Locus) -> None:
        if id_ in self._described:
            hint = "say everything of it in one place; `grants` may add dated entry"
            self._reader.note(f"`{id_}` is described twice", at, hint)
        self._described.add(id_)

    def _held(self, id_: str, field: str, value: Located, span: Span) -> None:
        edge = _HOLDERS[kind_of(id_), field]
        kinds = _APPROVERS if edge == "approves" else _WHO
        for tail, at in names.references(self._reader, value, kinds, f"`{field}`"):
            self._gatherer.join(tail, edge, id_, at=at, span=span)

    def _tool(self, item: Located) -> None:
        id_, fields, span = self._begin("tool", item)
        if id_ is None:
            return
        stated = self._reader.text(fields.get("place"), "`place`")
        if stated is not None:
            code = place(self._reader, stated, fields["place"].at)
            if code is not None:
                at = fields["place"].at
                self._gatherer.state(id_, "place", code, at=at, span=span)
        for name, at in names.bares(self._reader, fields.get("runs_as"), "`runs_as`"):
            account = f"service_account:{name}"
            self._runs_as.setdefault(account, at)
            self._gatherer.join(id_, "runs_as", account, at=at, span=span)
        for entry in self._reader.each(fields.get("data"), lambda it: it, "`data`"):
            self._data(id_, entry, span)

    def _data(self, tool: str, entry: Located, span: Span) -> None:
        """State what a tool may do by itself, without a service account."""
        fields = self._reader.fields(
            entry,
            required=("verbs",),
            optional=(*_DATA, "control"),
            what="an entry of `data`",
        )
        named = [kind for kind in _DATA if kind in fields]
        if fields and len(named) != 1:
            hint = "write `dataset: ...`, `store: ...` or `column: ...`"
            self._reader.note("an entry of `data` names one thing", entry.at, hint)
            return
        control = self._reader.text(fields.get("control"), "`control`") or ""
        for verb in self._gatherer.verbs(fields.get("verbs")):
            for kind in named:
                for name, at in names.bares(self._reader, fields[kind], f"`{kind}`"):
                    self._gatherer.join(
                        tool,
                        "has_privilege",
                        f"{kind}:{name}",
                        at=at,
                        verb=verb,
                        control=control,
                        span=span,
                    )

    def _service_account(self, item: Located) -> None:
        id_, fields, span = self._begin("service_account", item)
        if id_ is None:
            return
        for name, at in names.bares(
            self._reader, fields.get("logs_in_as"), "`logs_in_as`"
        ):
            store, slash, role = name.partition("/")
            if not (store and slash and role):
                hint = "write `<store>/<role>`, as in `warehouse/svc_reports`"
                message = f"`logs_in_as` `{name}` names no role of a store"
                self._reader.note(message, at, hint)
                continue
            role_id = f"role:{name}"
            self._gatherer.join(id_, "can_assume", role_id, at=at, span=span)
        for entry in self._reader.each(
            fields.get("credentials"), lambda it: it, "`credentials`"
        ):
            self._credential(id_, entry, span)

    def _credential(self, account: str, entry: Located, within: Span) -> None:
        """State a password or key: whoever holds it can become the account."""
        fields = self._reader.fields(
            entry,
            required=("name",),
            optional=("held_by", "expires", *_TIMES),
            what="a credential",
        )
        span = self._gatherer.span(fields).within(within)
        if span.is_empty:
            hint = "`since` and `until` of the account bound those of its credentials"
            self._reader.note("lies outside the time of its account", entry.at, hint)
        name = names.bare(self._reader, fields.get("name"), "`name`")
        if name is None:
            return
        id_ = self._gatherer.node(f"credential:{name}", entry.at)
        self._gatherer.join(id_, "can_assume", account, at=entry.at, span=span)
        expires = self._reader.moment(fields.get("expires"), "`expires`")
        if expires is not None:
            at = fields["expires"].at
            self._gatherer.state(id_, "expires", expires, at=at, span=span)
        if "held_by" in fields:
            self._held(id_, "held_by", fields["held_by"], span)

    def _group(self, item: Located) -> None:
        self._begin("group", item)

    def _grant(self, item: Located) -> None:
        """State entry given to somebody, with its dates and its approver."""
        fields = self._reader.fields(
            item,
            required=("who", "what"),
            optional=("approved_by", "control", *_TIMES),
            what="a grant",
        )
        span = self._gatherer.span(fields)
        reader = self._reader
        tails = names.references(reader, fields.get("who"), _WHO, "`who`")
        heads = names.references(reader, fields.get("what"), tuple(_GRANTS), "`what`")
        approver = names.reference(
            reader, fields.get("approved_by"), _APPROVERS, "`approved_by`"
        )
        control = reader.text(fields.get("control"), "`control`") or ""
        detail = {} if approver is None else {"approved_by": approver}
        for tail, at in tails:
            for head, _ in heads:
                self._gatherer.join(
                    tail,
                    _GRANTS[kind_of(head)],
                    head,
                    at=at,
                    span=span,
                    control=control,
                    detail=detail,
                )

    def _export(self, item: Located) -> None:
        """State a copy of data that somebody made: whoever reads it, reads the data."""
        fields = self._reader.fields(
            item,
            required=("dataset", "from"),
            optional=("as", LABEL, "held_by", *_TIMES),
            what="an export",
        )
        span = self._gatherer.span(fields)
        found = names.dataset_and_store(
            self._reader, fields.get("dataset"), "`dataset`"
        )
        form = self._reader.choice(fields.get("as"), _COPIES, "copy") or "export"
        originals = names.references(self._reader, fields.get("from"), _DATA, "`from`")
        if found is None:
            return
        dataset, store = found
        gatherer, at = self._gatherer, fields["dataset"].at
        gatherer.node(dataset, at)
        gatherer.state(dataset, "form", form, at=at, span=span)
        gatherer.join(store, "contains", dataset, at=at, span=span)
        label = self._reader.text(fields.get(LABEL), f"`{LABEL}`")
        if label is not None:
            gatherer.state(dataset, LABEL, label, at=fields[LABEL].at, span=span)
        for original, place_ in originals:
            if original == dataset:
                self._reader.note("is an export of itself", place_)
            gatherer.join(dataset, _COPIES[form], original, at=place_, span=span)
        holders = fields.get("held_by")
        for tail, place_ in names.references(self._reader, holders, _WHO, "`held_by`"):
            gatherer.join(
                tail, "has_privilege", dataset, verb="read", at=place_, span=span
            )

    def remark_undescribed(self) -> None:
        """Note each service account that a tool runs as and nothing here describes."""
        for account, at in self._runs_as.items():
            if account not in self._described:
                message = f"`{account}` isn't described here, nor what it logs in to"
                self._gatherer.remark(message, at)


SOURCE = Tools()
