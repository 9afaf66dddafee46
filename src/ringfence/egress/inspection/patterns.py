"""What is looked for in texts: one alternation for candidates, one for encodings.

The patterns keep to what Rust's regex and RE2 both read and both match in linear time:
no look-around, no back-reference, no named group. Alternatives are tried from left to
right, so that what is longer stands before what it contains.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.known import Shape

EDGE = r"(?-u:\b)"
"""An edge of an ASCII word, as Rust's regex says it; RE2 says `\\b`."""

# Everything that RFC 5322 lets stand before the @, and the backslash of an escape that
# ends there: `readings` tells them apart. No dot is asked for after the @, because
# there it stands back to front as well.
ADDRESS = r"[A-Za-z0-9._+\-%\\'&=/!#$*?^{|}~`]+@[A-Za-z0-9._+\-]+"
# Quotes come along: they tell that the digest is the whole value.
UUID = r"[0-9a-fA-F]{8}-" + r"[0-9a-fA-F]{4}-" * 3 + r"[0-9a-fA-F]{12}"
HEX = r"\\?\"?[0-9a-fA-F]{12,}\\?\"?"
IPV4 = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"
IPV4_LONGEST = 15
GROUP = r"[0-9a-fA-F]{1,4}"
IPV6 = (
    rf"{GROUP}(?::{GROUP}){{7}}"
    rf"|(?:{GROUP}(?::{GROUP}){{0,6}})?::(?:{GROUP}(?::{GROUP}){{0,6}})?"
    r"(?:(?:\.[0-9]{1,3}){3})?"
)
MAC = r"[0-9a-fA-F]{2}(?:[:\-][0-9a-fA-F]{2}){5}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}"
ABROAD = r"\+\(?[0-9](?:[ .\-/()]{0,3}[0-9]){6,16}"
HOME = (
    r"(?:\+?1[ .\-]{0,2})?\(?[2-9][0-9]{2}\)?[ .\-/]{0,3}[0-9]{3}"
    rf"[ .\-]{{0,3}}[0-9]{{4}}{EDGE}"
)
SPACED = (
    rf"{EDGE}(?:1[ .\-])?(?:"
    r"(?:[0-9][ .\-]){9}[0-9]|(?:[0-9]{2}[ .\-]){4}[0-9]{2}"
    rf"|[0-9]{{3}}[ .\-][0-9]{{3}}[ .\-][0-9]{{2}}[ .\-][0-9]{{2}}){EDGE}"
)
SOCIAL = rf"[0-9]{{3}}[ \-][0-9]{{2}}[ \-][0-9]{{4}}{EDGE}"
CARD = (
    rf"[0-9]{{4}}(?:[ \-][0-9]{{4}}){{2,3}}[ \-][0-9]{{1,7}}{EDGE}"
    rf"|[0-9]{{4}}[ \-][0-9]{{6}}[ \-][0-9]{{5}}{EDGE}"
)
IBAN = (
    rf"{EDGE}[A-Za-z]{{2}}[0-9]{{2}} ?(?:[A-Z0-9a-z]{{4}} ?){{2,7}}[A-Z0-9a-z]{{0,4}}"
)
IMEI = rf"[0-9]{{2}}[ \-][0-9]{{6}}[ \-][0-9]{{6}}(?:[ \-][0-9])?{EDGE}"
NAMED = r"(?i:ssn|social|tax|tin|passport|licen[cs]e|gov|id|account|customer|member|no)"
WORD = r"@?[A-Za-z0-9\x{80}-\x{10ffff}][\w.\-~%+=\x{80}-\x{10ffff}]*"

SPARSE = 1e-5
"""Base 36 is tried where one word in so many, at most, is somebody's by chance."""

LEAST_RUN = 7
"""A number of fewer digits is taken for an identifier only where something says so."""


