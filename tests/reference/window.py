"""One fixed estate that has a proof of every kind of claim in every form.

A shop with a main store in the US, its backup in Singapore and a vault. Ann, in CN,
reaches e-mail addresses through a tool; nobody excluded reaches the vault, save for one
column that an exception concedes to Cho. The tool takes a request from the office; a
key of the vault opens a column for residents of the US, another for who reads all rows.
"""

from __future__ import annotations

from typing import Any

from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Boundary,
    BoundaryException,
    Claim,
    Employer,
    Not,
    Owned,
    Protection,
    Selector,
)
from ringfence.estate.facts import Fact, attribute, edge, node
from ringfence.guard.tree import Compare

NOW = "2022-01-31T00:00:00Z"
READER = "role:main/reader"
MAIN, COPY, VAULT = "store:main", "store:copy", "store:vault"
USERS, ROWS = "dataset:main/public.users", "dataset:vault/s.t"
EMAIL = "column:main/public.users.email"
NICK = "column:main/public.users.nick"
KEY, METRIC = "column:vault/s.t.key", "column:vault/s.t.metric"
IN_OFFICE = Compare("request.network", "equals", ("office",))
AT_HOME = Compare("principal.residence", "equals", ("US",))


def _attribute(
    id_: str, name: str, value: str, *, since: str = "", until: str = ""
) -> Fact:
    at = "people.csv:1"
    return attribute(id_, name, value, at=at, source="hr", since=since, until=until)


def _edge(tail: str, kind: str, head: str, **more: Any) -> Fact:
    plain = {key: more.pop(key) for key in _PLAIN & more.keys()}
    return edge(tail, kind, head, at="x:1", source="it", detail=more, **plain)


_PLAIN = {"verb", "control", "unknown", "since", "until", "guard", "needs"}


def source(name: str, collected: str, covers: str = "", unknown: str = "") -> Fact:
    """Return the fact that a source was read."""
    detail = {"covers": covers} if covers else {}
    detail["history_since"] = "2000-01-01T00:00:00Z"
    return Fact(
        fact="source",
        id=name,
        name="csv",
        value=collected,
        at=name,
        source=name,
        detail=detail,
        unknown=unknown,
    )


PEOPLE = (
    node("person:eve", at="people.csv:9", source="hr"),
    _attribute("person:ann", "residence", "CN"),
    _attribute("person:ann", "employer", "acme"),
    _attribute("person:bob", "residence", "CN", until="2021-06-01T00:00:00Z"),
    _attribute("person:bob", "residence", "US", since="2021-06-01T00:00:00Z"),
    _attribute("person:bob", "us_person", "yes"),
    _attribute("person:cho", "residence", "CN"),
    _attribute("person:dan", "employer", "legal_entity:pearl"),
    _attribute("person:dan", "residence", "US"),
    _attribute("person:lee", "residence", "US"),
    _attribute("legal_entity:acme", "organised_in", "US"),
    _attribute("legal_entity:acme", "shares", "complete"),
    _attribute("legal_entity:state", "organised_in", "CN"),
    _attribute("legal_entity:home", "organised_in", "US"),
    _attribute("legal_entity:home", "shares", "complete"),
    _attribute("legal_entity:pearl", "organised_in", "US"),
    _edge(
        "legal_entity:state",
        "owns",
        "legal_entity:acme",
        interest="shareholding",
        min="33.5",
        max="33.5",
        directness="direct",
    ),
    _edge(
        "person:cho",
        "owns",
        "legal_entity:acme",
        interest="shareholding",
        min="16.5",
        max="20",
        directness="direct",
    ),
)
WAYS = (
    *(
        node(name, at="tools.yaml:1", source="it")
        for name in (
            "group:eng",
            "group:trusted",
            "group:weekly",
            "tool:pulse",
            "service_account:svc",
            "role:main/admin",
            "key:vault",
            READER,
        )
    ),
    _edge("person:ann", "member_of", "group:eng", approved_by="person:lee"),
    _edge("person:bob", "member_of", "group:eng", approved_by="person:bob"),
    _edge("group:eng", "can_use", "tool:pulse", guard=IN_OFFICE),
    _edge("tool:pulse", "runs_as", "service_account:svc"),
    _edge("service_account:svc", "can_assume", READER),
    _edge(READER, "has_privilege", USERS, verb="read"),
    _edge("person:cho", "member_of", "group:weekly", approved_by="person:bob"),
    _edge("group:weekly", "has_privilege", METRIC, verb="read"),
    _edge("group:weekly", "has_privilege", KEY, verb="read", guard=AT_HOME),
    _edge("person:ann", "holds_key", "key:vault"),
    _edge("key:vault", "decrypts", KEY, verb="read", needs=(ROWS,)),
    _edge("person:bob", "member_of", "group:trusted", approved_by="person:bob"),
    _edge("group:trusted", "has_privilege", ROWS, verb="read", control="row filter"),
    _edge("person:bob", "approves", "group:trusted"),
    _edge("person:bob", "approves", "group:weekly"),
    _edge("person:lee", "approves", "group:eng"),
    _edge("person:bob", "approves", "tool:pulse"),
    _edge("legal_entity:acme", "controls", MAIN),
    _edge("legal_entity:home", "controls", VAULT),
    _edge("legal_entity:home", "controls", COPY),
    _edge("role:main/admin", "can_change", MAIN),
    _edge("role:main/admin", "can_change", READER),
)
DATA = (
    _edge(MAIN, "contains", USERS),
    _edge(USERS, "contains", EMAIL),
    _edge(USERS, "contains", NICK),
    _edge(VAULT, "contains", ROWS),
    _edge(ROWS, "contains", KEY),
    _edge(ROWS, "contains", METRIC),
    _edge(COPY, "backed_up_to", MAIN),
    _attribute(EMAIL, "tag", "EMAIL"),
    _attribute(NICK, "tag", "none"),
    _attribute(KEY, "tag", "VAULT"),
    _attribute(METRIC, "tag", "VAULT"),
    _attribute(MAIN, "place", "US-VA"),
    _attribute(VAULT, "place", "US"),
    _attribute(COPY, "place", "SG"),
    _attribute(COPY, "copy", "backup"),
    _attribute("facility:one", "place", "US-VA"),
    _attribute("facility:one", "purpose", "data_centre"),
    _attribute("facility:two", "place", "CN-BJ"),
    _attribute("facility:two", "purpose", "office"),
)
SOURCES = (
    source("hr", "2022-01-30T00:00:00Z"),
    source("it", "2022-02-02T00:00:00Z", f"{MAIN}\n{COPY}\n{VAULT}"),
)
FACTS = (*PEOPLE, *WAYS, *DATA, *SOURCES)

