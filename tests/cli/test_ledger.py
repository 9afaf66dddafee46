"""`ringfence ledger`, `check --ledger` and `bundle`, as somebody types them."""

from __future__ import annotations

import base64
import csv
import importlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ringfence.ledger.faults import LedgerError
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.signed.keys import COSIGNATURE, SigningKey
from ringfence.ledger.writer.disk import RealDisk
from ringfence.ledger.writer.log import Log
from tests.cli.running import PROGRAM
from tests.house.tree import PROJECT

ORIGIN = "example.com/log"
CASE = PROJECT / "examples" / "shortvideo"


@pytest.fixture
def founded(say):
    """Return what runs commands beside a ledger of one entry, in `ledger`."""
    assert say("ledger", "init", "ledger", "--origin", ORIGIN).code == 0
    return say


def told(said) -> dict[str, Any]:
    """Return the JSON that a command printed, which ended with 0."""
    assert (said.code, said.err) == (0, "")
    found: dict[str, Any] = json.loads(said.out)
    assert found["schema"].startswith("ringfence-ledger-")
    return found


def key(founded) -> str:
    return str(founded("ledger", "key", "list", "ledger").out.splitlines()[0])


def entries(founded, ledger: str = "ledger") -> list[dict[str, Any]]:
    words = ("ledger", "show", ledger, "--format", "json", "--limit", "1000")
    return [*told(founded(*words))["entries"]]


def kinds(founded, ledger: str = "ledger") -> list[str]:
    return [one["kind"] for one in entries(founded, ledger)]


def public(folder: Path) -> bytes:
    """Return all that a ledger publishes."""
    found = [one for one in (folder / "public").rglob("*") if one.is_file()]
    return b"\n".join(one.read_bytes() for one in sorted(found))


# --- founding, appending, looking -----------------------------------------------------


def test_a_ledger_is_founded_once(founded):
    """It says its keys; a second one in its place is refused."""
    again = founded("ledger", "init", "ledger", "--origin", ORIGIN)
    assert (again.code, again.out) == (2, "")
    assert "something lies there already" in again.err
    said = told(
        founded("ledger", "init", "b", "--origin", f"{ORIGIN}/b", "--format", "json")
    )
    assert [one["kind"] for one in said["keys"]] == ["Ed25519", "ML-DSA-44"]
    assert kinds(founded, "b") == ["opened"]


def test_documents_are_logged_by_their_digests(founded):
    """The entry has the digest, the payload the name; a copy is kept if asked for."""
    Path("Ann Li's contract.txt").write_text("signed")
    Path("b.txt").write_text("b")
    said = told(
        founded(
            "ledger", "append", "ledger", "Ann Li's contract.txt", "b.txt",
            "--heartbeat", "--format", "json",
        )
    )  # fmt: skip
    assert (said["entries"], said["published"]) == ([1, 2, 3], 4)
    assert kinds(founded) == ["opened", "document", "document", "heartbeat"]
    entry = told(founded("ledger", "show", "ledger", "1", "--format", "json"))
    assert entry["payload"] == {"name": "Ann Li's contract.txt"}
    assert b"Ann" not in public(Path("ledger"))
    digest = entry["digests"]["document"].removeprefix("sha256:")
    payloads = Payloads(RealDisk(Path("ledger")))
    assert not payloads.holds(digest)
    founded("ledger", "append", "ledger", "Ann Li's contract.txt", "--keep")
    assert payloads.read(digest) == b"signed"


def test_what_is_sequenced_is_published_later(founded):
    """`--sequenced` brings entries to the disk, `publish` signs them."""
    said = founded("ledger", "append", "ledger", "--heartbeat", "--sequenced")
    assert (said.code, "published" in said.out) == (0, False)
    assert kinds(founded) == ["opened"]
    found = told(founded("ledger", "fsck", "ledger", "--format", "json"))
    assert (found["size"], found["sequenced"], found["sound"]) == (1, 2, True)
    assert told(founded("ledger", "publish", "ledger", "--format", "json"))["size"] == 2
    assert kinds(founded) == ["opened", "heartbeat"]


