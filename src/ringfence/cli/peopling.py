"""`ringfence docket`: who works on it, who handed things over, and who speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ringfence.cli.docketing import Identity, identities, secret
from ringfence.cli.docketwords import Folder, done, opened
from ringfence.cli.streams import complain, show
from ringfence.cli.words import Form, now
from ringfence.errors import ExitCode

_UNMATCHED = "note: nobody can tell whether the docket knows them: --identity would"
reviewers = App(name="reviewer", help="Who works on a docket.", help_format="plaintext")
hands = App(name="hand", help="Who handed something over.", help_format="plaintext")
speakers = App(name="speaker", help="Who speaks.", help_format="plaintext")


@reviewers.command(name="add")
def reviewer_add(
    docket: Folder,
    name: Annotated[str, Parameter(help="The name.")],
    /,
    *,
    role: Annotated[str, Parameter(help="What they do.")] = "",
    conflict: Annotated[
        bool,
        Parameter(negative="", help="They have a conflict: they can't hear or assess."),
    ] = False,
    format: Form = "text",  # noqa: A002
) -> int:
    """Bring in who works on a docket; a name of its own each."""
    from ringfence.docket.objects import Reviewer
    from ringfence.docket.stating import log

    with opened(docket) as index:
        (held,) = log(index, [Reviewer(name, role, conflict)], now())
        done(index, held.ref, format)
    return int(ExitCode.ALL_UPHELD)


@hands.command(name="show")
def hand_show(
    docket: Folder,
    number: Annotated[str, Parameter(help="The hand: `H1`.")],
    /,
    *,
    format: Form = "text",  # noqa: A002
) -> int:
    """Show what came from a hand, never who it is."""
    from ringfence.report.docket_text import hand

    with opened(docket) as index:
        show(hand(index, index.numbered(number, "hand"), format))
    return int(ExitCode.ALL_UPHELD)


@speakers.command(name="add")
def speaker_add(
    docket: Folder,
    /,
    *,
    role: Annotated[str, Parameter(help="What they do: `data engineer`.")] = "",
    role_coarse: Annotated[str, Parameter(help="The same, coarse: `engineer`.")] = "",
    unit: Annotated[str, Parameter(help="Where they work: `ads measurement`.")] = "",
    unit_coarse: Annotated[str, Parameter(help="The same, coarse.")] = "",
    country: Annotated[str, Parameter(help="In which country, as published.")] = "",
    country_coarse: Annotated[str, Parameter(help="The same, coarse.")] = "",
    sealed_name_file: Annotated[
        Path | None,
        Parameter(
            allow_leading_hyphen=True,
            help="A file that holds who it is, `-`: standard input. Sealed.",
        ),
    ] = None,
    identity: Identity = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Bring in somebody who speaks, under a pseudonym that is drawn here.

    With the key of names it is told whether the docket knows the speaker already.
    """
    from ringfence.docket.chartering import check_charter
    from ringfence.docket.naming import Names
    from ringfence.docket.objects import Speaker
    from ringfence.docket.stating import known_speaker, log, pseudonym

    name = secret(sealed_name_file)
    with opened(docket) as index:
        if name:
            check_charter(index.docket)
        names, match = Names(index.docket), ""
        if name and identity:
            match = names.match(name, identities(identity))
        if name and not match:
            complain(_UNMATCHED)
        ref = known_speaker(index, match)
        if not ref:
            sealed = names.keep(name) if name else ""
            one = Speaker(
                pseudonym(index),
                *(role, role_coarse, unit, unit_coarse, country, country_coarse),
                *(sealed, match),
            )
            ref = log(index, [one], now())[0].ref
        done(index, ref, format)
    return int(ExitCode.ALL_UPHELD)
