"""The kinds of identifier that the fingerprint index knows."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """A kind of identifier, called by the tag that its columns carry.

    A digest of an e-mail address or of a phone number is a kind of its own, because its
    spelling is; it counts as what it is the digest of (28 CFR 202.206).
    """

    ACCOUNT_ID = "ACCOUNT_ID"
    ACCOUNT_NAME = "ACCOUNT_NAME"
    ADVERTISING_ID = "ADVERTISING_ID"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    COOKIE = "COOKIE"
    DEVICE_ID = "DEVICE_ID"
    EMAIL = "EMAIL"
    EMAIL_DIGEST = "EMAIL_DIGEST"
    GOV_ID = "GOV_ID"
    IP = "IP"
    PHONE = "PHONE"
    PHONE_DIGEST = "PHONE_DIGEST"

    @property
    def number(self) -> int:
        """Its place in the list: what arrays hold."""
        return KINDS.index(self)

    @property
    def tag(self) -> str:
        """The tag that it counts as."""
        return self.value.removesuffix("_DIGEST")


KINDS = tuple(Kind)
