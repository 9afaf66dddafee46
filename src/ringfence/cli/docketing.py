"""`ringfence docket`: recordings and statements, kept, quoted, tied to what was said."""

from __future__ import annotations

from cyclopts import App

app = App(
    name="docket",
    help="Keep recordings and statements so that they can be believed.",
    help_format="plaintext",
)
