"""The published JSON Schema says what the parser says."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from ringfence.boundary import channelling, fields, gating, grammar
from ringfence.boundary.vocabulary import (
    COPY_ROLES,
    PRINCIPAL_KINDS,
    VERB_GROUPS,
    Grade,
)
from ringfence.documents.located import Located
from ringfence.documents.yaml import read_yaml
from tests.unit.boundary.sample import MISTAKES, WHOLE, changed, problems

SCHEMA = json.loads(
    (files("ringfence.boundary") / "boundary.schema.json").read_text("utf-8")
)
DEFS = SCHEMA["$defs"]
CLAIM = DEFS["claim"]


def plain(value: Located) -> object:
    """Return a document as JSON has it."""
    match value.data:
        case dict():
            return {key: plain(one) for key, one in value.data.items()}
        case list():
            return [plain(one) for one in value.data]
        case other:
            return other


@pytest.mark.parametrize(
    ("part", "shape"),
    [
        (SCHEMA, fields.BOUNDARY),
        (DEFS["protection"], fields.PROTECTION),
        (DEFS["by_regime"], fields.BY_REGIME),
        (DEFS["spelled_out"], fields.SPELLED_OUT),
        (DEFS["source"], fields.SOURCE),
        (DEFS["network"], fields.NETWORK),
        (DEFS["log"], fields.LOG),
        (DEFS["gate"], fields.GATE),
        (DEFS["rows"], fields.ROWS),
        (DEFS["masking"], fields.MASKING),
        (DEFS["egress"], fields.EGRESS),
        (DEFS["declared"], fields.DECLARED),
    ],
)
def test_fields(part, shape):
    """Each part has the same fields in schema and parser, and needs the same."""
    assert set(shape.all) == set(part["properties"])
    assert set(shape.required) == set(part["required"])


@pytest.mark.parametrize(
    ("shape", "part"),
    [
        (fields.EXCEPTION, DEFS["exception"]),
        (fields.CHANNEL, DEFS["channel"]),
    ],
)
def test_fields_of_what_ends(shape, part):
    """An expiry is needed, though the parser has its own words for that."""
    assert set(shape.all) == set(part["properties"])
    assert {*shape.required, "expires"} == set(part["required"])


def test_fields_of_claims():
    """Each kind of claim has the same fields in schema and parser."""
    assert set(fields.CLAIM_FIELDS) == set(CLAIM["properties"])
    assert set(fields.CLAIM.required) == set(CLAIM["required"])
    found = {
        rule["if"]["properties"]["kind"]["const"]: (
            set(rule["then"]["propertyNames"]["enum"]),
            set(rule["then"].get("required", ())),
        )
        for rule in CLAIM["allOf"]
    }
    expected = {
        kind: ({*fields.CLAIM.all, *shape.all}, set(shape.required))
        for kind, shape in fields.CLAIM_KINDS.items()
    }
    assert expected == found
    assert list(expected) == CLAIM["properties"]["kind"]["enum"]


@pytest.mark.parametrize(
    ("part", "kind"), [("people", "person"), ("entities", "legal_entity")]
)
def test_tests_of_selectors(part, kind):
    """The selector language has the same words in schema and parser."""
    asides = set(fields.ASIDES) - ({"interests"} if part == "people" else set())
    assert {*fields.TESTS[kind], *asides} == set(DEFS[part]["properties"])
    alternatives = {name for one in DEFS[part]["oneOf"] for name in one["required"]}
    assert set(fields.TESTS[kind]) == alternatives


@pytest.mark.parametrize(
    ("part", "options"),
    [
        (CLAIM["properties"]["verbs"]["oneOf"][0], VERB_GROUPS),
        (CLAIM["properties"]["kinds"]["oneOf"][0], PRINCIPAL_KINDS),
        (CLAIM["properties"]["grades"]["oneOf"][0], map(str, Grade)),
        (CLAIM["properties"]["copy"], COPY_ROLES),
        (DEFS["gate"]["properties"]["verbs"]["oneOf"][0], VERB_GROUPS),
        (DEFS["gate"]["properties"]["mode"], [*gating._MODES]),
        (DEFS["masking"]["properties"]["mask"], [*gating._MASKS, None]),
        (DEFS["declared"]["properties"]["mask"], [*channelling.MASKS, None]),
        (DEFS["declared"]["properties"]["type"], [*channelling.TYPES]),
        (DEFS["declared"]["properties"]["holds"], [*channelling.HOLDS]),
        (DEFS["interest"], fields.INTERESTS),
        (
            DEFS["people"]["properties"]["employment"]["oneOf"][0],
            grammar._LISTED["employment"],
        ),
    ],
)
def test_options(part, options):
    """Lists of words are the vocabulary's."""
    assert set(options) == set(part["enum"])


def test_places():
    """Places are given for the roles of copies."""
    assert set(COPY_ROLES) == set(SCHEMA["properties"]["places"]["properties"])


def test_the_sample_is_valid():
    """A file that the parser takes is valid by the schema."""
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator
    validator.check_schema(SCHEMA)
    assert list(validator(SCHEMA).iter_errors(plain(read_yaml(WHOLE, "b")))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("as_of: 2022-01-31", "as_of: 2022-01-31T10:00:00+01:00"),
        ("max_age: 31 days", "max_age: 1 day"),
        ("us_person: no", "us_person: false"),
        ("owned: 33.4", "owned: '50'"),
        ("on: 2019,", "on: '2019-10-28',"),
        ("primary: [US]", "primary: []"),
        ("    from: 2022-01-01\n", ""),
        ("collected: 2022-01-30, sheet: {id: email}", "dsn: x"),
        ("mask: hash", "mask: null"),
        ("verbs: [read, edit]", "verbs: read"),
        ("values: [US, USA]", "values: US"),
    ],
)
def test_what_the_parser_takes_the_schema_takes(old, new):
    """The schema is no stricter than the parser."""
    text = changed((old, new))
    assert problems(text) == ()
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert list(validator.iter_errors(plain(read_yaml(text, "b")))) == []


SHAPE = re.compile(
    r": (a|an|spelled-out) (?!test).* (has no|needs) `|must be a (list|mapping)"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [(old, new) for old, new, shown in MISTAKES if SHAPE.search(shown)],
)
def test_mistakes_of_shape_fail_in_the_schema(old, new):
    """A missing, strange or empty part is refused by the schema alone."""
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert not validator.is_valid(plain(read_yaml(changed((old, new)), "b")))
