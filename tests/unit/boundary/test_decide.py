"""May this cross? Every reason reached in a small scene, and the laws of any."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.decision.decide import decide, standing
from ringfence.boundary.decision.request import ALLOWING, Decision, Reason, Request
from ringfence.boundary.decision.scene import (
    Dataset,
    Grant,
    Known,
    Leave,
    Marker,
    Scene,
    canonical,
    digest,
    parse_scene,
)
from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Employer,
    Gate,
    Not,
    Owned,
    Selector,
    Test,
)
from ringfence.boundary.status import Status
from ringfence.guard.tree import Absent, All, Compare, Condition, Undecided
from ringfence.guard.tree import AnyOf as SomeOf
from ringfence.guard.tree import Not as NotSo
from tests.scenes import counts, generated, moments, requests, scenes

NOW = "2024-03-01T00:00:00Z"
LATER = "2024-04-01T00:00:00Z"
IN_CHINA = AnyOf((Attribute("residence", ("CN",)), Employer(absent="no")))
USERS = Dataset(
    columns={"id": Status.NO, "email": Status.YES, "phone": Status.YES},
    rows=Marker("region", ("US",)),
    masks={"email": "hash", "phone": "last4"},
)
METRICS = Leave(
    "metrics",
    who=("person:li",),
    columns=("wh/s.users.email", "wh/s.users.phone"),
    purpose="weekly figures",
    cap=10,
    until=LATER,
    since="2024-02-01T00:00:00Z",
)
READERS = Grant(
    who=("person:ann", "person:li"), verbs=("read",), what=("dataset:wh/s.users",)
)


def scene(test: Test = IN_CHINA, /, **more: object) -> Scene:
    """Return a small scene: one selector, one dataset, one store."""
    made = Scene(
        boundary="",
        estate="",
        since="2024-01-01T00:00:00Z",
        until="2025-01-01T00:00:00Z",
        gate=Gate(("in-china",)),
        selectors=(Selector("in-china", test, Owned()),),
        people={
            "person:ann": Known({"residence": ("US",), "employer": ("acme",)}),
            "person:li": Known({"residence": ("CN",)}),
            "person:bo": Known(),
        },
        entities={
            "in-china": {
                "legal_entity:acme": Status.NO,
                "legal_entity:state": Status.YES,
            }
        },
        datasets={
            "dataset:wh/s.users": USERS,
            "dataset:wh/s.log": Dataset({"line": Status.NO}),
            "dataset:wh/s.blob": Dataset(status=Status.UNKNOWN),
        },
        stores={"store:wh": ("dataset:wh/s.users", "dataset:wh/s.log")},
    )
    return msgspec.structs.replace(made, **more)


def grants(*held: Grant, **more: object) -> Scene:
    """Return a scene in which a request needs a grant."""
    gate = Gate(("in-china",), mode="grants")
    return msgspec.structs.replace(scene(), gate=gate, grants=held, **more)


LI = Request("person:li", "read", "dataset:wh/s.users")
ANN = replace(LI, principal="person:ann")


def reason(request: Request, chosen: Scene | None = None, now: str = NOW) -> Reason:
    """Return why a request is decided as it is."""
    return decide(chosen or scene(), request, now).reason


# --- reasons --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (ANN, Reason.NOT_EXCLUDED),
        (LI, Reason.EXCLUDED),
        (replace(LI, principal="person:bo"), Reason.PERHAPS_EXCLUDED),
        (replace(LI, principal="person:nobody"), Reason.PERHAPS_EXCLUDED),
        (replace(LI, principal="role:wh/admin"), Reason.PERHAPS_EXCLUDED),
        (replace(LI, principal="legal_entity:acme"), Reason.NOT_EXCLUDED),
        (replace(LI, principal="legal_entity:state"), Reason.EXCLUDED),
        (replace(LI, principal="legal_entity:x"), Reason.PERHAPS_EXCLUDED),
        (replace(LI, principal=""), Reason.PERHAPS_EXCLUDED),
        (replace(LI, verb="fly"), Reason.UNKNOWN_VERB),
        (replace(ANN, verb="READ"), Reason.UNKNOWN_VERB),
        (replace(LI, columns=("id",)), Reason.NOT_PROTECTED),
        (replace(LI, resource="dataset:wh/s.log"), Reason.NOT_PROTECTED),
        (replace(LI, resource="column:wh/s.users.id"), Reason.NOT_PROTECTED),
        (replace(LI, resource="column:wh/s.users.email"), Reason.EXCLUDED),
        (replace(LI, resource="column:wh/s.users.new"), Reason.EXCLUDED),
        (replace(LI, resource="dataset:wh/s.new"), Reason.EXCLUDED),
        (replace(LI, resource="dataset:wh/s.blob"), Reason.EXCLUDED),
        (replace(LI, resource="store:wh"), Reason.EXCLUDED),
        (replace(LI, resource="store:new"), Reason.EXCLUDED),
        (replace(LI, resource=""), Reason.EXCLUDED),
        (replace(LI, row={"region": "EU"}), Reason.OTHER_ROW),
        (replace(LI, row={"region": "US"}), Reason.EXCLUDED),
        (replace(LI, row={"region": None}), Reason.EXCLUDED),
        (replace(LI, row={}), Reason.EXCLUDED),
        (
            replace(LI, resource="dataset:wh/s.blob", row={"region": "EU"}),
            Reason.EXCLUDED,
        ),
        (replace(LI, obeys=frozenset({"rows", "mask"})), Reason.ROWS),
        (replace(LI, obeys=frozenset({"mask"})), Reason.MASKED),
        (
            replace(LI, row={"region": "US"}, obeys=frozenset({"rows", "mask"})),
            Reason.MASKED,
        ),
        (replace(LI, obeys=frozenset({"mask"}), verb="update"), Reason.EXCLUDED),
        (replace(LI, obeys=frozenset({"mask"}), columns=("new",)), Reason.EXCLUDED),
        (
            replace(LI, resource="dataset:wh/s.blob", obeys=frozenset({"mask"})),
            Reason.EXCLUDED,
        ),
    ],
)
def test_the_fence(request_: Request, expected: Reason):
    """Who is out, or may be, is denied what is protected, or may be."""
    assert reason(request_) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2023-12-31T23:59:59Z", Reason.STALE),
        ("2024-01-01T00:00:00Z", Reason.NOT_EXCLUDED),
        ("2024-12-31T23:59:59Z", Reason.NOT_EXCLUDED),
        ("2025-01-01T00:00:00Z", Reason.STALE),
    ],
)
def test_a_scene_speaks_of_its_own_time(now: str, expected: Reason):
    """Before and after it, everybody is denied."""
    assert reason(ANN, now=now) == expected


def test_verbs_that_the_gate_does_not_count():
    """What the gate doesn't count, it lets pass; what is no verb at all, never."""
    readers = scene(gate=Gate(("in-china",), verbs=("read",)))
    assert reason(replace(LI, verb="update"), readers) == Reason.NOT_COUNTED
    assert reason(LI, readers) == Reason.EXCLUDED
    assert reason(replace(LI, verb="fly"), readers) == Reason.UNKNOWN_VERB


