"""A plan alone, and a read that locks, are told from the bare words of a statement."""

import pytest

from ringfence.audit.statements.plain import bare, is_locking_read, is_plan_alone


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 'a;b', \"C;d\" -- x;\n;", "select '', \"\""),
        ("/* a /* b */ ; */ select 1", "select 1"),
        ("select $x$ ; $$ $x$, $1, e'\\'; '", "select '', $1, ''"),
        ("select 'open", ""),
        ("/* /* */ select 1", ""),
        ("select 'a\\'", ""),
    ],
)
def test_bare_words_are_without_texts_and_comments(sql, words):
    """Comments nest; what may end elsewhere than its quotes say is in doubt."""
    assert bare(sql) == words


@pytest.mark.parametrize(
    ("sql", "alone"),
    [
        ("explain select 1", True),
        ("EXPLAIN (costs off) select 1;", True),
        ("explain verbose select 1", True),
        ("/* a /* b */ */ explain select 1 -- analyze", True),
        ("explain select analyze from t", True),
        ("explain select ';'", True),
        ("explain analyze select 1", False),
        ("explain (buffers, ANALYSE) select 1", False),
        ("explain /* */ analyze select 1", False),
        ("explain (/* */ analyze true) select 1", False),
        ('explain ("analyze") select 1', False),
        ("explain select 1; select email from people", False),
        ("select 1; explain select 1", False),
        ("explain select 'open; select email from people", False),
        ("select explain from t", False),
        ("", False),
    ],
)
def test_a_plan_alone_is_one_statement_that_is_not_carried_out(sql, alone):
    """One EXPLAIN without ANALYZE, and nothing beside it."""
    assert is_plan_alone(sql) is alone


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("select email from people for update", True),
        ("select email from people for no key update nowait", True),
        ("select 1 from people x for key share of x", True),
        ('select "update" from people for share', True),
        ("update people set x = 1", False),
        ("select email from people", False),
        ("with q as (update people set x = 1 returning id) select 1 for update", False),
        ("select 1 from people for update; delete from people", False),
        ("update people set x = ' for update'", False),
    ],
)
def test_a_locking_read_writes_nothing(sql, read):
    """`FOR UPDATE` and `FOR SHARE` need a right to write, and only read."""
    assert is_locking_read(sql) is read
