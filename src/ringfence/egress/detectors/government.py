"""Numbers that governments give: 28 CFR 202.234(a), full or truncated.

A number is sure without a word before it where its form and its checksum leave little
to chance; otherwise a word says what it is.
"""

from __future__ import annotations

import re
from datetime import date

from ringfence.egress.detectors.checks import (
    digits_of,
    each,
    luhn,
    verhoeff,
    weighted,
)
from ringfence.egress.detectors.rules import EDGE, LEAD, OVER, Room, Rule, said

TAG = "GOV_ID"
_NEVER = {"078051120", "219099999", "457555462", "123456789", "987654321"}
_CENTURY = 1800


def social(text: str) -> bool:
    """Return whether a number may be a US social security number, or an ITIN."""
    bare = digits_of(text)
    area, group, serial = bare[:3], bare[3:5], bare[5:]
    if len(bare) != len("000000000") or bare in _NEVER:
        return False
    if area[0] == "9":
        return _is_taxpayer(int(group))
    return area not in {"000", "666"} and group != "00" and serial != "0000"


def _is_taxpayer(group: int) -> bool:
    return any(
        low <= group <= high for low, high in ((50, 65), (70, 88), (90, 92), (94, 99))
    )


def _is_day(text: str) -> bool:
    """Return whether eight digits are a day that somebody may be born on."""
    try:
        return date.fromisoformat(text).year >= _CENTURY
    except ValueError:
        return False


def _is_short_day(text: str) -> bool:
    """Return whether six digits are a day, of either century."""
    return _is_day(f"19{text}") or _is_day(f"20{text}")


def chinese(text: str) -> bool:
    """Return whether 18 signs are a resident's number (GB 11643, MOD 11-2)."""
    total = weighted(text[:17], "79a584216379a5842", 11)
    return _is_day(text[6:14]) and "10X98765432"[total] == text[17].upper()


def brazilian(text: str) -> bool:
    """Return whether eleven digits are a CPF."""
    bare = digits_of(text)
    if len(set(bare)) == 1:
        return False
    first = weighted(bare[:9], "a98765432", 11)
    second = weighted(bare[:10], "ba98765432", 11)
    return bare[9:] == f"{_beyond(first)}{_beyond(second)}"


def _beyond(rest: int) -> int:
    return 0 if rest < 2 else 11 - rest  # noqa: PLR2004 - of the formula


def spanish(text: str) -> bool:
    """Return whether a text is a DNI or an NIE: its letter is its number modulo 23."""
    bare = re.sub(r"[ .\-]", "", text).upper()
    number = bare[:-1].translate(str.maketrans("XYZ", "012"))
    return (
        number.isdecimal() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == bare[-1]
    )


def french(text: str) -> bool:
    """Return whether a text is an INSEE number: its key is 97 less it modulo 97."""
    bare = re.sub(r"[ .\-]", "", text).upper()
    number = bare[:13].replace("2A", "19").replace("2B", "18")
    month = int(bare[3:5])
    is_month = 1 <= month <= 12 or 20 <= month <= 42 or 50 <= month <= 99  # noqa: PLR2004 - also unknown months
    return is_month and number.isdecimal() and 97 - int(number) % 97 == int(bare[13:])


_TENTH = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (*_TENTH, *_TENTH, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def italian(text: str) -> bool:
    """Return whether sixteen signs are a codice fiscale: its last letter checks it."""
    bare = text.upper()
    even = sum(int(one) if one.isdecimal() else ord(one) - 65 for one in bare[1:15:2])
    odd = sum(_ODD[one] for one in bare[0:15:2])
    return chr(65 + (odd + even) % 26) == bare[15]


def swedish(text: str) -> bool:
    """Return whether a text is a personnummer: a day, and Luhn's formula."""
    bare = digits_of(text)[-10:]
    day = int(bare[4:6])
    told = bare[:4] + f"{day - 60 if day > 60 else day:02}"  # noqa: PLR2004 - a coordination number
    return _is_short_day(told) and luhn(bare)


def finnish(text: str) -> bool:
    """Return whether a text is a henkilötunnus: a day, and modulo 31."""
    day = text[4:6] + text[2:4] + text[:2]
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[7:10]) % 31]
    return _is_short_day(day) and check == text[10].upper()


