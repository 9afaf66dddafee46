"""Bundles: facts, rules, proofs and what a log says of them, in one file.

The format is that of docs/ledger/bundle.md: a zip archive in its one spelling, so that
nothing of it is left unread, and no two readers see other files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from pathlib import Path
from struct import pack
from zlib import crc32

from ringfence_verify.estate import Case
from ringfence_verify.log import Head, hashed, included, read_proof
from ringfence_verify.reading import SHAPES, Json, canonical, conform, need, parse

MOST_FILES, MOST_BYTES, MOST_OF_ENTRY = 20_000, 2_000_000_000, 65_535


def unpack(path: Path, folder: Path) -> int:
    """Write the files of a bundle into a folder; return how many they are."""
    need(path.stat().st_size < MOST_BYTES, f"{path.name} is too large")
    (folder / "ledger").mkdir()
    directory, names = b"", [""]
    with path.open("rb") as stream:
        while (head := stream.read(30))[:4] == b"PK\3\4":
            start = stream.tell() - len(head)
            name = stream.read(int.from_bytes(head[26:28], "little")).decode("latin-1")
            fits = re.fullmatch(SHAPES["leaves"]["file"], name) and names[-1] < name
            fits = fits and len(names) <= MOST_FILES
            need(fits, f"a bundle has no such file: {name}")
            content = stream.read(int.from_bytes(head[22:26], "little"))
            sizes = crc32(content), len(content), len(content), len(name)
            told = pack("<5H3I2H", 20, 0, 0, 0, 0x21, *sizes, 0)
            need(head == b"PK\3\4" + told, f"{name} isn't stored as a bundle stores it")
            last = pack("<3H2I", 0, 0, 0, 0x81A40000, start) + name.encode()
            directory += b"PK\1\2\x14\3" + told + last
            (folder / name).write_bytes(content)
            names.append(name)
        count, start = len(names) - 1, stream.tell() - len(head)
        end = pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), start, 0)
        rest = head + stream.read()
        need(rest == directory + end, f"{path.name} doesn't end as a bundle does")
    return count


def sealed(content: bytes) -> str:
    """Return the digest of content, as entries tell it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def committed(salt: str, value: object) -> str:
    """Return what an entry says of a value that it commits to."""
    return sealed(bytes.fromhex(salt) + canonical(value))


def held(
    content: bytes, index: int, hashes: list[bytes], head: Head, place: str
) -> Json:
    """Return what an entry says that a log holds; refuse any other."""
    root = included(index, head.size, [hashed(content), *hashes])
    need(len(content) <= MOST_OF_ENTRY, f"{place} is too long")
    fits = root == head.root
    need(fits, f"the log doesn't hold {place}: its proof gives another root")
    told: Json = parse(content, place)
    conform(told, "entry", place)
    return {"commitments": {}, "digests": {}, "values": {}, **told}


def logged(
    case: Case, folder: Path, index: int, head: Head, bad: Container[str]
) -> tuple[str, str, str]:
    """Return what an entry says; if it's a verdict, its proof file and what lacks one.

    Raises:
        RefusedError: It isn't in the log, or says what the bundle's files don't show.
    """
    content = (folder / f"ledger/{index}.entry").read_bytes()
    proof = (folder / f"ledger/{index}.tlog-proof").read_bytes()
    at, hashes, checkpoint = read_proof(proof)
    fits = at == index and checkpoint == head.content
    need(fits, "its proof is another entry's, or leads to another checkpoint")
    told = held(content, index, hashes, head, "it")
    facts, rules = f"sha256:{case.estate_digest}", f"sha256:{case.boundary_digest}"
    about = {"facts": facts, "estate": facts, "boundary": rules}
    other = [n for n in about if told["digests"].get(n, about[n]) != about[n]]
    need(not other, f"it is about other {' and '.join(other)}")
    values, name, bare = _opened(folder / f"ledger/{index}.payload", told), "", ""
    said = f"{told['kind']} logged at {told['time']}"
    if told["kind"] == "verdict":
        name = _shown(case, folder, told, values, bad)
        verdict = told["values"]["verdict"]
        said = f"claim {told['values']['claim']} {verdict}, {said}"
        bare = verdict * (verdict != "unproven" and "proof" not in told["digests"])
    erased = "payload" in told["digests"] and values is None
    return said + "; its payload isn't here" * erased, name, bare


def _opened(path: Path, told: Json) -> Json | None:
    """Return what an entry commits to, as its payload tells; None without one."""
    if not path.exists():
        return None
    content = path.read_bytes()
    need(told["digests"].get("payload") == sealed(content), "it has another payload")
    payload: Json = parse(content, "its payload")
    conform(payload, "payload", "its payload")
    salts, values = payload["salts"], payload["values"]
    need(salts.keys() == values.keys(), "its payload has salts too many or too few")
    found = {name: committed(salts[name], values[name]) for name in values}
    need(found == told["commitments"], "its payload doesn't open its commitments")
    return dict(values)


def _shown(
    case: Case, folder: Path, told: Json, values: Json | None, bad: Container[str]
) -> str:
    """Return the proof file's name of a verdict that is logged as it is shown here."""
    number, verdict, as_of = (
        told["values"].get(key, "") for key in ("claim", "verdict", "as_of")
    )
    claims = {str(n): claim for n, claim in enumerate(case.boundary["claims"], 1)}
    need(number in claims, f"there is no claim `{number}`")
    words = {"id": claims[number]["id"], "said": claims[number]["says"]}
    words = {name: text for name, text in words.items() if text}
    fits = told["commitments"].keys() == words.keys() and values in (None, words)
    need(fits, f"it commits to other words than claim {number}'s")
    fits = {"facts", "boundary"} <= told["digests"].keys()
    need(fits and as_of == case.boundary["as_of"], "it's about no day, or no files")
    path = folder / f"claim-{number}-{claims[number]['id']}.json"
    need(path.name not in bad, "its proof doesn't verify")
    digest, shown = None, ["upheld", "refuted", "unproven"]
    if path.parent == folder and path.is_file():
        content = path.read_bytes()
        proof = parse(content[:-1], path.name)  # it is well formed, as it verifies
        # What is shown of a question of law is the verdict on its stand-in.
        digest = sealed(content)
        shown = ["unproven" if proof["proxy"] else proof["verdict"]]
    need(told["digests"].get("proof") == digest, f"{path.name} isn't the one logged")
    need(verdict in shown, f"it says {verdict}, and its proof {' or '.join(shown)}")
    return path.name
