"""Who somebody is and how they are reached, by words: 28 CFR 202.234(d), (f), (h).

A name or an address is no pattern: it is found where something says that it is one.
"""

from __future__ import annotations

import re
from datetime import date

from ringfence.egress.detectors.checks import each
from ringfence.egress.detectors.rules import EDGE, SAYS, Room, Rule, said, words


def _email(sign: str, end: str) -> str:
    atom = rf"[{sign}!#$%&'*+/=?^_`{{|}}~\-]+"
    label = rf"[{sign}](?:[{sign}\-]*[{sign}])?"
    return (
        rf"(?:{atom}(?:\.{atom})*|\"[^\"\\\r\n@ ]+\")"
        rf"@(?:(?:{label}\.)+(?:[{end}]{{2,63}}|(?i:xn--)[A-Za-z0-9\-]+)"
        r"|\[(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|IPv6:[0-9A-Fa-f:.]+)\])"
    )


EMAIL = _email("A-Za-z0-9", "A-Za-z")
"""An address as texts have it: RFC 5322's dot-atom or a quoted word, and a host with a
dot or an address literal."""

FOREIGN = _email(r"\p{L}\p{M}\p{N}", r"\p{L}")
"""The same, in letters of any script (RFC 6531)."""

_LOCAL, _WHOLE, _PIECE = 64, 254, 63
_MONTHS = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "ene",
    "fév",
    "abr",
    "mai",
    "ago",
    "set",
    "okt",
    "dez",
    "dic",
    "gen",
    "mag",
    "giu",
    "lug",
    "ott",
    "mär",
]
_MONTH = r"[A-Za-zäéûç]{3,10}\.?"
_DAY = (
    r"(?:[0-9]{4}[\-/.年] ?[0-9]{1,2}[\-/.月] ?[0-9]{1,2}"
    r"|[0-9]{1,2}[\-/. ]{1,2}[0-9]{1,2}[\-/. ]{1,2}(?:[0-9]{4}|[0-9]{2})"
    r"|[0-9]{1,2}(?:st|nd|rd|th|\.)?(?: of"
    rf"| de)?[ \-]{_MONTH},?(?: de)?[ \-][0-9]{{4}}"
    rf"|{_MONTH} [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}}|(?:19|20)[0-9]{{6}})"
)
_BORN = (
    "dob|d.o.b.|date of birth|birth date|birthdate|birthday|born|born on|born in"
    "|geburtsdatum|geboren|geboren am|geb|né le|née le|né|née|date de naissance"
    "|fecha de nacimiento|nacido el|nacida el|data di nascita|nato il|nata il"
    "|data de nascimento|geboortedatum|出生日期|生年月日|생년월일|дата рождения"
)
_BIRTHPLACE = (
    "place of birth|birth place|birthplace|city of birth|geburtsort|lieu de naissance"
    "|lugar de nacimiento|出生地|место рождения"
)
_CAPITAL = r"\p{Lu}[\p{L}'\u{2019}.\-]+"
_NAMED = (
    "first name|last name|full name|family name|given name|given names|middle name"
    "|legal name|maiden name|customer name|patient name|surname|nachname|vorname"
    "|prénom|apellido|apellidos|cardholder name|cardholder"
    "|account holder|passenger name"
    "|contact name|employee name|beneficiary name|recipient name|subscriber name"
    "|姓名|氏名"
)
_NAME = (
    r"(?:\p{Lu}[\p{L}'\u{2019}.\-]+|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]{2,})"
)
_ADDRESSED = (
    "street address|home address|mailing address|billing address|shipping address"
    "|postal address|delivery address|residential address|street|address line 1"
    "|address1|address|adresse|anschrift|dirección|indirizzo|endereço|adres|住址|地址"
)
_ZIPS = (
    "zip|zip code|zipcode|postal code|postcode|post code|plz"
    "|postleitzahl|code postal|código postal|pincode|邮编"
)
_SUFFIX = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|"
    r"Terrace|Place|Pl|Square|Sq|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Close|Crescent|"
    r"Gardens|Grove|Row|Trail|Loop|Mews)"
)
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]"
    "|N[CDEHJMVY]|O[HKR]|PA|RI"
    "|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|PR|A[AEP]"
)
_BRITISH = r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2}"
_HOUSE = (
    r"[0-9]{1,6}[A-Za-z]?,? (?:[NSEW]\.? "
    rf")?(?:[A-ZÀ-Þ0-9][A-Za-zÀ-ɏ0-9'.\-]*,? ){{1,4}}{_SUFFIX}"
)
_EUROPEAN = (
    r"[A-ZÀ-Þ][A-Za-zÀ-ɏ.\- ]{1,40}(?:stra(?:ß|ss)e|str\.|weg|platz"
    r"|allee|gasse|straat|laan|gatan|vägen|gate|vej)"
    r" ?[0-9]{1,4} ?[a-z]?,?\s+(?:[A-Z]{1,2}-)?[0-9]{4,5}(?: ?[A-Z]{2})? [A-ZÀ-Þ]"
    r"|[0-9]{1,4}(?: ?bis| ?ter)?,? (?i:rue|avenue|boulevard|place"
    r"|chemin|allée|impasse|quai) [^\n,]{2,40},?\s+[0-9]{5} [A-ZÀ-Þ]"
    r"|(?i:calle|avenida|avda\.|plaza|paseo|via|viale|piazza|corso"
    r"|rua) [^\n,]{2,40},? [0-9]{1,4}[^\n]{0,12}[, ]\s*[0-9]{5} "
    r"[A-ZÀ-Þ]"
)
_CALLERS = "caller|calling number|calling party|calling msisdn|a number|from number"
_CALLED = (
    "callee|called number|called party|called msisdn|dialed number|b number|to number"
)
_LASTED = "duration|call start|call time|call seconds|billsec"
_PASSWORDS = (
    "password|passwd|pwd|passphrase|passcode|pass word|contraseña|passwort|kennwort"
    "|mot de passe|密码|пароль|パスワード"
)
_SECRETS = (
    "security answer|secret answer|mother's maiden name|security question answer"
    "|recovery code|backup code|one time code|otp secret|totp secret|api key|apikey"
    "|client secret|secret key|auth token|refresh token|bearer token"
)
_HANDLES = (
    "username|user name|login|login name|screen name|account name|handle|user handle"
    "|nickname|skype|telegram|twitter|instagram|tiktok|wechat|discord|snapchat|userid"
    "|用户名|nutzername|benutzername|nom d'utilisateur|nombre de usuario"
)
_SITES = (
    r"(?i:twitter|x|instagram|tiktok|facebook|t|github|linkedin|threads|vk|weibo)"
    r"\.(?:com|me|net|cn)/(?:@|in/|u/|profile/)?[A-Za-z0-9_.\-]{3,}"
)
_PAGES = frozenset(
    [
        "about",
        "account",
        "ads",
        "api",
        "apps",
        "blog",
        "contact",
        "docs",
        "download",
        "events",
        "explore",
        "features",
        "groups",
        "hashtag",
        "help",
        "home",
        "i",
        "intent",
        "jobs",
        "join",
        "legal",
        "login",
        "news",
        "p",
        "pages",
        "photo",
        "policies",
        "pricing",
        "privacy",
        "profile.php",
        "reel",
        "search",
        "settings",
        "share",
        "sharer",
        "sharer.php",
        "signup",
        "status",
        "stories",
        "support",
        "terms",
        "tr",
        "watch",
    ]
)
_NOT_SAID = re.compile(
    r"[*•.x#_\-]+|<.*|\{.*|\$\{.*|%.*|null|none|nil|true|false|undefined|n/?a|required|"
    r"redacted|hidden|masked|string|text|password|changed|empty|unknown|reset",
    re.IGNORECASE,
)


