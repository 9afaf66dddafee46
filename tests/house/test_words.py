"""One word, one meaning: words that mean two things are not used (`words.toml`)."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

from tests.house.tree import PROJECT, SOURCE, modules, own_files, pages

WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
CODE = re.compile(r"(?ms)^ *(`{3,}|~{3,}).*?^ *\1|`[^`\n]*`|\]\([^)]*\)")
Described = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each name that a module gives to something, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.alias(asname=str(name)):
                yield 0, name


def classes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each name of a class, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.lineno, node.name


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each docstring, with the line of what it describes."""
    for node in ast.walk(tree):
        if isinstance(node, Described):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""


def without_allowed(text: str, where: str) -> str:
    for allowed in WORDS["allowed"]:
        if PurePosixPath(where).match(allowed["where"]):
            text = re.sub(allowed["text"], " ", text)
    return text


def without_code(text: str) -> str:
    return CODE.sub(lambda found: "\n" * found[0].count("\n"), text)


def parts(name: str) -> str:
    """Return a name's words, apart: `SomeName` and `some_name` are `some name`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name)


def used(never: Mapping[str, str], text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, word and remedy for each word of `text` that is not to be used."""
    for word, say in never.items():
        stem = f"{word[:-1]}(?:y|ies)" if word.endswith("y") else f"{word}s?"
        for found in re.finditer(rf"\b{stem}\b", text, re.IGNORECASE):
            yield text.count("\n", 0, found.start()), found[0], say


def complaints(
    never: Mapping[str, str], texts: Iterator[tuple[str, int, str]]
) -> list[str]:
    return [
        f"{where}:{line + below} `{word}` (rather: {say})"
        for where, line, text in texts
        for below, word, say in used(never, without_allowed(text, where))
    ]


def test_no_name_uses_a_word_that_means_two_things():
    """Classes, functions, arguments and variables keep to the glossary."""
    texts = (
        (where, line, parts(name))
        for where, tree in modules()
        for line, name in names(tree)
    )
    assert complaints(WORDS["names"], texts) == []


def test_no_file_is_called_by_a_word_that_means_two_things():
    """A room called `utils` or `manager` is a room for everything."""
    texts = (
        (str(path.relative_to(PROJECT)), 0, parts(path.stem))
        for path in own_files(SOURCE)
    )
    assert complaints({**WORDS["names"], **WORDS["classes"]}, texts) == []


def test_no_class_is_called_by_another_things_name():
    """A fact is no record, a statement no quote, a path no route."""
    texts = (
        (where, line, parts(name))
        for where, tree in modules()
        for line, name in classes(tree)
    )
    assert complaints(WORDS["classes"], texts) == []


def test_no_docstring_uses_a_word_that_means_two_things():
    """Docstrings keep to the glossary."""
    texts = (
        (where, line, without_code(text))
        for where, tree in modules()
        for line, text in docstrings(tree)
    )
    assert complaints(WORDS["prose"], texts) == []


def test_no_page_uses_a_word_that_means_two_things():
    """The docs keep to the glossary, outside code and quotations."""
    texts = (
        (str(page.relative_to(PROJECT)), 1, without_code(page.read_text("utf-8")))
        for page in [*pages(), PROJECT / "CHANGELOG.md"]
    )
    assert complaints(WORDS["prose"], texts) == []


@pytest.mark.parametrize("allowed", WORDS["allowed"])
def test_an_allowance_has_its_reason(allowed: dict[str, str]):
    """What is allowed is allowed for a reason that is written beside it."""
    assert len(allowed["reason"].split()) >= 4


def test_a_word_is_found_in_every_shape():
    """Camel case, snake case and plurals of a word are found."""
    never = {"policy": "boundary", "user": "person"}
    text = f"{parts('UserPolicies')} {parts('all_users')} policyholder"
    assert sorted(word for _, word, _ in used(never, text)) == [
        "Policies",
        "User",
        "users",
    ]