def test_a_proof_is_verified_with_nothing_but_a_key(founded):
    """The file carries its entry; another key, entry or bit doesn't verify."""
    assert founded("ledger", "prove", "ledger", "0", "-o", "0.tlog-proof").code == 0
    log_key = key(founded)
    said = founded("ledger", "verify", "0.tlog-proof", "--key", log_key)
    assert (said.code, f"opened  origin {ORIGIN}" in said.out) == (0, True)
    quorum = f"log {log_key}\nquorum none\n"
    Path("quorum").write_text(quorum)
    assert founded("ledger", "verify", "0.tlog-proof", "--quorum", "quorum").code == 0
    Path("entry").write_bytes(b"{}")
    other = founded(
        "ledger", "verify", "0.tlog-proof", "--key", log_key, "--entry", "entry"
    )
    assert (other.code, other.out) == (12, "")
    founded("ledger", "init", "b", "--origin", f"{ORIGIN}/b")
    stranger = founded("ledger", "key", "list", "b").out.splitlines()[0]
    said = founded("ledger", "verify", "0.tlog-proof", "--key", stranger)
    assert (said.code, "no key" in said.err) == (12, True)


def test_a_quorum_that_is_not_met_publishes_nothing(say):
    """Witnesses are told of the keys first; until they cosign, entries are sequenced."""
    witness = SigningKey.new("w.example/1", COSIGNATURE).verifier
    Path("quorum").write_text(f"witness w1 {witness}\nquorum w1\n")
    words = ("ledger", "init", "ledger", "--origin", ORIGIN, "--quorum", "quorum")
    said = say(*words)
    assert (said.code, "hand these keys to the witnesses" in said.err) == (0, True)
    said = say("ledger", "publish", "ledger")
    assert (said.code, "too few have cosigned" in said.err) == (1, True)
    found = told(say("ledger", "fsck", "ledger", "--format", "json"))
    assert (found["size"], found["sequenced"]) == (0, 1)
    Path("quorum").write_text("quorum w1\n")
    said = say("ledger", "init", "b", "--origin", ORIGIN, "--quorum", "quorum")
    assert (said.code, Path("b").exists()) == (2, False)


def test_a_damaged_log_is_told(founded):
    """A changed entry, and a changed proof of a key, are found; code 12."""
    bundle = Path("ledger/public/tile/entries/000.p/1")
    content = bundle.read_bytes()
    bundle.write_bytes(content.replace(b"opened", b"closed"))
    said = founded("ledger", "fsck", "ledger")
    assert (said.code, "public/tile/entries/000.p/1" in said.out) == (12, True)
    assert "sound       no" in said.out
    shown = founded("ledger", "show", "ledger", "0")
    assert (shown.code, shown.out) == (12, "")
    bundle.write_bytes(content)
    assert founded("ledger", "key", "announce", "ledger").code == 0
    assert founded("ledger", "fsck", "ledger").code == 0
    proof = Path("ledger/public/key-proofs/0")
    proof.write_bytes(proof.read_bytes().replace(b"index 1", b"index 0"))
    assert founded("ledger", "fsck", "ledger").code == 12


# --- over the years -------------------------------------------------------------------


def test_a_log_is_rotated(founded):
    """The old one ends, the new one begins, and nothing is appended to the old."""
    words = ("ledger", "rotate", "ledger", "next", "--origin", f"{ORIGIN}/2027")
    said = told(founded(*words, "--format", "json"))
    assert (said["closed"]["size"], said["continued"]["size"]) == (2, 1)
    assert kinds(founded, "ledger") == ["opened", "closed"]
    assert kinds(founded, "next") == ["continued"]
    said = founded("ledger", "append", "ledger", "--heartbeat")
    assert (said.code, f"`{ORIGIN}/2027` follows" in said.err) == (2, True)


