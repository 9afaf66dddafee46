"""`relay.yaml`: what it says, and what is wrong with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ringfence.egress.relay.configuration import parse_config, read_config
from ringfence.egress.relay.transactions import BYTES, Caps
from ringfence.errors import ConfigError, RingfenceError

WHOLE = """
relay:
  slot: partner_replica
  publications: [partner, partner]
  tables:
    accounts.profile: partner-replica
  inside: INSIDE_DSN
  outside: OUTSIDE_DSN
  transaction: {changes: 7}
exit:
  contracts: contracts.json
  index: idx
  key: env:INDEX_KEY
  ledger: ledger
  meter: /var/meter
  max_age_days: 2
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    """Files are told from the configuration's own folder; the rest as it stands."""
    (tmp_path / "relay.yaml").write_text(WHOLE)
    found = read_config(tmp_path / "relay.yaml")
    assert found.plan.slot == "partner_replica"
    assert found.plan.publications == ("partner",)
    assert found.plan.tables == {"accounts.profile": "partner-replica"}
    assert found.plan.quarantine == tmp_path / "quarantine"
    assert found.plan.caps == Caps(7, BYTES)
    assert (found.inside, found.outside) == ("INSIDE_DSN", "OUTSIDE_DSN")
    assert found.settings.index == tmp_path / "idx"
    assert found.settings.meter == Path("/var/meter")
    assert found.settings.max_age == timedelta(days=2)
    assert found.settings.token_key == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("slot: partner_replica", "slot: Partner", "`slot` is no name"),
        ("slot: partner_replica", "", "needs `slot`"),
        ("inside: INSIDE_DSN", "inside: postgresql://me:pw@db", "`inside` is no name"),
        ("[partner, partner]", "[]", "names none"),
        ("[partner, partner]", "['a\"b']", "can't hold that"),
        ("accounts.profile:", "profile:", "no `schema.table`"),
        ("accounts.profile: partner-replica", "{}", "names none"),
        ("{changes: 7}", "{changes: 0}", "must be 1 or more"),
        ("{changes: 7}", "{rows: 7}", "has no `rows`"),
        ("  meter: /var/meter", "", "needs `meter`"),
        ("exit:", "exits:", "has no `exits`"),
        ("relay:", "relays:", "has no `relays`"),
        ("relay:\n", "relay:\n  exit: 1\n", "has no `exit`"),
        ("max_age_days: 2", "detectors: [nobody]", "nobody"),
        ("max_age_days: 2", "max_age_days: two", "must be a whole number"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, says: str) -> None:
    """Each problem names its line, and quotes no secret."""
    with pytest.raises(ConfigError) as caught:
        parse_config(WHOLE.replace(old, new), "relay.yaml", Path())
    assert says in str(caught.value)
    assert "relay.yaml:" in str(caught.value)
    assert "pw@" not in str(caught.value)


def test_what_stands_in_no_section_is_told_where_it_belongs() -> None:
    """A file without sections gives an error for each, with what to write."""
    flat = WHOLE.replace("relay:\n", "").replace("exit:\n", "").replace("\n  ", "\n")
    with pytest.raises(ConfigError) as caught:
        parse_config(flat, "relay.yaml", Path())
    into_relay, into_exit, *_ = caught.value.problems
    assert "`slot`, `publications`, `tables`, `inside`" in into_relay.message
    assert (into_relay.hint or "").startswith("write `relay:`, and below it")
    assert into_exit.message.endswith("`meter`, `max_age_days` belong into `exit`")


@pytest.mark.parametrize("text", ["", "[]", "a: {", "slot: [1]\ntables: 3\nexit: x"])
def test_any_text_is_refused_in_words(text: str) -> None:
    """What is no configuration gives one clear error."""
    with pytest.raises(RingfenceError):
        parse_config(text, "relay.yaml", Path())
