"""Who an event says did it, whom it names behind them, and with which credential."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from ringfence.audit.readers.cloudtrail.fields import UNREADABLE

ANONYMOUS = "anonymous"
_HOLDERS = frozenset({"anonymous", "anonymous_principal"})


class Who(NamedTuple):
    """What `userIdentity` says.

    Attributes:
        actor: The principal, by the log's own name.
        behind: Whom the log surely names behind it.
        credential: The key that signed the request.
        service: The service that called in the principal's name.
    """

    actor: str = ""
    behind: str = ""
    credential: str = ""
    service: str = ""


NOBODY = Who()


class _OnBehalf(Struct):
    person: str | None = msgspec.field(default=None, name="userId")
    store: str | None = msgspec.field(default=None, name="identityStoreArn")


class _Federated(Struct):
    # Its names and values are the provider's, so anything may stand here.
    attributes: Any = None


class _Context(Struct):
    source: str | None = msgspec.field(default=None, name="sourceIdentity")
    federated: _Federated | None = msgspec.field(
        default=None, name="webIdFederationData"
    )


class _Identity(Struct, rename="camel"):
    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    key: str | None = msgspec.field(default=None, name="accessKeyId")
    name: str | None = msgspec.field(default=None, name="userName")
    invoked_by: str | None = None
    session_context: _Context | None = None
    on_behalf_of: _OnBehalf | None = None


_DECODER = msgspec.json.Decoder(_Identity | None)


def who(raw: bytes) -> Who | None:
    """Return what the text of a `userIdentity` says; None if it can't be read."""
    if not raw:
        return NOBODY
    try:
        identity = _DECODER.decode(raw)
    except UNREADABLE:
        return None
    if identity is None:
        return NOBODY
    return Who(
        _actor(identity),
        _behind(identity),
        identity.key or "",
        _service(identity),
    )


def _actor(identity: _Identity) -> str:
    """Return the principal's name: its ARN where it has one.

    An account has none of its own that couldn't be taken for its root, and of a service
    there is only the name.
    """
    if identity.type == "AWSAccount":
        return _account(identity)
    if identity.type == "AWSService" and identity.invoked_by:
        return identity.invoked_by
    if identity.type == "IdentityCenterUser" and (person := _person(identity)):
        return person
    return (
        identity.arn
        or identity.principal_id
        or identity.name
        or identity.invoked_by
        or _account(identity)
    )


def _account(identity: _Identity) -> str:
    account = identity.account_id or ""
    if account.lower() in _HOLDERS:
        return ANONYMOUS
    return f"account:{account}" if account else identity.principal_id or ""


def _behind(identity: _Identity) -> str:
    """Return whom the event surely names behind its principal.

    The name of a role session is none: whoever assumes the role chooses it. Nor is the
    issuer of a session: that is the role itself.
    """
    context = identity.session_context or _Context()
    if context.source:
        return context.source
    person = _person(identity)
    if person and identity.type != "IdentityCenterUser":
        return person
    return _subject(context.federated)


def _person(identity: _Identity) -> str:
    """Return the person of the identity centre in whose name the call was made."""
    behalf = identity.on_behalf_of
    if not behalf or not behalf.person:
        return ""
    return f"{behalf.store}/{behalf.person}" if behalf.store else behalf.person


def _subject(federated: _Federated | None) -> str:
    """Return the subject of a web identity, spelt as its own `principalId` spells it.

    That is `issuer:audience:subject`; the audience is left out where none is told.
    """
    told = federated.attributes if federated else None
    if not isinstance(told, dict):
        return ""
    for name, subject in sorted(told.items()):
        issuer, mark, field = name.rpartition(":")
        if mark and field == "sub" and isinstance(subject, str) and subject:
            audience = told.get(f"{issuer}:aud")
            parts = (issuer, audience if isinstance(audience, str) else "", subject)
            return ":".join(part for part in parts if part)
    return ""


def _service(identity: _Identity) -> str:
    """Return the service that made the call for its principal, if one did."""
    named = identity.invoked_by or ""
    return named if named.endswith((".amazonaws.com", ".amazonaws.com.cn")) else ""


class _Key(Struct, rename="camel"):
    key: str | None = msgspec.field(default=None, name="accessKeyId")


class _Set(Struct):
    credentials: _Key | None = None


class _Response(Struct, rename="camel"):
    credentials: _Key | None = None
    credential_set: list[_Set] = []


_RESPONSES = msgspec.json.Decoder(_Response | None)


def issued(raw: bytes) -> str:
    """Return the key that a response hands to its caller: temporary credentials.

    A key that `CreateAccessKey` makes belongs to the principal that it names, not to
    the caller; events that use it name that principal themselves.
    """
    try:
        response = _RESPONSES.decode(raw)
    except UNREADABLE:
        return ""
    if response is None:
        return ""
    keys = [response.credentials, *(one.credentials for one in response.credential_set)]
    return next((key.key for key in keys if key and key.key), "")
