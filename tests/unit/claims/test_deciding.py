"""One decision asked by hand: names resolved, the reason in words, what it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ringfence.boundary.decision.request import Reason
from ringfence.boundary.decision.scene import digest
from ringfence.boundary.model import BoundaryException, Gate, Masking, Rows
from ringfence.claims.case import Case
from ringfence.claims.deciding import Decided, Wish, decided
from ringfence.claims.gating import scene_of
from ringfence.errors import ConfigError, ExitCode
from ringfence.report import answer_json, gate_text
from tests.asked import FACTS, MAIL, TABLE
from tests.estates import AS_OF, attribute, boundary, described, estate

GATE = Gate(("in-china",), masks=(Masking(("*.mail",), "hash"),))


def case(folder: Path, *more: Any) -> Case:
    """Return the case of Ann, who lives in China, and Bo, with a gate."""
    fence = replace(boundary(), gate=GATE)
    return Case(estate(folder, described([*FACTS, *more])), fence, AS_OF)


def asked(folder: Path, *words: Any, **more: Any) -> Decided:
    """Return what is decided of a wish."""
    return decided(case(folder), Wish(*words, **more))


@pytest.mark.parametrize("who", ["person:ann", "ann", "Ann Li"])
@pytest.mark.parametrize("what", [MAIL, "w/a.users.mail"])
def test_people_and_data_are_called_by_their_names(who: str, what: str, tmp_path: Path):
    """An id, with or without its kind, or a label."""
    found = asked(tmp_path, who, "read", what)
    assert (found.request.principal, found.request.resource) == ("person:ann", MAIL)
    assert found.decision.reason is Reason.EXCLUDED
    assert found.words == (
        "Ann Li may not read w/a.users.mail: `in-china` excludes the principal, and "
        "`mail` is protected"
    )
    assert found.path == ("in-china: resides in CN",)


def test_a_decision_names_what_it_rests_on(tmp_path: Path):
    """The digests are those of the scene, and the instant is the case's."""
    told = case(tmp_path)
    found = decided(told, Wish("bo", "read", MAIL))
    scene = scene_of(told)
    assert found.time == AS_OF
    assert (found.scene, found.boundary) == (digest(scene), scene.boundary)
    assert found.decision.allowed


def test_a_request_says_more_than_who_and_what(tmp_path: Path):
    """Columns, a purpose, how many people's data, circumstances, what is obeyed."""
    found = asked(
        tmp_path,
        "ann",
        "read",
        "w/a.users",
        ("mail",),
        "books",
        3,
        {"request.mfa": ("yes",)},
        frozenset({"mask"}),
    )
    assert found.request.columns == ("mail",)
    assert (found.request.purpose, found.request.subjects) == ("books", 3)
    assert found.decision.reason is Reason.MASKED
    assert found.decision.masks == {"mail": "hash"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("an", "read", MAIL), r"PRINCIPAL: nothing is called `an`\n  help: did you"),
        (("ann", "reed", MAIL), r"VERB: there is no verb `reed`\n  help: did you mean"),
        (("ann", "read", "bo"), "RESOURCE: nothing is called `bo`"),
        (("zzzzzzzz", "read", MAIL), "help: write an id, with or without its kind"),
        (("ann", "read", MAIL, ("mail",)), "--column: `column:w/a.users.mail` is no"),
    ],
)
def test_a_name_that_is_nobodys_is_an_error(
    words: tuple[Any, ...], message: str, tmp_path: Path
):
    """It says what was written where, and what may have been meant."""
    with pytest.raises(ConfigError, match=message):
        asked(tmp_path, *words)


def test_a_name_of_several_is_an_error(tmp_path: Path):
    """Whoever asks has to say which one."""
    told = case(tmp_path, attribute("person:ann2", "label", "Ann Li"))
    with pytest.raises(
        ConfigError, match=r"several are called `Ann Li`\n  help: write"
    ):
        decided(told, Wish("Ann Li", "read", MAIL))


def test_a_denial_as_text(tmp_path: Path):
    """The sentence, the code of the reason, why, the digests and the exit code."""
    found = asked(tmp_path, "ann", "read", "w/a.users")
    lines = gate_text.decided(found, 200).splitlines()
    assert lines[0] == found.words
    assert lines[1:3] == ["  reason    excluded", "  why       in-china: resides in CN"]
    assert lines[3].startswith(f"  as of     2022-01-31, scene {found.scene[:12]}…")
    assert lines[4] == "exit 11: denied"
    assert gate_text.exit_code(found) is ExitCode.REFUTED


def test_an_allowance_as_text(tmp_path: Path):
    """There is no why, and the exit code is 0."""
    found = asked(tmp_path, "bo", "read", TABLE)
    lines = gate_text.decided(found, 200).splitlines()
    assert len(lines) == 3 + 1
    assert lines[-1] == "exit 0: allowed"


def test_a_decision_as_json_is_the_same_whoever_asks(tmp_path: Path):
    """Sets have an order, and rows are told by column and values."""
    found = asked(tmp_path, "ann", "read", MAIL, obeys=frozenset({"rows", "mask"}))
    told = gate_text.plain(found)
    assert told["obeys"] == ["mask", "rows"]
    assert (told["allowed"], told["reason"]) == (True, "masked")
    assert told["rows"] is None
    text = answer_json.plain("gate-decide/1", told, 0, found.labels)
    assert '"masks": {\n    "mail": "hash"\n  }' in text
    assert '"person:ann": "Ann Li"' in text


def test_an_exception_and_rows_are_named(tmp_path: Path):
    """The exception that nearly concedes it; the rows that are left out."""
    leave = BoundaryException(
        "totals", ("person:ann",), ("*.mail",), "books", "o", 5, "2023-01-01T00:00:00Z"
    )
    rows = Rows(("w/a.users",), "country", ("US",))
    gate = replace(GATE, exceptions=("totals",), rows=(rows,))
    told = case(tmp_path)
    told.boundary = replace(told.boundary, gate=gate, exceptions=(leave,))
    near = decided(told, Wish("ann", "read", MAIL))
    assert near.decision.reason is Reason.NO_PURPOSE
    assert "  exception totals" in gate_text.decided(near, 100).splitlines()
    gate = replace(GATE, rows=(rows,))
    told.boundary = replace(told.boundary, gate=gate)
    left = decided(told, Wish("ann", "read", MAIL, obeys=frozenset({"rows"})))
    assert gate_text.plain(left)["rows"] == {"column": "country", "values": ("US",)}
