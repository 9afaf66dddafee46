"""Bodies are read strictly: what two readers may read differently is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.gate.point.http import Call
from ringfence.gate.surfaces.bodies import (
    Action,
    Entity,
    Evaluation,
    MalformedError,
    Page,
    Part,
    Several,
    canonical,
    decoded,
    question,
    shaped,
    tree,
    written,
)


def call(body: bytes, kind: str = "application/json") -> Call:
    return Call("POST", "/", {"content-type": kind}, body)


def refusal(body: bytes, kind: str = "application/json") -> str:
    with pytest.raises(MalformedError) as caught:
        tree(call(body, kind))
    return str(caught.value)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON",
        " application/json ; charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/json;charset=utf8;v=1",
    ],
)
def test_json_is_taken_in_every_spelling_of_its_type(kind):
    """The content type is a word in any case, and may name the one encoding."""
    assert tree(call(b'{"a": 1}', kind)) == {"a": 1}


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json, text/plain",
    ],
)
def test_any_other_content_type_is_refused(kind):
    """A body of another type, or none, isn't guessed at."""
    assert refusal(b"{}", kind) == "the content type must be application/json, in UTF-8"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is empty"),
        (b" ", "the body is not JSON: "),
        (b"[]", "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
        (b'"{}"', "the body must be a JSON object"),
        (b"{", "the body is not JSON: "),
        (b"{} {}", "the body is not JSON: "),
        (b"{'a': 1}", "the body is not JSON: "),
        (b'{"a": 1,}', "the body is not JSON: "),
        (b'{"a": NaN}', "the body is not JSON: "),
        (b'{"a": Infinity}', "the body is not JSON: "),
        (b'{"a": 01}', "the body is not JSON: "),
        (b'{"a": 1e999999999999999999999}', "a number is out of range"),
        (b'{"a": ' + b"9" * 9_999 + b"}", "the body is not JSON: "),
        (b'{"a": "\xff"}', "the body is not JSON: "),
        (b'{"a": "\xed\xa0\x80"}', "the body is not JSON: "),
        (b'{"a": "\\ud800"}', "the body is not JSON: "),
        (b'{"a": "\\udc00\\ud800"}', "the body is not JSON: "),
        (b'{"a": "\n"}', "the body is not JSON: "),
        ("{}".encode("utf-16"), "the body is not JSON: "),
        (b"\xef\xbb\xbf{}", "the body is not JSON: "),
        (b'{"a": 1, "a": 1}', "a member is named twice in one object"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "a member is named twice in one object"),
        (b'{"a": [{"b": 1, "b": null}]}', "a member is named twice in one object"),
        (b'{"a": 1, "\\u0061": 1}', "a member is named twice in one object"),
        (b'{"a": "\\"", "b": 1, "b": 2}', "a member is named twice in one object"),
        (b'{"": 1, "": 2}', "a member is named twice in one object"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "the body is nested deeper than 64 levels"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "the body is nested deeper than"),
        (b"[" * 100_000, "the body is nested deeper than 64 levels"),
        (b'{"a":"' + b"[" * 100 + b'}"', "the body is not JSON: "),
    ],
)  # fmt: skip
def test_what_is_no_sound_json_is_refused(body, message):
    """Each refusal says in words what is wrong."""
    assert refusal(body).startswith(message)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 2}]}',
        b'{"a": "a", "\\"a": "\\\\", "b": "\\u0061"}',
        b'{"a": "[[[[{{{{' + b"[" * 200 + b'"}',
        b'{"a": "\\"' + b"[" * 200 + b'"}',
        b'{"a":' * 64 + b"1" + b"}" * 64,
        b'{"a": [' + b"[],{}," * 100 + b"[]]}",
        b' {"a": "\\ud83e\\udd8a \x7f", "A": null} ',
        '{"é": 1, "e\u0301": 2}'.encode(),
    ],
)
def test_sound_json_is_read_as_it_is(body):
    """Brackets and quotation marks in texts, and equal names apart, are nothing odd."""
    assert tree(call(body)) == json.loads(body)


def test_a_number_keeps_its_text():
    """Neither precision nor the form of a number is lost."""
    body = b'{"a":0.30000000000000001,"b":123456789012345678901234567890,"c":1.50}'
    assert written(tree(call(body))) == body


