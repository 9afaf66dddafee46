"""cedarpy: Cedar's own engine in Rust, with everything parsed beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import cedarpy

from bench.gate_questions import LISTED, NOW, Facts, Question

NAME = "cedarpy"
_TEXT = """
permit (principal, action == Action::"read", resource)
when { !resource.guarded };
permit (principal, action == Action::"read", resource)
when { !(principal in Company::"hostile") && !LISTED.contains(principal.residence)
       && !LISTED.contains(context.session) };
permit (principal, action == Action::"read", resource)
when { context.now < context.until };
"""
Decide = Callable[[], list[bool]]


def entities(known: Facts) -> list[dict[str, object]]:
    """Return the facts: companies stand under those above them, people under theirs."""
    companies = {*known.owner, *known.owner.values(), *known.employer.values()}

    def above(company: str) -> list[dict[str, str]]:
        found = [known.owner[company]] if company in known.owner else []
        found += ["hostile"] if company in known.listed else []
        return [{"type": "Company", "id": one} for one in found]

    return [
        {"uid": {"type": "Company", "id": "hostile"}, "attrs": {}, "parents": []},
        *(
            {"uid": {"type": "Company", "id": c}, "attrs": {}, "parents": above(c)}
            for c in sorted(companies)
        ),
        *(
            {
                "uid": {"type": "Person", "id": person},
                "attrs": {"residence": residence},
                "parents": [{"type": "Company", "id": known.employer[person]}],
            }
            for person, residence in known.residence.items()
        ),
        *(
            {
                "uid": {"type": "Table", "id": table},
                "attrs": {"guarded": guarded},
                "parents": [],
            }
            for table, guarded in known.protected.items()
        ),
    ]


def requests(known: Facts, asked: Sequence[Question]) -> list[dict[str, object]]:
    """Return the questions. Cedar has no quantifier: an approval's end is joined on."""
    return [
        {
            "principal": {"type": "Person", "id": one.person},
            "action": {"type": "Action", "id": "read"},
            "resource": {"type": "Table", "id": one.table},
            "context": {
                "now": _number(NOW),
                "until": _number(known.approved.get((one.person, one.table), "0")),
                "session": one.session,
            },
        }
        for one in asked
    ]


def deciders(known: Facts, asked: Sequence[Question]) -> dict[str, Decide]:
    """Return what decides all questions, in each way that the package offers."""
    listed = json.dumps(LISTED)
    chosen = cedarpy.PolicySet.from_str(_TEXT.replace("LISTED", listed))
    told = cedarpy.Entities.from_json_str(json.dumps(entities(known)))
    bodies = requests(known, asked)

    def single() -> list[bool]:
        return [cedarpy.is_authorized(one, chosen, told).allowed for one in bodies]

    def batch() -> list[bool]:
        found = cedarpy.is_authorized_batch(bodies, chosen, told)
        return [one.allowed for one in found]

    return {f"{NAME}, parsed beforehand": single, f"{NAME}, its batch": batch}


def _number(moment: str) -> int:
    return int("".join(filter(str.isdigit, moment)))
