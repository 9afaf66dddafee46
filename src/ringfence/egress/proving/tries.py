"""Which canary is tried in which form and container.

Each canary is tried in the plain form of each kind, each form in the plainest
container, and each kind in each container; thoroughly, all of it with all. The canaries
take turns, so that each stands in many forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, product

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.proving.canaries import Canary
from ringfence.egress.proving.carrying import HARMLESS, Carried, Container
from ringfence.egress.proving.forms import PLAIN, Form

CONTROL = "control"
"""The form of what is harmless, and has to be released."""


@dataclass(frozen=True, slots=True)
class Try:
    """One thing that is tried.

    Attributes:
        number: Its place, from 0.
        form: How the identifier is written.
        container: What it is carried in.
        kind: What the identifier is; empty: nobody's is in it.
        canary: Number of the canary, from 1; 0: nobody.
        carried: What is sent.
    """

    number: int
    form: str
    container: str
    kind: str
    canary: int
    carried: Carried

    @property
    def is_control(self) -> bool:
        """Whether it is harmless."""
        return not self.canary


def tries(
    canaries: Sequence[Canary],
    forms: Sequence[Form],
    containers: Sequence[Container],
    *,
    thorough: bool = False,
) -> Iterator[Try]:
    """Yield what to try: what is harmless first, and the first of it once more last."""
    numbers = count()
    for one in containers:
        yield _control(next(numbers), one)
    done = set()
    for container, form, who, kind, text in _wanted(
        canaries, forms, containers, thorough=thorough
    ):
        written = form.write(text)
        key = (container.name, written)
        if key in done or (container.place and "\n" in written):
            continue
        done.add(key)
        carried = container.carry(written)
        yield Try(next(numbers), form.name, container.name, kind, who, carried)
    yield _control(next(numbers), containers[0])


def _control(number: int, container: Container) -> Try:
    return Try(number, CONTROL, container.name, "", 0, container.carry(HARMLESS))


_Wanted = tuple[Container, Form, int, Kind, str]


def _wanted(
    canaries: Sequence[Canary],
    forms: Sequence[Form],
    containers: Sequence[Container],
    *,
    thorough: bool,
) -> Iterator[_Wanted]:
    turn = count()
    known = [
        (who, kind, text)
        for who, one in enumerate(canaries, 1)
        for kind, text in one.identifiers
    ]
    for container, form in product(containers, forms):
        is_plain = form.name == PLAIN
        # Names and headers are short, and of few signs.
        if not is_plain and (
            container.place or not (thorough or container is containers[0])
        ):
            continue
        for kind in dict.fromkeys(kind for _, kind, _ in known):
            if kind not in form.kinds:
                continue
            of_kind = [one for one in known if one[1] is kind]
            whole = thorough or (is_plain and container is containers[0])
            chosen = of_kind if whole else [of_kind[next(turn) % len(of_kind)]]
            for who, _, text in chosen:
                yield container, form, who, kind, text
