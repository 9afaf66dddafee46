"""What can be held of a node, as bits: control of a principal, and verbs on data.

All states of a node fit into one mask of 12 bits, so that a closure is a mask for each
node, in one array.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ringfence.boundary.vocabulary import VERB_GROUPS, VERBS

Mask = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.signedinteger]
Flags = npt.NDArray[np.bool_]

CONTROL = 1
VERB_BIT = {verb: 2 << number for number, verb in enumerate(VERBS)}
ALL_VERBS = sum(VERB_BIT.values())
READ, DECRYPT = VERB_BIT["read"], VERB_BIT["decrypt"]
STATES = {"control": CONTROL, **VERB_BIT}


def verb_mask(verbs: Sequence[str]) -> int:
    """Return the mask of some verbs and verb groups."""
    wanted = {verb for name in verbs for verb in VERB_GROUPS[name]}
    return sum(VERB_BIT[verb] for verb in wanted)