def is_email(text: str) -> bool:
    """Return whether the parts of an address are as long as they may be (RFC 5321)."""
    local, _, host = text.rpartition("@")
    return (
        len(local.encode()) <= _LOCAL
        and len(text.encode()) <= _WHOLE
        and all(len(label.encode()) <= _PIECE for label in host.strip("[]").split("."))
        and not local.endswith(".")
    )


def is_birth_date(text: str) -> bool:
    """Return whether a date is of the calendar, and nobody's before 1900 or to come."""
    numbers = [int(one) for one in re.findall("[0-9]+", text)]
    if len(numbers) == 1:  # 19840229
        bare = str(numbers[0])
        return _is_day(int(bare[:4]), int(bare[4:6]), int(bare[6:]))
    word = re.search(r"[A-Za-zäéûç]{3,}", re.sub("[0-9](?:st|nd|rd|th)", "", text))
    if len(numbers) == 2:  # noqa: PLR2004 - a month in letters
        is_month = word is not None and word[0][:3].lower() in _MONTHS
        return is_month and _is_day(max(numbers), 1, min(numbers))
    year, *rest = sorted(numbers[::2], reverse=True)
    others = [numbers[1], *rest] if numbers[0] != year else numbers[1:]
    if year < 100 and len(re.findall("[0-9]+", text)[2]) == 2:  # noqa: PLR2004 - two digits
        year, others = 1900 + numbers[2], numbers[:2]
    return _is_day(year, *others) or _is_day(year, *others[::-1])


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return 1900 <= date(year, month, day).year <= date.today().year  # noqa: PLR2004, DTZ011 - the year alone
    except ValueError:
        return False


def is_secret(text: str) -> bool:
    """Return whether what follows `password:` is one, and no word about one."""
    return _NOT_SAID.fullmatch(text.rstrip(".,;")) is None


def is_page_of_somebody(text: str) -> bool:
    """Return whether an address of a network is of somebody's page."""
    name = text.partition("/")[2].rpartition("/")[2].lstrip("@").rstrip(".")
    return name.lower() not in _PAGES and not name.isdecimal()


