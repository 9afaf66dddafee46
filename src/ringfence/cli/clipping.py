"""`ringfence docket play`, `clip` and `destroy`: originals that are opened, or go."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ringfence.cli.docketing import By, Identity, identities
from ringfence.cli.streams import complain, show
from ringfence.cli.words import Form, MaybeOutput, Output, now
from ringfence.errors import ConfigError, ExitCode, printable

if TYPE_CHECKING:
    from ringfence.docket.blocks import Samples
    from ringfence.docket.listening import Stretch
    from ringfence.docket.words import Custody

From = Annotated[str | None, Parameter(name="--from", help="`20:00` or `1:20:12.5`.")]
To = Annotated[str | None, Parameter(name="--to", help="Until when; not included.")]
# What plays a WAV file from its standard input.
_PLAYERS = (
    ("ffplay", "-autoexit", "-nodisp", "-loglevel", "error", "-i", "-"),
    ("aplay", "-q", "-"),
    ("pw-cat", "-p", "-"),
    ("play", "-q", "-t", "wav", "-"),
)


def play(
    docket: Path,
    thing: str,
    /,
    *,
    by: By,
    start: From = None,
    end: To = None,
    identity: Identity = None,
    output: MaybeOutput = None,
) -> int:
    """Play a statement or a recording; that it was opened is logged first.

    Example: `ringfence docket play tapes S3 --by V1 --identity docket.key`.

    Parameters
    ----------
    docket
        The folder of the docket.
    thing
        What to play: a statement or a recording, `S3`, `R1`.
    output
        A WAV file to write instead: what the terminal can't play.
    """
    from ringfence.docket.audio.waves import wav
    from ringfence.docket.blocks import content_of
    from ringfence.docket.words import Custody

    player = None if output else _player()
    what, samples = _opened(
        docket, thing, (start, end), identity, by=by, step=Custody.PLAYED
    )
    content = wav(content_of(samples[what.span.start : what.span.end]))
    if output is not None:
        output.write_bytes(content)
        return int(ExitCode.ALL_UPHELD)
    run = subprocess.run(player or (), input=content, check=False)  # noqa: S603 - ours
    return int(ExitCode.TOOL_FAILED if run.returncode else ExitCode.ALL_UPHELD)


def clip(
    docket: Path,
    thing: str,
    /,
    *,
    by: By,
    output: Output,
    start: From = None,
    end: To = None,
    identity: Identity = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Write some seconds of a recording, with proof that they are of what was logged.

    Example: `ringfence docket clip tapes R1 --from 20:00 --to 20:12 --by V1 -o clip`.
    Whoever gets it checks it with `python -m ringfence_verify clip --log-key KEY`.

    Parameters
    ----------
    docket
        The folder of the docket.
    thing
        A statement or a recording, `S3`, `R1`. The clip begins and ends with a second.
    output
        A folder for `clip.wav` and `clip.json`.
    """
    from ringfence.docket import clipping
    from ringfence.docket.blocks import spelt
    from ringfence.docket.folder import Docket
    from ringfence.docket.words import Custody
    from ringfence.report.custody_text import render

    output.mkdir(parents=True, exist_ok=True)
    what, samples = _opened(
        docket, thing, (start, end), identity, by=by, step=Custody.EXPORTED
    )
    made = clipping.clip(Docket(docket), what, samples)
    (output / clipping.SOUND).write_bytes(made.wav)
    (output / clipping.PROOF).write_bytes(made.json)
    said = {
        "clip": str(output),
        "from": spelt(made.first),
        "to": spelt(made.last + 1),
        "entry": made.entry,
    }
    show(render("clip", said, format))
    complain(clipping.CAVEAT)
    _say_how_to_check(docket, output)
    return int(ExitCode.ALL_UPHELD)


def destroy(
    docket: Path,
    recording: str,
    /,
    *,
    by: By,
    reason: Literal["request", "retention", "order", "mistake"],
    format: Form = "text",  # noqa: A002
) -> int:
    """Destroy a recording for good; the ledger says that it was, and why.

    After its time (`retention`) its statements stay; otherwise they go with it.

    Parameters
    ----------
    docket
        The folder of the docket.
    recording
        The recording: `R1`.
    reason
        Why.
    """
    from ringfence.docket.destroying import destroy as destroyed
    from ringfence.docket.folder import Docket
    from ringfence.report.custody_text import render

    held = destroyed(Docket(docket), recording, by=by, reason=reason, time=now())
    said = {"destroyed": recording, "reason": reason, "entry": held.index}
    show(render("destroy", said, format))
    complain(f"its statements {'stay' if reason == 'retention' else 'went with it'}")
    complain("copies, backups and what a disk remembers are not reached by this")
    return int(ExitCode.ALL_UPHELD)


def _say_how_to_check(docket: Path, output: Path) -> None:
    check = shlex.join(["python", "-m", "ringfence_verify", str(output)])
    keys = shlex.join(["ringfence", "ledger", "key", "list", str(docket / "ledger")])
    complain(printable(f"to check it: {check} --log-key KEY"))
    complain(printable(f"the keys:    {keys}"))


def _opened(
    folder: Path,
    thing: str,
    times: tuple[str | None, str | None],
    identity: Path | None,
    *,
    by: str,
    step: Custody,
) -> tuple[Stretch, Samples]:
    """Return a stretch and the samples of its recording; that is logged first."""
    from ringfence.docket.finding.index import Index
    from ringfence.docket.folder import Docket
    from ringfence.docket.listening import heard, log, stretch
    from ringfence.docket.words import Custody

    docket, keys = Docket(folder), identities(identity)
    with Index(docket) as index:
        what = stretch(index, thing, *times)
        if step is Custody.EXPORTED:
            what = _whole_seconds(what)
        log(index, what, step, by=index.reviewer(by), time=now())
    return what, heard(docket, what, keys)


def _whole_seconds(what: Stretch) -> Stretch:
    """Return the seconds that a clip holds: custody says no less than what leaves."""
    from ringfence.docket.objects import RATE, Span

    first, last = what.span.start // RATE * RATE, -(-what.span.end // RATE) * RATE
    sound = what.recording.sound
    end = last if sound is None else min(last, sound.samples)
    return replace(what, span=Span(first, end))


def _player() -> tuple[str, ...]:
    for player in _PLAYERS:
        if shutil.which(player[0]):
            return player
    names = ", ".join(player[0] for player in _PLAYERS)
    hint = f"`--output FILE.wav` writes it; or install one of {names}"
    raise ConfigError("nothing here plays sound", hint=hint)
