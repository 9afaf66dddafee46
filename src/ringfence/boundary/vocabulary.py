"""The closed vocabulary of facts: kinds of node, edge, attribute and verb.

Every edge points the way control flows: `u -> v` says that whoever controls u obtains
what v gives. That holds for copies too: a backup points at its original, because
whoever holds the backup holds the original's data. What isn't listed here can't be
stated as a fact, which keeps ethnicity, ancestry, name, birthplace, language and
religion out of every selector (28 CFR 202.211 uses none of them).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """Who or what makes an edge work: a machine, an obeying person, or the law."""

    TECHNICAL = "technical"
    ORGANISATIONAL = "organisational"
    LEGAL = "legal"


class Flow(StrEnum):
    """What an edge hands on, and therefore which nodes it may join."""

    CONTROL = "control"  # control of a principal gives control of another principal
    GRANT = "grant"  # control of a principal gives verbs on data
    CHANGE = "change"  # control of a principal lets it rewrite the head: all of it
    CONTAIN = "contain"  # a verb on a container is that verb on its content
    COPY = "copy"  # reading (or decrypting) the tail exposes the head; no more
    STAKE = "stake"  # an ownership interest: read by regimes, never walked by reach


@dataclass(frozen=True, slots=True)
class EdgeKind:
    """An edge kind: its grade, what flows along it, and how a witness reads it."""

    grade: Grade
    flow: Flow
    phrase: str


DATA_KINDS = ("store", "dataset", "column")
PRINCIPAL_KINDS = (
    "person",
    "legal_entity",
    "group",
    "role",
    "service_account",
    "credential",
    "tool",
    "host",
    "key",
    "job",
    "channel",
    "facility",
)
NODE_KINDS = (*PRINCIPAL_KINDS, *DATA_KINDS)

# `update` and the like are kept apart, because sources grant them apart; a claim may
# say `edit` or `any`. 28 CFR 202.201 counts far more than reading as access.
VERBS = (
    "read",
    "insert",
    "update",
    "delete",
    "truncate",
    "references",
    "trigger",
    "maintain",
    "decrypt",
    "alter",
    "divert",
)
VERB_GROUPS = {
    "any": VERBS,
    "edit": ("insert", "update", "delete", "truncate"),
    **{verb: (verb,) for verb in VERBS},
}

_TECHNICAL, _ORGANISATIONAL, _LEGAL = Grade
EDGE_KINDS: dict[str, EdgeKind] = {
    "member_of": EdgeKind(_TECHNICAL, Flow.CONTROL, "is a member of"),
    "can_assume": EdgeKind(_TECHNICAL, Flow.CONTROL, "can become"),
    "can_use": EdgeKind(_TECHNICAL, Flow.CONTROL, "can use"),
    "runs_as": EdgeKind(_TECHNICAL, Flow.CONTROL, "runs as"),
    "owns_group": EdgeKind(_TECHNICAL, Flow.CONTROL, "owns the group"),
    "holds_key": EdgeKind(_TECHNICAL, Flow.CONTROL, "holds"),
    "has_privilege": EdgeKind(_TECHNICAL, Flow.GRANT, "may"),
    "decrypts": EdgeKind(_TECHNICAL, Flow.GRANT, "opens"),
    "can_change": EdgeKind(_TECHNICAL, Flow.CHANGE, "can change"),
    "contains": EdgeKind(_TECHNICAL, Flow.CONTAIN, "holds"),
    "derived_from": EdgeKind(_TECHNICAL, Flow.COPY, "is derived from"),
    "replicated_to": EdgeKind(_TECHNICAL, Flow.COPY, "is a replica of"),
    "backed_up_to": EdgeKind(_TECHNICAL, Flow.COPY, "is a backup of"),
    "exported_to": EdgeKind(_TECHNICAL, Flow.COPY, "is an export of"),
    "indexed_in": EdgeKind(_TECHNICAL, Flow.COPY, "is an index of"),
    "directs": EdgeKind(_ORGANISATIONAL, Flow.CONTROL, "directs"),
    "approves": EdgeKind(_ORGANISATIONAL, Flow.CONTROL, "approves who gets"),
    "manages_endpoint": EdgeKind(_ORGANISATIONAL, Flow.CONTROL, "manages the device"),
    "proxies_for": EdgeKind(_ORGANISATIONAL, Flow.CONTROL, "acts through"),
    "physical": EdgeKind(_ORGANISATIONAL, Flow.CHANGE, "can physically reach"),
    "controls": EdgeKind(_LEGAL, Flow.CHANGE, "controls"),
    "compelled_by": EdgeKind(_LEGAL, Flow.CONTROL, "can compel"),
    "owns": EdgeKind(_LEGAL, Flow.STAKE, "holds a stake in"),
}

# What one request gives along these edges stays for the next one: a key, a membership
# that one wrote oneself. Conditions on a path beyond them are met by another request.
LASTING = frozenset({"can_change", "owns_group", "holds_key", "physical", "controls"})

# Attributes that a fact may state, per kind of node. Values are strings.
ATTRIBUTES: dict[str, frozenset[str]] = {
    "person": frozenset(
        {
            "residence",  # ISO 3166-1 alpha-2 code of the primary residence
            "location",  # ISO code of where the person is, when that is recorded
            "employer",  # id of a legal_entity; a person may have several
            "employment",  # employee or contractor
            "us_person",  # yes or no (28 CFR 202.256); optional, never sufficient
            "designated",  # yes or no (28 CFR 202.211(a)(5))
            "team",
            "active",  # yes or no
        }
    ),
    "legal_entity": frozenset(
        {
            "organised_in",
            "principal_place",
            "state_of",  # ISO code: this entity is that state or an organ of it
            "designated",
            "shares",  # `complete`: the stated owners are all there are
        }
    ),
    "group": frozenset({"origin"}),
    "role": frozenset({"login", "superuser", "bypass_rls", "replication"}),
    "tool": frozenset({"team", "place"}),
    # copy: one of COPY_ROLES. subjects: how many protected people's data a scan has
    # found there, `1204`, or `1204+` where it didn't look through everything.
    "store": frozenset({"place", "copy", "subjects"}),
    # form: table, view, materialised_view, export, ...
    "dataset": frozenset({"form", "subjects", "tag"}),
    "column": frozenset({"tag", "category", "subjects", "type"}),
    "facility": frozenset({"place", "purpose"}),
    "host": frozenset({"place"}),
    "key": frozenset({"place"}),
    "job": frozenset({"place"}),
    "channel": frozenset({"place"}),
    "service_account": frozenset({"team"}),
    "credential": frozenset({"expires"}),
}
LABEL = "label"  # every node may have one: the name that people use for it

# Attributes that may have several values at once. Of any other, the value that began
# last counts: a later fact ends an earlier one. When an undated fact began is not
# known: only a dated one of its own source ends it.
MANY_VALUED = frozenset({"employer", "tag", "category"})

COPY_ROLES = ("primary", "backup", "replica", "cache")


def kind_of(node: str) -> str:
    """Return the kind of a node id: the part before its first colon."""
    return node.partition(":")[0]
