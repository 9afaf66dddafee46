"""How fast the gate decides, beside other decision engines: `make bench TOPIC=gate`.

One set of questions for every engine (`bench/gate_questions.py`), each checked to come
to the same answers. Every engine is given its rules, its facts and the questions in the
form that it takes, parsed and compiled as far as it can be beforehand: what is measured
is deciding. The questions repeat, and what an engine keeps of them counts for it. Times
are processor time, the best of some runs. Writes `bench/out/gate.json`.

Peers are cedarpy (Cedar's own engine), regopy (rego-cpp), pycasbin, and regorus (Rego
in Rust) where it is installed. `bench/gate_http.py` and `bench/gate_postgres.py` are
measured after the engine, where they are there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from random import Random

import msgspec
import numpy as np

from bench import gate_questions as asking
from bench.figures import Figure, told, write
from bench.gate_questions import NOW, Facts, facts, questions
from bench.peers import gate_casbin, gate_cedar, gate_rego
from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Scene
from ringfence.gate.compile.batch import Batch, Coded
from ringfence.gate.compile.closure import Closure

ASKED = 2_000
MANY = 1_000_000
MOST_RUNS, SECONDS = 50, 3
OTHERS = ("bench.gate_http", "bench.gate_postgres")
PACKAGES = ("ringfence", "msgspec", "numpy", "cedarpy", "regopy", "casbin")


def best(work: Callable[[], object]) -> float:
    """Return the least processor seconds of a piece of work, after one run.

    Whatever is measured is run as often as there is time for, and no oftener than most.
    """
    work()
    least = float("inf")
    began = time.perf_counter()
    for _ in range(MOST_RUNS):
        before = time.process_time()
        work()
        least = min(least, time.process_time() - before)
        if time.perf_counter() - began > SECONDS:
            break
    return least


def once(work: Callable[[], object]) -> float:
    """Return the processor seconds of what can be done but once."""
    began = time.process_time()
    work()
    return time.process_time() - began


# --- single decisions -----------------------------------------------------------------


def singly(known: Facts, scene: Scene, *, session: bool) -> Iterator[Figure]:
    """Measure single decisions, beside every peer's."""
    asked = questions(known, ASKED, session=session)
    requests = [asking.request(one) for one in asked]
    closure = Closure(scene)
    each = closure.decide
    answers = [one.allowed for one in (each(r, NOW) for r in requests)]
    ours = ASKED / best(lambda: [each(one, NOW) for one in requests])
    plainly = ASKED / best(lambda: [decide(scene, one, NOW) for one in requests])
    where = "with the session's country" if session else "plain"
    name = f"decisions a second, closure, {where}"
    yield _rate(name, ours, "decide itself", plainly)
    peers: dict[str, Callable[[], list[bool]]] = {}
    for peer in (gate_cedar, gate_rego, gate_casbin):
        peers |= peer.deciders(known, asked)
    for peer_name, theirs in peers.items():
        if theirs() != answers:
            message = f"{peer_name} answers otherwise: it was asked another question"
            raise SystemExit(message)
        yield _rate(name, ours, peer_name, ASKED / best(theirs))


# --- AuthZEN --------------------------------------------------------------------------


class _Entity(msgspec.Struct):
    type: str
    id: str


class _Action(msgspec.Struct):
    name: str


class _Evaluation(msgspec.Struct):
    subject: _Entity
    action: _Action
    resource: _Entity


class _Answer(msgspec.Struct):
    decision: bool


def authzen(known: Facts, scene: Scene) -> Iterator[Figure]:
    """Measure decisions between a decoded body of AuthZEN and an encoded one."""
    bodies = [
        msgspec.json.encode(
            _Evaluation(
                _Entity("person", one.person),
                _Action("read"),
                _Entity("dataset", one.table),
            )
        )
        for one in questions(known, ASKED, session=False)
    ]
    decoder = msgspec.json.Decoder(_Evaluation)
    encoder = msgspec.json.Encoder()
    each = Closure(scene).decide

    def answered() -> list[bytes]:
        found = []
        for body in bodies:
            one = decoder.decode(body)
            request = Request(
                f"{one.subject.type}:{one.subject.id}",
                one.action.name,
                f"{one.resource.type}:{one.resource.id}",
            )
            found.append(encoder.encode(_Answer(each(request, NOW).allowed)))
        return found

    rate = ASKED / best(answered)
    yield Figure(
        "decisions a second, AuthZEN decoded and encoded", round(rate), "decisions/s"
    )


