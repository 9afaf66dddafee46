"""The docs keep up: every command, option, exit code, source and claim kind."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from typing import get_args

import msgspec
import pytest

from ringfence.boundary.model import Claim
from ringfence.errors import ExitCode
from tests.house.commands import commands, options
from tests.house.tree import DOCS, PROJECT, prose

COMMANDS = dict(commands())
KINDS = next(
    get_args(field.type)
    for field in msgspec.structs.fields(Claim)
    if field.name == "kind"
)


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_has_its_section(name: str, page: str):
    """The page of commands has a section for the command, naming each option."""
    section = re.search(
        rf"^#+ `ringfence {name}`$(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL
    )
    assert section is not None
    missing = [o for o in options(COMMANDS[name]) if f"`{o}" not in section[1]]
    assert missing == []


def test_every_section_is_a_command(page: str):
    """The page of commands tells of no command that isn't there."""
    told = re.findall(r"^#+ `ringfence (.*)`$", page, re.MULTILINE)
    assert sorted(told) == sorted(COMMANDS)


@pytest.mark.parametrize("code", list(ExitCode))
def test_an_exit_code_has_its_row(code: ExitCode, page: str):
    """The table of exit codes has one row for each code."""
    assert len(re.findall(rf"^\| `?{int(code)}`? \|", page, re.MULTILINE)) == 1


@pytest.mark.parametrize("name", sorted(entry_points(group="ringfence.sources").names))
def test_a_source_is_documented(name: str):
    """Some page below sources/ shows how to order the source."""
    texts = [p.read_text(encoding="utf-8") for p in (DOCS / "sources").glob("*.md")]
    assert any(re.search(rf"`{name}`|kind: {name}\b", text) for text in texts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_claim_is_documented(kind: str):
    """The boundary reference names every kind of claim."""
    assert f"`{kind}`" in (DOCS / "boundary.md").read_text(encoding="utf-8")


def test_the_readme_is_short():
    """Whoever opens the project reads fewer than 130 lines before trying it."""
    lines = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 130


def test_the_changelog_names_this_version():
    """The newest section of the changelog is this version's."""
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## \[(.*?)\]", changelog, re.MULTILINE)
    from_metadata = re.search(
        r'^version = "(.*)"$',
        (PROJECT / "pyproject.toml").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert first is not None
    assert from_metadata is not None
    assert first[1] in {from_metadata[1], "Unreleased"}


def test_no_page_is_an_orphan():
    """No page carries a mark that keeps it out of the contents."""
    assert "orphan: true" not in prose()
