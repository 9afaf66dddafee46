from __future__ import annotations

import tempfile
from functools import partial
from itertools import count
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ringfence.ledger.signed.keys import ED25519, ML_DSA, SigningKey
from ringfence.ledger.tree.growing import Frontier
from ringfence.ledger.tree.merkle import verify_consistency
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.watch.checking import check_folder
from ringfence.ledger.writer.log import Log

ORIGIN = "ringfence.example/log"
KEYS = [SigningKey(ORIGIN, kind, bytes(32)) for kind in (ED25519, ML_DSA)]
steps = st.lists(
    st.one_of(
        st.lists(st.binary(max_size=9), max_size=3),
        st.builds(lambda size, word: [word] * size, st.integers(0, 600), st.binary()),
        st.sampled_from(["publish", "reopen"]),
    ),
    max_size=12,
)


def root(entries: list[bytes]) -> bytes:
    frontier = Frontier()
    frontier.extend(entries)
    return frontier.root()


@given(steps)
def test_a_log_is_the_list_of_what_was_appended(steps):
    """Whatever is appended, published and reopened, the log is a plain list of it."""
    expected: list[bytes] = []
    heads = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = Log.create(folder, ORIGIN, keys=KEYS)
        for step in [*steps, "publish"]:
            if step == "publish":
                head = log.publish().checkpoint
                assert (head.size, head.root) == (len(expected), root(expected))
                heads.append(head)
            elif step == "reopen":
                log.close()
                log = Log.open(folder)
            else:
                first = len(expected)
                expected += step
                assert log.append(step) == range(first, len(expected))
            assert log.size == len(expected)
        tree = Tree(log.size, log.fetch)
        assert [tree.entry(place) for place in range(log.size)] == expected
        for head in heads:
            if head.size:
                proof = tree.consistency(head.size)
                verify_consistency(head.size, log.size, head.root, tree.root(), proof)
        log.close()
        found = check_folder(folder)
        assert (found.problems, found.ahead, found.size) == ((), 0, len(expected))


@given(st.lists(st.integers(0, 253_402_300_799), min_size=1, max_size=6))
def test_signed_times_never_decrease(times):
    """A clock that goes backwards makes the next signature no older than the last."""
    with tempfile.TemporaryDirectory() as name:
        ticks = count()
        Log.create(Path(name), ORIGIN, keys=KEYS, clock=lambda: 0).close()
        signed = []
        for time in times:
            with Log.open(Path(name), clock=partial(float, time)) as log:
                log.append([b"%d" % next(ticks)])
                signed.append(log.publish().verified[1].seconds)
    assert signed == [max(times[: at + 1]) for at in range(len(times))]