ABROAD = Selector(
    name="abroad",
    people=AllOf(
        of=(
            Not(of=Attribute(name="us_person", values=("yes",), absent="no")),
            AnyOf(
                of=(Attribute(name="residence", values=("CN",)), Employer(absent="no"))
            ),
        )
    ),
    entities=AnyOf(
        of=(
            Attribute(name="organised_in", values=("CN",), absent="no"),
            Owned(percent="50"),
        )
    ),
    countries=("CN",),
    assumptions=("shares that no source states are held by nobody abroad",),
)
CLAIMS = (
    Claim(id="open", says="", kind="no_reach", excluded="abroad", protected=("mail",)),
    Claim(
        id="shut",
        says="",
        kind="no_reach",
        excluded="abroad",
        protected=("vault",),
        exceptions=("weekly",),
    ),
    Claim(id="at-home", says="", kind="residency", protected=("mail",)),
    Claim(id="vault-home", says="", kind="residency", protected=("vault",)),
    Claim(id="anywhere", says="", kind="residency", places=("US", "SG")),
    Claim(
        id="always",
        says="",
        kind="residency",
        places=("US", "SG"),
        during=("2021-01-01T00:00:00Z", "2021-12-31T00:00:00Z"),
    ),
    Claim(
        id="never",
        says="",
        kind="residency",
        places=("US",),
        during=("2021-01-01T00:00:00Z", "2021-12-31T00:00:00Z"),
    ),
    Claim(id="backed-up", says="", kind="presence", copy="backup", places=("SG",)),
    Claim(
        id="vault-abroad",
        says="",
        kind="presence",
        copy="backup",
        places=("SG",),
        protected=("vault",),
    ),
    Claim(id="offices", says="", kind="facility", excluded="abroad"),
    Claim(
        id="centres", says="", kind="facility", excluded="abroad", purpose="data_centre"
    ),
    Claim(
        id="law", says="", kind="jurisdiction", excluded="abroad", protected=("mail",)
    ),
    Claim(
        id="vault-law",
        says="",
        kind="jurisdiction",
        excluded="abroad",
        protected=("vault",),
    ),
    Claim(id="master", says="", kind="no_single_principal", share=30, kinds=("role",)),
    Claim(id="no-master", says="", kind="no_single_principal", kinds=("role", "tool")),
    Claim(id="us-team", says="", kind="control_operates", team=("person:bob",)),
    Claim(
        id="vault-team",
        says="",
        kind="control_operates",
        form="team",
        team=("group:trusted",),
        protected=("vault",),
        excluded="abroad",
    ),
    Claim(
        id="grants",
        says="",
        kind="control_operates",
        form="grant",
        team=("group:trusted",),
        protected=("mail",),
    ),
    Claim(
        id="vault-grants",
        says="",
        kind="control_operates",
        form="grant",
        team=("group:trusted",),
        protected=("vault",),
    ),
    Claim(id="logs", says="", kind="no_event"),
)
BOUNDARY = Boundary(
    name="window",
    population="everybody",
    as_of=NOW,
    protected=(
        Protection(name="mail", tags=("EMAIL",)),
        Protection(name="vault", tags=("VAULT",)),
    ),
    places={"primary": ("US",), "backup": ("US",)},
    excluded=(ABROAD,),
    exceptions=(
        BoundaryException(
            name="weekly",
            who=("group:weekly",),
            columns=("vault/*.metric",),
            purpose="figures",
            owner="person:bob",
            cap=10,
            until="2022-06-30T00:00:00Z",
        ),
    ),
    claims=CLAIMS,
)
