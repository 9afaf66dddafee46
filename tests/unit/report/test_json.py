"""The report as JSON: its schema, and that it says what the document says."""

from __future__ import annotations

import json as standard
from importlib import resources
from typing import Any

import msgspec
import pytest

from ringfence.report import json
from ringfence.report.document import build
from tests.unit.report import crossed, outcomes

NAMES = ("realistic", "logged", "empty", "hostile")
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def published() -> dict[str, Any]:
    file = resources.files("ringfence.report").joinpath("report.schema.json")
    found: dict[str, Any] = standard.loads(file.read_text("utf-8"))
    return found


def complaints(
    value: object, rule: dict[str, Any], rules: dict[str, Any], where: str = "$"
):
    """Yield what of a value breaks a rule, in the part of JSON Schema that we use."""
    unknown = set(rule) - {
        *("$schema", "$defs", "$ref", "title", "description", "type", "enum"),
        *(
            "properties",
            "required",
            "additionalProperties",
            "items",
            "anyOf",
            "default",
        ),
        *("prefixItems", "minItems", "maxItems"),
    }
    assert not unknown, f"{where}: this test doesn't know {unknown}"
    if "$ref" in rule:
        name = rule["$ref"].removeprefix("#/$defs/")
        yield from complaints(value, rules[name], rules, where)
    if "anyOf" in rule:
        tried = [list(complaints(value, one, rules, where)) for one in rule["anyOf"]]
        yield from [] if [] in tried else [f"{where}: none of the choices"]
    if "enum" in rule and value not in rule["enum"]:
        yield f"{where}: {value!r} is none of {rule['enum']}"
    if "type" in rule and not isinstance(value, TYPES[rule["type"]]):
        yield f"{where}: is no {rule['type']}"
    if isinstance(value, dict):
        yield from _of_mapping(value, rule, rules, where)
    if isinstance(value, list):
        yield from _of_sequence(value, rule, rules, where)


def _of_sequence(
    value: list[object], rule: dict[str, Any], rules: dict[str, Any], where: str
):
    least, most = rule.get("minItems", 0), rule.get("maxItems", len(value))
    if not least <= len(value) <= most:
        yield f"{where}: {len(value)} entries"
    entries = [*rule.get("prefixItems", ())]
    if isinstance(rule.get("items"), dict):
        entries += [rule["items"]] * (len(value) - len(entries))
    for number, (entry, one) in enumerate(zip(value, entries, strict=False)):
        yield from complaints(entry, one, rules, f"{where}[{number}]")


def _of_mapping(
    value: dict[str, Any], rule: dict[str, Any], rules: dict[str, Any], where: str
):
    fields = rule.get("properties", {})
    yield from (
        f"{where}: no {name}" for name in rule.get("required", ()) if name not in value
    )
    others = rule.get("additionalProperties", True)
    for name, entry in value.items():
        if name in fields:
            yield from complaints(entry, fields[name], rules, f"{where}.{name}")
        elif isinstance(others, dict):
            yield from complaints(entry, others, rules, f"{where}.{name}")
        elif others is False:
            yield f"{where}: unexpected {name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_report_conforms_to_the_published_schema(name: str):
    """What is written is what `report.schema.json` describes."""
    found = standard.loads(json.render(build(getattr(outcomes, name)())))
    schema = published()
    assert list(complaints(found, schema, schema["$defs"])) == []


def test_a_report_that_lacks_or_adds_a_field_does_not_conform():
    """The schema is strict: it would notice."""
    found = standard.loads(json.render(build(outcomes.realistic())))
    schema = published()
    del found["claims"][0]["verdict"]
    found["claims"][1]["verdict"] = "likely"
    found["extra"] = 1
    assert list(complaints(found, schema, schema["$defs"])) == [
        "$.claims[0]: no verdict",
        "$.claims[1].verdict: 'likely' is none of ['refuted', 'unproven', 'upheld']",
        "$: unexpected extra",
    ]


def test_the_published_schema_is_the_one_of_the_code():
    """Whoever changes the report changes the file, and its version."""
    file = resources.files("ringfence.report").joinpath("report.schema.json")
    assert file.read_bytes() == json.schema()


@pytest.mark.parametrize("name", NAMES)
def test_a_report_reads_back_as_it_was(name: str):
    """Nothing is lost or changed by writing, hostile names included."""
    document = build(getattr(outcomes, name)())
    found = msgspec.json.decode(json.render(document), type=json.Report)
    assert msgspec.json.encode(found) == msgspec.json.encode(json.report(document))


def test_names_stand_raw_and_print_harmlessly():
    """A reader gets the name itself back; a terminal sees escapes."""
    shown = json.render(build(outcomes.hostile()))
    assert shown.replace("\n", "").isprintable()
    found = standard.loads(shown)
    assert [claim["id"] for claim in found["claims"]] == list(outcomes.HOSTILE)


def test_delete_is_escaped():
    """DEL is ASCII, and steers a terminal all the same."""
    assert json.harmless('"\x7f"') == '"\\u007f"'


def test_a_proxy_stands_within_its_claim():
    """The proxy of a question of law is no claim of its own."""
    found = json.report(build(outcomes.realistic()))
    assert [claim.number for claim in found.claims] == list(range(1, 9))
    proxy = found.claims[2].proxy
    assert proxy is not None
    assert (found.claims[2].verdict, proxy.verdict) == ("unproven", "refuted")
    assert found.claims[3].proxy is None


def test_every_step_carries_its_canonical_line():
    """A reader can find each step in `facts.jsonl` by its line."""
    found = json.report(build(outcomes.realistic()))
    lines = [step.line for step in found.claims[3].paths[0].steps]
    assert lines == [hop.line for hop in outcomes.WITNESS.hops]


def test_the_events_of_a_claim_are_told_in_full():
    """Counts, cells, exhibits and meters stand as the logs gave them; others none."""
    found = json.report(build(outcomes.logged()))
    assert [claim.crossings is not None for claim in found.claims] == [
        *[False] * 7,
        *[True] * 3,
    ]
    crossings = found.claims[7].crossings
    assert crossings == crossed.many()
    assert found.logs == crossed.logs()


def test_codes_of_what_the_logs_do_not_tell_are_stable():
    """A reader can tell a gap from a duplicate without reading sentences."""
    found = json.report(build(outcomes.logged()))
    codes = [one.code for one in found.not_looked_at if one.code.startswith("log-")]
    assert codes == [
        "log-malformed",
        "log-duplicate",
        *["log-gap"] * 4,
        "log-silent",
    ]
    assert found.claims[8].reasons[0].code == "log-gap"
