"""Nothing sealed leaves a docket: every string, every spelling, every format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.claims.publishing.unnamed import Hidden, named
from ringfence.docket.objects import (
    KINDS,
    Answer,
    Assessment,
    Hand,
    Handling,
    Hearing,
    Lead,
    Origin,
    Received,
    Recording,
    Reviewer,
    Sentence,
    Speaker,
    Statement,
    Transcript,
    told,
)
from ringfence.docket.publishing.profile import PROFILES, Profile
from ringfence.docket.words import Custody, Form, Grade, Rung, Stance
from ringfence.errors import ConfigError
from tests.publishing import ENCODINGS, GIVER, NAME, RECEIVED, WHOLE, desk, telling

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
LEVELS = st.sampled_from(["none", "coarse", "fine"])
ANY_PROFILE = st.builds(
    Profile,
    name=st.just("own"),
    rung=st.sampled_from([Rung.HEARD, Rung.CONFIRMED]),
    role=LEVELS,
    unit=LEVELS,
    country=LEVELS,
    met=st.sampled_from(["none", "year", "month", "day"]),
    times=st.booleans(),
    recordings=st.booleans(),
    rationales=st.booleans(),
    translations=st.booleans(),
)
TEXT = st.text(max_size=4)
STATEMENT = {"recording", "speaker", "first_hand", "hedged", "denies", "corrects"}
STATEMENT |= {"met_day", "met_month", "met_year", "span", "passage"}
ASSESSMENT = ("statement", "sentence", "stance", "dismissal", "scope", "rationale")
SPEAKER = ("role", "role_coarse", "unit", "unit_coarse", "country", "country_coarse")
MAY_BE_TOLD: dict[type, set[str]] = {
    Statement: {*STATEMENT, "translation", "language"},
    Assessment: {*ASSESSMENT},
    Speaker: {"name", *SPEAKER},
    Recording: {"form", "grade", "language", "hand"},
    Sentence: {"claim", "says", "by", "on", "where"},
    Hearing: {"statement", "by", "text", "blind"},
}
"""All that the widest profile tells. What is added to an object is not told until here."""
RECORDING = Recording(
    "c", 1, "n", "m", Form.SOUND, None, None, "s", "h", Grade.FIRST, Received("w", "v")
)


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
    """Untold fields stand nowhere, in no format: not the machine's words, not the seed
    of the sound, how long or large it is, what it was made with, who received it, when,
    how, from whom, on which ground, nor what the file was called."""
    files = desk(tmp_path).export(PROFILES[profile]).files
    untold = ["the machine wrote", "ff" * 32, "cc" * 32, "dd" * 32, "ee" * 32]
    untold += ["never tell", "in a station", ".m4a", "journalism", "aa" * 32]
    untold += ["ruth-ellis-phone", "denial.txt", RECEIVED, RECEIVED[:10], "audio/mp4"]
    untold += ["text/plain", "7654321", str(WHOLE), '"aac"', "av 1", "Okafor"]
    if profile != "auditor":
        untold += ["data engineer", "2021-09-07"]
    if profile == "public":
        untold += ["engineering", "2021-09", "said of the same", "0:00:04"]
    whole = {name: content.decode() for name, content in files.items()}
    assert [(t, n) for t in untold for n, text in whole.items() if t in text] == []


@given(ANY_PROFILE, st.data())
def test_no_profile_tells_more_than_the_list(profile, data):
    """Whatever a profile says and whatever an object holds: a field that isn't on the
    list is never told, and of each date or role one spelling at most is."""
    one = data.draw(
        st.one_of(
            st.builds(
                Statement,
                TEXT,
                TEXT,
                met_day=TEXT,
                met_month=TEXT,
                met_year=TEXT,
                translation=TEXT,
            ),
            st.builds(Speaker, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
            st.builds(Assessment, TEXT, TEXT, st.sampled_from(Stance), TEXT),
            st.builds(Sentence, TEXT, TEXT, capture=TEXT, hints=TEXT),
            st.builds(Hearing, TEXT, TEXT, TEXT),
            st.just(RECORDING),
        )
    )
    fields = profile.fields(one)
    assert {*fields} <= MAY_BE_TOLD[type(one)] & told(one).keys()
    assert sum(name.startswith("met_") for name in fields) <= 1
    for name in ("role", "unit", "country"):
        assert not {name, f"{name}_coarse"} <= {*fields}


def test_most_kinds_are_never_told():
    """Who works on a docket, who gave what, transcripts, leads, custody: no field."""
    never = (
        Reviewer("Mara"),
        Hand("sealed"),
        Transcript("r", Origin("machine"), ()),
        Lead("s", "which?", (), "v"),
        Answer("l", 0, "yes"),
        Handling(Custody.PLAYED, "r"),
    )
    assert {*map(type, never)} == {*KINDS.values()} - MAY_BE_TOLD.keys()
    for profile in PROFILES.values():
        assert [profile.fields(one) for one in never] == [()] * len(never)
