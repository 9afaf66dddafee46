from __future__ import annotations

from itertools import chain, combinations

import pytest

from ringfence.errors import ConfigError, ExitCode, ProofError
from ringfence.ledger.signed.keys import ED25519, SigningKey, Verified, VerifierKey
from ringfence.ledger.signed.quorum import (
    MOST,
    Group,
    Log,
    Quorum,
    Witness,
    parse_quorum,
)
from tests.signed import LOG, LOG_PQ, OTHER, QUORUM, W1, W2, W3, WITNESSES

L = LOG.verifier
KEYS = {"w1": W1, "w2": W2, "w3": W3}
THREE = "".join(f"witness {name} {key}\n" for name, key in KEYS.items())


def by(*keys: VerifierKey) -> list[Verified]:
    return [Verified(key, 5) for key in keys]


def met(rule: str, *names: str) -> bool:
    return parse_quorum(f"{THREE}{rule}").met(by(*(KEYS[name] for name in names)))


def says(text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_quorum(text, "q")
    assert caught.value.exit_code is ExitCode.USAGE
    return [str(problem).splitlines()[0] for problem in caught.value.problems]


def many(count: int) -> list[SigningKey]:
    return [SigningKey(f"w{i}", 4, i.to_bytes(32)) for i in range(count)]


def test_a_file_names_logs_witnesses_groups_and_the_rule():
    """Everything that the lines say is in the quorum, in their order."""
    assert parse_quorum(QUORUM) == Quorum(
        (Log(L, "https://log.example/"), Log(LOG_PQ.verifier, None)),
        (
            Witness("w1", W1, "https://w1.example/"),
            Witness("w2", W2),
            Witness("w3", W3),
        ),
        (Group("outside", 1, ("w2", "w3")), Group("both", 2, ("w1", "outside"))),
        "both",
    )


def test_the_keys_of_a_quorum_are_at_hand():
    """Logs and witnesses are told apart."""
    quorum = parse_quorum(QUORUM)
    assert quorum.log_keys == (L, LOG_PQ.verifier)
    assert quorum.witness_keys == (W1, W2, W3)


def test_a_quorum_reads_as_it_was_written():
    """Comments and blanks go, the meaning stays."""
    quorum = parse_quorum(QUORUM)
    assert parse_quorum(quorum.render()) == quorum
    assert quorum.render().splitlines()[-3:] == [
        "group outside 1 w2 w3",
        "group both 2 w1 outside",
        "quorum both",
    ]
    assert parse_quorum("quorum none\n").render() == "quorum none\n"


def test_blanks_and_comments_mean_nothing():
    """Blanks and tabs part words; a line may be empty, or begin with a hash."""
    text = f"\n \t\n# log\n  #\n\t witness \t w {W1} \t\n#\x85é\n quorum\tw \n"
    assert parse_quorum(text) == Quorum((), (Witness("w", W1),), (), "w")
    assert parse_quorum(text.encode()) == parse_quorum(text)


def test_other_blanks_part_no_words():
    """A no-break space is part of a name: names are bytes to this format."""
    text = f"witness a\u00a0b {W1} u\u2003rl\nquorum a\u00a0b\n"
    assert parse_quorum(text).rule == "a\u00a0b"
    assert parse_quorum(text).witnesses[0].url == "u\u2003rl"
    assert says(f"witness K {W1}\nquorum \u212a\n")


def test_words_of_the_format_can_be_names():
    """`any`, `all` and numbers are names where a name stands."""
    text = f"witness any {W1}\nwitness 2 {W2}\ngroup all all any 2\nquorum all\n"
    assert parse_quorum(text).groups == (Group("all", 2, ("any", "2")),)


@pytest.mark.parametrize(
    ("rule", "least"),
    [("any", 1), ("all", 3), ("1", 1), ("2", 2), ("3", 3)],
)
def test_a_group_counts_its_members(rule: str, least: int):
    """Whatever the members that cosigned, it's their number that counts."""
    names = list(KEYS)
    subsets = chain.from_iterable(combinations(names, n) for n in range(4))
    for subset in subsets:
        text = f"group g {rule} w1 w2 w3\nquorum g\n"
        assert met(text, *subset) == (len(subset) >= least)


def test_groups_nest():
    """A group that is met counts once in the group above it."""
    text = "group low any w2 w3\ngroup high all w1 low\nquorum high\n"
    assert met(text, "w1", "w2")
    assert met(text, "w1", "w3")
    assert not met(text, "w2", "w3")
    assert not met(text, "w1")


def test_one_witness_can_be_the_rule():
    """A rule need not be a group."""
    assert met("quorum w2\n", "w2")
    assert not met("quorum w2\n", "w1", "w3")


def test_nobody_can_be_the_rule():
    """`quorum none` is always met."""
    assert met("quorum none\n")
    assert parse_quorum("quorum none\n").missing([]) == ""


def test_a_witness_counts_once():
    """However often it cosigned."""
    text = f"{THREE}group g 2 w1 w2 w3\nquorum g\n"
    assert not parse_quorum(text).met(by(W1, W1, W1))


def test_a_witness_is_its_key():
    """Another key of the same name, or of another kind, is another witness."""
    quorum = parse_quorum(f"witness w {W1}\nquorum w\n")
    assert not quorum.met(by(W1._replace(kind=ED25519)))
    assert not quorum.met(by(W1._replace(name="w")))
    assert not quorum.met(by(W2, L))


def test_what_is_missing_is_told_in_words():
    """From the rule down, each group that wants more, and what it has."""
    quorum = parse_quorum(QUORUM)
    told = "`both` wants 2 of `w1`, `outside` and has "
    outside = "; `outside` wants 1 of `w2`, `w3` and has none"
    assert quorum.missing([]) == f"{told}none{outside}"
    assert quorum.missing(by(W1)) == f"{told}`w1`{outside}"
    assert quorum.missing(by(W3)) == f"{told}`outside`"
    assert quorum.missing(by(W1, W2)) == ""
    assert parse_quorum(f"{THREE}quorum w1\n").missing(by(W2)) == "`w1` has not"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["q: doesn't end with a line feed"]),
        ("\n", ["q: has no line `quorum`"]),
        ("quorum none", ["q: doesn't end with a line feed"]),
        ("quorum none\r\n", ["q:1: has a control character", "q: has no line `quorum`"]),
        ("# \x00\nquorum none\n", ["q:1: has a control character"]),
        ("# \x7f\nquorum none\n", ["q:1: has a control character"]),
        ("# \udc80\nquorum none\n", ["q:1: has a control character"]),
        ("quorum none\nquorum none\n", ["q:2: a second line `quorum`"]),
        ("quorum\n", ["q:1: is no line `quorum`"]),
        ("quorum none none\n", ["q:1: is no line `quorum`"]),
        ("Quorum none\n", ["q:1: unknown line `Quorum`", "q: has no line `quorum`"]),
        ("quorum w\n", ["q:1: `w` isn't the name of a witness or group above"]),
        (f"quorum w\nwitness w {W1}\n", ["q:1: `w` isn't the name of a witness or group above"]),
        ("tree x\nquorum none\n", ["q:1: unknown line `tree`"]),
        ("log\nquorum none\n", ["q:1: is no line `log`"]),
        (f"log {L} u v\nquorum none\n", ["q:1: is no line `log`"]),
        ("log x\nquorum none\n", ["q:1: is no key of a log or witness"]),
        (f"log {W1}\nquorum none\n", ["q:1: a key of kind 4 is for witnesses"]),
        (f"witness w {L}\nquorum none\n", ["q:1: a key of kind 1 is for logs"]),
        ("log n+00000000+AgAA\nquorum none\n", ["q:1: kind 2 (ECDSA) isn't supported"]),
        (f"witness w\nquorum none\n{THREE}", ["q:1: is no line `witness`"]),
        (f"witness w {W1} u v\nquorum none\n", ["q:1: is no line `witness`"]),
        (f"witness none {W1}\nquorum none\n", ["q:1: `none` stands for nobody"]),
        (f"{THREE}witness w1 {L}\nquorum none\n", ["q:4: `w1` is a name already"]),
        (f"{THREE}group w1 any w2\nquorum none\n", ["q:4: `w1` is a name already"]),
        (f"{THREE}group none any w2\nquorum none\n", ["q:4: `none` stands for nobody"]),
        (f"{THREE}group g\nquorum none\n", ["q:4: is no line `group`"]),
        (f"{THREE}group g any\nquorum none\n", ["q:4: is no line `group`"]),
        (f"{THREE}group g 0 w1\nquorum g\n", ["q:4: `0` of 1 can't be"]),
        (f"{THREE}group g 2 w1\nquorum g\n", ["q:4: `2` of 1 can't be"]),
        (f"{THREE}group g 01 w1\nquorum g\n", ["q:4: `01` of 1 can't be"]),
        (f"{THREE}group g -1 w1\nquorum g\n", ["q:4: `-1` of 1 can't be"]),
        (f"{THREE}group g ١ w1\nquorum g\n", ["q:4: `١` of 1 can't be"]),
        (f"{THREE}group g some w1\nquorum g\n", ["q:4: `some` of 1 can't be"]),
        (f"{THREE}group g any none\nquorum g\n", ["q:4: `none` isn't the name of a witness or group above"]),
        (f"{THREE}group g any g\nquorum g\n", ["q:4: `g` isn't the name of a witness or group above"]),
        (f"{THREE}group g any h\ngroup h any w1\nquorum g\n", ["q:4: `h` isn't the name of a witness or group above"]),
        (f"{THREE}group g 2 w1 w1\nquorum g\n", ["q:4: `w1` is in a group already"]),
        (f"{THREE}group g any w1\ngroup h any w1 g\nquorum h\n", ["q:5: `w1` is in a group already"]),
        (b"quorum none\n# \xff\n", ["q:2: byte 14 is not UTF-8"]),
    ],
)  # fmt: skip
def test_what_is_no_quorum_is_refused(text: str | bytes, messages: list[str]):
    """Each line that can't stand is named, with its number."""
    assert sorted(says(text)) == sorted(messages)


