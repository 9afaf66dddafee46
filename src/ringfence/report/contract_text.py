"""Contracts of an exit as text: who receives, how much, until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ringfence.boundary.channels import Channel
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import Contract, Contracts, Recipient
from ringfence.report import wording
from ringfence.report.witness_text import hung

_SHORT = 12  # digits of a digest that people read
_STANDING = {
    Status.NO: "not excluded",
    Status.UNKNOWN: "perhaps excluded",
    Status.YES: "excluded",
}


def contracts(found: Contracts, labels: Mapping[str, str], width: int) -> str:
    """Return contracts as text.

    Args:
        found: The contracts.
        labels: Names that people use.
        width: How wide a screen is.
    """
    return "\n".join(line.rstrip() for line in _lines(found, labels, width)) + "\n"


def plain(found: Contracts) -> dict[str, object]:
    """Return contracts as JSON has them: what decides of each channel, by key."""
    return {
        "since": found.since,
        "until": found.until,
        "boundary": found.boundary,
        "estate": found.estate,
        "channels": [_channel(one) for one in found.contracts],
    }


def _channel(one: Contract) -> dict[str, object]:
    channel, leave = one.channel, one.conceded
    return {
        "name": channel.name,
        "digest": one.digest,
        "purpose": channel.purpose,
        "since": channel.since,
        "until": channel.until,
        "cap": channel.cap,
        "cell": channel.cell,
        "excluded": str(one.status),
        "recipients": [
            {
                "id": each.id,
                "excluded": str(each.status),
                "group": each.group,
                "why": each.why,
            }
            for each in one.recipients
        ],
        "exception": leave and leave.name,
        "unconceded": one.unconceded,
    }


def _lines(found: Contracts, labels: Mapping[str, str], width: int) -> Iterator[str]:
    for one in found.contracts:
        yield from _contract(one, labels, width)
        yield ""
    if not found.contracts:
        yield "no channel is declared: nothing leaves"
    since, until = wording.day(found.since), wording.day(found.until)
    rests = f"boundary {found.boundary[:_SHORT]}…, estate {found.estate[:_SHORT]}…"
    yield from hung("", f"good from {since} to before {until}; {rests}", width)


def _contract(one: Contract, labels: Mapping[str, str], width: int) -> Iterator[str]:
    channel = one.channel
    yield from hung("", f"{channel.name}: {channel.purpose}", width)
    yield from hung("  carries   ", _carried(channel), width)
    yield from hung("  ends      ", wording.day(channel.until), width)
    for each in one.recipients:
        yield from hung("  receives  ", _received(each, labels), width)
    if one.conceded is not None:
        leave = one.conceded
        told = f"{leave.name}, {_most(leave.cap)}, until {wording.day(leave.until)}"
        yield from hung("  exception ", told, width)
    elif one.unconceded:
        told = f"{channel.exception} doesn't apply: {one.unconceded}"
        yield from hung("  exception ", told, width)


def _received(one: Recipient, labels: Mapping[str, str]) -> str:
    told = f"{wording.name(one.id, labels)}: {_STANDING[one.status]}"
    why = f" ({one.why})" if one.why else ""
    if one.group == one.id:
        return told + why
    return f"{told}{why}, counted under {wording.name(one.group, labels)}"


def _carried(channel: Channel) -> str:
    columns = wording.counted(len(channel.columns), "column", "columns")
    parts = [columns] if channel.columns else []
    parts += ["texts"] if channel.text else []
    cell = f"; no count below {channel.cell:,}" if channel.cell else ""
    return f"{wording.joined(parts)}, {_most(channel.cap)}{cell}"


def _most(cap: int) -> str:
    people = "person" if cap == 1 else "people"
    return f"of at most {cap:,} protected {people}" if cap else "of nobody protected"
