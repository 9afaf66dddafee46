"""The fields of each part of a boundary file.

The parser and the published JSON Schema are both held to these tables.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.boundary.vocabulary import ATTRIBUTES


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields that a mapping must have, and those that it may have."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Return every field."""
        return (*self.required, *self.optional)

    def __add__(self, other: Fields) -> Fields:
        """Return the fields of both."""
        return Fields(self.required + other.required, self.optional + other.optional)


BOUNDARY = Fields(
    ("boundary", "population", "protected", "sources", "claims"),
    (
        "as_of",
        "max_age",
        "unclassified",
        "places",
        "excluded",
        "exceptions",
        "networks",
        "logs",
        "gate",
        "egress",
    ),
)
PROTECTION = Fields(("name",), ("category", "tags", "datasets", "columns"))
BY_REGIME = Fields(("regime",), ("countries", "assume", "undisclosed"))
SPELLED_OUT = Fields(("people", "entities"), ("undisclosed",))
# `expires` is needed too; its absence has a message of its own.
EXCEPTION = Fields(
    ("name", "who", "columns", "purpose", "owner", "cap"), ("from", "expires")
)
# A source's own options stand beside these.
SOURCE = Fields(("kind",), ("files", "collected", "history_since"))
NETWORK = Fields(("addresses",), ("place", "hides"))
# So do a reader's beside these.
LOG = Fields(
    ("kind", "files"),
    (
        "store",
        "tool",
        "signs_in",
        "from",
        "until",
        "cadence",
        "manifest",
        "collected",
        "principals",
        "resources",
    ),
)
NAMING = Fields(("match", "is"))

GATE = Fields(
    ("excluded",),
    ("protected", "verbs", "exceptions", "mode", "publish", "rows", "masks"),
)
ROWS = Fields(("datasets", "column", "values"))
MASKING = Fields(("columns", "mask"))

EGRESS = Fields(("excluded",), ("protected", "channels"))
# `expires` is needed too; its absence has a message of its own.
CHANNEL = Fields(
    ("name", "recipients", "purpose", "owner", "approver"),
    (
        "columns",
        "text",
        "cap",
        "cell",
        "takes",
        "ends",
        "exception",
        "from",
        "expires",
    ),
)
DECLARED = Fields(("name", "type"), ("tag", "mask", "holds", "opaque"))

# --- tests of selectors ---------------------------------------------------------------

JOINS = ("any", "all", "not")
EMPLOYER, OWNED = "employer", "owned"
PEOPLE = tuple(sorted(ATTRIBUTES["person"] - {EMPLOYER}))
ENTITIES = tuple(sorted(ATTRIBUTES["legal_entity"] - {"shares"}))
TESTS = {
    "person": (*PEOPLE, EMPLOYER, *JOINS),
    "legal_entity": (*ENTITIES, OWNED, *JOINS),
}
ASIDES = ("absent", "cite", "interests")
INTERESTS = (
    "shareholding",
    "votingRights",
    "rightsToProfitOrIncome",
    "rightsToSurplusAssetsOnDissolution",
)

# --- claims ---------------------------------------------------------------------------

CLAIM = Fields(("id", "says", "kind"), ("by", "on"))
_HOW = ("protected", "reach", "verbs", "grades")
_DID = ("protected", "verbs", "logs", "during")
CLAIM_KINDS = {
    "residency": Fields((), ("protected", "places", "during")),
    "presence": Fields(("places",), ("protected", "copy")),
    "facility": Fields(("excluded",), ("purpose",)),
    "jurisdiction": Fields(("excluded",), ("protected", "reach", "verbs")),
    "no_reach": Fields(("excluded",), (*_HOW, "exceptions")),
    "no_single_principal": Fields((), (*_HOW, "kinds", "share")),
    "control_operates": Fields(("team",), (*_HOW, "form", "excluded")),
    "no_event": Fields(("excluded",), (*_DID, "exceptions")),
    "some_event": Fields(("excluded",), _DID),
    "revocation": Fields(("days",), ("logs", "during")),
    "log_retention": Fields(("months",), ("logs",)),
    "log_continuity": Fields((), ("logs", "during")),
}
CLAIM_FIELDS = tuple(
    dict.fromkeys(
        (*CLAIM.all, *(name for kind in CLAIM_KINDS.values() for name in kind.all))
    )
)
