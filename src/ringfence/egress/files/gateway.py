"""One file's way: staged, judged, carried, revealed, and only then taken away.

INVARIANT: nothing is carried to where it may be seen before the exit has answered, and
the exit answers once its ledger holds the verdict. What is judged and what leaves is
the gateway's own copy, which nobody else can write.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec

from ringfence.documents import durable
from ringfence.egress.channels.wording import said
from ringfence.egress.exit.passage import Exit, Passage, UnjudgedError
from ringfence.egress.files import names
from ringfence.egress.files.claims import Claim, Outlet, Work, digest_of, named
from ringfence.egress.files.store import (
    ChangedError,
    Found,
    Store,
    StoreError,
    Taken,
    first_free,
)
from ringfence.egress.payload import Payload
from ringfence.errors import Locus, RingfenceError

LEFT, FAILED = "left", "failed"
_OUTLETS: dict[str, Outlet] = {
    "release": "released",
    "mask": "released",
    "hold": "hold",
    "block": "block",
}
# What S3 says of a failure, without the addresses and names that it says as well.
_S3 = re.compile(r"(AWS Error [A-Z_]+)(?: \([^)]*\))?(?: during (\w+))?")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file.

    Attributes:
        verdict: The verdict's word; or `left`: it stays where it is; or `failed`.
        path: Where it lay in the outbox.
        reasons: Why, in words.
        target: Where it is now; empty: where it lay.
        entry: The ledger's entry; -1: there is none.
        mark: What told the file from what may take its place.
    """

    verdict: str
    path: str
    reasons: tuple[str, ...] = ()
    target: str = ""
    entry: int = -1
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """Where files come from and go.

    Attributes:
        outbox: Where they come from.
        released: Where those go that may leave.
        quarantine: Where all others go, below `hold` and `block`.
        receipts: Where receipts go.
    """

    outbox: Store
    released: Store
    quarantine: Store
    receipts: Store