def test_a_series_is_verified_from_its_oldest_key(founded):
    """Whoever trusts the first log checks all; a log that is left out is noticed."""
    first = key(founded)
    for old, new, year in (("ledger", "b", 2027), ("b", "c", 2028)):
        words = ("ledger", "rotate", old, new, "--origin", f"{ORIGIN}/{year}")
        assert founded(*words).code == 0
    series = ("ledger", "series", "ledger", "b", "c", "--key", first)
    said = told(founded(*series, "--format", "json"))
    assert said["logs"] == [
        f"{ORIGIN}, size 2",
        f"{ORIGIN}/2027, size 2",
        f"{ORIGIN}/2028, size 1",
    ]
    assert founded("ledger", "series", "ledger", "c", "--key", first).code == 12
    assert founded("ledger", "series", "b", "c", "--key", first).code == 12
    assert founded("ledger", "series", "ledger", "nowhere", "--key", first).code == 2


def test_a_payload_of_a_closed_log_is_erased_by_the_log_that_follows(founded):
    """The old log takes no entry; the new one says what was erased, and why."""
    Path("Ann Li.txt").write_text("x")
    founded("ledger", "append", "ledger", "Ann Li.txt")
    entry = told(founded("ledger", "show", "ledger", "1", "--format", "json"))
    digest = entry["digests"]["payload"].removeprefix("sha256:")
    words = ("ledger", "erase", "ledger", digest, "--reason", "request")
    founded("ledger", "init", "other", "--origin", f"{ORIGIN}/other")
    early = founded(*words, "--log", "other")
    assert (early.code, "it logs its own erasures" in early.err) == (2, True)
    founded("ledger", "rotate", "ledger", "next", "--origin", f"{ORIGIN}/2027")
    assert founded(*words).code == 2
    assert founded(*words, "--log", "next").code == 0
    assert kinds(founded, "next") == ["continued", "erased"]
    shown = told(founded("ledger", "show", "ledger", "1", "--format", "json"))
    assert shown["payload"] == "erased"
    files = [one for one in Path("ledger").rglob("*") if one.is_file()]
    assert not [one for one in files if b"Ann Li" in one.read_bytes()]


def test_an_archive_is_as_private_as_what_is_in_it(founded):
    """With payloads, nobody but its owner reads it."""
    founded("ledger", "export", "ledger", "-o", "log.tar", "--payloads")
    assert Path("log.tar").stat().st_mode & 0o777 == 0o600


def test_keys_change_and_the_old_one_leads_to_the_new(founded):
    """Announced, then retired; whoever has the old key asks for today's."""
    old = key(founded)
    said = founded("ledger", "key", "announce", "ledger", "--kind", "ed25519")
    new = re.search(r"key (\S+)\n", said.out)
    assert new is not None
    id_ = old.split("+")[1]
    assert founded("ledger", "key", "retire", "ledger", id_).code == 0
    followed = founded("ledger", "key", "list", "ledger", "--from", old)
    assert followed.out == f"{new[1]}\n"
    keys = told(founded("ledger", "key", "list", "ledger", "--format", "json"))["keys"]
    assert [one["kind"] for one in keys] == ["ML-DSA-44", "Ed25519"]
    again = founded("ledger", "key", "retire", "ledger", id_)
    assert (again.code, f"has no key `{id_}`" in again.err) == (2, True)
    last = founded("ledger", "key", "retire", "ledger", new[1].split("+")[1])
    assert (last.code, "would be left without a key" in last.err) == (2, True)


def test_a_log_is_exported_and_imported(founded):
    """One file, verified before anything of it is in place."""
    Path("a.txt").write_text("a")
    founded("ledger", "append", "ledger", "a.txt")
    words = ("ledger", "export", "ledger", "-o", "log.tar", "--payloads")
    assert told(founded(*words, "--format", "json"))["payloads"] == 1
    said = founded("ledger", "import", "log.tar", "b", "--key", key(founded))
    assert (said.code, "by the keys that you trust" in said.out) == (0, True)
    assert entries(founded, "b") == entries(founded)
    shown = founded("ledger", "show", "b", "1")
    assert "payload     name a.txt" in shown.out
    content = bytearray(Path("log.tar").read_bytes())
    content[2000] ^= 1
    Path("log.tar").write_bytes(content)
    refused = founded("ledger", "import", "log.tar", "c")
    assert (refused.code, Path("c").exists()) == (12, False)


