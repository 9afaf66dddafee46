"""What an S3-compatible server and pyarrow's client promise, which the exit rests on.

The server is OpenStack Swift, over HTTP on loopback; `tests/swift_server.py` starts it.
"""

from __future__ import annotations

import gc
import hashlib
import itertools
import os
import pickle
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pyarrow import ArrowInvalid
from pyarrow.fs import (
    AwsStandardS3RetryStrategy,
    FileSelector,
    FileType,
    S3FileSystem,
)

import tests.swift_server as swift_module
from tests.relaying import after, relay
from tests.swift_server import Swift, swift, swift_server

__all__ = ["swift_server"]

pytestmark = pytest.mark.xdist_group("swift")

WRONG = "not-the-secret"
PART = 10 * 1024**2
BIG = random.Random(7).randbytes(20_000_000)  # noqa: S311 (two parts, the same each time)
_NUMBERS = itertools.count()
NAMES = [
    "plain.csv",
    "ü/ß日本語.csv",
    "a b+c&d=e?f#g",
    "100%41",
    "..%2F..%2Fx",
    "q'\"<>&",
    "emoji-😀",
    "back\\slash",
    "tab\there",
    "e\u0301",  # not joined with the next: names are bytes
    "\u00e9",
    "*[x]~",
    "a" * 1020,
]


def client(server: Swift, **changes: Any) -> S3FileSystem:
    """Return a client: one attempt, small objects in one PUT."""
    settings = {
        "access_key": server.key_id,
        "secret_key": server.secret_key,
        "region": server.region,
        "scheme": "http",
        "endpoint_override": server.endpoint,
        "request_timeout": 60,
        "connect_timeout": 60,
        "allow_bucket_creation": True,
        "allow_delayed_open": True,
        "retry_strategy": AwsStandardS3RetryStrategy(max_attempts=1),
    }
    return S3FileSystem(**{**settings, **changes})


def put(store: S3FileSystem, path: str, data: bytes) -> None:
    with store.open_output_stream(path) as stream:
        stream.write(data)


def read(store: S3FileSystem, path: str) -> bytes:
    # With a size: `read()` alone asks for 256 KiB at a time, one request each.
    with store.open_input_file(path) as file:
        return bytes(file.read(file.size()))


def etag(store: S3FileSystem, path: str) -> str:
    with store.open_input_stream(path) as stream:
        return str(stream.metadata()["ETag"].decode().strip('"'))


def names(store: S3FileSystem, folder: str) -> list[str]:
    """Return the paths of a prefix's objects, as listed."""
    found = store.get_file_info(FileSelector(folder, recursive=True))
    return [info.path for info in found if info.type == FileType.File]


def is_there(store: S3FileSystem, path: str) -> bool:
    return bool(store.get_file_info(path).type != FileType.NotFound)


@pytest.fixture
def bucket(swift_server: Swift) -> str:
    """Create a bucket of the test's own."""
    name = f"bucket-{next(_NUMBERS)}"
    client(swift_server).create_dir(name)
    return name


@pytest.fixture
def store(swift_server: Swift) -> S3FileSystem:
    return client(swift_server)


# --- what works -----------------------------------------------------------------------


def test_what_is_put_is_read_sized_and_listed_at_once(store, bucket):
    """A small object is one PUT; its ETag is its MD5, and listings hold it at once."""
    put(store, f"{bucket}/a/b.csv", b"1,2\n")
    assert read(store, f"{bucket}/a/b.csv") == b"1,2\n"
    assert store.get_file_info(f"{bucket}/a/b.csv").size == 4
    assert etag(store, f"{bucket}/a/b.csv") == hashlib.md5(b"1,2\n").hexdigest()  # noqa: S324
    assert names(store, bucket) == [f"{bucket}/a/b.csv"]


def test_an_empty_object_is_an_object(store, bucket):
    """Nothing at all can be put, and is there."""
    put(store, f"{bucket}/empty", b"")
    assert names(store, bucket) == [f"{bucket}/empty"]
    assert read(store, f"{bucket}/empty") == b""


def test_a_small_object_is_one_request(swift_server, store, bucket):
    """With `allow_delayed_open`, no upload in parts is begun for a few bytes."""
    put(store, f"{bucket}/one", b"x")
    put(client(swift_server, allow_delayed_open=False), f"{bucket}/three", b"x")
    lines = [x for x in swift_server.log.splitlines() if "aws-sdk" in x]
    assert sum(f" /{bucket}/one" in line for line in lines) == 1
    assert sum(f" /{bucket}/three" in line for line in lines) == 3


