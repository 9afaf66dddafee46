"""BloodHound collections: whose rights lead where, and what isn't understood."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import SourceError
from ringfence.sources.bloodhound import SOURCE
from ringfence.sources.directory_rights import EDGES, NODES
from ringfence.sources.source import Harvest
from tests.unit.sources.reading import (
    ASSETS,
    estate_takes,
    notes,
    order,
    read,
    told,
)

D, N = "S-1-5-21-1-2-3", "CORP"
ANN, BO, STAFF = f"{D}-1001", f"{D}-1002", f"{D}-1101"
HOST = f"{D}-2001"
OU = "11111111-1111-1111-1111-111111111111"
GPO = "22222222-2222-2222-2222-222222222222"
Text = dict[str, object]


def thing(id_: str, *, aces: object = None, **more: object) -> Text:
    """Return an object of a collection; what isn't said is left out."""
    properties = {"domain": N, "domainsid": D}
    stated = more.pop("properties", {})
    assert isinstance(stated, dict)
    return {
        "ObjectIdentifier": id_,
        "Properties": properties | stated,
        "Aces": aces or [],
        **more,
    }


def ace(principal: str, right: str, kind: str = "Group", **more: object) -> Text:
    """Return a right of somebody."""
    return {
        "PrincipalSID": principal,
        "PrincipalType": kind,
        "RightName": right,
        **more,
    }


def ref(id_: str, kind: str) -> Text:
    """Return a reference."""
    return {"ObjectIdentifier": id_, "ObjectType": kind}


def collection(type_: str, *data: Text, **meta: object) -> str:
    """Return one file."""
    stated = {"type": type_, "version": 6, "count": len(data)} | meta
    return json.dumps({"data": data, "meta": stated})


def harvest(base: Path, options: str = "", **files: list[Text]) -> Harvest:
    """Return what a collection gives: a list of objects for each type."""
    return given_files(base, files, options)


def given_files(
    base: Path, files: Mapping[str, list[Text]], options: str = ""
) -> Harvest:
    """Return what a collection gives, by type of object."""
    content = {f"{type_}.json": collection(type_, *d) for type_, d in files.items()}
    return read("bloodhound", base, content, options)


def between(found: Harvest, tail: str, head: str) -> list[str]:
    """Return the kinds of edge between two nodes; undecided ones with a `?`."""
    return [
        fact.name + ("?" if fact.unknown else "")
        for fact in found.facts
        if fact.fact == "edge" and (fact.id, fact.value) == (tail, head)
    ]


def edges(found: Harvest) -> set[tuple[str, str]]:
    """Return the pairs of nodes that edges of control join, decided ones alone."""
    return {
        (fact.id, fact.value)
        for fact in found.facts
        if fact.fact == "edge" and not fact.unknown
    }


def reaches(found: Harvest, tail: str) -> set[str]:
    """Return what somebody controls, by the plain meaning of edges and their needs."""
    held = {tail}
    while True:
        more = {
            fact.value
            for fact in found.facts
            if fact.fact == "edge"
            and not fact.unknown
            and fact.id in held
            and set(fact.needs) <= held
        } - held
        if not more:
            return held
        held |= more


RIGHTS = [
    ("groups", "GenericAll", ["can_change"]),
    ("groups", "GenericWrite", ["can_change"]),
    ("groups", "WriteDacl", ["can_change"]),
    ("groups", "WriteOwner", ["can_change"]),
    ("groups", "Owns", ["can_change"]),
    ("groups", "AddMember", ["can_change"]),
    ("groups", "AddSelf", ["can_assume"]),
    ("groups", "AllExtendedRights", ["can_change?"]),
    ("users", "ForceChangePassword", ["can_change"]),
    ("users", "AllExtendedRights", ["can_change"]),
    ("users", "AddKeyCredentialLink", ["can_assume"]),
    ("users", "ReadGMSAPassword", ["can_assume"]),
    ("users", "WriteSPN", ["can_change?"]),
    ("computers", "AddAllowedToAct", ["can_change"]),
    ("computers", "WriteAccountRestrictions", ["can_change"]),
    ("computers", "ReadLAPSPassword", ["can_assume"]),
    ("computers", "AllExtendedRights", ["can_change?"]),
    ("domains", "WriteDacl", ["can_change"]),
    ("domains", "AllExtendedRights", ["can_change"]),
    ("gpos", "GenericWrite", ["can_change"]),
    ("ous", "GenericAll", ["can_change"]),
    ("containers", "GenericWrite", []),
    ("certtemplates", "Enroll", ["can_change?"]),
    ("users", "ReadMinds", ["can_change?"]),
]
NODE = {"users": "role", "computers": "host", "groups": "group", "gpos": "job"}


