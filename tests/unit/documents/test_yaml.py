"""YAML 1.2 as boundaries and sources read it: what stays text, what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.documents.located import Located
from ringfence.documents.yaml import DEEPEST, read_yaml
from ringfence.errors import Locus, SourceError
from tests.unit.documents.plain import plain, refusal

# What YAML 1.1 reads as something else, and we as what was written.
TEXTS = (
    *("NO", "no", "yes", "Yes", "on", "off", "y", "n"),
    *("12:30:00", "190:20:30", "2022-01-31", "2022-01-31T09:30:00Z"),
    *("1_000", "0b11", "-0o7", "0o9", "0x", "1e", "=", "<<", "group:metrics"),
)
VALUES = {
    "true": True,
    "False": False,
    "~": None,
    "null": None,
    "017": 17,
    "0o17": 15,
    "0x1F": 31,
    "+5": 5,
    "1e3": 1000.0,
    ".5": 0.5,
    '"5"': "5",
    "'true'": "true",
    '"\\U0001F600"': "\U0001f600",
}
REFUSED = {
    "": "f: is empty",
    "# only a remark\n": "f: is empty",
    "a: 1\na: 2": "f:2:1: duplicate key `a`",
    '"a": 1\na: 2': "f:2:1: duplicate key `a`",
    "{a: {b: 1, b: 2}, a: 3}": "f:1:12: duplicate key `b`; f:1:19: duplicate key `a`",
    "a: &x 1": "f:1:4: anchors are not read",
    "a: *x": "f:1:4: anchors are not read",
    "a: &a [*a]": "f:1:4: anchors are not read",
    "a: !!python/object/apply:os.system [ls]": "f:1:4: tags are not read",
    'a: !!bool "NO"': "f:1:4: tags are not read",
    "a: !secret 5": "f:1:4: tags are not read",
    "a: ! 5": "f:1:4: tags are not read",
    "%YAML 1.1\n---\na: yes": "f:1:1: directives are not read",
    "%TAG ! tag:x,2000:\n---\na: 1": "f:1:1: directives are not read",
    "a: 1\n---\nb: 2": "f:2:1: is not YAML: but found another document",
    "? [a]\n: 1": "f:1:3: a key must be text",
    "a: .inf": "f:1:4: `.inf` is no number here",
    "a: -.INF": "f:1:4: `-.INF` is no number here",
    "a: .NaN": "f:1:4: `.NaN` is no number here",
    "a: 1e999": "f:1:4: `1e999` is no number here",
    "b: 1\na: \x07": "f:2: holds the control character 0x07",
    "b: 1\n\na\x00b": "f:3: holds the control character 0x00",
    "[g:x, \x1b[31m]": "f:1: holds the control character 0x1b",
    "[" * 100_000: f"f:1:65: is nested deeper than {DEEPEST} levels",
    "[g:x, " + "[" * 100_000: f"f:1:70: is nested deeper than {DEEPEST} levels",
    "a:\n\tb: 1": "f:2:1: is not YAML: found character that cannot start any token",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_word_of_yaml_1_1_stays_text(text: str):
    """Norway, times, dates and octal-looking words come out as they were written."""
    assert plain(read_yaml(f"a: [{text}]", "f")) == {"a": [text]}


@pytest.mark.parametrize("text", TEXTS)
def test_a_key_stays_text(text: str):
    """A key is the text that was written, whatever it would be as a value."""
    assert plain(read_yaml(f"{text}: 1", "f")) == {text: 1}


@pytest.mark.parametrize("text", VALUES)
def test_core_schema_values(text: str):
    """The core schema of YAML 1.2 has true, null, whole numbers and decimals."""
    assert plain(read_yaml(f"a: {text}", "f")) == {"a": VALUES[text]}


@pytest.mark.parametrize("text", REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_could_mean_two_things_is_refused(text: str):
    """Whatever two readers might settle differently has its error and its place."""
    assert refusal(read_yaml, text) == REFUSED[text]


def test_the_directive_of_yaml_1_2_is_taken():
    """A document may say that it is what it is read as anyway."""
    assert plain(read_yaml("%YAML 1.2\n---\na: NO", "f")) == {"a": "NO"}


def test_nesting_is_taken_up_to_the_limit():
    """64 levels are read, 65 are not."""
    fits = "[" * DEEPEST + "]" * DEEPEST
    assert (refusal(read_yaml, fits), refusal(read_yaml, f"[{fits}]")) == (
        "taken",
        "f:1:65: is nested deeper than 64 levels",
    )


def test_half_a_surrogate_pair_is_refused():
    """A character that isn't one can't be encoded later, so it isn't read."""
    assert refusal(read_yaml, 'a: "\\ud800"') != "taken"
    assert refusal(read_yaml, '[g:x, "\\ud800"]') != "taken"
    assert refusal(read_yaml, "a: \ud800") != "taken"


def test_a_duplicate_key_names_the_first():
    """The hint says where the key stands already."""
    with pytest.raises(SourceError) as caught:
        read_yaml("a: 1\nb: 2\na: 3", "f")
    assert caught.value.problems[0].hint == "it stands in line 1 already"


def test_values_know_their_places():
    """Keys and values carry file, line and column, in flow and in block form."""
    root = read_yaml("a: 1\nb: [group:x,\n  {c: d}]\n", "f.yaml")
    inner = root.get("b")
    assert inner is not None
    nested = inner.items()[1].get("c")
    assert nested == Located("d", Locus("f.yaml", 3, 7), Locus("f.yaml", 3, 4))
    assert (inner.at, inner.key_at) == (Locus("f.yaml", 2, 4), Locus("f.yaml", 2, 1))


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(
        exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff"
    )),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text("abNO:yes ", max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(TREES)
def test_parse_of_print_is_identity(tree: object):
    """JSON is YAML: whatever was printed as JSON is read as what it was."""
    assert plain(read_yaml(json.dumps(tree, ensure_ascii=False), "f")) == tree


@given(st.text())
def test_any_text_is_read_or_refused(text: str):
    """No text ends in anything but a value or a refusal with a file's name."""
    assert refusal(read_yaml, text).startswith(("taken", "f:"))
