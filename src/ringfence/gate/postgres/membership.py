"""Who becomes what: the group of those inside, the cuts, and roles out of reach.

The group `ringfence_inside` holds the logins inside and the roles without a login that
nobody outside can become, so that functions that run as these still work for those who
are inside.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ringfence.gate.postgres.board import TABLES, Board
from ringfence.gate.postgres.catalogue import PUBLIC, Membership, Relation
from ringfence.gate.postgres.listing import granting, quoted
from ringfence.gate.postgres.roles import INSIDE, LEAVE, OURS, OWNER, Roles
from ringfence.gate.postgres.wanted import Cut

_WITH_OPTIONS = 16  # from here, a membership says how, and by whose leave
_MEMBER = frozenset({"member_of", "can_assume"})
_OURS = (
    ("login", "LOGIN"),
    ("superuser", "SUPERUSER"),
    ("createrole", "CREATEROLE"),
    ("createdb", "CREATEDB"),
    ("replication", "REPLICATION"),
    ("bypassrls", "BYPASSRLS"),
)
_KEPT = ("SELECT", "INSERT", "UPDATE", "DELETE")  # what a table's old owner keeps
# What may be owned by a role that reads nothing itself.
_OWNED = {
    "r": "TABLE",
    "p": "TABLE",
    "m": "MATERIALIZED VIEW",
    "f": "FOREIGN TABLE",
}
_VERBS = {
    "read": "SELECT",
    "insert": "INSERT",
    "update": "UPDATE",
    "delete": "DELETE",
    "truncate": "TRUNCATE",
    "references": "REFERENCES",
    "trigger": "TRIGGER",
    "maintain": "MAINTAIN",
}


def settle(board: Board, bare: Iterable[str]) -> None:
    """End memberships, so that nobody outside becomes what sees too much.

    Args:
        board: The plan.
        bare: Names of relations that row security doesn't guard.
    """
    ended = dict(_cut(board))
    roles = Roles(board.catalogue, board.wanted.inside, ended)
    for target, told in _targets(board, roles, bare).items():
        found = roles.severed(target)
        ended |= dict.fromkeys(sorted(found, key=_key), told)
        if found:
            roles = Roles(board.catalogue, board.wanted.inside, ended)
    every = {**_passed_on(board, ended), **ended}
    kept = _kept(Roles(board.catalogue, board.wanted.inside, every), every, board)
    board.roles = Roles(board.catalogue, board.wanted.inside, every, kept)
    _group(board)
    for one in sorted(every, key=lambda m: (-_depth(board, m), _key(m))):
        _end(board, one, *every[one])
    for one in kept:
        _join(board, one)
    _attributes(board)
    _privileges(board)


def _key(one: Membership) -> tuple[str, str, str]:
    return one.role, one.member, one.grantor


def _kept(
    roles: Roles, ended: dict[Membership, tuple[str, str]], board: Board
) -> tuple[Membership, ...]:
    """Return what those inside are granted by name, who lose it with others."""
    planned = {one for one, _ in _cut(board)}
    held = {(one.role, one.member) for one in roles.memberships}
    found: dict[tuple[str, str], Membership] = {}
    for one in sorted(ended, key=_key):
        safe = one.member not in roles.usable
        heirs = (one.member,) if safe else roles.heirs(one.member)
        for heir in heirs:
            key = (one.role, heir)
            if one not in planned and one.role != INSIDE and key not in held:
                found.setdefault(key, msgspec.structs.replace(one, member=heir))
    return tuple(found.values())


def _join(board: Board, one: Membership) -> None:
    new = board.catalogue.major >= _WITH_OPTIONS
    role, member = quoted(one.role), quoted(one.member)
    sql = joined(msgspec.structs.replace(one, admin=False), new=new)
    board.add(
        sql.rpartition(" GRANTED BY ")[0],
        f"{one.member} keeps {one.role}, which it had together with others",
        undo=[f"REVOKE {role} FROM {member}"],
    )


def _depth(board: Board, one: Membership) -> int:
    """Return how many grants stand behind a membership: it ends before they do."""
    leave = {(m.role, m.member): m for m in board.catalogue.memberships if m.admin}
    seen: set[Membership] = set()
    behind = leave.get((one.role, one.grantor))
    while behind is not None and behind not in seen:
        seen.add(behind)
        behind = leave.get((behind.role, behind.grantor))
    return len(seen)


def _cut(board: Board) -> Iterable[tuple[Membership, tuple[str, str]]]:
    """Return the memberships that the cut plan ends."""
    for cut in board.wanted.cuts:
        if cut.kind in _MEMBER:
            for one in board.catalogue.memberships:
                if (one.member, one.role) == (cut.role, cut.what):
                    yield one, (cut.why, "")


def _targets(
    board: Board, roles: Roles, bare: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Return the roles that nobody outside may become: why, and the pitfall."""
    found: dict[str, tuple[str, str]] = {}
    for name in roles.by_name:
        pitfall = roles.perilous(name)
        if pitfall and name not in roles.outside:
            found[name] = ("sees past row security, or more than tables", pitfall)
        elif name in roles.inside or name == INSIDE:
            found[name] = ("is for logins inside", "L7")
        elif name in (OWNER, LEAVE):
            found[name] = ("is for nobody", "L73")
    for name in sorted({*board.protected, *bare}):
        one = board.relations[name]
        if one.kind != "v":  # a view gives its owner nothing that it hasn't
            found.setdefault(one.owner, ("owns protected relations", "L73"))
    return found


