"""Every row of the evasion table, in every language around it, beside others' data."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import html
import json
import zlib
from urllib.parse import quote

import polars as pl
import pytest
import zstandard

from ringfence.egress.forms.kinds import KINDS, Kind
from ringfence.egress.inspection.scanner import Scanner
from ringfence.egress.inspection.sightings import DOUBTS, Doubt
from tests.egress_known import Remembered

EMAIL, PHONE, ACCOUNT = "jane.doe@example.com", "+14155550100", "681234567890123456"
DEVICE, ADDRESS = "7f3c2a10-9d4e-4b6a-8c21-0fe5d6b7a891", "98.17.253.226"
DIGITS = DEVICE.replace("-", "")
IMEI, IPV6 = "490154203237518", "2001:db8::8a2e:370:7334"
JANE = 7001
KNOWN = Remembered(
    {
        JANE: [
            (Kind.EMAIL, EMAIL),
            (Kind.PHONE, PHONE),
            (Kind.ACCOUNT_ID, ACCOUNT),
            (Kind.DEVICE_ID, DEVICE),
            (Kind.DEVICE_ID, IMEI),
            (Kind.IP, ADDRESS),
            (Kind.IP, IPV6),
        ]
    }
)
SCANNER = Scanner(KNOWN)
OTHERS = (
    "john.roe@example.com",
    "+14155550199",
    "(415) 555-0198",
    "681234567890123457",
    "7f3c2a10-9d4e-4b6a-8c21-0fe5d6b7a892",
    "98.17.253.227",
    "490154203237526",
    "2001:db8::8a2e:370:7335",
)
AROUND = {
    "alone": "{}",
    "English": "Please call Anna at home, it is {}, thanks! 100% sure & 5 < 6.",
    "Chinese": "请联系{}，谢谢！这是二〇二六年的订单，编号１２。",
    "Arabic": "من فضلك اتصل {} غدا، الطرد لم يصل.",
    "German": "Bitte größere Straße prüfen: {}. Danke schön, Müller",
    "Russian": "Пожалуйста, напишите: {}, спасибо. Это 10км.",
    "emoji": "👍🏽 {} 👨‍👩‍👧 ✨",
    "JSON": '{{"a": [1, 2.5, "x"], "note": "{}", "t": "2026-11-23T06:05:43.123456Z"}}',
}


def b64(content: str | bytes) -> str:
    """Return base64 of a text or of bytes."""
    content = content.encode() if isinstance(content, str) else content
    return base64.b64encode(content).decode()


def digest(name: str, text: str) -> str:
    """Return a digest in hexadecimal."""
    return hashlib.new(name, text.encode()).hexdigest()


def wide(text: str) -> str:
    """Return a text in full width."""
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


def escaped(text: str) -> str:
    """Return a text whose every sign is an escape of JSON."""
    return "".join(f"\\u{ord(sign):04x}" for sign in text)


def base36(number: int) -> str:
    """Return a number in base 36."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


