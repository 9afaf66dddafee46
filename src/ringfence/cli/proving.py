"""`ringfence egress flows`, `canaries`, `prove`: does anything go round the exit?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import (
    AsOf,
    Form,
    Limit,
    MaybeOutput,
    Output,
    instant,
    now,
    room,
)
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.claims.flow import Flows
    from ringfence.claims.released import Releases
    from ringfence.claims.snapshot import Ask
    from ringfence.egress.channels.contract import Contract
    from ringfence.egress.proving.surfaces import Surface
    from ringfence.egress.relay.configuration import Config
    from ringfence.egress.relay.relay import Relay

FLOWS_EXITS = """Exit codes: 0 every flow is declared and seen at the exit,
10 something can't be told, 11 a flow is undeclared or goes round, 1 the tool
failed, 2 usage."""
CANARIES_EXITS = "Exit codes: 0 the list is written, 1 the tool failed, 2 usage."
PROVE_EXITS = """Exit codes: 0 nothing left and everything had its answer, 10 a surface
isn't proved, 11 a canary left, 1 the tool failed, 2 usage."""
_Minutes = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1_440))]
_LISTS = (".csv", ".parquet")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Whether logs are read, and where their events go.

    Parameters
    ----------
    logs
        Read the logs of the boundary, too: what was exported?
    minutes
        With `--logs`: for how long after an export a verdict explains it.
    output
        With `--logs`: folder for the table of events.
    """

    logs: Annotated[bool, Parameter(negative="")] = False
    minutes: _Minutes = 60
    output: Output = Path("out")


NO_PAST = Past()


def flows(
    case: Path,
    /,
    *,
    ledger: Annotated[
        Path | None, Parameter(help="The exit's ledger: what it let leave.")
    ] = None,
    traffic: Annotated[
        Path | None,
        Parameter(help="Whose addresses are whose, and a network's logs to read."),
    ] = None,
    past: Past = NO_PAST,
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    limit: Limit = None,
) -> int:
    """Hold declared channels against observed flows: what goes round the exit?

    Example: `ringfence egress flows boundary.yaml --ledger releases --logs`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    """
    from ringfence.claims.released import releases
    from ringfence.claims.snapshot import Ask
    from ringfence.report import answer_json, flows_text
    from ringfence.report.answering import Screen

    progress = Progress()
    told = None
    if ledger is not None:
        progress("reading the ledger")
        told = releases(ledger)
    ask = Ask(case, now(), instant(as_of), progress)
    answer = _flows(ask, case, told, past, traffic)
    code = int(flows_text.exit_code(answer))
    if format == "json":
        text = answer_json.plain("egress-flows/1", answer, code, answer.labels)
    else:
        screen = Screen(*room(limit), answer.labels, str(past.output), str(case))
        text = flows_text.flows(answer, screen)
    progress.done()
    show(text)
    return code


def _flows(
    ask: Ask, place: Path, told: Releases | None, past: Past, traffic: Path | None
) -> Flows:
    from ringfence.claims import flows
    from ringfence.claims.case import Case
    from ringfence.claims.check import Run
    from ringfence.claims.snapshot import opened

    if past.logs:
        run = Run(place, past.output, ask.now, ask.as_of, ask.progress)
        return flows.flows_and_exports(run, told, past.minutes * 60, traffic)
    found = opened(ask)
    chosen = Case(found.estate, found.boundary, found.boundary.as_of)
    return flows.flows(chosen, told, addresses=traffic)


def canaries(
    *,
    output: Output,
    count: Annotated[int, Parameter(help="How many.")] = 5,
    domain: Annotated[
        str, Parameter(help="The domain of their mail addresses: one of yours.")
    ] = "canary.example",
) -> int:
    """Make fictional people, to be seeded among the population and never to leave.

    Their phone numbers are of the range that is reserved for fiction, all else is
    random. Whoever has the list knows them: keep it inside.
    Example: `ringfence egress canaries -o canaries.parquet --count 5`.

    Parameters
    ----------
    output
        The list to write, `.csv` or `.parquet`; one that is there stays.
    """
    from ringfence.egress.proving.canaries import drawn, written

    if output.suffix not in _LISTS:
        hint = "name a file that ends in `.csv` or `.parquet`"
        raise ConfigError("is no kind of list", Locus(str(output)), hint)
    rows = drawn(count, domain)
    content = written(rows, as_parquet=output.suffix == ".parquet")
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        hint = "name another; who is in a list is in an index"
        raise ConfigError("is there already", Locus(str(output)), hint) from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    show(f"{output}\n")
    return int(ExitCode.ALL_UPHELD)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Surfaces:
    """Which surfaces are tried, and how.

    Parameters
    ----------
    index
        The library: the index's folder.
    key
        The library: the index's key, `file:`, `env:` or `command:` and where.
    token_key
        The library: the key of tokens, the same way.
    meter
        The library: the meter's file.
    ledger
        The ledger of the library's verdicts; with `--output`, of the certificate too.
    outbox
        The file gateway: the folder that it takes files from.
    released
        The file gateway: where those go that may leave.
    quarantine
        The file gateway: where all others go.
    gateway
        The S3 gateway: the file that it reads (`--config` of `egress run`).
    relay
        The relay: the file that it reads. No other relay may run meanwhile.
    writer
        The relay: the variable with the connection string of a login that may
        insert and delete rows inside.
    proxy
        A proxy, ours or Envoy: the address to ask, with the channel's path; may be
        repeated.
    upstream
        Where the proxies lead to: an address and port that we listen at meanwhile.
    seconds
        How long an answer, and the gateway with all files, may take.
    """

    index: Path | None = None
    key: str = ""
    token_key: str = ""
    meter: Path | None = None
    ledger: Path | None = None
    outbox: Path | None = None
    released: Path | None = None
    quarantine: Path | None = None
    gateway: Path | None = None
    relay: Path | None = None
    writer: str = ""
    proxy: Annotated[tuple[str, ...], Parameter(negative="")] = ()
    upstream: str = "127.0.0.1:9099"
    seconds: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 60

    def surfaces(self, contracts: Path, channel: str) -> list[Surface]:
        """Return the surfaces that are named.

        Raises:
            ConfigError: None is, or one not wholly.
        """
        found = [
            *self._library(contracts, channel),
            *self._files(channel),
            *self._objects(channel),
            *self._proxies(),
            *self._relayed(contracts, channel),
        ]
        if not found:
            hint = "name `--index`, `--outbox`, `--gateway`, `--proxy` or `--relay`"
            raise ConfigError("no surface is named", Locus("prove"), hint)
        return found

    def _library(self, contracts: Path, channel: str) -> Iterator[Surface]:
        from ringfence.egress.exit.made import Settings, exit_of, read_contracts
        from ringfence.egress.proving.surfaces import Library

        if self.index is None:
            return
        if self.meter is None or self.ledger is None or not self.key:
            raise _halved("--index", "--key, --ledger and --meter")
        contract = read_contracts(contracts).of(channel)
        if contract is not None and not self.token_key and _has_tokens(contract):
            raise _halved("--index", "--token-key: the channel masks by tokens")
        made = Settings(
            contracts=contracts,
            index=self.index,
            key=self.key,
            ledger=self.ledger,
            meter=self.meter,
            token_key=self.token_key,
        )
        yield Library(lambda: exit_of(made), channel)

    def _files(self, channel: str) -> Iterator[Surface]:
        from ringfence.egress.proving.outbox import FileGateway

        if self.outbox is None:
            return
        if self.released is None or self.quarantine is None:
            raise _halved("--outbox", "--released and --quarantine")
        yield FileGateway(
            self.outbox, self.released, self.quarantine, channel, self.seconds
        )

    def _objects(self, channel: str) -> Iterator[Surface]:
        from ringfence.egress.files.config import read_config
        from ringfence.egress.proving.prefix import gateway_of

        if self.gateway is not None:
            yield gateway_of(read_config(self.gateway), channel, self.seconds)

    def _relayed(self, contracts: Path, channel: str) -> Iterator[Surface]:
        from ringfence.cli.relaying import dsn
        from ringfence.egress.exit.made import read_contracts
        from ringfence.egress.proving.relayed import RelayedTable
        from ringfence.egress.relay.configuration import read_config

        if self.relay is None:
            return
        if not self.writer:
            raise _halved("--relay", "--writer")
        found, contract = read_config(self.relay), read_contracts(contracts).of(channel)
        tables = sorted(one for one, by in found.plan.tables.items() if by == channel)
        if contract is None or not tables:
            message = f"no table leaves by channel `{channel}`"
            raise ConfigError(message, Locus("--relay"), "name one of its channels")
        inside, outside = dsn(self.writer, "--writer"), dsn(found.outside, "outside")
        for table in tables:
            yield RelayedTable(
                lambda: _opened(found),
                found.plan,
                table,
                contract.channel,
                inside=inside,
                outside=outside,
            )

    def _proxies(self) -> Iterator[Surface]:
        from ringfence.egress.proving.asked import Proxy

        host, _, port = self.upstream.rpartition(":")
        if not host or not port.isdecimal():
            hint = "write `127.0.0.1:9099`"
            raise ConfigError("is no address with a port", Locus("--upstream"), hint)
        for url in self.proxy:
            yield Proxy(url, host, int(port), self.seconds, f"proxy {url}")


NO_SURFACES = Surfaces()


def prove(
    *,
    canaries: Annotated[Path, Parameter(help="The list of canaries.")],
    contracts: Annotated[
        Path, Parameter(help="The file that `ringfence egress contracts` wrote.")
    ],
    channel: Annotated[str, Parameter(help="The channel that they are tried by.")],
    surfaces: Surfaces = NO_SURFACES,
    thorough: Annotated[
        bool, Parameter(negative="", help="Try every canary in every way.")
    ] = False,
    output: MaybeOutput = None,
    format: Form = "text",  # noqa: A002
    limit: Limit = None,
) -> int:
    """Try canaries at every surface, in every form: does one of them leave?

    Example: `ringfence egress prove --canaries canaries.csv --contracts
    contracts.json --channel partner-api --index index --key file:index.key
    --ledger ledger --meter meter -o certificate.json`.

    Parameters
    ----------
    output
        The certificate to write; with `--ledger` its digest is logged.
    """
    from ringfence.egress.exit.made import read_contracts
    from ringfence.egress.proving.proof import Order, prove_all
    from ringfence.report import answer_json, proof_text

    progress = Progress()
    order = Order(canaries, read_contracts(contracts), channel, now(), thorough)
    found = prove_all(order, surfaces.surfaces(contracts, channel), progress)
    code = int(found.exit_code)
    told = answer_json.plain("egress-prove/1", found, code, {})
    if output is not None:
        output.write_text(told, "utf-8")
        if surfaces.ledger is not None:
            from ringfence.ledger.keeping.documented import logged

            logged(surfaces.ledger, [output], time=now())
    progress.done()
    show(told if format == "json" else proof_text.proof(found, *room(limit)))
    return code


@contextmanager
def _opened(found: Config) -> Iterator[Relay]:
    """Open a relay as it is configured."""
    from ringfence.cli.relaying import made_of, sides
    from ringfence.egress.exit.made import exit_of

    inside, outside = sides(found)
    with (
        exit_of(found.settings) as exit_,
        closing(made_of(found, inside, outside, exit_, [])) as made,
    ):
        yield made


def _has_tokens(contract: Contract) -> bool:
    return any(one.mask == "token" for one in contract.channel.columns)


def _halved(option: str, others: str) -> ConfigError:
    return ConfigError("isn't enough by itself", Locus(option), f"add {others}")
