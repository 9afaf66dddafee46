"""The reports of the made outcomes are, to the letter, the files beside this one.

`RINGFENCE_WRITE_GOLDEN=1` writes the files anew; look at the difference before you
keep it, and at the page in a browser.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ringfence.report import document, html, json, text
from tests.unit.report import outcomes

HERE = Path(__file__).parent
RENDERERS = {
    "txt": text.render,
    "all.txt": lambda found: text.render(found, everything=True),
    "narrow.txt": lambda found: text.render(found, width=64, height=24),
    "json": json.render,
    "html": html.render,
}


@pytest.mark.parametrize("suffix", RENDERERS)
@pytest.mark.parametrize("name", ["realistic", "logged", "empty"])
def test_report_is_golden(name: str, suffix: str):
    """Each renderer gives what the golden file holds."""
    built = document.build(getattr(outcomes, name)(), folder="out")
    written = RENDERERS[suffix](built)
    golden = HERE / f"{name}.{suffix}"
    if os.environ.get("RINGFENCE_WRITE_GOLDEN"):
        golden.write_text(written, encoding="utf-8")
    assert golden.read_text("utf-8") == written


def test_hostile_screen_is_golden():
    """The screen of a hostile outcome is what the golden file holds."""
    written = text.render(document.build(outcomes.hostile(), folder="out"))
    golden = HERE / "hostile.txt"
    if os.environ.get("RINGFENCE_WRITE_GOLDEN"):
        golden.write_text(written, encoding="utf-8")
    assert golden.read_text("utf-8") == written