@pytest.mark.parametrize(("type_", "right", "expected"), RIGHTS)
def test_a_right_is_an_edge_from_its_holder(
    type_: str, right: str, expected: list[str], tmp_path: Path
):
    """Whoever has a right on an object controls it as far as the right goes."""
    found = given_files(tmp_path, {type_: [thing(BO, aces=[ace(STAFF, right)])]})
    node = f"{NODE.get(type_, 'role')}:{BO}"
    assert between(found, f"group:{STAFF}", node) == expected
    assert between(found, node, f"group:{STAFF}") == []


def test_laps_decides_what_extended_rights_on_a_computer_give(tmp_path: Path):
    """Extended rights read the local password where LAPS keeps one."""
    computer = thing(
        HOST, aces=[ace(STAFF, "AllExtendedRights")], properties={"haslaps": True}
    )
    found = harvest(tmp_path, computers=[computer])
    assert between(found, f"group:{STAFF}", f"host:{HOST}") == ["can_change"]


def test_owner_rights_limit_what_an_owner_has(tmp_path: Path):
    """An entry for OWNER RIGHTS makes ownership an open question."""
    aces = [ace(STAFF, "Owns"), ace(f"{N}-S-1-3-4", "WriteDacl")]
    found = harvest(tmp_path, groups=[thing(BO, aces=aces)])
    assert between(found, f"group:{STAFF}", f"group:{BO}") == ["can_change?"]


def test_members_and_primary_groups_are_memberships(tmp_path: Path):
    """Members are listed by the group, primary groups by the member; groups nest."""
    found = harvest(
        tmp_path,
        users=[thing(ANN, PrimaryGroupSID=f"{D}-513")],
        groups=[thing(STAFF, Members=[ref(ANN, "User"), ref(f"{D}-1102", "Group")])],
    )
    assert between(found, f"role:{ANN}", f"group:{D}-513") == ["member_of"]
    assert between(found, f"role:{ANN}", f"group:{STAFF}") == ["member_of"]
    assert between(found, f"group:{D}-1102", f"group:{STAFF}") == ["member_of"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (ANN, ANN, True),
        (STAFF, f"{D}-1102", True),
        (STAFF, STAFF, True),
        (STAFF, BO, False),
        (ANN, None, False),
        (None, ANN, False),
    ],
)
def test_replication_needs_both_rights(
    first: str | None, second: str | None, expected, tmp_path: Path
):
    """DCSync takes both rights, held through whatever groups; one alone is none."""
    rights = [(first, "GetChanges"), (second, "GetChangesAll")]
    aces = [ace(who, right, "Base") for who, right in rights if who]
    found = harvest(
        tmp_path,
        domains=[thing(D, aces=aces)],
        users=[thing(ANN), thing(BO)],
        groups=[
            thing(STAFF, Members=[ref(ANN, "User")]),
            thing(f"{D}-1102", Members=[ref(ANN, "User")]),
        ],
    )
    assert (f"role:{D}" in reaches(found, f"role:{ANN}")) is expected
    assert estate_takes(found, tmp_path) == len(found.facts)


def test_whoever_has_the_domain_has_all_that_is_in_it(tmp_path: Path):
    """Control of a domain gives its accounts, groups and computers, protected or not."""
    found = harvest(
        tmp_path,
        domains=[thing(D)],
        users=[thing(ANN, IsACLProtected=True)],
        computers=[thing(HOST)],
        groups=[thing(STAFF)],
    )
    nodes = {f"role:{ANN}", f"host:{HOST}", f"group:{STAFF}"}
    assert nodes <= reaches(found, f"role:{D}")