def test_an_upload_in_parts_is_read_by_range(store, bucket):
    """20 MB go in two parts; the ETag tells them, and a range may span both."""
    put(store, f"{bucket}/big", BIG)
    parts = [hashlib.md5(BIG[i : i + PART]).digest() for i in (0, PART)]  # noqa: S324
    whole = hashlib.md5(b"".join(parts)).hexdigest()  # noqa: S324
    assert etag(store, f"{bucket}/big") == f"{whole}-2"
    with store.open_input_file(f"{bucket}/big") as file:
        assert file.read_at(10, PART - 5) == BIG[PART - 5 : PART + 5]
    assert read(store, f"{bucket}/big") == BIG


def test_a_listing_is_read_page_by_page(swift_server, store, bucket):
    """2,005 names take three pages, and come whole, in order, of one prefix alone."""
    expected = [f"many/{number:05}" for number in range(2005)]
    swift_server.list_names(bucket, ["before", *expected, "until"])
    assert names(store, f"{bucket}/many") == [f"{bucket}/{name}" for name in expected]
    assert swift_server.log.count(f"GET /{bucket}%3Fcontinuation-token") == 2


def test_an_odd_name_is_kept_as_it_is(store, bucket):
    """Names round-trip whatever they look like, and none is taken for another."""
    for name in NAMES:
        put(store, f"{bucket}/{name}", name.encode())
    assert sorted(names(store, bucket)) == sorted(f"{bucket}/{n}" for n in NAMES)
    assert [read(store, f"{bucket}/{n}").decode() for n in NAMES] == NAMES


def test_what_is_deleted_is_gone_and_its_folder_stays(store, bucket):
    """The last object of a folder leaves an empty mark of it; none is no success."""
    put(store, f"{bucket}/d/e", b"x")
    store.delete_file(f"{bucket}/d/e")
    assert names(store, bucket) == []
    assert store.get_file_info(f"{bucket}/d").type == FileType.Directory
    with pytest.raises(FileNotFoundError):
        store.delete_file(f"{bucket}/d/e")


def test_a_copy_and_a_move_keep_bytes_and_etag(store, bucket):
    """The server copies, parts and all; the one moved is no longer where it was."""
    put(store, f"{bucket}/big", BIG)
    before = etag(store, f"{bucket}/big")
    store.copy_file(f"{bucket}/big", f"{bucket}/copy")
    store.move(f"{bucket}/big", f"{bucket}/moved")
    assert names(store, bucket) == [f"{bucket}/copy", f"{bucket}/moved"]
    assert etag(store, f"{bucket}/copy") == etag(store, f"{bucket}/moved") == before
    assert read(store, f"{bucket}/moved") == BIG


# --- what isn't promised --------------------------------------------------------------


def test_the_last_writer_wins_in_silence(store, bucket):
    """Put, copy and move replace what is there; the client has no `If-None-Match`."""
    for name in (b"first", b"second"):
        condition = {"If-None-Match": "*"}
        with store.open_output_stream(f"{bucket}/a", metadata=condition) as stream:
            stream.write(name)
    assert read(store, f"{bucket}/a") == b"second"
    put(store, f"{bucket}/b", b"third")
    store.move(f"{bucket}/b", f"{bucket}/a")
    assert read(store, f"{bucket}/a") == b"third"


def test_a_move_that_is_cut_short_leaves_both(swift_server, store, bucket):
    """A move is a copy, then a deletion: an error between them leaves two objects."""
    put(store, f"{bucket}/from", b"x")

    def no_deletion(data: bytes) -> bytes | None:
        return None if data.startswith(b"DELETE ") else data

    with (
        relay(swift_server.port, sent=no_deletion) as endpoint,
        pytest.raises(OSError, match="NETWORK_CONNECTION during DeleteObject"),
    ):
        client(swift_server, endpoint_override=endpoint).move(
            f"{bucket}/from", f"{bucket}/to"
        )
    assert names(store, bucket) == [f"{bucket}/from", f"{bucket}/to"]


def test_a_reader_isnt_bound_to_what_it_opened(store, bucket):
    """What is replaced after the open is read, and cut at the first one's length."""
    put(store, f"{bucket}/a", b"old")
    with store.open_input_stream(f"{bucket}/a") as stream:
        put(store, f"{bucket}/a", b"newer")
        assert stream.read() == b"new"


@pytest.mark.parametrize("is_delayed", [True, False])
def test_an_error_in_the_block_publishes_the_half(swift_server, bucket, is_delayed):
    """Leaving the block closes the stream, and closing completes: there's no abort."""
    store = client(swift_server, allow_delayed_open=is_delayed)

    def fail() -> None:
        with store.open_output_stream(f"{bucket}/half") as stream:
            stream.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert read(store, f"{bucket}/half") == b"half"


def test_a_forgotten_stream_publishes_the_half(store, bucket):
    """A stream that nobody closes is invisible until Python clears it away."""
    stream = store.open_output_stream(f"{bucket}/half")
    stream.write(BIG[:PART])
    stream.flush()
    assert not is_there(store, f"{bucket}/half")
    del stream
    gc.collect()
    assert store.get_file_info(f"{bucket}/half").size == PART


@pytest.mark.parametrize(
    "name", ["x/./y", "x/../y", "x//y", "/lead", "trail/", "b" * 1025, "\ud800"]
)
def test_a_name_that_cant_be_kept_is_refused(store, bucket, name):
    """Relative, empty and overlong parts of a name are errors; nothing is stored."""
    with pytest.raises((OSError, ArrowInvalid, UnicodeEncodeError)):
        put(store, f"{bucket}/{name}", b"x")
    assert names(store, bucket) == []


def test_a_name_ends_at_nul(store, bucket):
    """The client drops what follows a NUL: two names become one object."""
    put(store, f"{bucket}/a\0b", b"x")
    assert names(store, bucket) == [f"{bucket}/a"]


def test_one_control_character_makes_a_prefix_unlistable(store, bucket):
    """A name that XML can't hold is stored, and no listing that has it succeeds."""
    put(store, f"{bucket}/a\x01", b"x")
    with pytest.raises(OSError, match="during ListObjectsV2"):
        names(store, bucket)


# --- what breaks ----------------------------------------------------------------------


def test_a_killed_server_publishes_nothing_of_parts(swift_server, store, bucket):
    """An upload in parts is invisible until its end; the error comes, once, at close."""
    put(store, f"{bucket}/a", b"old")
    stream = store.open_output_stream(f"{bucket}/a")
    stream.write(BIG[:PART])
    swift_server.kill_proxy()
    stream.write(BIG[PART:])  # sent in the background: no error yet
    with pytest.raises(OSError, match="NETWORK_CONNECTION during UploadPart"):
        stream.close()
    stream.close()  # no error any more: the first close is what counts
    swift_server.start_proxy()
    assert read(store, f"{bucket}/a") == b"old"
    assert names(store, bucket) == [f"{bucket}/a"]


def test_a_server_killed_within_a_put_publishes_nothing(swift_server, store, bucket):
    """Half a body is no object: what was there before is there still."""
    put(store, f"{bucket}/a", b"old")
    kill = after(1_000_000, swift_server.kill_proxy)
    with (
        relay(swift_server.port, sent=kill) as endpoint,
        pytest.raises(OSError, match="NETWORK_CONNECTION during PutObject"),
    ):
        put(
            client(swift_server, endpoint_override=endpoint),
            f"{bucket}/a",
            BIG[:5000000],
        )
    swift_server.start_proxy()
    assert read(store, f"{bucket}/a") == b"old"


