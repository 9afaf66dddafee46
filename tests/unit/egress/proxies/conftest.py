"""A proxy that runs before an upstream, and an upstream that says what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.proxied import (
    Inside,
    inside,
    listener,
    process,
    spoken,
)

LIMITS = "limits: {body: 4000000, memory: 1000, request: 100000}\n"
HASTY = "limits: {upstream: 1, seconds: 1, sending: 1, drain: 60}\n"


@pytest.fixture(scope="module")
def tool() -> Iterator[Inside]:
    """Return an upstream; each test sets what it says."""
    with inside(spoken) as found:
        yield found


@pytest.fixture(scope="module")
def running(tool: Inside, tmp_path_factory: pytest.TempPathFactory):
    """Return a proxy that runs before it."""
    folder = tmp_path_factory.mktemp("proxy")
    with process(folder, "proxy", listener(tool.port) + LIMITS) as found:
        yield found


@pytest.fixture(scope="module")
def hasty(tool: Inside, tmp_path_factory: pytest.TempPathFactory):
    """Return a proxy that waits a second for anything."""
    folder = tmp_path_factory.mktemp("hasty")
    with process(folder, "proxy", listener(tool.port) + HASTY) as found:
        yield found


@pytest.fixture
def says(tool: Inside) -> Iterator[Callable[[bytes], None]]:
    """Return what has the upstream say something."""

    def say(content: bytes) -> None:
        tool.says = lambda _, __: content

    yield say
    tool.says = spoken