def gpo_tree(base: Path, *, blocks: bool, enforced: bool, protected: bool) -> Harvest:
    """Return a domain with a linked GPO, an OU in it, and things in the OU."""
    within = ref(OU, "OU")
    return harvest(
        base,
        domains=[thing(D, Links=[{"GUID": GPO, "IsEnforced": enforced}])],
        gpos=[thing(GPO)],
        ous=[
            thing(
                OU,
                ContainedBy=ref(D, "Domain"),
                properties={"blocksinheritance": blocks},
            )
        ],
        users=[thing(ANN, ContainedBy=within, IsACLProtected=protected)],
        computers=[thing(HOST, ContainedBy=within)],
        groups=[thing(STAFF, ContainedBy=within)],
    )


@pytest.mark.parametrize(
    ("blocks", "enforced", "expected"),
    [(False, False, True), (True, False, False), (True, True, True)],
)
def test_a_gpo_controls_what_its_settings_reach(
    blocks, enforced, expected, tmp_path: Path
):
    """Settings reach accounts and computers, never groups; a block stops the unforced."""
    found = gpo_tree(tmp_path, blocks=blocks, enforced=enforced, protected=True)
    held = reaches(found, f"job:{GPO}")
    assert (f"role:{ANN}" in held) is expected
    assert (f"host:{HOST}" in held) is expected
    assert f"group:{STAFF}" not in held


@pytest.mark.parametrize("protected", [True, False])
def test_an_ou_hands_down_rights_unless_protected(protected, tmp_path: Path):
    """What doesn't inherit rights is still reached by a GPO that the OU can link."""
    found = gpo_tree(tmp_path, blocks=False, enforced=False, protected=protected)
    inherited = between(found, f"role:{OU}", f"role:{ANN}")
    assert inherited == ([] if protected else ["can_change"])
    assert f"role:{ANN}" in reaches(found, f"role:{OU}")
    assert f"group:{STAFF}" in reaches(found, f"role:{OU}")


def test_a_place_may_list_what_it_holds(tmp_path: Path):
    """Older collections say it from above: children, accounts, computers, units."""
    found = harvest(
        tmp_path,
        ous=[thing(OU, Users=[ANN], Computers=[HOST], ChildObjects=[ref(BO, "Group")])],
        users=[thing(ANN)],
    )
    nodes = {f"role:{ANN}", f"host:{HOST}", f"group:{BO}"}
    assert nodes <= reaches(found, f"role:{OU}")


def test_sessions_give_the_account_to_the_computer(tmp_path: Path):
    """Whoever controls a computer controls who is signed in there, not the reverse."""
    sessions = {"Results": [{"UserSID": ANN, "ComputerSID": HOST}], "Collected": True}
    for key in ("Sessions", "PrivilegedSessions", "RegistrySessions"):
        found = harvest(tmp_path, computers=[thing(HOST, **{key: sessions})])
        assert between(found, f"host:{HOST}", f"role:{ANN}") == ["can_assume"]
        assert between(found, f"role:{ANN}", f"host:{HOST}") == []


@pytest.mark.parametrize(
    ("rid", "expected"),
    [
        ("544", ["can_change"]),
        ("555", ["can_use?"]),
        ("562", ["can_use?"]),
        ("580", ["can_use?"]),
        ("551", ["can_change?"]),
        ("546", []),
    ],
)
def test_local_groups_lead_to_their_computer(
    rid: str, expected: list[str], tmp_path: Path
):
    """Administrators have the computer; other groups perhaps, or not at all."""
    group = {
        "ObjectIdentifier": f"{HOST}-{rid}",
        "Name": "G",
        "Results": [ref(STAFF, "Group")],
        "LocalNames": [{"ObjectIdentifier": f"{HOST}-500", "PrincipalName": "ROOT@X"}],
        "Collected": True,
    }
    found = harvest(tmp_path, computers=[thing(HOST, LocalGroups=[group])])
    local = f"group:{HOST}-{rid}"
    assert between(found, local, f"host:{HOST}") == expected
    assert between(found, f"group:{STAFF}", local) == ["member_of"]
    assert between(found, f"role:{HOST}-500", local) == ["member_of"]
    assert between(found, f"credential:{HOST}-500", f"role:{HOST}-500")


