"""Entries: one spelling, closed lists, commitments that only their payload opens."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ConfigError, ProofError
from ringfence.ledger.entries import (
    DOCKET,
    FORMS,
    Entry,
    canonical,
    committed,
    digest_of,
    made,
    opened,
    parse_entry,
)
from tests.house.tree import DOCS

NOW = "2026-11-22T10:00:00Z"
A, B, C = (digest_of(one) for one in (b"a", b"b", b"c"))
KEY = "example.com/log+00000000+" + "A" * 44
VERDICT = {
    "digests": {"boundary": A, "estate": B, "facts": B, "payload": C},
    "commitments": {"id": f"sha256:{A}", "said": f"sha256:{B}"},
    "values": {"as_of": NOW, "claim": "4", "verdict": "refuted"},
}
# One entry of each kind, as a log would have it.
EXAMPLES = {
    "opened": {"values": {"origin": "example.com/log"}},
    "check": {
        "digests": {"boundary": A, "estate": B, "facts": B, "report": C},
        "values": {"as_of": NOW, "claims": "13", "version": "0.1.0"},
    },
    "verdict": VERDICT,
    "document": {
        "digests": {"document": A, "payload": B},
        "commitments": {"name": f"sha256:{C}"},
    },
    "decision": {
        "digests": {
            "boundary": A,
            "decisions": B,
            "estate": B,
            "payload": C,
            "scene": A,
        },
        "values": {"allowed": "31", "denied": "0"},
    },
    "shadow": {
        "digests": {
            "boundary": A,
            "decisions": B,
            "estate": B,
            "payload": C,
            "scene": A,
        },
        "values": {"allowed": "0", "denied": "31"},
    },
    "key": {"values": {"key": KEY, "state": "begins"}},
    "closed": {"values": {"next": "example.com/log/2027", "keys": f"{KEY} {KEY}"}},
    "continued": {
        "digests": {"root": A, "checkpoint": B},
        "values": {"origin": "example.com/log", "size": "70000"},
    },
    "exception": {
        "digests": {"boundary": A, "payload": B},
        "commitments": {"name": f"sha256:{B}", "step": f"sha256:{C}"},
        "values": {"step": "ask"},
    },
    "epoch": {
        "digests": {"epoch": A, "root": B},
        "values": {"keys": "900", "number": "3", "subjects": "100"},
    },
    "contracts": {
        "digests": {"boundary": A, "contracts": B, "estate": C},
        "values": {"as_of": NOW},
    },
    "meter": {"digests": {"meter": A}, "values": {"number": "12"}},
    "release": {
        "digests": {
            "boundary": A,
            "content": B,
            "contract": C,
            "epoch": A,
            "payload": B,
        },
        "commitments": {"channel": f"sha256:{C}", "receipt": f"sha256:{A}"},
        "values": {"coverage": "complete", "verdict": "hold"},
    },
    "custody": {
        "digests": {"payload": A},
        "commitments": dict.fromkeys(("by", "detail", "step", "thing"), f"sha256:{B}"),
        "values": {"step": "played"},
    },
    **{
        kind: {
            "digests": {"payload": A},
            "commitments": dict.fromkeys(fields.split(), f"sha256:{B}"),
        }
        for kind, fields in DOCKET.items()
    },
    "heartbeat": {},
    "erased": {"digests": {"payload": A}, "values": {"reason": "request"}},
}


def spelt(**changes: object) -> bytes:
    """Return a verdict's entry in the right spelling, with changes to its JSON."""
    found = json.loads(made("verdict", NOW, **VERDICT))
    return canonical(found | changes)


