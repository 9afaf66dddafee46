"""A docket with sealed names, ready to be exported, and every format of an export."""

from __future__ import annotations

import base64
import codecs
import gzip
import hashlib
import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote as percent

from msgspec import Raw

from ringfence.claims.publishing.exporting import Exported, Wish, exported
from ringfence.claims.publishing.published import (
    FORMAT,
    Export,
    Page,
    Told,
    Verdict,
)
from ringfence.docket import founding
from ringfence.docket.folder import Docket
from ringfence.docket.naming import Names
from ringfence.docket.objects import (
    RATE,
    Assessment,
    Blocks,
    Hand,
    Hearing,
    Object,
    Received,
    Recording,
    Ref,
    Reviewer,
    Sentence,
    Sound,
    Span,
    Speaker,
    Statement,
)
from ringfence.docket.publishing.disclosure import Ledger, Shown
from ringfence.docket.publishing.disclosure import Told as Opened
from ringfence.docket.publishing.profile import PROFILES, Profile
from ringfence.docket.sealing import Identities, read_identities
from ringfence.docket.words import Dismissal, Form, Grade, Known, Rung, Stance
from ringfence.report import published, published_html

NOW = "2022-03-01T10:00:00Z"
RECEIVED = "2021-12-24T18:30:07Z"
NAME = "Ruth Ellis, ruth.ellis@loopwing.example, +1 415 555 0112"
GIVER = "Grace Lane"
VERDICT = Verdict("nobody", "refuted", ("seen",), NOW, "ab", "cd", "ef")
WHOLE = 90 * RATE


@dataclass
class Desk:
    """A docket that tests export from, and the key that opens its names."""

    docket: Docket
    identities: Identities
    refs: dict[str, Ref]

    def log(self, one: Object) -> Ref:
        """Log an object."""
        (held,) = self.docket.append([one], NOW)
        return held.ref

    def export(
        self,
        profile: Profile = PROFILES["auditor"],
        *,
        claims: Sequence[str] = (),
        verdicts: Sequence[Verdict] = (VERDICT,),
        **more,
    ) -> Exported:
        """Export in every format."""
        wish = Wish(
            claims,
            profile,
            to="the desk",
            by=lambda found: found.reviewer("V1"),
            time=NOW,
            verdicts=verdicts,
            **more,
        )
        return exported(self.docket, self.identities, wish, every)


def every(told: Export, pages: Sequence[Page]) -> Mapping[str, bytes]:
    """Draw an export in every format."""
    drawn = {name: draw(told, pages) for name, draw in published.FORMATS.values()}
    return {
        published.EXPORT: published.as_json(told),
        "export.html": published_html.render(told, pages).encode(),
        **drawn,
    }


def telling(quote: str) -> Mapping[str, bytes]:
    """Draw a statement of these words in every format, and no more around it."""
    shown = Shown(1, "{}", (), {"text": Opened("00", Raw(json.dumps(quote).encode()))})
    told = Export(FORMAT, "own", NOW, (), (VERDICT,), Ledger("", (shown,)))
    one = Told(
        number=1,
        stance="contradicts",
        rung=Rung.HEARD,
        quote=quote,
        recording=1,
        at="",
        speaker="",
        met="",
        first_hand="yes",
        hedged="no",
    )
    return every(told, [Page("nobody", "no one can", "", "", "", (one,), VERDICT)])


def desk(folder: Path, **changed: str) -> Desk:
    """Found a docket of two statements; `changed` replaces texts of the first one.

    Texts: quote, where, role_coarse, unit_coarse, rationale, passage, translation.
    """
    keys = founding.drawn(folder / "keys")
    docket = founding.found(folder / "docket", "desk", keys, NOW)
    identities = read_identities(folder / "keys" / founding.IDENTITY_KEY)
    names = Names(docket)
    made = Desk(docket, identities, {})
    log, refs = made.log, made.refs
    refs["first"] = log(Reviewer("Mara Okafor"))
    refs["second"] = log(Reviewer("Timo Lindqvist"))
    refs["hand"] = log(Hand(names.keep(GIVER)))
    refs["tape"] = log(_recording(refs, Form.SOUND, "ruth-ellis-phone.m4a"))
    refs["page"] = log(_recording(refs, Form.DOCUMENT, "denial.txt"))
    refs["speaker"] = log(
        Speaker(
            "speaker-4f2a",
            role="data engineer",
            role_coarse=changed.get("role_coarse", "engineer"),
            unit="Data Platform",
            unit_coarse=changed.get("unit_coarse", "engineering"),
            country="US",
            country_coarse="North America",
            sealed=names.keep(NAME),
            match="aa" * 32,
        )
    )
    refs["sentence"] = log(
        Sentence("nobody", "nobody there can", "the firm", "2019-10", _where(changed))
    )
    words = changed.get("quote", "They can see all of it.")
    refs["statement"] = _said(made, words, changed)
    refs["denial"] = log(
        Statement(
            refs["page"],
            "That is not accurate.",
            passage=changed.get("passage", "line 3"),
            denies=refs["statement"],
        )
    )
    for by, blind in (("first", False), ("second", True)):
        log(Hearing(refs["denial"], refs[by], "That is not accurate.", blind))
    for one, stance in (("statement", "contradicts"), ("denial", "context")):
        log(
            Assessment(
                refs[one],
                refs["sentence"],
                Stance(stance),
                refs["first"],
                rationale=changed.get("rationale", "said of the same tables"),
            )
        )
    return made


