"""Every probe, in the order of the groups."""

from __future__ import annotations

from ringfence.gate.postgres.probes.copies import COPIES
from ringfence.gate.postgres.probes.doors import DOORS
from ringfence.gate.postgres.probes.identity import IDENTITY
from ringfence.gate.postgres.probes.logic import LOGIC
from ringfence.gate.postgres.probes.planner import PLANNER
from ringfence.gate.postgres.probes.probe import Probe
from ringfence.gate.postgres.probes.sessions import SESSIONS
from ringfence.gate.postgres.probes.side_stores import SIDE_STORES
from ringfence.gate.postgres.probes.trojans import TROJANS
from ringfence.gate.postgres.probes.writes import WRITES

PROBES: tuple[Probe, ...] = (
    *IDENTITY,
    *DOORS,
    *TROJANS,
    *PLANNER,
    *WRITES,
    *LOGIC,
    *COPIES,
    *SIDE_STORES,
    *SESSIONS,
)
