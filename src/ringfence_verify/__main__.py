"""Check proofs: `python -m ringfence_verify out/`, or with `-I -S` this folder.

PATH is a folder of proofs, a proof file, a bundle, a docket's clip (`clip.json`) or
export (`export.json`), or a log's public folder, which is worked out anew. `log` holds
two checkpoints against each other; NEW may be a log's public folder. KEY is the log's
verifier key, FILE a `tlog-policy` with its key and those of witnesses. With `--deep`,
cvc5 re-checks the proofs that guards exclude each other, and cryptography checks ML-DSA
signatures, if installed.

Exit code 0: all verifies; 10: it does, but what was not re-checked may matter; 12:
something does not; 2: there is nothing to check.
"""

from __future__ import annotations

import gc
import os
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

if (
    not __package__
):  # run as a folder: the package is found beside it, after Python's own
    sys.path[:] = [*sys.path[1:], str(Path(__file__).resolve().parent.parent)]

from ringfence_verify import bulk, clip, export
from ringfence_verify.bundle import logged, unpack
from ringfence_verify.conditions import recheck
from ringfence_verify.estate import NO, YES, Case
from ringfence_verify.excluded import named
from ringfence_verify.log import (
    HASH,
    MOST_BYTES,
    Head,
    joined,
    read_head,
    unpacked,
    vouched,
    weighed,
)
from ringfence_verify.proofs import verify
from ringfence_verify.question import Question
from ringfence_verify.reading import RefusedError, content_of, need
from ringfence_verify.tiles import derived

FAILURES = (RefusedError, OSError, ValueError, ArithmeticError, RecursionError)
USAGE = """\
usage: python -m ringfence_verify [--deep] [--log-key KEY | --quorum FILE] PATH...
       python -m ringfence_verify [--log-key KEY | --quorum FILE] log OLD NEW [PROOF]"""


def say(text: str) -> None:
    """Print a line in which nothing can steer a terminal."""
    safe = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    known = sys.stdout.encoding
    text = "".join(safe).encode(known, "backslashreplace").decode(known)
    try:
        print(text, flush=True)
    except BrokenPipeError:  # who closes the pipe has seen enough; the result stands
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: list[str]) -> int:
    """Check what the arguments name; return the exit code."""
    if arguments in (["-h"], ["--help"]):
        print(f"{USAGE}\n\n{__doc__}")
        return 0
    try:
        words, quorum = _options(arguments)
        compared = words[:1] == ["log"] and len(words) in (3, 4)
        paths = [Path(word) for word in words[compared:]]
        found = [_files(path) for path in paths]
        need(found and (compared or all(found)), "no proof file to check")
    except FAILURES as error:
        print(f"{USAGE}\n{error}", file=sys.stderr)
        return 2
    run = Run(quorum, deep="--deep" in arguments)
    if compared:
        run.heads(*paths)
    else:
        run.files([*dict.fromkeys(chain(*found))])
    return run.end()


def _options(arguments: list[str]) -> tuple[list[str], bytes]:
    """Return the words that are no options, and the quorum file that these give."""
    rest, words, quorums = iter(arguments), list[str](), list[bytes]()
    for word in rest:
        if word == "--log-key":
            keys = "".join(f"log {key}\n" for key in next(rest, "").split() or [""])
            quorums.append(f"{keys}quorum none".encode())
        elif word == "--quorum":
            quorums.append(Path(next(rest, "")).read_bytes())
        elif word != "--deep":
            words.append(word)
    for quorum in quorums:
        weighed(quorum, "", lambda _: NO)
    need(not quorums[1:], "one key or one quorum is enough")
    return words, b"".join(quorums)


def _files(path: Path) -> list[Path]:
    """Return what is to be checked: proofs in the order of their claims, then a log."""
    if not path.is_dir():
        return [path] * path.is_file()
    proofs = path.glob("claim-*.json")
    order = sorted(proofs, key=lambda path: (len(path.name.split("-")[1]), path.name))
    others = (path.glob(name) for name in (clip.NAME, export.NAME, "checkpoint"))
    return [*path.glob(bulk.MANIFEST), *order, *chain(*others)]