@pytest.mark.parametrize("text", ["", b"\xff\n", "x\n", "#" * 1_000_000 + "\n"])
def test_a_quorum_in_evidence_is_refused_as_evidence(text: str | bytes):
    """Who reads a quorum from what is to be verified says so, and ends with 12."""
    with pytest.raises(ProofError):
        parse_quorum(text, error=ProofError)


def test_every_line_that_is_wrong_is_named():
    """A file is mended in one go."""
    text = f"log x\ntree\nwitness w {L}\ngroup g any w\nquorum g\nquorum g\n"
    assert [line.partition(" ")[0] for line in says(text)] == [
        "q:1:",
        "q:2:",
        "q:3:",
        "q:6:",
    ]


def test_a_key_stands_once():
    """Whatever its name and kind: a key that counts twice is a quorum of one."""
    stands = "stands here twice"
    again = SigningKey("x.example", 4, bytes([2]) * 32).verifier
    assert stands in says(f"{THREE}witness w4 {again}\nquorum none\n")[0]
    assert stands in says(f"log {L}\nlog {L}\nquorum none\n")[0]
    renamed = SigningKey("x.example", 1, bytes(range(32))).verifier
    assert stands in says(f"log {L}\nlog {renamed}\nquorum none\n")[0]


def test_no_log_is_its_own_witness():
    """A log's key among the witnesses would make the log's word its proof."""
    stands = "stands here twice"
    pq, own = LOG_PQ.verifier, SigningKey("w.example", 4, bytes(range(32))).verifier
    assert stands in says(f"log {pq}\nwitness w {pq}\nquorum w\n")[0]
    assert stands in says(f"witness w {own}\nlog {L}\nquorum w\n")[0]


