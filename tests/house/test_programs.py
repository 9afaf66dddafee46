"""The two programs: one starts without its engines, the other stands alone."""

from __future__ import annotations

import subprocess
import sys

from tests.house.tree import CHECKER, PROJECT, SOURCE, imports

ENGINES = ("duckdb", "numpy", "psycopg", "pglast", "jinja2", "ruamel")
HELP = f"""
import sys
from ringfence.cli import main
sys.argv = ["ringfence", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", [name for name in {ENGINES!r} if name in sys.modules])
"""
CHECK = f"""
import runpy, sys
sys.path.insert(0, {str(SOURCE)!r})
sys.argv = ["ringfence_verify", "--help"]
runpy.run_module("ringfence_verify", run_name="__main__")
"""


def test_help_loads_no_engine():
    """Whoever asks for help waits for no database, array or template engine."""
    run = subprocess.run(
        [sys.executable, "-c", HELP], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.splitlines()[-1:]) == (0, ["loaded: []"])


def test_the_checker_is_short_enough_to_read():
    """`ringfence_verify` has no more than 2,600 lines, all of its files (decision 0009)."""
    files = sorted(CHECKER.rglob("*.py"))
    lines = sum(len(path.read_bytes().splitlines()) for path in files)
    assert lines in range(1, 2601)


def test_the_checker_imports_the_standard_library_alone():
    """No import leads to an installed package; `--deep` asks cvc5 and cryptography."""
    allowed = sys.stdlib_module_names | {"ringfence_verify", "cvc5", "cryptography"}
    assert {name.partition(".")[0] for name in imports(CHECKER)} <= allowed


def test_the_checker_runs_without_any_installed_package():
    """It starts under `python -I -S`: no site packages, no environment."""
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHECK],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "usage: " in run.stdout
