"""The file gateway against a real S3-compatible server, over HTTP.

What such a server and the client promise is tested in `test_swift_server.py`; here is
what the gateway makes of it.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow.fs import FileSelector, FileType, S3FileSystem

from ringfence.egress.files.claims import Work
from ringfence.egress.files.gateway import Gateway, Outcome, Places
from ringfence.egress.files.local import LocalStore
from ringfence.egress.files.running import Order, once
from ringfence.egress.files.s3 import S3Store, Service
from ringfence.egress.files.store import ChangedError, StoreError
from ringfence.errors import ConfigError
from tests.diff.test_swift_server import put, read
from tests.exiting import made
from tests.gated import Gated, sha256
from tests.killing import Killed
from tests.relaying import relay
from tests.swift_server import Swift, swift_server

__all__ = ["swift_server"]

pytestmark = pytest.mark.xdist_group("swift")

BIG = random.Random(7).randbytes(12_000_000)  # noqa: S311 (two parts, the same each time)
_NUMBERS = itertools.count()


@pytest.fixture
def service(swift_server: Swift, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Return where the server answers; keys are in the environment."""
    monkeypatch.setenv("STORE_ID", swift_server.key_id)
    monkeypatch.setenv("STORE_SECRET", swift_server.secret_key)
    endpoint = f"http://{swift_server.endpoint}"
    return Service(endpoint, swift_server.region, "STORE_ID", "STORE_SECRET")


@pytest.fixture
def client(service: Service) -> S3FileSystem:
    """Return the gateway's own client."""
    return service.client()


@pytest.fixture
def bucket(swift_server: Swift) -> str:
    """Return a bucket of the test's own."""
    name = f"gateway{next(_NUMBERS)}"
    maker = S3FileSystem(
        access_key=swift_server.key_id,
        secret_key=swift_server.secret_key,
        region=swift_server.region,
        scheme="http",
        endpoint_override=swift_server.endpoint,
        allow_bucket_creation=True,
    )
    maker.create_dir(name)
    return name


def gated(folder: Path, bucket: str, client: Any) -> Gated:
    """Return a gateway from prefix to prefix; the quarantine is a folder."""
    folder.mkdir(exist_ok=True)
    quarantine = LocalStore(folder / "quarantine", is_private=True)
    places = Places(
        S3Store(f"s3://{bucket}/outbox", client),
        S3Store(f"s3://{bucket}/released", client),
        quarantine,
        LocalStore(folder / "receipts", is_private=True),
    )
    found, work = made(folder), Work(folder / "work")
    return Gated(folder, found, places, work, Gateway(found.exit, places, work))


def run(there: Gated) -> list[Outcome]:
    """Take all that lies there, once."""
    told: list[Outcome] = []
    once(there.gateway, there.places.outbox, Order(0.0), told.append)
    return told


def names(client: S3FileSystem, prefix: str) -> list[str]:
    """Return the keys of the objects below a prefix, if any."""
    selector = FileSelector(prefix, recursive=True, allow_not_found=True)
    found = client.get_file_info(selector)
    return sorted(one.path for one in found if one.type == FileType.File)


def objects(client: S3FileSystem, prefix: str) -> dict[str, bytes]:
    """Return the objects below a prefix, and what they hold."""
    found = names(client, prefix)
    return {one.removeprefix(f"{prefix}/"): read(client, one) for one in found}


def test_objects_go_where_their_verdicts_say(tmp_path, bucket, client):
    """From prefix to prefix: released, masked, held, blocked; none is left behind."""
    for name, content in {
        "partner/a b/ü&=%41.txt": b"city=Reno",
        "partner/b.txt": b"mail=p1",
        "partner/c.txt": b"city=?",
        "nobody/d.txt": b"city=Reno",
    }.items():
        put(client, f"{bucket}/outbox/{name}", content)
    there = gated(tmp_path / "g", bucket, client)
    verdicts = Counter(one.verdict for one in run(there))
    assert verdicts == {"release": 1, "mask": 1, "hold": 1, "block": 1}
    assert objects(client, f"{bucket}/released") == {
        "partner/a b/ü&=%41.txt": b"city=Reno",
        "partner/b.txt": b"mail=rf_",
    }
    assert there.there("quarantine") == {
        "hold/partner/c.txt": "city=?",
        "block/nobody/d.txt": "city=Reno",
    }
    assert names(client, f"{bucket}/outbox") == []
    assert [one for one in names(client, bucket) if ".ringfence" in one] == []
    assert len(there.entries()) == 4
    assert run(there) == []
    there.close()


