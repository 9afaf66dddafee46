"""Check proof files: `python -m ringfence_verify out/`, or with `-I -S` this folder.

With `--deep`, cvc5 re-checks the proofs that guards exclude each other, if installed.

Exit code 0: every proof verifies; 10: they do if guard proofs hold that nobody
re-checked; 12: one does not; 2: there is nothing to check.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

if (
    not __package__
):  # run as a folder: the package is found beside it, after Python's own
    sys.path[:] = [*sys.path[1:], str(Path(__file__).resolve().parent.parent)]

from ringfence_verify import bulk
from ringfence_verify.conditions import recheck
from ringfence_verify.estate import Case
from ringfence_verify.excluded import named
from ringfence_verify.proofs import verify
from ringfence_verify.question import Question
from ringfence_verify.reading import RefusedError

FAILURES = (RefusedError, OSError, ValueError, ArithmeticError, RecursionError)
USAGE = "usage: python -m ringfence_verify [--deep] FOLDER_OR_PROOF_FILE..."


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
        print(f"{USAGE}\n{__doc__}")
        return 0
    folders = [Path(argument) for argument in arguments if argument != "--deep"]
    found = [_proofs(path) if path.is_dir() else [path] for path in folders]
    if not folders or not all(path.is_file() for path in sum(found, [Path()])[1:]):
        found = []
    if not all(found) or not found:
        print(f"{USAGE}\nno proof file to check", file=sys.stderr)
        return 2
    paths = {path: path.parent for group in found for path in group}
    failed = unsure = 0
    for folder in dict.fromkeys(paths.values()):
        here = [path for path in paths if paths[path] == folder]
        found_out = _check_folder(folder, here, deep="--deep" in arguments)
        failed, unsure = failed + found_out[0], unsure + found_out[1]
    what = "proof verifies" if len(paths) == 1 else "proofs verify"
    rest = f", {unsure} of them if guard proofs hold" * bool(unsure)
    say(f"{len(paths) - failed} of {len(paths)} {what}{rest}")
    return 12 if failed else 10 if unsure else 0


def _proofs(folder: Path) -> list[Path]:
    """Return the proof files of a folder, in the order of their claims."""
    found = folder.glob("claim-*.json")
    order = sorted(found, key=lambda path: (len(path.name.split("-")[1]), path.name))
    return [*folder.glob(bulk.MANIFEST), *order]


def _check_folder(folder: Path, paths: list[Path], *, deep: bool) -> tuple[int, int]:
    """Say of each proof in a folder whether it verifies.

    Returns:
        How many don't, and how many do if the guard proofs hold that nobody re-checked.
    """
    failed = unsure = 0
    case, basis = None, dict[str, list[str]]()
    for path in paths:
        try:
            if path.name == bulk.MANIFEST:
                say(f"{path.name} ok: {bulk.verify(folder)}")
                say(f"  {bulk.NOT_CHECKED}")
                continue
            case = case or Case(folder)
            question, answer, proofs = verify(case, path)
            notes = _notes(proofs, deep=deep)
        except FAILURES as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else error
            say(f"{path.name} NOT VERIFIED: {reason}")
            failed += 1
        else:
            say(f"{path.name} {', '.join(['ok', *notes])}: {answer}")
            unsure += any(" not re-checked" in note for note in notes)
            for text in (*notes, *_basis(case, question)):
                basis.setdefault(text, []).append(path.name.split("-")[1])
    if case:
        _say_rest(case, folder, basis)
    return failed, unsure


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
