"""The logs of the internal tools, each in a form of its own, and of the sign-ins.

A tool's log knows the person; the database knows only the tool's service account.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import tables
from people import DOMAIN
from scenario import AFTER, FIRST, GAP, Act, days
from scenario_stories import LEASES

Timed = tuple[datetime, bytes]
# A tool notes a question before it asks the database.
BEFORE = timedelta(milliseconds=400)
_VAULT_CLOCK = ZoneInfo("America/New_York")
BROKEN = datetime.fromisoformat("2021-12-03T16:20:11Z")


def written(acts: Iterable[Act]) -> Mapping[str, bytes]:
    """Return the content of each log by its name below `logs/`, unpacked."""
    by_tool: dict[str, list[Act]] = {}
    for act in acts:
        if act.person and act.tool not in {"psql", "jobs"}:
            by_tool.setdefault(act.tool, []).append(act)
    return {
        "tools/pulse.jsonl": _pulse(by_tool["Pulse"]),
        "tools/quarry.csv": _quarry(by_tool["Quarry"]),
        "tools/backstage.txt": _backstage(by_tool["Backstage"]),
        "tools/compass.jsonl": _compass(by_tool["Compass"]),
        "vault/queries.csv": _vault(),
        "signins.jsonl": _sign_ins(by_tool),
    }


def _joined(lines: Iterable[Timed], header: str = "") -> bytes:
    """Return lines in the order of time, below a header."""
    ordered = sorted(lines, key=lambda line: line[0])
    head = f"{header}\n".encode() if header else b""
    return head + b"".join(line + b"\n" for _, line in ordered)


def _beats(hours: int, beat: Callable[[datetime], str]) -> Iterator[Timed]:
    """Yield a log's signs of life."""
    at = FIRST + timedelta(seconds=7)
    while at < AFTER:
        yield at, beat(at).encode()
        at += timedelta(hours=hours)


def _told(acts: Iterable[Act], tell: Callable[[Act, datetime], str]) -> Iterator[Timed]:
    for act in acts:
        at = act.at - BEFORE
        yield at, tell(act, at).encode()


def _json(**values: object) -> str:
    return json.dumps(values, separators=(",", ":"))


def _stamp(at: datetime, after: str = "Z") -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1_000:03}{after}"


def _full(login: str) -> str:
    return f"{login}@{DOMAIN}"


def _columns(act: Act) -> list[str]:
    """Return the columns in full, those of a `*` one by one."""
    every = {one.name: one.columns for one in tables.everything()}
    found: list[str] = []
    for name in act.asked.columns:
        relation, _, column = name.rpartition(".")
        inner = [one.name for one in every[relation]] if column == "*" else [column]
        found += [f"{relation}.{one}" for one in inner]
    return found


def _fields(act: Act) -> tuple[str, list[str]]:
    """Return the one relation of an act, and the columns of it."""
    (relation,) = act.asked.relations
    return relation, [name.rpartition(".")[2] for name in _columns(act)]


def _status(act: Act) -> str:
    return "denied" if act.asked.denied else "ok"


def _pulse(acts: Iterable[Act]) -> bytes:
    def tell(act: Act, at: datetime) -> str:
        relation, fields = _fields(act)
        return _json(
            ts=_stamp(at),
            kind="kept" if act.by == "tool" else "open",
            login=_full(act.person),
            session=act.key,
            report=act.name,
            dataset=relation,
            fields=fields,
            status=_status(act),
            ip=act.address,
        )

    def beat(at: datetime) -> str:
        return _json(ts=_stamp(at), kind="heartbeat")

    # Somebody's client wrote its report's name in Latin-1.
    broken = (
        b'{"ts":"2021-12-03T16:20:11.000Z","kind":"open","login":"fay.xie@%b",'
        b'"session":"s-9000","report":"r\xe9sum\xe9","dataset":"ref.calendar",'
        b'"fields":["day"],"status":"ok","ip":"10.10.1.9"}' % DOMAIN.encode()
    )
    return _joined([*_told(acts, tell), *_beats(6, beat), (BROKEN, broken)])


def _quarry(acts: Iterable[Act]) -> bytes:
    def tell(act: Act, at: datetime) -> str:
        login = act.login or act.person
        original = act.person if act.login else ""
        names = ";".join(_columns(act))
        told = (login, original, act.key, "run", names, _status(act), act.address)
        return ",".join((_stamp(at, "+00:00"), *told))

    def beat(at: datetime) -> str:
        return f"{_stamp(at, '+00:00')},,,,heartbeat,,,"

    header = "time,login,original_login,request_id,action,columns,status,ip"
    return _joined([*_told(acts, tell), *_beats(6, beat)], header)


