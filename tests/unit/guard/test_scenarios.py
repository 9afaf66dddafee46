"""AWS scenarios with known answers: is a protected object isolated from the excluded?"""

from __future__ import annotations

import pytest

from ringfence.guard.concrete import Request, holds
from ringfence.guard.recheck import recheck
from ringfence.guard.symbolic import Impossible, Possible, decide
from ringfence.guard.tree import All, AnyOf, Compare, Condition, Not
from ringfence.guard.values import instant
from tests.unit.guard.aws import (
    BOTH,
    BUCKET,
    GUARD,
    OBJECTS,
    READ_BY_EXCLUDED,
    READS,
    TAG,
    Statement,
    allowed,
)

pytest.importorskip("z3")


def allow(**parts: object) -> Statement:
    return {"Effect": "Allow", "Action": "*", "Resource": "*"} | parts


def deny(**parts: object) -> Statement:
    return {"Effect": "Deny", "Action": "s3:*", "Resource": BOTH} | parts


def without(statement: Statement, *names: str) -> Statement:
    return {name: value for name, value in statement.items() if name not in names}


ADMIN = allow()
FOREIGN = {"StringNotEquals": {TAG: "US"}}
TEAMS = [
    allow(
        Action=["s3:Get*", "s3:Put*"],
        Resource=[f"arn:aws:s3:::team-{n}/*", f"{BUCKET}/team-{n}/*"],
        Condition={"StringEquals": {TAG: "US", "aws:PrincipalTag/team": str(n)}},
    )
    for n in range(40)
]
EXPORT = allow(
    Action="s3:GetObject",
    Resource=f"{BUCKET}/exports/*",
    Condition={"StringEquals": {TAG: "SG"}},
)
BY_NAME = without(deny(NotPrincipal={"AWS": "arn:aws:iam::1:role/us-*"}), "Condition")
OUTSIDE = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}
FROM_OUTSIDE = Not(Compare("aws:SourceIp", "in_network", ("203.0.113.0/24",)))


def window(after: str, before: str) -> Statement:
    return allow(
        Action="s3:GetObject",
        Resource=OBJECTS,
        Condition={
            "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
            "StringLike": {"aws:PrincipalTag/ticket": "INC-*"},
            "DateGreaterThan": {"aws:CurrentTime": after},
            "DateLessThan": {"aws:CurrentTime": before},
        },
    )


ISOLATED: dict[str, Condition] = {
    "02 an administrator and the guard": allowed(ADMIN, GUARD),
    "06 allowed by the tag": allowed(allow(Condition={"StringEquals": {TAG: "US"}})),
    "09 all but reads": allowed(
        without(
            allow(NotAction=["s3:Get*", "s3:SelectObjectContent", "s3:List*"]), "Action"
        )
    ),
    "10 all but the bucket": allowed(
        without(allow(Action="s3:*", NotResource=BOTH), "Resource")
    ),
    "13 a deny by name, and the guard": allowed(ADMIN, BY_NAME, GUARD),
    "16 a bound without the bucket": All(
        (allowed(ADMIN), allowed(allow(Resource="arn:aws:s3:::other/*")))
    ),
    "19 an empty window": allowed(
        window("2024-03-02T00:00:00Z", "2024-03-01T00:00:00Z")
    ),
    "20 forty teams, and no hole": allowed(*TEAMS),
    "a guard that asks whether the tag exists": allowed(
        ADMIN, deny(Condition={"StringNotEqualsIfExists": {TAG: "US"}})
    ),
    "an organisation's guard, an administrator's own": All(
        (allowed(ADMIN), allowed(ADMIN, GUARD))
    ),
}
OPEN: dict[str, Condition] = {
    "01 an administrator": allowed(ADMIN),
    "03 a guard for the tagged alone": allowed(
        ADMIN, deny(Condition=FOREIGN | {"Null": {TAG: "false"}})
    ),
    "04 a guard with an action misspelt": allowed(
        ADMIN, deny(Action="s3:Get", Condition=FOREIGN)
    ),
    "05 a guard on the bucket, not on objects": allowed(
        ADMIN, deny(Resource=BUCKET, Condition=FOREIGN)
    ),
    "07 allowed by a tag like U*": allowed(
        allow(Condition={"StringLike": {TAG: "U*"}})
    ),
    "08 all but two services": allowed(
        without(allow(NotAction=["iam:*", "organizations:*"]), "Action")
    ),
    "11 all but a prefix": allowed(
        without(allow(Action="s3:*", NotResource=f"{BUCKET}/private/*"), "Resource")
    ),
    "12 a deny by name": All(
        (
            allowed(ADMIN, BY_NAME),
            Compare("principal", "arn_like", ("arn:aws:iam::1:role/*",)),
        )
    ),
    "14 a guard by address": allowed(ADMIN, deny(Condition=OUTSIDE)),
    "15 a guard by address, but for services": All(
        (
            allowed(
                ADMIN,
                deny(Condition=OUTSIDE | {"Bool": {"aws:ViaAWSService": "false"}}),
            ),
            FROM_OUTSIDE,
        )
    ),
    "17 a bound with a glob": All(
        (allowed(ADMIN), allowed(allow(Resource="arn:aws:s3:::*-data/*")))
    ),
    "18 a break-glass window": allowed(
        window("2024-03-01T00:00:00Z", "2024-03-02T00:00:00Z")
    ),
    "20 forty teams and a hole": allowed(*TEAMS, EXPORT),
    "allowed by a tag that one can drop": allowed(
        allow(Condition={"StringEqualsIfExists": {TAG: "US"}})
    ),
    "a guard that forgets versions": allowed(
        ADMIN, deny(Action="s3:GetObject", Condition=FOREIGN)
    ),
    "a guard that forgets IPv6": All(
        (
            allowed(
                ADMIN, deny(Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})
            ),
            Compare("aws:SourceIp", "in_network", ("0.0.0.0/0", "::/0")),
        )
    ),
    "a service on behalf of some": allowed(
        allow(
            Condition={
                "ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]},
                "ForAllValues:StringLike": {"aws:TagKeys": ["team*"]},
            }
        )
    ),
}


