"""SCIM 2.0: paths, pages, members, owners, and people who left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.documents.json import read_json
from ringfence.errors import SourceError
from ringfence.sources.scim.paths import ENTERPRISE, follow
from tests.unit.sources.reading import notes, read, told

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
RESOURCE = {
    "userName": "ann",
    "name": {"familyName": "Ames"},
    "emails": [
        {"value": "a@x", "type": "work"},
        {"value": "b@x", "type": "home", "primary": True},
    ],
    "addresses": [{"type": "home", "country": "CA"}],
    "tags": ["only"],
    "badges": ["one", "two"],
    ENTERPRISE: {"department": "Growth", "manager": {"value": "7"}},
    "urn:pulse:2.0:User": {"residence": "US"},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("userName", "ann"),
        ("USERNAME", "ann"),
        ("name.familyName", "Ames"),
        ("emails.primary", "b@x"),
        ("emails.work", "a@x"),
        ("emails.work.value", "a@x"),
        ("addresses.home.country", "CA"),
        ("tags", "only"),
        (f"{ENTERPRISE}:department", "Growth"),
        (f"{ENTERPRISE.lower()}.Department", "Growth"),
        (f"{ENTERPRISE}:manager", "7"),
        ("urn:pulse:2.0:User:residence", "US"),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: str):
    """Paths follow attributes, extensions and typed items, in any case."""
    found = follow(read_json(json.dumps(RESOURCE), "f"), path)
    assert found is not None
    assert found.data == value


@pytest.mark.parametrize(
    "path",
    ["nickName", "emails.other", "badges", "name", "userName.x", "urn:x:y", "a..b"],
)
def test_a_path_that_leads_nowhere_gives_nothing(path: str):
    """What isn't there, or is several things, is no value."""
    assert follow(read_json(json.dumps(RESOURCE), "f"), path) is None


def edges(harvest) -> list[str]:
    """Return the edges of a harvest."""
    return [
        text
        for text, fact in zip(told(harvest), harvest.facts, strict=True)
        if fact.fact == "edge"
    ]


def scim(base: Path, *resources: object, options: str = ""):
    """Return what SCIM resources in one array give."""
    return read("scim", base, {"s.json": json.dumps(resources)}, options)


@pytest.mark.parametrize(
    "text",
    [
        '{"userName": "ann"}',
        '[{"userName": "ann"}]',
        '{"Resources": [{"userName": "ann"}], "totalResults": 1}',
        '{"userName": "ann"}\n{"displayName": "g"}\n',
    ],
)
def test_an_export_may_be_one_a_list_a_page_or_lines(text: str, tmp_path: Path):
    """The same person is read from each form of export."""
    assert told(read("scim", tmp_path, {"s.json": text}))[0] == "person:ann"


def test_lines_name_their_line(tmp_path: Path):
    """In JSON lines, the place of a fact is its line and the pointer in it."""
    text = '{"userName": "ann"}\n\n{"userName": "bo", "active": true}\n'
    harvest = read("scim", tmp_path, {"s.jsonl": text})
    assert [fact.at for fact in harvest.facts] == [
        "s.jsonl:1#",
        "s.jsonl:3#",
        "s.jsonl:3#/active",
    ]


def test_pages_add_up_across_files(tmp_path: Path):
    """Two pages of one list are whole together."""
    pages = {
        f"{name}.json": json.dumps(
            {"totalResults": 2, "Resources": [{"userName": name}]}
        )
        for name in ("ann", "bo")
    }
    assert told(read("scim", tmp_path, pages)) == ["person:ann", "person:bo"]


def test_an_empty_list_is_whole(tmp_path: Path):
    """A list without results may leave its resources out (RFC 7644 section 3.4.2)."""
    schema = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
    text = json.dumps({"schemas": [schema], "totalResults": 0})
    assert told(read("scim", tmp_path, {"s.json": text})) == []


def test_groups_nest_even_in_circles(tmp_path: Path):
    """Groups may be members of each other; reach sorts that out."""
    harvest = scim(
        tmp_path,
        {"id": "1", "displayName": "a", "members": [{"value": "2"}]},
        {"id": "2", "displayName": "b", "members": [{"value": "1"}, {"value": "2"}]},
    )
    assert edges(harvest) == [
        "group:b member_of group:a",
        "group:a member_of group:b",
        "group:b member_of group:b",
    ]