def _passed_on(
    board: Board, ended: dict[Membership, tuple[str, str]]
) -> dict[Membership, tuple[str, str]]:
    """Return the memberships that were granted by leave of those that end."""
    found: dict[Membership, tuple[str, str]] = {}
    ahead = [one for one in ended if one.admin]
    while ahead:
        source = ahead.pop()
        for one in board.catalogue.memberships:
            granted = (one.role, one.grantor) == (source.role, source.member)
            if granted and one not in ended and one not in found:
                found[one] = ("its grantor may not grant it any more", "")
                ahead += [one] if one.admin else []
    return found


def _end(board: Board, one: Membership, why: str, pitfall: str) -> None:
    new = board.catalogue.major >= _WITH_OPTIONS
    by = f" GRANTED BY {quoted(one.grantor)}" if new else ""
    sql = f"REVOKE {quoted(one.role)} FROM {quoted(one.member)}{by}"
    board.add(
        sql,
        f"{one.member} is no member of {one.role}: {why or 'the cut plan ends it'}",
        *filter(None, [pitfall]),
        undo=[joined(one, new=new)],
        changes=f"{one.member} loses all that it had by {one.role}",
    )


def joined(one: Membership, *, new: bool) -> str:
    """Return the command that makes a membership as it was."""
    sql = f"GRANT {quoted(one.role)} TO {quoted(one.member)}"
    by = f" GRANTED BY {quoted(one.grantor)}"
    if not new:
        return sql + (" WITH ADMIN OPTION" if one.admin else "") + by
    told = (("ADMIN", one.admin), ("INHERIT", one.inherit), ("SET", one.set))
    options = ", ".join(f"{name} {str(yes).upper()}" for name, yes in told)
    return f"{sql} WITH {options}{by}"


def _group(board: Board) -> None:
    """Make the group, with exactly those in it who belong."""
    roles = board.roles
    members = sorted(roles.inside | _lenders(board))
    held = {m.member for m in board.catalogue.memberships if m.role == INSIDE}
    if INSIDE not in roles.by_name:
        board.begin(INSIDE, "the group of those inside")
    for name in members:
        if name not in held:
            board.add(
                f"GRANT {quoted(INSIDE)} TO {quoted(name)}",
                f"{name} is inside"
                if name in roles.inside
                else f"what runs as {name} serves those inside; nobody outside is it",
                undo=[f"REVOKE {quoted(INSIDE)} FROM {quoted(name)}"],
            )
    for one in board.catalogue.memberships:
        strange = one.role == INSIDE and one.member not in members
        if strange and one in board.roles.memberships:
            _end(board, one, "it isn't inside", "L7")


def _lenders(board: Board) -> frozenset[str]:
    """Return the roles without a login that somebody inside acts as."""
    roles = board.roles
    owners = {one.owner for one in board.catalogue.relations}
    owners |= {one.owner for one in board.catalogue.functions if one.definer}
    acted = roles.becomes(roles.inside)
    return roles.inner & (owners | acted)


def _attributes(board: Board) -> None:
    """Take from logins outside what passes row security."""
    for name in OURS:
        _neuter(board, name)
    old = board.catalogue.major < _WITH_OPTIONS
    for name in sorted(board.roles.outside):
        one = board.roles.by_name[name]
        if one.bypassrls:
            _alter(board, name, "BYPASSRLS", "it passed row security", "L3")
        if one.replication:
            why = "it copied every table, past every privilege"
            _alter(board, name, "REPLICATION", why, "L52", "L53", "L57")
        if one.createdb and board.catalogue.template:
            why = "it could copy this database, which is a template"
            _alter(board, name, "CREATEDB", why, "L60")
        if one.createrole and old:
            _alter(board, name, "CREATEROLE", "it could join any role", "L5", "L6")


