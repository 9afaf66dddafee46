"""A plan as a file: written, read back, edited, and found in the estate again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ConfigError
from ringfence.estate.store import Row
from ringfence.reach.collateral import Sweep
from ringfence.reach.frontier import Uncuttable, frontier
from ringfence.reach.masks import READ, VERB_BIT
from ringfence.reach.plan import Regrant, priced
from ringfence.reach.plan_file import About, edges_of, read_plan, regrants_of, written
from tests.estates import edge
from tests.house.tree import DOCS
from tests.planning import Setting

T = "dataset:d/t"
ABOUT = About("nobody", "2022-01-31T00:00:00Z", "ab" * 32, "cd" * 32)
HEAD = "claim: c\nas_of: '2022-01-31'\nestate: e\nboundary: b\n"
FACTS = [
    edge("person:x", "member_of", "group:g"),
    edge("person:x", "member_of", "group:g", unknown="not decided"),
    edge("person:l", "member_of", "group:g"),
    edge("group:g", "has_privilege", T, verb="read"),
]


def setting_of(facts=FACTS):
    return Setting(facts, ["person:x"], [T])


def plan_of(setting):
    found = frontier(setting.graph, setting.aim, setting.prices)
    assert not isinstance(found, Uncuttable)
    return found[-1]


def text_of(setting, plan, **more):
    return written(plan, ABOUT, setting.graph, setting.prices, **more)


def test_a_plan_reads_as_it_is():
    """Figures on top, then one change a line, with its cost and its places."""
    setting = setting_of()
    cited = {
        row: Row("", "", "", "", "", f"people.csv:{row}", "hr", "", "", "", "", "")
        for row in range(len(FACTS))
    }
    text = text_of(setting, plan_of(setting), cited=cited)
    assert text.split("\n", 3)[3] == (
        'plan: "A"\n'
        'aim: "fewest changes, spares what legitimate people pass"\n'
        'claim: "nobody"\n'
        'as_of: "2022-01-31T00:00:00Z"\n'
        f'estate: "{"ab" * 32}"\n'
        f'boundary: "{"cd" * 32}"\n'
        "cost: 1\n"
        "changes: 1\n"
        "undecided: 0\n"
        "remaining: 0\n"
        "loses: {people: 0, pairs: 0}\n"
        "remove:\n"
        '  - {tail: "person:x", kind: member_of, head: "group:g", cost: 1, '
        'at: ["hr: people.csv:2", "hr: people.csv:3"]}\n'
        "regrant: []\n"
    )


def test_a_plan_comes_back():
    """What is read is what was written, and it is found in the estate again."""
    setting = setting_of()
    plan = plan_of(setting)
    grant = Regrant(setting.graph.number["person:x"], setting.graph.number[T], READ)
    file = read_plan(text_of(setting, plan, regrants=[grant]), "plan.yaml")
    assert file.about == ABOUT
    assert edges_of(file, setting.graph, setting.prices.kind).tolist() == (
        plan.edges.tolist()
    )
    assert regrants_of(file, setting.graph) == (grant,)
    assert file.differs(ABOUT) == ()
    assert file.differs(About("nobody", ABOUT.as_of, "", "")) == ("estate", "boundary")


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(NAMES, NAMES)
def test_any_name_comes_back(person, group):
    """Names with quotes, colons, line ends or bidirectional marks come back."""
    facts = [
        edge(f"person:x{person}", "member_of", f"group:{group}"),
        edge(f"group:{group}", "has_privilege", T, verb="read"),
    ]
    setting = Setting(facts, [f"person:x{person}"], [T])
    plan = plan_of(setting)
    text = text_of(setting, plan)
    assert all(line.isprintable() for line in text.split("\n"))
    file = read_plan(text, "plan.yaml")
    assert edges_of(file, setting.graph, setting.prices.kind).tolist() == (
        plan.edges.tolist()
    )


def test_the_plan_on_the_page_is_one():
    """The example on the page of plans is read as it stands."""
    page = (DOCS / "plans.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    file = read_plan(text, "plans.md")
    assert [one.kind for one in file.remove] == ["member_of", "has_privilege"]
    assert [one.verbs for one in file.regrant] == [("read",)]


def test_an_edited_plan_is_priced_anew():
    """With its one line struck out, a plan costs nothing and leaves the target open."""
    setting = setting_of()
    text = text_of(setting, plan_of(setting))
    lines = [line for line in text.split("\n") if "member_of" not in line]
    edited = "\n".join(lines).replace("remove:", "remove: []")
    file = read_plan(edited, "plan.yaml")
    edges = edges_of(file, setting.graph, setting.prices.kind)
    aim = setting.aim
    sweep = Sweep(setting.graph, aim.legitimate, aim.targets, aim.verbs)
    plan = priced(sweep, aim, setting.prices, edges, name="plan.yaml")
    assert (plan.changes, plan.cost) == (0, 0)
    assert plan.remaining.tolist() == aim.targets.tolist()


def test_a_change_added_by_hand_is_priced():
    """What a person adds counts, even what can't be taken away: at no finite cost."""
    facts = [*FACTS, edge(T, "contains", "column:d/t.c")]
    setting = setting_of(facts)
    text = (
        f"{HEAD}remove:\n"
        f"  - {{tail: 'group:g', kind: has_privilege, head: '{T}', verb: read}}\n"
        f"  - {{tail: '{T}', kind: contains, head: 'column:d/t.c', why: masked}}\n"
    )
    edges = edges_of(read_plan(text, "p"), setting.graph, setting.prices.kind)
    aim = setting.aim
    sweep = Sweep(setting.graph, aim.legitimate, aim.targets, aim.verbs)
    plan = priced(sweep, aim, setting.prices, edges, name="p", why="by hand")
    assert (plan.aim, plan.changes, plan.blast.pairs) == ("by hand", 2, 1)
    assert plan.cost == float("inf")
    assert 'cost: "can\'t be made"' in text_of(setting, plan)


