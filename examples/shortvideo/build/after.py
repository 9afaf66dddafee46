"""The company two months later: what `enforce postgres plan` asked for, carried out.

The directory and the register of tools are the first ones with each cut of the plans
made; logins that nobody was said to hold have keepers. What the database is like after
the plan's SQL, a real PostgreSQL says.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import collected
from people import Person

from ringfence.claims.case import Case
from ringfence.claims.enforcing import Enforcing
from ringfence.claims.planning import Planning, planned
from ringfence.claims.snapshot import Ask, opened
from ringfence.gate.postgres.apply import apply
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.reading import read_catalogue
from ringfence.reach.plan_file import read_plan

CLAIMS = ("nobody-in-cn-can", "no-covered-person")
NOW = "2022-03-31T00:00:00Z"
DAY = "2022-03-28T04:00:00Z"
FACTS = "warehouse.facts.jsonl"
OWNERSHIP = "urn:ietf:params:scim:schemas:extension:loopwing:2.0:Group"
KEEPERS = "job-keepers"
ROOT = "  - {name: warehouse-root, logs_in_as: [warehouse/postgres], used_by: [%s]}"


class Cut(NamedTuple):
    """One fact that a plan takes away."""

    tail: str
    kind: str
    head: str


def files(
    staff: list[Person], first: Mapping[str, bytes], case: Path
) -> dict[str, bytes]:
    """Return the files of `after`, by their names.

    Args:
        staff: The people.
        first: The files of the case as they were, by their names.
        case: The case's folder, where those are that nobody builds.
    """
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder)
        for name in ("boundary.yaml", "storage.yaml"):
            (before / name).write_bytes((case / name).read_bytes())
        _write(before, first)
        cuts = {*_cuts(before)}
        keepers = [
            one.login
            for one in staff
            if (one.team, one.residence, one.active) == ("infrastructure", "US", True)
        ][:3]
        text = {name: content.decode() for name, content in first.items()}
        told = {
            "boundary.yaml": boundary((case / "boundary.yaml").read_text("utf-8")),
            "scim/groups.json": groups(
                text["scim/groups.json"], text["scim/users.json"], cuts
            ),
            "tools.yaml": register(text["tools.yaml"], cuts, keepers),
        }
        found = {name: content.encode() for name, content in told.items()}
        _write(before / "after", {**found, FACTS: first[FACTS]})
        ready = _enforcing(before / "after")

        def closed(dsn: str) -> None:
            chosen = plan(ready.wanted, read_catalogue(dsn), released=ready.released)
            apply(dsn, chosen, before / "journal.json")

        facts = collected.facts(text["warehouse.sql"], DAY, closed)
    return {f"after/{name}": content for name, content in found.items()} | {
        f"after/{FACTS}": facts
    }


def _write(folder: Path, content: Mapping[str, bytes]) -> None:
    for name, one in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(one)


def _cuts(folder: Path) -> Iterable[Cut]:
    """Yield what the plans that hurt nobody take away."""
    for claim in CLAIMS:
        found = planned(Planning(opened(Ask(folder, NOW)), claim), lambda _stage: None)
        for one in read_plan(found.plans[-1].file, claim).remove:
            yield Cut(one.tail, one.kind, one.head)
    for tail, kind, head, _ in _enforcing(folder).changes:
        yield Cut(tail, kind, head)


def _enforcing(folder: Path) -> Enforcing:
    found = opened(Ask(folder, NOW))
    return Enforcing(
        Case(found.estate, found.boundary, found.boundary.as_of), collected.STORE
    )


def groups(content: str, accounts: str, cuts: Iterable[Cut]) -> str:
    """Return `scim/groups.json` without the memberships that are cut."""
    users = {one["id"]: one["userName"] for one in json.loads(accounts)["Resources"]}
    found = json.loads(content)
    names = {one["id"]: one["displayName"] for one in found["Resources"]}
    gone = {*cuts}

    def stays(one: dict[str, str], kind: str, group: str) -> bool:
        value = one["value"]
        tail = f"person:{users[value]}" if value in users else f"group:{names[value]}"
        return Cut(tail, kind, f"group:{group}") not in gone

    for group in found["Resources"]:
        name = group["displayName"]
        kept = [one for one in group["members"] if stays(one, "member_of", name)]
        group["members"] = kept
        owners = group[OWNERSHIP]["owners"]
        kept = [one for one in owners if stays(one, "owns_group", name)]
        group[OWNERSHIP]["owners"] = kept
    lines = ",\n".join(json.dumps(each) for each in found["Resources"])
    head, _, _ = content.partition('"Resources": [\n')
    return f'{head}"Resources": [\n{lines}\n]}}\n'


def register(content: str, cuts: Iterable[Cut], keepers: Iterable[str]) -> str:
    """Return `tools.yaml` with the cuts made, and a keeper for every account."""
    keeper = f'"group:{KEEPERS}"'
    held = {cut.tail for cut in cuts if cut.kind == "holds_key"}
    used = _used(content)
    lines = []
    for line in content.splitlines():
        if "held_by:" in line:
            for person in held:
                line = line.replace(f'"{person}", ', "").replace(f', "{person}"', "")  # noqa: PLW2901
        name = line.strip().removeprefix("- {name: ").partition(",")[0].rstrip("}")
        if line.startswith("  - {name: svc_") and name not in used:
            line = line.removesuffix("}") + f", used_by: [{keeper}]}}"  # noqa: PLW2901
        if (
            line
            == "# Who decides whom to let in. Members are the directory's business."
        ):
            lines[-1:] = [ROOT % keeper, ""]
        lines.append(line)
        if line == "groups:":
            listed = ", ".join(f'"person:{one}"' for one in keepers)
            approvers = '["group:us-access-team"]'
            lines.append(
                f"  - {{name: {KEEPERS}, members: [{listed}], approvers: {approvers}}}"
            )
    return "\n".join(lines) + "\n"


def _used(content: str) -> set[str]:
    """Return the accounts that some tool runs as."""
    found: set[str] = set()
    for line in content.splitlines():
        if line.strip().startswith("runs_as:"):
            inside = line.partition("[")[2].partition("]")[0]
            found.update(one.strip() for one in inside.split(","))
    return found


def boundary(content: str) -> str:
    """Return the boundary file of two months later: what the gate can close is asked.

    Of the logs nothing is said, because these files have none of those months.
    """
    head, _, rest = content.partition("\n# Own networks:")
    claims = rest[rest.index("\nclaims:\n") :]
    first, *each = claims.split("\n  - id: ")
    kept = [one for one in each if one.partition("\n")[0] in ASKED]
    text = head + "\n  - id: ".join([first, *kept])
    _, _, text = text.partition("\n\n")
    for before, after in MOVED:
        text = text.replace(before, after)
    return HEAD + text.rstrip() + "\n"


ASKED = (
    "stored-in-us",
    "backup-in-sg",
    "dc-outside-cn",
    "nobody-in-cn-can",
    "papers-apart",
    "no-covered-person",
)
MOVED = (
    ("as_of: 2022-01-31", "as_of: 2022-03-31"),
    ("collected: 2022-01-10", "collected: 2022-03-10"),
    ("collected: 2022-01-28", "collected: 2022-03-28"),
    ("collected: 2022-01-29", "collected: 2022-03-29"),
    ("files: [people.csv]", "files: [../people.csv]"),
    ("scim/users.json", "../scim/users.json"),
    ("files: [ownership.json]", "files: [../ownership.json]"),
    ("files: [storage.yaml]", "files: [../storage.yaml]"),
    ("files: [contract.yaml]", "files: [../contract.yaml]"),
    ("files: [contract-vault.yaml]", "files: [../contract-vault.yaml]"),
)
HEAD = """\
# The example company two months later, after the plan of `ringfence enforce postgres`
# was carried out in its warehouse, its directory and its register of tools. Everything
# in this folder is written by `../build/after.py`.

"""
