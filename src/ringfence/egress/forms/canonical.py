"""The one spelling in which an identifier is compared: the definition, text by text.

`columns.canonical` answers the same for whole columns; a test holds them together.
Nothing is looked up anywhere: the forms are Unicode's NFKC, RFC 5322's atoms, E.164's
numbers with the home plan's ten digits, RFC 4291's and RFC 5952's addresses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from ipaddress import IPv6Address, ip_address

from ringfence.egress.forms.kinds import Kind

DOTLESS = frozenset({"gmail.com", "googlemail.com"})
"""Mail domains that take no notice of dots before the @."""

EXACT_FLOAT = 2**53
"""Beyond it a float no longer holds every whole number."""

LONGEST = 320  # characters; RFC 3696's limit of an address is the longest of all

LOCAL = r"[^\s\"<>(),:;@\[\]\\+\x00-\x1f\x7f]+"
DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])"
EMAIL = re.compile(rf"({LOCAL})(?:\+[^@]*)?@({DOMAIN})")
EXTENSION = re.compile(r"\s*(?:x|ext\.?|extension|#|;)[ .:=]*\w*$")
PHONE = re.compile(r"\(?\+?[0-9 ().\-/]+")
WHOLE = re.compile(r"[0-9]+")
FLOAT = re.compile(r"[0-9]+\.[0-9]+(?:e\+?[0-9]+)?|[0-9]+e\+?[0-9]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HEX = re.compile(r"[0-9a-f]{8,64}")
DIGEST = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")
NUMBERED = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,34}")
WORD = re.compile(r"[^\s\x00-\x1f\x7f]+")
DASHES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63", "-")
)


def canonical(kind: Kind, text: str) -> str | None:
    """Return the spelling in which identifiers of a kind are compared.

    Args:
        kind: Kind of the identifier.
        text: The identifier as somebody wrote it, with nothing else around it.

    Returns:
        None where the text is no identifier of this kind, or one that is everybody's:
        an address that stands for "none", a device identifier of zeros.
    """
    if len(text) > LONGEST:
        return None
    return FORMS[kind](unicodedata.normalize("NFKC", text).strip())


def luhn(digits: str) -> bool:
    """Return whether the last digit checks the others (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number  # noqa: PLR2004 - a digit
    return total % 10 == 0


def in_ascii_digits(text: str) -> str:
    """Return a text with the digits of every script written as 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text
    )


def home(digits: str) -> str:
    """Return a number with its country code; ten digits are the home plan's."""
    is_home = len(digits) == 10 and digits[0] not in "01"  # noqa: PLR2004 - the plan
    return "1" + digits if is_home else digits


def _email(text: str) -> str | None:
    lowered = text.lower().removeprefix("mailto:")
    if not lowered.isascii():
        local, at, domain = lowered.rpartition("@")
        lowered = local + at + ".".join(map(_label, domain.split(".")))
    found = EMAIL.fullmatch(lowered)
    if found is None:
        return None
    local, domain = found.groups()
    if domain in DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}" if local else None


def _label(label: str) -> str:
    """Return a label of a domain as the name service has it (RFC 3492)."""
    return label if label.isascii() else "xn--" + label.encode("punycode").decode()


def _phone(text: str) -> str | None:
    plain = in_ascii_digits(text.lower()).translate(DASHES).removeprefix("tel:")
    plain = EXTENSION.sub("", plain.strip())
    if PHONE.fullmatch(plain) is None:
        return None
    is_abroad = "+" in plain
    digits = "".join(WHOLE.findall(plain.replace("(0)", "") if is_abroad else plain))
    if not is_abroad:
        digits = home(dialled(digits))
    is_number = 8 <= len(digits) <= 15 and digits[0] != "0"  # noqa: PLR2004 - E.164
    return digits if is_number else None


def dialled(digits: str) -> str:
    """Return a number without the digits that are dialled before a country code."""
    for prefix in ("011", "00"):
        if digits.startswith(prefix) and len(digits) >= len(prefix) + 8:
            return digits.removeprefix(prefix)
    return digits


def _account(text: str) -> str | None:
    lowered = in_ascii_digits(text.lower())
    if WHOLE.fullmatch(lowered):
        return lowered.lstrip("0") or "0"
    if FLOAT.fullmatch(lowered):
        return _whole(lowered)
    if UUID.fullmatch(lowered):
        bare = lowered.replace("-", "")
        return (bare.lstrip("0") or "0") if WHOLE.fullmatch(bare) else bare
    return lowered if WORD.fullmatch(lowered) else None


def _whole(text: str) -> str | None:
    """Return the digits of a float that is a whole number and holds it exactly."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    is_exact = number <= EXACT_FLOAT and number == number.to_integral_value()
    return str(int(number)) if is_exact else None


def _name(text: str) -> str | None:
    return " ".join(text.lower().removeprefix("@").split()) or None


def _cookie(text: str) -> str | None:
    return text if len(text) >= 8 and WORD.fullmatch(text) else None  # noqa: PLR2004


def _bare(text: str) -> str:
    """Return a text without what groups its signs."""
    return re.sub(r"[\s.:/{}\-]", "", text.translate(DASHES))


def _numbered(text: str) -> str | None:
    bare = _bare(in_ascii_digits(text.upper()))
    return bare if NUMBERED.fullmatch(bare) else None


def _hex(text: str) -> str | None:
    bare = _bare(text.lower())
    is_one = HEX.fullmatch(bare) is not None and bool(bare.strip("0"))
    return bare if is_one else None


def _device(text: str) -> str | None:
    bare = _hex(in_ascii_digits(text))
    if bare is None or len(bare) != 15 or not bare.isdigit():  # noqa: PLR2004 - IMEI
        return bare
    return bare[:14] if luhn(bare) else bare


def _ip(text: str) -> str | None:
    plain = in_ascii_digits(text.lower()).strip("[]").partition("%")[0]
    plain = plain.removesuffix("/32").removesuffix("/128")
    if "." in plain:
        plain = re.sub(r"(?<![0-9a-f])0+(?=[0-9])", "", plain)
    try:
        address = ip_address(plain)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    is_somebodys = not (address.is_unspecified or address.is_loopback)
    return address.compressed if is_somebodys else None


def _digest(text: str) -> str | None:
    lowered = text.lower()
    return lowered if DIGEST.fullmatch(lowered) else None


FORMS: dict[Kind, Callable[[str], str | None]] = {
    Kind.ACCOUNT_ID: _account,
    Kind.ACCOUNT_NAME: _name,
    Kind.ADVERTISING_ID: _hex,
    Kind.BANK_ACCOUNT: _numbered,
    Kind.COOKIE: _cookie,
    Kind.DEVICE_ID: _device,
    Kind.EMAIL: _email,
    Kind.EMAIL_DIGEST: _digest,
    Kind.GOV_ID: _numbered,
    Kind.IP: _ip,
    Kind.PHONE: _phone,
    Kind.PHONE_DIGEST: _digest,
}