_HIDDEN = r"[^\s\"',;&<>]{4,}"
FOREIGN_ROOM = Room(
    r"[^\x00-\x7f]@|@[^\x00-\x7f]|[^\x00-\x7f][^\s@]*@|@[^\s@]*[^\x00-\x7f]",
    (Rule("EMAIL", FOREIGN, "", each(is_email)),),
)
ROOM = Room(
    r"@|\$2[aby]\$|\$argon2|eyJ|PRIVATE KEY|AKIA|\.(?:com|me|net"
    rf"|cn)/|{EDGE}{_SUFFIX}{EDGE}"
    r"|, (?:[A-Z]{2}) [0-9]{5}|[0-9][A-Z]{2}(?:[^A-Za-z0-9]|$)"
    r"|(?i:p\.?o\.? box)|[0-9]{4,5}(?: ?[A-Z]{2})? [A-ZÀ-Þ]",
    (
        Rule("EMAIL", EMAIL, "", each(is_email)),
        Rule(
            "CREDENTIAL",
            r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$v=",
        ),
        Rule(
            "CREDENTIAL",
            r"eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*",
        ),
        Rule("CREDENTIAL", r"-----BEGIN [A-Z ]*PRIVATE KEY|(?:AKIA|ASIA)[0-9A-Z]{16}"),
        Rule(
            "ACCOUNT_NAME",
            rf"(?:^|[/.\s\"'(]){_SITES}",
            rf"({_SITES})$",
            each(is_page_of_somebody),
        ),
        Rule(
            "ADDRESS",
            (
                rf"{_HOUSE}\.?(?:[,\s]+(?:(?i:apt|suite|unit"
                r"|ste)\.? ?[#A-Za-z0-9\-]+|[A-ZÀ-Þ][A-Za-zÀ-ɏ'.\-]+)){0,6}"
                rf"[,\s]+(?:(?:{_STATES}) [0-9]{{5}}|{_BRITISH})"
            ),
        ),
        Rule(
            "ADDRESS",
            (
                rf"[A-ZÀ-Þ][A-Za-zÀ-ɏ.'\-]+, (?:{_STATES}) "
                rf"[0-9]{{5}}(?:-[0-9]{{4}})?{EDGE}"
            ),
        ),
        Rule("ADDRESS", rf"(?i:p\.?o\.? box) [0-9]{{1,6}}{EDGE}|{_EUROPEAN}"),
    ),
)
WORDED = (
    Rule("BIRTH_DATE", said(_BORN, _DAY), f"({_DAY})$", each(is_birth_date)),
    Rule("BIRTH_PLACE", said(_BIRTHPLACE, r"(?:\p{Lu}|\p{Han}|\p{Cyrillic})[\p{L}]+")),
    Rule("NAME", said(_NAMED, _NAME, SAYS)),
    Rule(
        "NAME",
        (
            r"(?:^|[^A-Za-z])(?i:my (?:full )?name is|mein name ist"
            rf"|je m'appelle|me llamo|mi nombre es|mi chiamo) {_CAPITAL}"
        ),
    ),
    Rule(
        "ADDRESS",
        said(
            _ADDRESSED,
            (
                r"(?:[0-9]+[A-Za-z]?,? \p{L}|\p{L}[\p{L}.\-' ]{2,40} "
                r"?[0-9]{1,5}(?:[^0-9.]|$)|\p{Han}{2,})"
            ),
            SAYS,
        ),
    ),
    Rule(
        "ADDRESS",
        said(
            _ZIPS,
            (
                rf"(?:[0-9]{{4,6}}(?:-[0-9]{{3,4}})?|{_BRITISH}"
                r"|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"
                rf"|[0-9]{{4}} ?[A-Z]{{2}}){EDGE}"
            ),
        ),
    ),
    Rule(
        "CREDENTIAL", said(_PASSWORDS, _HIDDEN, SAYS), rf"({_HIDDEN})$", each(is_secret)
    ),
    Rule(
        "CREDENTIAL",
        said(
            _PASSWORDS,
            r"[^\s\"',;]*[0-9!@#$%^&*][^\s\"',;]{3,}",
            r"[\"']? (?i:is|ist|es|est|was)[: ]+[\"']?",
        ),
    ),
    Rule(
        "CREDENTIAL", said(_SECRETS, _HIDDEN, SAYS), rf"({_HIDDEN})$", each(is_secret)
    ),
    Rule(
        "ACCOUNT_NAME", said(_HANDLES, _HIDDEN, SAYS), rf"({_HIDDEN})$", each(is_secret)
    ),
    Rule(
        "CALL_DETAIL",
        rf"(?s){words(_CALLERS)}.{{1,200}}{words(_CALLED)}.{{1,200}}{words(_LASTED)}",
    ),
)
GATES = (
    f"{_BORN}|{_BIRTHPLACE}|{_NAMED}|{_ADDRESSED}|{_ZIPS}|{_PASSWORDS}|{_SECRETS}"
    f"|{_HANDLES}|{_LASTED}"
)
PHRASES = (
    "my name is|my full name is|mein name ist|je m'appelle|me llamo"
    "|mi nombre es|mi chiamo"
    f"|(?:{_PASSWORDS})['\"]? (?:is|ist|es|est|was)|(?:{_BIRTHPLACE}) is"
)
