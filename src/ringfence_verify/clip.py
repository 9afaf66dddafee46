"""Clips: seconds of a sound that a docket's log holds, and nothing of the rest.

The format is that of docs/docket/custody.md. Each second is a salted leaf of a tree as
RFC 6962 has it; the log's entry commits to that tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import pack

from ringfence_verify.bundle import committed, held
from ringfence_verify.log import MOST_BYTES, Head, hashed, read_head
from ringfence_verify.log import read_proof as read_tlog_proof
from ringfence_verify.reading import Json, conform, content_of, need, parse

NAME, SOUND = "clip.json", "clip.wav"
RATE, WIDTH, MOST_BLOCKS = 16_000, 2, 33_000  # a second, bytes of a sample, nine hours
CAVEAT = (
    "The sound is unchanged since it was logged. Nothing here proves that the meeting "
    "took place, when it did, or whose voices these are."
)


def read(path: Path) -> tuple[Json, Head]:
    """Return what a clip says, and the checkpoint of the log that holds its entry."""
    told: Json = parse(content_of(path, 64 * MOST_BYTES).removesuffix(b"\n"), "it")
    conform(told, "clip", "it")
    index, hashes, checkpoint = read_tlog_proof(told["proof"].encode())
    head = read_head(checkpoint.encode())
    held(told["entry"].encode(), index, hashes, head, "its entry")
    return {**told, "index": index}, head


def verify(path: Path, told: Json) -> str:
    """Refuse a clip whose sound isn't of the logged recording; say which part it is."""
    entry: Json = parse(told["entry"].encode(), "its entry")
    conform(entry, "entry", "its entry")
    need(told["caveat"] == CAVEAT, "its caveat says something else")
    blocks = told["opened"]["value"]
    logged = entry["kind"] == "recording" and entry.get("commitments", {})
    fits = logged and logged.get("blocks") == committed(**told["opened"])
    need(fits, "its entry is no recording's, or commits to other blocks")
    told, index = told["shown"], told["index"]
    first, leaves = told["first"], [bytes.fromhex(one) for one in told["leaves"]]
    shown, size = range(first, first + len(leaves)), blocks["samples"]
    known = blocks["rate"] == RATE and blocks["count"] == _seconds(size)
    need(known, "its tree isn't over blocks of a second")
    fits = 0 <= first < shown.stop <= blocks["count"] and len(leaves) <= MOST_BLOCKS
    need(fits and len(told["salts"]) == len(leaves), "it shows no blocks, or too many")
    beside = map(bytes.fromhex, told["hashes"])
    root = _root(0, blocks["count"], shown, iter(leaves), beside)
    fits = root.hex() == blocks["root"] and not next(beside, b"")
    need(fits, "its hashes give another tree than was logged")
    end = min(shown.stop * RATE, size)
    content = _samples(path.with_name(SOUND), end - first * RATE)
    for at, salt, leaf in zip(shown, told["salts"], leaves, strict=True):
        start = (at - first) * RATE * WIDTH
        found = hashed(bytes.fromhex(salt) + content[start : start + RATE * WIDTH])
        need(found == leaf, f"block {at} ({spelt(at)}) isn't what was logged")
    what = f"{spelt(first)} to {spelt(_seconds(end))} of {spelt(_seconds(size))}"
    return f"{what}, logged as entry {index} at {entry['time']}"


def _root(
    low: int, high: int, shown: range, leaves: Iterator[bytes], beside: Iterator[bytes]
) -> bytes:
    """Return the hash of the blocks from low to high, of which some are shown."""
    if high <= shown.start or low >= shown.stop:
        found = next(beside, b"")
        need(found, "it has too few hashes")
        return found
    if high - low == 1:
        return next(leaves)
    middle = low + (1 << (high - low - 1).bit_length() - 1)  # as RFC 6962 splits
    left = _root(low, middle, shown, leaves, beside)
    return hashed(left, _root(middle, high, shown, leaves, beside))


def _samples(path: Path, count: int) -> bytes:
    """Return the samples of a WAV file that holds these and nothing else."""
    size = count * WIDTH
    form = 16, 1, 1, RATE, RATE * WIDTH, WIDTH, 8 * WIDTH
    told = b"RIFF", 36 + size, b"WAVEfmt ", *form, b"data", size
    head = pack("<4sI8sI2H2I2H4sI", *told)
    content = content_of(path, len(head) + size)
    fits = content.startswith(head) and len(content) == len(head) + size
    need(fits, f"{path.name} isn't these {count} samples and nothing else")
    return content[len(head) :]


def _seconds(samples: int) -> int:
    return -(-samples // RATE)


def spelt(seconds: int) -> str:
    """Return a time as people say it: `20:12`, `1:20:12`."""
    hours, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