def korean(text: str) -> bool:
    """Return whether a text is a resident's number: a day, and modulo 11."""
    bare = digits_of(text)
    total = weighted(bare[:12], "234567892345", 11)
    return _is_short_day(bare[:6]) and (11 - total) % 10 == int(bare[12])


def polish(text: str) -> bool:
    """Return whether eleven digits are a PESEL."""
    bare = digits_of(text)
    return (10 - weighted(bare[:10], "1379137913", 10)) % 10 == int(bare[10])


def british_health(text: str) -> bool:
    """Return whether ten digits are an NHS number (modulo 11)."""
    bare = digits_of(text)
    return (11 - weighted(bare[:9], "a98765432", 11)) % 11 == int(bare[9])


def german(text: str) -> bool:
    """Return whether eleven digits are a tax number (ISO 7064 MOD 11, 10)."""
    bare = digits_of(text)
    found = 10
    for one in bare[:10]:
        total = (int(one) + found) % 10 or 10
        found = total * 2 % 11
    return bare[0] != "0" and (11 - found) % 10 == int(bare[10])


def _any_digit(text: str) -> bool:
    bare = digits_of(text)
    return len(bare) >= 5 and len(set(bare)) > 1  # noqa: PLR2004 - words have none


def _is_machine_read(text: str) -> bool:
    return "<<" in text


_DASHED = r"[0-9]{3}-[0-9]{2}-[0-9]{4}"
_CPF = r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"
_CHINESE = r"[1-8][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx]"
_NORDIC = r"(?:18|19|20)?[0-9]{2}[01][0-9]{3}[\-+][0-9]{4}"
_FINNISH = r"[0-3][0-9][01][0-9]{3}[A-FU-Y\-+][0-9]{3}[0-9A-FHJ-NPR-Y]"
_KOREAN = r"[0-9]{2}[01][0-9][0-3][0-9]-[1-8][0-9]{6}"
_FRENCH = (
    r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[ABab]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"
)
_ITALIAN = (
    r"[A-Za-z]{6}[0-9L-NP-Vl-np-v]{2}[A-EHLMPR-Ta-ehlmpr-t][0-9L-NP-Vl-np-v]{2}"
    r"[A-Za-z][0-9L-NP-Vl-np-v]{3}[A-Za-z]"
)
_MACHINE_READ = r"(?:P[A-Z<]|[IAC][A-Z<])[A-Z]{3}[A-Z0-9<]{25,39}"