def test_nothing_is_overwritten(tmp_path, bucket, client):
    """Another content under a key that is taken gets a number; the same is done."""
    there = gated(tmp_path / "g", bucket, client)
    for content in (b"city=Reno", b"city=Elko", b"city=Reno"):
        put(client, f"{bucket}/outbox/partner/a.txt", content)
        run(there)
    assert objects(client, f"{bucket}/released") == {
        "partner/a.txt": b"city=Reno",
        "partner/a~2.txt": b"city=Elko",
    }
    there.close()


def test_a_large_object_is_carried_in_parts_and_compared(tmp_path, bucket, client):
    """An object of several parts has no digest for a tag: it is read again."""
    path = tmp_path / "big"
    path.write_bytes(BIG)
    store = S3Store(f"s3://{bucket}/released", client)
    with (tmp_path / "copy").open("wb") as copy:
        digest = sha256_of(BIG)
        store.carry(path, "claim", digest)
        assert names(client, f"{bucket}/released") == []
        store.reveal("claim", "partner/big")
        store.reveal("claim", "partner/big")
        taken = store.take("partner/big", copy)
    assert (taken.digest, taken.size) == (digest, len(BIG))
    assert (tmp_path / "copy").read_bytes() == BIG
    with pytest.raises(StoreError, match="judged"):
        store.carry(path, "other", sha256_of(b""))


def sha256_of(content: bytes) -> str:
    """Return a digest."""
    return hashlib.sha256(content).hexdigest()


def test_an_object_that_changes_is_taken_later(tmp_path, bucket, client):
    """A reader isn't bound to what it opened: what was replaced meanwhile isn't taken."""
    key = f"{bucket}/outbox/partner/a"
    put(client, key, b"city=Reno")
    store = S3Store(f"s3://{bucket}/outbox", client)

    class Replacing(io.BytesIO):
        """Replaces the object while it is copied."""

        def write(self, _block: object, /) -> int:
            put(client, key, b"city=Elko")
            return 0

    with pytest.raises(ChangedError):
        store.take("partner/a", Replacing())
    with (tmp_path / "a").open("wb") as copy:
        taken = store.take("partner/a", copy)
        assert taken.digest == sha256_of(b"city=Elko")
        put(client, key, b"city=Gary")
        assert not store.remove("partner/a", taken, "claim")
        client.delete_file(key)
        with pytest.raises(ChangedError):
            store.take("partner/a", copy)
    assert not store.remove("partner/a", taken, "claim")


def test_names_that_cant_be_told_stay(tmp_path, bucket, client):
    """Keys beside every channel, hidden and unfinished ones aren't taken."""
    for name in ("alone", "partner/.hidden", "partner/a.part", "partner/t\tab"):
        put(client, f"{bucket}/outbox/{name}", b"city=Reno")
    there = gated(tmp_path / "g", bucket, client)
    assert {one.path: one.verdict for one in run(there)} == {
        "alone": "left",
        "partner/t\tab": "left",
    }
    assert len(names(client, f"{bucket}/outbox")) == 4
    there.close()


def test_a_server_that_is_down_loses_nothing(
    tmp_path, bucket, client, swift_server, monkeypatch
):
    """The file waits, judged or not, until the server answers; no secret is told."""
    put(client, f"{bucket}/outbox/partner/a", b"city=Reno")
    there = gated(tmp_path / "g", bucket, client)
    carry = there.places.released.carry

    def dying(*words: Any) -> None:
        swift_server.kill_proxy()
        carry(*words)

    monkeypatch.setattr(there.places.released, "carry", dying)
    (outcome,) = run_at(there)
    assert outcome.verdict == "failed"
    assert swift_server.secret_key not in str(outcome)
    assert bucket not in str(outcome.reasons)
    swift_server.start_proxy()
    monkeypatch.setattr(there.places.released, "carry", carry)
    assert [one.verdict for one in run(there)] == ["release"]
    assert objects(client, f"{bucket}/released") == {"partner/a": b"city=Reno"}
    assert len(there.entries()) == 1
    there.close()