def test_what_a_decision_tells():
    """It names the selectors, the protected columns, the masks and the rows."""
    assert decide(scene(), LI, NOW) == Decision(
        Reason.EXCLUDED, ("in-china",), ("email", "phone")
    )
    masked = decide(scene(), replace(LI, obeys=frozenset({"mask"})), NOW)
    assert masked.masks == {"email": "hash", "phone": "last4"}
    assert decide(scene(), replace(LI, obeys=frozenset({"rows"})), NOW).rows == Marker(
        "region", ("US",)
    )
    assert decide(scene(), replace(LI, resource="dataset:x"), NOW).columns == ("",)


def test_one_column_named_twice_is_one():
    """A mask takes its place as often as it is named."""
    twice = replace(LI, columns=("email", "email"), obeys=frozenset({"mask"}))
    assert reason(twice) == Reason.MASKED


def test_masks_of_one_dataset_do_not_serve_another():
    """Where a store's datasets are asked for together, no mask is offered."""
    alike = scene(
        datasets={"dataset:wh/s.users": USERS, "dataset:wh/s.log": USERS},
    )
    both = replace(LI, resource="store:wh", obeys=frozenset({"mask", "rows"}))
    assert reason(both, alike) == Reason.EXCLUDED
    assert reason(both) == Reason.ROWS


def test_every_selector_counts():
    """Any selector keeps somebody out, and all that do are told."""
    abroad = Selector("abroad", Not(Attribute("residence", ("US",))), Owned())
    both = scene(
        selectors=(*scene().selectors, abroad),
        entities={**scene().entities, "abroad": {}},
    )
    assert decide(both, LI, NOW).selectors == ("in-china", "abroad")
    perhaps = decide(both, replace(LI, principal="legal_entity:acme"), NOW)
    assert perhaps.reason == Reason.PERHAPS_EXCLUDED
    assert perhaps.selectors == ("abroad",)


