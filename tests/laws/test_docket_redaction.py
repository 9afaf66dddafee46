"""Nothing sealed leaves a docket: every string, every spelling, every format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ringfence.claims.publishing.unnamed import Hidden, named
from ringfence.docket.publishing.profile import PROFILES
from ringfence.errors import ConfigError
from tests.publishing import ENCODINGS, GIVER, NAME, desk, telling

SEALED = {
    "P1": "Ruth Ellis",
    "P2": "quiet.fox@mail.example",
    "P3": "+1 415 555 0112",
    "P4": "Li Wu",
    "H1": GIVER,
    "V1": "Mara Okafor",
    "R1": "moss-phone-17",
}
TURNED = {"P1": "Ellis, Ruth", "P3": "(415) 555-0112", "H1": "LANE grace"}
FIELDS = ("quote", "where", "role_coarse", "unit_coarse", "rationale", "passage")
DIGESTS = ("md5", "sha1", "sha256")
# Whoever digests a number digests it as it is dialled, and a name as it is sealed.
STYLE = re.compile(rb"<style>.*?</style>", re.DOTALL)  # of no text that anybody told
UNQUOTED = {"claimreview.jsonld"}  # it holds sentences and verdicts, and no statement
HIDDEN = [Hidden(of, text) for of, text in SEALED.items()]
NOT_DIGESTED = {"R1", "P3"}  # nobody digests a file's name, or a number with its blanks


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Return the files of an export that tells as much as a profile of ours tells."""
    return desk(tmp_path_factory.mktemp("redaction")).export().files


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_sealed_string_is_found_in_every_format(encoding):
    """Whatever is sealed is found however it is written, in each format that there is,
    as each of them escapes it, and in the name of a file."""
    wanted = {*SEALED} - (NOT_DIGESTED if encoding in DIGESTS else set())
    write = ENCODINGS[encoding]
    text = " and ".join(write(SEALED[of]) for of in sorted(wanted))
    for name, content in telling(f"see {text} there").items():
        found = {one.of for one in named({name: STYLE.sub(b"", content)}, HIDDEN)}
        assert found == (set() if name in UNQUOTED else wanted), name
    assert {one.of for one in named({f"{text} - 1.html": b""}, HIDDEN)} == wanted


@pytest.mark.parametrize("of", TURNED)
def test_a_name_is_found_however_its_parts_stand(of):
    """The last name first, a number as it is dialled at home: the same person."""
    files = telling(f"I heard it from {TURNED[of]}, I think.")
    assert {one.of for one in named(files, HIDDEN)} == {of}


def test_an_export_holds_nothing_that_is_sealed(drawn):
    """What a profile of ours tells names nobody, in any format."""
    assert named(drawn, [*HIDDEN, Hidden("P1", NAME)]) == []
    assert len(drawn) == 5
    assert all(b"They can see all of it." in one for one in [drawn["export.json"]])


@pytest.mark.parametrize("field", FIELDS)
def test_a_name_in_any_field_that_is_told_refuses_the_export(tmp_path: Path, field):
    """Every text that a person types may hold a name: then nothing leaves, and no step
    of custody says that it did."""
    made = desk(tmp_path, **{field: "as Ruth  ELLIS said"})
    before = [*made.docket.held()]
    with pytest.raises(ConfigError, match="holds what is hidden of P1") as caught:
        made.export(PROFILES["regulator"])
    assert "ellis" not in str(caught.value).lower()
    assert [*made.docket.held()] == before


@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_profile_does_not_tell_is_in_no_file(tmp_path: Path, profile):
    """Untold fields stand nowhere, in no format: not the machine's words, not the salt
    of the sound, not who received it, how, from whom, nor what the file was called."""
    files = desk(tmp_path).export(PROFILES[profile]).files
    untold = ["the machine wrote", "ff" * 32, "cc" * 32, "dd" * 32, "ee" * 32]
    untold += ["never tell", "in a station", "m4a", "journalism", "aa" * 32]
    if profile != "auditor":
        untold += ["data engineer", "2021-09-07"]
    if profile == "public":
        untold += ["engineering", "2021-09", "said of the same", "0:00:04"]
    whole = {name: content.decode() for name, content in files.items()}
    assert [(t, n) for t in untold for n, text in whole.items() if t in text] == []
