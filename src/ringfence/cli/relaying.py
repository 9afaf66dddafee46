"""`ringfence egress relay`: tables that change outside as they do inside, judged."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from ringfence.cli.lasting import ending
from ringfence.cli.streams import complain, show
from ringfence.cli.words import Form
from ringfence.errors import ConfigError, Locus

if TYPE_CHECKING:
    from ringfence.egress.relay.configuration import Config
    from ringfence.egress.relay.inside import Inside
    from ringfence.egress.relay.judging import Decides
    from ringfence.egress.relay.outside import Outside
    from ringfence.egress.relay.relay import Relay, Step

EXITS = """Exit codes: 0 everything is outside, 10 held at a transaction, 11 blocked at
one, 1 the tool failed: nothing went without a verdict, 2 usage."""
SECONDS = 1.0  # from one look to the next
PUBLISHED = 60.0  # from an entry of the ledger to its publication
AGAIN = 300.0  # until a transaction that was stopped at is judged again


def relay(
    config: Path,
    /,
    *,
    watch: Annotated[bool, Parameter(negative="")] = False,
    copy: bool = True,
    leave_out: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    format: Form = "text",  # noqa: A002
) -> int:
    """Have tables outside change as they do inside, each transaction judged before.

    It goes on from where it was, and ends when everything is outside, or stops
    at the first transaction that may not leave.

    Examples: `ringfence egress relay relay.yaml --watch`,
    `ringfence egress relay relay.yaml --leave-out 0/1F15498`.

    Parameters
    ----------
    config
        What is relayed, from where to where, and by which exit.
    watch
        Go on until told to end; at a transaction that may not leave, wait.
    copy
        At the very beginning, copy what is there already.
    leave_out
        A transaction that was stopped at, to be left out for ever; may be repeated.
    """
    from ringfence.egress.exit.made import exit_of
    from ringfence.egress.relay.configuration import read_config

    found = read_config(config)
    wanted = [_lsn(one) for one in leave_out]
    inside, outside = sides(found)
    with exit_of(found.settings) as exit_:
        made = made_of(found, inside, outside, exit_, wanted)
        with closing(made), ending() as ended:
            running = _Running(made, ended, format, exit_.publish, watch=watch)
            code = running.run(copy=copy)
            _unmet(wanted, outside.left_out())
            return code


def sides(found: Config) -> tuple[Inside, Outside]:
    """Return both databases of a relay.

    Raises:
        ConfigError: The environment doesn't say how one is reached.
    """
    from ringfence.egress.relay.inside import Inside
    from ringfence.egress.relay.outside import Outside

    plan = found.plan
    inside = Inside(dsn(found.inside, "inside"), plan.slot, plan.publications)
    return inside, Outside(dsn(found.outside, "outside"), plan.slot)


def made_of(
    found: Config, inside: Inside, outside: Outside, exit_: Decides, wanted: list[int]
) -> Relay:
    """Return a relay as it is configured."""
    from ringfence.egress.exit.made import ContractsFile
    from ringfence.egress.relay.relay import Relay

    return Relay(
        found.plan,
        inside,
        outside,
        exit_=exit_,
        contracts=ContractsFile(found.settings.contracts),
        leave_out=wanted,
    )


@dataclass(slots=True)
class _Running:
    relay: Relay
    ended: threading.Event
    form: Form
    publish: Callable[[], None]
    watch: bool
    due: float | None = None

    def run(self, *, copy: bool) -> int:
        """Relay until there is no more, or somebody wants us to end."""
        from ringfence.egress.relay.telling import exit_code, is_something

        self.due = time.monotonic() + PUBLISHED  # an open exit holds its ledger
        step = self.relay.begin(copy=copy)
        self._tell(step)
        while step.stop is None or self.watch:
            if self.ended.is_set() or (step.stop is not None and not step.stop.lsn):
                break
            step = self.relay.step()
            self._tell(step)
            if step.is_more and step.stop is None:
                continue
            if not self.watch:
                break
            self._publish(is_new=is_something(step))
            if self.ended.wait(AGAIN if step.stop else SECONDS):
                break
        return int(exit_code(step))

    def _publish(self, *, is_new: bool) -> None:
        """Publish what was logged, at most once in a while."""
        now = time.monotonic()
        if is_new and self.due is None:
            self.due = now + PUBLISHED
        if self.due is not None and now >= self.due:
            self.publish()
            self.due = None

    def _tell(self, step: Step) -> None:
        from ringfence.egress.relay.telling import is_something, lines, told

        if not is_something(step):
            return
        if self.form == "json":
            show(msgspec.json.encode(told(step)) + b"\n")
        else:
            show("".join(f"{line}\n" for line in lines(step)))


def _unmet(wanted: list[int], left_out: set[int]) -> None:
    from ringfence.egress.relay.telling import unmet

    for one in unmet(wanted, left_out):
        complain(f"nothing was left out at {one}: no transaction was stopped at there")


def _lsn(text: str) -> int:
    from ringfence.egress.relay.lsn import lsn_of

    found = lsn_of(text)
    if not found:
        hint = "write it as the relay told it: `0/1F15498`"
        raise ConfigError(f"`{text}` is no transaction", Locus("--leave-out"), hint)
    return found


def dsn(name: str, side: str) -> str:
    """Return how a database is reached, out of a variable.

    Raises:
        ConfigError: The environment doesn't have it.
    """
    found = os.environ.get(name)
    if not found:
        hint = "name a variable that holds the connection string"
        raise ConfigError(f"the environment has no `{name}`", Locus(side), hint)
    return found
