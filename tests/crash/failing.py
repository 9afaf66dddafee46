"""A program that makes system calls fail under a writer, and looks what is left.

It forks a child for each case: the child waits until `strace` has hold of it, writes a
ledger, and tells in shared memory what it acknowledged. One line of JSON a case says
what was done to it and what was found after.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct

from ringfence.errors import RingfenceError
from ringfence.ledger.signed.keys import ED25519, SigningKey
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.tree.tiles import WIDTH
from ringfence.ledger.watch.checking import check_folder
from ringfence.ledger.writer.log import Log

CALLS = (
    "openat",
    "write",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "unlink",
    "rmdir",
    "close",
    "truncate",
    "ftruncate",
)
STEPS = (2, 255, 40)  # entries; each is published
STOPPED, UNSTOPPED, ODD = 3, 4, 9  # how a child ends
SAID = Struct("qq")  # sequenced, shown
ANY = -1
PR_SET_PTRACER = 0x59616D61


def entry(number: int) -> bytes:
    return b"entry %d" % number


def write(folder: Path, said: mmap.mmap) -> int:
    """Write to a ledger; tell what was acknowledged; return how it ended."""
    log = None
    try:
        log = Log.open(folder)
        for step in STEPS:
            places = log.append([entry(log.size + one) for one in range(step)])
            said[:] = SAID.pack(places.stop, SAID.unpack(said)[1])
            size = log.publish().checkpoint.size
            said[:] = SAID.pack(size, size)
    except RingfenceError:
        return STOPPED if log is None or _refuses(log) else UNSTOPPED
    return 0


def _refuses(log: Log) -> bool:
    """Return whether a log that failed takes nothing more."""
    for call in (lambda: log.append([b"more"]), log.publish):
        try:
            call()
        except RingfenceError:
            continue
        return False
    return True


def child(work: Callable[[], int]) -> tuple[int, int]:
    """Fork a child that waits; return its number and what sets it going."""
    gate, go = os.pipe()
    number = os.fork()
    if number:
        os.close(gate)
        return number, go
    try:
        os.close(go)
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(ANY), 0, 0, 0)
        os.read(gate, 1)
        os._exit(work())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        sys.stderr.write(f"{error!r}\n")
        os._exit(ODD)


def traced(folder: Path, said: mmap.mmap, *options: str) -> tuple[int, list[str]]:
    """Let a child write under strace; return how it ended, and the calls it made."""
    number, go = child(lambda: write(folder, said))
    command = ["strace", "-f", "-e", "signal=none", *options, "-p", str(number)]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as tracer:
        first = tracer.stderr.readline() if tracer.stderr else ""
        if "attached" not in first:
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
            raise PermissionError(first.strip())
        os.write(go, b".")
        os.close(go)
        _, status = os.waitpid(number, 0)
        lines = tracer.stderr.read().splitlines() if tracer.stderr else []
    return os.waitstatus_to_exitcode(status), lines


def cases(base: Path, work: Path) -> Iterator[dict[str, object]]:
    """Yield each case: every call of a run, killed at it and failing at it."""
    said = mmap.mmap(-1, SAID.size)
    watched = "trace=" + ",".join(f"?{call}" for call in CALLS)
    _copy(base, work)
    ended, lines = traced(work, said, "-e", watched)
    told = [re.match(r"(?:\[pid +\d+\] )?(\w+)\(", line) for line in lines]
    counts = Counter(one[1] for one in told if one and one[1] in CALLS)
    yield {"case": "untouched", "ended": ended, "calls": counts, **after(work, said)}
    for call, count in sorted(counts.items()):
        for when in range(1, count + 1):
            for what in ("signal=KILL", "error=EIO"):
                said[:] = bytes(SAID.size)
                _copy(base, work)
                inject = f"inject={call}:{what}:when={when}"
                ended, _ = traced(work, said, "-e", f"trace={call}", "-e", inject)
                yield {"case": inject, "ended": ended, **after(work, said)}


def after(folder: Path, said: mmap.mmap) -> dict[str, object]:
    """Return what a ledger is, opened again after its writer was cut short."""
    sequenced, shown = SAID.unpack(said)
    try:
        with Log.open(folder) as log:
            kept = log.size >= sequenced and log.signed.checkpoint.size >= shown
            found = check_folder(folder)
            log.append([entry(log.size)])
            size = log.publish().checkpoint.size
            tree = Tree(size, log.fetch)
            bundles = range(0, size, WIDTH)
            there = [one for at in bundles for one in tree.bundle(at // WIDTH)]
        then = check_folder(folder)
    except (RingfenceError, OSError) as error:
        return {"bad": str(error)}
    whole = there == [entry(number) for number in range(size)]
    good = kept and whole and found.is_sound and then.is_sound
    return {} if good else {"bad": f"{kept} {whole} {found} {then}"}


def kills(folder: Path, rounds: int) -> Iterator[dict[str, object]]:
    """Yield each round: a writer that is killed after some acknowledgements."""
    for number in range(rounds):
        out, told = os.pipe()

        def work(told: int = told) -> int:
            with Log.open(folder) as log:
                while True:
                    log.append([entry(log.size + one) for one in range(7)])
                    os.write(told, b"%d\n" % log.size)
                    if log.size % 3 == 0:
                        log.publish()

        process, go = child(work)
        os.close(told)
        os.write(go, b".")
        os.close(go)
        with os.fdopen(out, "rb") as acknowledged:
            lines = [acknowledged.readline() for _ in range(1 + number * 5 % 23)]
            os.kill(process, signal.SIGKILL)
            lines += acknowledged.readlines()
        os.waitpid(process, 0)
        said = mmap.mmap(-1, SAID.size)
        said[:] = SAID.pack(int(lines[-1]), 0)
        yield {"round": number, "acknowledged": int(lines[-1]), **after(folder, said)}


def _copy(base: Path, work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(base, work)


def main(what: str, folder: Path) -> None:
    key = SigningKey("ringfence.example/log", ED25519, bytes(32))
    base = folder / "base"
    with Log.create(base, "ringfence.example/log", keys=[key]) as log:
        log.append([entry(number) for number in range(3)])
    found = cases(base, folder / "work") if what == "calls" else kills(base, 20)
    for one in found:
        sys.stdout.write(json.dumps(one) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