def candidates(shapes: Mapping[Kind, Shape], *, is_inside: bool = False) -> str:
    """Return the alternation that finds whatever may be of these kinds.

    Args:
        shapes: The kinds.
        is_inside: Look inside of what the alternation itself has found, for what is no
            address and no word of base 36.
    """
    parts = [ADDRESS] if Kind.EMAIL in shapes and not is_inside else []
    parts += [UUID]
    if Kind.DEVICE_ID in shapes:
        parts += [MAC]
    if Kind.BANK_ACCOUNT in shapes and not shapes[Kind.BANK_ACCOUNT].digits:
        parts += [IBAN]
    parts += [HEX]
    if Kind.PHONE in shapes:
        parts += [ABROAD]
    if Kind.IP in shapes:
        parts += [*([IPV6] if shapes[Kind.IP].longest > IPV4_LONGEST else []), IPV4]
    parts += [rf"[0-9]{{{LEAST_RUN},}}"]
    if is_sparse(shapes) and not is_inside:
        # Longer words are found with it, and left aside: a bound is dear to match.
        parts += [rf"[0-9A-Za-z]{{{based_sizes(shapes[Kind.ACCOUNT_ID])[0]},}}"]
    return "|".join([*parts, *_short(shapes)])


def separated(shapes: Mapping[Kind, Shape]) -> str:
    """Return what finds numbers of these kinds whose digits stand in groups.

    It is for the texts that `GROUPED` is found in: there are few, and it is dear.
    """
    parts = []
    if Kind.BANK_ACCOUNT in shapes:
        parts += [CARD]
    if Kind.DEVICE_ID in shapes:
        parts += [IMEI]
    if Kind.GOV_ID in shapes:
        parts += [SOCIAL]
    if Kind.PHONE in shapes:
        parts += [HOME, SPACED]
    return "|".join(parts)


def is_sparse(shapes: Mapping[Kind, Shape]) -> bool:
    """Return whether accounts' numbers are so few among all that base 36 is tried."""
    shape = shapes.get(Kind.ACCOUNT_ID)
    return (
        shape is not None
        and shape.digits
        and shape.keys < SPARSE * 10 ** (shape.shortest - 1)
    )


def is_short(shapes: Mapping[Kind, Shape]) -> bool:
    """Return whether an account's number may be too short to be told by its digits."""
    shape = shapes.get(Kind.ACCOUNT_ID)
    return shape is not None and shape.shortest < LEAST_RUN


def based_sizes(shape: Shape) -> tuple[int, int]:
    """Return how long the shortest and the longest of these numbers are in base 36."""
    return (
        int((shape.shortest - 1) * log(10, 36)) + 1,
        int(shape.longest * log(10, 36)) + 1,
    )


def _short(shapes: Mapping[Kind, Shape]) -> list[str]:
    """Return what finds short numbers: beside a word that says so, or alone."""
    if not is_short(shapes):
        return []
    least = shapes[Kind.ACCOUNT_ID].shortest
    run = rf"[0-9]{{{least},{LEAST_RUN - 1}}}"
    return [
        rf"{NAMED}[\\\"'_]{{0,4}}\s?[:=#]?\s?[\\\"']{{0,2}}{run}{EDGE}",
        rf"^{run}$",
    ]


# --- encodings ------------------------------------------------------------------------
# Each finds only what hides an ASCII letter, digit, @, stop, plus or dash: an accent, a
# quote or a space that is escaped hides nobody.