def _neuter(board: Board, name: str) -> None:
    """Take from a role of ours what somebody else may have made it with."""
    one = board.roles.by_name.get(name)
    held = [] if one is None else [word for key, word in _OURS if getattr(one, key)]
    if not held:
        return
    board.add(
        f"ALTER ROLE {quoted(name)} " + " ".join(f"NO{word}" for word in held),
        f"{name} was there before, and could do more than nothing",
        "L7",
        undo=[f"ALTER ROLE {quoted(name)} {' '.join(held)}"],
        changes=f"nobody logs in as {name}",
    )
    if "LOGIN" in held:
        board.find(
            f"{name} was there before and could log in: its sessions go on",
            "end them, as `pg_stat_activity` shows them, and ask who made it",
            "L7",
        )


def _alter(board: Board, name: str, attribute: str, why: str, *closes: str) -> None:
    board.add(
        f"ALTER ROLE {quoted(name)} NO{attribute}",
        f"{name} loses {attribute}: {why}",
        *closes,
        undo=[f"ALTER ROLE {quoted(name)} {attribute}"],
        changes="a standby that logs in as it stops"
        if attribute == "REPLICATION"
        else f"{name} loses what it did by that",
    )


def _privileges(board: Board) -> None:
    """Revoke the privileges that the cut plan ends."""
    for cut in board.wanted.cuts:
        if cut.kind in _MEMBER:
            continue
        if cut.kind != "has_privilege" or not _revoke(board, cut):
            what = " ".join(filter(None, (cut.role, cut.kind, cut.verb, cut.what)))
            change = f"see to it that {cut.role} no longer has {cut.what}"
            board.find(f"the database can't end `{what}`: {cut.why}", change)


def _revoke(board: Board, cut: Cut) -> bool:
    """End a privilege; return whether its like can be ended here."""
    grantee = PUBLIC if cut.role == "PUBLIC" else cut.role
    name, _, column = cut.what.rpartition(".")
    whole = board.relations.get(cut.what)
    relation = whole or board.relations.get(name)
    privilege = _VERBS.get(cut.verb)
    if relation is None or privilege is None:
        return False
    board.close(
        board.of_relation(relation),
        f"{cut.role} may not {cut.verb} {cut.what}: "
        + (cut.why or "the cut plan ends it"),
        privileges=[privilege],
        grantees=frozenset({grantee}),
        column="" if whole else _spelled(relation, column),
    )
    return relation.owner != grantee


def _spelled(relation: Relation, column: str) -> str:
    """Return a column's name in SQL; one that isn't there is spelled as nothing is."""
    found = (one.sql for one in relation.columns if one.name == column)
    return next(found, "?")


def hand_over(board: Board, bare: Iterable[str]) -> None:
    """Give a neutral owner to what a login outside owns: it could undo all of this."""
    relations = [board.relations[name] for name in sorted({*board.protected, *bare})]
    held = [
        one
        for one in relations
        if one.owner in board.roles.outside and one.kind in _OWNED
    ]
    if not held:
        return
    _new_owner(board, held)
    for one in held:
        phrase = f"ALTER {_OWNED[one.kind]} {one.sql} OWNER TO"
        board.owners[one.name] = OWNER
        before = board.of_relation(one)
        after = before.owned(OWNER)
        sql = f"{phrase} {quoted(OWNER)}"
        changes = f"{one.owner} no longer owns {one.name}"
        if board.protected.get(one.name) is not None and one.kind in TABLES:
            kept = [(one.owner, privilege, "") for privilege in _KEPT]
            after = after.given(kept)
            sql = ";\n".join([sql, *granting(after, kept)])
        elif one.kind == "m":
            changes += f", and refreshing it takes what {OWNER} is granted to read"
        board.become(before, after)
        board.add(
            sql,
            f"{one.name} isn't owned by {one.owner}, who could turn all of this off",
            "L73",
            undo=[f"{phrase} {quoted(one.owner)}"],
            changes=changes,
        )


def _new_owner(board: Board, held: Iterable[Relation]) -> None:
    """Make the neutral owner; checks of foreign keys run as it."""
    if OWNER not in board.roles.by_name:
        board.begin(OWNER, "the owner of what nobody outside may own")
    schemas = {one.schema for one in held}
    for schema in board.catalogue.schemas:
        if schema.name in schemas:
            before = board.of_schema(schema)
            new = [(OWNER, "USAGE", "")]
            after = before.given(new)
            if not any(one[0] == OWNER for _, one in before.grants()):
                board.become(before, after)
                (sql,) = granting(before, new)
                board.add(sql, f"foreign keys in {schema.name} are checked by {OWNER}")
