"""The engine on Spark without a server: what it refuses, and what it says of it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from ringfence.audit.engine import spark
from ringfence.audit.engine.protocol import EngineError
from ringfence.audit.engine.spark import Spark
from ringfence.audit.kernels.portable import translated

HERE = find_spec("pyspark") is not None


@pytest.mark.parametrize("address", ["", "localhost:15002", "http://host", "SC://host"])
def test_an_address_has_to_name_spark_connect(address):
    """Nothing but `sc://` is taken, so that the network is meant when it is used."""
    with pytest.raises(EngineError, match="no address of Spark Connect") as raised:
        Spark(address)
    assert (
        raised.value.problems[0].hint
        == "an address of Spark Connect looks like sc://host:15002"
    )


def test_a_missing_library_is_named_with_its_remedy(monkeypatch):
    """Without the extra, one sentence says what to install."""

    def absent(name):
        message = f"No module named '{name}'"
        raise ImportError(message)

    monkeypatch.setattr(spark, "import_module", absent)
    with pytest.raises(EngineError, match="a library that isn't here") as raised:
        Spark("sc://127.0.0.1:15002")
    assert "ringfence[spark]" in str(raised.value)


@pytest.mark.skipif(not HERE, reason="no pyspark here; `make spark` has it")
@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sc://127.0.0.1:1", "no Spark Connect server answers at `sc://127.0.0.1:1`"),
        ("sc://", "no address of Spark Connect"),
        ("sc://host:99999", "no address of Spark Connect"),
        ("sc://host/path", "no address of Spark Connect"),
    ],
)
def test_no_server_is_said_at_once(address, message):
    """An address behind which nobody listens is one clear error, soon."""
    with pytest.raises(EngineError, match=message):
        Spark(address, wait=0.5)


def test_an_error_tells_no_secret():
    """A token in the address is left out of what is printed."""
    told = spark._shown("sc://ann:word@host:1/;use_ssl=true;token=s3cret")
    assert told == "sc://host:1/;use_ssl=...;token=..."


@pytest.mark.parametrize("odd", ["a*b", "a?", "[1]", "{a,b}", "a\\b"])
def test_a_path_that_is_a_pattern_is_refused(odd):
    """Spark would read other files than those that are meant."""
    with pytest.raises(EngineError, match="as a pattern"):
        spark._location(Path("/out") / odd / "part-0.parquet")


def test_a_file_is_told_of_with_its_scheme():
    """A plain path gets `file://`; one with a blank is given as it is."""
    plain = Path("/out/log=app/day=2025-01-01/part-0.parquet")
    assert spark._location(plain) == f"file://{plain}"
    assert spark._location(Path("/my out/a%20b.parquet")) == "/my out/a%20b.parquet"


def test_a_long_complaint_is_cut_to_its_first_line():
    """A stack of Java is no message."""
    said = spark._said(ValueError("what is wrong\n\tat org.apache.spark"))
    assert said == "what is wrong"
    assert spark._said(ValueError()) == "ValueError"
    assert len(spark._said(ValueError("x" * 9_999))) == spark._LONGEST


def test_kernels_are_written_in_the_words_of_spark():
    """Names that Spark reserves are quoted its way, and words are strings."""
    text = translated(
        'select cast(e."offset" as varchar) as w from events as e', "spark"
    )
    assert text == "SELECT CAST(e.`offset` AS STRING) AS w FROM events AS e"
