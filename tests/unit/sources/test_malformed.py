"""Malformed input: each gives a clear error with its place, and never another one."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.documents.located import Located
from ringfence.documents.yaml import read_yaml
from ringfence.errors import SourceError
from ringfence.sources.source import Harvest
from tests.unit.sources.reading import (
    ASSETS,
    SAMPLES,
    SOURCES,
    estate_takes,
    read,
)

HEADER = "id,residence\n"
PERSON = '"recordType": "person", "recordId": "p", "recordStatus": "new"'
LINK = '"recordType": "relationship", "recordId": "r", "recordStatus": "new"'
STORE = "store: warehouse"


def interest(text: str) -> str:
    """Return a BODS file whose one interest has that text."""
    return (
        f'[{{{LINK}, "recordDetails": {{"subject": "a", "interestedParty": "b", '
        f'"interests": [{text}]}}}}]'
    )


def zipped() -> bytes:
    """Return the bytes of a small zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("users.json", "[]")
    return stream.getvalue()


# kind, file, content, options, message with its place
BAD: dict[str, tuple[str, str, str | bytes, str, str]] = {
    "empty table": ("people-csv", "p.csv", "", "", "p.csv:1: has no header line"),
    "no id column": (
        "people-csv",
        "p.csv",
        "name\nann\n",
        "",
        "p.csv:1: no column is `id`",
    ),
    "mapped column missing": (
        "people-csv",
        "p.csv",
        HEADER + "ann,US\n",
        "columns: {id: id, residence: home}",
        "p.csv:1: has no column `home`",
    ),
    "mapping of an unknown field": (
        "people-csv",
        "p.csv",
        HEADER,
        "columns: {id: id, residnce: home}",
        "boundary.yaml:1:19: `columns` has no `residnce`",
    ),
    "nationality mapped": (
        "people-csv",
        "p.csv",
        "id,Nationality\nann,US\n",
        "columns: {id: id, residence: Nationality}",
        "boundary.yaml:1:30: column `Nationality` can't be read",
    ),
    "unknown country": (
        "people-csv",
        "p.csv",
        HEADER + "ann,US\nbo,UK\n",
        "",
        "p.csv:3: residence `UK` is no country code",
    ),
    "country name": (
        "people-csv",
        "p.csv",
        HEADER + "ann,United States\n",
        "",
        "p.csv:2: residence `United States` is no country code",
    ),
    "no boolean": (
        "people-csv",
        "p.csv",
        "id,active\nann,maybe\n",
        "",
        "p.csv:2: active `maybe` is neither yes nor no",
    ),
    "no date": (
        "people-csv",
        "p.csv",
        "id,since\nann,31.01.2022\n",
        "",
        "p.csv:2: since `31.01.2022` is no date",
    ),
    "ends first": (
        "people-csv",
        "p.csv",
        "id,since,until\nann,2022-01-01,2021-01-01\n",
        "",
        "p.csv:2: ends before it begins",
    ),
    "no id": (
        "people-csv",
        "p.csv",
        HEADER + ",US\n",
        "",
        "p.csv:2: has no id",
    ),
    "unknown employment": (
        "people-csv",
        "p.csv",
        "id,employment\nann,intern\n",
        "",
        "p.csv:2: unknown employment `intern`",
    ),
    "too many cells": (
        "people-csv",
        "p.csv",
        HEADER + "ann,US,x\n",
        "",
        "p.csv:2: has 3 cells, the header has 2",
    ),
    "not UTF-8": (
        "people-csv",
        "p.csv",
        b"id,residence\nj\xf6rg,DE\n",
        "",
        "p.csv:2: byte 14 is not UTF-8",
    ),
    "zip instead of JSON": (
        "scim",
        "u.json",
        zipped(),
        "",
        "u.json: is a zip archive",
    ),
    "truncated JSON": (
        "scim",
        "u.json",
        '[{"userName": "ann"',
        "",
        "u.json:1:20: is not JSON: expecting ',' delimiter",
    ),
    "duplicate JSON key": (
        "scim",
        "u.json",
        '{"userName": "ann", "userName": "bo"}',
        "",
        "u.json: duplicate key `userName`",
    ),
    "deep JSON": ("scim", "u.json", "[" * 900, "", "u.json"),
    "missing page": (
        "scim",
        "u.json",
        '{"totalResults": 2, "Resources": [{"id": "1", "userName": "ann"}]}',
        "",
        "u.json#/totalResults: holds 1 of 2 resources",
    ),
    "no key": (
        "scim",
        "u.json",
        '[{"meta": {"resourceType": "User"}, "id": "1"}]',
        "",
        "u.json#/0: has no `userName`",
    ),
    "one id for two": (
        "scim",
        "u.json",
        '[{"id": "1", "userName": "ann"}, {"id": "1", "userName": "bo"}]',
        "",
        "u.json#/1/id: SCIM id `1` stands for two",
    ),
    "members no list": (
        "scim",
        "u.json",
        '{"displayName": "g", "members": "ann"}',
        "",
        "u.json#/members: `members` must be a list, not text",
    ),
    "resource no object": (
        "scim",
        "u.json",
        "[1]",
        "",
        "u.json#/0: a resource must be an object, not a whole number",
    ),
    "work country unknown": (
        "scim",
        "u.json",
        '{"userName": "a", "addresses": [{"type": "work", "country": "XX"}]}',
        "",
        "u.json#/addresses/0/country: location `XX` is no country code",
    ),
    "old BODS": (
        "bods",
        "o.json",
        '[{"statementID": "1", "statementType": "entityStatement"}]',
        "",
        "o.json#/0: is BODS 0.1 to 0.3",
    ),
    "BODS no list": (
        "bods",
        "o.json",
        '"statements"',
        "",
        "o.json#: must be a list of statements, not text",
    ),
    "BODS number": ("bods", "o.json", "[7]", "", "o.json#/0: a statement must be"),
    "unknown record type": (
        "bods",
        "o.json",
        '[{"recordType": "trust", "recordId": "t", "recordStatus": "new"}]',
        "",
        "o.json#/0/recordType: unknown recordType `trust`",
    ),
    "no details": (
        "bods",
        "o.json",
        f"[{{{PERSON}}}]",
        "",
        "o.json#/0: a statement needs `recordDetails`",
    ),
    "share above all": (
        "bods",
        "o.json",
        interest('{"type": "shareholding", "share": {"exact": 101}}'),
        "",
        "`exact` `101` is more than 100 percent",
    ),
    "huge share": (
        "bods",
        "o.json",
        interest('{"type": "shareholding", "share": {"exact": 1e999}}'),
        "",
        "share/exact: holds a number that is too large",
    ),
    "tiny share": (
        "bods",
        "o.json",
        interest('{"type": "shareholding", "share": {"exact": 1e-300}}'),
        "",
        "`exact` `1e-300` is no percentage",
    ),
    "number of 5,000 digits": (
        "bods",
        "o.json",
        interest('{"share": {"exact": ' + "9" * 5000 + "}}"),
        "",
        "o.json: is not readable JSON: a number is too long",
    ),
    "text as share": (
        "bods",
        "o.json",
        interest('{"share": {"exact": "50"}}'),
        "",
        "`exact` must be a number",
    ),
    "shares crossed": (
        "bods",
        "o.json",
        interest('{"share": {"minimum": 60, "maximum": 40}}'),
        "",
        "the least share is above the greatest",
    ),
    "owner of a person": (
        "bods",
        "o.json",
        (
            f'[{{{PERSON}, "recordDetails": {{}}}}, {{{LINK}, "recordDetails": '
            '{"subject": "p", "interestedParty": "b"}}]'
        ),
        "",
        "o.json#/1: `subject` is a person, and nobody owns people",
    ),
    "unzoned time": (
        "bods",
        "o.json",
        f'[{{{PERSON}, "recordDetails": {{}}, "statementDate": "2020-01-01T10:00"}}]',
        "",
        "o.json#/0/statementDate: `statementDate` `2020-01-01T10:00` is no date",
    ),
    "negative share": (
        "ownership-csv",
        "h.csv",
        "owner,entity,percent\na,b,-5\n",
        "",
        "h.csv:2: percent `-5` is no percentage",
    ),
    "101 percent": (
        "ownership-csv",
        "h.csv",
        "owner,entity,percent\na,b,100.01\n",
        "",
        "h.csv:2: percent `100.01` is more than 100 percent",
    ),
    "decimal comma": (
        "ownership-csv",
        "h.csv",
        'owner,entity,percent\na,b,"49,9"\n',
        "",
        "h.csv:2: percent `49,9` is no percentage",
    ),
    "share given twice": (
        "ownership-csv",
        "h.csv",
        "owner,entity,percent,min\na,b,5,1\n",
        "",
        "h.csv:2: gives a share twice",
    ),
    "unknown kind of owner": (
        "ownership-csv",
        "h.csv",
        "owner,owner_kind,entity\na,trust,b\n",
        "",
        "h.csv:2: unknown owner_kind `trust`",
    ),
    "entities not among the files": (
        "ownership-csv",
        "h.csv",
        "owner,entity\na,b\n",
        "entities: e.csv",
        "boundary.yaml:1:11: `e.csv` is not among the files",
    ),
    "tab in YAML": ("tools", "t.yaml", "tools:\n\t- name: x\n", "", "t.yaml:2:1: is"),
    "duplicate YAML key": (
        "tools",
        "t.yaml",
        "tools:\n  - name: a\n    name: b\n",
        "",
        "t.yaml:3:5: duplicate key `name`",
    ),
    "unknown section": ("tools", "t.yaml", "tool: []\n", "", "t.yaml:1:1: this file"),
    "nobody named": (
        "tools",
        "t.yaml",
        "tools: [{name: a, used_by: ann}]",
        "",
        "t.yaml:1:28: `ann` says no kind",
    ),
    "wrong kind named": (
        "tools",
        "t.yaml",
        "groups: [{name: a, approvers: 'store:x'}]",
        "",
        "t.yaml:1:31: `approvers` can't be `store:x`",
    ),
    "kind where none is wanted": (
        "tools",
        "t.yaml",
        "tools: [{name: 'tool:a'}]",
        "",
        "t.yaml:1:16: `name` `tool:a` begins with a kind",
    ),
    "number as a name": (
        "tools",
        "t.yaml",
        "tools: [{name: 404}]",
        "",
        "t.yaml:1:16: `name` must be text, not a whole number",
    ),
    "described twice": (
        "tools",
        "t.yaml",
        "tools: [{name: a}, {name: a}]",
        "",
        "t.yaml:1:27: `tool:a` is described twice",
    ),
    "role without a store": (
        "tools",
        "t.yaml",
        "service_accounts: [{name: a, logs_in_as: svc}]",
        "",
        "t.yaml:1:42: `logs_in_as` `svc` names no role of a store",
    ),
    "dataset without a store": (
        "tools",
        "t.yaml",
        "exports: [{dataset: weekly, from: 'store:a'}]",
        "",
        "t.yaml:1:21: `dataset` `weekly` names no dataset",
    ),
    "export of itself": (
        "tools",
        "t.yaml",
        "exports: [{dataset: a/b.c, from: 'dataset:a/b.c'}]",
        "",
        "t.yaml:1:34: is an export of itself",
    ),
    "anchor": ("storage", "s.yaml", "stores: &a [*a]", "", "s.yaml:1:9: anchors are"),
    "unknown copy": (
        "storage",
        "s.yaml",
        "stores: [{name: a, copy: bakup}]",
        "",
        "s.yaml:1:26: unknown copy `bakup`",
    ),
    "unknown place": (
        "storage",
        "s.yaml",
        "stores: [{name: a, place: us-east-1}]",
        "",
        "s.yaml:1:27: place `us-east-1` is no country or subdivision code",
    ),
    "copy of itself": (
        "storage",
        "s.yaml",
        "stores: [{name: a, copy: backup, copy_of: 'store:a'}]",
        "",
        "s.yaml:1:43: is a copy of itself",
    ),
    "copy of what": (
        "storage",
        "s.yaml",
        "stores: [{name: a, copy_of: 'store:b'}]",
        "",
        "s.yaml:1:29: a primary store is a copy of nothing",
    ),
    "foreign dataset held": (
        "storage",
        "s.yaml",
        "stores: [{name: a, holds: [b/c.d]}]",
        "",
        "s.yaml:1:28: `b/c.d` is a dataset of `store:b`",
    ),
    "unknown verb": (
        "storage",
        "s.yaml",
        "stores: [{name: a, grants: [{who: 'group:g', verbs: [view]}]}]",
        "",
        "s.yaml:1:54: unknown verb `view`",
    ),
    "entry outside the time of its store": (
        "storage",
        "s.yaml",
        (
            "stores: [{name: a, until: 2020-01-01, grants: "
            "[{who: 'group:g', verbs: any, since: 2021-01-01}]}]"
        ),
        "",
        "s.yaml:1:48: lies outside the time of its store",
    ),
    "grants left empty": (
        "storage",
        "s.yaml",
        "stores:\n  - name: a\n    grants:\n",
        "",
        "s.yaml:3:12: `grants` is empty",
    ),
    "list instead of a document": (
        "storage",
        "s.yaml",
        "- a\n",
        "",
        "s.yaml:1:1: this file must be a mapping, not a list",
    ),
    "no contract": ("odcs", "c.yaml", "name: x\n", STORE, "c.yaml:1:1: is no data"),
    "old contract": (
        "odcs",
        "c.yaml",
        "apiVersion: v2.1.0\nkind: DataContract\n",
        STORE,
        "c.yaml:1:13: version `v2.1.0` of the standard isn't read",
    ),
    "table no mapping": (
        "odcs",
        "c.yaml",
        "apiVersion: v3.0.0\nschema: [x]\n",
        STORE,
        "c.yaml:2:10: a table or column must be a mapping, not text",
    ),
    "contract without a store": (
        "odcs",
        "c.yaml",
        "apiVersion: v3.0.0\n",
        "",
        "boundary.yaml:9:5: needs `store`",
    ),
    "column with a dot": (
        "odcs",
        "c.yaml",
        "apiVersion: v3.0.0\nschema: [{name: t, properties: [{name: a.b}]}]\n",
        STORE,
        "c.yaml:2:33: `a.b` can't be the name of a column",
    ),
    "no manifest": ("dbt", "m.json", "{}", STORE, "m.json#: is no dbt manifest"),
    "nodes no mapping": (
        "dbt",
        "m.json",
        '{"nodes": []}',
        STORE,
        "m.json#/nodes: `nodes` must be a mapping, not a list",
    ),
    "database of no store": (
        "dbt",
        "m.json",
        (
            '{"nodes": {"model.a": {"resource_type": "model", "database": "prod", '
            '"schema": "s", "name": "t"}}}'
        ),
        "store: {lake: lake}",
        "m.json#/nodes/model.a: database `prod` belongs to no store",
    ),
    "manifest cut off": (
        "dbt",
        "m.json",
        (
            '{"nodes": {"model.a": {"resource_type": "model", "schema": "s", '
            '"name": "t", '
            '"depends_on": {"nodes": ["model.b"]}}}}'
        ),
        STORE,
        "m.json#/nodes/model.a/depends_on/nodes/0: `model.b` isn't in the manifest",
    ),
    "tag of a wrong type": (
        "dbt",
        "m.json",
        (
            '{"nodes": {"model.a": {"resource_type": "model", "schema": "s", '
            '"name": "t", '
            '"columns": {"c": {"meta": {"pii": {"level": 3}}}}}}}'
        ),
        STORE,
        "m.json#/nodes/model.a/columns/c/meta/pii: `pii` can't be a mapping",
    ),
    "NaN": ("dbt", "m.json", '{"nodes": NaN}', STORE, "m.json: `NaN` is not JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_its_place(name: str, tmp_path: Path):
    """Input that can't mean anything is refused, with its place and the reason."""
    kind, file, content, options, message = BAD[name]
    with pytest.raises(SourceError) as caught:
        read(kind, tmp_path, {file: content}, options)
    assert message in str(caught.value)


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path):
    """Three problems in three places come as one error, in the order of the file."""
    text = "id,residence,active\nann,UK,yes\nbo,US,maybe\n,US,no\n"
    with pytest.raises(SourceError) as caught:
        read("people-csv", tmp_path, {"p.csv": text})
    assert str(caught.value) == (
        "p.csv:2: residence `UK` is no country code\n"
        "  help: did you mean `GB` (United Kingdom of Great Britain and Northern "
        "Ireland)?\n"
        "p.csv:3: active `maybe` is neither yes nor no\n"
        "  help: write `yes` or `no`\n"
        "p.csv:4: has no id\n"
        "  help: every person needs one"
    )


def test_a_bad_file_hides_no_problem_of_the_next(tmp_path: Path):
    """After a file that can't be read at all, the others are still looked at."""
    files: dict[str, str | bytes] = {"a.csv": b"\xff", "b.csv": "id,active\nann,x\n"}
    with pytest.raises(SourceError) as caught:
        read("people-csv", tmp_path, files)
    assert [problem.at and problem.at.file for problem in caught.value.problems] == [
        "a.csv",
        "b.csv",
    ]


def test_an_error_can_not_steer_the_terminal(tmp_path: Path):
    """Escapes in a source's text are visible in messages, not obeyed."""
    text = 'tools: [{name: x, used_by: "\\e[2Jann"}]'
    with pytest.raises(SourceError) as caught:
        read("tools", tmp_path, {"t.yaml": text})
    assert "\x1b" not in str(caught.value)
    assert "`\\x1b[2Jann` says no kind" in str(caught.value)


def test_names_keep_every_byte(tmp_path: Path):
    """HTML and escapes in a name are data: they stay as they were written."""
    text = 'tools: [{name: "<b>\\e[1m\\u202e</b>"}]'
    harvest = read("tools", tmp_path, {"t.yaml": text})
    assert [fact.id for fact in harvest.facts] == ["tool:<b>\x1b[1m\u202e</b>"]


Way = tuple[str | int, ...]


def plain(value: Located) -> object:
    """Return a located value as plain data."""
    if isinstance(value.data, dict):
        return {key: plain(entry) for key, entry in value.data.items()}
    if isinstance(value.data, list):
        return [plain(entry) for entry in value.data]
    return value.data


def places(value: object, here: Way = ()) -> Iterator[Way]:
    """Yield the way to each value below a value."""
    yield here
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in pairs:
            yield from places(entry, (*here, key))


def replaced(value: object, way: Way, new: object) -> object:
    """Return the value with another one at a place."""
    if not way:
        return new
    index = way[0]
    if isinstance(value, dict):
        return value | {index: replaced(value[index], way[1:], new)}
    assert isinstance(value, list)
    assert isinstance(index, int)
    return [*value[:index], replaced(value[index], way[1:], new), *value[index + 1 :]]


def read_or_refused(
    kind: str, base: Path, content: Mapping[str, str | bytes], options: str
) -> Harvest | None:
    """Return the harvest, or None after a clear error; any other error gets out."""
    with contextlib.suppress(SourceError):
        return read(kind, base, content, options)
    return None


WORDS = ["", " ", "none", "new", "group:", "person: ", "a/b.c", "US", "\x00", "\u2028"]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), max_size=2),
    st.dictionaries(st.sampled_from(["name", "value", "type"]), st.none(), max_size=2),
)
DOCUMENTS = [kind for kind in SOURCES if not kind.endswith("csv")]


