"""The boundary as a value, with every regime resolved into it.

The canonical JSON of this value (keys sorted, defaults written) is `boundary.json`, and
its SHA-256 is the boundary digest: it holds every rule that a verdict rests on, so that
a checker needs neither YAML nor our regime files.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from ringfence.boundary.channels import Egress
from ringfence.boundary.value import Value

# --- who is excluded ------------------------------------------------------------------


class Attribute(Value, frozen=True, tag="attribute", tag_field="test"):
    """The node's attribute `name` is one of `values`.

    A node may have several values at one time (two employers, two sources that
    disagree): yes when all are among `values`, no when none is, else unknown. A node
    that has none is `absent`.
    """

    name: str
    values: tuple[str, ...]
    absent: Literal["unknown", "no"] = "unknown"
    cite: str = ""


class Employer(Value, frozen=True, tag="employer", tag_field="test"):
    """One of the person's employers is named, or is itself an excluded entity.

    `entities` empty stands for "any excluded entity". A person without a recorded
    employer is `absent`.
    """

    entities: tuple[str, ...] = ()
    absent: Literal["unknown", "no"] = "unknown"
    cite: str = ""


class Owned(Value, frozen=True, tag="owned", tag_field="test"):
    """Excluded owners together hold at least `percent` of the entity (28 CFR 202.211).

    A step at each entity, never the product of shares. `remainder` says what shares
    mean that no source states: `unknown`, or `no` (held by nobody excluded, which is
    then an assumption of every verdict).
    """

    percent: str = "50"
    interests: tuple[str, ...] = ("shareholding",)
    remainder: Literal["unknown", "no"] = "no"
    cite: str = ""


class AnyOf(Value, frozen=True, tag="any", tag_field="test"):
    """At least one of the tests holds."""

    of: tuple[Test, ...]
    cite: str = ""


class AllOf(Value, frozen=True, tag="all", tag_field="test"):
    """Every one of the tests holds."""

    of: tuple[Test, ...]
    cite: str = ""


class Not(Value, frozen=True, tag="not", tag_field="test"):
    """The test doesn't hold. It may hold attributes only, never employer or owned."""

    of: Test
    cite: str = ""


Test = Attribute | Employer | Owned | AnyOf | AllOf | Not


class Selector(Value, frozen=True):
    """Who is excluded: one test for people, one for legal entities.

    The excluded are the least fixpoint of the two tests (an employer may be excluded
    for its owners, an owner for its employer).

    Attributes:
        name: Name in the boundary.
        people: Test for people.
        entities: Test for legal entities; a state of a listed country is one.
        regime: Id of the regime that it comes from, empty when spelled out.
        countries: The codes that it turns on, for reports.
        assumptions: What it takes for granted, in words; printed with each verdict.
    """

    name: str
    people: Test
    entities: Test
    regime: str = ""
    countries: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


class RegimeUsed(Value, frozen=True):
    """A regime that the boundary draws on: its source, version, dates and digest."""

    id: str
    title: str
    source: str
    version: str
    in_force: str  # first instant, `YYYY-MM-DDTHH:MM:SSZ`
    until: str = ""
    digest: str = ""


# --- what is protected, and where it may be -------------------------------------------


class Protection(Value, frozen=True):
    """A named class of protected columns.

    A column belongs when it carries one of the `tags`, or its id (without `column:`)
    matches one of `columns`, or its dataset's id (without `dataset:`) one of
    `datasets`. In patterns `*` stands for any run of characters and `?` for one.
    """

    name: str
    category: str = ""
    tags: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


class BoundaryException(Value, frozen=True):
    """A counted, capped and expiring leave to cross."""

    name: str
    who: tuple[str, ...]  # ids of people or groups
    columns: tuple[str, ...]  # patterns over column ids, without `column:`
    purpose: str
    owner: str
    cap: int  # distinct subjects
    until: str
    since: str = ""


class Network(Value, frozen=True):
    """Addresses of one's own, which no registry has to be asked about.

    Attributes:
        name: What they are called: `office-la`.
        addresses: Networks in CIDR form.
        place: ISO 3166-1 code of where who has such an address is; empty: unknown.
        hides: It is a VPN, proxy or remote desktop: where somebody sits who comes from
            there is not known.
    """

    name: str
    addresses: tuple[str, ...]
    place: str = ""
    hides: bool = False


# --- what is enforced -----------------------------------------------------------------

Mask = Literal["null", "full", "hash", "first4", "last4", "year"]


class Rows(Value, frozen=True):
    """Which rows of some datasets are of the population: `column` has one of `values`.

    A row whose value isn't known may be of the population. Where nothing is stated,
    every row is.
    """

    datasets: tuple[str, ...]  # patterns over dataset ids, without `dataset:`
    column: str
    values: tuple[str, ...]


class Masking(Value, frozen=True):
    """What whoever is excluded sees in the place of a column's values."""

    columns: tuple[str, ...]  # patterns over column ids, without `column:`
    mask: Mask


