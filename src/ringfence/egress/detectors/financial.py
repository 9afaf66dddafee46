"""Numbers of financial accounts and cards, and PINs: 28 CFR 202.234(b), 202.240."""

from __future__ import annotations

from ringfence.egress.detectors.checks import (
    card,
    digits_of,
    each,
    iban,
    luhns,
    routing,
)
from ringfence.egress.detectors.rules import EDGE, LEAD, LINK, OVER, Room, Rule, said

TAG = "BANK_ACCOUNT"
_CARD = (
    r"(?:[0-9]{4}(?:[ \-][0-9]{4}){2,3}(?:[ \-][0-9]{1,4})?"
    r"|[0-9]{4}[ \-][0-9]{6}[ \-][0-9]{4,5}|[0-9]{12,19})"
)
_CARDS = rf"{LEAD}{_CARD}{OVER}"
_IBAN = r"[A-Za-z]{2}[0-9]{2}(?:[ \-]?[0-9A-Za-z]{4}){2,7}(?:[ \-]?[0-9A-Za-z]{1,3})?"
_IBANS = rf"(?:^|[^0-9A-Za-z_\-+/]){_IBAN}{EDGE}"
_CARDED = (
    "card|card number|credit card|debit card|cc|kreditkarte|carte bancaire|tarjeta"
)
_WORDS = (
    "account number|account no|account num|acct|acct no|bank account|account #"
    "|kontonummer|numero de compte|numéro de compte|número de cuenta|numero de cuenta"
    "|conto corrente|银行账号|银行卡号|口座番号|계좌번호|номер счета|номер счёта"
)
_ROUTING = "routing number|routing no|routing|aba|rtn"
_MONEY = r"[$€£¥₹]?\s?[0-9][0-9,. ]{2,}"
_FIGURES = (
    "credit score|fico score|annual income|net worth|account balance|credit limit"
    "|monthly income|household income|gross salary|net salary|annual salary"
    "|outstanding debt|loan balance|available balance"
)


def _account(text: str) -> bool:
    return len(set(digits_of(text))) > 1


def _ibans(text: str) -> bool:
    """Return whether a text is an IBAN, or starts with one and a word follows."""
    groups = text.split()
    return any(iban("".join(groups[:end])) for end in range(len(groups), 0, -1))


ROOM = Room(
    (
        r"[0-9](?:[ \-]?[0-9]){11}|[A-Za-z]{2}[0-9]{2}[ "
        r"\-]?[0-9A-Za-z]{4}[ \-]?[0-9A-Za-z]{4}"
    ),
    (
        Rule(
            TAG,
            _CARDS,
            rf"^[^0-9]?({_CARD})$",
            each(card),
            is_numeric=True,
        ),
        Rule(TAG, _IBANS, rf"({_IBAN})$", each(_ibans)),
    ),
)
WORDED = (
    Rule(
        TAG,
        said(_CARDED, rf"{_CARD}{EDGE}", r"[^0-9\n]{1,24}"),
        rf"({_CARD})$",
        luhns,
    ),
    Rule(
        TAG,
        said(_WORDS, rf"[0-9](?:[ \-]?[0-9]){{5,16}}{EDGE}"),
        r"([0-9][0-9 \-]+)$",
        each(_account),
    ),
    Rule(TAG, said(_ROUTING, rf"[0-9]{{9}}{EDGE}"), "([0-9]{9})$", each(routing)),
    Rule(
        TAG,
        said("pin|pin code|card pin|atm pin", r"[0-9]{4}(?:[^0-9A-Za-z]|$)"),
    ),
    Rule(TAG, said("cvv|cvc|cvv2|card security code", rf"[0-9]{{3,4}}{EDGE}")),
    Rule("FINANCIAL", said(_FIGURES, _MONEY, LINK)),
)
GATES = f"{_CARDED}|{_WORDS}|{_ROUTING}|pin|cvv|cvc|card security code|{_FIGURES}"