def test_the_canonical_form_sorts_members():
    """Two objects with the same members have one canonical form."""
    assert (
        canonical({"b": 1, "a": {"d": 2, "c": None}}) == b'{"a":{"c":null,"d":2},"b":1}'
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(json_values, st.booleans(), st.sampled_from([None, 1]))
def test_json_without_doubled_names_is_never_refused(value, ascii_only, indent):
    """Whatever Python writes is read as Python would read it."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    found = decoded(text.encode())
    assert json.loads(written(found)) == json.loads(text)


class Doubled(dict[str, object]):
    """An object that writes its members once more than it has them."""

    def items(self) -> Any:
        return [*super().items(), next(iter(super().items()))]


@given(
    st.dictionaries(st.text(max_size=3), json_values, min_size=1, max_size=3),
    st.booleans(),
    st.integers(0, 3),
)
@example(members={"a": 1}, ascii_only=True, depth=0)
def test_a_doubled_name_is_found_wherever_it_is(members, ascii_only, depth):
    """A name twice in one object is found, escaped or not, however deep it stands."""
    value: object = Doubled(members)
    for _ in range(depth):
        value = {"x": [value, {"y": 1}]}
    text = json.dumps(value, ensure_ascii=ascii_only)
    with pytest.raises(MalformedError, match="named twice"):
        decoded(text.encode())


def test_a_wrong_shape_is_told_with_its_place():
    """The message says what is expected, what there is, and where."""
    with pytest.raises(MalformedError) as caught:
        shaped({"subject": {"type": "user", "id": 1}}, Evaluation)
    assert str(caught.value) == "expected `str`, got `int` - at `$.subject.id`"


def test_nulls_are_as_good_as_nothing():
    """A null counts as an absent field where the field isn't required."""
    told = {"subject": None, "context": None, "evaluations": None, "options": None}
    assert shaped(told, Several) == Several()
    whole = {"type": "t", "id": "i", "properties": None}
    assert shaped(whole, Entity) == Entity("t", "i")


@pytest.mark.parametrize(
    "value",
    [{"limit": -1}, {"limit": 1.0}, {"limit": "1"}, {"limit": True}, {"token": 1}],
)
def test_a_page_that_cannot_be_is_refused(value):
    """A limit is a whole number from nought on, a token a text."""
    with pytest.raises(MalformedError):
        shaped(value, Page)


@pytest.mark.parametrize("semantic", ["execute", "EXECUTE_ALL", 1, ""])
def test_an_unknown_semantic_is_refused(semantic):
    """Only the three semantics of the specification are known."""
    with pytest.raises(MalformedError):
        shaped({"options": {"evaluations_semantic": semantic}}, Several)


@pytest.mark.parametrize("name", ["subject", "action", "resource"])
def test_a_part_lacks_what_neither_it_nor_the_defaults_say(name):
    """The message names the field that is missing."""
    whole = {
        "subject": {"type": "t", "id": "i"},
        "action": {"name": "n"},
        "resource": {"type": "t", "id": "i"},
    }
    part = shaped({k: v for k, v in whole.items() if k != name}, Part)
    with pytest.raises(MalformedError, match=f"missing required field `{name}`"):
        part.over(Part())
    assert part.over(shaped(whole, Part)) == shaped(whole, Evaluation)


@pytest.mark.parametrize(
    ("own", "expected"), [(None, {"a": 1}), ({}, {}), ({"b": 2}, {"b": 2})]
)
def test_a_context_of_its_own_takes_the_place_of_the_defaults(own, expected):
    """Even an empty context of a part is its own; a null is none."""
    entity = Entity("t", "i")
    whole = Several(entity, Action("n"), entity, {"a": 1})
    assert Part(context=own).over(whole).context == expected


# --- one question at once -------------------------------------------------------------

ENTITY = {"type": "user", "id": "li"}
ASKED = {"subject": ENTITY, "action": {"name": "read"}, "resource": ENTITY}
PARTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


def understood(read: Any, body: bytes, kind: str = "application/json") -> object:
    try:
        return read(call(body, kind))
    except MalformedError as error:
        return str(error)


def step_by_step(one: Call) -> Evaluation:
    return shaped(tree(one), Evaluation)


@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "subject": st.just(ENTITY) | PARTS,
            "action": st.just({"name": "read"}) | PARTS,
            "resource": st.just({**ENTITY, "properties": {"n": 1.5}}) | PARTS,
            "context": PARTS,
            "else": PARTS,
        },
    ).map(lambda odd: {**ASKED, **odd}),
    is_ascii=st.booleans(),
)
def test_a_question_is_read_as_step_by_step(body: dict[str, Any], *, is_ascii: bool):
    """At once or not, the same is understood, and the same is refused for the same."""
    sent = json.dumps(body, ensure_ascii=is_ascii, allow_nan=False)
    raw = sent.encode("utf-8", "surrogatepass")
    assert understood(question, raw) == understood(step_by_step, raw)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"subject": {"type": "u", "id": "a", "id": "b"}, "action": {"name": "read"},'
        b' "resource": {"type": "t", "id": "x"}}',
        b'{"subject": {"type": "u", "id": "a"}, "action": {"name": "read"},'
        b' "resource": {"type": "t", "id": "x"}, "context": {"a": 1, "a": 2}}',
        b'{"subject": {"type": "u", "id": "a"}, "action": {"name": "read"},'
        b' "resource": {"type": "t", "id": "x"}, "context": {"a": 1e999999999999}}',
        b'{"subject": {"type": "u", "id": "a"}, "action": {"name": "read"},'
        b' "resource": {"type": "t", "id": "x"}, "context": {"a": 0.30000000000000001}}',
        b'{"subject": {"type": "u", "id": "a", "properties": null},'
        b' "action": {"name": "read"}, "resource": {"type": "t", "id": "x"},'
        b' "context": null, "x": {"subject": 1}}',
        b'{"subject": {"type": "u", "id": "\xed\xa0\x80"}, "action": {"name": "read"},'
        b' "resource": {"type": "t", "id": "x"}}',
        b'{"subject": {"type": "u", "id": "a"}, "action": {"name": "read"},'
        b' "resource": {"type": "t", "id": "x"}, "context": {"a": '
        + b"[" * 70
        + b"]" * 70
        + b"}}",
        json.dumps({**ASKED, "context": {"a": "[" * 70}}).encode(),
        json.dumps({**ASKED, "subject": {"type": "u", "id": 'a"b'}}).encode(),
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "text/plain"])
def test_what_is_wrong_with_a_question_is_told_step_by_step(body: bytes, kind: str):
    """What is doubled, null, unknown, deep or no JSON is told as it always was."""
    assert understood(question, body, kind) == understood(step_by_step, body, kind)