def run_at(there: Gated) -> list[Outcome]:
    """Take what is there, once, without a second look."""
    (found,) = there.places.outbox.found()
    return [there.gateway.taken(found)]


def test_a_byte_that_is_changed_on_the_way_out_isnt_released(
    tmp_path, bucket, client, swift_server, service
):
    """What is read is what is judged: what left is what the ledger has a digest of."""
    put(client, f"{bucket}/outbox/partner/a", b"city=Reno")

    def changed(data: bytes) -> bytes:
        return data.replace(b"city=Reno", b"city=Elko")

    with relay(swift_server.port, answered=changed) as endpoint:
        other = Service(f"http://{endpoint}", *words_of(service)).client()
        there = gated(tmp_path / "g", bucket, client)
        outbox = S3Store(f"s3://{bucket}/outbox", other)
        places = Places(
            outbox,
            there.places.released,
            there.places.quarantine,
            there.places.receipts,
        )
        once(
            Gateway(there.exit.exit, places, there.work),
            outbox,
            Order(0.0),
            lambda _outcome: None,
        )
    assert objects(client, f"{bucket}/released") == {"partner/a": b"city=Elko"}
    assert [one["output"] for one in there.entries()] == [sha256("city=Elko")]
    there.close()


def words_of(service: Service) -> tuple[str, str, str]:
    """Return all that tells a client from others but its address."""
    return service.region, service.key_id_env, service.secret_env


class Mortal:
    """A client that dies before its n-th call that changes something."""

    CHANGES = ("open_output_stream", "copy_file", "delete_file")

    def __init__(self, client: S3FileSystem, left: int) -> None:
        self._client = client
        self.left = left

    def __getattr__(self, name: str) -> Any:
        found: Callable[..., Any] = getattr(self._client, name)
        if name not in self.CHANGES:
            return found

        def call(*words: Any, **more: Any) -> Any:
            if self.left <= 0:
                raise Killed
            self.left -= 1
            return found(*words, **more)

        return call


def test_killed_at_any_change(tmp_path, bucket, client):
    """Killed before each change of the store, and started again: nothing is lost.

    Nothing is in the released prefix that the ledger didn't let leave, and nothing is
    there twice.
    """
    left = 0
    while True:
        put(client, f"{bucket}/outbox/partner/{left}", f"mail=p1 city={left}".encode())
        mortal = Mortal(client, left)
        there = gated(tmp_path / "g", bucket, mortal)
        try:
            run(there)
        except Killed:
            is_dead = True
        else:
            is_dead = False
        there.close()
        again = gated(tmp_path / "g", bucket, client)
        released = objects(client, f"{bucket}/released")
        allowed = {one["output"] for one in again.entries() if "output" in one}
        assert {sha256(one.decode()) for one in released.values()} <= allowed
        run(again)
        again.close()
        left += 1
        assert objects(client, f"{bucket}/released") == {
            f"partner/{n}": f"mail=rf_ city={n}".encode() for n in range(left)
        }
        assert names(client, f"{bucket}/outbox") == []
        if not is_dead:
            break
    assert left > 3


def test_a_service_says_what_it_lacks(service: Service, monkeypatch, client):
    """Without a key, an address or a prefix there is one clear error, and no secret."""
    with pytest.raises(ConfigError, match="no address"):
        Service("127.0.0.1:1", *words_of(service)).client()
    for url in ("s3://bucket", "s3://b/../x", "s3:///", "bucket/a", "s3://b//a"):
        with pytest.raises(ConfigError, match="no prefix"):
            S3Store(url, client)
    monkeypatch.delenv("STORE_SECRET")
    with pytest.raises(ConfigError, match="`STORE_SECRET`"):
        service.client()
