"""A small case in a folder: a boundary that upholds its one claim, to be spoilt."""

from __future__ import annotations

from pathlib import Path

BOUNDARY = """\
boundary: fence
population: everybody here
as_of: 2022-01-31
protected: [{name: mail, category: covered-personal-identifiers, tags: [EMAIL]}]
places: {primary: [US]}
excluded: {in-cn: {regime: country-residence, countries: [CN]}}
sources:
  warehouse: {kind: facts, files: [warehouse.jsonl]}
  hr: {kind: people-csv, files: [people.csv], collected: 2022-01-30}
claims:
  - {id: nobody, says: nobody there can, kind: no_reach, excluded: in-cn}
"""
PEOPLE = "id,residence,label\nann,CN,Ann\nbo,US,Bo\n"
# Bo may read the one column that is protected, and nobody else may.
WAREHOUSE = (
    '{"at":"db","detail":{"covers":"store:w"},"fact":"source","id":"db","name":"dump",'
    '"source":"db","value":"2022-01-30T00:00:00Z"}\n'
    '{"at":"db","fact":"attribute","id":"column:w/a.b.c","name":"tag","source":"db",'
    '"value":"EMAIL"}\n'
    '{"at":"db","fact":"edge","id":"store:w","name":"contains","source":"db",'
    '"value":"dataset:w/a.b"}\n'
    '{"at":"db","fact":"edge","id":"dataset:w/a.b","name":"contains","source":"db",'
    '"value":"column:w/a.b.c"}\n'
    '{"at":"db","fact":"edge","id":"person:bo","name":"has_privilege","source":"db",'
    '"value":"store:w","verb":"read"}\n'
)
# With this line Ann, who is excluded, may read it too.
CROSSING = (
    '{"at":"db:9","fact":"edge","id":"person:ann","name":"has_privilege",'
    '"source":"db","value":"store:w","verb":"read"}\n'
)
# Instead of his own grant, Bo has that of a group, and shares it with Cy.
SHARED = "".join(
    [
        *WAREHOUSE.splitlines(keepends=True)[:-1],
        *(
            f'{{"at":"x:{place}","fact":"edge","id":"person:{who}","name":"member_of",'
            f'"source":"db","value":"group:g"}}\n'
            for place, who in ((1, "bo"), (2, "cy"))
        ),
        '{"at":"x:3","fact":"edge","id":"group:g","name":"has_privilege",'
        '"source":"db","value":"dataset:w/a.b","verb":"read"}\n',
    ]
)


def write_case(folder: Path, **changes: str | bytes) -> Path:
    """Write the case into a folder; a change replaces a file, by its stem."""
    content: dict[str, str | bytes] = {
        "boundary.yaml": BOUNDARY,
        "people.csv": PEOPLE,
        "warehouse.jsonl": WAREHOUSE,
    }
    names = {Path(name).stem: name for name in content}
    folder.mkdir(parents=True, exist_ok=True)
    for stem, text in changes.items():
        content[names[stem]] = text
    for name, text in content.items():
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder
