"""Exceptions: who may take which step, and what is in force after it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Reason, Request
from ringfence.boundary.decision.scene import Dataset, Known, Scene
from ringfence.boundary.model import Attribute, Gate, Selector
from ringfence.boundary.status import Status
from ringfence.errors import ConfigError
from ringfence.gate.leaves.course import Courses, replayed, take
from ringfence.gate.leaves.keeping import check_person, courses, log
from ringfence.gate.leaves.steps import (
    Approve,
    Ask,
    BreakGlass,
    Refuse,
    Review,
    Revoke,
    Step,
)
from ringfence.ledger.entries import committed, made
from ringfence.ledger.keeping.opening import begin, writing
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.keeping.showing import Shelf
from ringfence.ledger.writer.disk import RealDisk
from ringfence.report import leaves_text

NOW = "2022-01-31T10:00:00Z"
LATER = "2022-02-01T10:00:00Z"
END = "2022-03-01T00:00:00Z"
SCENE = Scene(
    boundary="b" * 64,
    estate="e" * 64,
    since="2022-01-01T00:00:00Z",
    until="2023-01-01T00:00:00Z",
    gate=Gate(("in-cn",)),
    selectors=(Selector("in-cn", Attribute("residence", ("CN",)), Attribute("x", ())),),
    people={
        "person:lin": Known({"residence": ("CN",)}),
        "person:wei": Known({"residence": ("CN",)}),
        "person:bo": Known({"residence": ("US",)}),
        "person:cy": Known({"residence": ("US",)}),
        "person:eve": Known({"residence": ("US",), "active": ("no",)}),
        "person:ghost": Known(),
    },
    entities={"in-cn": {}},
    datasets={"dataset:w/a.b": Dataset({"mail": Status.YES, "day": Status.NO})},
)


def ask(**changes: object) -> Ask:
    """Return what Lin asks for."""
    asked = Ask(
        "audit", "person:lin", ("person:lin",), ("w/a.*",), "audit", 10, NOW, END
    )
    return msgspec.structs.replace(asked, **changes)


def glass(**changes: object) -> BreakGlass:
    """Return the glass that Bo breaks for Lin."""
    until = "2022-01-31T13:00:00Z"
    one = BreakGlass(
        "fire", "person:bo", ("person:lin",), ("w/a.*",), "fire", 10, until
    )
    return msgspec.structs.replace(one, **changes)


def after(*steps: Step, time: str = NOW) -> Courses:
    """Return the exceptions after some steps."""
    found = Courses()
    for step in steps:
        found = take(found, step, SCENE, time)
    return found


def verdict(found: Courses, now: str = LATER, **more: object) -> Reason:
    """Return what Lin is told who asks to read."""
    scene = msgspec.structs.replace(SCENE, leaves=found.leaves(SCENE))
    request = Request(
        "person:lin", "read", "dataset:w/a.b", purpose="audit", subjects=1
    )
    return decide(scene, request, now, **more).reason  # type: ignore[arg-type]


def test_what_is_asked_for_is_not_in_force():
    """Asking alone lets nobody across."""
    assert verdict(after(ask())) is Reason.EXCLUDED
    assert after(ask()).by_name["audit"].awaits == "approval"


def test_an_approval_puts_it_in_force_until_its_end():
    """Approved by somebody inside the fence, it concedes, and ends by itself."""
    found = after(ask(), Approve("audit", "person:bo"))
    assert verdict(found) is Reason.LEAVE
    assert verdict(found, END) is Reason.EXCLUDED
    assert verdict(found, counted={"audit": 10}) is Reason.CAP


def test_an_approval_never_reaches_back():
    """What was asked for from an earlier instant begins when it is approved."""
    asked = take(Courses(), ask(), SCENE, NOW)
    found = take(asked, Approve("audit", "person:bo"), SCENE, LATER)
    assert found.by_name["audit"].since == LATER


@pytest.mark.parametrize(
    "until",
    [
        "2022-2-1T00:00:00Z",
        "2022-02-1T00:00:00Z",
        "2022-02- 1T00:00:00Z",
        "\u0662\u0660\u0662\u0662-02-01T00:00:00Z",
        "2022-02-01T9:00:00Z",
        "2022-02-01T00:00:60Z",
        "2022-02-01",
        "2022-02-01T00:00:00z",
    ],
)
def test_an_end_in_another_spelling_is_none(until):
    """Ends are compared as texts: one that is spelt otherwise would come too late."""
    with pytest.raises(ConfigError, match="no instant"):
        after(ask(until=until))
    with pytest.raises(ConfigError, match="no instant"):
        after(glass(until=until), time="2022-01-31T23:00:00Z")


@pytest.mark.parametrize("step", [Revoke, Refuse])
def test_what_was_ended_stays_ended_when_whoever_ended_it_leaves(step):
    """Today's facts may undo an approval, and never a revocation or a refusal."""
    found = after(ask(), *([Approve("audit", "person:bo")] if step is Revoke else []))
    gone = msgspec.structs.replace(
        SCENE, people={**SCENE.people, "person:cy": Known({"active": ("no",)})}
    )
    over = replayed(found, step("audit", "person:cy", "over"), gone, NOW)
    assert verdict(over) is Reason.EXCLUDED
    assert over.by_name["audit"].until == NOW
    with pytest.raises(ConfigError):
        take(over, Approve("audit", "person:bo"), gone, NOW)
    # Nor is it open again because its approval fell away before it was revoked.
    half = replayed(after(ask()), step("audit", "person:cy", "over"), SCENE, NOW)
    with pytest.raises(ConfigError):
        take(half, Approve("audit", "person:bo"), SCENE, NOW)


