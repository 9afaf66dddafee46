"""`egress.yaml`: what is read of it, and how what is wrong is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ringfence.egress.proxies.config import is_loopback, parse_config
from ringfence.errors import ConfigError, RingfenceError
from tests.proxied import EXIT

BASE = Path("/base")
LISTENER = "listen: 127.0.0.1:1, upstream: 'http://a:2', channels: {/: c}"


def read(text: str, exit_: str = EXIT):
    """Return what a configuration says."""
    return parse_config(exit_ + text, "egress.yaml", BASE)


def wrong(text: str, exit_: str = EXIT) -> str:
    """Return what is wrong with it."""
    with pytest.raises(ConfigError) as caught:
        read(text, exit_)
    return str(caught.value)


def test_everything_that_can_be_said():
    """Each word of a whole configuration is read, and files are relative to it."""
    told = EXIT.replace("env:NONE", "file:keys/index") + (
        "  token_key: env:TOKEN\n  max_age_days: 2\n"
        "staging: large\nstatus: '[::1]:9'\nlimits: {body: 5, judges: 2}\n"
        "proxy:\n- {listen: 0.0.0.0:443, upstream: 'https://tool.internal', "
        "upstream_trust: ca.pem, certificate: c.pem, key: k.pem, "
        "channels: {/: a, /b: c}}\n"
        "ext_proc: {listen: 'unix:x.sock', channel_header: X-Channel, buffered: true}\n"
    )
    found = read("", told)
    assert found.exit.key == "file:/base/keys/index"
    assert found.exit.token_key.startswith("env:")
    assert found.exit.ledger == BASE / "ledger"
    assert found.exit.max_age == timedelta(days=2)
    assert (found.staging, found.exit.staging) == (BASE / "large", BASE / "large")
    assert found.status == ("::1", 9)
    assert (found.limits.body, found.limits.judges, found.limits.memory) == (
        5,
        2,
        1 << 20,
    )
    (one,) = found.listeners
    assert (one.host, one.port, one.certificate) == ("0.0.0.0", 443, BASE / "c.pem")  # noqa: S104
    assert one.upstream == (
        "tool.internal",
        443,
        "tool.internal",
        True,
        BASE / "ca.pem",
    )
    assert one.channels == {"/": "a", "/b": "c"}
    assert found.processing is not None
    assert found.processing.listen == "unix:/base/x.sock"
    assert found.processing.header == "x-channel"
    assert found.processing.is_buffered


def test_what_is_left_out_is_safe():
    """Without more, only this machine reaches it, and no mode but full duplex is taken."""
    found = read("ext_proc: {listen: 127.0.0.1:1, channels: {/: a}}\n")
    assert found.status == ("127.0.0.1", 8481)
    assert found.processing is not None
    assert not found.processing.is_buffered
    assert not found.processing.header


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("other: 1", "has no `other`"),
        ("proxy: 1", "`proxy` must be a list"),
        ("proxy: [{listen: 127.0.0.1:1}]", "needs `upstream`"),
        (f"proxy: [{{{LISTENER}, key: k}}]", "go together"),
        (f"proxy: [{{{LISTENER.replace('127.0.0.1:1', '0.0.0.0:1')}}}]", "reached from elsewhere"),
        (f"proxy: [{{{LISTENER.replace('127.0.0.1:1', '127.0.0.1')}}}]", "no address with a port"),
        (f"proxy: [{{{LISTENER.replace('127.0.0.1:1', '127.0.0.1:99999')}}}]", "no address with a port"),
        (f"proxy: [{{{LISTENER.replace('http://a:2', 'ftp://a')}}}]", "no address of a server"),
        (f"proxy: [{{{LISTENER.replace('http://a:2', 'http://a/path')}}}]", "no address of a server"),
        (f"proxy: [{{{LISTENER.replace('http://a:2', 'http://x:y@a')}}}]", "no address of a server"),
        (f"proxy: [{{{LISTENER.replace('http://a:2', 'http://a:x')}}}]", "no address of a server"),
        (f"proxy: [{{{LISTENER.replace('{/: c}', '{}')}}}]", "`channels` is empty"),
        (f"proxy: [{{{LISTENER.replace('{/: c}', '{/a/../b: c}')}}}]", "no prefix of a path"),
        (f"proxy: [{{{LISTENER.replace('{/: c}', '{api: c}')}}}]", "no prefix of a path"),
        ("ext_proc: {listen: 10.0.0.1:1}", "reached from elsewhere"),
        ("ext_proc: {listen: 127.0.0.1:1, buffered: 1}", "must be `true` or `false`"),
        ("status: 0.0.0.0:1", "reached from elsewhere"),
        ("limits: {body: 0}", "must be 1 or more"),
        ("limits: {body: 9999999999999}", "or less"),
        ("limits: {bodies: 1}", "has no `bodies`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(text, message):
    """A configuration that can't be used says where and why."""
    told = wrong(text)
    assert message in told
    assert told.startswith("egress.yaml:")


def test_an_exit_has_to_be_said():
    """Without an exit, or half of one, there is no configuration."""
    assert "needs `exit`" in wrong("status: 127.0.0.1:1", "")
    assert "needs `ledger`" in wrong(
        "", "exit: {contracts: a, index: b, key: c, meter: d}"
    )


def test_no_text_breaks_the_reader():
    """Whatever is there, the answer is an error with a place."""
    for text in ("", "1", "[]", "exit: 1", "exit: {}", "exit: [", "exit: {ledger: {}}"):
        with pytest.raises(RingfenceError):
            parse_config(text, "egress.yaml", BASE)


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("10.0.0.1", False), ("example.com", False)],
)  # fmt: skip
def test_addresses_of_this_machine(host, own):
    """Only loopback is reached from this machine alone."""
    assert is_loopback(host) is own
