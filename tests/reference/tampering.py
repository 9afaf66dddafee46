"""Ways to tamper with one thing of an output folder, drawn with a seeded generator.

Every way changes exactly one thing: a fact line, a digit of a digest, a member of a set
or list, a count, a hop, a word of the head. `resealed` puts right the digests
that a forger would put right, so that what is wrong has to be found by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from random import Random
from typing import Any

Files = dict[str, bytes]
Json = dict[str, Any]


def encoded(value: object) -> bytes:
    """Return canonical JSON."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def changed_facts(lines: list[bytes], draw: Random) -> list[bytes]:
    """Return the lines with one removed, added, repeated, moved or changed."""
    at = draw.randrange(len(lines))
    way = draw.choice(["remove", "add", "repeat", "swap", "change"])
    if way == "remove":
        return lines[:at] + lines[at + 1 :]
    if way == "add":
        new = encoded({"at": "x", "fact": "node", "id": f"person:{at}", "source": "x"})
        return sorted([*lines, new])
    if way == "repeat":
        return lines[:at] + lines[at : at + 1] + lines[at:]
    if way == "swap":
        other = (at + 1 + draw.randrange(len(lines) - 1)) % len(lines)
        new_lines = list(lines)
        new_lines[at], new_lines[other] = lines[other], lines[at]
        return new_lines
    fact = json.loads(lines[at])
    key = draw.choice(sorted(fact.keys() - {"detail"}))
    if key == "guard":
        fact[key] = {"test": "not", "of": fact[key]}
    else:
        fact[key] += draw.choice(["x", "2"])
    return sorted([*lines[:at], encoded(fact), *lines[at + 1 :]])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every leaf and of every list of a proof."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
        return
    yield path
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def changed_proof(proof: Json, path: tuple[Any, ...], draw: Random) -> None:
    """Change one leaf of a proof, or one list by one member."""
    holder: Any = proof
    for key in path[:-1]:
        holder = holder[key]
    value, last = holder[path[-1]], path[-1]
    match value:
        case bool():
            holder[last] = not value
        case int():
            holder[last] = value + draw.choice([-1, 1, 7])
        case list() if value and draw.random() < 0.5:
            value.pop(draw.randrange(len(value)))
        case list():
            value.append(draw.choice(["person:zoe", "column:a/b.c", "zz"]))
        case str() if last == "verdict":
            holder[last] = "refuted" if value == "upheld" else "upheld"
        case str() if value:
            at = draw.randrange(len(value))
            new = draw.choice([c for c in "0123456789abcdef" if c != value[at]])
            holder[last] = value[:at] + new + value[at + 1 :]
        case _:
            holder[last] = "x"


def tampered(files: Files, draw: Random) -> tuple[Files, str]:
    """Return one proof's folder with one thing changed, and what that was."""
    name = draw.choice(sorted(n for n in files if n.startswith("claim-")))
    found = {key: files[key] for key in ("facts.jsonl", "boundary.json", name)}
    if draw.random() < 0.25:
        lines = changed_facts(files["facts.jsonl"].split(b"\n")[:-1], draw)
        found["facts.jsonl"] = b"".join(line + b"\n" for line in lines)
        return found, f"{name}: facts"
    proof = json.loads(files[name])
    settled = [p for p in places(proof) if p[0] != "assumptions" and p[-1] != "proof"]
    path = draw.choice(settled)
    changed_proof(proof, path, draw)
    found[name] = encoded(proof) + b"\n"
    return found, f"{name}: {path}"


def resealed(files: Files) -> Files:
    """Return a folder in which every digest fits what it is a digest of."""
    found = dict(files)
    for name in files:
        if name.startswith("claim-"):
            proof = json.loads(files[name])
            proof["estate"] = hashlib.sha256(files["facts.jsonl"]).hexdigest()
            proof["boundary"] = hashlib.sha256(files["boundary.json"]).hexdigest()
            for part in proof.get("parts", []):
                closed = encoded(part["closed"])
                part["closed_digest"] = hashlib.sha256(closed).hexdigest()
            found[name] = encoded(proof) + b"\n"
    return found