LONG = f"the buyer is {EMAIL}, as agreed on the phone"
FOUND = {
    "plain": EMAIL,
    "upper case": EMAIL.upper(),
    "tag": "jane.doe+news@example.com",
    "end of sentence": f"{EMAIL}.",
    "no space after": f"{EMAIL}.Then",
    "mailto": f"mailto:{EMAIL}?subject=x",
    "query": f"https://x.example/y?a=1&email={EMAIL}&b=2",
    "angle": f"Jane <{EMAIL}>",
    "apostrophes": f"'{EMAIL}'",
    "assigned": f"email={EMAIL};",
    "leading dots": f"...{EMAIL}",
    "a newline before": f"\\n{EMAIL}",
    "an escaped letter before": f"\\u90ae\\u7bb1{EMAIL}",
    "an escaped space before": f"%20{EMAIL}",
    "escaped quotes": f"\\u0022{EMAIL}\\u0022",
    "escaped angle": f"\\u003c{EMAIL}\\u003e",
    "one escape": EMAIL.replace("@", "\\u0040"),
    "all escapes": escaped(EMAIL),
    "escape of an escape": EMAIL.replace("@", "\\\\u0040"),
    "URL": EMAIL.replace("@", "%40"),
    "URL twice": EMAIL.replace("@", "%2540"),
    "URL of all": "".join(f"%{ord(sign):02X}" for sign in EMAIL),
    "URL of a phone": quote(PHONE),
    "base64": b64(EMAIL),
    "base64 without padding": b64(EMAIL).rstrip("="),
    "base64 of a sentence": b64(LONG),
    "base64 of Chinese": b64(f"请联系{EMAIL}，谢谢"),
    "base64 of Cyrillic": b64(EMAIL.replace("a", "\u0430")),
    "base64 behind a slash": "/x/" + b64(LONG),
    "base64 of base64": b64(b64(EMAIL)),
    "base64 of JSON": b64(json.dumps({"e": EMAIL, "n": 1})),
    "base64 for URLs": base64.urlsafe_b64encode(f"??>>{EMAIL}~~".encode()).decode(),
    "base64 of a phone": b64(PHONE),
    "base64 of bare digits": b64(PHONE[1:]),
    "base64 in a data URL": f"data:text/plain;base64,{b64(LONG)}",
    "hex": EMAIL.encode().hex(),
    "hex in capitals": EMAIL.encode().hex().upper(),
    "hex with a prefix": "0x" + EMAIL.encode().hex(),
    "hex escapes": "".join(f"\\x{ord(sign):02x}" for sign in EMAIL),
    "gzip": b64(gzip.compress(EMAIL.encode())),
    "gzip of JSON": b64(gzip.compress(json.dumps({"e": EMAIL}).encode())),
    "gzip in hex": gzip.compress(EMAIL.encode()).hex(),
    "zlib": b64(zlib.compress(LONG.encode())),
    "zstd": b64(zstandard.compress(EMAIL.encode())),
    "bzip2": b64(bz2.compress(EMAIL.encode())),
    "HTML": EMAIL.replace("@", "&#64;"),
    "HTML in hex": EMAIL.replace("@", "&#x40;"),
    "HTML by name": EMAIL.replace("@", "&commat;").replace(".", "&period;"),
    "HTML of all": "".join(f"&#{ord(sign)};" for sign in EMAIL),
    "HTML quotes around": html.escape(f'"{EMAIL}"'),
    "zero width": "jane\u200b.doe@exa\u200dmple.com",
    "soft hyphen": "jane.d\u00adoe@example.com",
    "zero width escaped": "jane\\u200b.doe@example.com",
    "full-width @": EMAIL.replace("@", "\uff20"),
    "full width": wide(EMAIL),
    "full width escaped": escaped(wide(EMAIL)),
    "zero width of Mongolian, escaped": "jane\\u180e.doe@example.com",
    "a control escaped": "jane\\u0000.doe@example.com",
    "a control in a number": "+1415\\u001f5550100",
    "a tag of no width, escaped": "jane\\udb40\\udc61.doe@example.com",
    "small @ escaped": EMAIL.replace("@", "\\ufe6b"),
    "Cyrillic at the end, escaped": "jane.doe@example.c\\u043em",
    "an escaped line before an address": f"\\u2028{ADDRESS}",
    "an escaped line before IPv6": f"\\u2028{IPV6}",
    "device with odd dashes": DEVICE.replace("-", "\u2013"),
    "device with odd dashes, escaped": DEVICE.replace("-", "\\u2011"),
    "device with underlines": DEVICE.replace("-", "_"),
    "device in pairs": ":".join(DIGITS[n : n + 2] for n in range(0, 32, 2)),
    "account by thousands": f"{int(ACCOUNT):,}",
    "phone as a float of Java": "1.41555501E10",
    "phone with an exponent": f"{PHONE[1:]}e0",
    "phone by thousands": f"{int(PHONE):,}",
    "IPv6 in a URL": quote(IPV6, safe=""),
    "IPv6 with a joint": IPV6.replace("::8", "::\u200b8"),
    "mathematical": "".join(
        chr(0x1D41A + ord(sign) - 97) if sign.isalpha() else sign for sign in EMAIL
    ),
    "Cyrillic": EMAIL.replace("a", "\u0430"),
    "Cyrillic all over": EMAIL.replace("a", "\u0430").replace("e", "\u0435"),
    "Cyrillic escaped": EMAIL.replace("a", "\\u0430"),
    "Greek": EMAIL.replace("o", "\u03bf"),
    "Cyrillic domain": EMAIL.replace(".com", ".\u0441\u043em"),
    "[at] [dot]": "jane.doe [at] example [dot] com",
    "[at][dot]": "jane[dot]doe[at]example[dot]com",
    "(at)": "jane.doe(at)example.com",
    "(at) (dot)": "jane (dot) doe (at) example (dot) com",
    " at ": "jane.doe at example.com",
    " at dot ": "jane.doe at example dot com",
    " AT DOT ": "jane dot doe AT example DOT com",
    " @ ": "jane.doe @ example.com",
    "reversed": EMAIL[::-1],
    "reversed with a tag": "jane.doe+x@example.com"[::-1],
    "reversed in a sentence": "si liame ym " + EMAIL[::-1] + " olleh",
    "two fields": '"local":"jane.doe","domain":"example.com"',
    "two fields, spaced": '"local": "jane.doe", "domain": "example.com"',
    "two fields after a name": '"n":"jane","l":"jane.doe","d":"example.com"',
    "two fields turned": '"domain":"example.com","local":"jane.doe"',
    "two places of a list": '["jane.doe", "@example.com"]',
    "two escaped fields": '\\"l\\":\\"jane.doe\\",\\"d\\":\\"example.com\\"',
    "phone": PHONE,
    "bare digits": PHONE[1:],
    "home plan": PHONE[2:],
    "phone as written": "(415) 555-0100",
    "phone with dots": "415.555.0100",
    "phone with dashes": "1-415-555-0100",
    "phone spaced": "+1 415 555 0100",
    "phone in figures": "4 1 5 5 5 5 0 1 0 0",
    "phone in pairs": "41 55 55 01 00",
    "phone from abroad": "0014155550100",
    "phone full width": wide(PHONE),
    "phone with odd spaces": "415\u00a0555\u00a00100",
    "phone with odd dashes": "415\u2011555\u20110100",
    "phone in Arabic digits": "\u0664\u0661\u0665\u0665\u0665\u0665\u0660\u0661\u0660\u0660",
    "phone after a number": "24 415-555-0100",
    "phone before a number": "+1 415 555 0100 17",
    "phone as a float": "14155550100.0",
    "phone in an address": "14155550100@sms.example",
    "phone after a letter": "p4155550100",
    "phone after a space of a URL": "%204155550100",
    "phone after an escape": "\\u4f604155550100",
    "two phones": "4155550100 4155550199",
    "device": DEVICE,
    "device in capitals": DEVICE.upper(),
    "device without dashes": DEVICE.replace("-", ""),
    "device in braces": "{" + DEVICE + "}",
    "IMEI": IMEI,
    "IMEI without its check digit": IMEI[:14],
    "IMEI with dashes": "49-015420-323751-8",
    "IMEI with a version": IMEI[:14] + "07",
    "account": ACCOUNT,
    "account in a path": f"/api/v2/u/{ACCOUNT}/orders",
    "account after a word": f"user_{ACCOUNT}",
    "account in base36": base36(int(ACCOUNT)),
    "account in base36, capitals": base36(int(ACCOUNT)).upper(),
    "address": ADDRESS,
    "address with a port": f"{ADDRESS}:8080",
    "address in IPv6": f"::ffff:{ADDRESS}",
    "address as a number": '"client_ip": 1645346274',
    "address as a text": '"ip":"1645346274"',
    "IPv6": IPV6,
    "IPv6 in full": "2001:0db8:0000:0000:0000:8a2e:0370:7334",
    "IPv6 in brackets": f"[{IPV6}]:443",
    **{
        f"{name} of {what}": digest(name, text)
        for name in ("md5", "sha1", "sha256")
        for what, text in (
            ("an e-mail", EMAIL),
            ("a phone", PHONE),
            ("bare digits", PHONE[1:]),
            ("ten digits", PHONE[2:]),
        )
    },
    "digest in capitals": digest("sha256", EMAIL).upper(),
    "digest in base64": b64(hashlib.sha256(EMAIL.encode()).digest()),
}
# What a JSON text can't hold without an escape of its own, or is JSON itself.
BARE = ("two fields", "two places", "escaped quotes", "address as", "two escaped")