def test_older_versions_list_administrators_apart(tmp_path: Path):
    """Versions 3 and 4 name the lists, members and sessions in other words."""
    old = {"MemberId": STAFF, "MemberType": "Group"}
    found = harvest(
        tmp_path,
        computers=[
            thing(
                HOST,
                LocalAdmins=[old],
                RemoteDesktopUsers={"Results": [ref(BO, "User")], "Collected": True},
                Sessions=[{"UserId": ANN, "ComputerId": HOST}],
                AllowedToDelegate=[f"{D}-2002"],
                AllowedToAct=[{"MemberId": BO, "MemberType": "User"}],
            )
        ],
        groups=[thing(BO, aces=[ace(STAFF, "ExtendedRight", AceType="All")])],
        users=[
            thing(
                ANN,
                aces=[
                    ace(STAFF, "ExtendedRight", AceType="User-Force-Change-Password")
                ],
            )
        ],
    )
    host = f"host:{HOST}"
    assert between(found, f"group:{STAFF}", host) == ["can_change"]
    assert between(found, host, f"role:{ANN}") == ["can_assume"]
    assert between(found, host, f"host:{D}-2002") == ["can_assume"]
    assert between(found, f"group:{STAFF}", f"role:{ANN}") == ["can_change"]
    # The same id is described as a group: what it is said to be elsewhere is less.
    assert sorted(between(found, f"group:{BO}", host)) == ["can_assume", "can_use?"]


def test_delegation_and_history_lead_onwards(tmp_path: Path):
    """Delegation and SID history give the rights of what they name."""
    found = harvest(
        tmp_path,
        users=[
            thing(
                ANN,
                AllowedToDelegate=[ref(HOST, "Computer")],
                HasSIDHistory=[ref(STAFF, "Group")],
                SPNTargets=[{"ComputerSID": HOST, "Port": 1433, "Service": "SQLAdmin"}],
            )
        ],
        computers=[thing(HOST, DumpSMSAPassword=[ref(BO, "User")])],
    )
    ann = f"role:{ANN}"
    assert between(found, ann, f"host:{HOST}") == ["can_assume", "can_use?"]
    assert between(found, ann, f"group:{STAFF}") == ["can_assume"]
    assert between(found, f"host:{HOST}", f"role:{BO}") == ["can_assume"]


@pytest.mark.parametrize(
    ("computer", "expected"),
    [
        ({"IsDC": True}, ["can_change"]),
        ({"PrimaryGroupSID": f"{D}-516"}, ["can_change"]),
        ({"PrimaryGroupSID": f"{D}-521", "IsDC": True}, ["can_change?"]),
        ({"properties": {"unconstraineddelegation": True}}, ["can_change?"]),
        ({}, []),
    ],
)
def test_a_controller_has_its_domain(
    computer: Text, expected: list[str], tmp_path: Path
):
    """A controller keeps every password; a read-only one some; others none."""
    found = harvest(tmp_path, computers=[thing(HOST, **computer)])
    assert between(found, f"host:{HOST}", f"role:{D}") == expected


OTHER = "S-1-5-21-7-8-9"


@pytest.mark.parametrize(
    ("trust", "forth", "back"),
    [
        (("Inbound", "External", False), ["can_change?"], []),
        (("Outbound", "External", False), [], ["can_change"]),
        (("Outbound", "External", True), [], []),
        (("Bidirectional", "ParentChild", False), ["can_change"], ["can_change"]),
        (("Bidirectional", "ParentChild", True), ["can_change?"], ["can_change?"]),
        ((1, 0, False), ["can_change"], []),
        (("Disabled", "External", False), [], []),
        (("Sideways", "Forest", None), ["can_change?"], ["can_change?"]),
    ],
)
def test_a_trust_lets_the_trusted_domain_in(
    trust: tuple[str | int, str | int, bool | None],
    forth: list[str],
    back: list[str],
    tmp_path: Path,
):
    """Inbound: the other domain trusts this one. The trusting side says what it filters."""
    direction, kind, filtered = trust
    stated = {
        "TargetDomainSid": OTHER,
        "TargetDomainName": "OTHER",
        "TrustDirection": direction,
        "TrustType": kind,
        "SidFilteringEnabled": filtered,
    }
    found = harvest(tmp_path, domains=[thing(D, Trusts=[stated])])
    assert between(found, f"role:{D}", f"role:{OTHER}") == forth
    assert between(found, f"role:{OTHER}", f"role:{D}") == back
    groups = f"group:{N}-S-1-5-11", "group:OTHER-S-1-5-11"
    assert bool(between(found, *groups)) is (direction not in ("Outbound", "Disabled"))


