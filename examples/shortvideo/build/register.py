"""What the register of tools holds: tools, their accounts, grants and exports."""

from __future__ import annotations

from dataclasses import dataclass

# A person abroad who approves entry: team, and number among its people in China.
ABROAD = {
    "growth lead": ("growth", 2),
    "platform lead": ("data-platform", 0),
    "feature lead": ("recommendation", 0),
    "live lead": ("live", 0),
    "audit lead": ("internal-audit", 0),
}
US_TEAM = "group:us-access-team"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Attributes:
        runs_as: Service accounts, each with the database roles that it logs in as.
        used_by: Groups; `owner`: the group whose code it is.
        approver: `us` for the US team, else a key of `ABROAD`.
    """

    name: str
    label: str
    runs_as: dict[str, tuple[str, ...]]
    used_by: tuple[str, ...]
    owner: str  # empty: delivered and kept by the hosting company
    approver: str = "us"


def _one(  # noqa: PLR0917 - the table below reads by position
    name: str,
    label: str,
    role: str,
    used_by: str,
    owner: str,
    approver: str = "us",
) -> Tool:
    """Return a tool with one service account, which logs in as a role of its name."""
    account = f"svc_{name.lower().replace('-', '_')}"
    roles = (f"warehouse/{role or account}",)
    return Tool(name, label, {account: roles}, tuple(used_by.split()), owner, approver)


def _plain(name: str, label: str, owner: str = "office-services") -> Tool:
    """Return a tool that holds nothing of anybody's."""
    return Tool(name, label, {f"svc_{name.lower()}": ()}, ("everybody",), owner)


TOOLS = (
    # Growth, recommendation and advertising.
    _one(
        "Pulse",
        "growth dashboards",
        "",
        "growth-analytics pulse-viewers",
        "growth-analytics",
        "growth lead",
    ),
    _one(
        "Lantern",
        "look up an account by handle",
        "",
        "lantern-lookup support-leads",
        "growth-analytics",
        "growth lead",
    ),
    _one(
        "Quarry",
        "SQL over the warehouse",
        "",
        "quarry-analysts",
        "data-platform",
        "platform lead",
    ),
    _one(
        "Compass",
        "ranking workbench",
        "",
        "feature-engineers",
        "recommendation-engineering",
        "feature lead",
    ),
    _one(
        "Orchard",
        "feature store",
        "",
        "feature-engineers",
        "recommendation-engineering",
        "feature lead",
    ),
    _one(
        "Tidepool",
        "experiments",
        "",
        "experiment-readers",
        "recommendation-engineering",
        "feature lead",
    ),
    _one("Adloom", "audiences and targeting", "", "ads-engineering", "ads-engineering"),
    _one("Ledgerline", "advertisers' invoices", "", "campaign-desk", "ads-engineering"),
    _one("Kite", "campaign desk", "", "campaign-desk", "ads-engineering"),
    _one(
        "Echo", "audience reports", "", "campaign-desk ads-analysts", "ads-engineering"
    ),
    # Data platform and operations.
    Tool(
        "Foundry",
        "data pipelines",
        {
            "svc_foundry_read": ("warehouse/svc_foundry_read",),
            "svc_foundry_write": ("warehouse/svc_foundry_write",),
        },
        ("foundry-operators",),
        "data-platform",
        "platform lead",
    ),
    _one(
        "Conveyor",
        "exports to files",
        "",
        "foundry-operators",
        "data-platform",
        "platform lead",
    ),
    _one(
        "Spyglass", "search administration", "", "search-operators", "site-reliability"
    ),
    _one("Mirror", "feeds the replica and the backup", "replicator", "", ""),
    _one(
        "Sundial",
        "job scheduler",
        "",
        "site-reliability data-platform",
        "site-reliability",
    ),
    _one("Watchtower", "monitoring", "", "site-reliability", "site-reliability"),
    Tool(
        "Shipyard",
        "releases",
        {"svc_shipyard": ()},
        ("release-engineers",),
        "release-engineers",
    ),
    _plain("Switchboard", "feature switches", "site-reliability"),
    _plain("Tollgate", "keys of public interfaces", "site-reliability"),
    # Live, creators.
    _one(
        "Stagehand",
        "live operations",
        "",
        "gift-operations",
        "live-operations",
        "live lead",
    ),
    _one(
        "Backstage",
        "creators' accounts",
        "",
        "creator-managers gift-operations",
        "live-operations",
        "live lead",
    ),
    _one(
        "Limelight",
        "creators' contracts",
        "",
        "creator-managers",
        "creator-partnerships",
    ),
    _one(
        "Playbill",
        "calendar of campaigns",
        "",
        "creator-partnerships",
        "creator-partnerships",
    ),
    # Trust, support, legal, audit.
    _one("Gavel", "moderation", "", "moderators", "trust-and-safety"),
    _one("Sieve", "spam and bans", "", "moderators", "trust-and-safety"),
    _one("Lighthouse", "reports and appeals", "", "moderators", "trust-and-safety"),
    _one(
        "Docketeer", "requests of authorities", "", "law-enforcement-response", "legal"
    ),
    _one("Harbour", "support tickets", "", "support-agents", "support-agents"),
    _one("Callback", "telephone support", "", "support-leads", "support-agents"),
    _one(
        "Magpie",
        "internal inquiries",
        "",
        "green-channel",
        "internal-audit",
        "audit lead",
    ),
    # Payouts and papers: a store of their own.
    Tool(
        "Paymaster",
        "payouts to creators",
        {"svc_paymaster": ()},
        ("payouts",),
        "payouts",
    ),
    Tool(
        "Notary",
        "age and identity papers",
        {"svc_notary": ()},
        ("age-verification",),
        "payouts",
    ),
    Tool(
        "Abacus",
        "monthly payout totals",
        {"svc_abacus": ()},
        ("payout-liaison",),
        "payouts",
    ),
    # Everyday tools.
    _plain("Roster", "staff directory"),
    _plain("Almanac", "calendar and rooms"),
    _plain("Pantry", "office supplies"),
    _plain("Canteen", "menus"),
    _plain("Inkwell", "wiki"),
    _plain("Parrot", "translation memory", "recommendation-engineering"),
    _plain("Mosaic", "thumbnails", "recommendation-engineering"),
    _plain("Metronome", "music rights", "creator-partnerships"),
)

