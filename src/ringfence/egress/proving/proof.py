"""The proof: what became of every try, at every surface, and what that shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringfence.documents.files import read_bytes
from ringfence.egress.channels.contract import Contracts
from ringfence.egress.proving.canaries import Canary, read
from ringfence.egress.proving.carrying import ROW, Container, containers, row
from ringfence.egress.proving.forms import Form, forms
from ringfence.egress.proving.surfaces import Answer, Outcome, Surface
from ringfence.egress.proving.tries import tries
from ringfence.errors import ConfigError, ExitCode, Locus, RingfenceError

NOTHING_PASSES = "nothing passes at all"
UNEVEN = "what is harmless passed at first, and at the end no more"
KINDS = ("library", "file gateway", "S3 gateway", "proxy", "relay")
"""Every kind of surface that there is, by the first words of its name."""
_RANK = (Outcome.HELD, Outcome.BLOCKED, Outcome.NO_ANSWER, Outcome.LEFT)


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one form in one container.

    Attributes:
        form: How identifiers are written.
        container: What they are carried in.
        outcome: The worst of them.
        tries: How many they are.
    """

    form: str
    container: str
    outcome: Outcome
    tries: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A try that left, or had no answer: exactly which.

    Attributes:
        canary: Number of the canary in its list, from 1.
        kind: What the identifier is.
        form: How it is written.
        container: What it is carried in.
        outcome: What became of it.
        content: SHA-256 of what was sent, in hexadecimal.
        note: More of it.
    """

    canary: int
    kind: str
    form: str
    container: str
    outcome: Outcome
    content: str
    note: str


@dataclass(frozen=True, slots=True)
class Proved:
    """What one surface did.

    Attributes:
        surface: Its name.
        tries: How many canaries were sent.
        unproven: Why it isn't proved; empty: it is, or something left.
        closed: Containers in which nothing harmless passes either: they prove nothing
            of what is looked for, and nothing leaves by them.
        table: What became of each form and container.
        lost: What left, or had no answer.
    """

    surface: str
    tries: int
    unproven: str
    closed: tuple[str, ...]
    table: tuple[Cell, ...]
    lost: tuple[Lost, ...]

    @property
    def has_left(self) -> bool:
        """Whether a canary left."""
        return any(one.outcome is Outcome.LEFT for one in self.lost)


@dataclass(frozen=True, slots=True)
class Proof:
    """What all surfaces did.

    Attributes:
        time: When it began.
        channel: Name of the channel.
        contract: Digest of its contract.
        boundary: Digest of the boundary.
        canaries: How many canaries there are.
        list: SHA-256 of their list, in hexadecimal.
        forms: How many forms there are.
        surfaces: What each surface did.
        untried: Kinds of surfaces that nobody named: nothing is proved of them.
    """

    time: str
    channel: str
    contract: str
    boundary: str
    canaries: int
    list: str
    forms: int
    surfaces: tuple[Proved, ...]
    untried: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """What left, else what isn't proved."""
        if any(one.has_left for one in self.surfaces):
            return ExitCode.REFUTED
        if not self.surfaces or any(one.unproven for one in self.surfaces):
            return ExitCode.UNPROVEN
        return ExitCode.ALL_UPHELD


@dataclass(frozen=True, slots=True)
class Asking:
    """What is tried.

    Attributes:
        canaries: The canaries.
        forms: How their identifiers are written.
        containers: What these are carried in.
        thorough: Try all of it with all.
    """

    canaries: Sequence[Canary]
    forms: Sequence[Form]
    containers: Sequence[Container]
    thorough: bool = False


def proved(surface: Surface, asking: Asking, progress: Callable[[str], None]) -> Proved:
    """Try everything at a surface, and return what it did."""
    fitting = _fitting(asking.containers, surface.places)
    wanted = [*tries(asking.canaries, asking.forms, fitting, thorough=asking.thorough)]
    answers: list[Answer] = []
    failed = ""
    progress(f"trying the {surface.name}: {len(wanted):,} payloads")
    try:
        answers.extend(surface.ask(wanted))
    except RingfenceError as error:
        failed = f"can't be tried: {error.problems[0].message}"
    except OSError as error:
        failed = f"can't be tried: {(error.strerror or type(error).__name__).lower()}"
    return _told(surface.name, answers, failed)


