"""What systems answer to leads: the same as behind the commands that people type."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from ringfence import cli
from ringfence.claims.leads import asked
from ringfence.errors import ConfigError
from ringfence.report.lead_answer import Systems, Told, answered
from tests.cases import BOUNDARY, CROSSING, WAREHOUSE, write_case
from tests.contesting import NOW


def told(tmp_path: Path, *command: str, output: Path | None = None) -> Told:
    """Return what the systems of a case with a crossing answer."""
    case = write_case(tmp_path / "case", warehouse=WAREHOUSE + CROSSING)
    return answered(asked(command), Systems(case, output, NOW))


@pytest.mark.parametrize(
    ("command", "says", "code"),
    [
        (("reach", "who", "protected"), "2 of 2 people reach protected", 11),
        (("reach", "what", "excluded"), "", 11),
        (("reach", "path", "ann", "protected"), "", 11),
    ],
)
def test_reach_is_answered_as_the_command_does(tmp_path, capsys, command, says, code):
    """The answer is the command's JSON, byte for byte, with its exit code."""
    found = told(tmp_path, *command)
    assert found.code == code
    assert found.says.startswith(says)
    assert found.says
    words = [*command, "--case", str(tmp_path / "case"), "--format", "json"]
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == code
    assert capsys.readouterr().out.encode() == found.content
    assert (len(found.estate), len(found.boundary)) == (64, 64)


def test_pairs_are_answered_as_the_command_does(tmp_path, capsys):
    """Each pair is a line of JSON; the sum says how many, and the verdict."""
    found = told(tmp_path, "reach", "pairs", "--claim", "nobody")
    assert found.says == "1 pair in reach; the claim is refuted"
    with pytest.raises(SystemExit):
        cli.main(
            [
                *["reach", "pairs", "--claim", "nobody", "--format", "json"],
                str(tmp_path / "case"),
            ]
        )
    assert capsys.readouterr().out.encode() == found.content
    none = told(tmp_path, "reach", "pairs", "--claim", "nobody", "--who", "bo")
    assert none.says.startswith("0 pairs in reach")


def test_a_claim_is_answered_with_its_proof(tmp_path):
    """The answer to `check` is what the report says of the claim, by systems alone."""
    found = told(tmp_path, "check", "nobody", output=tmp_path / "out")
    assert (found.code, found.says[:36]) == (11, "by systems alone nobody is refuted: ")
    proof = next((tmp_path / "out").glob("claim-*.json"))
    assert found.proof == sha256(proof.read_bytes()).hexdigest()
    again = told(tmp_path, "check", "nobody")
    assert again == found
    with pytest.raises(ConfigError, match="there is no claim `nobdy`"):
        told(tmp_path, "check", "nobdy")


def test_a_claim_without_a_proof_is_answered(tmp_path):
    """What is unproven has a reason and no proof."""
    case = write_case(tmp_path / "case", people="")
    found = answered(asked(("check", "nobody")), Systems(case, None, NOW))
    assert (found.code, found.proof) == (10, "")


def test_what_reach_rests_on_is_kept_if_wished(tmp_path):
    """With a folder the estate is kept whose digest the answer names."""
    found = told(tmp_path, "reach", "who", "protected", output=tmp_path / "kept")
    facts = (tmp_path / "kept" / "facts.jsonl").read_bytes()
    assert sha256(facts).hexdigest() == found.estate


def test_a_docket_is_told_digests_alone(tmp_path):
    """The answer in a docket is a line, an exit code and digests."""
    found = told(tmp_path, "check", "nobody")
    answer = found.answer("ab" * 32)
    assert (answer.lead, answer.code, answer.says) == ("ab" * 32, 11, found.says)
    assert answer.content == sha256(found.content).hexdigest()
    assert answer.proof == found.proof


LOGS = """\
logs:
  w:
    kind: declared
    files: [w.jsonl]
    store: w
    from: 2022-01-01
    until: 2022-01-31
    cadence: 60 days
    collected: 2022-02-01
    fields: {time: t, actor: who, resource: data, columns: columns}
"""
ANN = '{"t":"2022-01-10T09:00:00Z","who":"person:ann","data":"a.b","columns":"c"}'


def test_a_log_is_answered_with_the_sum_and_the_line(tmp_path):
    """An audit is told by its sum; an event by its place, and the line itself."""
    case = write_case(tmp_path / "case", boundary=BOUNDARY + LOGS)
    torn = ANN[:20]
    (case / "w.jsonl").write_text(f"{ANN}\n{torn}\n")
    systems = Systems(case, tmp_path / "out", NOW)
    found = answered(asked(("audit", "--excluded", "in-cn")), systems)
    assert found.says == (
        "events 2 = crossing 1 + permitted 0 + unknown 0 + malformed 1"
    )
    assert found.code == 11
    assert answered(asked(("audit",)), Systems(case, None, NOW)) == found
    start = sha256((case / "w.jsonl").read_bytes()).hexdigest()[:12]
    line = answered(asked(("audit", "show", f"{start}-0")), systems)
    assert line.content == f"{ANN}\n".encode()
    assert line.says.startswith("w.jsonl:1, sha256 ")
    odd = answered(asked(("audit", "show", f"{start}-{len(ANN) + 1}")), systems)
    assert "; it is no event: " in odd.says


def test_what_logs_tell_needs_logs(tmp_path):
    """A case without logs can't be audited; a line is found by what an audit wrote."""
    with pytest.raises(ConfigError, match="orders no logs"):
        told(tmp_path, "audit")
    with pytest.raises(ConfigError, match="found by a table of events"):
        told(tmp_path, "audit", "show", "3f-1")