def test_everyone_is_in_the_implicit_groups(tmp_path: Path):
    """Accounts and computers are authenticated, a guest is merely everyone."""
    found = harvest(
        tmp_path,
        users=[thing(ANN), thing(f"{D}-501")],
        computers=[thing(HOST, IsDC=True)],
        groups=[
            thing(
                STAFF, Members=[ref(f"{N}-S-1-5-4", "Group"), ref("S-1-5-7", "Group")]
            )
        ],
    )
    signed, everyone = f"group:{N}-S-1-5-11", f"group:{N}-S-1-1-0"
    assert {(f"role:{ANN}", signed), (f"host:{HOST}", signed)} <= edges(found)
    assert {(signed, everyone), (f"role:{D}-501", everyone)} <= edges(found)
    assert (f"role:{D}-501", signed) not in edges(found)
    assert (f"host:{HOST}", f"group:{N}-S-1-5-9") in edges(found)
    assert between(found, signed, f"group:{N}-S-1-5-4") == ["member_of?"]
    assert between(found, signed, f"group:{N}-S-1-5-7") == ["member_of?"]
    assert any(
        "whose members these files can't tell (2 times)" in n for n in notes(found)
    )


def test_gpos_add_administrators_once_for_all_computers(tmp_path: Path):
    """What GPOs add stands between administrators and computers, and doesn't multiply."""
    changes = {
        "LocalAdmins": [ref(ANN, "User"), ref(BO, "User")],
        "AffectedComputers": [ref(HOST, "Computer"), ref(f"{D}-2002", "Computer")],
    }
    found = harvest(tmp_path, ous=[thing(OU, GPOChanges=changes)])
    assert f"host:{D}-2002" in reaches(found, f"role:{ANN}")
    added = [fact for fact in found.facts if "LocalAdmins" in fact.id + fact.value]
    assert len([fact for fact in added if fact.fact == "edge"]) == 4


HOLDERS = [
    ("", {"enabled": True}, "credential:" + ANN, ""),
    ("people: mail", {"email": " Ann@X ", "enabled": True}, "person:ann@x", ""),
    ("people: samaccountname", {"samaccountname": "ANN"}, "person:ann", ""),
    ("people: mail", {"email": None}, "credential:" + ANN, ""),
    (
        "service_accounts: svc_*",
        {"samaccountname": "svc_x"},
        "service_account:svc_x",
        "",
    ),
    ("", {"enabled": False}, "credential:" + ANN, "account disabled"),
]


@pytest.mark.parametrize(("options", "properties", "holder", "control"), HOLDERS)
def test_somebody_holds_each_account(
    options: str, properties: Text, holder: str, control: str, tmp_path: Path
):
    """A person, a service account, or a credential that nobody is said to hold."""
    found = harvest(tmp_path, options, users=[thing(ANN, properties=properties)])
    [fact] = [one for one in found.facts if one.fact == "edge" and one.id == holder]
    assert (fact.name, fact.value, fact.control) == (
        "can_assume",
        f"role:{ANN}",
        control,
    )
    login = {True: "login=yes", False: "login=no", None: "login="}
    expected = f"role:{ANN} {login[properties.get('enabled')]}"  # type: ignore[index]
    assert any(text.startswith(expected) for text in told(found))


def test_a_managed_account_has_no_password_that_somebody_knows(tmp_path: Path):
    """Whoever reads the password of a gMSA is all who holds it."""
    user = thing(ANN, aces=[ace(STAFF, "ReadGMSAPassword")], properties={"gmsa": True})
    found = harvest(tmp_path, users=[user])
    assert not any(fact.id.startswith("credential:") for fact in found.facts)
    assert between(found, f"group:{STAFF}", f"role:{ANN}") == ["can_assume"]


