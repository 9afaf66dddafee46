"""What a check says to a ledger: one entry for the run, and one for each verdict.

An entry holds digests of the files that the check wrote, the verdict, and commitments
to the claim's id and sentence. Names of people, of systems and of claims stay outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

import msgspec

from ringfence.claims.outcome import Finding, Outcome
from ringfence.errors import ConfigError, Locus, RingfenceError
from ringfence.ledger.entries import committed, digest_of, made
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.writer.disk import RealDisk

FACTS, BOUNDARY = "facts.jsonl", "boundary.json"
KEPT = "logged.json"
REPORT = "report.json"
FORMAT = "ringfence-logged/1"
# How far the entries of a check got, and what to do about it.
_NOT_LOGGED = "not logged", "the report stands; mend the ledger and check again"
_PERHAPS_LOGGED = "perhaps not logged", "the report stands"
_LOGGED = "not published", "it is logged; `ringfence ledger publish` goes on"


@dataclass(frozen=True, slots=True)
class Composed:
    """Entries in their order, and the payloads that some of them name."""

    entries: tuple[bytes, ...]
    payloads: tuple[bytes, ...]


class Logged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a ledger has the entries of a check.

    Attributes:
        format: Which version of this file it is.
        origin: The name of the log.
        first: The place of the run's entry, from 0.
        after: The place behind the last verdict's.
        size: How many entries the log had once these were published; None if they were
            only sequenced.
    """

    format: str
    origin: str
    first: int
    after: int
    size: int | None

    def __str__(self) -> str:
        """Return it as one line says it."""
        places = f"entries {self.first} to {self.after - 1} of {self.origin}"
        if self.size is None:
            return f"{places}, sequenced and not published"
        return f"{places}, published at size {self.size}"


def composed(outcome: Outcome, output: Path, time: str) -> Composed:
    """Return what a ledger is told of a check.

    Args:
        outcome: What the check came to.
        output: The folder that it wrote: facts, boundary, proofs and report.
        time: When this is.

    Raises:
        ConfigError: Another check has written to the folder since.
        OSError: A file of the folder can't be read.
    """
    digests = {
        "boundary": outcome.boundary_digest,
        "estate": outcome.estate_digest,
        "facts": outcome.estate_digest,  # the estate's digest is that of its file
    }
    values = {
        "as_of": outcome.as_of,
        "claims": str(len(outcome.findings)),
        "version": outcome.version,
    }
    report = file_hash(output / REPORT)
    run = made("check", time, digests={**digests, "report": report}, values=values)
    entries, payloads = [run], []
    for finding in outcome.findings:
        commitments, payload = committed(_told(finding))
        proof = {"proof": finding.proof} if finding.proof else {}
        named = {key: file_hash(output / name) for key, name in proof.items()}
        entry = made(
            "verdict",
            time,
            digests={**digests, **named, "payload": digest_of(payload)},
            commitments=commitments,
            values={
                "as_of": outcome.as_of,
                "claim": str(finding.number),
                "verdict": str(finding.verdict),
            },
        )
        entries.append(entry)
        payloads.append(payload)
    # Last, as a check writes these first: were a proof another's, these would be too.
    for name, file in (("facts", FACTS), ("boundary", BOUNDARY)):
        if file_hash(output / file) != digests[name]:
            message = "was written anew since it was judged"
            hint = "each check has its own output folder"
            raise ConfigError(message, Locus(str(output / file)), hint)
    return Composed(tuple(entries), tuple(payloads))


def look(ledger: Path) -> None:
    """Open a ledger once: what is wrong with it is told before anything is judged.

    Raises:
        ConfigError: There is no ledger, or it is closed.
        RingfenceError: It can't be opened.
    """
    with within(ledger), writing(ledger):
        pass


def logged(outcome: Outcome, output: Path, ledger: Path, time: str) -> Logged:
    """Tell a ledger of a check, in one batch, and publish it.

    Args:
        outcome: What the check came to.
        output: The folder that it wrote.
        ledger: The folder of the ledger.
        time: When this is.

    Raises:
        LedgerError: The verdicts stand, and the ledger doesn't say so, or says so and
            isn't published: the error says which.
    """
    far = _NOT_LOGGED
    try:
        told = composed(outcome, output, time)
        with within(ledger), writing(ledger) as log:
            payloads = Payloads(RealDisk(ledger))
            for payload in told.payloads:
                payloads.keep(payload)
            far = _PERHAPS_LOGGED
            places = log.append(told.entries)
            far = _LOGGED
            origin = log.charter.origin
            found = Logged(FORMAT, origin, places.start, places.stop, None)
            keep(found, output)
            size = log.publish().checkpoint.size
            found = msgspec.structs.replace(found, size=size)
            keep(found, output)
    except (RingfenceError, OSError) as error:
        raise _fault(error, ledger, far) from None
    return found


def _fault(
    error: RingfenceError | OSError, ledger: Path, far: tuple[str, str]
) -> LedgerError:
    """Return what became of a check's entries, and what to do about it."""
    reason, advice = str(error), None
    if isinstance(error, RingfenceError):
        (problem, *_) = error.problems
        place = "" if problem.at is None else f"{problem.at}: "
        reason, advice = f"{place}{problem.message}", problem.hint
    state, remedy = far
    hint = "; ".join(filter(None, (advice, remedy)))
    return LedgerError(f"judged, but {state}: {reason}", Locus(str(ledger)), hint)


def keep(logged: Logged, output: Path) -> None:
    """Write where the entries of a check are, beside what it wrote.

    Raises:
        OSError: It can't be written.
    """
    content = msgspec.json.format(msgspec.json.encode(logged), indent=2)
    (output / KEPT).write_bytes(content + b"\n")


def withdraw(output: Path) -> None:
    """Remove what an earlier check of the folder kept of its entries."""
    (output / KEPT).unlink(missing_ok=True)


def kept(output: Path) -> Logged:
    """Return where the entries of a check are.

    Raises:
        ConfigError: The folder doesn't say.
    """
    path = output / KEPT
    hint = "run `ringfence check CASE --output FOLDER --ledger DIR` first"
    at = Locus(str(path))
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Logged)
    except OSError:
        raise ConfigError("this check was not logged", at, hint) from None
    except (msgspec.MsgspecError, UnicodeError):
        raise ConfigError(
            "is not what a check keeps of its entries", at, hint
        ) from None
    size = found.after if found.size is None else found.size
    if found.format != FORMAT or not 0 <= found.first < found.after <= size:
        raise ConfigError("is not what a check keeps of its entries", at, hint)
    return found


def _told(finding: Finding) -> dict[str, object]:
    """Return what the entry of a verdict commits to."""
    claim = finding.claim
    told: dict[str, object] = {"id": claim.id}
    return {**told, "said": claim.says} if claim.says else told


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
