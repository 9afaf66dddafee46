"""Grows the corpus of odd inputs: `python -m tests.fuzz [SECONDS [FORMAT...]]`.

Samples of every format are mutated, byte by byte and piece by piece. An input is kept
when what it leads to (the message, numbers and names left out) is new; one that leads to
anything but facts or a located error is kept too, and ends the run with 1. The
corpus is `tests/corpus`, one file of JSON lines a format; `tests/laws/test_corpus.py`
replays it.
"""

from __future__ import annotations

import base64
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ringfence.boundary.parse import parse_boundary
from ringfence.documents.files import decode
from ringfence.errors import RingfenceError
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate
from ringfence.guard.tree import parse
from ringfence.sources.registry import kinds, source
from tests.cases import BOUNDARY, WAREHOUSE
from tests.hostile import read_signed, sound
from tests.unit.sources.reading import ASSETS, SAMPLES, estate_takes, order, read

CORPUS = Path(__file__).parent / "corpus"
GUARD = (
    '{"of":[{"key":"request.network","op":"in_network","test":"compare","values":'
    '["10.0.0.0/8"]},{"of":{"key":"mfa","test":"absent"},"test":"not"}],"test":"all"}'
)
SQL = b"""CREATE TABLE s.users (id INT, mail TEXT);
CREATE VIEW s.v AS WITH u AS (SELECT id, upper(mail) AS m FROM s.users WHERE id > 1)
SELECT m, count(*) AS n FROM u JOIN s.users USING (id) GROUP BY m HAVING count(*) > 9;
"""
LINEAGE = b"""{"eventType":"COMPLETE","eventTime":"2022-01-30T00:00:00Z","run":{"runId":
"0176a8c2-fe01-7439-87e6-56a1a1b4029f"},"job":{"namespace":"j","name":"n"},"inputs":[{
"namespace":"db","name":"s.users"}],"outputs":[{"namespace":"db","name":"s.v","facets":{
"columnLineage":{"fields":{"m":{"inputFields":[{"namespace":"db","name":"s.users","field":
"mail","transformations":[{"type":"DIRECT","subtype":"TRANSFORMATION"}]}]}}}}}]}
"""
ODD = [
    b'"', b"{", b"[", b"]", b"}", b",", b":", b"\n", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf",
    b"null", b"true", b"-1", b"1e999", b"\\ud800", b"\\u0000", b"[]", b"{}", b'""', b"*", b"&a",
    "\u202e".encode(), "\U0001f600".encode(), b"9" * 30, b"[" * 300, b"NO", b"2022-02-30",
    b" ", b"\t", b"+", b"=", b"/", b"0", b"\n\n", b"A" * 44, "\n\u2014 ".encode(),
]  # fmt: skip


def seeds() -> dict[str, tuple[str, bytes]]:
    """Return, of each format, the name and the bytes of a sound file."""
    found = {}
    for kind, (files, _) in SAMPLES.items():
        found[kind] = (files[0], (ASSETS / files[0]).read_bytes())
    found["boundary"] = ("boundary.yaml", BOUNDARY.encode())
    found["facts"] = ("facts.jsonl", WAREHOUSE.encode())
    found["sql"] = ("views.sql", SQL)
    found["openlineage"] = ("events.json", LINEAGE)
    found["guard"] = ("guard.json", GUARD.encode())
    return {**found, **sound()}


def outcome(kind: str, content: bytes) -> str:
    """Return what an input leads to: `facts`, or the first message of the refusal.

    Raises:
        Exception: Whatever shouldn't have escaped.
    """
    with tempfile.TemporaryDirectory() as name:
        try:
            return _READERS.get(kind, _read_source)(kind, content, Path(name))
        except RingfenceError as error:
            return str(error).splitlines()[0]


def _read_source(kind: str, content: bytes, folder: Path) -> str:
    files, options = SAMPLES[kind]
    others = {name: (ASSETS / name).read_bytes() for name in files[1:]}
    harvest = read(kind, folder, {files[0]: content, **others}, options)
    estate_takes(harvest, folder)
    return "facts"


