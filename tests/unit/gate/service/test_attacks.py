"""Bad input for the service's parts: each is refused, and what runs goes on."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.gate.bundles import LARGEST, Seen, new_keys, read_bundle, seal
from ringfence.gate.point.book import Book
from ringfence.gate.point.live import Held
from ringfence.gate.service import oidc, watching
from ringfence.gate.service.config import parse_config, read_config
from ringfence.gate.service.oidc import Issuer, Trust, read_keys
from ringfence.gate.service.watching import Bundles, Conceding, Watch
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.writer.disk import RealDisk
from tests.serving import UNTIL, ledger, scene, standing

KEYS = new_keys("example.com/gate")
PUBLIC = [one.verifier for one in KEYS]
NOW = "2026-06-01T00:00:00Z"
BARE = f"callers: {{a: {{token_sha256: {'0a' * 32}}}}}\n"
KEY = generate_private_key(SECP256R1())
SET = json.dumps(
    {"keys": [{**json.loads(ECAlgorithm.to_jwk(KEY.public_key())), "kid": "k"}]}
).encode()


def encoded(text: str) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def token(**header: object) -> str:
    """Return a token that is good but for its header."""
    now = int(time.time())
    claims = {"iss": "i", "aud": "a", "sub": "s", "iat": now, "exp": now + 300}
    return jwt.encode(claims, KEY, "ES256", headers={"kid": "k", **header})


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """Return what verifies tokens by a file of keys."""
    file = tmp_path / "jwks.json"
    file.write_bytes(SET)
    return Issuer(Trust("i", "a", file))


DEEP = "[" * 5_000


@pytest.mark.parametrize(
    "bad",
    [
        encoded(DEEP) + ".e30.AA",
        encoded('{"a":' * 1_900 + "1" + "}" * 1_900) + ".e30.AA",
        encoded('{"alg":"ES256","kid":"k"}') + f".{encoded(DEEP)}.AA",
        encoded('{"alg":"none"}') + ".e30.",
        encoded('{"alg":"ES256","kid":["k"]}') + ".e30.AA",
        encoded('{"alg":["ES256"],"kid":"k"}') + ".e30.AA",
        "\udcff.\udcff.\udcff",
        token(crit=["exp"]),
        token(crit=[]),
        token(crit=["b64"], b64=True),
    ],
)
def test_a_strange_token_is_nobodys(issuer: Issuer, bad: str):
    """Depth, odd types, and headers that have to be understood: none is believed."""
    assert asyncio.run(issuer.subject(token())) == "s"
    assert asyncio.run(issuer.subject(bad)) is None


@pytest.mark.parametrize("content", [b'{"keys":' + b"[" * 100_000, b" " * 2_000_000])
def test_a_set_of_keys_has_its_bounds(tmp_path: Path, content: bytes):
    """One that is nested too deeply, or too long, is refused, and the old ones stay."""
    with pytest.raises(ConfigError):
        read_keys(content, "jwks")
    file = tmp_path / "jwks.json"
    file.write_bytes(SET)
    issuer = Issuer(Trust("i", "a", file))
    file.write_bytes(content)
    with pytest.raises(ConfigError):
        issuer.refresh()
    assert asyncio.run(issuer.subject(token())) == "s"


def test_keys_that_trickle_in_hold_nobody_up(monkeypatch: pytest.MonkeyPatch):
    """A fetch ends by itself, and who asks meanwhile is told that he is nobody."""
    monkeypatch.setattr(oidc, "_PATIENCE", 0.01)
    gone = asyncio.Event()

    async def run() -> str | None:
        loop = asyncio.get_running_loop()

        def fetch(_: str) -> bytes:
            asyncio.run_coroutine_threadsafe(gone.wait(), loop).result()
            return SET

        issuer = Issuer(Trust("i", "a", url="https://id.example"), fetch)
        found = await issuer.subject(token())
        gone.set()
        return found

    assert asyncio.run(run()) is None


def test_no_bundle_is_read_from_what_is_no_file(tmp_path: Path):
    """A folder, a pipe nobody writes to, an endless device: each is refused at once."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("/dev/zero")
    for one in (pipe, link, tmp_path):
        with pytest.raises(ProofError, match="is no file"):
            read_bundle(one)
    huge = tmp_path / "huge"
    with huge.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(ProofError, match="longer than"):
        read_bundle(huge)


HOSTILE = (
    *(b'{"a":-5}', b'{"\xff":1}', b"\xff", b"", b"null", b"[" * 100_000),
    *(b'{"a":1.5}', b'{"a":"1"}', b'{"a":1}x', b'{"version":1,"digest":"\xff"}'),
)


@pytest.mark.parametrize("content", HOSTILE)
def test_counts_that_can_not_be_are_refused(tmp_path: Path, content: bytes):
    """No count lifts a cap: what is damaged, or below nothing, isn't believed."""
    folder = ledger(tmp_path / "l")
    (folder / "private/counted").write_bytes(content)
    book = Book(folder)
    with pytest.raises(LedgerError, match=r"private/counted: holds no counts\n  help"):
        book.open()
    (folder / "private/counted").unlink()
    assert book.open() == {}
    book.close()


