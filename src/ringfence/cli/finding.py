"""`ringfence docket`: what it holds, one statement with its history, what is found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from ringfence.cli.docketing import Identity, identities
from ringfence.cli.docketwords import Answer, Folder, StatementNumber, opened
from ringfence.cli.streams import complain, show
from ringfence.cli.words import Form, now
from ringfence.errors import ConfigError, ExitCode, Locus, printable

if TYPE_CHECKING:
    from ringfence.docket.finding.index import Index
    from ringfence.docket.finding.listing import Filters

Kind = Literal[
    "statement",
    "recording",
    "speaker",
    "reviewer",
    "hand",
    "transcript",
    "hearing",
    "sentence",
    "assessment",
    "lead",
    "answer",
    "custody",
]
Rows = Annotated[
    int,
    Parameter(
        help="How many to show.", validator=validators.Number(gte=1, lte=1_000_000)
    ),
]
_TOLD = 10  # objects that count for nothing


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which statements to list."""

    recording: Annotated[str, Parameter(help="Of this recording: `R1`.")] = ""
    speaker: Annotated[str, Parameter(help="Of this speaker: `P2`.")] = ""
    sentence: Annotated[str, Parameter(help="Beside this sentence: `C1`.")] = ""
    rung: Annotated[
        Literal["machine", "heard", "confirmed"] | None,
        Parameter(help="How far the quote has come."),
    ] = None
    stance: Annotated[
        Literal["supports", "contradicts", "context", "unrelated"] | None,
        Parameter(help="What somebody makes of it, undismissed."),
    ] = None
    since: Annotated[str, Parameter(help="Met on this day or later.")] = ""
    until: Annotated[str, Parameter(help="Met on this day or earlier.")] = ""
    first_hand: Annotated[
        Answer | None, Parameter(help="What they did or saw themselves.")
    ] = None
    hedged: Annotated[Answer | None, Parameter(help="Hedged or not.")] = None
    text: Annotated[str, Parameter(help="Words that it holds, as in a search.")] = ""
    corrected: Annotated[
        bool,
        Parameter(negative="", help="Also those that a correction has replaced."),
    ] = False


EVERYTHING = Chosen()


def listed(
    docket: Folder,
    kind: Annotated[Kind, Parameter(help="What to list.")] = "statement",
    /,
    *,
    chosen: Chosen = EVERYTHING,
    after: Annotated[str, Parameter(help="Begin behind this statement: `S50`.")] = "",
    limit: Rows = 50,
    format: Form = "text",  # noqa: A002
) -> int:
    """List what a docket holds: statements by what they are, or all of another kind."""
    from ringfence.docket.finding.listing import statements
    from ringfence.report.docket_text import kinds
    from ringfence.report.statements_text import page

    if kind != "statement" and (after or chosen != EVERYTHING):
        hint = f"`ringfence docket list {docket} {kind}` lists all"
        raise ConfigError("statements alone can be chosen", Locus("KIND"), hint)
    with opened(docket) as index:
        if kind != "statement":
            show(kinds(index, kind, format))
        else:
            begin = index.ordinal(after, kind) if after else 0
            filters = _filters(index, chosen)
            show(
                page(
                    index, statements(index, filters, after=begin, limit=limit), format
                )
            )
        _complain_of_refused(index)
    return int(ExitCode.ALL_UPHELD)


def shown(
    docket: Folder,
    number: Annotated[str, Parameter(help="A statement, or anything else: `S14`.")],
    /,
    *,
    format: Form = "text",  # noqa: A002
) -> int:
    """Show everything of a statement: history, custody, assessments, machine text."""
    from ringfence.docket.finding.shown import shown as everything
    from ringfence.report.docket_text import other
    from ringfence.report.statements_text import statement

    with opened(docket) as index:
        ref = index.numbered(number)
        if index.kind(ref) == "statement":
            show(statement(index, everything(index, ref), format))
        else:
            show(other(index, ref, format))
    return int(ExitCode.ALL_UPHELD)


def search(
    docket: Folder,
    words: Annotated[
        str, Parameter(help='Words; `"a phrase"`, `begin*`, `badge NEAR query`.')
    ],
    /,
    *,
    kind: Annotated[
        tuple[Kind, ...],
        Parameter(negative="", help="Only in these; may be repeated."),
    ] = (),
    raw: Annotated[
        bool, Parameter(negative="", help="The words are FTS5's own syntax.")
    ] = False,
    limit: Rows = 20,
    format: Form = "text",  # noqa: A002
) -> int:
    """Search everything that was said, heard, read or written down; best fit first."""
    from ringfence.docket.finding.searching import search as searched
    from ringfence.report.statements_text import found

    with opened(docket) as index:
        rows = searched(index, words, kinds=kind, limit=limit, raw=raw)
        show(found(rows, format))
    return int(ExitCode.ALL_UPHELD)


def suggest(
    docket: Folder,
    statement: StatementNumber,
    /,
    *,
    format: Form = "text",  # noqa: A002
) -> int:
    """Suggest which public sentences a statement may bear on, never how."""
    from ringfence.docket.finding.suggesting import suggestions as suggested
    from ringfence.report.statements_text import suggestions

    with opened(docket) as index:
        ref = index.numbered(statement, "statement")
        show(suggestions(index, index.number(ref), suggested(index, ref), format))
    return int(ExitCode.ALL_UPHELD)


def imported(
    docket: Folder,
    file: Annotated[Path, Parameter(help="The collection, as YAML.")],
    /,
    *,
    by: Annotated[
        str, Parameter(help="Who brings transcripts, and leads that name nobody: `V1`.")
    ] = "",
    identity: Identity = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Bring in a whole collection: recordings, speakers, statements, assessments.

    What the docket holds already isn't brought again. With the key of names it is told
    who the docket knows already.
    """
    from ringfence.cli.streams import Progress
    from ringfence.docket.folder import Docket
    from ringfence.docket.importing import bring
    from ringfence.report.docket_text import collection

    progress = Progress()
    keys = identities(identity) if identity else None
    found = bring(
        Docket(docket), file, by=by, time=now(), identities=keys, progress=progress
    )
    progress.done()
    show(collection(found, format))
    return int(ExitCode.ALL_UPHELD)


def _filters(index: Index, chosen: Chosen) -> Filters:
    from ringfence.docket.finding.listing import Filters
    from ringfence.docket.finding.phrases import question
    from ringfence.docket.quoting import day
    from ringfence.docket.words import Known, Rung, Stance

    def ref(number: str, kind: str) -> str:
        return index.numbered(number, kind) if number else ""

    return Filters(
        recording=ref(chosen.recording, "recording"),
        speaker=ref(chosen.speaker, "speaker"),
        sentence=ref(chosen.sentence, "sentence"),
        rung=Rung(chosen.rung) if chosen.rung else None,
        stance=Stance(chosen.stance) if chosen.stance else None,
        since=day(chosen.since, "--since"),
        until=day(chosen.until, "--until"),
        first_hand=Known(chosen.first_hand) if chosen.first_hand else None,
        hedged=Known(chosen.hedged) if chosen.hedged else None,
        text=question(chosen.text) if chosen.text else "",
        corrected=chosen.corrected,
    )


def _complain_of_refused(index: Index) -> None:
    refused = index.refused()
    for number, why in refused[:_TOLD]:
        complain(f"{number} counts for nothing: {printable(why)}")
    if len(refused) > _TOLD:
        complain(f"and {len(refused) - _TOLD} more count for nothing")
