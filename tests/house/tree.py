"""The project's own files, as the tests of the house read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
SOURCE = PROJECT / "src"
DOCS = PROJECT / "docs"
CHECKER = SOURCE / "ringfence_verify"
EXIT_CODES = (0, 1, 2, 3, 10, 11, 12)


def _ignored() -> frozenset[str]:
    """Return what git ignores: a name anywhere, or `/path` from the top alone."""
    lines = (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return frozenset({".git", *(line.rstrip("/") for line in lines if line)})


def own_files(folder: Path = PROJECT) -> Iterator[Path]:
    """Yield every file below a folder that is not ignored by git."""
    ignored = _ignored()
    for path in sorted(folder.iterdir()):
        if path.name in ignored or f"/{path.relative_to(PROJECT)}" in ignored:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from own_files(path)
        elif path.is_file():
            yield path


def modules(folder: Path = SOURCE) -> Iterator[tuple[str, ast.Module]]:
    """Yield name and syntax tree of each Python file below a folder."""
    for path in own_files(folder):
        if path.suffix == ".py":
            text = path.read_text(encoding="utf-8")
            yield str(path.relative_to(PROJECT)), ast.parse(text, str(path))


def pages() -> list[Path]:
    """Return every page of documentation, the README first."""
    found = [path for path in own_files(DOCS) if path.suffix == ".md"]
    return [PROJECT / "README.md", *found]


def prose() -> str:
    """Return the text of every page of documentation."""
    return "\n".join(page.read_text(encoding="utf-8") for page in pages())


def imports(folder: Path) -> frozenset[str]:
    """Return every module that a Python file below a folder imports, anywhere in it."""
    found: set[str] = set()
    for _, tree in modules(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or ".")
            elif (
                isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module"
            ):
                found.update(ast.literal_eval(one) for one in node.args)
    return frozenset(found)
