"""The licence is Apache-2.0, whole, and nothing in the tree says otherwise."""

from __future__ import annotations

import hashlib
import re
import tomllib

from tests.house.tree import PROJECT, SOURCE, own_files

# SHA-256 of the text that the Apache Software Foundation publishes.
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_the_licence_is_the_published_text():
    """LICENSE is Apache-2.0 to the byte, and the package metadata says so."""
    text = (PROJECT / "LICENSE").read_bytes()
    metadata = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert hashlib.sha256(text).hexdigest() == APACHE_2
    assert metadata["project"]["license"] == "Apache-2.0"


def test_no_source_file_carries_another_licence():
    """A file states its licence in at most one SPDX line, and then ours."""
    found = {}
    for path in own_files(SOURCE):
        text = path.read_text(encoding="utf-8")
        stated = re.findall(r"SPDX-License-Identifier: *(\S+)", text)
        if stated not in ([], ["Apache-2.0"]):
            found[str(path.relative_to(PROJECT))] = stated
    assert found == {}
