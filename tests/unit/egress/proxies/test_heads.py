"""Headers, paths and channels: what goes inside, what leaves, and by what."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.proxies.heads import (
    channel_of,
    inward,
    leaving,
    nominated,
    plain_path,
    stated,
    text,
    values,
)

CHANNELS = {"/": "all", "/api": "api", "/api/export/": "export"}


@pytest.mark.parametrize(
    ("path", "channel"),
    [
        ("/", "all"),
        ("/apis", "all"),
        ("/api", "api"),
        ("/api/people", "api"),
        ("/api/export", "api"),
        ("/api/export/", "export"),
        ("/api/export/a", "export"),
        ("/api/exports", "api"),
    ],
)
def test_the_longest_prefix_by_whole_segments(path, channel):
    """A path leaves by the channel of its longest prefix; segments count as wholes."""
    assert channel_of(path, CHANNELS) == channel


def test_a_path_without_a_channel():
    """Where no prefix fits, there is no channel."""
    assert channel_of("/other", {"/api": "api"}) is None
    assert channel_of("/", {}) is None


@pytest.mark.parametrize(
    "target",
    [
        *("", "*", "api", "http://inside/api", "/a/../b", "/a/./b", "/..", "/a/."),
        *("/a//b", "//a", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%2e%2e/../b"),
        *("/%2e%2e/b", "/a/%2E/b", "/a;x=1/b", "/a%3bx/b", "/a%00b", "/a%252fb"),
        *("/a%3fb", "/a%23b", "/a#b", "/a b", "/a%20b", "/a\x7fb", "/\u00fcber"),
    ],
)
def test_paths_that_servers_read_differently(target):
    """A path that another server may read as another is none."""
    assert plain_path(target) is None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/a?b=/../c", "/a"),
        ("/%61pi/x", "/api/x"),
        ("/%C3%BCber", "/\u00fcber"),
        ("/a.b/..c/d..", "/a.b/..c/d.."),
    ],
)
def test_paths_that_all_read_alike(target, path):
    """A plain path is read decoded, without its query."""
    assert plain_path(target) == path


SEGMENT = st.text("abz09-_~.%/\\;\u00fc", min_size=0, max_size=6)


@given(st.lists(SEGMENT, max_size=5), st.booleans())
def test_no_plain_path_changes_when_it_is_normalised(segments, encoded):
    """A path that is taken has no segment that any reading would remove or move."""
    raw = "/" + "/".join(segments)
    path = plain_path(quote(raw) if encoded else raw)
    if path is None:
        return
    again = unquote(path)
    assert again == path or "%" not in raw
    parts = path.split("/")[1:]
    assert not {".", ".."} & set(parts)
    assert "" not in parts[:-1]
    assert not set("\\;?#") & set(path)


def test_headers_of_one_connection_go_nowhere():
    """What `Connection` names stays, as do all headers of one connection."""
    sent = [
        (b"Connection", b"close, X-Hop"),
        (b"X-Hop", b"1"),
        (b"Upgrade", b"h2c"),
        (b"TE", b"trailers"),
        (b"X-Kept", b"2"),
    ]
    assert nominated(sent) == {b"close", b"x-hop"}
    assert leaving(sent) == [(b"x-kept", b"2")]
    assert (b"X-Hop", b"1") not in inward(sent, {})


def test_what_a_client_may_not_say_inside():
    """Ranges, validators, overrides of the path and names with `_` stay outside."""
    out = [
        *(b"Range", b"If-None-Match", b"If-Modified-Since", b"If-Range", b"Expect"),
        *(b"X-Original-URL", b"X-Rewrite-Url", b"X-HTTP-Method-Override"),
        *(b"X-Forwarded-For", b"Forwarded", b"Host", b"X-Ringfence-Channel"),
        *(b"Content_Length", b"Transfer-Encoding", b"Accept-Encoding"),
    ]
    sent = [(name, b"x") for name in out] + [(b"Cookie", b"a=b"), (b"If-Match", b'"1"')]
    assert inward(sent, {b"host": b"inside"}) == [
        (b"host", b"inside"),
        (b"accept-encoding", b"identity"),
        (b"Cookie", b"a=b"),
        (b"If-Match", b'"1"'),
    ]


def test_what_an_answer_can_do_without_stays_inside():
    """Validators, dates and cache rules don't leave; other headers do."""
    said = [
        *((b"ETag", b"1"), (b"Last-Modified", b"x"), (b"Cache-Control", b"public")),
        *((b"Content-Length", b"1"), (b"Server", b"x"), (b"X-Ringfence-A", b"x")),
        *((b"Set-Cookie", b"a=b"), (b"Location", b"/x"), (b"Content-Type", b"a/b")),
    ]
    assert [name for name, _ in leaving(said)] == [
        b"set-cookie",
        b"location",
        b"content-type",
    ]


def test_all_that_leaves_is_stated():
    """Status, URL, every header of the same name and every trailer are stated."""
    headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x", b"\xc3\xbc")]
    assert stated(200, headers, "/a?b=c", [(b"x", b"3")]) == {
        ":status": "200",
        ":path": "/a?b=c",
        "set-cookie": "a=1\nb=2",
        "x": "\u00fc",
        "trailer x": "3",
    }


NAME = st.sampled_from([b"x-a", b"X-A", b"x-b", b"etag", b"connection", b"set-cookie"])


@given(st.lists(st.tuples(NAME, st.binary(max_size=8))))
def test_every_value_that_leaves_is_among_what_is_stated(headers):
    """Whatever header leaves, its value stands in what the exit is told."""
    kept = leaving(headers)
    told = stated(200, kept, "/", [])
    for name, value in kept:
        assert text(value) in told[name.decode()]


def test_values_are_read_without_parameters():
    """Lists and parameters of a header are taken apart."""
    found = values([(b"Content-Type", b"Text/HTML; charset=x, b")], b"content-type")
    assert found == ["text/html", "b"]