# --- exceptions -----------------------------------------------------------------------

FIT = replace(LI, purpose="weekly figures", subjects=3)


@pytest.mark.parametrize(
    ("request_", "counted", "expected"),
    [
        (FIT, 0, Reason.LEAVE),
        (FIT, 7, Reason.LEAVE),
        (FIT, 8, Reason.CAP),
        (replace(FIT, subjects=0), 10, Reason.LEAVE),
        (replace(FIT, subjects=0), 11, Reason.CAP),
        (replace(FIT, subjects=None), 0, Reason.UNCOUNTED),
        (replace(FIT, subjects=-1), 10, Reason.UNCOUNTED),
        (replace(FIT, purpose="Weekly figures"), 0, Reason.NO_PURPOSE),
        (replace(FIT, principal="person:bo"), 0, Reason.PERHAPS_EXCLUDED),
        (replace(FIT, columns=("email", "id")), 0, Reason.LEAVE),
        (replace(FIT, columns=("new",)), 0, Reason.EXCLUDED),
        (replace(FIT, resource="dataset:wh/s.blob"), 0, Reason.EXCLUDED),
    ],
)
def test_an_exception(request_: Request, counted: int, expected: Reason):
    """It concedes what it names, to whom it names, for what, and so much of it."""
    found = decide(scene(leaves=(METRICS,)), request_, NOW, {"metrics": counted})
    assert found.reason == expected
    denied = {Reason.EXCLUDED, Reason.PERHAPS_EXCLUDED}
    assert bool(found.leave) == (expected not in denied)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2024-01-31T23:59:59Z", Reason.EXCLUDED),
        ("2024-02-01T00:00:00Z", Reason.LEAVE),
        ("2024-03-31T23:59:59Z", Reason.LEAVE),
        (LATER, Reason.EXCLUDED),
    ],
)
def test_an_exception_has_its_time(now: str, expected: Reason):
    """It begins at its first instant, and is over at its last."""
    assert reason(FIT, scene(leaves=(METRICS,)), now) == expected


def test_one_exception_that_concedes_is_enough():
    """What keeps the first that fits is told only where none concedes."""
    other = msgspec.structs.replace(METRICS, name="other", purpose="audit")
    found = decide(scene(leaves=(other, METRICS)), FIT, NOW)
    assert (found.reason, found.leave) == (Reason.LEAVE, "metrics")
    found = decide(scene(leaves=(other, METRICS)), replace(FIT, purpose=""), NOW)
    assert (found.reason, found.leave) == (Reason.NO_PURPOSE, "other")


@pytest.mark.parametrize(
    ("obeys", "asked", "expected"),
    [
        ({"rows"}, LI, Reason.ROWS),
        ({"mask"}, LI, Reason.MASKED),
        ({"mask", "rows"}, replace(LI, row={}), Reason.MASKED),
        ({"mask"}, replace(LI, verb="update"), Reason.NO_PURPOSE),
        ({"rows"}, replace(LI, row={}), Reason.NO_PURPOSE),
        (set(), LI, Reason.NO_PURPOSE),
    ],
)
def test_whoever_has_an_exception_is_told_no_less_than_who_has_none(
    obeys: set[str], asked: Request, expected: Reason
):
    """What is shown in part is shown to them too, short of what it concedes."""
    asked = replace(asked, obeys=frozenset(obeys))
    found = decide(scene(leaves=(METRICS,)), asked, NOW)
    assert found.reason == expected
    alone = decide(scene(), asked, NOW)
    assert found.allowed == alone.allowed
    if found.allowed:
        assert found == alone
    else:
        assert found.leave == "metrics"


def test_an_exception_that_concedes_comes_before_what_is_obeyed():
    """Conceded, it is shown as it is."""
    asked = replace(FIT, obeys=frozenset({"mask", "rows"}))
    found = decide(scene(leaves=(METRICS,)), asked, NOW)
    assert (found.reason, found.masks, found.rows) == (Reason.LEAVE, {}, None)


