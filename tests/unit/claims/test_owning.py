"""Who stands behind a company: halves, chains, what isn't stated, and circles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.ownership import Stake, stake
from ringfence.claims.owning import Owning

FIRM, TOP, OTHER = "legal_entity:firm", "legal_entity:top", "legal_entity:other"
ANN = "person:ann"
FIRMS = st.sampled_from([f"legal_entity:{letter}" for letter in "abcde"])
PERCENT = st.sampled_from(["10", "30", "50", "60", "100"])


def owns(owner: str, owned: str, percent: str, interest: str = "shareholding") -> Stake:
    """Return that somebody holds a share in their own name."""
    detail = {
        "interest": interest,
        "min": percent,
        "max": percent,
        "directness": "direct",
    }
    return stake(owner, owned, detail=detail)


@pytest.mark.parametrize(
    ("stakes", "behind"),
    [
        ([], [FIRM]),
        ([owns(TOP, FIRM, "50")], [TOP]),
        ([owns(TOP, FIRM, "49.9")], [FIRM]),
        ([owns(TOP, FIRM, "60"), owns(OTHER, TOP, "60")], [OTHER]),
        ([owns(TOP, FIRM, "20"), owns(TOP, FIRM, "60", "votingRights")], [TOP]),
        # Of what isn't stated there may be any share, of any interest.
        ([stake(TOP, FIRM, detail={})], [TOP]),
        ([owns(TOP, FIRM, "30"), owns(TOP, FIRM, "20", "")], [TOP]),
        # Kinds of interest aren't added up, and a seat on a board is no share.
        ([owns(TOP, FIRM, "30"), owns(TOP, FIRM, "30", "votingRights")], [FIRM]),
        ([owns(TOP, FIRM, "100", "appointmentOfBoard")], [FIRM]),
        # Halves: both.
        ([owns(TOP, FIRM, "50"), owns(OTHER, FIRM, "50")], [OTHER, TOP]),
        # What is held by several whom one controls is held by that one.
        (
            [owns(TOP, FIRM, "30"), owns(TOP, OTHER, "80"), owns(OTHER, FIRM, "30")],
            [TOP],
        ),
        # Companies that hold each other.
        ([owns(TOP, FIRM, "60"), owns(FIRM, TOP, "60")], [FIRM]),
        (
            [owns(TOP, FIRM, "60"), owns(FIRM, TOP, "60"), owns(OTHER, TOP, "50")],
            [OTHER],
        ),
        (
            [owns(TOP, FIRM, "60"), owns(TOP, OTHER, "100", "appointmentOfBoard")],
            [TOP],
        ),
        ([owns(FIRM, FIRM, "60")], [FIRM]),
        ([owns(ANN, FIRM, "60")], [ANN]),
    ],
)
def test_a_company_counts_under_its_ultimate_owner(
    stakes: list[Stake], behind: list[str]
) -> None:
    """Halves are walked up to who is owned by nobody; cross-holdings end."""
    owning = Owning(stakes)
    assert [*owning.behind(FIRM)] == [*owning.behind(FIRM)] == behind


STAKES = st.lists(st.builds(owns, FIRMS, FIRMS, PERCENT), max_size=8)


@given(STAKES, FIRMS)
def test_whoever_holds_half_stands_behind(stakes: list[Stake], firm: str) -> None:
    """There is always somebody, and never one less than the owners of a half have."""
    owning = Owning(stakes)
    behind = {*owning.behind(firm)}
    assert behind
    for one in stakes:
        if one.entity == firm and one.high >= 50 and one.holder != firm:
            assert {*owning.behind(one.holder)} & behind


@given(STAKES, FIRMS, st.randoms())
def test_the_order_of_statements_is_no_matter(
    stakes: list[Stake], firm: str, random: object
) -> None:
    """The same statements in another order name the same owners."""
    mixed = [*stakes]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert Owning(mixed).behind(firm) == Owning(stakes).behind(firm)


@given(STAKES, FIRMS)
def test_who_stands_behind_is_its_own_owner(stakes: list[Stake], firm: str) -> None:
    """Walking up from an ultimate owner leads nowhere else."""
    owning = Owning(stakes)
    for one in owning.behind(firm):
        assert one in owning.behind(one)
