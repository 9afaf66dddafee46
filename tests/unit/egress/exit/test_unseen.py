"""What can't be shown to an exit: held, with an entry that says so."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from ringfence.claims.released import releases
from ringfence.egress.channels.judge import Reason, Verdict
from ringfence.egress.exit.logged import Unseen
from ringfence.egress.exit.made import exit_of
from ringfence.egress.exit.passage import UnjudgedError
from ringfence.egress.payload import Payload
from tests.exiting import AT, channel, contracts, made
from tests.proving import LAST, TABLES, TEXTS, listed, settings

CONTENT = hashlib.sha256(b"nobody saw it").hexdigest()
WHAT = Unseen(CONTENT, 77, "it is more than 10 rows")


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("partner", Verdict.HOLD), ("chat", Verdict.HOLD), ("no", Verdict.BLOCK)],
)
def test_it_is_held_and_the_ledger_says_why(tmp_path: Path, name: str, verdict):
    """A real exit logs the digest, the size and the reason, and lets nothing leave."""
    listed(tmp_path)
    with exit_of(settings(tmp_path, TABLES, TEXTS), clock=lambda: AT) as found:
        passage = found.unseen(name, "rows.jsonl", WHAT)
        assert (passage.ruling.verdict, passage.output) == (verdict, None)
        assert not passage.may_leave
        after = found.judge("chat", Payload("a.txt", b"plain words\n"))
        assert after.ruling.verdict is Verdict.RELEASE
    told = msgspec.json.decode(passage.receipt)
    assert (told["content"], told["size"]) == (CONTENT, 77)
    assert (told["coverage"], told["subjects"]) == ("SKIPPED", 0)
    if verdict is Verdict.HOLD:
        reasons = {one["reason"]: one.get("what") for one in told["reasons"]}
        assert Reason.NOT_COMPLETE in reasons
        assert WHAT.why in {one.get("what") for one in told["reasons"]}
    verdicts = [one.verdict for one in releases(tmp_path / "ledger").told]
    assert verdicts == [str(verdict), "release"]


def test_a_channel_that_isnt_in_force_blocks_it(tmp_path: Path):
    """What is blocked for another reason stays blocked."""
    ended = channel(until="2022-01-01T00:00:00Z")
    found = made(tmp_path, contracts(ended)).exit.unseen("partner", "rows", WHAT)
    assert found.ruling.verdict is Verdict.BLOCK


def test_contracts_that_hold_no_more_give_no_verdict(tmp_path: Path):
    """Without contracts that hold there is no verdict, as for whatever else."""
    given = msgspec.structs.replace(contracts(), until="2022-01-02T00:00:00Z")
    assert given.until < LAST
    with pytest.raises(UnjudgedError, match="holds until"):
        made(tmp_path, given).exit.unseen("partner", "rows", WHAT)
