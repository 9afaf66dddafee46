"""A small case with two people, a group and a tool, opened for questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ringfence.claims.asking import Asking, Filters
from ringfence.claims.opened import Opened
from ringfence.estate.facts import Fact
from tests.estates import attribute, boundary, claim, described, edge, estate, source

MAIL = "column:w/a.users.mail"
NOTE = "column:w/a.users.note"
TABLE = "dataset:w/a.users"
# Ann lives in China and reads the table through a tool; Bo, who may, by a grant.
FACTS = (
    source(),
    attribute("person:ann", "residence", "CN"),
    attribute("person:ann", "label", "Ann Li"),
    attribute("person:bo", "residence", "US"),
    attribute("person:cy", "residence", "US"),
    attribute(MAIL, "tag", "EMAIL"),
    attribute(NOTE, "tag", "none"),
    edge("store:w", "contains", TABLE),
    edge(TABLE, "contains", MAIL),
    edge(TABLE, "contains", NOTE),
    edge("person:ann", "member_of", "group:dev"),
    edge("group:dev", "can_use", "tool:pulse"),
    edge("tool:pulse", "runs_as", "service_account:svc"),
    edge("service_account:svc", "has_privilege", TABLE, verb="read"),
    edge("person:bo", "has_privilege", TABLE, verb="read"),
)


def opened(
    folder: Path, facts: Sequence[Fact] = FACTS, *claims: Any, **more: Any
) -> Opened:
    """Return a case over some facts, by default those of Ann and Bo."""
    fence = boundary(*(claims or (claim("no_reach"),)), **more)
    folder.mkdir(parents=True, exist_ok=True)
    return Opened(fence, estate(folder, described(facts)))


def asking(folder: Path, facts: Sequence[Fact] = FACTS, **filters: Any) -> Asking:
    """Return the same, ready for questions."""
    return Asking(opened(folder, facts), Filters(**filters))


def silent(_stage: str) -> None:
    """Tell nobody what is being done."""
