"""Numbers of phones: of every country, in its own grouping or beside a word."""

from __future__ import annotations

import re

from ringfence.egress.detectors.checks import digits_of, each, of_form
from ringfence.egress.detectors.plans import plans
from ringfence.egress.detectors.rules import EDGE, Room, Rule, words

TAG = "PHONE"
_LEAST, _MOST = 7, 15
_FILLER = 3
_SIGNS = r"[ .\-/()\u{a0}\u{2010}-\u{2015}]"
_NUMBER = rf"\(?[0-9](?:{_SIGNS}{{0,3}}[0-9]){{6,18}}"
_GROUPS = rf"\(?[0-9]+(?:{_SIGNS}+[0-9]+)+"
_EXTENSION = r"(?: ?(?i:x|ext\.?|extension|poste|durchwahl|#) ?[0-9]{1,6})?"
_TAIL = rf"{_EXTENSION}(?:[.\-/:,_]?[0-9A-Za-z])*"
_ABROAD = rf"\+ ?{_NUMBER}{_TAIL}"
_HOME = rf"(?:^|[^0-9A-Za-z_.,\-+/#$€£¥(%]){_GROUPS}{_TAIL}"
_WORDS = (
    "phone|phone number|telephone|tel|mobile|cell|cellphone|cell phone|fax|whatsapp|sms"
    "|call|call me|call us|call me at|call us at|reach|contact number|dial|ring|text me"
    "|callback|call back|msisdn|hotline|landline|phone no|my number"
    "|ph|mob|desk|office|messages to|message to|messages from"
    "|answering at|viber|signal"
    "|telefon|telefono|teléfono|telefone|téléphone|handy"
    "|handynummer|móvil|movil|celular"
    "|cellulare|portable|rufnummer|rückruf|puhelin|telefoon|mobiel|mobil|tlf|gsm"
    "|电话|手机|電話|携帯|전화|휴대폰|тел|телефон|звоните|هاتف|جوال|טלפון|โทร|फोन"
)
_AFTER = "fax|office|mobile|cell|tel|phone|desk|work phone|home phone|handy|mobil"
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}([\-./ ])[01]?[0-9]\1[0-3]?[0-9](?![0-9])"
    r"|[0-3]?[0-9]([\-./])[0-3]?[0-9]\2(?:19|20)[0-9]{2}(?![0-9])"
    r"|(?:19|20)[0-9]{6}(?:[0-9]{4}|[0-9]{6})?$"
    r"|1[0-9]{9}$|1[0-9]{12}$"  # seconds, and milliseconds, since 1970
)
_YEARS = re.compile("(?:19|20)[0-9]{2}-(?:19|20)[0-9]{2}")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")
_SOCIAL = re.compile("[0-9]{3}-[0-9]{2}-[0-9]{4}")
_LABEL = re.compile(r"(?<=[0-9])[\-/.,:_][A-Za-z]{3,}$")  # 415-555-2671-Fax
_ENDED = re.compile(r"(?: ?(?i:x|ext\.?|extension|poste|durchwahl|#) ?[0-9]{1,6})$")


def _written(text: str) -> str:
    """Return a number without its extension; empty: it goes on, and is no phone's."""
    bare = _ENDED.sub("", _LABEL.sub("", text.strip()))
    if re.search(r"[0-9](?:[:,_][0-9A-Za-z]|[.\-/]?[A-Za-z])", bare):
        return ""
    is_other = _DATE.match(bare) or _YEARS.match(bare) or _SOCIAL.fullmatch(bare)
    is_other = is_other or _ADDRESS.fullmatch(bare) or _DECIMAL.fullmatch(bare)
    return "" if is_other else bare


def is_abroad(text: str) -> bool:
    """Return whether a number with a plus is of a calling code, and of its length."""
    bare = re.sub(r"\(0\)", "", _written(text))
    return _is_long(bare) and plans().is_possible(digits_of(bare))