# --- many at once ---------------------------------------------------------------------


def searches(people: int) -> Iterator[Figure]:
    """Measure who may read a table, of very many people."""
    known = facts(people)
    scene = asking.scene(known)
    taken: list[Batch] = []
    built = once(lambda: taken.append(Batch(scene)))
    (many,) = taken
    yield Figure(f"a scene of {people:,} people compiled", round(built, 3), "s")
    table = next(f"dataset:{one}" for one, is_in in known.protected.items() if is_in)
    first = once(lambda: many.principals("read", table, NOW))
    again = best(lambda: many.principals("read", table, NOW))
    found = many.principals("read", table, NOW)
    each = many.closure.decide
    one_by_one = once(
        lambda: [
            p for p in scene.people if each(Request(p, "read", table), NOW).allowed
        ]
    )
    name = f"subject search over {people:,} people, {len(found):,} found"
    yield Figure(
        name,
        round(again * 1e3, 2),
        "ms",
        "one by one",
        round(one_by_one * 1e3, 1),
        round(one_by_one / again, 1),
    )
    yield Figure(f"{name}, the first", round(first * 1e3, 1), "ms")
    other = best(lambda: many.conceding(scene.leaves[1:]))
    yield Figure("an exception ended or approved", round(other * 1e3, 3), "ms")


def batches(known: Facts, scene: Scene, rows: int) -> Iterator[Figure]:
    """Measure columns of questions, and lists of them."""
    chance = np.random.default_rng(6)
    people = [f"person:{one}" for one in known.residence]
    tables = [f"dataset:{one}" for one in known.protected]
    who = Coded(chance.integers(len(people), size=rows), people)
    what = Coded(chance.integers(len(tables), size=rows), tables)
    many = Batch(scene)
    request = Request("", "read", "", purpose="repair", subjects=1)
    found = many.crossing(request, who, what, NOW)
    for row in Random(1).sample(range(rows), 2_000):  # noqa: S311 - a sample
        one, other = people[who.codes[row]], tables[what.codes[row]]
        asked = replace(request, principal=one, resource=other)
        if decide(scene, asked, NOW).allowed != found[row]:
            message = f"a batch answers row {row} otherwise than `decide`"
            raise SystemExit(message)
    columns = rows / best(lambda: many.crossing(request, who, what, NOW))
    requests = [asking.request(one) for one in questions(known, ASKED, session=False)]
    listed = ASKED / best(lambda: many.allowed(requests, NOW))
    yield _rate(
        f"decisions a second, {rows:,} rows of columns", columns, "a list", listed
    )


def _rate(name: str, ours: float, peer: str, theirs: float) -> Figure:
    ratio = round(ours / theirs, 1)
    return Figure(name, round(ours), "decisions/s", peer, round(theirs), ratio)


def figures(people: int) -> Iterator[Figure]:
    """Yield every figure: the engine's, then those of the modules beside this one."""
    known = facts()
    scene = asking.scene(known)
    yield from singly(known, scene, session=False)
    yield from singly(known, scene, session=True)
    yield from authzen(known, scene)
    yield from batches(known, scene, people)
    yield from searches(people)
    yield from others()


def others() -> Iterator[Figure]:
    """Yield the figures of the modules beside this one that can be measured here."""
    for name in OTHERS:
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            print(f"{name} is not measured: {error}")
            continue
        yield from module.figures()


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=MANY)
    write("gate", told(figures(parser.parse_args().people)), PACKAGES)


if __name__ == "__main__":
    main()
