"""The parser of the server's parse trees, on trees written by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.sources.postgres.nodetree import Node, merge, parse, queries_of
from ringfence.sources.postgres.snapshot import Output, Query, Use

TABLE = "{RANGETBLENTRY :rtekind 0 :relid 500 :perminfoindex 1}"
CHECK = "{RTEPERMISSIONINFO :relid 500 :requiredPerms 2 :selectedCols (b 8 9)}"


def var(column: int, *, place: int = 1, level: int = 0) -> str:
    """Return a reference to a column."""
    return f"{{VAR :varno {place} :varattno {column} :varlevelsup {level}}}"


def target(expression: str, number: int = 1, *, junk: bool = False) -> str:
    """Return a column of the target list that the server has not traced."""
    word = "true" if junk else "false"
    return (
        f"{{TARGETENTRY :expr {expression} :resno {number} :resorigtbl 0"
        f" :resorigcol 0 :resjunk {word}}}"
    )


def query(targets: str, *, rtable: str = TABLE, more: str = "") -> str:
    """Return a query over the given range table."""
    return (
        f"{{QUERY :commandType 1 :rtable ({rtable}) :rteperminfos ({CHECK})"
        f" :jointree {{FROMEXPR :fromlist ({{RANGETBLREF :rtindex 1}}) :quals <>}}"
        f" :targetList ({targets}) :setOperations <> {more}}}"
    )


def only(text: str) -> Output:
    """Return the one output of the one query."""
    ((output,),) = (found.outputs for found in queries_of(f"({text})"))
    return output


def test_strings_keep_their_brackets():
    """A quoted name with brackets and escapes is one word."""
    tree = parse(r'{ALIAS :aliasname "a (b\" }" :colnames ("x" "y{")}')
    assert isinstance(tree, Node)
    assert tree.fields == {"aliasname": r'"a (b\" }"', "colnames": ['"x"', '"y{"']}


@pytest.mark.parametrize("text", ["", "{A", "}", "(a))", "{A} {B}"])
def test_what_is_no_tree_is_refused(text):
    """Text that doesn't balance is no tree."""
    with pytest.raises(ValueError, match="bracket"):
        parse(text)


@given(st.text(alphabet='{}()[]": \\ab1', max_size=40))
def test_any_text_parses_or_is_refused(text):
    """No text makes the parser fail in another way than by refusing."""
    try:
        queries_of(text)
    except ValueError:
        return


def test_checked_columns_count_from_the_system_columns():
    """Bit 8 of a column set is column 1: numbering starts at -7."""
    (found,) = queries_of(f"({query(target(var(1)))})")
    assert found.uses == (Use(relation=500, verbs=("SELECT",), columns=(1, 2)),)


def test_a_traced_column_is_plain():
    """What the server traced itself is taken over."""
    text = "{TARGETENTRY :expr {VAR :varno 7} :resno 1 :resorigtbl 9 :resorigcol 3}"
    assert only(query(text)).sources == ((9, 3, True),)


def test_a_column_behind_a_relabel_is_plain():
    """A cast that changes no byte changes nothing."""
    assert only(query(target(f"{{RELABELTYPE :arg {var(2)}}}"))).sources == (
        (500, 2, True),
    )


def test_an_expression_is_not_plain():
    """What a function makes of a column is that column, changed."""
    text = f"{{FUNCEXPR :funcid 870 :args ({var(1)} {var(2)})}}"
    assert only(query(target(text))).sources == ((500, 1, False), (500, 2, False))


def test_a_whole_row_is_column_zero():
    """A reference to the row names no column, so it stands for all."""
    assert only(query(target(var(0)))).sources == ((500, 0, False),)


def test_a_subquery_is_looked_through():
    """A column of a subquery comes from where the subquery has it."""
    inner = query(target(var(2)))
    entry = f"{{RANGETBLENTRY :rtekind 1 :subquery {inner}}}"
    assert only(query(target(var(1)), rtable=entry)).sources == ((500, 2, True),)


def test_a_join_is_looked_through():
    """A column of a join comes from the side that has it."""
    entry = f"{{RANGETBLENTRY :rtekind 2 :joinaliasvars ({var(1)} {var(2)})}}"
    found = only(query(target(var(2, place=2)), rtable=f"{TABLE} {entry}"))
    assert found.sources == ((500, 2, True),)


