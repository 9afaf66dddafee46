"""The head of every page: one style sheet, named by its hash, and nothing else.

Everything on a page is escaped by construction (`markup`), and its content security
rule forbids all but that sheet, so that even a name that got past the escaping could
load or run nothing.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from xml.etree.ElementTree import Element

from ringfence.report.markup import element, style


def head(title: str, *, sound: bool = False) -> Element:
    """Return the head of a page.

    Args:
        title: What a browser calls the page.
        sound: Whether the page carries clips of sound.
    """
    sheet = resources.files("ringfence.report").joinpath("style.css").read_text("utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element(
            "meta",
            http_equiv="Content-Security-Policy",
            content=_rule(sheet, sound=sound),
        ),
        element("meta", name="viewport", content="width=device-width"),
        element("title", title),
        style(sheet),
    )


def _rule(sheet: str, *, sound: bool) -> str:
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        f"{'media-src data:; ' * sound}base-uri 'none'; form-action 'none'"
    )
