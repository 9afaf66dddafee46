"""What runs beside the answers of a proxy."""

from __future__ import annotations

import threading

import pytest

from ringfence.egress.proxies import running
from ringfence.errors import RingfenceError


def test_the_ledger_is_published_again_and_again(monkeypatch: pytest.MonkeyPatch):
    """What can't be published is told, and tried again; at the end nothing runs on."""
    monkeypatch.setattr(running, "PUBLISHED", 0.0)
    told: list[str] = []
    calls: list[int] = []
    enough = threading.Event()

    def publish() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RingfenceError("no witness answers")
        if len(calls) == 3:
            enough.set()

    with running._published(publish, told.append):
        assert enough.wait(60)
    count = len(calls)
    assert told == ["not published: no witness answers"]
    assert not [one for one in threading.enumerate() if one.name == "publishing"]
    assert len(calls) == count