class Run:
    """What one run trusts, and what it found so far."""

    def __init__(self, quorum: bytes, *, deep: bool) -> None:
        self.quorum, self.deep = quorum, deep
        self.checked = self.failed = self.unsure = self.left = 0

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Say of what is done within that it fails to verify, and show why."""
        self.checked += 1
        try:
            yield
        except FAILURES as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else error
            say(f"{name} NOT VERIFIED: {reason}")
            self.failed += 1
            for title, text in getattr(error, "exhibits", {}).items():
                for line in (f"{title}:", *text.removesuffix("\n").split("\n")):
                    say(f"  | {line}")

    def leave(self, what: str) -> None:
        """Say what is left open."""
        say(f"  left open: {what}")
        self.left += 1

    def end(self) -> int:
        """Say how many proofs verify; return the exit code."""
        what = "proof verifies" if self.checked == 1 else "proofs verify"
        rest = f", {self.unsure} of them if guard proofs hold" * bool(self.unsure)
        rest += f", {self.left} left open" * bool(self.left)
        say(f"{self.checked - self.failed} of {self.checked} {what}{rest}")
        return 12 if self.failed else 10 if self.unsure or self.left else 0

    def files(self, files: list[Path]) -> None:
        """Check proofs folder by folder, then logs and bundles."""
        proofs = [f for f in files if f.suffix == ".json" and f.name not in DOCKETS]
        for folder in dict.fromkeys(file.parent for file in proofs):
            self.proofs(folder, [file for file in proofs if file.parent == folder])
        for file in files:
            if file.name == "checkpoint":
                self.log(file.parent)
            elif file.name in DOCKETS:
                DOCKETS[file.name](self, file)
            elif file not in proofs:
                self.bundle(file)

    def proofs(self, folder: Path, paths: list[Path]) -> set[str]:
        """Say of each proof in a folder whether it verifies; return which don't."""
        bad, case, basis = {path.name for path in paths}, None, dict[str, list[str]]()
        for path in paths:
            with self.checking(path.name):
                if path.name == bulk.MANIFEST:
                    say(f"{path.name} ok: {bulk.verify(folder)}")
                    say(f"  {bulk.NOT_CHECKED}")
                else:
                    case = case or Case(folder)
                    question, answer, proofs = verify(case, path)
                    notes = _notes(proofs, deep=self.deep)
                    say(f"{path.name} {', '.join(['ok', *notes])}: {answer}")
                    self.unsure += any(" not re-checked" in note for note in notes)
                    for text in (*notes, *_basis(case, question)):
                        basis.setdefault(text, []).append(path.name.split("-")[1])
                bad.remove(path.name)
        if case:
            _say_rest(case, folder, basis)
        return bad

    def bundle(self, path: Path) -> None:
        """Check a bundle's proofs, and that a log holds what is said of them."""
        with self.checking(path.name), TemporaryDirectory() as name:
            folder = Path(name)
            say(f"{path.name}: {unpack(path, folder)} files")
            proofs = [file for file in _files(folder) if file.suffix == ".json"]
            bad = self.proofs(folder, proofs)
            case, ledger = Case(folder), folder / "ledger"
            head = read_head((ledger / "checkpoint").read_bytes())
            self.vouch(head, (ledger / "quorum").read_bytes())
            entries = {int(path.stem) for path in ledger.glob("*.*")}
            need(entries, "it has no entry")
            for index in sorted(entries):
                with self.checking(f"entry {index}"):
                    said, shown, bare = logged(case, folder, index, head, bad)
                    say(f"entry {index} ok: {said}")
                    if bare:
                        self.leave(f"{shown}: logged as {bare}, and no proof of it")
                    proofs = [proof for proof in proofs if proof.name != shown]
            for proof in proofs:
                self.leave(f"{proof.name}: not logged")

    def clip(self, path: Path) -> None:
        """Check that a clip is of a sound that a docket's log holds."""
        with self.checking(path.name):
            told, head = clip.read(path)
            self.vouch(head)
            say(f"{path.name} ok: {clip.verify(path, told)}")
            say(f"  {clip.CAVEAT}")

    def export(self, path: Path) -> None:
        """Check that what an export tells is what a docket's log holds."""
        with self.checking(path.name):
            shown, head = export.read(path)
            self.vouch(head)
            say(f"{path.name} ok: {export.verify(shown, head)}")
            say(f"  {export.CAVEAT}")

    def log(self, folder: Path) -> None:
        """Check that a log's entries give all of its tiles, and its checkpoint."""
        with self.checking(str(folder)):
            head = read_head(content_of(folder / "checkpoint", MOST_BYTES))
            self.vouch(head)
            root, _ = derived(folder, head.size)
            shown = {"checkpoint": head.content, "root of the entries": root.hex()}
            need(root == head.root, "its entries give another root", **shown)
            say(f"{folder} ok: its entries give every tile, and the checkpoint")

    def heads(self, first: Path, second: Path, *proof: Path) -> None:
        """Check that one checkpoint continues another: a proof tells, or entries."""
        with self.checking(str(second)):
            file = second / "checkpoint" if second.is_dir() else second
            old, new = (
                read_head(content_of(path, MOST_BYTES), str(path))
                for path in (first, file)
            )
            for head in (old, new):
                self.vouch(head)
            told = (line for path in proof for line in path.read_text().split())
            is_one = joined(old, new, [unpacked(line, HASH) for line in told])
            if second.is_dir():
                now, then = derived(second, new.size, old.size)
                shown = {"old": old.content, "new": new.content, "then": then.hex()}
                offence = f"not one history: {old.size} entries had another root"
                need((now, then) == (new.root, old.root), offence, **shown)
            if is_one or second.is_dir():
                say(f"{second} ok: it holds all that {first} holds")
            else:
                self.leave("whether one continues the other: that takes a proof")

    def vouch(self, head: Head, brought: bytes = b"") -> None:
        """Say who signed a checkpoint, and what that leaves open."""
        root = b64encode(head.root).decode()
        say(f"checkpoint of {head.origin}: {head.size} entries, root {root}")
        said, status = list[str](), YES
        if quorum := self.quorum or brought:
            said, status = vouched(head, quorum, deep=self.deep)
        for line in said:
            say(f"  {line}")
        if status != YES:
            self.leave("whether the ML-DSA signatures hold that this takes")
        if not self.quorum:
            whose = "the keys are the bundle's own" if brought else "no key is given"
            self.leave(f"who signed it: {whose}; compare with --log-key or --quorum")


