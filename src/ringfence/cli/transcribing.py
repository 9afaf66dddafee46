"""`ringfence docket transcribe` and `transcript`: what is said, written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from ringfence.cli.docketing import By, Identity, identities
from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import now
from ringfence.errors import printable

if TYPE_CHECKING:
    from ringfence.docket.folder import Held
    from ringfence.docket.transcripts.engine import Engine
    from ringfence.docket.transcripts.transcribing import Bringing

Language = Annotated[
    str, Parameter(help="What is spoken: `en`; by default what the recording says.")
]

app = App(
    name="transcript",
    help="Bring transcripts that others wrote, and show them.",
    help_format="plaintext",
)


def transcribe(
    docket: Path,
    recording: str,
    /,
    *,
    by: By,
    identity: Identity = None,
    engine: str = "whisper",
    second: str = "auto",
    model: Path | None = None,
    language: Language = "",
) -> int:
    """Have a machine write down what is said: an index for finding, never the quote.

    A run that was cut short goes on where it was.

    Parameters
    ----------
    docket
        The folder of the docket.
    recording
        The recording: `R1`.
    engine
        What listens: `whisper`, `moonshine`, or an engine of another package.
    second
        What is asked whether it heard the same: an engine, `none`, or `auto`:
        moonshine, if it is installed.
    model
        The folder of another model for the engine.
    """
    from ringfence.docket.transcripts.engine import engine as opened
    from ringfence.docket.transcripts.running import Listeners
    from ringfence.docket.transcripts.transcribing import transcribe as transcribed

    keys = identities(identity)
    progress = Progress()
    with _bringing(docket, recording, by, progress) as bringing:
        spoken = language or bringing.received().language
        first = opened(engine, model, spoken)
        beside = _second(second, first, spoken)
        who = Listeners(first, beside, spoken, bringing.by)
        held = transcribed(bringing, who, keys)
        progress.done()
        _say(bringing, held)
    return 0


@app.command(name="import")
def bring(
    docket: Path,
    recording: str,
    file: Path | None = None,
    /,
    *,
    by: By,
    human: Annotated[bool, Parameter(negative="")] = False,
    identity: Identity = None,
) -> int:
    """Bring a transcript that is there: WebVTT, SubRip, JSON of segments, marked text.

    Of a document it is the text, without times; without a file, what the original says.

    Parameters
    ----------
    docket
        The folder of the docket.
    recording
        The recording or document: `R1`.
    file
        The transcript. Its name isn't kept.
    human
        A person wrote it, not a machine.
    """
    from ringfence.docket.transcripts import transcribing
    from ringfence.documents.files import read_bytes

    progress = Progress()
    with _bringing(docket, recording, by, progress) as bringing:
        if file is None:
            held, found = transcribing.extract(bringing, identities(identity))
        else:
            content = read_bytes(file, str(file))
            held, found = transcribing.bring(bringing, content, str(file), human=human)
        progress.done()
        for note in found.notes:
            complain(f"note: {printable(note)}")
        _say(bringing, held)
    return 0


@app.command(name="show")
def shown(
    docket: Path,
    transcript: str,
    /,
    *,
    format: Literal["text", "vtt", "json"] = "text",  # noqa: A002
) -> int:
    """Show a transcript: words in doubt are marked, and a machine's is no quote.

    Parameters
    ----------
    docket
        The folder of the docket.
    transcript
        The transcript: `T1`.
    format
        `text`, `vtt` (WebVTT) or `json`, which keeps everything.
    """
    from ringfence.docket.finding.index import Index
    from ringfence.docket.folder import Docket
    from ringfence.docket.objects import Transcript
    from ringfence.docket.transcripts import showing
    from ringfence.errors import ConfigError, Locus

    progress = Progress()
    with Index(Docket(docket), progress) as index:
        ref = index.numbered(transcript, "transcript")
        found = index.get(ref)
        if not isinstance(found, Transcript):
            raise ConfigError("was erased", Locus(transcript))
        of = index.number(found.recording)
        told = showing.shown(index.number(ref), of, found, format)
    progress.done()
    show(told)
    return 0


@contextmanager
def _bringing(
    folder: Path, recording: str, by: str, progress: Progress
) -> Iterator[Bringing]:
    from ringfence.docket.finding.index import Index
    from ringfence.docket.folder import Docket
    from ringfence.docket.transcripts.transcribing import Bringing

    with Index(Docket(folder), progress) as index:
        ref = index.numbered(recording, "recording")
        yield Bringing(index, ref, index.reviewer(by), now, progress)


def _second(name: str, first: Engine, language: str) -> Engine | None:
    from ringfence.docket.transcripts.engine import second

    found = second(name, first, language)
    if found is None:
        complain("note: no second engine: doubt rests on what the first one says")
        complain('  help: pip install "ringfence[speech2]"')
    return found


def _say(bringing: Bringing, held: Held) -> None:
    from ringfence.docket.objects import Transcript
    from ringfence.docket.transcripts import showing

    if isinstance(held.object, Transcript):
        number = bringing.index.number(held.ref)
        show(showing.summary(number, bringing.number, held.object))
