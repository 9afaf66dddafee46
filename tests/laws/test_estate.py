"""Laws of the estate: one canonical form, one digest, whatever way facts arrive."""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.estate.facts import Fact, Form, line
from tests.guards import conditions
from tests.unit.estate.made import estate, refusal, written

ANY = st.characters(codec="utf-8")
WORDS = st.text(ANY, min_size=1, max_size=8) | st.sampled_from(
    [
        '"',
        "\\",
        "\0",
        "\n",
        "\r\n",
        "\x01",
        "\x1f",
        "\x7f",
        "\u2028",
        "\U0001f600",
        "{}",
    ]
)
MAYBE = st.just("") | WORDS
MOMENTS = st.dates().map(lambda day: f"{day:%Y-%m-%d}T00:00:00Z".rjust(20, "0"))
SPANS = st.just(("", "")) | st.lists(MOMENTS, min_size=2, max_size=2, unique=True).map(
    lambda ends: (min(ends), max(ends))
)


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Return any fact of the vocabulary, with any text where text is free."""
    since, until = draw(SPANS)
    person = f"person:{draw(WORDS)}"
    needed = st.sets(WORDS.map(lambda name: f"key:{name}"), max_size=2)
    forms: list[tuple[Form, dict[str, Any]]] = [
        ("node", {}),
        ("attribute", {"name": "label", "value": draw(WORDS)}),
        ("edge", {"name": "member_of", "value": f"group:{draw(WORDS)}"}),
        (
            "edge",
            {
                "name": "has_privilege",
                "value": f"store:{draw(WORDS)}",
                "verb": "read",
                "control": draw(MAYBE),
                "guard": draw(st.none() | conditions(undecided=True)),
                "needs": tuple(sorted(draw(needed))),
            },
        ),
    ]
    form, extra = draw(st.sampled_from(forms))
    return Fact(
        fact=form,
        id=person,
        at=draw(WORDS),
        source=draw(WORDS),
        since=since,
        until=until,
        unknown=draw(MAYBE),
        detail=draw(st.dictionaries(WORDS, MAYBE, max_size=3)),
        **extra,
    )


FACTS = st.lists(facts(), max_size=6)


@given(facts())
def test_a_canonical_line_is_taken_as_it_stands(fact: Fact):
    """The encoder and the estate agree on the canonical form, for any text."""
    text = line(fact).decode()
    with tempfile.TemporaryDirectory() as folder:
        loaded = estate(Path(folder), text)
        loaded.write(Path(folder) / "out")
        assert (Path(folder) / "out").read_text("utf-8") == text + "\n"


@given(facts(), st.data())
def test_any_other_spelling_is_refused(fact: Fact, data: st.DataObject):
    """JSON that means the same fact but is spelt otherwise is no canonical line."""
    parsed = json.loads(line(fact))
    keys = data.draw(st.permutations(list(parsed)))
    other = json.dumps(
        {key: parsed[key] for key in keys},
        ensure_ascii=data.draw(st.booleans()),
        separators=data.draw(st.sampled_from([(",", ":"), (", ", ":"), (",", ": ")])),
    )
    with tempfile.TemporaryDirectory() as folder:
        refused = refusal(Path(folder), other)
    is_canonical = other.encode() == line(fact)
    assert refused == ([] if is_canonical else ["0.jsonl:1: is not canonical JSON"])


@given(FACTS, st.randoms(use_true_random=False), st.integers(1, 3))
def test_the_digest_is_of_facts_not_of_files(
    found: list[Fact], chance: random.Random, count: int
):
    """Neither the order of files and lines nor a repeat changes the estate."""
    lines = [line(fact) + b"\n" for fact in found]
    shuffled = [*lines, *lines[:2]]
    chance.shuffle(shuffled)
    parts = [b"".join(shuffled[start::count]) for start in range(count)]
    chance.shuffle(parts)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loaded = estate(folder, *parts)
        digest = loaded.write(folder / "facts.jsonl")
        content = (folder / "facts.jsonl").read_bytes()
        again = estate(folder, content)
    expected = b"".join(sorted(set(lines)))
    assert content == expected
    assert digest == hashlib.sha256(expected).hexdigest()
    assert (loaded.digest(), again.digest()) == (digest, digest)
    assert loaded.size == len(set(lines))


@given(FACTS, st.integers(0, 5), st.integers(0, 400))
def test_no_byte_of_a_line_can_be_taken_away(found: list[Fact], which: int, where: int):
    """A fact with a byte missing is refused, or is another estate: never the same."""
    if not found:
        return
    lines = sorted({line(fact) for fact in found})
    chosen = lines[which % len(lines)]
    cut = where % len(chosen)
    lines[which % len(lines)] = chosen[:cut] + chosen[cut + 1 :]
    whole = hashlib.sha256(b"".join(sorted({line(one) + b"\n" for one in found})))
    with tempfile.TemporaryDirectory() as folder:
        content = b"".join(one + b"\n" for one in lines)
        if not refusal(Path(folder), content):
            assert estate(Path(folder), content).digest() != whole.hexdigest()


# --- as of an instant -----------------------------------------------------------------

DAYS = [f"2022-01-{day:02}T00:00:00Z" for day in range(1, 8)]
ENDS = st.sampled_from(["", *DAYS])
STRETCHES = st.tuples(
    st.sampled_from(["US", "CN", "NO"]), ENDS, ENDS, st.sampled_from(["", "open"])
).filter(lambda one: not (one[1] and one[2]) or one[1] < one[2])


def residence(value: str, since: str, until: str, unknown: str) -> str:
    fact = {
        "at": "x",
        "fact": "attribute",
        "id": "person:a",
        "name": "residence",
        "source": "s",
        "value": value,
    }
    ends = {"since": since, "until": until, "unknown": unknown}
    return written(fact, **{key: end or None for key, end in ends.items()})


@settings(max_examples=40)
@given(st.lists(STRETCHES, max_size=4))
def test_a_view_is_the_facts_in_force(stretches: list[tuple[str, str, str, str]]):
    """A fact holds from its first instant to before its end; the last begun counts.

    The definition is written out here in plain Python; the view answers in SQL.
    """
    with tempfile.TemporaryDirectory() as folder:
        loaded = estate(Path(folder), "\n".join(residence(*one) for one in stretches))
        for now in DAYS:
            force = [
                one for one in stretches if one[1] <= now and not "" < one[2] <= now
            ]
            last = max((one[1] for one in force), default="")
            latest = [one for one in force if one[1] == last]
            view = loaded.view(now)
            holders = view.holders("person")
            if not force:
                assert holders == {}
                continue
            holder = holders["person:a"]
            sure = {one[0] for one in latest if not one[3]}
            assert holder.attributes["residence"] == sure
            assert bool(holder.unknown) == any(one[3] for one in latest)