def test_each_kind_has_its_example():
    """The examples here are of every kind there is."""
    assert sorted(EXAMPLES) == sorted(FORMS)


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_what_is_written_is_read_back(kind: str):
    """An entry says the same to whoever reads it, and is spelt the same again."""
    content = made(kind, NOW, **EXAMPLES[kind])
    entry = parse_entry(content)
    assert (entry.kind, entry.time, entry.is_known) == (kind, NOW, True)
    assert entry.values == EXAMPLES[kind].get("values", {})
    assert entry.content == content
    assert json.dumps(
        json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode() == content  # fmt: skip


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_an_entry_has_what_its_kind_has_and_no_more(kind: str):
    """Without one of its names, unless it may lack it, or with another, none is."""
    example = EXAMPLES[kind]
    for part in ("digests", "commitments", "values"):
        names = example.get(part, {})
        mark = "" if part == "digests" else "sha256:"
        more = {**names, "name-of": f"{mark}{A}"}
        with pytest.raises(ConfigError, match="an entry of its kind has no `name-of`"):
            made(kind, NOW, **{**example, part: more})
        for name in set(names) - set(FORMS[kind].may):
            less = {key: value for key, value in names.items() if key != name}
            with pytest.raises(ConfigError, match=f"an entry of its kind has `{name}`"):
                made(kind, NOW, **{**example, part: less})


def test_a_verdict_may_have_a_proof_and_lack_a_sentence():
    """A claim that has no proof file, or says nothing in words, is logged too."""
    proved = {**VERDICT, "digests": {**VERDICT["digests"], "proof": A}}
    silent = {**VERDICT, "commitments": {"id": f"sha256:{A}"}}
    for one in (proved, silent):
        assert parse_entry(made("verdict", NOW, **one)).kind == "verdict"


def test_what_leaves_has_an_output_and_what_stays_has_none():
    """A release names what left, and the estate that it was judged over."""
    example = EXAMPLES["release"]
    left = {**example["digests"], "estate": A, "output": C}
    entry = parse_entry(made("release", NOW, **{**example, "digests": left}))
    assert entry.digests["output"] == f"sha256:{C}"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("opened", "origin", "an origin"),
        ("opened", "origin", "a+b"),
        ("opened", "origin", "a\u202eb"),
        ("opened", "origin", "a" * 256),
        ("check", "claims", "013"),
        ("check", "version", "Ann's"),
        ("check", "as_of", "2026-02-30T00:00:00Z"),
        ("verdict", "verdict", "true"),
        ("verdict", "claim", "ann@example.com"),
        ("verdict", "as_of", "2026-11-22"),
        ("key", "state", "stolen"),
        ("key", "key", "example.com/log"),
        ("closed", "keys", f"{KEY}  {KEY}"),
        ("continued", "size", "-1"),
        ("erased", "reason", "Ann Li asked for it"),
        ("epoch", "keys", "-3"),
        ("release", "verdict", "RELEASE"),
        ("release", "coverage", "all of it"),
        ("release", "number", "first"),
        ("contracts", "as_of", "now"),
        ("meter", "number", "-1"),
    ],
)
def test_no_value_is_free_text(kind: str, name: str, value: str):
    """A value that isn't on its list is refused: nothing personal can slip in."""
    example = EXAMPLES[kind]
    with pytest.raises(ConfigError, match=f"`{name}` can't be|is no time"):
        made(kind, NOW, **{**example, "values": {**example["values"], name: value}})


def test_an_unknown_kind_is_read_but_not_written():
    """A later version's entry is read as far as every entry is alike."""
    content = canonical({"kind": "later", "time": NOW, "values": {"cell": "x y"}})
    entry = parse_entry(content)
    assert (entry.kind, entry.is_known, entry.values) == (
        "later",
        False,
        {"cell": "x y"},
    )
    with pytest.raises(ConfigError, match="an entry can't be of the kind `later`"):
        made("later", NOW)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no entry"),
        (b"{}", "is no entry"),
        (b"[]", "is no entry"),
        (b"\xff", "is no entry"),
        (b"[" * 100_000, "longer than 65,535|is no entry"),
        (b"[" * 60_000, "is no entry"),
        (spelt() + b"\n", "one way"),
        (b" " + spelt(), "one way"),
        (spelt()[:-1], "is no entry"),
        (spelt().replace(b'"kind"', b'"time":"x","kind"'), "one way"),
        (spelt().replace(b"refuted", b"\\u0072efuted"), "one way"),
        (spelt(extra=1), "is no entry"),
        (spelt(values={"claim": 4}), "is no entry"),
        (spelt(commitments={}), "one way"),
        (spelt(kind="Verdict"), "its kind is no word"),
        (spelt(time="2026-11-22 10:00:00"), "is no time"),
        (spelt(time="2026-13-22T10:00:00Z"), "is no time"),
        (spelt(digests={"boundary": A}), "`boundary` is no digest"),
        (spelt(digests={"boundary": f"sha256:{A.upper()}"}), "is no digest"),
        (spelt(kind="later", values={"A b": "x"}), "is no word"),
        (
            spelt(kind="later", values={f"a{n}": "x" for n in range(17)}),
            "more than 16",
        ),
    ],
)
def test_what_is_no_entry_is_refused(content: bytes, told: str):
    """Whatever isn't spelt in the one way gives one clear error, with its place."""
    with pytest.raises(ProofError, match=f"(?s)^entry 7: .*({told})"):
        parse_entry(content, "entry 7")


@given(st.binary(max_size=80))
def test_no_bytes_break_the_parser(content: bytes):
    """Bytes are an entry in the right spelling, or refused."""
    with suppress(ProofError):
        assert parse_entry(content).content == content


@given(st.integers(0, len(spelt()) - 1), st.integers(0, 7))
def test_no_bit_can_be_flipped_unseen(place: int, bit: int):
    """Another bit makes another entry, or none: never the same one."""
    changed = bytearray(spelt())
    changed[place] ^= 1 << bit
    with suppress(ProofError):
        assert parse_entry(bytes(changed)) != parse_entry(spelt())


# --- commitments ----------------------------------------------------------------------