def test_a_payload_is_erased_and_its_proof_stays(founded):
    """The name is gone, the log says why, and the entry verifies as before."""
    Path("Ann Li.txt").write_text("x")
    founded("ledger", "append", "ledger", "Ann Li.txt")
    founded("ledger", "prove", "ledger", "1", "-o", "before")
    entry = told(founded("ledger", "show", "ledger", "1", "--format", "json"))
    digest = entry["digests"]["payload"].removeprefix("sha256:")
    said = founded("ledger", "erase", "ledger", digest, "--reason", "request")
    assert said.code == 0
    shown = told(founded("ledger", "show", "ledger", "1", "--format", "json"))
    assert (shown["payload"], shown["commitments"]) == (
        "erased",
        entry["commitments"],
    )
    files = [one for one in Path("ledger").rglob("*") if one.is_file()]
    assert not [one for one in files if b"Ann Li" in one.read_bytes()]
    founded("ledger", "prove", "ledger", "1", "-o", "after")
    for proof in ("before", "after"):
        verified = founded("ledger", "verify", proof, "--key", key(founded))
        assert verified.code == 0
    assert kinds(founded) == ["opened", "document", "erased"]


def test_a_log_is_monitored(founded):
    """It goes on, or it doesn't: then the proof is written, and the code is 12."""
    log_key = key(founded)
    words = ("ledger", "monitor", "ledger", "seen", "--key", log_key)
    assert founded(*words).code == 0
    founded("ledger", "append", "ledger", "--heartbeat")
    said = told(founded(*words, "--format", "json"))
    assert (said["before"], said["size"], said["hashed"]) == (1, 2, 1)
    Path("ledger/public/checkpoint").write_bytes(
        Path("seen/private/seen").read_bytes().replace(b"\n2\n", b"\n3\n")
    )
    said = founded(*words, "--exhibits", "proof")
    assert (said.code, said.out) == (12, "")
    assert Path("proof/why").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("show", "none"), 2, "there is no ledger"),
        (("append", "none", "--heartbeat"), 2, "there is no ledger"),
        (("fsck", "none"), 2, "there is no ledger"),
        (("key", "list", "none"), 2, "there is no ledger"),
        (("export", "none", "-o", "x"), 2, "there is no ledger"),
        (("rotate", "none", "b", "--origin", "x"), 2, "there is no ledger"),
        (("append", "ledger"), 2, "there is nothing to log"),
        (("append", "ledger", "none.txt"), 1, "none.txt"),
        (("show", "ledger", "7"), 2, "there is no entry 7: 1 are published"),
        (("prove", "ledger", "1", "-o", "x"), 2, "there is no entry 1"),
        (("verify", "none", "--key", "x"), 2, "--key"),
        (("verify", "none"), 2, "nobody says whose log it is"),
        (("init", "b", "--origin", "an origin"), 2, "origin"),
        (("erase", "ledger", "x", "--reason", "request"), 2, "is no digest"),
        (("erase", "ledger", "0" * 64, "--reason", "order"), 1, "no such payload"),
        (("erase", "ledger", "0" * 64, "--reason", "whim"), 2, "whim"),
        (("rotate", "ledger", "b", "--origin", ORIGIN), 2, "a name of its own"),
        (("import", "case/people.csv", "b"), 12, "case/people.csv"),
        (("import", "none.tar", "b"), 1, "none.tar"),
        (("witness", "w", "--log", "x"), 2, "--log"),
        (("witness", "w"), 2, "a new witness needs a name"),
        (("monitor", "none", "s", "--key", "x"), 2, "--key"),
    ],
)
def test_what_cannot_be_done_is_told(founded, words, code, message):
    """One clear error, its code, and nothing on standard output."""
    said = founded("ledger", *words)
    assert (said.code, said.out) == (code, ""), said.err
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_witness_needs_a_name_once(founded, monkeypatch):
    """The first time it draws keys under its name; later it is known by its folder."""
    log_key, asked = key(founded), []

    def serve(state: Path, _logs: object, keys: object, **words: object) -> None:
        asked.append((state, [one.verifier.name for one in keys], words["port"]))  # type: ignore[attr-defined]

    monkeypatch.setattr("ringfence.ledger.witness.service.serve", serve)
    nameless = founded("ledger", "witness", "w", "--log", log_key)
    assert (nameless.code, "a new witness needs a name" in nameless.err) == (2, True)
    first = founded("ledger", "witness", "w", "--log", log_key, "--name", "w.example/1")
    later = founded("ledger", "witness", "w", "--log", log_key, "--port", "8000")
    assert asked == [
        (Path("w"), ["w.example/1", "w.example/1"], 0),
        (Path("w"), ["w.example/1", "w.example/1"], 8000),
    ]
    assert (first.out, first.code) == (later.out, 0)
    keys = founded("ledger", "witness", "w")
    assert (keys.out, keys.code) == (first.out, 0)
    assert "no log is named" in keys.err
    other = founded("ledger", "witness", "w", "--log", log_key, "--name", "w.example/2")
    assert (other.code, "is the state of the witness" in other.err) == (2, True)


