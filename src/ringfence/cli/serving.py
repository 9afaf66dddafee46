"""`ringfence serve`, `ringfence gate seal` and `keys`: decisions over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from ringfence.cli.lasting import Files
from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import Output, now
from ringfence.errors import ConfigError, ExitCode, Locus, printable
from ringfence.ledger.faults import LedgerError

if TYPE_CHECKING:
    from ringfence.boundary.decision.scene import Scene
    from ringfence.claims.case import Case
    from ringfence.gate.point.live import Held
    from ringfence.gate.service.config import Config
    from ringfence.ledger.signed.keys import SigningKey

_MOST_HOURS = 87_600  # ten years
_LAST_VERSION = 2**53 - 1  # what every reader of JSON tells from the next
Keys = Annotated[
    tuple[str, ...],
    Parameter(help="A key that has to have signed the bundle; may be repeated."),
]
Shadow = Annotated[bool, Parameter(negative=())]
_FORM = "%Y-%m-%dT%H:%M:%SZ"


def serve(
    case: Path | None = None,
    /,
    *,
    ledger: Path | None = None,
    config: Path | None = None,
    bundle: Path | None = None,
    key: Keys = (),
    exceptions: Path | None = None,
    listen: str | None = None,
    shadow: Shadow = False,
) -> int:
    """Answer over HTTP whether somebody may do something, and log every answer.

    It runs until it is told to end. Without a configuration only this machine may ask,
    with a token that is printed once.
    Example: `ringfence serve examples/shortvideo --ledger ledger`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written. Without, a
        bundle says what is decided by.
    ledger
        The ledger that every answer is logged in (`ringfence ledger init` founds it).
    config
        The configuration, `serve.yaml`.
    bundle
        A bundle that `ringfence gate seal` made.
    exceptions
        The ledger of exceptions.
    listen
        Where to listen, `127.0.0.1:8181`.
    shadow
        Enforce nothing: decide and log as ever, and allow whatever is asked.
    """
    from ringfence.gate.service.running import Order
    from ringfence.gate.service.running import serve as run

    told = replace(_configured(config, bundle, key, exceptions, listen), shadow=shadow)
    at = ledger or told.ledger
    if at is None:
        raise ConfigError("no ledger takes the answers", Locus("--ledger"))
    if case is not None and told.bundle is not None:
        hint = "one of them says what is decided by"
        raise ConfigError("there are a case and a bundle", Locus("--bundle"), hint)
    source = None if case is None else CaseFiles(case)
    label = str if source is None else source.label
    run(Order(told, at, source, label, _complain, _ready))
    return int(ExitCode.ALL_UPHELD)


def seal(
    case: Path,
    /,
    *,
    key: Path,
    output: Output,
    hours: Annotated[
        int, Parameter(validator=validators.Number(gte=1, lte=_MOST_HOURS))
    ] = 24,
    version: Annotated[
        int | None, Parameter(validator=validators.Number(gte=1, lte=_LAST_VERSION))
    ] = None,
) -> int:
    """Make a bundle of a case: all that decisions rest on, signed, for some time.

    Example: `ringfence gate seal examples/shortvideo --key seal.key -o scene.bundle`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    key
        The file of keys that `ringfence gate keys` made.
    output
        The file to write; one that is there is replaced at once, or not at all.
    hours
        How long it is good.
    version
        Its number, higher than any before; by default the seconds since 1970.
    """
    from ringfence.gate.bundles import seal as sealed

    issued = now()
    keys, scene = _signing(key), _scene(case, issued)
    begin = datetime.fromisoformat(issued)
    expires = (begin + timedelta(hours=hours)).strftime(_FORM)
    number = version or int(begin.timestamp())
    content = sealed(scene, keys, number, issued, expires)
    if output.is_dir():
        raise ConfigError("is a folder", Locus(str(output)), "name a file")
    new = output.with_name(f"{output.name}.new")
    try:
        new.write_bytes(content)
        new.replace(output)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    end = min(expires, scene.until)
    show(f"version   {number}\ngood      from {issued} until {end}\n")
    return int(ExitCode.ALL_UPHELD)


def keys(name: str, /, *, output: Output) -> int:
    """Draw keys that sign bundles, and print their public halves.

    Example: `ringfence gate keys example.com/gate -o seal.key`.

    Parameters
    ----------
    name
        What they are called: a domain of yours, and a path.
    output
        The file of the secret halves; it may not be there yet.
    """
    from ringfence.gate.bundles import new_keys

    drawn = new_keys(name)
    text = "".join(f"{one.text()}\n" for one in drawn)
    try:
        output.touch(0o600, exist_ok=False)
    except FileExistsError:
        message = "is there already, and keys are not overwritten"
        raise ConfigError(message, Locus(str(output))) from None
    output.write_text(text)
    show("".join(f"{one.verifier}\n" for one in drawn))
    return int(ExitCode.ALL_UPHELD)


class CaseFiles:
    """A case as a source of scenes: built anew when a file of it changes.

    Args:
        case: The boundary file, its folder, or what a check has written.
    """

    def __init__(self, case: Path) -> None:
        self._case = case
        self._files = Files(case)
        self._labels: dict[str, str] = {}

    def label(self, node: str) -> str:
        """Return the name that people use for a node."""
        return self._labels.get(node, node)

    def changed(self) -> bool:
        """Tell whether a file of the case is another than when it was read."""
        return self._files.changed()

    def read(self, now: str) -> Held:
        """Return the scene of the case.

        Raises:
            RingfenceError: There is none.
            OSError: A file can't be read.
        """
        from ringfence.claims.gating import scene_of
        from ringfence.gate.point.live import Held

        self._files.read()
        case = _case(self._case, now)
        scene = scene_of(case)
        named = [*scene.people, *scene.datasets, *scene.stores]
        self._labels = case.view.labels(named)
        return Held(scene, scene.until)


def _configured(
    file: Path | None,
    bundle: Path | None,
    key: tuple[str, ...],
    exceptions: Path | None,
    listen: str | None,
) -> Config:
    from ringfence.gate.service.config import Config, parse_listen, read_config
    from ringfence.ledger.signed.keys import parse_key

    found = Config() if file is None else read_config(file)
    if key:
        found = replace(found, keys=tuple(parse_key(one, "--key") for one in key))
    found = replace(
        found,
        bundle=bundle or found.bundle,
        exceptions=exceptions or found.exceptions,
    )
    if listen is None:
        return found
    try:
        host, port = parse_listen(listen)
    except ValueError as error:
        raise ConfigError(str(error), Locus("--listen"), "`127.0.0.1:8181`") from None
    return replace(found, host=host, port=port)


def _scene(path: Path, instant: str) -> Scene:
    from ringfence.claims.gating import scene_of

    return scene_of(_case(path, instant))


def _case(path: Path, instant: str) -> Case:
    from ringfence.claims.case import Case
    from ringfence.claims.snapshot import Ask, opened

    progress = Progress()
    found = opened(Ask(path, instant, instant, progress))
    progress.done()
    case = Case(found.estate, found.boundary, found.boundary.as_of)
    for gap in case.source_gaps:
        _complain(f"{gap.text}: the gate decides by it all the same")
    return case


def _signing(file: Path) -> tuple[SigningKey, ...]:
    from ringfence.ledger.signed.keys import SigningKey

    lines = file.read_text("utf-8", "replace").splitlines()
    found = tuple(SigningKey.parse(one, str(file)) for one in lines if one)
    if not found:
        hint = "`ringfence gate keys NAME -o FILE` draws some"
        raise LedgerError("holds no key", Locus(str(file)), hint)
    return found


def _complain(text: str) -> None:
    complain("\n  ".join(printable(line) for line in text.splitlines()))


def _ready(address: str, token: str) -> None:
    if token:
        show(f"token     {token}\n")
    complain(f"answering at {address}")