def test_two_keys_of_one_id_are_refused(monkeypatch: pytest.MonkeyPatch):
    """Of two keys that a signature can't tell apart one could shadow the other."""
    monkeypatch.setattr(VerifierKey, "key_id", bytes(4))
    named = OTHER.verifier._replace(name=L.name)
    (message,) = says(f"log {L}\nlog {named}\nquorum none\n")
    assert message == f"q:2: two keys of `{L.name}` have one id"


def test_a_quorum_has_its_limits():
    """At most 64 logs, witnesses and groups; nobody can sign for more."""
    witnesses = [
        f"witness w{i} {key.verifier}\n" for i, key in enumerate(many(MOST + 1))
    ]
    groups = [f"group g{i} any w{i}\n" for i in range(MOST)]
    text = "".join([*witnesses[:MOST], *groups, "quorum none\n"])
    assert len(parse_quorum(text).groups) == MOST
    assert says("".join([*witnesses, "quorum none\n"])) == [
        "q:65: more than 64 witnesses"
    ]
    text = text.replace("quorum none", "group more any g1\nquorum none")
    assert says(text) == ["q:129: more than 64 groups"]
    logs = [
        f"log {SigningKey(f'l{i}', 1, i.to_bytes(32)).verifier}\n"
        for i in range(MOST + 1)
    ]
    assert says("".join([*logs, "quorum none\n"])) == ["q:65: more than 64 logs"]
    assert "is longer than" in says("#" * 1_000_000 + "\n")[0]


def test_an_unmet_group_without_a_rule_asks_nothing():
    """Groups that the rule doesn't reach are not told of."""
    quorum = parse_quorum(f"{THREE}group g all w1 w2\nquorum w3\n")
    assert quorum.missing([]) == "`w3` has not"
    assert quorum.met(by(*(key.verifier for key in WITNESSES[2:])))
