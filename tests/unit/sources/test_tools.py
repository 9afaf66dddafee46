"""Tools, accounts, groups, grants, exports: what the YAML says is what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.errors import SourceError
from tests.unit.sources.reading import notes, read, told


def tools(base: Path, text: str) -> list[str]:
    """Return the facts of a document, without bare nodes."""
    harvest = read("tools", base, {"t.yaml": text})
    return [fact for fact in told(harvest) if " " in fact]


@pytest.mark.parametrize(
    ("field", "edge"),
    [("used_by", "can_use"), ("owners", "can_change"), ("approvers", "approves")],
)
def test_each_list_of_a_tool_is_one_edge(field: str, edge: str, tmp_path: Path):
    """Who uses, changes or approves a tool is one edge each; one name needs no list."""
    text = f"tools: [{{name: t, {field}: 'group:g', since: 2021-01-01}}]"
    assert tools(tmp_path, text) == [f"group:g {edge} tool:t since=2021-01-01"]


def test_the_hop_from_tool_to_database_is_two_edges(tmp_path: Path):
    """A tool runs as an account, and the account logs in as a role of a store."""
    text = """
        tools: [{name: t, runs_as: svc}]
        service_accounts: [{name: svc, logs_in_as: warehouse/svc_role}]
    """
    assert tools(tmp_path, text) == [
        "tool:t runs_as service_account:svc",
        "service_account:svc can_assume role:warehouse/svc_role",
    ]


def test_an_account_that_is_not_described_is_noted(tmp_path: Path):
    """A tool whose account leads nowhere would look harmless without a word."""
    text = "tools: [{name: t, runs_as: svc}]"
    assert len(notes(read("tools", tmp_path, {"t.yaml": text}))) == 1


def test_an_account_may_be_described_in_another_file(tmp_path: Path):
    """The files of a source belong together."""
    files = {
        "t.yaml": "tools: [{name: t, runs_as: svc}]",
        "a.yaml": "service_accounts: [{name: svc}]",
    }
    assert notes(read("tools", tmp_path, files)) == []


def test_a_group_of_verbs_is_spelt_out(tmp_path: Path):
    """`edit` stands for its four verbs, and a verb named twice counts once."""
    text = "tools: [{name: t, data: [{store: s, verbs: [edit, insert]}]}]"
    assert tools(tmp_path, text) == [
        f"tool:t has_privilege {verb} store:s"
        for verb in ("insert", "update", "delete", "truncate")
    ]


def test_data_names_one_thing_by_its_kind(tmp_path: Path):
    """A store, a dataset or a column is named under its kind."""
    text = "tools: [{name: t, data: [{column: w/p.u.email, verbs: read}]}]"
    assert tools(tmp_path, text) == ["tool:t has_privilege read column:w/p.u.email"]


def test_whoever_holds_a_credential_becomes_the_account(tmp_path: Path):
    """A password is a node between its holder and the account."""
    text = """
        service_accounts:
          - name: svc
            credentials: [{name: pw, held_by: 'person:Ann', until: 2022-01-01}]
    """
    assert tools(tmp_path, text) == [
        "credential:pw can_assume service_account:svc until=2022-01-01",
        "person:ann holds_key credential:pw until=2022-01-01",
    ]


@pytest.mark.parametrize(
    ("what", "edge"),
    [("tool:t", "can_use"), ("group:g", "member_of"), ("service_account:s", "can_use")],
)
def test_a_grant_is_an_edge_with_its_approver(what: str, edge: str, tmp_path: Path):
    """What entry is given to decides the edge; who approved stands in its detail."""
    text = f"""
        grants:
          - {{who: 'person:a', what: '{what}', approved_by: 'person:B',
              since: 2021-01-01, until: 2021-02-01}}
    """
    assert tools(tmp_path, text) == [
        f"person:a {edge} {what} since=2021-01-01 until=2021-02-01 approved_by=person:b"
    ]


@pytest.mark.parametrize(
    ("form", "edge"),
    [("export", "exported_to"), ("index", "indexed_in"), ("derived", "derived_from")],
)
def test_a_copy_points_at_its_original(form: str, edge: str, tmp_path: Path):
    """Whoever reads the copy reads the original; its store holds it."""
    text = f"exports: [{{dataset: c/f.x, from: 'store:w', as: {form}}}]"
    assert tools(tmp_path, text) == [
        f"dataset:c/f.x form={form}",
        "store:c contains dataset:c/f.x",
        f"dataset:c/f.x {edge} store:w",
    ]


def test_groups_may_contain_each_other(tmp_path: Path):
    """Circles of groups are facts like others."""
    text = """
        groups:
          - {name: a, members: ['group:b']}
          - {name: b, members: ['group:a']}
    """
    assert tools(tmp_path, text) == [
        "group:b member_of group:a",
        "group:a member_of group:b",
    ]


def test_an_empty_section_states_nothing(tmp_path: Path):
    """A heading without entries is no mistake."""
    assert tools(tmp_path, "tools:\ngroups: []\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tools: [{name: t, place: moon}]", "place `moon` is no country"),
        ("tools: [{name: t, data: [{verbs: read}]}]", "names one thing"),
        ("tools: [{name: t, data: [{store: s, verbs: []}]}]", "`verbs` is empty"),
        ("tools: [{name: t, data: [{store: s}]}]", "needs `verbs`"),
        ("tools: [{name: t, used_by: 'person: '}]", "`person: ` names nobody"),
        ("tools: [{name: t, since: 2022-01-01, until: 2022-01-01}]", "isn't after"),
        ("service_accounts: [{name: s, credentials: [{}]}]", "needs `name`"),
        (
            (
                "service_accounts: [{name: s, until: 2020-01-01, "
                "credentials: [{name: c, since: 2021-01-01}]}]"
            ),
            "outside the time of its account",
        ),
        ("grants: [{who: 'person:a', what: 'store:s'}]", "`what` can't be `store:s`"),
        ("exports: [{from: 'store:s'}]", "an export needs `dataset`"),
    ],
)
def test_what_can_not_be_meant_is_refused(text: str, message: str, tmp_path: Path):
    """Each mistake has its message."""
    with pytest.raises(SourceError) as caught:
        read("tools", tmp_path, {"t.yaml": text})
    assert message in str(caught.value)