def test_a_property_that_nobody_has_is_noted(tmp_path: Path):
    """A misspelt property would leave every account without its person in silence."""
    found = harvest(tmp_path, "people: emial", users=[thing(ANN)])
    assert any("no account has a property `emial`" in note for note in notes(found))


def test_what_is_not_understood_is_counted(tmp_path: Path):
    """Unknown types, keys and rights, deleted objects and gaps each have their count."""
    files: dict[str, str | bytes] = {
        "a.json": collection("quarks", thing("x"), thing("y")),
        "b.json": collection(
            "users",
            thing(ANN, Novelty=[1], aces=[ace(BO, "ReadMinds")]),
            thing(BO, IsDeleted=True),
            count=1,
            version=7,
        ),
        "c.json": collection(
            "computers", thing(HOST, Sessions={"Results": [], "Collected": False})
        ),
    }
    text = "\n".join(notes(read("bloodhound", tmp_path, files)))
    for expected in (
        "objects of type `quarks`: not understood, not read (2 times)",
        "`Novelty` of User: not understood, not read (once)",
        "rights `ReadMinds` on User: not understood, each counts as undecided (once)",
        "deleted User objects: they give nothing (once)",
        "files hold more objects than they say: all are read (once)",
        "newer than 6",
        "lists `Sessions` of computers were not collected",
        "objects are named, and described by none of these files",
    ):
        assert expected in text


def test_what_is_not_understood_can_be_ignored(tmp_path: Path):
    """As ordered, and counted all the same."""
    found = harvest(
        tmp_path,
        "unmapped: ignored",
        users=[thing(ANN, aces=[ace(BO, "ReadMinds")])],
        certtemplates=[thing(OU, aces=[ace(BO, "Enroll")])],
    )
    assert [fact for fact in found.facts if "ReadMinds" in fact.unknown] == []
    assert between(found, f"role:{OU}", f"role:{D}") == []
    ignored = [note for note in notes(found) if "ignored as ordered" in note]
    assert len(ignored) == 3


def test_certificates_are_perhaps_the_whole_domain(tmp_path: Path):
    """What a certificate gives is not worked out, so it may stand for anybody."""
    authority = thing(OU, HostingComputer=HOST)
    found = harvest(tmp_path, enterprisecas=[authority], computers=[thing(HOST)])
    assert between(found, f"role:{OU}", f"role:{D}") == ["can_change?"]
    assert between(found, f"host:{HOST}", f"role:{OU}") == ["can_change"]


def zipped(content: Mapping[str, bytes]) -> bytes:
    """Return the bytes of an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in content.items():
            archive.writestr(name, raw)
    return stream.getvalue()


def test_an_archive_is_its_files(tmp_path: Path):
    """Byte-order marks, CRLF and folders in an archive change nothing but places."""
    users = collection("users", thing(ANN)).replace(", ", ",\r\n").encode()
    raw = zipped({"in/u.json": b"\xef\xbb\xbf" + users, "read.me": b"-"})
    found = read("bloodhound", tmp_path, {"ad.zip": raw})
    plain = read("bloodhound", tmp_path, {"u.json": users})
    assert told(found) == told(plain)
    assert found.facts[0].at == "ad.zip/in/u.json#/data/0"
    assert "ad.zip/read.me: is no JSON file: not read" in notes(found)


BAD = {
    "no JSON": (b"{", "f: is not JSON: it breaks off"),
    "wrong byte": (b'{"data": [],\n x}', "f:2: is not JSON"),
    "no UTF-8": (
        b'{"data": [{"PrimaryGroupSID": "\xff"}], "meta": {"type": "users"}}',
        "not UTF-8",
    ),
    "no meta": (b'{"data": []}', "f#: needs `meta`"),
    "a list": (b"[]", "f#: must be an object, not a list"),
    "deep": (b"[" * 200_000, "f"),
    "no id": (
        b'{"data": [{}], "meta": {"type": "users"}}',
        "f#/data/0/ObjectIdentifier: an object needs `ObjectIdentifier`",
    ),
    "wrong type": (
        b'{"data": [{"ObjectIdentifier": "x", "Aces": [1]}], "meta": {"type": "users"}}',
        "f#/data/0/Aces/0: must be an object or null, not a whole number",
    ),
    "cut off": (
        b'{"data": [], "meta": {"type": "users", "count": 2}}',
        "f#/meta/count: holds 0 of 2 objects",
    ),
    "ancient": (
        b'{"data": [], "meta": {"type": "users", "version": 2}}',
        "f#/meta/version: is of version 2",
    ),
    "broken zip": (
        b"PK\x03\x04 and so on",
        "f: is a zip archive that can't be unpacked",
    ),
    "empty zip": (zipped({"x.txt": b""}), "f: holds no JSON file"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_its_place(name: str, tmp_path: Path):
    """Input that can't be a collection is refused, with its place and the reason."""
    raw, message = BAD[name]
    with pytest.raises(SourceError) as caught:
        read("bloodhound", tmp_path, {"f": raw})
    assert message in str(caught.value)