def test_groups_of_one_name_stay_two(tmp_path: Path):
    """Two groups with one display name are told apart by their SCIM ids."""
    harvest = scim(
        tmp_path,
        {"id": "1", "displayName": "a"},
        {"id": "2", "displayName": "a"},
    )
    assert told(harvest) == ["group:a#1", "group:a#2"]
    assert len(notes(harvest)) == 2


@pytest.mark.parametrize(
    ("member", "tail"),
    [
        ({"value": "9"}, "person:scim-id/9"),
        ({"value": "9", "type": "Group"}, "group:scim-id/9"),
        ({"value": "9", "$ref": "https://groups.x/v2/Users/9"}, "person:scim-id/9"),
        ({"value": "9", "$ref": "../Groups/9"}, "group:scim-id/9"),
    ],
)
def test_a_member_that_nobody_describes_still_counts(
    member: dict[str, str], tail: str, tmp_path: Path
):
    """An unresolved member widens reach under a name of its own, with a note."""
    harvest = scim(tmp_path, {"id": "1", "displayName": "a", "members": [member]})
    assert edges(harvest) == [f"{tail} member_of group:a"]
    assert len(notes(harvest)) == 1


def test_a_closed_account_keeps_its_memberships_behind_a_control(tmp_path: Path):
    """That an account is inactive is a control: bare reach ignores it."""
    harvest = scim(
        tmp_path,
        {"id": "1", "userName": "ann", "active": False},
        {"displayName": "a", "members": [{"value": "1"}], "owners": [{"value": "1"}]},
    )
    assert edges(harvest) == [
        "person:ann member_of group:a unless account inactive",
        "person:ann owns_group group:a unless account inactive",
    ]
    assert "person:ann active=no" in told(harvest)


@pytest.mark.parametrize(
    ("options", "id_"),
    [
        ("", "person:ann"),
        ("key: externalId", "person:e-1"),
        ("key: emails.primary", "person:ann@x"),
    ],
)
def test_the_key_says_who_is_who(options: str, id_: str, tmp_path: Path):
    """The option `key` chooses the attribute that other sources know people by."""
    person = {
        "userName": "ann",
        "externalId": "E-1",
        "emails": [{"value": "Ann@x", "primary": True}],
    }
    assert told(scim(tmp_path, person, options=options)) == [id_]


def test_an_employer_can_be_left_out(tmp_path: Path):
    """`none` turns off a path that means something else in this company."""
    person = {"userName": "ann", ENTERPRISE: {"organization": "acme"}}
    assert told(scim(tmp_path, person)) == [
        "person:ann",
        "person:ann employer=legal_entity:acme",
    ]
    assert told(scim(tmp_path, person, options="employer: none")) == ["person:ann"]


def test_a_path_that_nobody_has_is_noted(tmp_path: Path):
    """A misspelt path would leave everybody's residence unknown in silence."""
    harvest = scim(tmp_path, {"userName": "ann"}, options="residence: home.land")
    assert notes(harvest) == [
        "boundary.yaml:1:12: `residence`: nobody has an attribute `home.land`"
    ]


def test_names_and_numbers_are_not_taken(tmp_path: Path):
    """Names, telephone numbers and the like never become facts."""
    person = {
        "userName": "ann",
        "name": {"familyName": "Ames"},
        "displayName": "Ann Ames",
        "phoneNumbers": [{"value": "555"}],
        "preferredLanguage": "zh",
        "locale": "zh-CN",
    }
    assert told(scim(tmp_path, person)) == ["person:ann"]


def test_what_is_neither_person_nor_group_is_noted(tmp_path: Path):
    """Resources of other types are left out, visibly."""
    harvest = scim(tmp_path, {"meta": {"resourceType": "Device"}, "id": "1"})
    assert told(harvest) == []
    assert notes(harvest) == ["s.json#/0: neither a User nor a Group: not read"]


def test_a_group_without_a_name_is_named_by_id(tmp_path: Path):
    """A group's SCIM id stands in for its name; without both it can't be told."""
    group = {"meta": {"resourceType": "Group"}}
    assert told(scim(tmp_path, group | {"id": "1"})) == ["group:1"]
    with pytest.raises(SourceError, match="names no group"):
        scim(tmp_path, group)


def test_a_manager_that_nobody_describes_is_named_by_id(tmp_path: Path):
    """Who directs somebody is stated even if the export leaves them out."""
    person = {"userName": "ann", ENTERPRISE: {"manager": {"value": "7"}}}
    assert edges(scim(tmp_path, person)) == ["person:scim-id/7 directs person:ann"]
