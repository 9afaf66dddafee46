"""An export is read as its maker read it, and says nothing that isn't proved."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.claims.docketed import docketed
from ringfence.claims.publishing import choosing
from ringfence.claims.publishing.choosing import chosen, verdicts_of
from ringfence.claims.publishing.exporting import opened, own_keys, read
from ringfence.claims.publishing.published import Export, Verdict, pages
from ringfence.claims.publishing.unnamed import Hidden
from ringfence.docket.objects import (
    Assessment,
    Handling,
    Hearing,
    Sentence,
    Speaker,
    Statement,
)
from ringfence.docket.publishing.disclosure import Object
from ringfence.docket.publishing.profile import PROFILES, Profile, profile_of
from ringfence.docket.words import Rung, Stance
from ringfence.errors import ConfigError, ProofError
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.writer.disk import RealDisk
from tests.publishing import NOW, VERDICT, desk, dismissed


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a desk, and an export of it that tells much."""
    made = desk(tmp_path_factory.mktemp("published"))
    return made, made.export()


def test_a_page_tells_what_the_ledger_opens(whole):
    """The sentence, and each statement beside it with its place, speaker and rung."""
    (page,) = whole[1].pages
    assert (page.claim, page.says, page.on) == ("nobody", "nobody there can", "2019-10")
    first, denial = page.statements
    assert first.quote == "They can see all of it."
    assert (first.rung, first.at) == (Rung.CONFIRMED, "0:00:04.0 to 0:00:09.0")
    assert first.speaker == "speaker-4f2a, data engineer, engineering, US"
    assert (first.met, first.recording) == ("2021-09-07", 1)
    assert (denial.denies, denial.at, denial.speaker) == (1, "line 3", "")
    assert page.verdict == VERDICT


def test_counts_leave_out_what_is_dismissed(tmp_path):
    """A dismissed statement is told with its reason, and isn't counted."""
    made = desk(tmp_path)
    (before,) = made.export().pages
    assert before.counts["statements"] == 1
    assert before.counts["speakers"] == before.counts["first-hand"] == 1
    dismissed(made)
    (after,) = made.export().pages
    assert after.counts["statements"] == 0
    assert [one.dismissal for one in after.statements] == ["", "joke_or_hypothetical"][
        ::-1
    ]


def test_an_export_is_logged_before_it_is_written(whole):
    """Custody says to whom it went, under which profile, and the digest of each file."""
    made, found = whole
    steps = [
        one.object for one in made.docket.held() if isinstance(one.object, Handling)
    ]
    detail = steps[-1].detail
    assert (detail["to"], detail["profile"]) == ("the desk", "auditor")
    assert {*found.files} <= {*detail}


def test_any_change_of_what_is_shown_is_found(whole):
    """One byte of an entry, of a salt, of a value, of a proof or of the checkpoint: the
    export doesn't verify."""
    made, found = whole
    keys = own_keys(made.docket)
    content = found.files["export.json"]
    told = msgspec.json.decode(content, type=Export)
    assert read(told, keys) == [*found.pages]
    for number, shown in enumerate(told.ledger.entries):
        for name, one in shown.told.items():
            other = msgspec.structs.replace(one, salt=_turned(one.salt))
            _refused(told, number, keys, told=shown.told | {name: other})
            other = msgspec.structs.replace(one, value=msgspec.Raw(b'"other"'))
            _refused(told, number, keys, told=shown.told | {name: other})
        changed = shown.entry.replace('"time":"2', '"time":"1')
        _refused(told, number, keys, entry=changed)
        _refused(told, number, keys, proof=shown.proof[:-1])
        _refused(told, number, keys, proof=("!", *shown.proof[1:]))
        _refused(told, number, keys, index=shown.index + 1)
    odd = {"quote": msgspec.structs.replace(one, value=msgspec.Raw(b"{"), salt="ab")}
    _refused(told, 0, keys, told=odd)
    note = told.ledger.checkpoint.replace("docket/desk\n", "docket/desk\n1", 1)
    ledger = msgspec.structs.replace(told.ledger, checkpoint=note)
    with pytest.raises(ProofError):
        read(msgspec.structs.replace(told, ledger=ledger), keys)


def _turned(text: str) -> str:
    return ("0" if text[0] != "0" else "1") + text[1:]


def _refused(export: Export, number: int, keys, **changed) -> None:
    entries = [*export.ledger.entries]
    entries[number] = msgspec.structs.replace(entries[number], **changed)
    ledger = msgspec.structs.replace(export.ledger, entries=tuple(entries))
    with pytest.raises(ProofError):
        read(msgspec.structs.replace(export, ledger=ledger), keys)


def test_what_nobody_listened_to_is_left_out_and_counted(tmp_path):
    """A machine's words, and words that one alone heard where two are asked for."""
    made = desk(tmp_path)
    refs = made.refs
    one = made.log(
        Statement(refs["page"], "they say so", passage="line 9", met_year="2021")
    )
    made.log(Assessment(one, refs["sentence"], Stance.SUPPORTS, refs["first"]))
    assert made.export().left == 1
    made.log(Hearing(one, refs["first"], "they say so"))
    assert made.export().left == 0
    assert made.export(PROFILES["public"]).left == 1