@pytest.mark.parametrize("size", [5_000_000, 20_000_000])
def test_a_dropped_connection_publishes_nothing(swift_server, store, bucket, size):
    """Cut at half, whole or in parts, an upload is an error, and there's no object."""
    with (
        relay(swift_server.port, sent=after(size // 2)) as endpoint,
        pytest.raises(OSError, match="NETWORK_CONNECTION during"),
    ):
        put(client(swift_server, endpoint_override=endpoint), f"{bucket}/a", BIG[:size])
    assert names(store, bucket) == []


def test_a_dropped_connection_is_tried_again(swift_server, store, bucket):
    """With more attempts than one, an upload that was cut once arrives whole."""
    twice = AwsStandardS3RetryStrategy(max_attempts=2)
    with relay(swift_server.port, sent=after(1_000_000)) as endpoint:
        again = client(swift_server, endpoint_override=endpoint, retry_strategy=twice)
        put(again, f"{bucket}/a", BIG[:5_000_000])
    assert read(store, f"{bucket}/a") == BIG[:5_000_000]


def test_a_lost_answer_is_an_error_though_all_is_stored(swift_server, store, bucket):
    """An error doesn't say that nothing was published: look before trying again."""

    def lost(data: bytes) -> bytes | None:
        return None if b" 200 OK" in data else data  # and not `100 Continue`

    with (
        relay(swift_server.port, answered=lost) as endpoint,
        pytest.raises(OSError, match="NETWORK_CONNECTION during PutObject"),
    ):
        put(client(swift_server, endpoint_override=endpoint), f"{bucket}/a", b"x")
    assert read(store, f"{bucket}/a") == b"x"


@pytest.mark.parametrize("is_answered", [False, True])
def test_the_end_of_an_upload_is_one_step(swift_server, store, bucket, is_answered):
    """Cut at its last request, an upload is there whole, or not at all; never in part.

    The error is the same for both.
    """
    put(store, f"{bucket}/a", b"old")
    ended: list[bytes] = []

    def ending(data: bytes) -> bytes | None:
        if data.startswith(b"POST ") and b"?uploadId=" in data:
            ended.append(data)
        return data if is_answered or not ended else None

    def lost(data: bytes) -> bytes | None:
        return None if ended and b" 200 OK" in data else data

    with (
        relay(swift_server.port, sent=ending, answered=lost) as endpoint,
        pytest.raises(OSError, match="during CompleteMultipartUpload"),
    ):
        put(client(swift_server, endpoint_override=endpoint), f"{bucket}/a", BIG)
    assert read(store, f"{bucket}/a") == (BIG if is_answered else b"old")


def test_a_byte_changed_on_the_way_in_is_refused(swift_server, store, bucket):
    """Each upload carries checksums, signed: what arrives changed is no object."""

    def changed(data: bytes) -> bytes:
        return data.replace(b"released", b"relEased")

    with (
        relay(swift_server.port, sent=changed) as endpoint,
        pytest.raises(OSError, match="during PutObject"),
    ):
        put(
            client(swift_server, endpoint_override=endpoint), f"{bucket}/a", b"released"
        )
    assert names(store, bucket) == []


def test_a_byte_changed_on_the_way_out_isnt_noticed(swift_server, store, bucket):
    """Over plain HTTP nothing guards a read: whoever reads holds it to a digest."""
    put(store, f"{bucket}/a", b"released")

    def changed(data: bytes) -> bytes:
        return data.replace(b"released", b"relEased")

    with relay(swift_server.port, answered=changed) as endpoint:
        assert read(
            client(swift_server, endpoint_override=endpoint), f"{bucket}/a"
        ) == (b"relEased")


def test_a_silent_server_is_an_error(swift_server, bucket):
    """`request_timeout` ends the wait for a server that takes requests, and is mute."""
    hasty = client(swift_server, request_timeout=1)
    with (
        swift_server.frozen_proxy(),
        pytest.raises(OSError, match="NETWORK_CONNECTION during HeadObject"),
    ):
        hasty.get_file_info(f"{bucket}/a")


def test_a_server_that_is_down_has_not_lost_anything(swift_server, store, bucket):
    """Every question fails, and none is answered with "not found"."""
    swift_server.kill_proxy()
    for question in (
        lambda: store.get_file_info(f"{bucket}/a"),
        lambda: names(store, bucket),
        lambda: read(store, f"{bucket}/a"),
        lambda: store.delete_file(f"{bucket}/a"),
    ):
        with pytest.raises(OSError, match="NETWORK_CONNECTION") as caught:
            question()
        assert not isinstance(caught.value, FileNotFoundError)


# --- who may --------------------------------------------------------------------------


def test_a_wrong_secret_is_a_clear_error(swift_server, store, bucket):
    """With a body, the answer names the signature; HEAD has none and says denied."""
    put(store, f"{bucket}/a", b"x")
    wrong = client(swift_server, secret_key=WRONG)
    for message, question in (
        ("SIGNATURE_DOES_NOT_MATCH", lambda: put(wrong, f"{bucket}/b", b"x")),
        ("SIGNATURE_DOES_NOT_MATCH", lambda: names(wrong, bucket)),
        ("ACCESS_DENIED", lambda: wrong.get_file_info(f"{bucket}/a")),
        ("ACCESS_DENIED", lambda: wrong.get_file_info(f"{bucket}/nothing")),
    ):
        with pytest.raises(OSError, match=message) as caught:
            question()
        assert WRONG not in str(caught.value)
    assert names(store, bucket) == [f"{bucket}/a"]


def test_a_wrong_region_or_bucket_is_named(swift_server, store, bucket):
    """The error says which region is expected, and that a bucket doesn't exist."""
    with pytest.raises(OSError, match="region 'eu-west-1' is wrong; expecting"):
        names(client(swift_server, region="eu-west-1"), bucket)
    with pytest.raises(OSError, match="NO_SUCH_BUCKET"):
        put(store, "no-such-bucket/a", b"x")


_CHILD = """
import sys
from pyarrow.fs import S3FileSystem
key, secret, endpoint, bucket = sys.argv[1:]
store = S3FileSystem(access_key=key, secret_key=secret, region="us-east-1",
                     scheme="http", endpoint_override=endpoint)
with store.open_output_stream(f"{bucket}/a") as stream:
    stream.write(b"told")
print(store.open_input_stream(f"{bucket}/a").read(), store)
"""


def child(server: Swift, bucket: str, *before: str, **env: str) -> str:
    """Run a client in a process of its own; return all that it says."""
    arguments = (server.key_id, server.secret_key, server.endpoint, bucket)
    done = subprocess.run(
        [*before, sys.executable, "-c", _CHILD, *arguments],
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


def test_no_log_tells_the_secret(swift_server, bucket):
    """Client (all it can tell) and server log key id and signature, never the secret."""
    told = child(swift_server, bucket, ARROW_S3_LOG_LEVEL="TRACE")
    assert swift_server.key_id in told
    assert "Signature=" in told
    assert swift_server.secret_key not in told + swift_server.log + repr(swift_server)


def test_a_pickled_client_tells_the_secret(swift_server, store):
    """A client goes to no other process, and into no file: its secret is in clear."""
    assert swift_server.secret_key.encode() in pickle.dumps(store)


def test_the_client_speaks_to_its_endpoint_alone(swift_server, bucket, tmp_path):
    """No metadata service, name server or proxy is asked, whatever the environment."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    trace = tmp_path / "trace"
    elsewhere = "http://127.0.0.1:9"
    said = child(
        swift_server,
        bucket,
        *("strace", "-f", "-e", "trace=connect", "-o", str(trace)),
        http_proxy=elsewhere,
        AWS_ENDPOINT_URL=elsewhere,
        AWS_PROFILE="other",
    )
    assert said.startswith("b'told'")
    connections = [x for x in trace.read_text().splitlines() if "connect(" in x]
    ports = {found for x in connections for found in re.findall(r"htons\((\d+)\)", x)}
    assert ports == {str(swift_server.port)}


# --- the server for tests itself ------------------------------------------------------


def test_a_second_server_is_apart_and_leaves_nothing(swift_server, bucket):
    """Two servers share no port and no bucket; an ended one has no process, no file."""
    with swift() as other:
        home = str(other.home)
        assert other.port != swift_server.port
        assert not is_there(client(other), bucket)
        commands = Path("/proc").glob("[0-9]*/cmdline")
        assert sum(is_of(command, home) for command in commands) == 4
    assert not other.home.exists()
    assert not any(is_of(x, home) for x in Path("/proc").glob("[0-9]*/cmdline"))


def test_a_server_that_cant_start_says_why(monkeypatch, tmp_path):
    """The failure shows the end of the server's own log, and nothing is left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    broken = {"use": "egg:swift#no_such_filter"}
    monkeypatch.setitem(swift_module._PROXY, "filter:bulk", broken)
    with (
        pytest.raises(pytest.fail.Exception, match="no_such_filter"),
        swift(),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_without_extended_attributes_there_is_no_server(monkeypatch):
    """Where no folder takes them, the tests are skipped, and say what would help."""

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "setxattr", refuse)
    with pytest.raises(pytest.skip.Exception, match="TMPDIR"), swift():
        pass


def is_of(command: Path, home: str) -> bool:
    """Whether a running process was started for a server's folder."""
    try:
        return home.encode() in command.read_bytes()
    except OSError:  # it has ended since
        return False