def _backstage(acts: Iterable[Act]) -> bytes:
    def tell(act: Act, at: datetime) -> str:
        relation, fields = _fields(act)
        told = (act.person, act.key, act.name, relation, " ".join(fields), act.address)
        return "|".join((_plain(at), *told))

    def beat(at: datetime) -> str:
        return f"{_plain(at)}|||heartbeat|||"

    lines = [*_told(acts, tell), *_beats(6, beat)]
    kept = (line for line in lines if not GAP[0] <= line[0] < GAP[1])
    return _joined(kept, "when|who|request|screen|relation|fields|from")


def _plain(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1_000:03}"


def _compass(acts: Iterable[Act]) -> bytes:
    def tell(act: Act, at: datetime) -> str:
        relation, fields = _fields(act)
        return _json(
            t=_epoch(at),
            type="read",
            who={"login": _full(act.person), "ip": act.address},
            call={"id": act.key, "name": act.name},
            table={"name": relation, "columns": fields},
        )

    def beat(at: datetime) -> str:
        return _json(t=_epoch(at), type="alive")

    return _joined([*_told(acts, tell), *_beats(6, beat)])


def _epoch(at: datetime) -> int:
    return (at - datetime.fromtimestamp(0, at.tzinfo)) // timedelta(milliseconds=1)


# --- the vault ------------------------------------------------------------------------

_TOTALS = "month country payees amount last_iban"
_PAYEES = "legal_name tax_number iban"


def vault() -> list[tuple[datetime, str, str, str, int, str]]:
    """Return who asked the vault: when, who, relation, columns, rows, result.

    The monthly totals are an exception in force; an attempt at more is refused.
    """
    found = []
    for month in range(5):
        year, number = divmod(8 + month, 12)
        begin = FIRST.replace(year=2021 + year, month=number + 1, day=4)
        for person, hour in (("cleo.finch", 15), ("kai.lane", 13), ("lou.wood", 14)):
            at = begin + timedelta(hours=hour, minutes=10 * month)
            told = (at, person, "payouts.monthly_total", _TOTALS, 38, "done")
            found.append(told)
    at = FIRST.replace(month=12, day=9, hour=13, minute=21)
    found.append((at, "kai.lane", "payouts.payee", _PAYEES, 0, "refused"))
    return sorted(found)


def _vault() -> bytes:
    def line(at: datetime, *told: str) -> Timed:
        local = at.astimezone(_VAULT_CLOCK)
        return at, ";".join((f"{local:%Y-%m-%d %H:%M:%S}", *told)).encode()

    rows = [
        line(at, who, relation, columns.replace(" ", ","), str(count), result)
        for at, who, relation, columns, count, result in vault()
    ]
    # At noon, for an hour of the night may come twice.
    beats = [line(day.replace(hour=17), "", "", "", "", "alive") for day in days()]
    return _joined([*rows, *beats], "when;person;object;columns;rows;result")


# --- sign-ins -------------------------------------------------------------------------


def _sign_ins(by_tool: Mapping[str, list[Act]]) -> bytes:
    """Return who signed in: by the VPN's leases, and by single sign-on."""
    lines: list[Timed] = [
        (
            lease.since,
            _signed("vpn", lease.person, lease.address, lease.since, lease.until),
        )
        for lease in LEASES
    ]
    seats: dict[tuple[str, str, str], list[datetime]] = {}
    for acts in by_tool.values():
        for act in acts:
            key = (f"{act.at:%Y-%m-%d}", act.person, act.address)
            seats.setdefault(key, []).append(act.at)
    for (_, person, address), times in seats.items():
        since = min(times) - timedelta(minutes=6, seconds=40)
        until = max(times) + timedelta(minutes=25)
        lines.append((since, _signed("sso", person, address, since, until)))

    def beat(at: datetime) -> str:
        return _json(system="heartbeat", at=_stamp(at))

    return _joined([*lines, *_beats(6, beat)])


def _signed(
    system: str, person: str, address: str, since: datetime, until: datetime
) -> bytes:
    return _json(
        system=system,
        at=_stamp(since),
        until=_stamp(until),
        login=_full(person),
        address=address,
    ).encode()