def verdict_of(values: dict[str, object]) -> tuple[Entry, bytes]:
    """Return an entry that commits to values, and its payload."""
    commitments, payload = committed(values)
    digests = {**VERDICT["digests"], "payload": digest_of(payload)}
    content = made(
        "verdict", NOW, **{**VERDICT, "digests": digests, "commitments": commitments}
    )
    return parse_entry(content), payload


@given(st.text(), st.text())
def test_a_commitment_is_opened_by_its_payload(id_: str, said: str):
    """What was committed to is what the payload tells, whatever it was."""
    values: dict[str, object] = {"id": id_, "said": said}
    try:
        canonical(values)
    except UnicodeEncodeError:  # half a surrogate pair is no text
        return
    assert opened(*verdict_of(values)) == values


def test_a_commitment_is_what_its_page_says():
    """It is the SHA-256 of 32 bytes of salt and the value's canonical JSON."""
    found, payload = committed({"id": "é"}, lambda count: b"\x07" * count)
    told = hashlib.sha256(b"\x07" * 32 + '"é"'.encode()).hexdigest()
    assert found == {"id": f"sha256:{told}"}
    salts = '{"id":"' + "07" * 32 + '"}'
    assert payload.decode() == f'{{"salts":{salts},"values":{{"id":"é"}}}}'


def test_two_commitments_to_one_value_differ():
    """Nobody sees from two entries that they are about the same thing."""
    assert committed({"id": "x"})[0] != committed({"id": "x"})[0]


def payload_of(salts: object, values: object) -> bytes:
    return canonical({"salts": salts, "values": values})


GOOD = "00" * 32


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "opens no commitment"),
        (b"[" * 60_000, "opens no commitment"),
        (payload_of({"id": GOOD}, {"id": "x"}) + b"\n", "one way"),
        (payload_of({"id": GOOD}, {}), "doesn't tell what the entry commits to"),
        (payload_of({}, {}), "doesn't tell what the entry commits to"),
        (payload_of({"id": GOOD[:-2]}, {"id": "x"}), "tells another `id`"),
        (payload_of({"id": GOOD}, {"id": "y"}), "tells another `id`"),
        (payload_of({"id": "zz" * 32}, {"id": "x"}), "tells another `id`"),
    ],
)
def test_a_payload_that_opens_nothing_is_refused(payload: bytes, told: str):
    """A payload in the entry's name alone isn't enough: it has to tell the values."""
    commitments, _ = committed({"id": "x"}, bytes)
    digests = {"payload": f"sha256:{digest_of(payload)}"}
    entry = Entry("verdict", NOW, digests, commitments)
    with pytest.raises(ProofError, match=f"the payload: .*{told}"):
        opened(entry, payload)


def test_another_entrys_payload_opens_nothing():
    """A payload is bound to its entry by its digest."""
    entry, _ = verdict_of({"id": "x", "said": "y"})
    _, other = verdict_of({"id": "x", "said": "y"})
    with pytest.raises(ProofError, match="not the one that the entry names"):
        opened(entry, other)


def test_a_payload_in_another_spelling_is_refused():
    """Of two equal payloads with other blanks, one alone is the payload."""
    entry, payload = verdict_of({"id": "x", "said": "y"})
    loose = msgspec.json.format(payload)
    changed = {**entry.digests, "payload": f"sha256:{digest_of(loose)}"}
    with pytest.raises(ProofError, match="one way"):
        opened(msgspec.structs.replace(entry, digests=changed), loose)


# --- the page -------------------------------------------------------------------------

PAGE = (DOCS / "ledger" / "entries.md").read_text(encoding="utf-8")


def rows() -> list[str]:
    """Return the rows of the page's table of kinds."""
    table = PAGE.partition("## Kinds")[2].partition("## ")[0]
    return [row for row in table.splitlines() if row.startswith("| `")]


def cells(kind: str) -> list[list[str]]:
    """Return the names in each cell of a kind's row on the page of entries."""
    (row,) = (row for row in rows() if row.startswith(f"| `{kind}` |"))
    return [re.findall(r"`([^`]+)`", cell) for cell in row.strip("|").split("|")]


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_each_kind_has_its_row(kind: str):
    """The page that is to be read in ten years names what each kind is made of."""
    form = FORMS[kind]
    _, _, digests, commitments, values = cells(kind)
    assert digests == list(form.digests)
    assert commitments == list(form.commitments)
    assert sorted(values) == sorted(form.values)


def test_the_page_knows_no_kind_that_is_not_there():
    """Its table of kinds has a row for each kind, and no other."""
    assert sorted(row.split("`")[1] for row in rows()) == sorted(FORMS)


def test_the_entry_on_the_page_is_one():
    """What the page shows parses, and is spelt as entries are."""
    (shown,) = re.findall(r"^```json\n(.*)\n```$", PAGE, re.MULTILINE)
    assert parse_entry(shown.encode()).kind == "verdict"