def test_a_name_that_was_spoken_of_is_never_another_exception_s():
    """An approval of what was asked for under a name can't come to mean another."""
    gone = msgspec.structs.replace(SCENE, people={**SCENE.people})
    del gone.people["person:wei"]
    first = ask(by="person:wei", who=("person:wei",))
    told = replayed(Courses(), first, gone, NOW)
    assert (len(told.refused), not told.by_name) == (1, True)
    with pytest.raises(ConfigError, match="already"):
        take(told, ask(), gone, NOW)


@pytest.mark.parametrize(
    "by", ["person:lin", "person:wei", "person:eve", "person:ghost", "person:no"]
)
def test_who_may_not_approve(by):
    """Whoever asked, is excluded or perhaps so, has left, or isn't known may not."""
    with pytest.raises(ConfigError):
        after(ask(), Approve("audit", by))


def test_whoever_would_have_it_may_not_approve():
    """Nobody approves what they would have themselves, whoever asked for it."""
    asked = ask(by="person:cy", who=("person:bo",))
    with pytest.raises(ConfigError, match="their own"):
        after(asked, Approve("audit", "person:bo"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "Not Kebab"}, "kebab"),
        ({"who": ()}, "nobody"),
        ({"who": ("person:no",)}, "knows no"),
        ({"by": "person:no"}, "knows no"),
        ({"columns": ("x/*",)}, "no column"),
        ({"purpose": " "}, "purpose"),
        ({"purpose": "a\nb"}, "purpose"),
        ({"cap": 0}, "cap"),
        ({"cap": 10**13}, "cap"),
        ({"until": NOW}, "before it begins"),
        ({"until": "2022-01-01T00:00:00Z"}, "before it begins"),
        ({"until": "soon"}, "no instant"),
        ({"until": "2024-01-31T10:00:00Z"}, "longer than 366 days"),
        ({"since": "2021-01-31T10:00:00Z"}, "longer than 366 days"),
    ],
)
def test_what_may_not_be_asked_for(changes, told):
    """Each mistake has an error of its own."""
    with pytest.raises(ConfigError, match=told):
        after(ask(**changes))


def test_a_name_is_used_once():
    """No exception takes the name of another, nor of the boundary's own."""
    with pytest.raises(ConfigError, match="already"):
        after(ask(), ask())
    found = after(ask(), Approve("audit", "person:bo")).leaves(SCENE)
    scene = msgspec.structs.replace(SCENE, leaves=found)
    with pytest.raises(ConfigError, match="already"):
        take(Courses(), ask(), scene, NOW)


