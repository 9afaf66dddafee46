"""The checker of exports: what one shows, and everything that makes it show nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.claims.publishing.exporting import own_keys
from ringfence_verify import export
from ringfence_verify.__main__ import main
from ringfence_verify.reading import canonical
from tests.publishing import desk


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return the content of an export, and the key of its docket's log."""
    made = desk(tmp_path_factory.mktemp("exports"))
    content = made.export().files["export.json"]
    return content, str(own_keys(made.docket)[0])


@pytest.fixture
def path(exported, tmp_path):
    (tmp_path / "export.json").write_bytes(exported[0])
    return tmp_path / "export.json"


@pytest.fixture
def key(exported):
    return exported[1]


def told(path: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(path.read_bytes())
    return said


def refused(
    path: Path, said: dict[str, Any], key: str, capsys: pytest.CaptureFixture[str]
) -> str:
    """Write an export that says this; return why it isn't believed."""
    path.write_bytes(canonical(said) + b"\n")
    assert main([str(path), "--log-key", key]) == 12
    return capsys.readouterr().out


def test_an_export_is_checked_without_the_tool(path, key, capsys):
    """Entries and fields are counted, and what isn't proved is said; a folder will do."""
    said = told(path)["ledger"]["entries"]
    fields = sum(len(one["told"]) for one in said)
    assert main([str(path), "--log-key", key]) == 0
    out = capsys.readouterr().out
    counts = f"{len(said)} entries are in the log; {fields} fields are as committed"
    assert f"export.json ok: {counts}" in out
    assert export.CAVEAT in out
    assert main([str(path.parent), "--log-key", key]) == 0


def test_without_a_key_it_is_open_who_signed(path, capsys):
    """An export is then only at one with itself: left open, and code 10."""
    assert main([str(path)]) == 10
    assert "left open: who signed it" in capsys.readouterr().out


def test_another_key_is_refused(path, capsys):
    """A log that somebody else signed is not the one that is asked for."""
    other = "other/log+00000000+AAAA"
    assert main([str(path), "--log-key", other]) == 2
    capsys.readouterr()


def test_a_changed_value_or_salt_is_named(path, key, capsys):
    """Each field that is told: another value or salt, and the entry is named."""
    content = path.read_bytes()
    entries = told(path)["ledger"]["entries"]
    places = [(n, name) for n, one in enumerate(entries) for name in one["told"]]
    assert len(places) > 20
    for number, name in places[:: len(places) // 12]:
        for changed in ({"value": ["other"]}, {"salt": "0" * 64}):
            said = json.loads(content)
            one = said["ledger"]["entries"][number]
            one["told"][name] |= changed
            out = refused(path, said, key, capsys)
            assert f"entry {one['index']} commits to another `{name}`" in out


def test_a_field_that_no_entry_commits_to_is_refused(path, key, capsys):
    """Nothing is told beside what was logged."""
    said = told(path)
    entry = said["ledger"]["entries"][0]
    entry["told"]["further"] = {"salt": "0" * 64, "value": 1}
    assert "commits to another `further`" in refused(path, said, key, capsys)


def test_an_entry_that_is_not_in_the_log_is_refused(path, key, capsys):
    """Another time, another place, another proof: the log doesn't hold it."""
    content = path.read_bytes()
    for change in (
        lambda one: one | {"entry": one["entry"].replace("2022", "2021")},
        lambda one: one | {"proof": one["proof"][::-1]},
        lambda one: one | {"proof": one["proof"][:-1]},
    ):
        said = json.loads(content)
        entries = said["ledger"]["entries"]
        entries[0] = change(entries[0])
        assert "NOT VERIFIED" in refused(path, said, key, capsys)


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries[:0],
        lambda entries: [*entries, entries[-1]],
        lambda entries: entries[::-1],
    ],
    ids=["none", "one twice", "backwards"],
)
def test_entries_stand_once_and_in_order(path, key, capsys, change):
    """Nobody makes one statement two, and an export of nothing proves nothing."""
    said = told(path)
    said["ledger"]["entries"] = change(said["ledger"]["entries"])
    out = refused(path, said, key, capsys)
    assert "it shows no entry, or one twice, or in no order" in out


def test_another_form_is_refused(path, key, capsys):
    """What is no export, or says more than one may, is not looked at further."""
    more = told(path) | {"further": ""}
    assert "is not of the form" in refused(path, more, key, capsys)
    assert "is not of the form" in refused(path, {}, key, capsys)
    path.write_bytes(b"{ }\n")
    assert main([str(path), "--log-key", key]) == 12
    assert "is not canonical JSON" in capsys.readouterr().out


@pytest.mark.parametrize("place", range(0, 9_000, 299))
def test_any_byte_of_what_is_shown_matters(path, key, capsys, place):
    """A bit of an entry, a proof, a field or the checkpoint that is flipped is found."""
    content = bytearray(path.read_bytes())
    start = content.index(b'"ledger":')
    end = content.rindex("— ".encode())
    content[start + 10 + place % (end - start - 10)] ^= 1
    path.write_bytes(content)
    assert main([str(path), "--log-key", key]) == 12
    capsys.readouterr()