DOCKETS = {clip.NAME: Run.clip, export.NAME: Run.export}


def _notes(proofs: list[str], *, deep: bool) -> list[str]:
    """Return what to say of guard proofs, after cvc5 re-checked them if it is to."""
    done, why = 0, ""
    try:
        done = sum(map(recheck, proofs)) if deep else 0
    except ImportError:
        why = ", as cvc5 isn't installed"
    counts = {
        "re-checked by cvc5; that their text states the guards is not": done,
        f"not re-checked{why}": len(proofs) - done,
    }
    return [
        f"{n} guard proof{'s' * (n != 1)} {what}" for what, n in counts.items() if n
    ]


def _say_rest(case: Case, folder: Path, basis: dict[str, list[str]]) -> None:
    """Say which claims have no proof, and what the answers take for granted."""
    for number, claim in enumerate(case.boundary["claims"], 1):
        if not (folder / f"claim-{number}-{claim['id']}.json").exists():
            say(f"claim {number} {claim['id']}: no proof, so nothing was checked")
    for text, numbers in basis.items():
        say(f"  {text} (claim {', '.join(numbers)})")
    dates = (f"{one.id} {one.value[:10] or 'undated'}" for one in case.sources)
    say(f"  sources: {', '.join(dates) or 'none'}")
    say("  not re-checked: that the sources tell the truth, and all of it")


def _basis(case: Case, question: Question) -> list[str]:
    """Return what an answer takes for granted, and what nobody re-checked."""
    claim, name = question.claim, question.claim["excluded"]
    selectors, counts = case.boundary["excluded"], question.counted()
    told = named(selectors, name)["assumptions"] if name else []
    bare = "controls ignored" if question.bare else "controls honoured"
    edges = f"{counts['edges_unknown']} of {counts['edges']} undecided"
    grades = " and ".join(question.grades)
    when = question.estate.instant
    return [
        f"{grades} edges only, {bare}, {edges}, as of {when}",
        *(["a stand-in for a question of law"] * (question.kind == "jurisdiction")),
        *(["not re-checked: how far back sources go"] * bool(claim["during"])),
        *(f"assumed: {text}" for text in told),
    ]


if __name__ == "__main__":
    gc.disable()  # nothing here makes cycles; looking for them takes most of the time
    sys.exit(main(sys.argv[1:]))