@pytest.fixture
def port() -> int:
    """Return a port that is free."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def standing(*words: str) -> Iterator[None]:
    """Have a witness stand by, as a process of its own, until it isn't needed."""
    command = [*PROGRAM, "ledger", "witness", *words]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline().startswith("cosigning at ")
            yield
        finally:
            process.terminate()


def test_a_witness_cosigns_what_is_published(say, port: int):
    """Founded with a quorum, a log publishes what its witness has cosigned."""
    key_of_witness = say("ledger", "witness", "w", "--name", "w.example/1").out
    witness = key_of_witness.splitlines()[0]
    Path("quorum").write_text(
        f"witness w1 {witness} http://127.0.0.1:{port}\nquorum w1\n"
    )
    say("ledger", "init", "ledger", "--origin", ORIGIN, "--quorum", "quorum")
    log_key = key(say)
    with standing("w", "--log", log_key, "--port", str(port)):
        assert say("ledger", "publish", "ledger").code == 0
        said = say("check", "case", "--ledger", "ledger")
        assert (said.code, "published at size 3" in said.out) == (0, True)
    Path("auditors").write_text(f"log {log_key}\n" + Path("quorum").read_text())
    say("ledger", "prove", "ledger", "2", "-o", "proof")
    proved = say("ledger", "verify", "proof", "--quorum", "auditors")
    assert (proved.code, "w.example/1 (cosignature)" in proved.out) == (0, True)
    silent = say("check", "case", "--ledger", "ledger")
    assert (silent.code, "judged, but not published: too few" in silent.err) == (
        1,
        True,
    )
    assert "\\x0a" not in silent.err
    said = say("bundle", "out", "--ledger", "ledger")
    assert (said.code, "is not published that far" in said.err) == (2, True)
    with standing("w", "--log", log_key, "--port", str(port)):
        published = say("ledger", "publish", "ledger")
    assert (published.code, "w.example/1 (cosignature)" in published.out) == (0, True)
    assert say("bundle", "out", "--ledger", "ledger").code == 0


def test_what_another_program_logged_is_shown_as_it_is(founded):
    """Bytes that are no entry of ours, and an entry of a later version."""
    later = b'{"kind":"later","time":"2026-11-22T10:00:00Z"}'
    with Log.open(Path("ledger")) as log:
        log.append([b"\x00bytes", later])
        log.publish()
    lines = founded("ledger", "show", "ledger").out
    assert "1  no entry of ours: 6 bytes" in lines
    assert "later (of a later version)" in lines
    shown = told(founded("ledger", "show", "ledger", "1", "--format", "json"))
    assert shown["bytes"] == "006279746573"


def test_a_payload_that_is_missing_is_told(founded):
    """As after an import without payloads."""
    Path("a.txt").write_text("a")
    founded("ledger", "append", "ledger", "a.txt")
    founded("ledger", "export", "ledger", "-o", "log.tar")
    founded("ledger", "import", "log.tar", "b")
    assert "payload     missing" in founded("ledger", "show", "b", "1").out


