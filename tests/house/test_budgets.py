"""Rooms stay small enough to be read: budgets of modules, functions and imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import grimp

from tests.house.tree import PROJECT, SOURCE, modules, own_files

MODULE_LINES = 400
FUNCTION_LINES = 50
POSITIONAL_ARGUMENTS = 5
IMPORT_DEPTH = 20  # decision 0030

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


def test_no_module_is_longer_than_400_lines():
    """A module of more than 400 lines wants to be two rooms."""
    lengths = {
        str(path.relative_to(PROJECT)): len(path.read_bytes().splitlines())
        for path in own_files(SOURCE)
        if path.suffix == ".py"
    }
    assert {name: n for name, n in lengths.items() if n > MODULE_LINES} == {}


def test_no_function_is_longer_than_50_lines():
    """A function of more than 50 lines wants a name for its parts."""
    lengths = {
        name: (node.end_lineno or 0) - node.lineno + 1 for name, node in functions()
    }
    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES} == {}


def test_no_function_takes_more_than_5_arguments_by_position():
    """A sixth argument is passed by name, or is a value of its own."""
    counts = {
        name: sum(
            argument.arg not in {"self", "cls"}
            for argument in (*node.args.posonlyargs, *node.args.args)
        )
        for name, node in functions()
    }
    assert {name: n for name, n in counts.items() if n > POSITIONAL_ARGUMENTS} == {}


def test_no_chain_of_imports_is_longer_than_20():
    """Whoever opens a module is never more than twenty modules from the ground."""
    graph = grimp.build_graph("ringfence", cache_dir=None)
    depths: dict[str, int] = {}

    def depth(module: str, above: tuple[str, ...] = ()) -> int:
        assert module not in above, f"cycle: {[*above, module]}"
        if module not in depths:
            below = graph.find_modules_directly_imported_by(module)
            depths[module] = max(
                (1 + depth(one, (*above, module)) for one in below), default=0
            )
        return depths[module]

    for module in graph.modules:
        depth(module)
    assert {name: n for name, n in depths.items() if n > IMPORT_DEPTH} == {}


def test_every_test_states_its_fact():
    """A test without a docstring leaves its reader to guess what broke."""
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in modules(PROJECT / "tests")
        for node in ast.walk(tree)
        if isinstance(node, Function)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
