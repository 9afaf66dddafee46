"""Check proof files: `python -m ringfence_verify out/`, or with `-I -S` this folder.

Exit code 0: every proof verifies; 12: one does not; 2: there is nothing to check.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

if (
    not __package__
):  # run as a folder: the package is found beside it, after Python's own
    sys.path[:] = [*sys.path[1:], str(Path(__file__).resolve().parent.parent)]

from ringfence_verify.estate import Case
from ringfence_verify.excluded import named
from ringfence_verify.proofs import verify
from ringfence_verify.question import Question
from ringfence_verify.reading import RefusedError

USAGE = "usage: python -m ringfence_verify FOLDER_OR_PROOF_FILE..."


def say(text: str) -> None:
    """Print a line in which nothing can steer a terminal."""
    safe = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    known = sys.stdout.encoding
    print("".join(safe).encode(known, "backslashreplace").decode(known))


def main(arguments: list[str]) -> int:
    """Check what the arguments name; return the exit code."""
    if arguments in (["-h"], ["--help"]):
        print(f"{USAGE}\n{__doc__}")
        return 0
    folders = [Path(argument) for argument in arguments]
    found = [sorted(p.glob("claim-*.json")) if p.is_dir() else [p] for p in folders]
    if not arguments or not all(found) or any(a.startswith("-") for a in arguments):
        print(f"{USAGE}\nno proof file to check", file=sys.stderr)
        return 2
    paths = {path: path.parent for group in found for path in group}
    failed = 0
    for folder in dict.fromkeys(paths.values()):
        failed += _check_folder(folder, [p for p in paths if paths[p] == folder])
    say(f"{len(paths) - failed} of {len(paths)} proofs verify")
    return 12 if failed else 0


def _check_folder(folder: Path, paths: list[Path]) -> int:
    """Say of each proof in a folder whether it verifies; return how many don't."""
    failed, case = 0, None
    for path in paths:
        try:
            case = case or Case(folder)
            question, answer = verify(case, path)
        except (RefusedError, OSError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else error
            say(f"{path.name} NOT VERIFIED: {reason}")
            failed += 1
        else:
            say(f"{path.name} ok: {answer}")
            _say_basis(case, question)
    claims = case.boundary["claims"] if case else []
    for number, claim in enumerate(claims, 1):
        if not (folder / f"claim-{number}-{claim['id']}.json").exists():
            say(f"claim {number} {claim['id']}: no proof, so nothing was checked")
    return failed


def _say_basis(case: Case, question: Question) -> None:
    """Say what an answer takes for granted, and what nobody re-checked."""
    claim, selectors = question.claim, case.boundary["excluded"]
    name, edges = claim["excluded"], " and ".join(question.grades)
    for text in named(selectors, name)["assumptions"] if name else []:
        say(f"  assumed: {text}")
    if question.kind == "jurisdiction":
        say("  a stand-in: the claim itself is a question of law")
    bare = "controls ignored" if question.bare else "controls honoured"
    say(f"  {edges} edges only, {bare}, as of {question.estate.instant}")
    counts = (f"{number} {what}" for what, number in question.counted().items())
    say(f"  counts: {', '.join(counts)}")
    dates = (f"{source.id} {source.value or 'undated'}" for source in case.sources)
    say(f"  sources: {', '.join(dates) or 'none'}")
    history = " and go back far enough" if claim["during"] else ""
    say(f"  not re-checked: that the sources tell the truth, and all of it{history}")


if __name__ == "__main__":
    gc.disable()  # nothing here makes cycles; looking for them takes most of the time
    sys.exit(main(sys.argv[1:]))
