"""Drift: what differs from how a plan left the database, and what mends it.

Everything that the catalogue holds is compared, object by object: a change that nobody
thought of is named too. Where a command puts back how it was, that command is the
mending; where only a new plan can tell, it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ringfence.gate.postgres.board import Board
from ringfence.gate.postgres.catalogue import Catalogue
from ringfence.gate.postgres.conceding import bare, shown
from ringfence.gate.postgres.journal import Journal
from ringfence.gate.postgres.listing import quoted
from ringfence.gate.postgres.mending import ANEW, Mending
from ringfence.gate.postgres.reading import read_catalogue
from ringfence.gate.postgres.wanted import Wanted

# What an object is known by, part by part; and the pitfall that a change of it is.
_KEYS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "roles": (("name",), "L3"),
    "memberships": (("role", "member", "grantor"), "L7"),
    "schemas": (("name",), "L13"),
    "relations": (("name",), "L51"),
    "policies": (("relation", "name"), "L47"),
    "functions": (("name",), "L12"),
    "triggers": (("relation", "name"), "L21"),
    "publications": (("name",), "L54"),
    "subscriptions": (("name",), "L56"),
    "extensions": (("name",), "L28"),
    "servers": (("name",), "L23"),
    "defaults": (("role", "schema", "kind"), "L72"),
    "event_triggers": (("name",), "L74"),
    "session_settings": (("database", "role"), "L48"),
    "indexes": (("relation", "name"), ""),
    "keys": (("relation", "name"), "L42"),
    "large": (("number",), "L66"),
}
_ONE = {"roles": "role", "policies": "policy", "indexes": "index"}
_HEAD: Mapping[str, str] = {
    "version": "",
    "owner": "L73",
    "acl": "L13",
    "template": "L60",
    "hba": "L9",
    "settings": "L64",
    "unread": "",
}
# Of a field that changed, the pitfall, where it isn't the part's.
_FIELDS: Mapping[tuple[str, str], str] = {
    ("roles", "superuser"): "L2",
    ("roles", "createrole"): "L5",
    ("roles", "replication"): "L52",
    ("roles", "createdb"): "L60",
    ("relations", "secured"): "L73",
    ("relations", "forced"): "L1",
    ("relations", "owner"): "L73",
    ("relations", "acl"): "L49",
    ("relations", "columns"): "L49",
    ("relations", "options"): "L29",
    ("relations", "parents"): "L18",
    ("functions", "config"): "L13",
    ("functions", "leakproof"): "L30",
    ("publications", "every"): "L55",
}
# Of something new, the pitfall by its kind.
_NEW: Mapping[str, str] = {"v": "L10", "m": "L15", "f": "L25", "r": "L16", "p": "L51"}


_FOLLOW = "let `ringfence enforce postgres follow` run"


class Difference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that isn't as a plan left it.

    Attributes:
        part: The part of the catalogue.
        what: What differs, in words.
        mend: The SQL that puts it back, or what else to do.
        pitfall: Its number in the list of pitfalls, if it has one.
    """

    part: str
    what: str
    mend: str
    pitfall: str = ""


def drift(
    dsn: str, journal: Journal, wanted: Wanted | None = None
) -> tuple[Difference, ...]:
    """Return what differs now from how a journal's plan left the database.

    Args:
        dsn: How to connect.
        journal: The journal.
        wanted: What exceptions concede now; None: no difference is one of these.

    Raises:
        ConfigError: The database can't be read.
    """
    now = read_catalogue(dsn)
    left = bare(journal.after)
    if wanted is None:
        return differences(left, now)
    there = shown(Board(wanted, now))
    missing = tuple(
        Difference("exceptions", f"not {one.told}", _FOLLOW)
        for one in there
        if not any(one.is_(function) for function in now.functions)
    )
    return (*differences(left, bare(now, there)), *missing)


def differences(then: Catalogue, now: Catalogue) -> tuple[Difference, ...]:
    """Return what differs between two catalogues, in the order of their parts."""
    found: list[Difference] = []
    for name, pitfall in _HEAD.items():
        old, new = getattr(then, name), getattr(now, name)
        if old != new:
            what = f"the database's {name} was {_told(old)} and is {_told(new)}"
            found.append(Difference(name, what, _head(name, then), pitfall))
    mending = Mending(then, now)
    for part in _KEYS:
        found += _part(part, then, now, mending)
    return tuple(found)


def _head(name: str, then: Catalogue) -> str:
    if name == "owner":
        database, owner = map(quoted, (then.database, then.owner))
        return f"ALTER DATABASE {database} OWNER TO {owner}"
    return f"look why the database's {name} changed; {ANEW}"


def _part(
    part: str, then: Catalogue, now: Catalogue, mending: Mending
) -> Iterator[Difference]:
    fields, pitfall = _KEYS[part]

    def keyed(catalogue: Catalogue) -> dict[tuple[str, ...], msgspec.Struct]:
        listed: Sequence[msgspec.Struct] = getattr(catalogue, part)
        return {
            tuple(str(getattr(one, name)) for name in fields): one for one in listed
        }

    old, new = keyed(then), keyed(now)
    word = _ONE.get(part, part.removesuffix("s")).replace("_", " ")
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        name = f"{word} {' '.join(filter(None, key))}"
        if before is None and after is not None:
            letter = str(getattr(after, "kind", ""))
            kind = _NEW.get(letter, pitfall) if part == "relations" else pitfall
            mend = mending.added(part, after)
            yield Difference(part, f"{name} is new", mend, kind)
        elif after is None and before is not None:
            yield Difference(part, f"{name} is gone", mending.removed(before), pitfall)
        elif before is not None and after is not None and before != after:
            yield from _changed(part, name, before, after, mending)


def _changed(
    part: str,
    name: str,
    before: msgspec.Struct,
    after: msgspec.Struct,
    mending: Mending,
) -> Iterator[Difference]:
    for one in before.__struct_fields__:
        old, new = getattr(before, one), getattr(after, one)
        if old != new:
            pitfall = _FIELDS.get((part, one), _KEYS[part][1])
            what = f"{name}: {one} was {_told(old)} and is {_told(new)}"
            mend = mending.changed(one, before, after)
            yield Difference(part, what, mend, pitfall)


def _told(value: object) -> str:
    """Return a value in few words."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    limit = 120
    return f"`{text[:limit]}...`" if len(text) > limit else f"`{text}`"
