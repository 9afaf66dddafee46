"""What a column is, by what it is called; its values have to look so too."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

SHARE = 0.8
"""Share of the values of a column that look like what the column is called."""

_NUMBERISH = r"^\+?[0-9 ().\-/]{6,24}(?: ?(?i:x|ext\.?) ?[0-9]{1,6})?$"
_SOLID = r"^\S{2,254}$"
_LETTERS = r"^[\p{L}][\p{L}\p{M} .,'\u{2019}\-]{0,80}$"
_DATE = (
    r"^(?:[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:[T ].*)?"
    r"|[0-9]{1,2}[./\-][0-9]{1,2}[./\-][0-9]{2,4}"
    r"|[0-9]{1,2} \p{L}{3,10}\.? [0-9]{4}|\p{L}{3,10}\.? [0-9]{1,2}, [0-9]{4})$"
)
_CODE = r"^[A-Za-z0-9][A-Za-z0-9 .\-/*]{3,30}$"
_LATITUDE = r"^[+\-]?(?:[0-8]?[0-9](?:\.[0-9]{2,})|90\.0{2,})$"
_LONGITUDE = r"^[+\-]?(?:1[0-7][0-9]|[0-9]{1,2}|180)\.[0-9]{2,}$"
_ANYTHING = r"\S"


@dataclass(frozen=True, slots=True)
class Hint:
    """What columns of some names are.

    Attributes:
        tag: What they are.
        names: The last words of their names.
        looks: What their values look like.
    """

    tag: str
    names: str
    looks: str


HINTS = (
    Hint("EMAIL", "email|e mail|email address|mail address", r"^\S+@\S+$"),
    Hint(
        "PHONE",
        "phone|phone number|mobile|mobile number|msisdn|telephone|cell phone|tel|fax",
        _NUMBERISH,
    ),
    Hint(
        "GOV_ID",
        (
            "ssn|social security number|tax id|tax number|tin|itin|passport"
            "|passport number|passport no|national id|driver license"
            "|drivers license|license number|cpf|pesel|aadhaar|nino"
            "|id card number"
        ),
        _CODE,
    ),
    Hint(
        "BANK_ACCOUNT",
        (
            "iban|account number|bank account|card number|credit card"
            "|credit card number|pan number|routing number|acct no"
            "|pin code hash"
        ),
        _CODE,
    ),
    Hint(
        "DEVICE_ID",
        "imei|imsi|iccid|mac|mac address|device id|android id|udid|serial number|idfv",
        _CODE.replace("/*", "/*:_"),
    ),
    Hint(
        "ADVERTISING_ID",
        "idfa|gaid|aaid|advertising id|ad id|rdid|maid|oaid",
        r"^[0-9A-Fa-f\-]{16,64}$",
    ),
    Hint(
        "IP",
        "ip|ip address|ipv4|ipv6|client ip|remote ip|remote addr|last ip",
        r"^[0-9A-Fa-f:.]{3,45}(?:/[0-9]+)?$",
    ),
    Hint("COOKIE", "cookie|cookie id|cookies|session cookie", _SOLID),
    Hint(
        "NAME",
        (
            "first name|last name|full name|family name|given name"
            "|middle name|surname|legal name|maiden name|vorname|nachname"
            "|apellido|prenom|customer name|patient name"
        ),
        _LETTERS,
    ),
    Hint(
        "BIRTH_DATE",
        "dob|date of birth|birth date|birthdate|birthday|born on|geburtsdatum",
        _DATE,
    ),
    Hint(
        "BIRTH_PLACE", "birth place|birthplace|place of birth|city of birth", _LETTERS
    ),
    Hint(
        "ADDRESS",
        (
            "street|street address|home address|postal address"
            "|address line 1|address line 2|address1|mailing address"
            "|billing address|shipping address"
        ),
        _ANYTHING,
    ),
    Hint(
        "ADDRESS",
        "zip|zip code|zipcode|postal code|postcode|plz",
        r"^[A-Za-z0-9][A-Za-z0-9 \-]{2,9}$",
    ),
    Hint(
        "ACCOUNT_NAME",
        "username|user name|login|login name|screen name|handle|nickname",
        _SOLID,
    ),
    Hint(
        "CREDENTIAL",
        (
            "password|passwd|pwd|password hash|passphrase|security answer"
            "|secret answer|totp secret|api key|auth token|refresh token"
        ),
        _SOLID,
    ),
    Hint("LOCATION", "lat|latitude", _LATITUDE),
    Hint("LOCATION", "lon|lng|longitude", _LONGITUDE),
    Hint(
        "LOCATION",
        "lat e7|latitude e7|late7|latitudee7|lon e7|longitude e7|lone7|longitudee7",
        r"^-?[0-9]{5,10}$",
    ),
    Hint("LOCATION", "geohash|geo hash", r"^[0-9b-hjkmnp-zB-HJKMNP-Z]{6,12}$"),
    Hint(
        "GENOMIC",
        "genotype|alleles|dna sequence|haplotype|genome",
        r"^[ACGTNDIacgtn\-;/|*0-9]+$",
    ),
    Hint(
        "BIOMETRIC",
        (
            "face embedding|face template|faceprint|voiceprint|voice print"
            "|fingerprint template|iris code|biometric template"
            "|face descriptor"
        ),
        _ANYTHING,
    ),
    Hint(
        "HEALTH",
        (
            "diagnosis|diagnosis code|icd10|icd 10|icd code|icd10 code"
            "|medication|blood type|mrn|medical record number|allergies"
            "|hiv status"
        ),
        _ANYTHING,
    ),
    Hint(
        "FINANCIAL",
        (
            "salary|credit score|annual income|net worth|account balance"
            "|credit limit|monthly income"
        ),
        r"^[^0-9\n]{0,4}[0-9][0-9.,  ]*[^0-9\n]{0,4}$",
    ),
    Hint(
        "CALL_DETAIL",
        (
            "caller|callee|calling number|called number|call duration"
            "|caller number|callee number|a number|b number"
        ),
        _NUMBERISH.replace("{6,24}", "{1,24}"),
    ),
)
_BY_NAME = {
    name.replace(" ", ""): hint for hint in HINTS for name in hint.names.split("|")
}
_MOST_WORDS = 4


def hint_of(column: str) -> Hint | None:
    """Return what a column of this name is, by the last words of it.

    Args:
        column: A name (`homeZipCode`), or a JSON pointer (`/people/*/zip_code`).
    """
    steps = [one for one in column.split("/") if one not in {"", "*"}]
    last = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", steps[-1] if steps else "")
    words = re.findall(r"[^\W_]+", last.lower())
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        found = _BY_NAME.get("".join(words[-count:]))
        if found is not None:
            return found
    return None


def hinted(frame: pl.DataFrame, column: str) -> tuple[str, NDArray[np.uint32]] | None:
    """Return the tag that a column's name gives it, and the rows of its values."""
    hint = hint_of(column)
    if hint is None:
        return None
    text = pl.col("text").str.strip_chars()
    full = frame.filter(text.str.len_bytes() > 0)
    held = full.filter(text.str.contains(hint.looks))["row"].to_numpy()
    return (hint.tag, held) if len(held) and len(held) >= SHARE * len(full) else None
