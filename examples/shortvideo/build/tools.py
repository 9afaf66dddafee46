"""The register of internal tools, written as YAML."""

from __future__ import annotations

from directory import pick
from people import Person
from register import (
    ABROAD,
    EXPORTS,
    GROUP_APPROVERS,
    JOBS,
    MASTERS,
    RELEASED,
    TOOLS,
    US_TEAM,
    VAULT_TABLES,
    Tool,
)


def written(people: list[Person], groups: list[str]) -> str:
    """Return `tools.yaml`."""
    text = [
        "# The register of internal tools, kept by the platform office.",
        "# State of 2022-01-29.",
        "",
        "tools:",
    ]
    for tool in TOOLS:
        text += _tool(tool, people)
    text += ["", "service_accounts:"]
    for tool in TOOLS:
        for account, roles in tool.runs_as.items():
            text += _account(account, roles)
    for account, roles in JOBS.items():
        text += _account(account, roles)
    text += _master(people)
    text += [
        "",
        "# Who decides whom to let in. Members are the directory's business.",
        "groups:",
    ]
    for group in groups:
        who = _approver(GROUP_APPROVERS.get(group, "us"), people)
        text.append(f"  - {{name: {group}, approvers: [{who}]}}")
    text += ["", "# Copies outside the warehouse.", "exports:"]
    for export in EXPORTS:
        text += _export(*export)
    return "\n".join(text) + "\n"


def _approver(key: str, people: list[Person]) -> str:
    if key == "us":
        return f'"{US_TEAM}"'
    team, number = ABROAD[key]
    return f'"{pick(people, team, "CN", number).id}"'


def _ids(kind: str, names: tuple[str, ...]) -> str:
    return ", ".join(f'"{kind}:{name}"' for name in names)


def _tool(tool: Tool, people: list[Person]) -> list[str]:
    owners = [f'"group:{tool.owner}"'] if tool.owner else []
    if tool.name in RELEASED:
        owners.append('"tool:Shipyard"')
    lines = [
        f"  - name: {tool.name}",
        f"    label: {tool.name} ({tool.label})",
        f"    runs_as: [{', '.join(tool.runs_as)}]",
    ]
    if tool.used_by:
        lines.append(f"    used_by: [{_ids('group', tool.used_by)}]")
    if owners:
        lines.append(f"    owners: [{', '.join(owners)}]")
    lines.append(f"    approvers: [{_approver(tool.approver, people)}]")
    if tool.name in VAULT_TABLES:
        entry = f"{{dataset: {VAULT_TABLES[tool.name]}, verbs: [read]}}"
        lines.append(f"    data: [{entry}]")
    return lines


def _account(name: str, roles: tuple[str, ...]) -> list[str]:
    if not roles:
        return [f"  - {{name: {name}}}"]
    return [f"  - {{name: {name}, logs_in_as: [{', '.join(roles)}]}}"]


def _master(people: list[Person]) -> list[str]:
    holders = ", ".join(f'"{pick(people, *one).id}"' for one in MASTERS)
    return [
        "  - name: warehouse-master",
        "    logs_in_as: [warehouse/master_admin]",
        "    credentials:",
        f"      - {{name: warehouse-master-password, held_by: [{holders}]}}",
    ]


def _export(  # noqa: PLR0917 - as above
    dataset: str,
    form: str,
    label: str,
    originals: tuple[str, ...],
    holders: tuple[str, ...],
    since: str,
) -> list[str]:
    lines = [
        f"  - dataset: {dataset}",
        f"    as: {form}",
        f"    label: {label}",
        f"    from: [{_ids('dataset', originals)}]",
    ]
    if holders:
        lines.append(f"    held_by: [{_ids('group', holders)}]")
    if since:
        lines.append(f"    since: {since}")
    return lines
