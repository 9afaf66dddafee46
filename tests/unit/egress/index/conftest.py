"""What tests of the index share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ringfence.egress.index import filter as filters


@pytest.fixture
def installed(monkeypatch) -> Iterator[Callable[[str, str], None]]:
    """Return a function that names the package which filters are wanted of."""

    def say(name: str, version: str) -> None:
        monkeypatch.setattr(filters, "PACKAGE", (name, version))
        filters.is_supported.cache_clear()

    yield say
    filters.is_supported.cache_clear()