def _read_lineage(kind: str, content: bytes, folder: Path) -> str:
    name, options = _LINEAGE[kind]
    (folder / name).write_bytes(content)
    harvest = source(kind).read(order(folder, (name,), options))
    estate_takes(harvest, folder)
    return "facts"


_LINEAGE = {
    "sql": ("views.sql", "store: db"),
    "openlineage": ("events.json", "stores: {db: warehouse}"),
}


def _read_boundary(kind: str, content: bytes, folder: Path) -> str:
    del folder
    text = decode(content, kind)
    parse_boundary(text, "boundary.yaml", as_of=None, source_kinds=kinds())
    return "facts"


def _read_facts(kind: str, content: bytes, folder: Path) -> str:
    path = folder / "facts.jsonl"
    path.write_bytes(content)
    Estate([FactsFile(kind, path)])
    return "facts"


def _read_guard(kind: str, content: bytes, folder: Path) -> str:
    del kind, folder
    try:
        parse(content.decode(errors="surrogateescape"))
    except ValueError as error:  # what a facts file reports with its place
        return f"guard: {error}"
    return "facts"


_READERS: dict[str, Callable[[str, bytes, Path], str]] = {
    "boundary": _read_boundary,
    "facts": _read_facts,
    "guard": _read_guard,
    "sql": _read_lineage,
    "openlineage": _read_lineage,
    **dict.fromkeys(sound(), read_signed),
}


def mutated(content: bytes, dice: random.Random) -> bytes:
    """Return the bytes with a few changes."""
    for _ in range(dice.choice([1, 1, 1, 2, 4])):
        place = dice.randrange(len(content) + 1)
        span = dice.choice([0, 1, 1, 3, 20])
        piece = dice.choice([b"", dice.choice(ODD), content[place : place + span] * 2])
        elsewhere = dice.randrange(len(content) + 1)
        if dice.random() < 0.2:
            piece = content[elsewhere : elsewhere + span]
        content = content[:place] + piece + content[place + span :]
    return content


def shape(message: str) -> str:
    """Return a message without what differs from input to input."""
    return re.sub(r"`[^`]*`|'[^']*'|\d+|\S+[./:]\S+", "_", message)[:200]


def corpus(kind: str) -> Iterator[bytes]:
    """Yield the inputs that are kept of a format."""
    path = CORPUS / f"{kind}.jsonl"
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield base64.b64decode(json.loads(line)["base64"])


def main(seconds: float, *kinds: str) -> int:
    """Mutate every format in turn, or the ones named; return 1 if something escaped."""
    dice, escaped = random.Random(), 0  # noqa: S311 - each run tries something else
    tried = {kind: one for kind, one in seeds().items() if kind in kinds or not kinds}
    kept = {kind: [*corpus(kind)] for kind in tried}
    known = {kind: {shape(_safely(kind, one)) for one in kept[kind]} for kind in kept}
    count, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        for kind, (_, whole) in tried.items():
            content = mutated(dice.choice([whole, whole, *kept[kind]]), dice)
            told = _safely(kind, content)
            count += 1
            if (sign := shape(told)) not in known[kind]:
                known[kind].add(sign)
                kept[kind].append(content)
                _keep(kind, content, told)
                escaped += told.startswith("ESCAPED")
    passed = time.monotonic() - begun
    sys.stdout.write(f"{count} inputs in {passed:.0f} seconds, {escaped} escaped\n")
    return 1 if escaped else 0


def _safely(kind: str, content: bytes) -> str:
    try:
        return outcome(kind, content)
    except Exception as error:  # noqa: BLE001 - that is what this looks for
        return f"ESCAPED {type(error).__name__}: {error}"


def _keep(kind: str, content: bytes, told: str) -> None:
    CORPUS.mkdir(exist_ok=True)
    kept = {"base64": base64.b64encode(content).decode(), "says": shape(told)}
    with (CORPUS / f"{kind}.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(kept) + "\n")
    sys.stdout.write(f"{kind}: {told[:150]!r}\n")


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if sys.argv[1:] else 60.0, *sys.argv[2:]))