# --- grants ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grant", "request_", "expected"),
    [
        ({}, ANN, Reason.NOT_EXCLUDED),
        ({}, LI, Reason.EXCLUDED),
        ({}, replace(ANN, verb="update"), Reason.NO_GRANT),
        ({}, replace(ANN, resource="column:wh/s.users.id"), Reason.NOT_EXCLUDED),
        ({}, replace(ANN, resource="store:wh"), Reason.NO_GRANT),
        ({}, replace(ANN, resource="dataset:wh/s.blob"), Reason.NO_GRANT),
        ({"what": ("dataset:wh/s.blob",)}, ANN, Reason.NO_GRANT),
        ({"what": ("column:wh/s.users.id",)}, ANN, Reason.NO_GRANT),
        (
            {"what": ("column:wh/s.users.id",)},
            replace(ANN, columns=("id",)),
            Reason.NOT_EXCLUDED,
        ),
        ({"what": ("",)}, replace(ANN, resource="dataset:x"), Reason.NO_GRANT),
        ({"who": ("person:li",)}, ANN, Reason.NO_GRANT),
        ({"since": LATER}, ANN, Reason.NO_GRANT),
        ({"since": NOW}, ANN, Reason.NOT_EXCLUDED),
        ({"until": NOW}, ANN, Reason.NO_GRANT),
        ({"until": LATER}, ANN, Reason.NOT_EXCLUDED),
    ],
)
def test_grants(grant: dict[str, object], request_: Request, expected: Reason):
    """Each column that is touched has to be granted; no grant lets the excluded in."""
    held = msgspec.structs.replace(READERS, **grant)
    assert reason(request_, grants(held)) == expected


def test_what_the_fence_says_is_kept_with_the_lack_of_a_grant():
    """The selectors and columns stay; masks aren't offered to who holds no grant."""
    found = decide(grants(), replace(LI, obeys=frozenset({"mask"})), NOW)
    assert found == Decision(Reason.NO_GRANT, ("in-china",), ("email", "phone"))


ON_VPN = Compare("request.network", "equals", ("vpn",))
AT_HOME = Compare("principal.residence", "equals", ("US",))
NOT_THERE = NotSo(Compare("Principal.Residence", "equals", ("CN",)))


@pytest.mark.parametrize(
    ("guard", "more", "expected"),
    [
        (ON_VPN, {}, False),
        (ON_VPN, {"circumstances": {"request.network": ("vpn",)}}, True),
        (ON_VPN, {"circumstances": {"REQUEST.Network": ("vpn",)}}, True),
        (Undecided("?"), {}, False),
        (AT_HOME, {}, True),
        (AT_HOME, {"stated": {"residence": ("CN",)}}, True),
        (AT_HOME, {"stated": {"residence": ("RU",)}, "trusted": True}, False),
        (AT_HOME, {"stated": {"residence": ()}, "trusted": True}, True),
        (AT_HOME, {"circumstances": {"Principal.residence": ("CN",)}}, True),
        (Absent("principal.shoe"), {}, True),
        (
            Absent("principal.shoe"),
            {"stated": {"shoe": ("42",)}, "trusted": True},
            False,
        ),
        (NOT_THERE, {}, True),
    ],
)
def test_guards(guard: Condition, more: dict[str, object], *, expected: bool):
    """A guard is asked about circumstances, and what is stored of the principal."""
    held = msgspec.structs.replace(READERS, guard=guard)
    found = reason(replace(ANN, **more), grants(held))  # type: ignore[arg-type]
    assert found == (Reason.NOT_EXCLUDED if expected else Reason.GUARD)


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        (AT_HOME, False),
        (NOT_THERE, False),
        (Absent("principal.residence"), False),
        (NotSo(Absent("principal.residence")), False),
        (All((AT_HOME,)), False),
        (SomeOf((AT_HOME, Absent("request.mfa"))), True),
        (SomeOf((AT_HOME, ON_VPN)), False),
    ],
)
def test_a_guard_over_what_is_doubted(guard: Condition, *, expected: bool):
    """What can't be relied on neither meets a guard nor fails to: it isn't met."""
    doubtful = Known({"residence": ("US",)}, unknown=("residence",))
    held = msgspec.structs.replace(READERS, guard=guard)
    made = grants(held, people={"person:ann": doubtful})
    request = replace(ANN, columns=("id",))
    assert reason(request, made) == (Reason.NOT_PROTECTED if expected else Reason.GUARD)
    told = replace(request, stated={"residence": ("US",)}, trusted=True)
    assert reason(told, grants(msgspec.structs.replace(READERS, guard=AT_HOME))) == (
        Reason.NOT_EXCLUDED
    )


def test_one_grant_whose_guard_is_met_is_enough():
    """Grants add up, and their guards don't."""
    guarded = msgspec.structs.replace(READERS, guard=ON_VPN)
    assert reason(ANN, grants(guarded, READERS)) == Reason.NOT_EXCLUDED
    both = (guarded, msgspec.structs.replace(READERS, what=("column:wh/s.users.id",)))
    assert reason(ANN, grants(*both)) == Reason.GUARD


