"""Who owns the companies: beneficial-ownership statements (BODS 0.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator

_DATE = "2021-12-31"
# Record, name, country of organisation, country of the seat, kind.
ENTITIES = (
    ("ostrea-holdings", "Ostrea Holdings Ltd.", "KY", "CN", "registeredEntity"),
    ("loopwing-us", "Loopwing US, Inc.", "US", "US", "registeredEntity"),
    (
        "loopwing-services",
        "Loopwing Services Pte. Ltd.",
        "SG",
        "SG",
        "registeredEntity",
    ),
    (
        "loopwing-engineering",
        "Loopwing Engineering Co., Ltd.",
        "CN",
        "CN",
        "registeredEntity",
    ),
    (
        "northgate-growth-fund",
        "Northgate Growth Fund, L.P.",
        "US",
        "US",
        "registeredEntity",
    ),
    ("pelican-ventures", "Pelican Ventures Ltd.", "SG", "SG", "registeredEntity"),
    ("ostrea-staff-trust", "Ostrea Staff Trust", "KY", "KY", "arrangement"),
    ("internet-investment-fund", "Internet Investment Fund", "CN", "CN", "stateBody"),
    ("granite-hosting", "Granite Hosting LLC", "US", "US", "registeredEntity"),
    ("straits-hosting", "Straits Hosting Pte. Ltd.", "SG", "SG", "registeredEntity"),
)
# Owner, owned, percent of the shares, percent of the votes.
STAKES = (
    ("northgate-growth-fund", "ostrea-holdings", 36, 15),
    ("pelican-ventures", "ostrea-holdings", 24, 10),
    ("ostrea-staff-trust", "ostrea-holdings", 20, 15),
    ("founder", "ostrea-holdings", 20, 60),
    ("ostrea-holdings", "loopwing-us", 100, 100),
    ("ostrea-holdings", "loopwing-services", 100, 100),
    ("ostrea-holdings", "loopwing-engineering", 99, 99),
    ("internet-investment-fund", "loopwing-engineering", 1, 1),
)


def statements() -> str:
    """Return `ownership.json`."""
    lines = ",\n".join(json.dumps(each) for each in _statements())
    return f"[\n{lines}\n]\n"


def _statements() -> Iterator[dict[str, object]]:
    for record, name, organised, seat, kind in ENTITIES:
        details = {
            "isComponent": False,
            "entityType": {"type": kind},
            "name": name,
            "jurisdiction": {"code": organised},
            "addresses": [{"type": "business", "country": {"code": seat}}],
        }
        yield _statement("entity", record, details)
    founder = {
        "isComponent": False,
        "personType": "knownPerson",
        "names": [{"type": "individual", "fullName": "Lou Tao"}],
        "addresses": [{"type": "residence", "country": {"code": "SG"}}],
    }
    yield _statement("person", "founder", founder)
    for owner, owned, shares, votes in STAKES:
        kinds = (("shareholding", shares), ("votingRights", votes))
        details = {
            "isComponent": False,
            "interestedParty": owner,
            "subject": owned,
            "interests": [
                {"type": kind, "directOrIndirect": "direct", "share": {"exact": share}}
                for kind, share in kinds
            ],
        }
        yield _statement("relationship", f"{owner}--{owned}", details)


def _statement(kind: str, record: str, details: dict[str, object]) -> dict[str, object]:
    return {
        "statementId": f"loopwing-case-{kind}-{record}",
        "declarationSubject": "loopwing-us",
        "statementDate": _DATE,
        "recordId": record,
        "recordType": kind,
        "recordStatus": "new",
        "recordDetails": details,
    }