def test_one_bad_object_hides_no_other(tmp_path: Path):
    """Every problem of every file is told at once."""
    text = collection("users", {"ObjectIdentifier": 1}, {"Aces": 2})
    with pytest.raises(SourceError) as caught:
        read("bloodhound", tmp_path, {"a": text, "b": "[]"})
    assert len(caught.value.problems) == 3


@given(data=st.data())
def test_a_mutated_archive_gives_facts_or_a_clear_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    """Whatever bytes of an archive are replaced, only a clear error comes out."""
    names = ("ad-users.json", "ad-domains.json")
    raw = bytearray(zipped({name: (ASSETS / name).read_bytes() for name in names}))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    base = tmp_path_factory.mktemp("zip")
    try:
        found = read("bloodhound", base, {"f": bytes(raw)})
    except SourceError:
        return
    assert all(fact.id and fact.at for fact in found.facts)


IDS = st.sampled_from([D, ANN, BO, STAFF, HOST, OU, GPO, f"{N}-S-1-5-11", "S-1-1-0"])
REFS = st.builds(ref, IDS, st.sampled_from([*NODES, "", "Odd"]))
ACES = st.builds(ace, IDS, st.sampled_from([*EDGES, "AllExtendedRights", "Odd"]))
THINGS = st.builds(
    lambda id_, aces, members, within: thing(
        id_, aces=aces, Members=members, ContainedBy=within
    ),
    IDS,
    st.lists(ACES, max_size=3),
    st.lists(REFS, max_size=2),
    st.none() | REFS,
)
TYPES = ["users", "groups", "computers", "domains", "ous", "containers", "gpos"]


@given(files=st.dictionaries(st.sampled_from(TYPES), st.lists(THINGS, max_size=4)))
def test_any_collection_is_facts_of_the_vocabulary(
    files: dict[str, list[Text]], tmp_path_factory: pytest.TempPathFactory
):
    """However objects are tangled, the estate takes every fact, each stated once."""
    if not files:
        return
    base = tmp_path_factory.mktemp("any")
    found = given_files(base, files)
    assert estate_takes(found, base) == len(found.facts)


@given(right=st.sampled_from(sorted(EDGES)), type_=st.sampled_from(TYPES))
def test_a_further_right_never_removes_an_edge(
    right: str, type_: str, tmp_path_factory: pytest.TempPathFactory
):
    """One more entry adds edges, and takes none away."""
    base = tmp_path_factory.mktemp("more")
    aces = [ace(STAFF, "GenericAll")]
    less = given_files(base, {type_: [thing(BO, aces=aces)]})
    more = given_files(base, {type_: [thing(BO, aces=[*aces, ace(ANN, right)])]})
    assert edges(less) <= edges(more)