def is_grouped(text: str) -> bool:
    """Return whether a number stands as a country writes its numbers.

    Groups of three alone are how prices are written, and two groups are how anything
    is: neither is sure but with brackets, or with the trunk prefix of a country.
    """
    bare = _written(re.sub(r"^[^0-9(]", "", text))
    groups = re.findall("[0-9]+", bare)
    if not _is_long(bare) or len(groups) < 2:  # noqa: PLR2004 - not grouped
        return False
    if bare.startswith("00") and bare[2] not in "0 ":
        return plans().is_possible(digits_of(bare)[2:])
    is_bracketed = re.match(r"(?:[0-9] ?)?\(0?[0-9]{2,4}\)", bare) is not None
    if _is_american(groups, bare):
        return True
    if bare[0] != "0" and not is_bracketed and _may_be_anything(groups):
        return False
    return plans().are_grouped(groups)


def _may_be_anything(groups: list[str]) -> bool:
    """Return whether digits stand as thousands, in two groups, or in like ones."""
    sizes = [len(one) for one in groups]
    is_thousands = set(sizes[1:]) == {3}
    return is_thousands or len(groups) == 2 or len(set(sizes)) == 1  # noqa: PLR2004 - two


def _is_american(groups: list[str], bare: str) -> bool:
    """Return whether a number is written as in the North American plan."""
    own = groups[1:] if groups[0] == "1" else groups
    sizes = [len(one) for one in own]
    if sizes != [3, 3, 4] or own[0][0] in "01":
        return False
    return not (
        own[0][1:] == "11" or (bare.count(" ") == len(groups) - 1 and own[1][0] in "01")
    )


def is_told(text: str) -> bool:
    """Return whether a number beside a word for phones may be one."""
    bare = _written(re.sub(r"^[^0-9+(]*", "", text))
    digits = digits_of(bare)
    if not _is_long(bare) or len(set(digits)) < _FILLER:
        return False
    return (
        (bare.startswith("+") and plans().is_possible(digits))
        or len(digits) < 9  # noqa: PLR2004 - a number of a town, without its area
        or plans().is_given(digits)
        or len(re.findall("[0-9]+", bare)) > 1
    )


def _is_long(bare: str) -> bool:
    return _LEAST <= len(digits_of(bare)) <= _MOST


# Not two groups with a stop between them: most numbers of most texts are decimals.
_FORM = (
    rf"^[^0-9A-Za-z]?\(?[0-9]+"
    rf"(?:[ \-/()\u{{a0}}\u{{2010}}-\u{{2015}}]{_SIGNS}{{0,2}}[0-9]+"
    rf"|\.[0-9]+{_SIGNS}{{1,3}}[0-9]+)(?:{_SIGNS}{{1,3}}[0-9]+)*"
    rf"{_EXTENSION}(?:[.\-/:,_][A-Za-z]{{3,}})?$"
)
_GROUPED = of_form(_FORM, each(is_grouped))
ROOM = Room(
    rf"[0-9)]{_SIGNS}{{1,3}}[0-9]{{1,4}}(?:{_SIGNS}{{1,3}}[0-9]"
    r"|[0-9]{2})|\+ ?\(?[0-9]"
    rf"|[0-9]{{4}}[\s\-(\[]{{1,2}}{words(_AFTER)}",
    (
        Rule(
            TAG,
            rf"(?:^|[^0-9A-Za-z+]){_ABROAD}",
            rf"({_ABROAD})$",
            each(is_abroad),
        ),
        Rule(TAG, _HOME, "", _GROUPED),
        Rule(
            TAG,
            (
                rf"(?:^|[^0-9A-Za-z_.,\-+/#$€£¥(%]){_NUMBER}[\s\-"
                rf"(\[]{{1,2}}{words(_AFTER)}{EDGE}"
            ),
            rf"({_NUMBER})",
            each(is_told),
        ),
    ),
)
WORDED = (
    Rule(
        TAG,
        (
            rf"(?:^|[^A-Za-z]){words(_WORDS)}(?:[^0-9A-Za-z+(]{{1,4}}"
            rf"|[^0-9A-Za-z\n+(][^0-9\n+(]{{0,24}})\+?{_NUMBER}{_TAIL}"
        ),
        "",
        each(is_told),
    ),
)
GATES = _WORDS
