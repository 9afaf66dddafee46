"""What asks to leave the case, and what lies abroad: each as the boundary says."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from ringfence.claims.case import Case
from ringfence.claims.contracts import contracts_of
from ringfence.claims.snapshot import Ask, opened
from ringfence.egress.channels.contract import Contract
from ringfence.egress.channels.judge import Reading, Reason, Ruling, Verdict, judge
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.building import build
from ringfence.egress.index.gathering import Gathering
from ringfence.egress.index.opened import Index, open_index
from ringfence.egress.index.population import Layout, ParquetFiles
from ringfence.egress.inspector import Inspector
from ringfence.egress.payload import Payload
from ringfence.egress.scan.files import Folder
from ringfence.egress.scan.looking import Watch
from ringfence.egress.scan.scanning import scan
from tests.house.tree import PROJECT
from tests.indexed import KEYS, NOW

CASE = PROJECT / "examples" / "shortvideo"
EGRESS = CASE / "egress"
AS_OF = "2022-01-31T00:00:00Z"
KINDS = {
    "account_id": Kind.ACCOUNT_ID,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "device_id": Kind.DEVICE_ID,
    "advertising_id": Kind.ADVERTISING_ID,
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("case") / "index"
    made = Gathering(Layout(KINDS, "account_id"), KEYS, has_digests=True)
    files = ParquetFiles([EGRESS / "population.parquet"])
    build(files, made, folder, time=NOW)
    return open_index(folder, KEYS.index)


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    found = opened(Ask(CASE, AS_OF))
    case = Case(found.estate, found.boundary, AS_OF)
    return {one.channel.name: one for one in contracts_of(case).contracts}


def ruling(name: str, index: Index, contracts: dict[str, Contract]) -> Ruling:
    """Return what becomes of a file of the outbox, by the channel it lies in."""
    path = EGRESS / "outbox" / name
    inspection = Inspector(index).inspect(Payload(path.name, path))
    return judge(contracts[path.parent.name], inspection, Reading(), AS_OF)


@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        (
            "audience-figures/2022-01-17.eml",
            Verdict.BLOCK,
            Reason.EXCLUDED_RECIPIENT,
        ),
        ("dashboard-export/sessions-2022-01.csv", Verdict.MASK, Reason.MASKED),
        ("partner-api/region-day.json", Verdict.RELEASE, Reason.AS_DECLARED),
        ("partner-api/region-day-next.json", Verdict.HOLD, Reason.UNDECIDED),
    ],
)
def test_each_verdict_has_its_payload(name, verdict, reason, index, contracts):
    """One is blocked, one masked, one released and one held, each for its own reason."""
    found = ruling(name, index, contracts)
    assert found.verdict is verdict
    assert {one.reason for one in found.reasons} == {reason}


def test_the_outbox_is_all_of_it():
    """Every file of the outbox has a verdict here, and every channel a file."""
    names = {path.parent.name for path in (EGRESS / "outbox").glob("*/*")}
    assert names == {"audience-figures", "dashboard-export", "partner-api"}
    assert len([*(EGRESS / "outbox").glob("*/*")]) == 4


def test_one_file_abroad_is_the_copy(index: Index):
    """Of four, as plain text tells: whose address of the population stands in which."""
    people = pl.read_parquet(EGRESS / "population.parquet")
    truth = {}
    for path in (EGRESS / "abroad").rglob("*.*"):
        table = path.suffix == ".parquet"
        text = str(pl.read_parquet(path).to_dicts()) if table else path.read_text()
        name = str(path.relative_to(EGRESS / "abroad"))
        truth[name] = len({*re.findall(r"[\w.]+@[\w.]+", text)} & {*people["email"]})
    found = scan(Folder(EGRESS / "abroad"), Watch(index))
    assert {one.name: len(one.subjects) for one in found.datasets} == truth
    assert sorted(truth.values()) == [0, 0, 0, 1_204]
    assert found.is_whole


def test_nobody_is_anybody():
    """Addresses are kept for examples, and numbers for fiction."""
    parts = ["population.parquet", "abroad/accounts/profile.parquet"]
    for part in parts:
        table = pl.read_parquet(EGRESS / part)
        domains = table["email"].str.split("@").list.last().unique().to_list()
        kept = {"example.com", "example.net", "example.org"}
        assert all(one in kept or one.endswith(".example") for one in domains)
        fiction = r"^(\+1\d{3}55501\d{2}|\+447700900\d{3})$"
        assert table["phone"].str.contains(fiction).all()


def test_the_files_are_small():
    """Together less than a megabyte."""
    files = [path for path in Path(EGRESS).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_000_000