def subjects(texts: list[str]) -> list[set[int]]:
    """Return who is seen in each text."""
    seen, _ = SCANNER.scan(pl.Series(texts))
    found: list[set[int]] = [set() for _ in texts]
    for row, subject in zip(seen.row.tolist(), seen.subject.tolist(), strict=True):
        found[row].add(subject)
    return found


@pytest.mark.parametrize("around", AROUND)
def test_every_writing_is_found(around: str) -> None:
    """No writing of the table hides a person, whatever the language around it."""
    texts = {name: AROUND[around].format(text) for name, text in FOUND.items()}
    found = subjects(list(texts.values()))
    missed = [
        f"{name}: {texts[name]}"
        for name, seen in zip(texts, found, strict=True)
        if seen != {JANE}
    ]
    assert not missed


@pytest.mark.parametrize("around", AROUND)
def test_every_writing_is_found_beside_others(around: str) -> None:
    """Somebody else's identifiers before and behind hide nobody."""
    before, behind = " ".join(OTHERS), " ".join(reversed(OTHERS))
    texts = {
        name: AROUND[around].format(f"{before} {text} {behind}")
        for name, text in FOUND.items()
    }
    found = subjects(list(texts.values()))
    missed = [
        f"{name}: {texts[name]}"
        for name, seen in zip(texts, found, strict=True)
        if seen != {JANE}
    ]
    assert not missed


