"""Who has to stand for a checkpoint: files in the format of C2SP `tlog-policy`.

Such a file names logs, witnesses and groups of them, and says which witness or group
has to have cosigned. What it can't say twice or in two ways is refused, so that no
witness is counted twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ringfence.errors import ConfigError, Locus, Problem, RingfenceError
from ringfence.ledger.signed.keys import (
    COSIGNATURE,
    ED25519,
    ML_DSA,
    Verified,
    VerifierKey,
    parse_key,
)
from ringfence.ledger.signed.spelling import number

MOST_BYTES = 1_000_000
MOST = 64  # logs, witnesses, groups; a note has no more signatures
NONE = "none"
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_FORMS = {
    "log": "log KEY [URL]",
    "witness": "witness NAME KEY [URL]",
    "group": "group NAME any|all|NUMBER NAME...",
    "quorum": "quorum NAME|none",
}
_SIGNS = {ED25519: "logs", COSIGNATURE: "witnesses"}


class Log(NamedTuple):
    """A log that is believed. Its origin is the name of its key."""

    key: VerifierKey
    url: str | None = None


class Witness(NamedTuple):
    """Somebody who cosigns, under the name that this file uses."""

    name: str
    key: VerifierKey
    url: str | None = None


class Group(NamedTuple):
    """Some of its members have to have cosigned: at least so many."""

    name: str
    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quorum:
    """Which logs are believed, and who has to have cosigned.

    Attributes:
        logs: The logs; one log may have several keys.
        witnesses: The witnesses.
        groups: The groups, each after its members.
        rule: The witness or group that has to have cosigned; None where nobody has to.
    """

    logs: tuple[Log, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    rule: str | None = None

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """Return the keys of the logs."""
        return tuple(log.key for log in self.logs)

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """Return the keys of the witnesses."""
        return tuple(witness.key for witness in self.witnesses)

    def met(self, verified: Iterable[Verified]) -> bool:
        """Tell whether those who signed are enough; whether a log did isn't asked."""
        return self.rule is None or self.rule in self._cosigned(verified)

    def missing(self, verified: Iterable[Verified]) -> str:
        """Return in words who is missing; nothing where nobody is."""
        cosigned = self._cosigned(verified)
        if self.rule is None or self.rule in cosigned:
            return ""
        groups = {group.name: group for group in self.groups}
        told, asked = [], [self.rule]
        for name in asked:
            if name in cosigned or name not in groups:
                continue
            _, least, members = groups[name]
            have = _listed([one for one in members if one in cosigned])
            wanted = f"`{name}` wants {least} of {_listed(members)}"
            told.append(f"{wanted} and has {have or 'none'}")
            asked.extend(members)
        return "; ".join(told) or f"`{self.rule}` has not"

    def render(self) -> str:
        """Return the quorum as a file."""
        lines = [f"log {key} {url or ''}" for key, url in self.logs]
        lines += [
            f"witness {one} {key} {url or ''}" for one, key, url in self.witnesses
        ]
        lines += [
            f"group {name} {least} {' '.join(members)}"
            for name, least, members in self.groups
        ]
        lines.append(f"quorum {self.rule or NONE}")
        return "".join(f"{line.rstrip(' ')}\n" for line in lines)

    def _cosigned(self, verified: Iterable[Verified]) -> frozenset[str]:
        """Return the names of the witnesses and groups that have cosigned."""
        keys = {one.key for one in verified}
        names = {witness.name for witness in self.witnesses if witness.key in keys}
        for name, least, members in self.groups:  # each after its members
            if sum(member in names for member in members) >= least:
                names.add(name)
        return frozenset(names)


def parse_quorum(
    text: str | bytes,
    place: str = "the quorum",
    *,
    error: type[RingfenceError] = ConfigError,
) -> Quorum:
    """Return what a quorum file says.

    Args:
        text: The file; as bytes, it has to be UTF-8.
        place: What messages call it.
        error: What to raise: another one where the file isn't configured but read from
            what is to be verified.

    Raises:
        ConfigError: It says something that isn't known, or contradicts itself; the
            error names every such line.
    """
    lines = _decoded(text, place, error).split("\n")
    draft, problems = _Draft(), []
    for at, line in enumerate(lines[:-1], 1):
        words = [word for word in re.split("[ \t]+", line) if word]
        try:
            _plain(line)
            if words and not words[0].startswith("#"):
                draft.take(words)
        except _RefusedError as refused:
            problems.append(Problem(str(refused), Locus(place, at), refused.hint))
    if not draft.has_rule:
        hint = "`quorum none` asks for no cosignature"
        problems.append(Problem("has no line `quorum`", Locus(place), hint))
    if problems:
        raise error.of(problems)
    logs, witnesses, groups = draft.logs, draft.witnesses, draft.groups
    return Quorum(tuple(logs), tuple(witnesses), tuple(groups), draft.rule)