class Gateway:
    """Takes files through the exit, one after the other.

    Args:
        exit_: The exit.
        places: Where files come from and go.
        work: The gateway's own folder.
    """

    def __init__(self, exit_: Exit, places: Places, work: Work) -> None:
        self._exit = exit_
        self._places = places
        self._work = work

    def resumed(self) -> Iterator[Outcome]:
        """Go on with what was begun, and yield what became of it.

        Raises:
            RingfenceError: A claim can't be read.
            OSError: The gateway's own folder can't be used.
        """
        kept = self._work.sweep()
        for store in (self._places.released, self._places.quarantine):
            store.sweep(kept)
        for claim in [*self._work.claims()]:
            yield self._done(claim.path, claim.mark, self._again(claim))

    def taken(self, found: Found) -> Outcome:
        """Take a file through the exit, and return what became of it."""
        if found.odd:
            return Outcome(LEFT, found.path, (found.odd,), mark=found.mark)

        def through() -> Outcome:
            return self._through(self._staged(found))

        return self._done(found.path, found.mark, through)

    def is_waiting(self, found: Found) -> bool:
        """Whether a file is begun and not done, and no newer one in its place.

        Raises:
            RingfenceError: A claim can't be read.
            OSError: The gateway's own folder can't be used.
        """
        return any(
            one.path == found.path and self._places.outbox.has(one.path, one.mark)
            for one in self._work.claims()
        )

    def _done(self, path: str, mark: str, work: Callable[[], Outcome]) -> Outcome:
        """Return what became of a file, whatever that was."""
        try:
            return work()
        except ChangedError as error:
            return Outcome(LEFT, path, (error.problems[0].message,), mark=mark)
        except RingfenceError as error:
            lines = tuple(one.message for one in error.problems)
            return Outcome(FAILED, path, lines, mark=mark)
        except OSError as error:
            return Outcome(FAILED, path, (told(error),), mark=mark)

    # --- the steps --------------------------------------------------------------------

    def _staged(self, found: Found) -> Claim:
        """Copy a file to where only the gateway writes, and claim it."""
        name = named(found.path, found.mark)
        path = self._work.staging / name
        try:
            with os.fdopen(_created(path), "wb") as file:
                taken = self._places.outbox.take(found.path, file)
                file.flush()
                os.fsync(file.fileno())
            durable.sync(self._work.staging)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        claim = Claim(name, found.path, taken.mark, taken.digest, taken.size)
        self._work.keep(claim)
        return claim

    def _again(self, claim: Claim) -> Callable[[], Outcome]:
        def again() -> Outcome:
            staging = self._work.staging
            if (
                claim.stage == "staged"
                and digest_of(staging / claim.id) != claim.digest
            ):
                self._work.drop(claim)  # its file is in the outbox, and is taken anew
                raise ChangedError("what was staged is gone")
            if claim.stage == "judged":
                there = digest_of(staging / claim.source)
                if there not in (None, claim.output):
                    raise StoreError("what was judged was changed", Locus(claim.id))
            return self._through(claim)

        return again

    def _through(self, claim: Claim) -> Outcome:
        if claim.stage == "staged":
            claim = self._judged(claim)
        store = self._store(claim)
        if claim.stage == "judged":
            store.carry(self._work.staging / claim.source, claim.id, claim.output)
            claim = self._kept(claim, stage="carried")
        if claim.stage == "carried":
            claim = self._revealed(claim, store)
        receipt = f"{claim.target}.{claim.entry}.json"
        self._places.receipts.write(receipt, claim.receipt.encode())
        taken = Taken(claim.digest, claim.size, claim.mark)
        self._places.outbox.remove(claim.path, taken, claim.id)
        self._work.drop(claim)
        return Outcome(
            claim.verdict,
            claim.path,
            claim.reasons,
            f"{claim.outlet}/{claim.target}",
            claim.entry,
            claim.mark,
        )

    def _judged(self, claim: Claim) -> Claim:
        """Have the exit judge what is staged, and write down what comes of it."""
        staged = self._work.staging / claim.id
        payload = Payload(names.within(claim.path), staged)
        try:
            passage = self._exit.judge(names.channel_of(claim.path), payload)
            _check(passage, claim)
        except UnjudgedError:
            self._let_go(claim)
            raise
        output = passage.output if isinstance(passage.output, Path) else staged
        durable.sync(output)
        digest = claim.digest if output == staged else digest_of(output)
        claim = msgspec.structs.replace(
            claim,
            stage="judged",
            verdict=str(passage.ruling.verdict),
            entry=passage.entry,
            reasons=tuple(map(said, passage.ruling.reasons)),
            output=digest or "",
            bytes=output.stat().st_size,
            source=output.name,
            outlet=_OUTLETS[str(passage.ruling.verdict)],
            receipt=passage.receipt.decode(),
        )
        return self._placed(claim)

    def _placed(self, claim: Claim) -> Claim:
        """Write down where a file goes: where nothing else is, or its like already."""
        store = self._store(claim)
        others = {(one.outlet, one.target) for one in self._work.claims()}
        free = (
            path
            for path in (names.numbered(claim.path, number) for number in count(1))
            if (claim.outlet, path) not in others
        )
        below = (self._below(claim, path) for path in free)
        found = first_free(below, store, claim.output, claim.bytes)
        is_there = store.digest(found, claim.bytes) == claim.output
        target = found if claim.outlet == "released" else found.partition("/")[2]
        stage = "revealed" if is_there else claim.stage
        return self._kept(claim, stage=stage, target=target)

    def _revealed(self, claim: Claim, store: Store) -> Claim:
        while True:
            try:
                store.reveal(claim.id, self._below(claim))
            except FileExistsError:
                # Somebody else has put something there since.
                claim = self._placed(msgspec.structs.replace(claim, target=""))
                if claim.stage == "revealed":
                    return claim
                continue
            return self._kept(claim, stage="revealed")

    def _let_go(self, claim: Claim) -> None:
        """Forget a file that can't be judged, if it is still in the outbox."""
        if self._places.outbox.has(claim.path, claim.mark):
            self._work.drop(claim)

    def _kept(self, claim: Claim, **changes: str) -> Claim:
        claim = msgspec.structs.replace(claim, **changes)
        self._work.keep(claim)
        return claim

    def _store(self, claim: Claim) -> Store:
        is_released = claim.outlet == "released"
        return self._places.released if is_released else self._places.quarantine

    def _below(self, claim: Claim, path: str = "") -> str:
        """Return where a file goes, below the root of its store."""
        path = path or claim.target
        return path if claim.outlet == "released" else f"{claim.outlet}/{path}"


def told(error: OSError) -> str:
    """Return what a failure was, without names and addresses."""
    if error.strerror:
        return error.strerror.lower()
    found = _S3.search(str(error))
    return " during ".join(filter(None, found.groups())) if found else "it failed"


def _created(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)


def _check(passage: Passage, claim: Claim) -> None:
    """Refuse a verdict on something else than what is staged.

    Raises:
        StoreError: It is one.
    """
    if passage.inspection.content != claim.digest:
        raise StoreError("what was staged was changed", Locus(claim.id))