@pytest.mark.parametrize("around", AROUND)
def test_others_pass(around: str) -> None:
    """Somebody else's identifiers are nobody's, and nothing about them is in doubt."""
    texts = [AROUND[around].format(text) for text in (*OTHERS, " ".join(OTHERS))]
    seen, doubts = SCANNER.scan(pl.Series(texts))
    assert seen.row.tolist() == []
    assert [(texts[row], DOUBTS[why]) for row, why in zip(*doubts, strict=True)] == []


ENCODINGS = {
    "JSON": escaped,
    "URL": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "base64": b64,
    "hex": lambda text: text.encode().hex(),
    "gzip": lambda text: b64(gzip.compress(text.encode())),
    "full width": lambda text: wide(text) if text.isascii() else text,
    "HTML": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
}


@pytest.mark.parametrize("outer", ENCODINGS)
@pytest.mark.parametrize("inner", ENCODINGS)
def test_encodings_nest(outer: str, inner: str) -> None:
    """An encoding inside another hides nobody."""
    text = ENCODINGS[outer](ENCODINGS[inner](f"to {EMAIL} now"))
    assert subjects([text, f"see {text} here"]) == [{JANE}, {JANE}]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_others_pass_in_every_encoding(encoding: str, other: str) -> None:
    """Somebody else's identifier is nobody's in any encoding."""
    assert subjects([ENCODINGS[encoding](other)]) == [set()]


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_a_salted_digest_is_held(name: str) -> None:
    """A digest that is nobody's, as the whole of a value, is in doubt."""
    salted = digest(name, "salt" + EMAIL)
    texts = [salted, f'{{"id": "{salted}"}}', f"commit {salted} is in", "x"]
    seen, doubts = SCANNER.scan(pl.Series(texts))
    assert seen.row.tolist() == []
    assert doubts.row.tolist() == [0, 1]
    assert {DOUBTS[why] for why in doubts.why} == {Doubt.OPAQUE}


def test_kinds_are_told() -> None:
    """A sighting says what was seen."""
    seen, _ = SCANNER.scan(pl.Series([EMAIL, PHONE, digest("md5", EMAIL), ACCOUNT]))
    kinds = [KINDS[kind] for kind in seen.kind]
    assert kinds == [Kind.EMAIL, Kind.PHONE, Kind.EMAIL_DIGEST, Kind.ACCOUNT_ID]


@pytest.mark.parametrize("written", FOUND.values(), ids=FOUND)
def test_every_writing_in_a_string_of_json(written: str) -> None:
    """Each writing is found as JSON writes it, whose escapes double every backslash."""
    for kept in (True, False):
        line = json.dumps({"note": written, "n": 1}, ensure_ascii=kept)
        seen, _ = SCANNER.scan(pl.Series([line]))
        glanced, _ = SCANNER.glance(line)
        assert set(seen.subject.tolist()) == {JANE}, line
        assert set(glanced.subject.tolist()) == {JANE}, line
