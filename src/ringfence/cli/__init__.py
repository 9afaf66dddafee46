"""The command line: words in, exit code out, no logic.

Results go to standard output, progress and errors to standard error. Engines are
imported by the commands that need them, so that `--help` costs nothing.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from ringfence import __version__
from ringfence.cli import (
    auditing,
    bounds,
    bundling,
    checking,
    clipping,
    collecting,
    comparing,
    contracting,
    docketing,
    enforcing,
    excepting,
    exiting,
    finding,
    gating,
    indexing,
    inspecting,
    keeping,
    leading,
    ledgering,
    listing,
    paging,
    peopling,
    planning,
    proving,
    proxying,
    publishing,
    reaching,
    relaying,
    scanning,
    serving,
    stating,
    transcribing,
    watching,
)
from ringfence.cli.streams import complain, prepare
from ringfence.errors import ConfigError, ExitCode, RingfenceError, printable

_HELP = """Show every way across the fence round one population's data, with proof.

Start with `ringfence check examples/shortvideo`.
"""
_EXITS = """Exit codes: 0 all upheld, 10 some unproven, 11 some refuted,
12 evidence that doesn't verify, 1 the tool failed, 2 usage, 3 nothing collected."""

app = App(
    name="ringfence",
    help=_HELP,
    help_epilogue=_EXITS,
    help_format="plaintext",
    version=__version__,
    suppress_keyboard_interrupt=False,  # it would end with a code of its own
)
app.command(checking.check)
app.command(reaching.app)
reaching.app.command(listing.listed, name="pairs")
reaching.app.command(planning.plan)
reaching.app.command(planning.what_if, name="what-if")
app.command(auditing.app)
app.command(comparing.diff, help_epilogue=reaching.EXITS)
app.command(
    collecting.collect, usage="Usage: ringfence collect [OPTIONS] KIND [FILES...]"
)
app.command(collecting.sources)
app.command(bounds.app)
app.command(gating.app)
gating.app.command(serving.seal)
gating.app.command(serving.keys)
app.command(serving.serve)
app.command(enforcing.app)
app.command(excepting.app)
app.command(indexing.app)
app.command(inspecting.app)
inspecting.app.command(contracting.contracts, help_epilogue=contracting.EXITS)
inspecting.app.command(
    contracting.accept_loss, name="accept-loss", help_epilogue=contracting.EXITS
)
for _exiting in (exiting.run, exiting.judge):
    inspecting.app.command(_exiting, help_epilogue=exiting.EXITS)
inspecting.app.command(proxying.proxy, help_epilogue=proxying.EXITS)
inspecting.app.command(proxying.ext_proc, name="ext-proc", help_epilogue=proxying.EXITS)
inspecting.app.command(relaying.relay, help_epilogue=relaying.EXITS)
inspecting.app.command(proving.flows, help_epilogue=proving.FLOWS_EXITS)
inspecting.app.command(proving.canaries, help_epilogue=proving.CANARIES_EXITS)
inspecting.app.command(proving.prove, help_epilogue=proving.PROVE_EXITS)
app.command(scanning.scan, help_epilogue=scanning.EXITS)
app.command(ledgering.app)
for _command in (
    keeping.rotate,
    keeping.series,
    keeping.keys,
    keeping.export,
    keeping.erase,
):
    ledgering.app.command(_command)
ledgering.app.command(keeping.restored, name="import")
ledgering.app.command(watching.monitor)
ledgering.app.command(watching.witness)
app.command(bundling.bundle, help_epilogue=ledgering.EXITS)
app.command(docketing.app)
for _opening in (clipping.play, clipping.clip, clipping.destroy):
    docketing.app.command(_opening)
for _people in (peopling.reviewers, peopling.hands, peopling.speakers):
    docketing.app.command(_people)
for _stating in (
    stating.state,
    stating.deny,
    stating.correct,
    stating.hear,
    stating.confirm,
    stating.assess,
    stating.dismiss,
    stating.sentences,
    finding.search,
    finding.suggest,
):
    docketing.app.command(_stating)
docketing.app.command(finding.listed, name="list")
docketing.app.command(finding.shown, name="show")
docketing.app.command(finding.imported, name="import")
docketing.app.command(transcribing.transcribe)
docketing.app.command(transcribing.app)
docketing.app.command(leading.app)
for _paging in (paging.page, paging.interviews):
    docketing.app.command(_paging)
for _publishing in (publishing.export, publishing.read):
    docketing.app.command(_publishing, help_epilogue=publishing.EXITS)

for _name in ("boundary", "collect", "sources"):
    app[_name].help_epilogue = ""  # they judge nothing


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    prepare()
    sys.exit(_exit_code(argv))


def _exit_code(argv: Sequence[str] | None) -> int:
    try:
        result = app(
            argv, exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        complain(printable(_unquoted(str(error))) + "\n  help: see `ringfence --help`")
        return int(ExitCode.USAGE)
    except RingfenceError as error:
        complain(str(error))
        if error.exit_code is ExitCode.USAGE:
            count = len(error.problems)
            what = "problem" if count == 1 else "problems"
            done = "checked" if isinstance(error, ConfigError) else "collected"
            complain(f"{count} {what}, nothing was {done}")
        return int(error.exit_code)
    except OSError as error:
        at = f"{error.filename}: " if error.filename else ""
        reason = printable(at + (error.strerror or str(error)).lower())
        complain(f"{reason}\n  help: check the path, its permissions and free space")
        return int(ExitCode.TOOL_FAILED)
    except (KeyboardInterrupt, Exception) as error:
        if os.environ.get("RINGFENCE_TRACEBACK"):
            raise
        _complain_of(error)
        return int(ExitCode.TOOL_FAILED)
    return int(result or 0)


def _unquoted(text: str) -> str:
    """Return what cyclopts says of words that it couldn't use, without a secret."""
    # A connection string that nobody put into quotes falls apart into such words.
    secret = re.compile(r"(password=|://)[^\s'\"]*", re.IGNORECASE)
    return secret.sub(r"\1...", text)


def _complain_of(error: BaseException) -> None:
    by_duckdb = isinstance(error, RuntimeError) and "interrupt" in str(error).lower()
    if by_duckdb or isinstance(error, KeyboardInterrupt):
        complain("interrupted: there is no verdict")
        return
    kind = type(error).__name__
    complain(f"ringfence failed: {printable(f'{kind}: {error}')}")
    complain("  help: RINGFENCE_TRACEBACK=1 shows where; please report it")