def test_a_proof_without_its_entry_needs_it(founded):
    """A C2SP proof file of another program carries none."""
    founded("ledger", "prove", "ledger", "0", "-o", "proof")
    lines = Path("proof").read_bytes().split(b"\n")
    Path("bare").write_bytes(b"\n".join(lines[:1] + lines[2:]))
    said = founded("ledger", "verify", "bare", "--key", key(founded))
    assert (said.code, "doesn't carry its entry" in said.err) == (12, True)
    Path("entry").write_bytes(base64.b64decode(lines[1].removeprefix(b"extra ")))
    words = ("ledger", "verify", "bare", "--key", key(founded), "--entry", "entry")
    assert founded(*words).code == 0


def test_what_is_not_published_is_not_shown(founded):
    """A ledger whose checkpoint is gone shows nothing; its proofs are told missing."""
    founded("ledger", "key", "announce", "ledger")
    Path("ledger/public/key-proofs/0").rename("ledger/public/key-proofs/1")
    said = founded("ledger", "fsck", "ledger")
    assert (said.code, "a file beside the log is missing" in said.out) == (12, True)
    Path("ledger/public/checkpoint").unlink()
    said = founded("ledger", "show", "ledger")
    assert (said.code, "nothing is published" in said.err) == (2, True)
    Path("ledger/public/key-proofs/1").rename("ledger/public/key-proofs/0")
    assert founded("ledger", "fsck", "ledger").code == 12


def test_a_document_may_be_too_large_to_keep(founded):
    """It is logged without a copy."""
    with Path("large").open("wb") as stream:
        stream.truncate((1 << 26) + 1)
    said = founded("ledger", "append", "ledger", "large", "--keep")
    assert (said.code, "log it without `--keep`" in said.err) == (1, True)
    assert founded("ledger", "append", "ledger", "large").code == 0


def test_a_monitor_may_write_no_proof(founded):
    """Without `--exhibits` the contradiction is told, and no file is written."""
    words = ("ledger", "monitor", "ledger", "seen", "--key", key(founded))
    founded("ledger", "append", "ledger", "--heartbeat")
    assert founded(*words).code == 0
    old = Path("ledger/public/checkpoint").read_bytes()
    forged = old.replace(b"\n2\n", b"\n3\n")
    Path("ledger/public/checkpoint").write_bytes(forged)
    assert founded(*words).code == 12
    assert not Path("exhibits").exists()


def test_a_log_that_is_silent_is_told(founded, monkeypatch):
    """It goes on, and something is odd: code 10."""
    words = ("ledger", "monitor", "ledger", "seen", "--key", key(founded))
    watch = importlib.import_module("ringfence.ledger.watch.monitor").watch
    monkeypatch.setitem(watch.__kwdefaults__, "clock", lambda: 4e9)
    said = founded(*words, "--silence", "24")
    assert (said.code, "the log is silent since" in said.out) == (10, True)


# --- checks that are logged -----------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "code", "verdict"),
    [("case", 0, "upheld"), ("crossed", 11, "refuted"), ("unread", 10, "unproven")],
)
def test_a_check_is_logged_and_bundled(founded, case: str, code: int, verdict: str):
    """One entry for the run, one for each verdict, and one file that proves them."""
    said = founded("check", case, "--ledger", "ledger")
    assert said.code == code
    line = f"ledger    entries 1 to 2 of {ORIGIN}, published at size 3"
    assert said.out.splitlines()[-2] == line
    assert said.out.splitlines()[-1].startswith(f"exit {code}: ")
    assert kinds(founded) == ["opened", "check", "verdict"]
    entry = told(founded("ledger", "show", "ledger", "2", "--format", "json"))
    assert entry["values"]["verdict"] == verdict
    assert entry["payload"] == {"id": "nobody", "said": "nobody there can"}
    made = founded("bundle", "out", "--ledger", "ledger", "-o", "a.ringfence")
    assert (made.code, "verdicts    1" in made.out) == (0, True)
    assert checked("a.ringfence", key(founded)) == 0
    founded("bundle", "out", "--ledger", "ledger", "-o", "b.ringfence")
    assert Path("a.ringfence").read_bytes() == Path("b.ringfence").read_bytes()


