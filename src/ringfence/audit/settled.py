"""The world settled for one window, as the kernels join it.

Most of what is touched is protected at no time of a window, and most people are the
same all through it, so that few events need a search through intervals.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ringfence.audit.days import Window
from ringfence.audit.engine.duckdb import all_written
from ringfence.audit.engine.protocol import Engine, Ints
from ringfence.audit.world import Leaves, Spans, Status, World

_TIMES = frozenset({"since", "until"})
Columns = dict[str, Ints]


def settle(
    engine: Engine, world: World, sizes: tuple[int, int], window: Window, folder: Path
) -> None:
    """Write what the world is in a window, and give it to the engine.

    Args:
        engine: What joins it.
        world: Who was who, and what was what.
        sizes: How many codes of touches and of principals the table of events has.
        window: First instant, and the first one after.
        folder: Where it is written.
    """
    dimensions = _dimensions(world, sizes, window)
    paths = {name: folder / f"{name}.parquet" for name in dimensions}
    all_written({paths[name]: _typed(columns) for name, columns in dimensions.items()})
    for name, path in paths.items():
        engine.register(name, [path])


def _dimensions(
    world: World, sizes: tuple[int, int], window: Window
) -> dict[str, Columns]:
    touches = _size(sizes[0], world.touched.code)
    principals = _size(sizes[1], world.standing.code)
    touch_kind = world.touched.settled(*window, touches)
    who_kind = world.standing.settled(*window, principals)
    plain, candidate = np.flatnonzero(touch_kind == 0), np.flatnonzero(touch_kind)
    touched = _varying(world.touched, touch_kind, window)
    standing = _varying(world.standing, who_kind, window)
    leave = _leaves(world.leave, touch_kind, window)
    address, says = world.addresses()
    return {
        "plain": {"touch": plain},
        "candidate": {"touch": candidate, "state": _states(touch_kind)[candidate]},
        "person": {"who": np.arange(principals), "state": _states(who_kind)},
        "touched": {"touch": touched.code, **_rest(touched)},
        "standing": {"who": standing.code, **_rest(standing)},
        "leave": {
            "who": leave.who,
            "touch": leave.touch,
            "since": leave.since,
            "until": leave.until,
        },
        "abroad": {"address": address, "status": says},
    }


def _states(kind: Ints) -> Ints:
    """Return what codes are in one number: where it varies the code, else below 0.

    A negative number is -1 less the `Status`. It is no code, so that joined with
    intervals it spares the search through them.
    """
    return np.where(kind == Status.VARIES, np.arange(len(kind)), -1 - kind)


def _typed(columns: Columns) -> dict[str, Ints]:
    return {
        name: values.astype(np.int64 if name in _TIMES else np.int32)
        for name, values in columns.items()
    }


def _rest(spans: Spans) -> Columns:
    return {"since": spans.since, "until": spans.until, "status": spans.status}


def _size(words: int, codes: Ints) -> int:
    return max(words, 1, int(codes.max(initial=-1)) + 1)


def _varying(spans: Spans, kind: Ints, window: Window) -> Spans:
    inside = spans.within(*window)
    return inside.of(kind[inside.code] == Status.VARIES)


def _leaves(leave: Leaves, touch_kind: Ints, window: Window) -> Leaves:
    """Return what can matter: exceptions of a candidate, in force in the window."""
    first, after = window
    # A touch beyond the table's codes is none that an event has.
    matters = np.append(touch_kind != 0, False)
    known = matters[np.minimum(leave.touch, len(touch_kind))]
    return leave.of(known & (leave.since < after) & (leave.until > first)).merged()