def _where(changed: Mapping[str, str]) -> str:
    return changed.get("where", "a hearing")


def _said(made: Desk, words: str, changed: Mapping[str, str]) -> Ref:
    refs = made.refs
    ref = made.log(
        Statement(
            refs["tape"],
            "the machine wrote ruth ellis here",
            Span(4 * RATE, 9 * RATE),
            speaker=refs["speaker"],
            met_day="2021-09-07",
            met_month="2021-09",
            met_year="2021",
            first_hand=Known.YES,
            hedged=Known.NO,
            language="en",
            translation=changed.get("translation", ""),
        )
    )
    for by, blind in (("first", False), ("second", True)):
        made.log(Hearing(ref, refs[by], words, blind))
    return ref


def _recording(refs: Mapping[str, Ref], form: Form, name: str) -> Recording:
    is_sound = form is Form.SOUND
    return Recording(
        content="cc" * 32,
        size=7_654_321,
        name=name,
        media="audio/mp4" if is_sound else "text/plain",
        form=form,
        sound=Sound("av 1", "aac", RATE, 1, WHOLE, "dd" * 32) if is_sound else None,
        blocks=Blocks("ee" * 32, 90, WHOLE) if is_sound else None,
        seed="ff" * 32,
        hand=refs["hand"],
        grade=Grade.FIRST,
        received=Received(RECEIVED, refs["first"], f"from {GIVER} in a station"),
        basis="journalism",
        handling=f"never tell {GIVER}",
        language="en",
    )


def dismissed(made: Desk) -> None:
    """Dismiss the first statement as a joke."""
    made.log(
        Assessment(
            made.refs["statement"],
            made.refs["sentence"],
            Stance.CONTRADICTS,
            made.refs["first"],
            Dismissal.JOKE,
            "they laugh",
            supersedes=_assessment(made),
        )
    )


def _assessment(made: Desk) -> Ref:
    return next(
        one.ref
        for one in made.docket.held()
        if isinstance(one.object, Assessment)
        and one.object.statement == made.refs["statement"]
    )


# --- how a name can be written --------------------------------------------------------


def _sign_by_sign(form: str) -> Callable[[str], str]:
    return lambda text: "".join(form.format(ord(sign)) for sign in text)


def _byte_by_byte(form: str) -> Callable[[str], str]:
    return lambda text: "".join(map(form.format, text.encode()))


def _digested(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.strip().lower().encode()).hexdigest()


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "small letters": str.lower,
    "reversed": lambda text: text[::-1],
    "apart": ".".join,
    "without blanks": lambda text: "".join(text.split()),
    "underscored": lambda text: "_".join(text.split()),
    "zero width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "full width": lambda text: "".join(
        chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text
    ),
    "Cyrillic": lambda text: text.translate(str.maketrans("aeopcx", "аеорсх")),
    "JSON escapes": _sign_by_sign("\\u{:04x}"),
    "hexadecimal escapes": _sign_by_sign("\\x{:02x}"),
    "references": _sign_by_sign("&#{};"),
    "references in hexadecimal": _sign_by_sign("&#x{:x};"),
    "named references": lambda text: html.escape(text).replace(" ", "&nbsp;"),
    "URL": lambda text: percent(text, safe=""),
    "URL of every sign": _byte_by_byte("%{:02x}"),
    "quoted-printable": _byte_by_byte("={:02X}"),
    "JSON": json.dumps,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 behind others": lambda text: base64.b64encode(
        f"x: {text}".encode()
    ).decode(),
    "base64 twice": lambda text: base64.b64encode(
        base64.b64encode(text.encode())
    ).decode(),
    "base64 of UTF-16": lambda text: base64.b64encode(
        text.encode("utf-16-le")
    ).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base85": lambda text: base64.b85encode(text.encode()).decode(),
    "ASCII85": lambda text: base64.a85encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, spaced": lambda text: text.encode().hex(" "),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "gzip in base64": _packed,
    "URL of base64": lambda text: percent(base64.b64encode(text.encode()).decode()),
    **{name: _digested(name) for name in ("md5", "sha1", "sha256")},
}
"""How a name can be written so that somebody reads it."""