# What Shipyard puts into service; the others are released by their own teams.
_RELEASED = (
    "Pulse Lantern Adloom Ledgerline Kite Echo Stagehand Backstage Limelight Playbill "
    "Switchboard Tollgate Roster Almanac Pantry Canteen Inkwell Parrot Mosaic Metronome"
)
RELEASED = _RELEASED.split()
# Tools that may read one table of the vault each.
VAULT_TABLES = {
    "Notary": "vault/papers.age_check",
    "Abacus": "vault/payouts.monthly_total",
}
# Service accounts without a tool: scheduled jobs, and the way in for four people.
JOBS = {
    "svc_nightly_load": ("warehouse/svc_nightly_load",),
    "svc_cohort_refresh": ("warehouse/svc_cohort_refresh",),
    "svc_ad_import": ("warehouse/svc_ad_import",),
    "svc_gift_settlement": ("warehouse/svc_gift_settlement",),
    "svc_consent_sweep": ("warehouse/svc_consent_sweep",),
    "svc_deletion": ("warehouse/svc_deletion",),
    "svc_push": ("warehouse/svc_push",),
    "svc_recommend": ("warehouse/svc_recommend",),
    "svc_feed": ("warehouse/svc_feed",),
    "svc_metrics_mail": ("warehouse/svc_metrics_mail",),
    "svc_retention": ("warehouse/svc_retention",),
    "svc_transcode": (),
    "svc_thumbnail": (),
    "svc_captions": (),
    "svc_status_page": (),
    "svc_mail_gateway": (),
    "svc_chat_bridge": (),
}
# Who holds the master password: team, residence, number.
MASTERS = (
    ("data-platform", "CN", 0),
    ("data-platform", "US", 0),
    ("infrastructure", "US", 0),
    ("infrastructure", "SG", 0),
)
GROUP_APPROVERS = {
    "growth-analytics": "growth lead",
    "pulse-viewers": "growth lead",
    "lantern-lookup": "growth lead",
    "quarry-analysts": "platform lead",
    "data-platform": "platform lead",
    "foundry-operators": "platform lead",
    "recommendation-engineering": "feature lead",
    "feature-engineers": "feature lead",
    "experiment-readers": "feature lead",
    "live-operations": "live lead",
    "gift-operations": "live lead",
    "internal-audit": "audit lead",
    "green-channel": "audit lead",
}
# Copies that people made, or had made for them.
EXPORTS = (
    (
        "drop/sheets.weekly_growth",
        "export",
        "weekly spreadsheet of new accounts",
        ("warehouse/growth.signup",),
        ("weekly-growth-list",),
        "2021-06-01",
    ),
    (
        "drop/sheets.creator_contacts",
        "export",
        "creators' addresses, for invitations",
        ("warehouse/creators.directory",),
        ("creator-partnerships",),
        "",
    ),
    (
        "drop/sheets.top_givers",
        "export",
        "who gives most in live streams",
        ("warehouse/live.top_giver",),
        ("creator-partnerships",),
        "",
    ),
    (
        "drop/sheets.metrics",
        "export",
        "weekly figures for the board",
        ("warehouse/metrics.weekly_growth", "warehouse/metrics.video_day"),
        ("office-services", "legal"),
        "",
    ),
    (
        "search/index.account",
        "index",
        "account search",
        ("warehouse/accounts.profile",),
        (),
        "",
    ),
    (
        "search/index.comment",
        "index",
        "search in comments",
        ("warehouse/social.comment",),
        (),
        "",
    ),
    (
        "search/index.ticket",
        "index",
        "search in tickets",
        ("warehouse/support.ticket",),
        (),
        "",
    ),
    (
        "cache/features.watch",
        "derived",
        "features kept near the ranking",
        ("warehouse/ml.watch_feature",),
        (),
        "",
    ),
)