def test_what_is_unrelated_or_corrected_is_left_out(tmp_path):
    """Nothing unrelated is told, nor a statement that another replaces."""
    made = desk(tmp_path)
    refs = made.refs
    one = made.log(
        Statement(refs["page"], "it rains", passage="line 1", corrects=refs["denial"])
    )
    made.log(Hearing(one, refs["first"], "it rains"))
    other = made.log(Statement(refs["page"], "so it is", passage="line 2"))
    made.log(Hearing(other, refs["first"], "so it is"))
    made.log(Assessment(other, refs["sentence"], Stance.UNRELATED, refs["first"]))
    found = made.export()
    assert [one.number for one in found.pages[0].statements] == [1]
    assert found.left == 2


def test_claims_are_chosen_by_their_ids(tmp_path):
    """One claim alone is told; one that the docket doesn't know is an error."""
    made = desk(tmp_path)
    other = made.log(Sentence("stored", "it is stored here"))
    assert [one.claim for one in made.export(claims=["nobody"]).pages] == ["nobody"]
    with pytest.raises(ConfigError, match="no sentence on it"):
        made.export(claims=["unknown"])
    with pytest.raises(ConfigError, match="nothing would be told"):
        made.export(claims=["stored"])
    assert other


def test_what_was_erased_is_not_told(tmp_path):
    """Of a statement that was erased nothing is told, though its hearings are there."""
    made = desk(tmp_path)
    Payloads(RealDisk(made.docket.ledger)).erase(made.refs["statement"])
    found = docketed(made.docket)
    assert found.erased
    choice = chosen(found, ["nobody"], PROFILES["auditor"])
    assert found.place(made.refs["statement"]) not in choice.fields
    assert choice.left == 1
    (page,) = made.export().pages
    assert [one.quote for one in page.statements] == ["That is not accurate."]


def test_what_is_known_less_finely_is_told_as_it_is_known(tmp_path):
    """A month where no day is known, a coarse role where no fine one is; no finer."""
    told = Statement("r", "so", met_month="2021-09", met_year="2021")
    fields = PROFILES["auditor"].fields(told)
    assert {*fields} & {"met_day", "met_month", "met_year"} == {"met_month"}
    assert "met_year" in PROFILES["public"].fields(told)
    speaker = Speaker("x", role_coarse="engineer", country="US")
    assert PROFILES["auditor"].fields(speaker) == ("name", "role_coarse", "country")
    assert PROFILES["public"].fields(speaker) == ("name", "role_coarse")
    assert not {"met_year", "met_month"} & {*Profile("own").fields(told)}
    assert desk(tmp_path).export().pages[0].statements[0].met == "2021-09-07"


def test_recordings_of_one_hand_are_one_source(whole, tmp_path):
    """Two tapes of one hand are one source, where the profile tells hands."""
    assert [one.source for one in whole[1].pages[0].statements] == [1, 1]
    public = desk(tmp_path).export(PROFILES["public"]).pages[0]
    assert "sources" not in public.counts
    assert "sources" in whole[1].pages[0].counts


def test_an_upheld_claim_must_have_seen_the_statements(tmp_path):
    """No export says upheld beside a statement that counts; a dismissed one is none."""
    made = desk(tmp_path)
    upheld = Verdict("nobody", "upheld", (), NOW, "ab", "cd")
    with pytest.raises(ConfigError, match="hadn't seen the statements"):
        made.export(verdicts=[upheld])
    dismissed(made)
    assert made.export(verdicts=[upheld]).pages[0].verdict == upheld


def test_an_export_that_says_less_is_refused(whole):
    """Another format, or a caveat fewer: what isn't shown is part of an export."""
    made, found = whole
    told = msgspec.json.decode(found.files["export.json"], type=Export)
    for changed in ({"caveats": told.caveats[1:]}, {"format": "other/1"}):
        with pytest.raises(ProofError, match="says less"):
            read(msgspec.structs.replace(told, **changed), own_keys(made.docket))


def test_no_entry_stands_twice(whole):
    """Nobody makes one assessment two, and entries stand as the ledger has them."""
    made, found = whole
    told = msgspec.json.decode(found.files["export.json"], type=Export)
    entries = told.ledger.entries
    for other in ((*entries, entries[-1]), entries[::-1]):
        ledger = msgspec.structs.replace(told.ledger, entries=other)
        changed = msgspec.structs.replace(told, ledger=ledger)
        with pytest.raises(ProofError, match="stands twice"):
            read(changed, own_keys(made.docket))


@pytest.mark.parametrize(
    ("name", "telling"),
    [
        ("interview.m4a", ["interview.m4a"]),
        ("m01.flac", ["m01.flac"]),
        ("moss-phone-17.wav", ["moss-phone-17.wav", "moss-phone-17"]),
    ],
)
def test_an_odd_file_name_tells_even_without_its_ending(name, telling):
    """A word that anybody says isn't hidden because a file is called so."""
    assert [*choosing._telling(name)] == telling


