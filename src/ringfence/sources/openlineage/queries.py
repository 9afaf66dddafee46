"""A job's SQL, resolved where its run says which columns its inputs have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot.dialects.dialect import Dialect

from ringfence.errors import Locus
from ringfence.sources.lineage.model import Answer, Table
from ringfence.sources.lineage.resolve import columns_of
from ringfence.sources.lineage.schema import DIALECTS, Schema
from ringfence.sources.lineage.statements import Written, read_script
from ringfence.sources.lineage.tokens import Token
from ringfence.sources.openlineage.model import Run
from ringfence.sources.openlineage.naming import Name

_NOT_ONE = "a job's SQL isn't one query with one output"
_SCHEMES = {
    "awsathena": "athena",
    "sqlserver": "tsql",
    "azurescheme": "tsql",
    "unitycatalog": "databricks",
    "abfss": "spark",
    "file": "spark",
    "hdfs": "spark",
    "s3": "spark",
    "gs": "spark",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """The lineage that a job's SQL gives.

    Attributes:
        datasets: The dataset of each table that it reads.
        names: What the output's columns are called, as far as the SQL says.
    """

    answer: Answer
    names: tuple[str, ...]
    datasets: Mapping[Table, Name]
    at: Locus


def resolved(
    run: Run, output: Name, dialect: str, tokens: tuple[Token, ...]
) -> Resolved | str:
    """Return the lineage of an output by its job's SQL, or why there is none.

    It is taken only when it is whole: one statement, one output, each table an input
    whose columns the run lists.
    """
    if len(run.sql) != 1 or len(run.outputs) != 1:
        return _NOT_ONE
    ((text, (stated, at)),) = run.sql.items()
    written = _dialect(dialect or stated, output)
    script = read_script(text, written)
    if script.broken:
        return "a job's SQL isn't understood"
    if len(script.written) != 1 or script.written[0].query is None:
        return _NOT_ONE
    schema, datasets = _schema(run)
    one = script.written[0]
    answer = columns_of(one.query or "", schema, written, tokens)
    names = _names(run, output, one, answer)
    lost = _lost(answer, names, datasets)
    return lost or Resolved(answer, names, datasets, at)


def _names(run: Run, output: Name, one: Written, answer: Answer) -> tuple[str, ...]:
    """Return what the output's columns are called."""
    names = one.columns or (run.columns.get(output, ()) if one.is_insert else ())
    own = tuple(shown.name for shown in answer.columns)
    return (*names, *own[len(names) :])


def _lost(
    answer: Answer, names: tuple[str, ...], datasets: Mapping[Table, Name]
) -> str:
    """Return what keeps an answer from being whole, or nothing."""
    if answer.unresolved or answer.rest is not None or not answer.columns:
        return "a job's SQL isn't resolved with the columns that its run lists"
    if any(table not in datasets for table in answer.tables):
        return "a job's SQL reads what isn't among its inputs"
    if not all(names) or len(names) != len(answer.columns):
        return "a job's SQL leaves a column without a name"
    return ""


def _schema(run: Run) -> tuple[Schema, dict[Table, Name]]:
    schema, datasets = Schema(), dict[Table, Name]()
    for name in run.inputs:
        columns = run.columns.get(name)
        if columns:
            parts = ["", "", *name.name.split(".")]
            table = Table(parts[-3], parts[-2], parts[-1])
            schema.add(table, columns)
            datasets[table] = name
    return schema, datasets


def _dialect(stated: str, output: Name) -> str:
    """Return the dialect, as stated or as the namespace's scheme tells."""
    word = stated.strip().lower() or output.namespace.partition(":")[0].lower()
    word = _SCHEMES.get(word, word)
    return word if word in DIALECTS and Dialect.get(word) else ""
