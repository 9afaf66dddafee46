"""Sources read from files made on the spot, and facts in a form to compare."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from ringfence.documents.yaml import read_yaml
from ringfence.errors import Locus
from ringfence.estate.facts import Fact, line
from ringfence.estate.load import FactsFile, load
from ringfence.sources.bloodhound import SOURCE as BLOODHOUND
from ringfence.sources.bods import SOURCE as BODS
from ringfence.sources.dbt import SOURCE as DBT
from ringfence.sources.odcs import SOURCE as ODCS
from ringfence.sources.opengraph import SOURCE as OPENGRAPH
from ringfence.sources.ownership_csv import SOURCE as OWNERSHIP_CSV
from ringfence.sources.people_csv import SOURCE as PEOPLE_CSV
from ringfence.sources.scim import SOURCE as SCIM
from ringfence.sources.source import Harvest, Order, Source
from ringfence.sources.storage import SOURCE as STORAGE
from ringfence.sources.tools import SOURCE as TOOLS

ASSETS = Path(__file__).parents[2] / "assets" / "sources"
SOURCES: dict[str, Source] = {
    "people-csv": PEOPLE_CSV,
    "scim": SCIM,
    "bods": BODS,
    "ownership-csv": OWNERSHIP_CSV,
    "tools": TOOLS,
    "storage": STORAGE,
    "odcs": ODCS,
    "dbt": DBT,
    "bloodhound": BLOODHOUND,
    "opengraph": OPENGRAPH,
}
# What a sample of each kind is ordered with: files and options.
SAMPLES: dict[str, tuple[tuple[str, ...], str]] = {
    "people-csv": (
        ("people.csv",),
        (
            "columns: {id: userName, label: Full name, residence: home, "
            "location: site, "
            "employer: employer, employment: contract, us_person: US person, "
            "manager: boss, since: from, until: to}"
        ),
    ),
    "scim": (("users.json", "groups.json"), "residence: addresses.home.country"),
    "bods": (("owners.json",), ""),
    "ownership-csv": (
        ("holdings.csv", "entities.csv"),
        (
            "entities: entities.csv\n"
            "columns: {owner: holder, owner_kind: kind, entity: company, percent: pct, "
            "min: low, max: high, directness: how, since: from, until: to}"
        ),
    ),
    "tools": (("tools.yaml",), ""),
    "storage": (("storage.yaml",), ""),
    "odcs": (
        ("contract.yaml",),
        "store: warehouse\nclassifications: {restricted: secret}\nproperty: personal",
    ),
    "dbt": (("manifest.json",), "store: {prod: warehouse, lake: lake}"),
    "bloodhound": (
        (
            "ad-users.json",
            "ad-groups.json",
            "ad-computers.json",
            "ad-domains.json",
            "ad-ous.json",
            "ad-gpos.json",
        ),
        "people: mail\nservice_accounts: ['svc_*']",
    ),
    "opengraph": (
        ("opengraph.json",),
        (
            "people: email\n"
            "nodes: {ForgeUser: account, ForgeTeam: group, ForgeRepo: dataset, "
            "ForgeRunner: tool}\n"
            "edges:\n"
            "  ForgeMember: member_of\n"
            "  ForgePull: read\n"
            "  ForgeOwnedBy: {kind: can_change, reversed: true}\n"
            "  ForgeBuilds: {kind: has_privilege, verbs: [edit], undecided: maybe}\n"
        ),
    ),
}


def order(base: Path, files: tuple[str, ...], options: str = "") -> Order:
    """Return an order whose options are written in YAML."""
    located = read_yaml(options, "boundary.yaml") if options else None
    entries = located.data if located and isinstance(located.data, dict) else {}
    at = Locus("boundary.yaml", 9, 5)
    return Order("here", files=files, base=base, options=entries, at=at)


def sample(kind: str) -> Harvest:
    """Return what the sample of a kind gives."""
    files, options = SAMPLES[kind]
    return SOURCES[kind].read(order(ASSETS, files, options))


def read(
    kind: str, base: Path, content: Mapping[str, str | bytes], options: str = ""
) -> Harvest:
    """Return what a source gives for files with that content."""
    for name, text in content.items():
        raw = text.encode() if isinstance(text, str) else text
        (base / name).write_bytes(raw)
    return SOURCES[kind].read(order(base, tuple(content), options))


def told(harvest: Harvest) -> list[str]:
    """Return the facts as short sentences, in order, without their places."""
    return [_told(fact) for fact in harvest.facts]


def _told(fact: Fact) -> str:
    words = [fact.id]
    if fact.fact == "attribute":
        words = [fact.id, f"{fact.name}={fact.value}"]
    if fact.fact == "edge":
        words = [fact.id, fact.name, *filter(None, [fact.verb]), fact.value]
    ends = (f"{name}={fact_end[:10]}" for name, fact_end in _ends(fact) if fact_end)
    details = (f"{name}={value}" for name, value in sorted(fact.detail.items()))
    tails = [f"unless {fact.control}"] if fact.control else []
    tails += [f"? {fact.unknown}"] if fact.unknown else []
    return " ".join([*words, *ends, *details, *tails])


def _ends(fact: Fact) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("since", fact.since), ("until", fact.until)


def notes(harvest: Harvest) -> list[str]:
    """Return the notes, each with its place."""
    return [f"{note.at}: {note.message}" for note in harvest.notes]


def estate_takes(harvest: Harvest, base: Path) -> int:
    """Return how many facts an estate makes of a harvest; it refuses bad ones."""
    lines = sorted({line(fact) + b"\n" for fact in harvest.facts})
    path = base / "facts.jsonl"
    path.write_bytes(b"".join(lines))
    with duckdb.connect() as database:
        load(database, [FactsFile("facts.jsonl", path)])
        found = database.execute("SELECT count(*) FROM fact").fetchone()
    return found[0] if found else 0
