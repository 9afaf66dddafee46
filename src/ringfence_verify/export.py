"""Exports of a docket: entries of a log with some of their fields opened.

The format is that of docs/docket/publication.md. A field that is told comes with its
salt; the entry commits to both, and the log holds the entry.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from ringfence_verify.bundle import committed, held
from ringfence_verify.log import HASH, MOST_BYTES, Head, read_head, unpacked
from ringfence_verify.reading import Json, conform, content_of, need, parse

NAME, MOST = "export.json", 256 * MOST_BYTES
CAVEAT = (
    "Nothing here proves that a meeting took place, who spoke, what was left out, or "
    "the verdicts; files drawn from it are not looked at."
)


def read(path: Path) -> tuple[Json, Head]:
    """Return what an export shows of a log, and the checkpoint that it leads to."""
    told: Json = parse(content_of(path, MOST).removesuffix(b"\n"), "it")
    conform(told, "export", "it")
    shown: Json = told["ledger"]
    return shown, read_head(shown["checkpoint"].encode())


def verify(shown: Json, head: Head) -> str:
    """Refuse what the log doesn't hold, or what its entries don't commit to."""
    entries, fields = shown["entries"], 0
    ordered = all(a["index"] < b["index"] for a, b in pairwise(entries))
    need(entries and ordered, "it shows no entry, or one twice, or in no order")
    for one in entries:
        index, hashes = one["index"], [unpacked(text, HASH) for text in one["proof"]]
        entry = held(one["entry"].encode(), index, hashes, head, f"entry {index}")
        for name, opened in one["told"].items():
            fits = entry["commitments"].get(name) == committed(**opened)
            need(fits, f"entry {index} commits to another `{name}`")
            fields += 1
    return f"{len(entries)} entries are in the log; {fields} fields are as committed"