class Gate(Value, frozen=True):
    """What the gate enforces: the part of a boundary that is decided at each request.

    Attributes:
        excluded: Names of the selectors that keep somebody out; any one does.
        protected: Names of protections; empty means all.
        verbs: Verbs or verb groups that count.
        exceptions: Names of the exceptions that are conceded.
        mode: `fence` asks whether a request may cross; `grants` asks further whether
            whoever makes it holds a grant.
        publish: A decision is answered when it is published, rather than sequenced.
        rows: Which rows are of the population.
        masks: What takes the place of a column's values.
    """

    excluded: tuple[str, ...]
    protected: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("any",)
    exceptions: tuple[str, ...] = ()
    mode: Literal["fence", "grants"] = "fence"
    publish: bool = False
    rows: tuple[Rows, ...] = ()
    masks: tuple[Masking, ...] = ()


# --- claims ---------------------------------------------------------------------------


class Claim(Value, frozen=True):
    """A public sentence and its executable form.

    Attributes:
        id: Kebab-case name: file names, docs anchors and configuration use it.
        says: The sentence.
        by: Who said it. `on`: when, as precisely as is known.
        kind: Executable form; `ringfence.claims` has one module for each.
        excluded: Name of a selector, for kinds that ask who.
        protected: Names of protections; empty means all.
        places: For `presence`: where. For `residency`: instead of the boundary's.
        copy: For `presence`: role of the copy.
        purpose: For `facility`: which facilities.
        reach: Whether controls on edges are ignored (bare) or honoured (residual).
        verbs: Verbs or verb groups that count.
        grades: Grades of edges that count.
        exceptions: Names of exceptions that the sentence itself concedes.
        kinds: For `no_single_principal`: kinds of principal that are examined.
        share: For `no_single_principal`: percent of the protected columns that is
            everything.
        form: For `control_operates`: `team` or `grant`.
        team: For `control_operates`: ids of people or groups who may decide.
        during: First and last instant, for claims that speak of a period.
        logs: For claims about events and logs: names of the logs that are judged; none
            stands for all that the boundary orders.
        days: For `revocation`: whole days after leaving within which all has ended.
        months: For `log_retention`: how far back the logs reach.
    """

    id: str
    says: str
    kind: Literal[
        "residency",
        "presence",
        "facility",
        "jurisdiction",
        "no_reach",
        "no_single_principal",
        "control_operates",
        "no_event",
        "some_event",
        "revocation",
        "log_retention",
        "log_continuity",
    ]
    by: str = ""
    on: str = ""
    excluded: str = ""
    protected: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    copy: str = ""
    purpose: str = ""
    reach: Literal["bare", "residual"] = "residual"
    verbs: tuple[str, ...] = ("any",)
    grades: tuple[str, ...] = ("technical",)
    exceptions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("role", "service_account", "group", "tool", "person")
    share: int = 100
    form: Literal["", "team", "grant"] = ""
    team: tuple[str, ...] = ()
    during: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    days: int = 0
    months: int = 0


class Boundary(Value, frozen=True):
    """A boundary, resolved.

    Attributes:
        name: Name of the boundary.
        population: Whose data, in words.
        as_of: The instant that verdicts speak of; empty means now.
        max_age_days: How far from that instant a source may have been collected.
        unclassified: What a column is that no source classifies.
        protected: Classes of protected columns.
        places: Permitted places (`US`, `US-VA`) by role of the copy.
        excluded: Selectors by name.
        exceptions: Leaves to cross.
        networks: Addresses of one's own.
        regimes: Regimes drawn on.
        claims: Claims, in the order of the file.
        gate: What is enforced; None where nothing is said of it.
        egress: What may leave; None where nothing is said of it.
    """

    name: str
    population: str
    protected: tuple[Protection, ...]
    places: dict[str, tuple[str, ...]]
    excluded: tuple[Selector, ...]
    claims: tuple[Claim, ...]
    as_of: str = ""
    max_age_days: int = 31
    unclassified: Literal["unknown", "no"] = "unknown"
    exceptions: tuple[BoundaryException, ...] = ()
    networks: tuple[Network, ...] = ()
    regimes: tuple[RegimeUsed, ...] = ()
    gate: Gate | None = None
    egress: Egress | None = None

    def selector(self, name: str) -> Selector:
        """Return the selector of that name."""
        return next(chosen for chosen in self.excluded if chosen.name == name)


class SourceOrder(Value, frozen=True):
    """A source as the boundary file orders it (not part of the boundary digest)."""

    name: str
    kind: str
    files: tuple[str, ...] = ()
    collected: str = ""
    history_since: str = ""


_encoder = msgspec.json.Encoder(order="sorted")


def canonical(boundary: Boundary) -> bytes:
    """Return the boundary's canonical JSON: the bytes of `boundary.json`."""
    return _encoder.encode(boundary)


def digest(boundary: Boundary) -> str:
    """Return the boundary digest: SHA-256 of `canonical`, in hexadecimal."""
    return hashlib.sha256(canonical(boundary)).hexdigest()