@pytest.mark.peer
def test_the_peer_collection_loads_whole(peer_data: Path, tmp_path: Path):
    """Every object of the sample is a node, and what isn't understood is counted."""
    folder = peer_data / "bloodhound"
    found = SOURCE.read(order(folder, ("ad_sampledata.zip",)))
    with zipfile.ZipFile(folder / "ad_sampledata.zip") as archive:
        documents = [json.loads(archive.read(name)) for name in archive.namelist()]
    ids = {one["ObjectIdentifier"] for part in documents for one in part["data"]}
    nodes = {fact.id.partition(":")[2] for fact in found.facts if fact.fact == "node"}
    assert len(documents) == 31
    assert ids <= nodes
    assert estate_takes(found, tmp_path) == len(found.facts)
    text = "\n".join(notes(found))
    assert (
        "`CARegistryData` of EnterpriseCA: not understood, not read (4 times)" in text
    )
    assert "rights `Enroll` on CertTemplate" in text


TENANT = "AAAAAAAA-0000-0000-0000-000000000001"
A, B, C = (f"AAAAAAAA-0000-0000-0000-00000000000{n}" for n in "ABC")
ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"


def entra(base: Path, *entries: tuple[str, Text], options: str = "") -> Harvest:
    """Return what entries of AzureHound give."""
    data: list[Text] = [{"kind": kind, "data": entry} for kind, entry in entries]
    return read("bloodhound", base, {"az.json": collection("azure", *data)}, options)


def test_entra_lists_members_and_owners(tmp_path: Path):
    """Members, owners, tenants and what an application runs as are edges."""
    member = {"member": {"@odata.type": "#microsoft.graph.user", "id": A.lower()}}
    owner = {"owner": {"@odata.type": "#microsoft.graph.group", "id": B}}
    found = entra(
        tmp_path,
        ("AZGroupMember", {"groupId": B, "members": [member, {}]}),
        ("AZGroupOwner", {"groupId": B, "owners": [owner]}),
        ("AZAppOwner", {"appId": C, "owners": [owner]}),
        (
            "AZUser",
            {"id": A, "tenantId": TENANT, "mail": "ann@x", "accountEnabled": True},
        ),
        ("AZServicePrincipal", {"id": D, "appId": C, "tenantId": TENANT}),
        ("AZVM", {"id": "x"}),
        options="people: mail",
    )
    assert between(found, f"role:{A}", f"group:{B}") == ["member_of"]
    assert between(found, f"group:{B}", f"tool:{C}") == ["can_change"]
    assert between(found, f"tool:{C}", f"service_account:{D}") == ["runs_as"]
    assert between(found, f"role:{TENANT}", f"role:{A}") == ["can_change"]
    assert "person:ann@x can_assume role:" + A in told(found)
    text = "\n".join(notes(found))
    assert "entries of kind `AZVM`: not understood, not read (once)" in text
    assert "entries `AZGroupMember` that name nobody (once)" in text
    assert estate_takes(found, tmp_path) == len(found.facts)


@pytest.mark.parametrize(
    ("role", "scope", "expected"),
    [
        (ADMINISTRATOR, "/", (["can_assume"], ["can_change"])),
        (ADMINISTRATOR, "/units/1", (["can_assume?"], ["can_change"])),
        (C, "/", (["can_assume"], ["can_change?"])),
    ],
)
def test_a_role_gives_its_tenant_or_perhaps(
    role: str, scope: str, expected: tuple[list[str], list[str]], tmp_path: Path
):
    """The global administrator has the tenant; what other roles give is undecided."""
    given_ = {"principalId": A, "roleDefinitionId": role, "directoryScopeId": scope}
    found = entra(
        tmp_path,
        ("AZUser", {"id": A, "onPremisesSecurityIdentifier": ANN}),
        ("AZRole", {"id": role, "tenantId": TENANT, "displayName": "R"}),
        ("AZRoleAssignment", {"tenantId": TENANT, "roleAssignments": [given_]}),
    )
    node = f"role:{role.upper()}@{TENANT}"
    assert between(found, f"role:{A}", node) == expected[0]
    assert between(found, node, f"role:{TENANT}") == expected[1]
    assert between(found, f"role:{ANN}", f"role:{A}") == ["can_assume"]


@pytest.mark.parametrize("entry", [{}, {"id": 1}, {"id": " "}])
def test_an_entry_without_an_id_is_named(entry: Text, tmp_path: Path):
    """Who can't be told apart is a problem with its place."""
    with pytest.raises(SourceError, match=r"az\.json#/data/0/data: an entry `AZUser`"):
        entra(tmp_path, ("AZUser", entry))
