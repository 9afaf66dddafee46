"""The word of a touch: the same for the same touch, and read back as it was."""

from ringfence.audit.attribution.told_twice import gives, needs
from ringfence.audit.event import SOMEWHERE, Touch, touch_of
from ringfence.audit.naming import renamed
from ringfence.audit.readers.touching import Names

A, B = "column:db/s.a.x", "column:db/s.b.x"


def test_a_touch_without_doubt_keeps_its_word():
    """What names its tables is written as it always was."""
    assert (
        Touch((B, A, A), only="dataset:db/s.a").text() == f'{{"columns":["{A}","{B}"]}}'
    )


def test_groups_are_sorted_and_keep_their_order_within():
    """The order within a group is the order in which a name is looked for."""
    touch = Touch(either=((B, A), (A, SOMEWHERE), (B, A)), only="dataset:db/s.a")
    assert touch_of(touch.text()).either == ((A, SOMEWHERE), (B, A))
    assert touch_of(touch.text()).only == "dataset:db/s.a"
    assert renamed((), touch.text()) == touch.text()
    assert touch.names() == (A,)


def test_columns_of_several_datasets_are_of_each_that_has_them():
    """Each dataset begins a group of its own."""
    told = Names("db", ()).touch(["s.a", "s.b"], ["x"])
    assert told == Touch(either=((A, B), (B, A)))


def test_a_column_that_may_be_is_told_by_one_that_may_be():
    """A tool that is sure of a column isn't told by a database that isn't."""
    maybe = Touch(either=((A, B),))
    assert all({*atoms} & gives(maybe) for atoms in needs(maybe))
    assert not any({*atoms} & gives(maybe) for atoms in needs(Touch((A,))))