@given(data=st.data())
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_values_of_wrong_types_give_facts_or_a_clear_error(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    """Whatever value of a sample is replaced, only a clear error comes out."""
    files, options = SAMPLES[kind]
    content = {name: (ASSETS / name).read_text(encoding="utf-8") for name in files}
    name = data.draw(st.sampled_from(sorted(content)))
    tree = plain(read_yaml(content[name], name))
    for _ in range(data.draw(st.integers(1, 2))):
        way = data.draw(st.sampled_from(list(places(tree))))
        tree = replaced(tree, way, data.draw(ODD))
    content[name] = json.dumps(tree)
    base = tmp_path_factory.mktemp("odd")
    harvest = read_or_refused(kind, base, content, options)
    assert harvest is None or estate_takes(harvest, base) <= len(harvest.facts)


PIECES = [b"", b"\x00", b"\xff", b'"', b"{", b"[", b"]", b"}", b",", b":", b"\n"]
PIECES += [b"1e999", b"null", b"true", b"-", b"NO", b"\\ud800", b"&a", b"!!x", b"'"]


@given(data=st.data())
@pytest.mark.parametrize("kind", SOURCES)
def test_mutated_samples_give_facts_or_a_clear_error(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    """Whatever bytes of a sample are cut or replaced, only a clear error comes out."""
    files, options = SAMPLES[kind]
    content = {name: (ASSETS / name).read_bytes() for name in files}
    name = data.draw(st.sampled_from(sorted(content)))
    for _ in range(data.draw(st.integers(1, 3))):
        raw = content[name]
        begin = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 12))
        piece = data.draw(st.sampled_from(PIECES) | st.binary(max_size=4))
        content[name] = raw[:begin] + piece + raw[begin + length :]
    base = tmp_path_factory.mktemp("mutated")
    harvest = read_or_refused(kind, base, content, options)
    assert harvest is None or all(fact.id and fact.at for fact in harvest.facts)