def test_refused_and_revoked_are_over():
    """A refusal and a revocation end it for good."""
    refused = after(ask(), Refuse("audit", "person:bo", "no need"))
    assert verdict(refused) is Reason.EXCLUDED
    with pytest.raises(ConfigError, match="refused already"):
        take(refused, Approve("audit", "person:bo"), SCENE, NOW)
    revoked = after(
        ask(), Approve("audit", "person:bo"), Revoke("audit", "person:cy", "over")
    )
    assert verdict(revoked) is Reason.EXCLUDED
    with pytest.raises(ConfigError, match="not in force"):
        take(revoked, Revoke("audit", "person:cy", "again"), SCENE, NOW)


def test_nothing_is_done_to_what_has_ended_or_never_was():
    """An end is an end, and a name that nobody asked for is an error."""
    for step in (Approve("audit", "person:bo"), Refuse("audit", "person:bo", "late")):
        with pytest.raises(ConfigError, match="ended at"):
            take(after(ask()), step, SCENE, END)
    with pytest.raises(ConfigError, match="no exception"):
        after(Approve("audit", "person:bo"))


def test_a_reason_is_a_line():
    """A refusal says why."""
    with pytest.raises(ConfigError, match="why"):
        after(ask(), Refuse("audit", "person:bo", ""))


def test_broken_glass():
    """It holds at once, for hours, and awaits somebody else's review."""
    found = after(glass())
    assert found.by_name["fire"].awaits == "review"
    (leave,) = found.leaves(SCENE)
    assert (leave.since, leave.until) == (NOW, "2022-01-31T13:00:00Z")
    with pytest.raises(ConfigError, match="their own"):
        take(found, Review("fire", "person:bo", "fine"), SCENE, LATER)
    seen = take(found, Review("fire", "person:cy", "fine"), SCENE, LATER)
    assert seen.by_name["fire"].awaits == ""


@pytest.mark.parametrize(
    "changes", [{"until": "2022-01-31T14:00:01Z"}, {"by": "person:lin"}]
)
def test_glass_that_may_not_be_broken(changes):
    """Not for longer than four hours, and by nobody who is excluded."""
    with pytest.raises(ConfigError):
        after(glass(**changes))


STEPS = st.sampled_from(
    [
        ask(),
        glass(),
        *(
            kind(name, by, *more)
            for name in ("audit", "fire")
            for by in SCENE.people
            for kind, more in (
                (Approve, ()),
                (Refuse, ("why",)),
                (Revoke, ("why",)),
                (Review, ("why",)),
            )
        ),
    ]
)


@given(st.lists(STEPS, max_size=8))
def test_nobody_gets_across_alone(steps):
    """Whatever steps are logged: what stands was said by somebody else, inside."""
    found = Courses()
    for step in steps:
        found = replayed(found, step, SCENE, NOW)
    for leave in found.leaves(SCENE):
        course = found.by_name[leave.name]
        says = course.approved or course.asked.by
        assert SCENE.people[says].attributes.get("residence") == ("US",)
        assert says not in leave.who
    refused = len(steps) - len(found.refused)
    assert refused >= len(found.by_name)


# --- in a ledger ----------------------------------------------------------------------


@pytest.fixture
def ledger(tmp_path):
    """Return the folder of a ledger with nothing in it but its opening."""
    folder = tmp_path / "leaves"
    begin(folder, "example.com/leaves", time=NOW)
    return folder


def test_steps_are_read_back_from_the_ledger(ledger):
    """What was logged is what is in force; what may not be is not logged."""
    log(ledger, ask(), SCENE, NOW)
    with pytest.raises(ConfigError):
        log(ledger, Approve("audit", "person:lin"), SCENE, NOW)
    said = log(ledger, Approve("audit", "person:bo"), SCENE, NOW)
    assert courses(ledger, SCENE) == said
    assert said.refused == ()