def test_undecided_changes_say_so():
    """A change that only takes undecided edges is marked."""
    facts = [edge("person:x", "has_privilege", T, verb="read", unknown="not decided")]
    setting = setting_of(facts)
    assert "verb: read, cost: 1, undecided: true}" in text_of(setting, plan_of(setting))


CHANGE = "tail: 'person:x', kind: member_of, head: 'group:g'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p: is empty"),
        ("remove: [", "is not YAML"),
        ("- 1", "p:1:1: a plan must be a mapping"),
        ("remove: []", "a plan needs `claim`"),
        (f"{HEAD}remove: []\nremoves: []", "p:6:1: a plan has no `removes`"),
        (f"{HEAD}remove: 3", "p:5:9: `remove` must be a list"),
        (
            f"{HEAD}remove:\n- {{tail: 1, kind: member_of, head: b}}",
            "p:6:10: `tail` must be text",
        ),
        (
            f"{HEAD}remove:\n- {{tail: a, kind: membr_of, head: b}}",
            "did you mean `member_of`",
        ),
        (
            f"{HEAD}remove:\n- {{tail: a, kind: decrypts, head: b}}",
            "p:6:3: `decrypts` needs a verb",
        ),
        (
            f"{HEAD}remove:\n- {{{CHANGE}, verb: read}}",
            "p:6:3: `member_of` has no verb",
        ),
        (f"{HEAD}remove:\n- {{{CHANGE}, verbs: read}}", "a change has no `verbs`"),
        (
            f"{HEAD}remove: []\nregrant:\n- {{origin: a, target: b, verbs: [red]}}",
            "unknown verb `red`",
        ),
        (
            f"{HEAD}remove: []\nregrant:\n- {{origin: a, verbs: [read]}}",
            "a re-grant needs `target`",
        ),
    ],
)
def test_a_broken_plan_is_one_clear_error(text, message):
    """Whatever is wrong with a plan is told with file, line and column."""
    with pytest.raises(ConfigError, match=message.replace("[", r"\[")):
        read_plan(text, "p")


def line_of(change):
    return f"{HEAD}remove:\n- {{{change}}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            line_of("tail: 'person:y', kind: member_of, head: 'group:g'"),
            "p:6:3: there is no `person:y`",
        ),
        (
            line_of("tail: 'person:x', kind: member_of, head: 'group:gg'"),
            "did you mean `group:g`",
        ),
        (
            line_of("tail: 'tool:y', kind: runs_as, head: 'group:g'"),
            "there is no `tool:y`\n  help: strike",
        ),
        (
            line_of("tail: 'person:x', kind: owns_group, head: 'group:g'"),
            "no edge `person:x owns_group group:g`",
        ),
        (
            line_of(f"tail: 'group:g', kind: has_privilege, head: '{T}', verb: insert"),
            "no edge `group:g has_privilege insert",
        ),
        (
            line_of(CHANGE) + f"- {{{CHANGE}}}",
            "p:7:3: this change is there twice\n  help: it stands in line 6",
        ),
    ],
)
def test_an_edge_that_is_not_there_is_an_error(text, message):
    """A change that names no edge, or names it again, is told with its line."""
    setting = setting_of()
    with pytest.raises(ConfigError, match=message):
        edges_of(read_plan(text, "p"), setting.graph, setting.prices.kind)


def test_many_lost_changes_are_told_without_guesses():
    """Looking for what may have been meant isn't done a thousand times."""
    setting = setting_of()
    lines = "".join(
        f"- {{tail: 'person:y{n}', kind: member_of, head: 'group:g'}}\n"
        for n in range(50)
    )
    file = read_plan(f"{HEAD}remove:\n{lines}", "p")
    with pytest.raises(ConfigError) as caught:
        edges_of(file, setting.graph, setting.prices.kind)
    assert len(caught.value.problems) == 50
    assert {(problem.hint or "")[:6] for problem in caught.value.problems} == {"strike"}


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        (
            f"origin: 'person:y', target: '{T}', verbs: [read]",
            "p:7:3: there is no `person:y`",
        ),
        (
            "origin: 'person:x', target: 'group:g', verbs: [read]",
            "joins a principal to data",
        ),
    ],
)
def test_a_wrong_regrant_is_an_error(grant, message):
    """A re-grant joins somebody known to data that is known."""
    file = read_plan(f"{HEAD}remove: []\nregrant:\n- {{{grant}}}\n", "p")
    with pytest.raises(ConfigError, match=message):
        regrants_of(file, setting_of().graph)


def test_a_regrant_may_have_several_verbs():
    """Each verb counts once."""
    setting = setting_of()
    grant = f"origin: 'person:x', target: '{T}', verbs: [read, insert, read]"
    file = read_plan(f"{HEAD}remove: []\nregrant:\n- {{{grant}}}\n", "p")
    assert regrants_of(file, setting.graph)[0].give == READ | VERB_BIT["insert"]
