"""What is asked of the warehouse in the five months: one statement for each question.

What of it is protected follows from `tables.txt`, so that the truth can't disagree with
the data contract.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import tables


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement.

    Attributes:
        sql: Its text; `{n}` is a number that differs from time to time.
        columns: What it takes out: `schema.relation.column`; `*` is every column.
        beneath: Relations that it reaches only through a view, and doesn't name.
        values: Values that are sent beside the text.
        denied: The role may not: the server refuses.
        adds: It writes and reads nothing.
    """

    sql: str
    columns: tuple[str, ...]
    beneath: int = 0
    values: tuple[str, ...] = ()
    denied: bool = False
    adds: bool = False

    @property
    def relations(self) -> tuple[str, ...]:
        """Return the relations that it names."""
        return tuple(dict.fromkeys(one.rpartition(".")[0] for one in self.columns))

    @property
    def protected(self) -> tuple[str, ...]:
        """Return what of it is protected, each column once, in the order of names."""
        return tuple(sorted(protected(self.columns)))


def protected(columns: tuple[str, ...]) -> set[str]:
    """Return the protected columns among some, `*` spelled out."""
    found: set[str] = set()
    for one in columns:
        relation, _, column = one.rpartition(".")
        tagged = _tagged()[relation]
        found |= {
            f"{relation}.{name}"
            for name, is_tagged in tagged.items()
            if is_tagged and column in {name, "*"}
        }
    return found


@functools.cache
def _tagged() -> dict[str, dict[str, bool]]:
    return {
        table.name: {column.name: bool(column.tag) for column in table.columns}
        for table in (*tables.everything(), *tables.vault())
    }


def _of(relation: str, columns: str) -> tuple[str, ...]:
    return tuple(f"{relation}.{column}" for column in columns.split())