@pytest.mark.parametrize("name", ISOLATED)
def test_an_isolated_object_is_proved_so(name: str):
    """No request of the excluded reads it, and a second solver agrees."""
    answer = decide((*READ_BY_EXCLUDED, ISOLATED[name]), seconds=60)
    assert isinstance(answer, Impossible)
    pytest.importorskip("cvc5")
    assert recheck(answer.proof) is True


@pytest.mark.parametrize("name", OPEN)
def test_an_open_object_comes_with_a_request(name: str):
    """The request reads a protected object, isn't tagged as US, and is allowed."""
    request = request_for(OPEN[name])
    assert request["resource"][0].startswith(f"{BUCKET}/")
    assert request["action"][0] in READS
    assert request.get(TAG) != ("US",)
    assert holds(OPEN[name], request) is True


def request_for(condition: Condition) -> Request:
    answer = decide((*READ_BY_EXCLUDED, condition), seconds=60)
    assert isinstance(answer, Possible)
    return answer.request


def test_the_request_shows_the_window():
    """A break-glass leave is open at the time that the request names."""
    request = request_for(OPEN["18 a break-glass window"])
    at = instant(request["aws:CurrentTime"][0])
    first, last = instant("2024-03-01"), instant("2024-03-02")
    assert at is not None
    assert first is not None
    assert last is not None
    assert first < at < last
    assert request["aws:PrincipalTag/ticket"] == ("INC-",)
    assert request["aws:MultiFactorAuthAge"] == ("3599",)


def test_the_request_shows_the_hole():
    """Of forty-one statements, the request names what the open one allows."""
    request = request_for(OPEN["20 forty teams and a hole"])
    assert request[TAG] == ("SG",)
    assert request["resource"][0].startswith(f"{BUCKET}/exports/")


def test_the_request_shows_the_address_that_was_forgotten():
    """Who denies all of IPv4 is shown an IPv6 address."""
    request = request_for(OPEN["a guard that forgets IPv6"])
    assert ":" in request["aws:SourceIp"][0]


def test_a_tag_that_one_sets_oneself_is_free():
    """Where the tag isn't known to be another's, an allowance by tag is open."""
    read = READ_BY_EXCLUDED[:2]
    residence = Compare("principal.residence", "equals", ("CN",))
    answer = decide((*read, residence, ISOLATED["06 allowed by the tag"]), seconds=60)
    assert isinstance(answer, Possible)
    assert answer.request[TAG] == ("US",)


def test_guards_along_a_path_are_met_by_one_request():
    """Two steps that are each possible are no path if they contradict each other."""
    here = Compare("request.network", "in_network", ("10.0.0.0/8",))
    there = Compare("request.network", "in_network", ("192.168.0.0/16", "fd00::/8"))
    assert isinstance(decide([here], seconds=60), Possible)
    assert isinstance(decide([there], seconds=60), Possible)
    assert isinstance(decide([here, there], seconds=60), Impossible)
    assert isinstance(decide([AnyOf((here, there)), there], seconds=60), Possible)
