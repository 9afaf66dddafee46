"""What the docs show is true: Python runs, commands parse, documents can be read."""

from __future__ import annotations

import json
import shlex

import pytest
from sybil import Example, Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

from ringfence.cli import app
from ringfence.documents.yaml import read_yaml
from tests.house.tree import PROJECT, pages


def typed(console: str) -> list[list[str]]:
    """Return the commands that a console block shows behind its prompts."""
    lines = console.replace("\\\n", " ").splitlines()
    return [
        shlex.split(line[2:], comments=True) for line in lines if line.startswith("$ ")
    ]


def parses(example: Example) -> None:
    for words in typed(str(example.parsed)):
        if words[:1] == ["ringfence"]:
            app.parse_args(words[1:], exit_on_error=False, print_error=False)


def reads_yaml(example: Example) -> None:
    read_yaml(str(example.parsed), "block.yaml")


def reads_json(example: Example) -> None:
    json.loads(str(example.parsed))


SYBIL = Sybil(
    [
        PythonCodeBlockParser(),
        CodeBlockParser(language="console", evaluator=parses),
        CodeBlockParser(language="yaml", evaluator=reads_yaml),
        CodeBlockParser(language="json", evaluator=reads_json),
        SkipParser(),
    ]
)
EXAMPLES = [
    pytest.param(example, id=f"{page.relative_to(PROJECT)}:{example.line}")
    for page in pages()
    for example in SYBIL.parse(page).examples()
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_block_is_true(example: Example):
    """A block of Python, commands, YAML or JSON does what the reader will expect."""
    example.evaluate()


def test_commands_stand_behind_prompts():
    """Only what follows a prompt is a command; the rest is output."""
    shown = "$ ringfence check case \\\n    --output out  # all of it\nexit 11\n$ ls\n"
    assert typed(shown) == [
        ["ringfence", "check", "case", "--output", "out"],
        ["ls"],
    ]