def test_a_file_that_names_somebody_is_refused():
    """The error says in which file, and whom by number."""
    with pytest.raises(ConfigError) as caught:
        choosing.check_unnamed({"a.json": b"by ANN fox"}, [Hidden("P7", "Ann Fox")])
    assert "a.json: holds what is hidden of P7" in str(caught.value)
    assert "ann" not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("hearings", "rung"),
    [
        ([], Rung.MACHINE),
        ([("a", "so it is", False)], Rung.HEARD),
        ([("a", "so it is", False), ("b", "So, it is!", True)], Rung.CONFIRMED),
        ([("a", "so it is", False), ("b", "so it was", True)], Rung.HEARD),
        ([("a", "so it is", False), ("a", "so it is", True)], Rung.HEARD),
        ([("a", "so it is", False), ("b", "so it is", False)], Rung.HEARD),
    ],
)
def test_a_reader_works_out_how_far_a_quote_has_come(hearings, rung):
    """Confirmed is what another one typed alike, blind; nobody's word is taken for it."""
    told = [
        Object(place, f"e{place}", "hearing", NOW, dict(zip(_HEARD, one, strict=True)))
        for place, one in enumerate(hearings)
    ]
    objects = [
        Object(7, "s", "statement", NOW, {"recording": "r"}),
        Object(8, "c", "sentence", NOW, {"claim": "a", "says": "so"}),
        *[
            Object(one.index, one.ref, one.kind, NOW, one.fields | {"statement": "s"})
            for one in told
        ],
        Object(9, "a", "assessment", NOW, {"statement": "s", "sentence": "c"}),
    ]
    ((statement,),) = (page.statements for page in pages(objects))
    assert statement.rung is rung
    assert statement.quote == ("so it is" if hearings else "")


_HEARD = ("by", "text", "blind")


def test_objects_that_say_odd_things_make_a_page_all_the_same():
    """A reader of a stranger's export takes what has the wrong type for nothing."""
    assert pages([]) == []


def test_profiles_are_ours_or_a_file(tmp_path):
    """A profile is found by its name or read from JSON; anything else is an error."""
    assert profile_of("public").rung is Rung.CONFIRMED
    own = tmp_path / "own.json"
    own.write_text('{"name": "own", "rung": "heard", "met": "year"}')
    assert profile_of(str(own)) == Profile("own", met="year")
    own.write_text('{"name": "own", "quotes": "all"}')
    with pytest.raises(ConfigError, match="is no profile"):
        profile_of(str(own))
    own.write_text('{"name": "own", "rung": "machine"}')
    with pytest.raises(ConfigError, match="never told"):
        profile_of(str(own))
    with pytest.raises(ConfigError, match="no such file"):
        profile_of(str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match="there is no profile `publik`"):
        profile_of("publik")


def test_a_file_that_is_no_export_is_an_error(tmp_path):
    """Neither what isn't there nor what is something else is opened."""
    path = tmp_path / "export.json"
    with pytest.raises(ConfigError, match="no such file"):
        opened(path)
    path.write_text("{}")
    with pytest.raises(ConfigError, match="is no export"):
        opened(path)


def test_verdicts_are_read_from_a_check(tmp_path):
    """Verdict, reasons, digests, and the digest of the proof file."""
    report = {
        "as_of": NOW,
        "boundary": {"digest": "b1"},
        "estate": {"digest": "e1"},
        "claims": [
            {"id": "nobody", "verdict": "refuted", "reasons": [], "proof": "p.json"},
            {
                "id": "stored",
                "verdict": "unproven",
                "reasons": [
                    {"code": "stale_log", "text": "too old"},
                    {"code": "contested", "text": "contested: S1 at 0:00:04"},
                    {"code": "docket-erased", "text": "S2 was erased"},
                ],
                "proof": None,
            },
        ],
    }
    with pytest.raises(ConfigError, match="there is no report"):
        verdicts_of(tmp_path, [], PROFILES["auditor"])
    (tmp_path / "report.json").write_bytes(msgspec.json.encode(report))
    with pytest.raises(ConfigError, match="no such file"):
        verdicts_of(tmp_path, [], PROFILES["auditor"])
    (tmp_path / "p.json").write_bytes(b"{}")
    refuted, unproven = verdicts_of(tmp_path, [], PROFILES["auditor"])
    assert (refuted.verdict, refuted.estate, len(refuted.proof)) == (
        "refuted",
        "e1",
        64,
    )
    reasons = ("too old", "statements say otherwise", "docket erased")
    assert (unproven.reasons, unproven.proof) == (reasons, "")
    (public,) = verdicts_of(tmp_path, ["stored"], PROFILES["public"])
    assert public.reasons == ("stale log", *reasons[1:])
    assert verdicts_of(tmp_path, ["stored"], PROFILES["auditor"]) == (unproven,)
    (tmp_path / "report.json").write_bytes(b"[]")
    with pytest.raises(ConfigError, match="is no report"):
        verdicts_of(tmp_path, [], PROFILES["auditor"])
