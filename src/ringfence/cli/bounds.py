"""`ringfence boundary`: boundary files and regimes, looked at."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from ringfence.cli.streams import show as shown
from ringfence.errors import ExitCode

app = App(name="boundary", help="Look at boundary files and regimes.")


@app.command
def countries() -> int:
    """List the groups of countries that the regimes name."""
    from ringfence.boundary.regime import groups, shipped

    for name, group in groups(shipped()).items():
        codes = " ".join(group.codes())
        shown(f"{name:<28}{group.regime:<20}{codes}\n")
    return int(ExitCode.ALL_UPHELD)


@app.command
def schema() -> int:
    """Print the JSON Schema of boundary files."""
    from importlib.resources import files

    shown((files("ringfence.boundary") / "boundary.schema.json").read_bytes())
    return int(ExitCode.ALL_UPHELD)


@app.command
def show(case: Path, /) -> int:
    """Print a boundary as it resolves: the JSON that its digest covers.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    """
    from ringfence.boundary.model import canonical
    from ringfence.claims.check import read_boundary

    shown(canonical(read_boundary(case).boundary) + b"\n")
    return int(ExitCode.ALL_UPHELD)
