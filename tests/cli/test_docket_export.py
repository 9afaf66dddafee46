"""`docket export` and `docket read`: what leaves, what doesn't, and who believes it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from ringfence.claims.publishing.exporting import own_keys
from ringfence.docket.folder import Docket
from ringfence.docket.objects import Handling
from ringfence.docket.words import Custody
from ringfence_verify.__main__ import main
from tests.publishing import desk

FORMATS = ("html", "annotations", "claimreview", "oscal")
EXPORT = ("docket", "export", "docket", "--by", "V1", "--to", "the desk", "-o", "out")
KEYED = ("--identity", "keys/identity.key")


@pytest.fixture
def made(say):
    """Return a desk in the folder that commands run in."""
    assert say("--version").code == 0
    return desk(Path())


def custody() -> list[Handling]:
    """Return the steps of custody that say what left."""
    found = [one.object for one in Docket(Path("docket")).held()]
    steps = [one for one in found if isinstance(one, Handling)]
    return [one for one in steps if one.step is Custody.EXPORTED]


def test_an_export_is_written_logged_and_read(say, made):
    """The files that are asked for, the digest of each in custody, and the same that a
    reader sees by the tool, and checks without it."""
    formats = [word for one in FORMATS for word in ("--format", one)]
    done = say(*EXPORT, *KEYED, "--profile", "regulator", *formats)
    assert done.code == 0, done.err
    assert "export    2 statements beside 1 sentence\n" in done.out
    assert "warning   P1: nobody counted" in done.out
    names = {path.name for path in Path("out").iterdir()}
    assert len(names) == 5
    detail = custody()[-1].detail
    assert {name: detail[name] for name in names} == {
        name: sha256(Path("out", name).read_bytes()).hexdigest() for name in names
    }
    key = str(own_keys(made.docket)[0])
    read = say("docket", "read", "out/export.json", "--key", key)
    assert read.code == 0
    assert "Statement 1, against it" in read.out
    html = say("docket", "read", "out/export.json", "--key", key, "--format", "html")
    assert html.out == Path("out/export.html").read_text()
    told = say("docket", "read", "out/export.json", "--key", key, "--format", "json")
    assert json.loads(told.out)["profile"] == "regulator"
    assert main(["out/export.json", "--log-key", key]) == 0


@pytest.mark.parametrize("change", ["entry", "caveat", "value", "key"])
def test_an_export_that_was_changed_does_not_verify(say, made, change):
    """An entry, a field, a caveat, another's key: code 12, and nothing is shown."""
    assert say(*EXPORT, *KEYED, "--profile", "public").code == 0
    path, key = Path("out/export.json"), str(own_keys(made.docket)[0])
    told = path.read_text()
    path.write_text(
        {
            "entry": told.replace('kind\\":\\"statement', 'kind\\":\\"sentence'),
            "caveat": told.replace("no voice was", "every voice was"),
            "value": told.replace("They can see", "They can't see"),
            "key": told,
        }[change]
    )
    if change == "key":
        key = str(own_keys(desk(Path("another")).docket)[0])
    else:
        assert path.read_text() != told
    done = say("docket", "read", str(path), "--key", key)
    assert (done.code, done.out) == (12, "")


def test_a_name_in_a_quote_refuses_the_export(say):
    """Code 2, whom by number and never by name; nothing is written, nothing logged."""
    made = desk(Path(), quote="Ruth Ellis told me so.")
    before = len([*made.docket.held()])
    done = say(*EXPORT, *KEYED, "--profile", "public")
    assert (done.code, done.out) == (2, "")
    assert "export.html: holds what is hidden of P1" in done.err
    assert "Ellis" not in done.err
    assert not Path("out").exists()
    assert len([*made.docket.held()]) == before


@pytest.mark.usefixtures("made")
def test_without_the_key_of_names_nothing_leaves(say, monkeypatch):
    """Whoever can't open the names can't look for them; the environment may name it."""
    done = say(*EXPORT, "--profile", "public")
    assert done.code == 2
    assert "takes the key" in done.err
    wrong = say(*EXPORT, "--identity", "keys/docket.key", "--profile", "public")
    assert wrong.code in (2, 12)
    assert not Path("out").exists()
    monkeypatch.setenv("RINGFENCE_DOCKET_IDENTITY", "keys/identity.key")
    assert say(*EXPORT, "--profile", "public").code == 0
    again = say(*EXPORT, "--profile", "public")
    assert again.code == 2
    assert "something lies there" in again.err
    assert len(custody()) == 1


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--profile", "publik"), "there is no profile `publik`"),
        (("stored", "--profile", "public"), "has no sentence on it"),
        (("--profile", "public", "--check", "none"), "there is no report of a check"),
        (("--profile", "public", "--public", "none.txt"), "none.txt"),
        (("--profile", "public", "--case", "none"), "none"),
    ],
)
def test_what_is_not_there_is_an_error(say, words, message):
    """Profile, claim, check, text, case: one clear error, code 2, and nothing leaves."""
    done = say(*EXPORT, *KEYED, *words)
    assert done.code == 2
    assert message in done.err
    assert custody() == []


@pytest.mark.usefixtures("made")
def test_verdicts_come_along_and_never_hide_a_statement(say):
    """The verdict of a check is on the page; one that upheld without having seen the
    statements against it is refused."""
    claim: dict[str, object] = {"id": "nobody", "verdict": "upheld"}
    claim |= {"reasons": [], "proof": None}
    report = {
        "as_of": "2022-01-31T00:00:00Z",
        "boundary": {"digest": "b1"},
        "estate": {"digest": "e1"},
        "claims": [claim],
    }
    Path("checked").mkdir()
    Path("checked/report.json").write_text(json.dumps(report))
    words = (*EXPORT, *KEYED, "--profile", "public", "--check", "checked")
    refused = say(*words)
    assert refused.code == 2
    assert "hadn't seen the statements against it" in refused.err
    reasons = [
        {"code": "contested", "text": "S1 (confirmed, speaker-4f2a, R1 0:00:04)"},
        {"code": "unattested_inventory", "text": "nobody says that hr is whole"},
    ]
    claim |= {"verdict": "unproven", "reasons": reasons}
    Path("checked/report.json").write_text(json.dumps(report))
    assert say(*words).code == 0
    html = Path("out/export.html").read_text()
    assert "statements say otherwise; unattested inventory" in html
    assert "0:00:04" not in html
    assert "nobody says that hr" not in html


@pytest.mark.usefixtures("made")
def test_people_of_a_case_are_counted(say):
    """With a case, those who share what is told of a speaker are counted."""
    done = say(*EXPORT, *KEYED, "--profile", "auditor", "--case", "case")
    assert done.code == 0, done.err
    assert "warning   P1: " in done.out
    assert "name a case" not in done.out