def checked(bundle: str, log_key: str) -> int:
    """Return what the independent checker says of a bundle."""
    words = [sys.executable, "-m", "ringfence_verify", bundle, "--log-key", log_key]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    return run.returncode


def test_the_line_about_the_ledger_spoils_no_json(founded):
    """Whoever asks for JSON gets JSON, and the line beside it."""
    said = founded("check", "case", "--ledger", "ledger", "--format", "json")
    assert json.loads(said.out)["ringfence"]
    assert f"ledger    entries 1 to 2 of {ORIGIN}, published at size 3" in said.err


@pytest.mark.parametrize("ledger", ["none", "case", "case/people.csv"])
def test_a_ledger_is_looked_for_before_anything_is_judged(founded, ledger: str):
    """Where there is none the check ends at once, and says how to found one."""
    said = founded("check", "crossed", "--ledger", ledger)
    assert (said.code, said.out) == (2, "")
    assert f"{ledger}/private/ledger.json: there is no ledger" in said.err
    assert "`ringfence ledger init`" in said.err
    assert not Path("out").exists()


@pytest.mark.parametrize("form", ["text", "json", "all"])
def test_a_check_that_cannot_be_logged_says_so(founded, monkeypatch, form: str):
    """The report is written, and all that is printed says that the code is 1."""

    def fail(_payloads: Payloads, _content: bytes) -> None:
        raise LedgerError("no space left on device")

    monkeypatch.setattr(Payloads, "keep", fail)
    words = ("--all",) if form == "all" else ("--format", form)
    said = founded("check", "crossed", "--ledger", "ledger", *words)
    assert (said.code, "exit 11" in said.out) == (1, False)
    if form == "json":
        assert json.loads(said.out)["exit"] == 1
    else:
        assert said.out.splitlines()[-1] == "exit 1: judged, but not logged"
    assert "judged, but not logged: no space left" in said.err
    assert json.loads(Path("out/report.json").read_bytes())["exit"] == 11
    assert not Path("out/logged.json").exists()


@pytest.mark.parametrize("name", ["facts.jsonl", "boundary.json"])
def test_two_checks_in_one_folder_are_not_logged_as_one(
    founded, monkeypatch, name: str
):
    """What lies there when it's logged is what was judged, or nothing is logged."""

    def meanwhile(output: Path) -> None:
        (output / name).write_text("{}")

    monkeypatch.setattr("ringfence.claims.recorded.withdraw", meanwhile)
    said = founded("check", "case", "--ledger", "ledger")
    assert (said.code, "was written anew since it was judged" in said.err) == (1, True)
    assert kinds(founded) == ["opened"]


def test_a_folder_is_no_place_for_one_file(founded):
    """An archive and a bundle take no folder's name, and leave nothing in it."""
    founded("check", "case", "--ledger", "ledger")
    before = sorted(Path().iterdir())
    for words in (
        ("ledger", "export", "ledger"),
        ("bundle", "out", "--ledger", "ledger"),
    ):
        said = founded(*words, "-o", ".")
        assert (said.code, "ValueError" in said.err) == (1, False)
    assert sorted(Path().iterdir()) == before


def test_a_disk_that_fails_is_no_verdict(founded, monkeypatch):
    """What may not be on the disk isn't acknowledged."""

    def fail(_log: Log, _entries: object) -> None:
        raise LedgerError("no space left on device")

    monkeypatch.setattr(Log, "append", fail)
    said = founded("check", "case", "--ledger", "ledger")
    assert (said.code, "judged, but perhaps not logged: no space" in said.err) == (
        1,
        True,
    )


def test_a_later_check_takes_back_what_an_earlier_one_kept(founded):
    """A folder that was checked again without a ledger is not bundled."""
    founded("check", "case", "--ledger", "ledger")
    founded("check", "case")
    said = founded("bundle", "out", "--ledger", "ledger")
    assert (said.code, "this check was not logged" in said.err) == (2, True)


