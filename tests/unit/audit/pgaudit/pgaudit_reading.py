"""Reads bytes of a log with the reader, for the tests of its formats."""

from ringfence.audit.event import CODED, DONE, Words, touch_of
from ringfence.audit.readers.pgaudit import READER
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Located
from ringfence.errors import Locus


def order(**options):
    """An order of such a log, with options of the reader."""
    at = Locus("boundary.yaml", 1)
    said = {name: Located(value, at) for name, value in options.items()}
    return LogOrder("db", "pgaudit", (), at=at, store="db", options=said)


def read(path, **options):
    """The file, its events as plain rows, how many asides, and what is malformed."""
    words = {name: Words() for name in CODED}
    file = Unpacked(path, path.name)
    events, asides, malformed = [], 0, []
    for sheet in READER.read(file, order(**options), words):
        spoken = {name: words[name].all() for name in CODED}
        for n in range(len(sheet)):
            event = {name: spoken[name][sheet.coded[name][n]] for name in CODED}
            event["touch"] = touch_of(event["touch"])
            event |= {
                "time": int(sheet.time[n]),
                "verb": DONE[sheet.verb[n]],
                "rows": int(sheet.rows[n]),
                "uid": sheet.uid[n],
                "request": sheet.request[n],
                "offset": int(sheet.offset[n]),
                "length": int(sheet.length[n]),
                "line": int(sheet.line[n]),
            }
            events.append(event)
        asides += sheet.asides
        malformed += sheet.malformed
    return file, events, asides, [*malformed, *file.malformed]