def test_a_step_that_somebody_logged_past_us_counts_for_nothing(ledger):
    """Reading asks of each step whether it may be taken."""
    log(ledger, ask(), SCENE, NOW)
    for told in (
        msgspec.to_builtins(Approve("audit", "person:lin")),
        {"step": "dance"},
    ):
        with writing(ledger) as open_ledger:
            commitments, payload = committed({"name": "audit", "step": told})
            kept = Payloads(RealDisk(ledger)).keep(payload)
            digests = {"boundary": "b" * 64, "payload": kept}
            entry = made(
                "exception",
                NOW,
                digests=digests,
                commitments=commitments,
                values={"step": "approve"},
            )
            open_ledger.append([entry])
            open_ledger.publish()
    found = courses(ledger, SCENE)
    assert found.by_name["audit"].state == "asked"
    assert len(found.refused) == 2


@pytest.mark.parametrize("step", [Revoke, Refuse, Review])
def test_an_end_that_can_not_be_read_ends_all_before_it(ledger, step):
    """Without its payload nobody can say what a revocation was of: of any, then."""
    log(ledger, ask(), SCENE, NOW)
    log(ledger, glass(), SCENE, NOW)
    if step is not Refuse:
        log(ledger, Approve("audit", "person:bo"), SCENE, NOW)
    log(ledger, step("audit", "person:cy", "why"), SCENE, NOW)
    log(ledger, ask(name="later"), SCENE, NOW)
    shelf = Shelf(ledger)
    shown = shelf.shown(shelf.size - 2)
    assert shown.entry is not None
    digest = shown.entry.digests["payload"].removeprefix("sha256:")
    Payloads(RealDisk(ledger)).erase(digest)
    found = courses(ledger, SCENE)
    assert len(found.refused) == 1
    is_over = [not one.stands for one in found.by_name.values()]
    assert is_over == ([False, False, True] if step is Review else [True] * 3)
    assert found.by_name["later"].state == "asked"


def test_no_name_stands_in_the_log(ledger):
    """The entries tell nobody who asked, or for what."""
    log(ledger, ask(), SCENE, NOW)
    published = b"".join(
        path.read_bytes() for path in (ledger / "public").rglob("*") if path.is_file()
    )
    for word in (b"lin", b"audit", b"w/a"):
        assert word not in published


# --- as it is shown -------------------------------------------------------------------


def test_text_and_json_tell_the_same():
    """Every exception is shown with its state, who approved it, and what it awaits."""
    found = after(ask(), glass(), Approve("audit", "person:bo"))
    text = leaves_text.render(found, LATER, "text")
    for word in ("audit", "in force", "person:bo", "fire", "ended", "review"):
        assert word in text
    told = json.loads(leaves_text.render(found, LATER, "json"))
    assert [one["state"] for one in told["exceptions"]] == ["in force", "ended"]
    assert json.loads(leaves_text.one("audit", found, NOW, "json"))["cap"] == 10


@pytest.mark.parametrize(
    ("steps", "now", "state"),
    [
        ((ask(),), NOW, "asked for"),
        ((ask(since=LATER), Approve("audit", "person:bo")), NOW, "approved"),
        ((ask(), Refuse("audit", "person:bo", "no")), NOW, "refused"),
    ],
)
def test_states(steps, now, state):
    """A state is told as of now."""
    assert state in leaves_text.one("audit", after(*steps), now, "text")


def test_an_empty_ledger_has_no_exception():
    """Nothing asked for is said so, and a step that counts for nothing is named."""
    assert "no exception" in leaves_text.render(Courses(), NOW, "text")
    bad = replayed(Courses(), Approve("audit", "person:bo"), SCENE, NOW)
    assert "counts for nothing" in leaves_text.render(bad, NOW, "text")


def test_people_are_named_with_or_without_their_kind():
    """`ann` is `person:ann`; nobody is an error."""
    assert check_person("ann", "--by") == check_person("person:ann", "--by")
    with pytest.raises(ConfigError):
        check_person(" ", "--by")
