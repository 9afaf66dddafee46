"""The charter of a docket, held against its ledger before anything is sealed by it.

Whoever writes another key into `docket.json` would read all that is received from then
on. The ledger has said to which keys the docket is sealed since it was founded.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import islice

from ringfence.docket.folder import CHARTER, SEALED, Docket
from ringfence.docket.naming import MATCH, Names
from ringfence.docket.objects import Handling
from ringfence.errors import Locus, ProofError

_HINT = "restore it from a copy: nothing is sealed to keys that the ledger doesn't say"


def charter_digest(docket: Docket) -> str:
    """Return the SHA-256 of a docket's charter as it lies there."""
    return sha256((docket.folder / CHARTER).read_bytes()).hexdigest()


def check_charter(docket: Docket) -> None:
    """Check that files are sealed to the keys that the ledger says, and to no others.

    Where the ledger says nothing of its keys, nobody can tell; `verify` says so.

    Raises:
        ProofError: The charter, or the key that names are matched by, was changed.
        RingfenceError: The ledger isn't what was signed, or can't be read.
        OSError: It can't be read.
    """
    for held in islice(docket.held(), 1):
        said = held.object.detail if isinstance(held.object, Handling) else {}
        for name, digest, path in (
            ("charter", charter_digest(docket), docket.folder / CHARTER),
            ("match", Names(docket).key_digest(), docket.folder / SEALED / MATCH),
        ):
            if digest and said.get(name, digest) != digest:
                message = "was changed since the docket was founded"
                raise ProofError(message, Locus(str(path)), _HINT)