def _fitting(
    containers: Sequence[Container], places: frozenset[str]
) -> list[Container]:
    """Return what a surface can carry."""
    if ROW in places:
        return [row()]
    return [one for one in containers if not one.place or one.place in places]


def _told(name: str, answers: Sequence[Answer], failed: str) -> Proved:
    ordered = sorted(answers, key=lambda one: one.tried.number)
    controls = [one for one in ordered if one.tried.is_control]
    sent = [one for one in ordered if not one.tried.is_control]
    closed = dict.fromkeys(
        one.tried.container for one in controls if one.outcome is not Outcome.LEFT
    )
    return Proved(
        name,
        len(sent),
        failed or _unproven(controls, sent),
        (*closed,),
        tuple(_cells(sent)),
        tuple(_lost(sent)),
    )


def _unproven(controls: Sequence[Answer], sent: Sequence[Answer]) -> str:
    """Return why a surface isn't proved."""
    silent = sum(one.outcome is Outcome.NO_ANSWER for one in sent)
    if not sent:
        return "nothing was tried"
    if controls[0].outcome is not Outcome.LEFT:
        return NOTHING_PASSES
    if controls[-1].outcome is not Outcome.LEFT:
        return UNEVEN
    return f"{silent:,} tries had no answer" if silent else ""


def _cells(sent: Sequence[Answer]) -> Iterator[Cell]:
    found: dict[tuple[str, str], list[Outcome]] = {}
    for one in sent:
        found.setdefault((one.tried.form, one.tried.container), []).append(one.outcome)
    for (form, container), outcomes in found.items():
        worst = max(outcomes, key=_RANK.index)
        yield Cell(form, container, worst, len(outcomes))


def _lost(sent: Sequence[Answer]) -> Iterator[Lost]:
    for one in sent:
        tried = one.tried
        is_lost = one.outcome in (Outcome.LEFT, Outcome.NO_ANSWER)
        if is_lost:
            content = hashlib.sha256(tried.carried.content).hexdigest()
            yield Lost(
                tried.canary,
                tried.kind,
                tried.form,
                tried.container,
                one.outcome,
                content,
                one.note,
            )


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be proved.

    Attributes:
        canaries: The list of canaries.
        contracts: What the exit judges by.
        channel: Name of the channel.
        time: When it begins.
        thorough: Try all of it with all.
    """

    canaries: Path
    contracts: Contracts
    channel: str
    time: str
    thorough: bool = False


def prove_all(
    order: Order, surfaces: Sequence[Surface], progress: Callable[[str], None]
) -> Proof:
    """Try everything at every surface.

    Raises:
        ConfigError: There is no such channel, or it can't carry what is harmless; or
            the list holds no canary.
        SourceError: The list can't be read.
    """
    contract = order.contracts.of(order.channel)
    if contract is None:
        names = ", ".join(one.channel.name for one in order.contracts.contracts)
        hint = f"one of {names}" if names else "declare one"
        message = f"there is no channel `{order.channel}`"
        raise ConfigError(message, Locus("--channel"), hint)
    content = read_bytes(order.canaries, str(order.canaries))
    known = read(order.canaries)
    asking = Asking(known, forms(), containers(contract.channel), order.thorough)
    return Proof(
        time=order.time,
        channel=order.channel,
        contract=contract.digest,
        boundary=order.contracts.boundary,
        canaries=len(known),
        list=hashlib.sha256(content).hexdigest(),
        forms=len(asking.forms),
        surfaces=tuple(proved(one, asking, progress) for one in surfaces),
        untried=tuple(_untried([one.name for one in surfaces])),
    )


def _untried(names: Sequence[str]) -> Iterator[str]:
    for kind in KINDS:
        if not any(one == kind or one.startswith(f"{kind} ") for one in names):
            yield kind
