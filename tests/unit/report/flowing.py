"""Flow maps made from walks, so that their counts agree as the engine's do."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ringfence.claims.outcome import FlowEdge, FlowMap, FlowNode

GROUPS = [
    "growth-analytics",
    "trust-safety-ops",
    "creator-support",
    "ads-measurement",
    "feed-ranking",
    "pulse-viewers",
    "backstage-oncall",
    "music-licensing",
    "live-quality",
    "search-relevance",
    "payments-risk",
    "comments-triage",
    "infra-sre",
    "data-platform",
    "ml-features",
    "abtest-owners",
    "video-codec",
    "push-notify",
    "legal-holds",
    "localisation",
    "partner-api",
    "shop-pilot",
    "security-red-team",
    "device-lab",
    "crash-reports",
    "billing-ops",
    "brand-studies",
    "store-reviews",
    "recsys-offline",
    "identity-graph",
]
TOOLS = (
    "Pulse dashboard",
    "Backstage",
    "Feed Tuner",
    "Query Pad",
    "Creator Desk",
    "Log Lens",
    "Push Console",
    "Ticket Hub",
    "Ads Studio",
    "Model Bench",
    "Data Mover",
)
ACCOUNTS = [
    "svc_pulse",
    "svc_backstage",
    "svc_feedsync",
    "svc_querypad",
    "svc_creator",
    "svc_loglens",
    "svc_push",
    "svc_tickets",
    "svc_ads",
    "svc_models",
    "svc_mover",
    "svc_snapshots",
]
STORES = [
    "warehouse",
    "feed-db",
    "payments-db",
    "search-cluster",
    "chat-archive",
    "backup-sg",
    "events-lake",
]
TABLES = [
    "users",
    "devices",
    "sessions",
    "profiles",
    "phone_numbers",
    "messages",
    "follows",
    "likes",
    "watch_events",
    "comments",
    "uploads",
    "drafts",
    "locations",
    "ip_log",
    "payouts",
    "tax_forms",
    "cards",
    "contacts",
    "search_terms",
    "ad_clicks",
    "ad_segments",
    "faces",
    "voices",
    "reports",
    "appeals",
    "tickets",
    "exports",
    "embeddings",
    "snapshots",
    "chat_files",
    "audit_mail",
]


def drawn(walks: Iterable[Sequence[str]]) -> FlowMap:
    """Return the map of some walks; each begins with its origin."""
    nodes: dict[str, set[str]] = defaultdict(set)
    edges: dict[tuple[str, str], set[str]] = defaultdict(set)
    origins: set[str] = set()
    for walk in walks:
        for node in walk:
            nodes[node].add(walk[0])
        origins.add(walk[0])
        for pair in pairwise(walk):
            edges[pair].add(walk[0])
    return FlowMap(
        tuple(
            FlowNode(node, node.partition(":")[0], node.partition(":")[2], len(people))
            for node, people in sorted(nodes.items())
        ),
        tuple(
            FlowEdge(tail, head, len(people))
            for (tail, head), people in sorted(edges.items())
        ),
        followed=len(origins),
    )


def dataset(number: int) -> str:
    """Return the id of a dataset; the stores take turns."""
    table = number % len(TABLES)
    return f"dataset:{STORES[table % len(STORES)]}/public.{TABLES[table]}"


def company() -> FlowMap:
    """Return 54 people, 30 groups, 11 tools, 12 accounts, 31 datasets and 7 stores."""
    chance = random.Random(54)  # noqa: S311 - two builds must agree
    walks: list[tuple[str, ...]] = []
    for number in range(54):
        person = PEOPLE[number]
        tools = {0} if number < 41 else {1 + number % 10}
        tools |= {1} if number % 5 in {0, 1} else set()
        tools |= {2 + number % 9} if number % 7 == 0 else set()
        for tool in sorted(tools):
            is_wide = number % 4 == 0 if number < 24 else number > 29 and number % 2
            group = f"group:{GROUPS[tool if is_wide else number % 30]}"
            account = f"service_account:{ACCOUNTS[tool]}"
            few = {0: range(9), 1: range(6, 16)}.get(
                tool, range(tool * 3, tool * 3 + 4)
            )
            walks += [
                (person, group, f"tool:{TOOLS[tool]}", account, dataset(table))
                for table in few
                if table < 3 or chance.random() < 0.7
            ]
    walks += _by_store()
    return drawn(walks)


def _by_store() -> list[tuple[str, ...]]:
    account = "service_account:svc_snapshots"
    head = (PEOPLE[3], "group:infra-sre", "tool:Data Mover", account)
    return [
        (*head, f"store:{STORES[number % 7]}", dataset(number)) for number in range(31)
    ]


def master_admin() -> FlowMap:
    """Return four people who hold one role, which holds others, and run no tool."""
    role = "role:warehouse/{}".format
    data = [f"dataset:warehouse/public.{table}" for table in TABLES[:9]]
    walks: list[tuple[str, ...]] = []
    for person in PEOPLE[:4]:
        for number, table in enumerate(data):
            inner = "analytics_ro" if number < 6 else "payments_rw"
            walks.append((person, role("master_admin"), role(inner), table))
        walks.append((person, role("master_admin"), "store:warehouse", data[8]))
    account = "service_account:svc_pulse"
    path = ("tool:Pulse dashboard", account, role("svc_pulse"), role("analytics_ro"))
    walks.append((PEOPLE[9], *path, data[0]))
    return drawn(walks)


_FAMILIES = (
    "li chen wang zhao sun ma hu guo he lin luo song zheng xie tang deng feng cao"
)
PEOPLE = [
    f"person:{family}.{letter}@example"
    for letter in "nyk"
    for family in _FAMILIES.split()
]