class _RefusedError(ValueError):
    """A line that can't stand as it is."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(slots=True)
class _Draft:
    """What the lines so far have said."""

    logs: list[Log] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    has_rule: bool = False
    rule: str | None = None

    def take(self, words: Sequence[str]) -> None:
        """Take a line that isn't empty and no comment."""
        word, *rest = words
        match word, rest:
            case "log", [key] | [key, _]:
                self._log(key, rest[1:])
            case "witness", [name, key] | [name, key, _]:
                self._name(name)
                self._witness(name, key, rest[2:])
            case "group", [name, least, _, *_]:
                self._name(name)
                self._group(name, least, rest[2:])
            case "quorum", [name]:
                self._quorum(name)
            case _ if word in _FORMS:
                self.has_rule |= word == "quorum"
                raise _RefusedError(f"is no line `{word}`", f"`{_FORMS[word]}`")
            case _:
                raise _RefusedError(
                    f"unknown line `{word}`", "`log`, `witness`, `group` or `quorum`"
                )

    def _log(self, text: str, urls: list[str]) -> None:
        key = self._key(text, COSIGNATURE)
        _few(self.logs, "logs")
        self.logs.append(Log(key, *urls))

    def _witness(self, name: str, text: str, urls: list[str]) -> None:
        key = self._key(text, ED25519)
        _few(self.witnesses, "witnesses")
        self.witnesses.append(Witness(name, key, *urls))

    def _group(self, name: str, least: str, members: list[str]) -> None:
        for member in members:
            if member == name or member not in self.names:
                message = f"`{member}` isn't the name of a witness or group above"
                raise _RefusedError(message)
            if member in self.members:
                hint = "a witness counts once, so each name is in one group at most"
                raise _RefusedError(f"`{member}` is in a group already", hint)
            self.members.add(member)
        words = {"any": 1, "all": len(members)}
        many = words.get(least) or number(least)
        if many is None or not 1 <= many <= len(members):
            hint = f"`any`, `all` or a number from 1 to {len(members)}"
            raise _RefusedError(f"`{least}` of {len(members)} can't be", hint)
        _few(self.groups, "groups")
        self.groups.append(Group(name, many, tuple(members)))

    def _quorum(self, name: str) -> None:
        if self.has_rule:
            raise _RefusedError("a second line `quorum`")
        self.has_rule = True
        if name != NONE and name not in self.names:
            message = f"`{name}` isn't the name of a witness or group above"
            raise _RefusedError(message, f"a name, or `{NONE}`")
        self.rule = None if name == NONE else name

    def _name(self, name: str) -> None:
        if name == NONE or name in self.names:
            what = "stands for nobody" if name == NONE else "is a name already"
            raise _RefusedError(f"`{name}` {what}", "choose another name")
        self.names.add(name)

    def _key(self, text: str, never: int) -> VerifierKey:
        try:
            key = parse_key(text)
        except ConfigError as refused:
            (problem,) = refused.problems
            raise _RefusedError(problem.message, problem.hint) from None
        if key.kind == never:
            other = ED25519 if never == COSIGNATURE else COSIGNATURE
            message = f"a key of kind {key.kind} is for {_SIGNS[never]}"
            raise _RefusedError(message, f"kind {other} or {ML_DSA} is wanted")
        known = [log.key for log in self.logs]
        known += [witness.key for witness in self.witnesses]
        if any(key.public == one.public for one in known):
            hint = "a key counts once, and no log is its own witness"
            raise _RefusedError(f"the key of `{key.name}` stands here twice", hint)
        if any(key[:1] == one[:1] and key.key_id == one.key_id for one in known):
            raise _RefusedError(f"two keys of `{key.name}` have one id")
        return key


def _decoded(text: str | bytes, place: str, error: type[RingfenceError]) -> str:
    if isinstance(text, bytes):
        content = text
        try:
            text = content.decode()
        except UnicodeDecodeError as odd:
            at = Locus(place, content.count(b"\n", 0, odd.start) + 1)
            raise error(f"byte {odd.start} is not UTF-8", at) from None
    if len(text) > MOST_BYTES:
        raise error(f"is longer than {MOST_BYTES:,} bytes", Locus(place))
    if not text.endswith("\n"):
        hint = "is the file whole?"
        raise error("doesn't end with a line feed", Locus(place), hint)
    return text


def _plain(line: str) -> None:
    if _ODD.search(line):
        raise _RefusedError("has a control character", "tabs and line feeds may stand")


def _few(those: Sequence[object], what: str) -> None:
    if len(those) == MOST:
        raise _RefusedError(f"more than {MOST} {what}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
