"""How an identifier can be written so that a person reads it and a filter may not.

Every row of the evasion table that the inspection vouches for; each form is tried at
each surface. A form that changes nothing about an identifier isn't tried with it.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import zstandard

from ringfence.egress.forms.kinds import Kind

Write = Callable[[str], str]
PLAIN = "plain"
_DEVICES = (Kind.DEVICE_ID, Kind.ADVERTISING_ID)
_EVERY = (Kind.EMAIL, Kind.PHONE, Kind.ACCOUNT_ID, *_DEVICES)
_MAIL, _CALL = (Kind.EMAIL,), (Kind.PHONE,)
_WIDE = 0xFEE0  # from a character of ASCII to the same in full width
_BOLD = 0x1D41A - ord("a")
_LIKE = str.maketrans({"a": "\u0430", "e": "\u0435", "o": "\u043e"})
_GREEK = str.maketrans({"o": "\u03bf"})
_ARABIC = str.maketrans({str(n): chr(0x660 + n) for n in range(10)})
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_COUNTRY = 2  # signs of `+1`


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write an identifier.

    Attributes:
        name: What it is called.
        kinds: The kinds it is for.
        write: Writes an identifier so.
    """

    name: str
    kinds: tuple[Kind, ...]
    write: Write


def forms() -> tuple[Form, ...]:
    """Return every form, the plain one first."""
    return (*_of_all(), *_of_mail(), *_of_phones(), *_of_numbers(), *_digests())


def _of_all() -> tuple[Form, ...]:
    made: dict[str, Write] = {
        PLAIN: str,
        "in a sentence": lambda text: f"please ask {text} about it, thanks",
        "in JSON": lambda text: json.dumps({"note": text, "n": 1}),
        "JSON escapes": _escaped,
        "URL escapes": lambda text: "".join(f"%{ord(sign):02X}" for sign in text),
        "URL escapes twice": lambda text: quote(_percent(text)),
        "HTML references": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
        "base64": _base64,
        "base64 of base64": lambda text: _base64(_base64(text)),
        "base64 of JSON": lambda text: _base64(json.dumps({"note": text, "n": 1})),
        "base64 for URLs": lambda text: _url64(f"??>>{text}~~"),
        "hexadecimal": lambda text: text.encode().hex(),
        "hexadecimal escapes": _hex_escapes,
        "gzip in base64": lambda text: _base64(gzip.compress(text.encode(), mtime=0)),
        "gzip in hexadecimal": lambda text: gzip.compress(text.encode(), mtime=0).hex(),
        "zlib in base64": lambda text: _base64(zlib.compress(f"it is {text}".encode())),
        "zstd in base64": lambda text: _base64(zstandard.compress(text.encode())),
        "bzip2 in base64": lambda text: _base64(bz2.compress(text.encode())),
        "full width": _wide,
        "base64 of escapes": lambda text: _base64(_escaped(text)),
        "escapes of base64": lambda text: _escaped(_base64(text)),
    }
    return tuple(Form(name, _EVERY, write) for name, write in made.items())


def _of_mail() -> tuple[Form, ...]:
    made: dict[str, Write] = {
        "upper case": str.upper,
        "with a tag": lambda text: text.replace("@", "+news@"),
        "one JSON escape": lambda text: text.replace("@", "\\u0040"),
        "one URL escape": lambda text: text.replace("@", "%40"),
        "HTML by name": lambda text: text.replace("@", "&commat;").replace(
            ".", "&period;"
        ),
        "zero width": lambda text: text[:3] + "\u200b" + text[3:],
        "soft hyphen": lambda text: text[:3] + "\u00ad" + text[3:],
        "full-width at": lambda text: text.replace("@", "\uff20"),
        "mathematical letters": _bold,
        "Cyrillic letters": lambda text: text.translate(_LIKE),
        "Greek letters": lambda text: text.translate(_GREEK),
        "[at] [dot]": lambda text: text.replace("@", " [at] ").replace(".", " [dot] "),
        "(at)": lambda text: text.replace("@", "(at)"),
        "at dot": lambda text: text.replace("@", " at ").replace(".", " dot "),
        "reversed": lambda text: text[::-1],
        "two fields": _two_fields,
        "mailto": lambda text: f"mailto:{text}?subject=x",
        "query of a URL": lambda text: f"https://x.example/y?a=1&email={text}&b=2",
    }
    return tuple(Form(name, _MAIL, write) for name, write in made.items())


def _of_phones() -> tuple[Form, ...]:
    made: dict[str, Write] = {
        "bare digits": lambda text: text[1:],
        "home plan": lambda text: text[_COUNTRY:],
        "as it is written": lambda text: "({}) {}-{}".format(*_parts(text)),
        "with dots": lambda text: ".".join(_parts(text)),
        "with dashes": lambda text: "-".join(("1", *_parts(text))),
        "with spaces": lambda text: " ".join(("+1", *_parts(text))),
        "digit by digit": lambda text: " ".join(text[_COUNTRY:]),
        "from abroad": lambda text: f"00{text[1:]}",
        "Arabic digits": lambda text: text[_COUNTRY:].translate(_ARABIC),
        "odd spaces": lambda text: "\u00a0".join(_parts(text)),
        "in an address": lambda text: f"{text[1:]}@sms.example",
    }
    return tuple(Form(name, _CALL, write) for name, write in made.items())


def _of_numbers() -> tuple[Form, ...]:
    account = (Kind.ACCOUNT_ID,)
    return (
        Form("without dashes", _DEVICES, lambda text: text.replace("-", "")),
        Form("in capitals", _DEVICES, str.upper),
        Form("in braces", _DEVICES, lambda text: "{" + text + "}"),
        Form("in a path", account, lambda text: f"/api/v2/u/{text}/orders"),
        Form("after a word", account, lambda text: f"person_{text}"),
        Form("base 36", account, _base36),
    )


def _digests() -> tuple[Form, ...]:
    def made(name: str, cut: int) -> Write:
        return lambda text: hashlib.new(name, text[cut:].encode()).hexdigest()

    found = []
    for name in ("md5", "sha1", "sha256"):
        found.append(Form(name, (*_MAIL, *_CALL), made(name, 0)))
        found.append(Form(f"{name} of bare digits", _CALL, made(name, 1)))
        found.append(Form(f"{name} of the home plan", _CALL, made(name, _COUNTRY)))
    return tuple(found)


def _base64(content: str | bytes) -> str:
    plain = content.encode() if isinstance(content, str) else content
    return base64.b64encode(plain).decode()


def _url64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _percent(text: str) -> str:
    return "".join(f"%{ord(sign):02X}" for sign in text)


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in text)


def _hex_escapes(text: str) -> str:
    return "".join(f"\\x{ord(sign):02x}" for sign in text)


def _wide(text: str) -> str:
    return "".join(chr(ord(sign) + _WIDE) for sign in text)


def _bold(text: str) -> str:
    return "".join(chr(ord(s) + _BOLD) if "a" <= s <= "z" else s for s in text)


def _two_fields(text: str) -> str:
    local, _, domain = text.partition("@")
    return json.dumps({"local": local, "domain": domain})


def _parts(phone: str) -> tuple[str, str, str]:
    bare = phone[_COUNTRY:]
    return bare[:3], bare[3:6], bare[6:]


def _base36(text: str) -> str:
    number, digits = int(text), ""
    while number:
        number, digit = divmod(number, len(_BASE36))
        digits = _BASE36[digit] + digits
    return digits
