"""The sender's view of a gateway over a store, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow.fs import LocalFileSystem

from ringfence.egress.files.config import Config
from ringfence.egress.files.s3 import Service
from ringfence.egress.proving.carrying import Carried
from ringfence.egress.proving.prefix import S3Gateway, Spot, gateway_of
from ringfence.egress.proving.surfaces import Answer, Outcome
from ringfence.egress.proving.tries import Try
from ringfence.errors import ConfigError

SERVICE = Service("http://127.0.0.1:1", "here", "KEY_ID", "SECRET")
WHOLE = Config(
    outbox="s3://a/out", released="s3://a/rel", quarantine="kept", s3=SERVICE
)
TRIES = [
    Try(number, "plain", "text", "", 0, Carried(b"words", ".txt", "text/plain", name))
    for number, name in enumerate(("", "a/b", "c"))
]


def view(folder: Path, pause: Callable[[float], None]) -> S3Gateway:
    """Return a sender's view of folders that stand in for a store."""
    times = iter(range(0, 1_000, 25))
    return S3Gateway(
        spot(folder / "outbox"),
        spot(folder / "released"),
        spot(folder / "quarantine"),
        "chat",
        pause=pause,
        clock=lambda: next(times),
    )


def spot(folder: Path) -> Spot:
    """Return a new folder, as a place of a store."""
    (folder / "chat").mkdir(parents=True)
    return Spot(LocalFileSystem(), str(folder))


def outcomes(answers: list[Answer]) -> dict[int, tuple[Outcome, str]]:
    """Return what became of each try."""
    return {one.tried.number: (one.outcome, one.note) for one in answers}


def test_what_became_of_each_object_is_told(tmp_path: Path):
    """An object is told by where it lies; one that was released is removed."""
    outbox = tmp_path / "outbox" / "chat"

    def work(seconds: float) -> None:
        assert seconds > 0
        names = sorted(one.name for one in outbox.iterdir())
        if len(names) == 3:
            assert [one.rpartition(" ")[2] for one in names] == [
                "0.txt",
                "a_b.txt",
                "c.txt",
            ]
            (outbox / names[0]).rename(tmp_path / "released" / "chat" / names[0])
        elif len(names) == 2:
            folder = tmp_path / "quarantine" / "block" / "chat"
            folder.mkdir(parents=True)
            (folder / "another.txt").write_text("x")
            (outbox / names[0]).rename(folder / names[0])

    found = outcomes([*view(tmp_path, work).ask(TRIES)])
    assert found == {
        0: (Outcome.LEFT, ""),
        1: (Outcome.BLOCKED, ""),
        2: (Outcome.NO_ANSWER, "nobody took it in time"),
    }
    assert [*outbox.iterdir()] == []
    assert [*(tmp_path / "released" / "chat").iterdir()] == []


def test_what_was_put_is_taken_back_if_the_store_fails(tmp_path: Path):
    """Where a put fails, what was put before it doesn't stay."""
    gateway = view(tmp_path, lambda _seconds: None)
    long = replace(TRIES[1], carried=replace(TRIES[1].carried, name="x" * 300))
    with pytest.raises(OSError, match="name"):
        [*gateway.ask([TRIES[0], long])]
    assert [*(tmp_path / "outbox" / "chat").iterdir()] == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (replace(WHOLE, outbox=None), "is no `s3://bucket/prefix`"),
        (replace(WHOLE, outbox="folder"), "with `--outbox`"),
        (replace(WHOLE, released=None), "have to be said"),
        (replace(WHOLE, quarantine=None), "have to be said"),
        (replace(WHOLE, s3=None), "nothing says where the store answers"),
        (WHOLE, "the environment has no `KEY_ID`"),
    ],
)
def test_a_gateway_that_isnt_told_wholly_is_refused(
    config: Config, said: str, monkeypatch: pytest.MonkeyPatch
):
    """What is missing is named, and what to write."""
    monkeypatch.delenv("KEY_ID", raising=False)
    with pytest.raises(ConfigError) as caught:
        gateway_of(config, "chat", 1)
    assert said in str(caught.value)


def test_a_quarantine_may_be_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Prefixes and folders may stand beside each other, as a gateway takes them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY_ID", "id")
    monkeypatch.setenv("SECRET", "words")
    found = gateway_of(WHOLE, "chat", 3)
    assert (found.outbox.root, found.released.root) == ("a/out", "a/rel")
    assert found.quarantine.root == str(tmp_path / "kept")
    assert (found.patience, found.channel) == (3, "chat")