# --- standing -------------------------------------------------------------------------

RESIDENCE = Attribute("residence", ("CN",))


def stand(test: Test, known: Known | None, **more: object) -> Status:
    """Return the standing of somebody under a test."""
    made = scene(test, people={} if known is None else {"person:x": known})
    request = Request("person:x", "read", "dataset:wh/s.users")
    return standing(made, "in-china", replace(request, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("test", "known", "expected"),
    [
        (RESIDENCE, {"residence": ("CN",)}, Status.YES),
        (RESIDENCE, {"residence": ("US",)}, Status.NO),
        (RESIDENCE, {"residence": ("CN", "US")}, Status.UNKNOWN),
        (RESIDENCE, {}, Status.UNKNOWN),
        (Not(RESIDENCE), {"residence": ("CN",)}, Status.NO),
        (AllOf((RESIDENCE, Employer(("acme",)))), {}, Status.UNKNOWN),
        (
            AllOf((RESIDENCE, Employer(("acme",)))),
            {"residence": ("CN",), "employer": ("acme",)},
            Status.YES,
        ),
        (Employer(("acme",)), {"employer": ("legal_entity:acme", "x")}, Status.YES),
        (Employer(("acme",)), {"employer": ("state",)}, Status.NO),
        (Employer(), {"employer": ("state",)}, Status.YES),
        (Employer(), {"employer": ("acme",)}, Status.NO),
        (Employer(), {"employer": ("acme", "unheard")}, Status.UNKNOWN),
        (Employer(), {"employer": ("unheard", "state")}, Status.YES),
        (Employer(absent="no"), {}, Status.NO),
        (Employer(), {}, Status.UNKNOWN),
    ],
)
def test_tests_for_people(
    test: Test, known: dict[str, tuple[str, ...]], expected: Status
):
    """The selector's test is read as the claims read it."""
    assert stand(test, Known(known)) == expected


@pytest.mark.parametrize(
    ("known", "stated", "trusted", "expected"),
    [
        # who isn't known
        (None, {}, True, Status.UNKNOWN),
        (None, {"residence": ("US",)}, False, Status.UNKNOWN),
        (None, {"residence": ("CN",)}, False, Status.YES),
        (None, {"residence": ("US",)}, True, Status.NO),
        (None, {"shoe": ("42",)}, True, Status.UNKNOWN),
        (None, {"residence": ()}, True, Status.UNKNOWN),
        # who is
        ({"residence": ("US",)}, {"residence": ("CN",)}, False, Status.NO),
        ({"residence": ("US",)}, {"residence": ("CN",)}, True, Status.YES),
        ({"residence": ("CN",)}, {"residence": ("US",)}, False, Status.YES),
        ({"residence": ("CN",)}, {"residence": ("US",)}, True, Status.NO),
        ({"residence": ("CN",)}, {"residence": ()}, True, Status.YES),
        ({}, {"residence": ("US",)}, False, Status.UNKNOWN),
        ({}, {"residence": ("CN",)}, False, Status.YES),
    ],
)
def test_statements(
    known: dict[str, tuple[str, ...]] | None,
    stated: dict[str, tuple[str, ...]],
    *,
    trusted: bool,
    expected: Status,
):
    """Stored facts win, unless the caller is trusted; a stranger stays one."""
    stored = None if known is None else Known(known)
    test = AnyOf((RESIDENCE, Attribute("designated", ("yes",), "no")))
    assert stand(test, stored, stated=stated, trusted=trusted) == expected


@pytest.mark.parametrize(
    ("trusted", "expected"), [(False, Status.UNKNOWN), (True, Status.NO)]
)
def test_a_trusted_statement_settles_a_doubt(*, trusted: bool, expected: Status):
    """A doubt of stored facts stays, but for who is trusted."""
    doubtful = Known({"residence": ("CN",)}, unknown=("residence",))
    stated = {"residence": ("US",)}
    assert stand(RESIDENCE, doubtful, stated=stated, trusted=trusted) == expected


def test_people_are_never_judged_by_ownership():
    """The grammar keeps ownership to entities; here it is an error, not an answer."""
    with pytest.raises(AssertionError):
        stand(Owned(), Known())


# --- laws -----------------------------------------------------------------------------


def test_every_reason_is_generated():
    """What everything else is compared on holds every reason."""
    found = Counter(decide(*case).reason for case in generated(7, 6_000))
    assert set(found) == set(Reason)


def test_generated_cases_are_the_same_for_the_same_seed():
    """A seed stands for its cases."""
    assert [*generated(3, 300)] == [*generated(3, 300)]
    assert [*generated(3, 300)] != [*generated(4, 300)]


@given(st.data())
def test_an_untrusted_statement_never_allows_more(data: st.DataObject):
    """What a caller adds may make a denial of an allowance, never the reverse."""
    chosen = data.draw(scenes())
    request = replace(data.draw(requests(chosen)), trusted=False)
    rest = data.draw(moments()), data.draw(counts(chosen))
    with_it = decide(chosen, request, *rest)
    without = decide(chosen, replace(request, stated={}), *rest)
    assert without.allowed or not with_it.allowed


@given(st.data())
def test_an_unknown_never_allows_more(data: st.DataObject):
    """To doubt an attribute, an entity or a column never allows what was denied."""
    chosen = data.draw(scenes())
    request = data.draw(requests(chosen))
    rest = data.draw(moments()), data.draw(counts(chosen))
    doubted = data.draw(st.sampled_from(["residence", "employer", "team", "us_person"]))
    unsure = msgspec.structs.replace(
        chosen,
        people={
            one: Known(known.attributes, (*known.unknown, doubted))
            for one, known in chosen.people.items()
        },
        entities={
            name: {
                one: status if data.draw(st.booleans()) else Status.UNKNOWN
                for one, status in found.items()
            }
            for name, found in chosen.entities.items()
        },
    )
    assert decide(chosen, request, *rest).allowed or not (
        decide(unsure, request, *rest).allowed
    )


@given(st.data())
def test_a_protected_column_never_allows_more(data: st.DataObject):
    """What may be protected is denied to all who were denied when it wasn't."""
    chosen = data.draw(scenes())
    request = data.draw(requests(chosen))
    rest = data.draw(moments()), data.draw(counts(chosen))
    worse = data.draw(st.sampled_from([Status.UNKNOWN, Status.YES]))
    stricter = msgspec.structs.replace(
        chosen,
        datasets={
            one: msgspec.structs.replace(
                dataset,
                columns={
                    name: max(status, worse) for name, status in dataset.columns.items()
                },
            )
            for one, dataset in chosen.datasets.items()
        },
    )
    assert decide(chosen, request, *rest).allowed or not (
        decide(stricter, request, *rest).allowed
    )


@given(st.data())
def test_exclusion_beats_a_grant(data: st.DataObject):
    """Whoever the fence denies holds no grant that lets him in."""
    chosen = data.draw(scenes())
    request = data.draw(requests(chosen))
    rest = data.draw(moments()), data.draw(counts(chosen))
    fence, granted = (
        msgspec.structs.replace(
            chosen, gate=Gate(chosen.gate.excluded, verbs=chosen.gate.verbs, mode=mode)
        )
        for mode in ("fence", "grants")
    )
    everything = Grant(
        who=(request.principal,),
        verbs=(request.verb,),
        what=(*chosen.datasets, request.resource),
    )
    granted = msgspec.structs.replace(granted, grants=(*chosen.grants, everything))
    before = decide(fence, request, *rest)
    after = decide(granted, request, *rest)
    assert before.allowed or after == before


@given(st.data())
def test_a_decision_depends_on_nothing_else(data: st.DataObject):
    """The same arguments give the same, in whatever order a scene is written."""
    chosen = data.draw(scenes())
    request = data.draw(requests(chosen))
    rest = data.draw(moments()), data.draw(counts(chosen))
    turned = msgspec.structs.replace(
        chosen,
        people=dict(reversed(chosen.people.items())),
        datasets=dict(reversed(chosen.datasets.items())),
        grants=chosen.grants[::-1],
    )
    first = decide(chosen, request, *rest)
    assert decide(chosen, request, *rest) == first
    assert decide(turned, request, *rest) == first


@given(st.data())
def test_a_scene_is_what_its_bytes_say(data: st.DataObject):
    """A scene that is carried elsewhere decides there as here."""
    chosen = data.draw(scenes())
    read = parse_scene(canonical(chosen))
    assert read == chosen
    assert digest(read) == digest(chosen)
    with pytest.raises(msgspec.MsgspecError):
        parse_scene(canonical(chosen)[:-1])


def test_what_allows_is_named():
    """A reason that isn't named among those that allow denies."""
    assert {one for one in Reason if Decision(one).allowed} == ALLOWING