SOCIAL = (
    "ssn|social security|social security number|social security no|itin|taxpayer id"
)
_MEDICARE = (
    r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y]"
    r"[AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}"
)
_LICENCES = (
    "driver license|driver's license|drivers license|driving licence|driver licence"
    "|driver's licence|driving license|license number|licence number|führerschein"
)
_NATIONAL = (
    "national id|identity card|id card|personalausweis|身份证|주민등록번호|マイナンバー"
)
_WORDS = {
    "nino|national insurance|national insurance number": (
        r"[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-Za-z] ?(?:[0-9]{2} ?){3}[A-Da-d]",
        None,
    ),
    "sin|social insurance number|numéro d'assurance sociale": (
        r"[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{3}",
        luhn,
    ),
    "dni|nie|nif|documento nacional": (
        r"[XYZxyz0-9][ \-]?[0-9.]{7,9}[ \-]?[A-Za-z]",
        spanish,
    ),
    "aadhaar|aadhar|uidai": (r"[2-9][0-9]{3}[ \-]?[0-9]{4}[ \-]?[0-9]{4}", verhoeff),
    "pan|pan card|permanent account number": (
        r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]",
        None,
    ),
    "pesel": ("[0-9]{11}", polish),
    "cpf": (r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", brazilian),
    "nhs|nhs number": (r"[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{4}", british_health),
    "steuer-id|steueridentifikationsnummer|idnr|steuerliche identifikationsnummer": (
        r"[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        german,
    ),
    "tfn|tax file number": (r"[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{2,3}", None),
    "medicare|mbi|medicare number": (_MEDICARE, None),
    "passport|passeport|pasaporte|reisepass|passaporto|护照|旅券|паспорт": (
        r"[A-Za-z]{0,3}[ \-]?[0-9](?: ?[0-9A-Za-z]){5,9}",
        _any_digit,
    ),
    _LICENCES: (
        r"[A-Za-z]{0,5}[ \-]?[0-9][0-9A-Za-z \-]{4,16}",
        _any_digit,
    ),
    _NATIONAL: (
        r"[A-Za-z]{0,3}[0-9][0-9A-Za-z \-]{5,20}",
        _any_digit,
    ),
    "tax id|taxpayer identification|vat id|инн|снилс": (
        r"[A-Z]{0,3}[0-9][0-9A-Z \-]{6,14}",
        _any_digit,
    ),
}
ROOM = Room(
    r"[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{17}[0-9Xx]"
    r"|[0-9]{4}[\-+A-FU-Y][0-9]{3}[0-9A-Y]|[12](?: ?[0-9]{2}){2} ?[0-9][0-9ABab]"
    rf" ?[0-9]{{3}} ?[0-9]{{3}} ?[0-9]{{2}}|{_ITALIAN}|[A-Z]{{3}}[A-Z0-9<]{{8,}}<<",
    (
        Rule(TAG, rf"{LEAD}{_DASHED}{OVER}", rf"^[^0-9]?({_DASHED})$", each(social)),
        Rule(TAG, rf"{LEAD}{_CPF}{OVER}", rf"^[^0-9]?({_CPF})$", each(brazilian)),
        Rule(
            TAG,
            rf"{LEAD}{_CHINESE}{OVER}",
            rf"^[^0-9]?({_CHINESE})$",
            each(chinese),
            is_numeric=True,
        ),
        Rule(TAG, rf"{LEAD}{_NORDIC}{OVER}", rf"^[^0-9]?({_NORDIC})$", each(swedish)),
        Rule(TAG, rf"{LEAD}{_FINNISH}{OVER}", rf"^[^0-9]?({_FINNISH})$", each(finnish)),
        Rule(TAG, rf"{LEAD}{_KOREAN}{OVER}", rf"^[^0-9]?({_KOREAN})$", each(korean)),
        Rule(
            TAG,
            rf"{LEAD}{_FRENCH}{OVER}",
            rf"^[^0-9]?({_FRENCH})$",
            each(french),
            is_numeric=True,
        ),
        Rule(
            TAG,
            rf"{LEAD}{_ITALIAN}{OVER}",
            rf"^[^A-Za-z]?({_ITALIAN})$",
            each(italian),
        ),
        Rule(
            TAG,
            rf"(?:^|[^A-Z0-9<]){_MACHINE_READ}",
            r"([A-Z0-9<]+)$",
            each(_is_machine_read),
        ),
    ),
)
WORDED = (
    Rule(
        TAG,
        said(SOCIAL, rf"[0-9]{{3}}[ .\-]?[0-9]{{2}}[ .\-]?[0-9]{{4}}{EDGE}"),
        r"([0-9][0-9 .\-]+)$",
        each(social),
    ),
    # Truncated to its last four, as the rule says, it counts.
    Rule(TAG, said(SOCIAL, rf"(?:[Xx*#.\-• ]{{3,9}}|(?i:ending in ))[0-9]{{4}}{EDGE}")),
    Rule(
        TAG,
        said(
            (
                "last (?:four|4)(?: digits)? of (?:my|his|her|the|your) (?:ssn"
                "|social(?: security(?: number)?)?)"
            ),
            "[0-9]{4}",
        ),
    ),
    *(
        Rule(
            TAG,
            said(named, f"{value}{EDGE}"),
            f"({value})$",
            check and each(check),
        )
        for named, (value, check) in _WORDS.items()
    ),
)
GATES = "|".join([SOCIAL, "last (?:four|4)", *_WORDS])
