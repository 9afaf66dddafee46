"""The logs of five months, and the truth about them.

Where no PostgreSQL 15 with pgaudit is installed, what the server would write is left as
it is, and everything else is built.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import logs_server
import logs_tools
import logs_truth
from logs_server import Line
from people import Person
from scenario import Scenario, ordinary
from scenario_stories import stories

_WAREHOUSE = "logs/warehouse"
_MANIFEST = f"{_WAREHOUSE}/SHA256SUMS"
_PACKED = ("2021-09", "2021-10", "2021-11")
_TWICE = "2021-10"
_TORN = "2022-01"


@dataclass(frozen=True, slots=True)
class Built:
    """What was built, by name, and what couldn't be: its name, and what is missing."""

    files: Mapping[str, bytes]
    skipped: Mapping[str, str]


def built(staff: list[Person], structure: str, case: Path) -> Built:
    """Return the content of each file of the logs, and of the truth table."""
    scenario = Scenario(staff)
    acts = [*ordinary(scenario), *stories(scenario)]
    acts.sort(key=lambda act: (act.at, act.role, act.key))
    files = {
        f"logs/{name}": content for name, content in logs_tools.written(acts).items()
    }
    pulse = "logs/tools/pulse.jsonl"
    files[f"{pulse}.gz"] = _packed(case / f"{pulse}.gz", files.pop(pulse))
    files["truth.json"] = logs_truth.written(acts, scenario)
    server = logs_server.installed()
    if server is None:
        kept = sorted((case / _WAREHOUSE).glob("*"))
        return Built(
            files,
            {f"{_WAREHOUSE}/{path.name}": logs_server.NEEDED for path in kept},
        )
    asked = [act for act in acts if act.by != "tool"]
    warehouse = _warehouse(logs_server.ran(structure, asked, server), case)
    sums = (
        f"{hashlib.sha256(content).hexdigest()}  {Path(name).name}\n"
        for name, content in warehouse.items()
    )
    return Built({**files, **warehouse, _MANIFEST: "".join(sums).encode()}, {})


def _warehouse(months: Mapping[str, list[Line]], case: Path) -> dict[str, bytes]:
    """Return the files of the server's log, as they were delivered."""
    files: dict[str, bytes] = {}
    for month, lines in months.items():
        texts = [line.text for line in lines]
        if month == _TORN:
            texts[-1] = texts[-1][: len(texts[-1]) * 3 // 5]
        content = b"".join(texts)
        name = f"{_WAREHOUSE}/pgaudit-{month}.csv"
        if month in _PACKED:
            files[f"{name}.gz"] = _packed(case / f"{name}.gz", content)
        else:
            files[name] = content
        if month == _TWICE:
            again = f"{_WAREHOUSE}/pgaudit-{month}.again.csv.gz"
            files[again] = _packed(case / again, content, level=1)
    return files


def _packed(path: Path, content: bytes, level: int = 9) -> bytes:
    """Return content packed; as it is delivered already, if it is.

    Two versions of zlib may pack alike content differently.
    """
    if path.exists():
        delivered = path.read_bytes()
        if gzip.decompress(delivered) == content:
            return delivered
    return gzip.compress(content, level, mtime=0)
