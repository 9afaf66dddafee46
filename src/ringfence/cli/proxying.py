"""`ringfence egress proxy` and `ext-proc`: answers of internal tools, judged."""

from __future__ import annotations

from pathlib import Path

from ringfence.cli.streams import complain
from ringfence.errors import ExitCode, printable

EXITS = """Exit codes: 0 it was told to end, 1 the tool failed: it doesn't stand, or its
ledger wasn't published, 2 usage."""


def proxy(config: Path, /) -> int:
    """Stand before internal tools, and release no answer without a verdict.

    It runs until it is told to end; answers under way are finished first.
    Example: `ringfence egress proxy egress.yaml`.

    Parameters
    ----------
    config
        The configuration, `egress.yaml`: what the exit is made of, and its listeners.
    """
    from ringfence.egress.proxies import running
    from ringfence.egress.proxies.config import read_config

    running.proxy(running.Order(read_config(config), _told, complain))
    return int(ExitCode.ALL_UPHELD)


def ext_proc(config: Path, /) -> int:
    """Answer Envoy's external processing: no answer passes it without a verdict.

    It runs until it is told to end. `docs/egress/proxies.md` has Envoy's
    configuration.
    Example: `ringfence egress ext-proc egress.yaml`.

    Parameters
    ----------
    config
        The configuration, `egress.yaml`: what the exit is made of, and where to listen.
    """
    from ringfence.egress.proxies import running
    from ringfence.egress.proxies.config import read_config

    running.ext_proc(running.Order(read_config(config), _told, complain))
    return int(ExitCode.ALL_UPHELD)


def _told(text: str) -> None:
    complain("\n  ".join(printable(line) for line in text.splitlines()))