def test_a_check_that_writes_into_a_ledger_takes_nothing_from_it(founded):
    """No file that a check writes or removes is called like one of a ledger's."""
    said = founded("check", "case", "--ledger", "ledger", "-o", "ledger/private")
    assert (said.code, kinds(founded)) == (0, ["opened", "check", "verdict"])
    assert founded("check", "case", "-o", "ledger/private").code == 0
    assert founded("ledger", "fsck", "ledger").code == 0


def test_what_was_changed_since_is_not_bundled(founded):
    """Another report's files, another ledger, and a ledger that lost its entries."""
    founded("check", "crossed", "--ledger", "ledger")
    kept = Path("out/logged.json").read_text()
    founded("ledger", "init", "b", "--origin", f"{ORIGIN}/b")
    other = founded("bundle", "out", "--ledger", "b")
    assert (other.code, f"is the ledger of `{ORIGIN}/b`" in other.err) == (2, True)
    Path("out/logged.json").write_text(kept.replace('"size": 3', '"size": -3'))
    assert founded("bundle", "out", "--ledger", "ledger").code == 2
    lost = kept.replace('"after": 3', '"after": 9').replace('"size": 3', '"size": 9')
    Path("out/logged.json").write_text(lost)
    said = founded("bundle", "out", "--ledger", "ledger")
    assert (said.code, "fewer than were logged" in said.err) == (12, True)
    Path("out/logged.json").write_text(kept)
    (proof,) = Path("out").glob("claim-*.json")
    proof.write_bytes(proof.read_bytes() + b" ")
    said = founded("bundle", "out", "--ledger", "ledger")
    assert (said.code, "is not the file that the ledger was told of" in said.err) == (
        2,
        True,
    )
    assert not Path("verdicts.ringfence").exists()


def test_a_bundle_has_its_limit(founded, monkeypatch):
    """What is too large for one file is refused, and nothing is written."""
    founded("check", "crossed", "--ledger", "ledger")
    monkeypatch.setattr("ringfence.claims.bundling.LARGEST", 1000)
    said = founded("bundle", "out", "--ledger", "ledger")
    assert (said.code, "more than 1,000" in said.err) == (2, True)
    assert not Path("verdicts.ringfence").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"format":"x"}', "\xff"])
def test_what_is_not_kept_by_a_check_is_refused(founded, content: str):
    """A damaged `logged.json` is one clear error."""
    founded("check", "crossed", "--ledger", "ledger")
    Path("out/logged.json").write_bytes(content.encode("latin-1"))
    said = founded("bundle", "out", "--ledger", "ledger")
    assert (said.code, "is not what a check keeps" in said.err) == (2, True)


def test_an_erased_payload_is_left_out_of_the_bundle(founded):
    """The verdict is still proved; what the claim said has to come from elsewhere."""
    founded("check", "crossed", "--ledger", "ledger")
    entry = entries(founded)[2]
    digest = entry["digests"]["payload"].removeprefix("sha256:")
    founded("ledger", "erase", "ledger", digest, "--reason", "retention")
    said = founded("bundle", "out", "--ledger", "ledger")
    assert (said.code, "erased      1 payload\n" in said.out) == (0, True)
    assert checked("verdicts.ringfence", key(founded)) in (0, 10)


def people() -> set[bytes]:
    """Return every login, name before the `@`, and full name of the example's people."""
    with (CASE / "people.csv").open(encoding="utf-8", newline="") as stream:
        rows = [*csv.DictReader(stream)]
    logins = {row["login"] for row in rows}
    found = logins | {one.partition("@")[0] for one in logins}
    return {one.encode() for one in found | {row["full_name"] for row in rows}}


def test_nothing_personal_is_ever_public(founded):
    """No name, mail or login of the example's people stands in what a check publishes."""
    said = founded("check", str(CASE), "--ledger", "ledger")
    assert said.code == 11
    named, seen = people(), public(Path("ledger"))
    assert len(named) > 300
    assert [one for one in named if one in seen] == []
    logged = entries(founded)
    assert [one["kind"] for one in logged].count("verdict") == len(logged) - 2
    told_here = json.dumps(logged).encode() + Path("out/logged.json").read_bytes()
    assert [one for one in named if one in told_here] == []