def test_a_common_table_expression_is_looked_through():
    """A column of WITH comes from where its query has it."""
    entry = "{RANGETBLENTRY :rtekind 6 :ctename q :ctelevelsup 0 :self_reference false}"
    cte = f"{{COMMONTABLEEXPR :ctename q :ctequery {query(target(var(1)))}}}"
    found = only(query(target(var(1)), rtable=entry, more=f":cteList ({cte})"))
    assert found.sources == ((500, 1, True),)


def test_a_group_is_looked_through():
    """A column of GROUP BY (18) comes from the expression that is grouped by."""
    entry = f"{{RANGETBLENTRY :rtekind 9 :groupexprs ({var(2)})}}"
    found = only(query(target(var(1, place=2)), rtable=f"{TABLE} {entry}"))
    assert found.sources == ((500, 2, True),)


def test_a_row_function_is_made_of_its_arguments():
    """What a function in FROM returns is computed from its arguments."""
    entry = (
        f"{{RANGETBLENTRY :rtekind 3 :functions ({{RANGETBLFUNCTION :f {var(2)}}})}}"
    )
    found = only(query(target(var(1, place=2)), rtable=f"{TABLE} {entry}"))
    assert found.sources == ((500, 2, False),)


@pytest.mark.parametrize(
    "reference",
    [var(1, place=9), var(1, level=4)],
    ids=["no such entry", "no such level"],
)
def test_what_leads_nowhere_is_unknown(reference):
    """A reference that can't be followed makes the output unknown."""
    assert only(query(target(reference))) == Output(number=1, known=False)


def test_an_unheard_of_entry_is_unknown():
    """A kind of range entry that isn't known makes the output unknown."""
    entry = "{RANGETBLENTRY :rtekind 77}"
    assert not only(query(target(var(1)), rtable=entry)).known


def test_junk_is_no_output():
    """A column that only sorts isn't returned."""
    (found,) = queries_of(f"({query(target(var(1)) + target(var(2), 2, junk=True))})")
    assert [output.number for output in found.outputs] == [1]


def union(op: int) -> str:
    """Return a set operation over a plain arm and a changed one."""
    changed = query(target(f"{{FUNCEXPR :funcid 870 :args ({var(2)})}}"))
    arms = [query(target(var(1))), changed]
    entries = " ".join(f"{{RANGETBLENTRY :rtekind 1 :subquery {arm}}}" for arm in arms)
    operation = f"{{SETOPERATIONSTMT :op {op} :larg <> :rarg <>}}"
    text = query(target(var(1)), rtable=entries)
    before, _, after = text.rpartition(":setOperations <>")
    return f"{before}:setOperations {operation}{after}"


def test_a_union_returns_every_arm():
    """What one arm of a UNION returns unchanged comes out unchanged."""
    assert only(union(1)).sources == ((500, 1, True), (500, 2, False))


def test_an_except_returns_something_else():
    """What EXCEPT returns is computed from both arms."""
    assert only(union(3)).sources == ((500, 1, False), (500, 2, False))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (":quals <>", ":quals {OPEXPR :opno 96}"),
        (":setOperations <>", ":setOperations <> :limitCount {CONST}"),
        (":setOperations <>", ":setOperations <> :havingQual {OPEXPR}"),
        ("{RANGETBLREF :rtindex 1}", "{JOINEXPR :jointype 0}"),
    ],
    ids=["where", "limit", "having", "inner join"],
)
def test_rows_may_be_kept_back(before, after):
    """WHERE, LIMIT, HAVING and an inner join may keep rows back."""
    text = query(target(var(1)))
    (whole,), (part,) = (
        queries_of(f"({text})"),
        queries_of(f"({text.replace(before, after)})"),
    )
    assert (whole.filtered, part.filtered) == (False, True)


def test_several_statements_are_one_body():
    """A body checks what all its statements check, and returns what the last does."""
    first = Query(uses=(Use(relation=1, verbs=("SELECT",)),), functions=(7,))
    last = Query(outputs=(Output(number=1),), filtered=True, writes=True)
    assert merge([first, last]) == Query(
        uses=first.uses,
        outputs=last.outputs,
        filtered=True,
        functions=(7,),
        writes=True,
    )
    assert merge([]) == Query()