def test_no_payload_gives_uses_back(tmp_path: Path):
    """Counted anew, a line of fewer people than none counts for none."""
    folder = ledger(tmp_path / "l")
    payloads = Payloads(RealDisk(folder))
    for number in (7, -1_000):
        line = json.dumps({"leave": "q", "subjects": number}).encode()
        payloads.keep(line + b"\n")
    book = Book(folder)
    assert book.open() == {"q": 7}
    book.close()


@pytest.mark.parametrize("content", HOSTILE)
def test_a_memory_of_bundles_that_is_damaged_takes_none(tmp_path: Path, content: bytes):
    """Where nobody knows which bundle was in force, none comes in force."""
    file = tmp_path / "b"
    file.write_bytes(bundle(1))
    (tmp_path / "seen").write_bytes(content)
    with pytest.raises(ConfigError, match="doesn't tell which bundle was in force"):
        Bundles(file, PUBLIC, Seen(tmp_path / "seen")).read(NOW)


def bundle(version: int, issued: str = "2020-01-01T00:00:00Z") -> bytes:
    """Return a bundle."""
    return seal(scene(), KEYS, version, issued, UNTIL)


def test_a_bundle_that_was_too_early_is_read_again_beside_exceptions(tmp_path: Path):
    """A refused one isn't forgotten for the exceptions' sake: it comes when it may."""
    file = tmp_path / "b"
    file.write_bytes(bundle(1))
    bundles = Bundles(file, PUBLIC, Seen(tmp_path / "seen"))
    source = Conceding(bundles, ledger(tmp_path / "l"), lambda _: None)
    assert source.read(NOW).version == 1
    file.write_bytes(bundle(2, "2026-06-01T00:01:00Z"))
    for _ in range(2):
        with pytest.raises(ProofError):
            source.read(NOW)
    assert source.read("2026-06-01T00:02:00Z").version == 2


@pytest.mark.parametrize("fault", [ValueError("odd"), RecursionError(), KeyError()])
def test_whatever_ails_the_ledger_no_exception_is_conceded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
):
    """What is in force doesn't stay so because nobody thought of an error."""

    class Fixed:
        def changed(self) -> bool:
            return False

        def read(self, now: str) -> Held:
            return Held(scene(), now and UNTIL)

    def fails(_: Path, __: object) -> None:
        raise fault

    told: list[str] = []
    source = Conceding(Fixed(), ledger(tmp_path / "l"), told.append)
    monkeypatch.setattr(watching, "courses", fails)
    assert source.read(NOW).scene == scene()
    assert source.changed()
    assert len(told) == 1


def test_no_trouble_beside_ends_the_watch(tmp_path: Path):
    """Whatever fails beside, scenes are looked after, and it is told of."""

    def trouble() -> None:
        raise RecursionError

    told: list[str] = []

    async def run() -> None:
        point = standing(ledger(tmp_path / "l"))
        source = Bundles(tmp_path / "b", PUBLIC, Seen(tmp_path / "seen"))
        watch = Watch(point, source, tell=told.append, beside=[trouble])
        await watch.look()
        (tmp_path / "b").write_bytes(bundle(1))
        await watch.look()
        assert point.held is not None

    asyncio.run(run())
    assert "RecursionError" in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('bundle: "a\\0b"\nkeys: []', "`bundle` is no name of a file"),
        ('ledger: ""', "`ledger`"),
        ("publish: 1" + "0" * 400, "`publish`"),
        ("window: 99999999999", "`window` must be 2,147,483,647 or less"),
        ("limits: {seconds: 10000000000}", "`seconds` must be"),
        ("limits: {rate: 1e400}", "`1e400` is no number"),
        ("listen: 127.0.0.1:" + "9" * 5_000, "no address with a port"),
        ("oidc: " + "[" * 5_000, "serve.yaml"),
    ],
)
def test_strange_values_have_their_place(text: str, problem: str):
    """No value is taken that would fail later, where nobody knows its line."""
    with pytest.raises(RingfenceError) as found:
        parse_config(BARE + text, "serve.yaml", Path())
    assert problem in str(found.value)


@pytest.mark.parametrize("kind", ["certificate", "oidc"])
def test_nothing_shows_two_callers(kind: str):
    """Which of two callers asks is never a matter of their order."""
    text = f"callers: {{a: {{{kind}: [x, x]}}, b: {{{kind}: [y, x]}}}}"
    with pytest.raises(ConfigError, match=f"{kind} `x` shows `a` and `b`"):
        parse_config(text, "serve.yaml", Path())


def test_a_token_file_has_a_name():
    """A NUL in a file's name is told of as a mistake of the configuration."""
    text = 'callers: {a: {token_file: "a\\0"}}'
    with pytest.raises(ConfigError, match="`token_file` is no name of a file"):
        parse_config(text, "serve.yaml", Path())


@pytest.mark.parametrize("content", [b"callers: \xff\xfe", bytes(range(256)), None])
def test_a_configuration_that_is_no_text(tmp_path: Path, content: bytes | None):
    """Bytes, a folder, or nothing: one clear error that names the file."""
    file = tmp_path / "serve.yaml"
    with pytest.raises(RingfenceError, match=r"serve\.yaml"):
        read_config(file)
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(RingfenceError, match=r"serve\.yaml"):
        read_config(file)