FULL = (
    "[fF](?:[fF](?:0[bdeBDE]|1[0-9]|2[0-9a-fA-F]|3[0-9aAfF]|4[1-9a-fA-F]|5[0-9aA])"
    "|[eE](?:52|6[23bB]))"
)
NONE = (
    "20(?:0[b-fB-F]|2[a-eA-E]|6[0-9])|00[aA][dD]|[fF][eE](?:[fF][fF]|0[0-9a-fA-F])"
    "|00(?:0[0-8eEfF]|1[0-9a-fA-F]|7[fF])|061[cC]|11(?:5[fF]|60)|17[bB][45]|180[eE]"
)
HYPHEN = "201[0-5]|2212"
HEX4 = "[0-9a-fA-F]{4}"
GAP = "00[aA]0|20(?:0[2-9aA]|1[0-5]|2[fF])|2212|3000"
JSON = (
    rf"\\u00[2-7][0-9a-fA-F]|\\u(?:{FULL}|06[6fF][0-9]|[dD](?:835|[bB]40))"
    rf"|\\u(?:{NONE})[A-Za-z0-9@.:+_\-]|\\u(?:{GAP})[0-9(]"
    r"|\\u0[345][0-9a-fA-F]{2}[._+\-]?[A-Za-z0-9@]|[@.][A-Za-z0-9\-]*\\u0[345]"
    rf"|\\u{HEX4}[0-9a-fA-F]{{7}}|\\[bf][0-9a-fA-F]{{8}}"
    rf"|(?:\\u{HEX4}|\\[bf])(?:[0-9a-fA-F]{{1,4}}:|[0-9]{{1,3}}\.[0-9]{{1,3}}\.)"
    rf"|[0-9a-fA-F]{{2}}\\u(?:{HYPHEN}){HEX4}|[A-Za-z0-9]\\b[A-Za-z0-9@.]"
)
URL = (
    r"%(?:25|40|2[bBdDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|[46]0"
    r"|[Ee][Ff]%[Bb][CcDd]|[Ee]2%8[0-1]|[Dd][01]|[Cc][EeFf])"
    r"|%[0-9a-fA-F]{2}[0-9a-fA-F]{7}|[0-9a-fA-F]%3[aA][0-9a-fA-F]{0,4}%3[aA]"
)
HTML = (
    r"&(?:commat|period|plus|num|lowbar|hyphen|dash|shy|#0*(?:4[3568]|[57][0-9]|4[89]"
    r"|6[4-9]|[89][0-9]|1[01][0-9]|12[0-2]|[0-9]{4,})"
    r"|#[xX]0*(?:2[bBdDeE]|[3-7][0-9a-fA-F]|[0-9a-fA-F]{3,}))"
)
# Base64 of twelve bits and more of ASCII text: the top bit of each byte is none, and
# none is below the space. A random token has four such letters in 14 places.
FOUR = r"[I-Za-f][C-HS-Xi-ny-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_\-]"
RUN64 = rf"(?:{FOUR}){{3}}"
SIGN64 = r"[A-Za-z0-9+/_\-]"
# Three full-width signs, in each of the three ways in which threes of bytes fall.
WIDE64 = (
    rf"(?:77[y2]{SIGN64}){{3}}|(?:[g-v][Oeu+\-][+\-][89]){{3}}"
    rf"|(?:v[I-LYZab]{SIGN64}v){{3}}"
)
BASE64 = f"{RUN64}|{WIDE64}"
# PNG, JPEG, GIF, RIFF; ZIP, PDF, xz, 7z.
IMAGE64 = r"iVBORw0KGgo|/9j/[24][A-Za-z0-9+/]{8}|R0lGOD[dl]|UklGR[A-Za-z0-9+/]{8}"
CLOSED64 = r"UEsDB[A-Za-z0-9+/]{8}|JVBERi0|/Td6WFoA|N3q8ryccA"
PACKED = (
    rf"H4sI{SIGN64}{{12}}|KLUv[/_]{SIGN64}{{8}}|eJ[w-z]{SIGN64}{{9}}|Qlpo{SIGN64}{{16}}"
)
DIGEST64 = r"[A-Za-z0-9+/_\-]{22}="
HEX_ESCAPED = r"(?:\\+x[2-7][0-9a-fA-F]){4}"
TEXT_HEXED = r"(?:[2-7][0-9a-fA-F]){8}"
WIDE_HEXED = (
    r"(?:[eE][fF][bB][c-dC-D][0-9a-fA-F]{2}){3}"
    r"|1[fF]8[bB]08[0-9a-fA-F]{12}|28[bB]52[fF][fF][dD][0-9a-fA-F]{8}"
)
HEXED = f"{TEXT_HEXED}|{WIDE_HEXED}"
# A UUID by other signs than dashes, or byte by byte; a number by its thousands.
REGROUPED = (
    rf"{EDGE}[0-9a-fA-F]{{8}}[_. ](?:{HEX4}[_. ]){{3}}[0-9a-fA-F]{{12}}"
    rf"|{EDGE}[0-9a-fA-F]{{2}}[\-:](?:[0-9a-fA-F]{{2}}[\-:]){{14}}[0-9a-fA-F]{{2}}"
    rf"|{EDGE}[0-9]{{1,3}}(?:,[0-9]{{3}}){{3,5}}"
)
KNIT = r"A-Za-z0-9@.:+_\-"
THIN = (
    r"\x00-\x08\x0e-\x1f\x7f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f"
)
WIDE = (
    "\uff0b\uff0d\uff0e\uff10-\uff19\uff20-\uff3a\uff3f\uff41-\uff5a"
    "\ufe6b\ufe52\ufe62\ufe63"
)
FIGURES = (
    "\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0be6-\u0bef\u0e50-\u0e59"
    "\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089\u2460-\u2468"
)
STYLED = "\U0001d400-\U0001d7ff\u24b6-\u24e9\u2100-\u214f\u2170-\u217f\u1d00-\u1dbf"
ALIKE = "\u0131\u0251\u0261\u0370-\u03ff\u0400-\u052f\u0561-\u0587"
HYPHENS = "\u2010-\u2015\u2212"
GAPS = "\u00a0\u2002-\u200a\u202f\u2010-\u2015\u2212\u3000"
FOLDED = (
    rf"[{KNIT}{WIDE}][{THIN}]+[{KNIT}{WIDE}]|[{WIDE}{STYLED}]|[{FIGURES}]{{2}}"
    rf"|[A-Za-z0-9@][._+\-]?[{ALIKE}]|[{ALIKE}][._+\-]?[A-Za-z0-9@]"
    rf"|[0-9)][{GAPS}][0-9(]|[0-9a-fA-F]{{2}}[{HYPHENS}]{HEX4}|[{HYPHENS}][A-Za-z0-9.\-]*@"
    rf"|@[A-Za-z0-9.\-]*[{HYPHENS}][A-Za-z0-9]|@[^\x00-\x7f]|[^\x00-\x7f]@"
)
AT = "(?:at|ät|arroba|arobase|chiocciola|собака|собачка|@)"
DOT = "(?:dot|punkt|punto|point|ponto|точка|d0t)"
SPELLED = (
    rf"(?i:[\[({{<_#*]\s?{AT}\s?[\])}}>_#*]|[a-z0-9_]\s?@\s[a-z0-9\-]+|[a-z0-9_]\s@"
    rf"|[a-z0-9_] {AT} [a-z0-9\-]+(?: {DOT} | ?[\[({{<]{DOT}| ?\. ?[a-z])"
    rf"|@[a-z0-9\-]+ ?[\[({{<_#* ]{DOT}[\])}}>_#* ])"
)
QUOTE = r"\\*\""
VALUE = rf"{QUOTE}[A-Za-z0-9._+\-]+@?{QUOTE}"
HOST = rf"{QUOTE}@?[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{{2,}}{QUOTE}"
COMMA = rf"\s*,\s*(?:{QUOTE}[^\"\\]*{QUOTE}\s*:\s*)?"
SPLIT = rf"{VALUE}{COMMA}{HOST}|{HOST}{COMMA}{VALUE}"
ROUNDED = r"[0-9]\.[0-9]{3,}[eE]\+?[12][0-9]"
FLOAT = (
    rf"{EDGE}[0-9](?:\.[0-9]{{3,}}|[0-9]{{6,}}(?:\.[0-9]*)?)[eE]\+?[0-9]{{1,2}}{EDGE}"
)
ADDRESSED = (
    r"(?:[iI][pP]|[aA]ddr|ADDR|[aA]ddress|[hH]ost|[cC]lient|[rR]emote|[pP]eer|src|dst)"
    r"(?:[_\-]?(?:v4|int|num|long))?[\\\"']{0,4}\s?[:=]\s?[\\\"']{0,4}"
    r"(?:[0-9]{8,10}|0[xX][0-9a-fA-F]{8})"
)
GROUPED = (
    r"[0-9]{3}[ .\-/)]{1,4}[0-9]{3}[ .\-]{0,3}[0-9]{2}[ .\-]?[0-9]{2}"
    r"|[0-9][ .\-][0-9][ .\-][0-9][ .\-][0-9]|[0-9]{6}[ .\-][0-9]{4}"
    r"|[0-9]{2}[ .\-][0-9]{2}[ .\-][0-9]{2}[ .\-][0-9]{2}"
    r"|[0-9]{3}[ \-][0-9]{2}[ \-][0-9]{4}|[0-9]{4}[ \-][0-9]{4}[ \-][0-9]{4}"
    r"|[0-9]{4}[ \-][0-9]{6}[ \-][0-9]{5}|[0-9]{2}[ \-][0-9]{6}[ \-][0-9]{6}"
)

# --- spans: what a decoder takes out of a text that its trigger was found in ----------

CHAINS = rf"{VALUE}(?:{COMMA}{HOST})+|(?:{HOST}{COMMA})+{VALUE}"
BASE64_SPANS = rf"{SIGN64}{{12,}}"
DIGEST64_SPANS = rf"{SIGN64}{{22,}}=+"
PACKED_SPANS = r"(?:H4sI|KLUv[/_]|eJ[w-z]|Qlpo)[A-Za-z0-9+/_\-]+"
HEX_ESCAPED_SPANS = r"(?:\\+x[0-9a-fA-F]{2}){4,}"
