"""Mail is looked through in every part, however it is coded."""

from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest

from ringfence.egress.inspection.report import Coverage, Inspection
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.inspector import Inspector
from ringfence.egress.payload import Payload
from tests.egress_packed import EMAIL, JANE, KNOWN, in_zip, mail, parquet, table


def inspected(content: bytes) -> Inspection:
    return Inspector(KNOWN).inspect(Payload("a.eml", content))


def written(*attached: tuple[bytes, str], text: str = "hello") -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "a@b.example", "c@d.example"
    message["Subject"] = "the sheet of this fortnight"
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    for content, name in attached:
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return bytes(message)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (table(EMAIL), "a.csv"),
        (parquet(EMAIL), "a.parquet"),
        (in_zip(table(EMAIL)), "a.zip"),
    ],
)
def test_what_is_attached_is_opened(content: bytes, name: str):
    """A sheet, a table, an archive: each by what it is."""
    found = inspected(written((content, name)))
    assert found.subjects.tolist() == [JANE]
    assert (found.format, found.coverage) == ("mail", Coverage.COMPLETE)
    assert found.undecided == ()
    assert all(one.place.part[0] == name for one in found.sightings)


@pytest.mark.parametrize("coding", ["quoted-printable", "base64", "8bit"])
def test_a_body_is_decoded(coding: str):
    """An address that a coding cuts is whole again."""
    message = EmailMessage()
    message["From"], message["Subject"] = "a@b.example", "x"
    message.set_content(f"{'é' * 40} {EMAIL}\n", cte=coding, charset="utf-8")
    assert JANE in inspected(bytes(message)).subjects.tolist()


def test_a_mail_within_a_mail_is_looked_through():
    """What is passed on is passed on with all that is in it."""
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "a@b.example", "fwd"
    inner = EmailMessage()
    inner["From"], inner["To"] = "x@y.example", EMAIL
    inner.set_content("hi")
    outer.set_content(inner)
    assert inspected(bytes(outer)).subjects.tolist() == [JANE]


def test_names_of_attachments_are_seen_and_not_said():
    """A file may be called by somebody's address."""
    found = inspected(written((b"x\n", f"{EMAIL}.txt")))
    assert found.subjects.tolist() == [JANE]
    assert EMAIL not in repr(found)


def test_a_preamble_is_looked_through():
    """Readers don't show what stands before the first part, and it arrives."""
    content = mail("x").replace(b"\r\n\r\n--==", f"\r\n\r\n{EMAIL}\r\n--==".encode(), 1)
    assert inspected(content).subjects.tolist() == [JANE]


def test_junk_in_base64_is_a_doubt():
    """Readers drop what isn't base64, so anything may stand there."""
    body = base64.b64encode(b"hello there, all of you").decode()
    junk = f"{body[:8]}\n<{EMAIL}>\n{body[8:]}"
    content = (
        "From: a@b.example\nSubject: x\nContent-Type: text/plain\n"
        f"Content-Transfer-Encoding: base64\n\n{junk}\n"
    )
    found = inspected(content.encode())
    assert found.subjects.tolist() == [JANE]
    assert Doubt.TRAILING in {one.why for one in found.undecided}


def test_a_mail_that_breaks_off_is_malformed():
    """The last part has no end."""
    content = mail("x").replace(b"--==--", b"")
    assert Doubt.MALFORMED in {one.why for one in inspected(content).undecided}