# By tool, then by what the tool calls it.
ASKED: dict[str, dict[str, Asked]] = {
    "Pulse": {
        "signups": Asked(
            "SELECT account_id, email, region, created_at FROM growth.signup"
            " WHERE region = 'US' ORDER BY created_at DESC LIMIT {n}",
            _of("growth.signup", "account_id email region created_at"),
            beneath=1,
        ),
        "active": Asked(
            "SELECT account_id, region, views FROM growth.active_account LIMIT {n}",
            _of("growth.active_account", "account_id region views"),
            beneath=2,
        ),
        "ages": Asked(
            "SELECT cohort_week, birth_date FROM growth.cohort"
            " WHERE region = 'US' LIMIT {n}",
            _of("growth.cohort", "cohort_week birth_date"),
        ),
        "searches": Asked(
            "SELECT query, searched_at FROM events.search"
            " ORDER BY searched_at DESC LIMIT {n}",
            _of("events.search", "query searched_at"),
        ),
        "addresses": Asked(
            "SELECT email FROM accounts.profile WHERE region = %s LIMIT {n}",
            _of("accounts.profile", "email"),
            values=("US",),
        ),
        "days": Asked(
            "SELECT day, region, accounts FROM metrics.region_day LIMIT {n}",
            _of("metrics.region_day", "day region accounts"),
        ),
        "calendar": Asked(
            "SELECT day, week, is_holiday FROM ref.calendar LIMIT {n}",
            _of("ref.calendar", "day week is_holiday"),
        ),
        "contacts": Asked(
            "SELECT email, phone FROM accounts.contact LIMIT {n}",
            _of("accounts.contact", "email phone"),
            denied=True,
        ),
    },
    "Quarry": {
        "devices": Asked(
            "SELECT p.handle, p.email, d.device_id\n"
            "  FROM accounts.profile p\n"
            "  JOIN devices.device d ON d.account_id = p.account_id\n"
            " LIMIT {n}",
            (
                *_of("accounts.profile", "handle email account_id"),
                *_of("devices.device", "device_id account_id"),
            ),
        ),
        "comments": Asked(
            "SELECT handle, body FROM social.comment\n"
            " WHERE body LIKE '%%\"free\", %%' -- the quotes are part of it\n"
            " LIMIT {n}",
            _of("social.comment", "handle body"),
        ),
        "sessions": Asked(
            "SELECT account_id, ip, user_agent FROM accounts.session LIMIT {n}",
            _of("accounts.session", "account_id ip user_agent"),
        ),
        "gifts": Asked(
            "SELECT * FROM live.gift LIMIT {n}",
            _of("live.gift", "*"),
        ),
        # Harmless columns of a table that holds others too.
        "spend": Asked(
            "SELECT campaign_id, amount FROM ads.conversion WHERE amount > 5 LIMIT {n}",
            _of("ads.conversion", "campaign_id amount"),
        ),
        "advertisers": Asked(
            "SELECT advertiser_id, company FROM ads.advertiser LIMIT {n}",
            _of("ads.advertiser", "advertiser_id company"),
        ),
        "messages": Asked(
            "SELECT body, sent_at FROM messaging.message LIMIT {n}",
            _of("messaging.message", "body sent_at"),
            denied=True,
        ),
    },
    "Backstage": {
        "directory": Asked(
            "SELECT account_id, handle, email, tier FROM creators.directory LIMIT {n}",
            _of("creators.directory", "account_id handle email tier"),
            beneath=1,
        ),
        "creators": Asked(
            "SELECT handle, tier, joined_on FROM creators.creator"
            " WHERE tier = 'gold' LIMIT {n}",
            _of("creators.creator", "handle tier joined_on"),
        ),
        "contracts": Asked(
            "SELECT contract_id, legal_name, street, zip_code FROM creators.contract"
            " LIMIT {n}",
            _of("creators.contract", "contract_id legal_name street zip_code"),
        ),
        "offers": Asked(
            "SELECT offer_id, campaign_id, amount FROM creators.campaign_offer"
            " LIMIT {n}",
            _of("creators.campaign_offer", "offer_id campaign_id amount"),
        ),
    },
    "Compass": {
        "interests": Asked(
            "SELECT account_id, topic, score FROM ml.interest LIMIT {n}",
            _of("ml.interest", "account_id topic score"),
        ),
        "models": Asked(
            "SELECT model_id, title, trained_at FROM ml.model LIMIT {n}",
            _of("ml.model", "model_id title trained_at"),
        ),
        "sounds": Asked(
            "SELECT sound_id, title, artist FROM video.sound LIMIT {n}",
            _of("video.sound", "sound_id title artist"),
        ),
    },
}
# What is typed into psql, and what jobs run, by role.
TYPED: dict[str, dict[str, Asked]] = {
    "svc_pulse": {
        "contact book": Asked(
            "SELECT contact_name, contact_phone FROM social.contact_book LIMIT {n};",
            _of("social.contact_book", "contact_name contact_phone"),
        ),
        "ages": Asked(
            "SELECT account_id, birth_date FROM growth.cohort LIMIT {n};",
            _of("growth.cohort", "account_id birth_date"),
        ),
    },
    "svc_quarry": {
        "logins": Asked(
            "SELECT account_id, login_name, last_ip FROM accounts.login LIMIT {n};",
            _of("accounts.login", "account_id login_name last_ip"),
        ),
    },
    "svc_harbour": {
        "tickets": Asked(
            "SELECT ticket_id, handle, subject FROM support.ticket LIMIT {n};",
            _of("support.ticket", "ticket_id handle subject"),
        ),
    },
    "svc_stagehand": {
        "viewers": Asked(
            "SELECT stream_id, handle, ip FROM live.viewer LIMIT {n};",
            _of("live.viewer", "stream_id handle ip"),
        ),
    },
    "svc_push": {
        "tokens": Asked(
            "SELECT token, account_id FROM devices.push_token LIMIT {n}",
            _of("devices.push_token", "token account_id"),
        ),
    },
    "svc_consent_sweep": {
        "consents": Asked(
            "SELECT account_id, purpose, granted FROM accounts.consent LIMIT {n}",
            _of("accounts.consent", "account_id purpose granted"),
        ),
    },
    "svc_metrics_mail": {
        "figures": Asked(
            "SELECT day, accounts, views FROM metrics.region_day LIMIT {n}",
            _of("metrics.region_day", "day accounts views"),
        ),
    },
    "svc_sundial": {
        "run": Asked(
            "INSERT INTO ops.job_run (run_id, job_id, state) VALUES ({n}, 1, 'ran')",
            _of("ops.job_run", "run_id job_id state"),
            adds=True,
        ),
    },
}
