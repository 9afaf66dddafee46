"""One decision of a gate, asked by hand: names as people write them, and why.

What is decided is what `decide` decides of the case's scene; nothing is logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Decision, Request
from ringfence.boundary.decision.scene import Scene, digest
from ringfence.boundary.vocabulary import DATA_KINDS, VERBS, kind_of
from ringfence.claims.case import Case
from ringfence.claims.gating import scene_of
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus
from ringfence.gate.wording import path, words

_CALLED = "write an id, with or without its kind, or a label"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked, as somebody wrote it.

    Attributes:
        principal: Who: an id, with or without its kind, or a label.
        verb: What they want to do.
        resource: To what: an id of data, with or without its kind, or a label.
        columns: Columns of a dataset, by their bare names; none stands for all.
        purpose: What for.
        subjects: How many people's data is asked for.
        circumstances: Values for guards, by key.
        obeys: What whoever asks can carry out: `mask`, `rows`.
    """

    principal: str
    verb: str
    resource: str
    columns: tuple[str, ...] = ()
    purpose: str = ""
    subjects: int | None = None
    circumstances: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    obeys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, and all that it takes to show it.

    Attributes:
        request: What was asked, in the estate's words.
        decision: The answer.
        words: The answer as a sentence.
        path: Why the principal is excluded, selector by selector.
        time: The instant that was asked about.
        boundary: Digest of the boundary. `estate`: of the estate. `scene`: of the
            scene.
        labels: Names that people use, by node id.
    """

    request: Request
    decision: Decision
    words: str
    path: tuple[str, ...]
    time: str
    boundary: str
    estate: str
    scene: str
    labels: Mapping[str, str]


def decided(case: Case, wish: Wish) -> Decided:
    """Return what the gate of a case decides, as of the case's instant.

    Raises:
        ConfigError: The boundary says nothing of a gate, or a name is nobody's.
    """
    scene = scene_of(case)
    request = _request(case, scene, wish)
    decision = decide(scene, request, scene.since)
    labels = case.view.labels([request.principal, request.resource])
    return Decided(
        request,
        decision,
        words(decision, request, lambda one: labels.get(one, one.partition(":")[2])),
        path(scene, request, decision),
        scene.since,
        scene.boundary,
        scene.estate,
        digest(scene),
        labels,
    )


def _request(case: Case, scene: Scene, wish: Wish) -> Request:
    if wish.verb not in VERBS:
        message = f"there is no verb `{wish.verb}`"
        raise ConfigError(message, Locus("VERB"), nearest(wish.verb, VERBS))
    known = {*case.view.ids, *scene.people, *scene.datasets}
    data = {one for one in known if kind_of(one) in DATA_KINDS}
    principal = _called(case, known - data, wish.principal, "PRINCIPAL")
    resource = _called(case, data, wish.resource, "RESOURCE")
    if wish.columns and kind_of(resource) != "dataset":
        message = f"`{resource}` is no dataset, so that no columns of it can be named"
        raise ConfigError(message, Locus("--column"))
    return Request(
        principal,
        wish.verb,
        resource,
        wish.columns,
        purpose=wish.purpose,
        subjects=wish.subjects,
        circumstances=wish.circumstances,
        obeys=wish.obeys,
    )


def _called(case: Case, nodes: Iterable[str], name: str, place: str) -> str:
    """Return the one node that a name means.

    Raises:
        ConfigError: Nothing is called that, or several nodes are.
    """
    every = sorted(nodes)
    found = [one for one in every if name == one]
    found = found or [one for one in every if name == one.partition(":")[2]]
    if not found:
        labels = case.view.labels(every)
        found = [one for one in every if labels.get(one) == name]
        if not found:
            words = {one.partition(":")[2] for one in every} | {*labels.values()}
            message = f"nothing is called `{name}`"
            hint = nearest(name, words | {*every}) or _CALLED
            raise ConfigError(message, Locus(place), hint)
    if len(found) > 1:
        hint = "write the id: " + ", ".join(f"`{one}`" for one in found[:3])
        raise ConfigError(f"several are called `{name}`", Locus(place), hint)
    return found[0]
