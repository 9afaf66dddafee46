"""No file of the project names the machine or the registry that it was made with."""

from __future__ import annotations

import re

from tests.house.tree import PROJECT, own_files

# Written so that no pattern matches its own text.
MACHINE_PATHS = r"(?<![\w.])[/](?:work|farm|root|home)[/]"
REGISTRIES = (
    r"files[.]pythonhosted|\bpypi[.]org|[/]simple[/]|registry[.]npmjs"
    r"|(?:deb|security)[.]debian[.]org|--(?:extra-)?index[-]url +\S*:"
)
FORBIDDEN = re.compile(f"{MACHINE_PATHS}|{REGISTRIES}")
BINARY = {".png", ".gz", ".zip", ".duckdb", ".parquet", ".mmdb"}


def test_no_file_names_a_machine_or_a_registry():
    """A clone works anywhere: no path of a machine, no address of a registry."""
    found = []
    for path in own_files():
        if path.suffix in BINARY:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in FORBIDDEN.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(PROJECT)}:{line} {match[0]}")
    assert found == []


def test_requirements_are_pinned_by_hash():
    """Every requirement is one version, with at least one SHA-256."""
    for name in ("run.txt", "dev.txt"):
        text = (PROJECT / "requirements" / name).read_text(encoding="utf-8")
        logical = text.replace("\\\n", " ").splitlines()
        pins = [line for line in logical if line and not line.lstrip().startswith("#")]
        loose = [p for p in pins if "==" not in p or "--hash=sha256:" not in p]
        assert (len(pins) > 10, loose) == (True, [])
