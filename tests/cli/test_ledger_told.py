"""What `ringfence ledger` tells somebody who has never seen one."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.signed.keys import COSIGNATURE, SigningKey
from ringfence.ledger.writer.disk import RealDisk
from ringfence.ledger.writer.log import Log

ORIGIN = "example.com/log"
ENTRIES = Path("ledger/public/tile/entries/000.p")


@pytest.fixture
def founded(say):
    """Return what runs commands beside a ledger of one entry, in `ledger`."""
    assert say("ledger", "init", "ledger", "--origin", ORIGIN).code == 0
    return say


def key(say) -> str:
    return str(say("ledger", "key", "list", "ledger").out.splitlines()[0])


def told(said) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said.out)
    return found


# --- what was rewritten is never shown as if it were the log's ------------------------


def test_a_list_shows_no_entry_that_was_rewritten(founded):
    """A rewritten entry that still reads like one ends the list with 12."""
    founded("ledger", "append", "ledger", "--heartbeat")
    bundle = ENTRIES / "2"
    bundle.write_bytes(bundle.read_bytes().replace(ORIGIN.encode(), b"example.com/l0g"))
    said = founded("ledger", "show", "ledger")
    assert (said.code, said.out) == (12, "")
    assert "entry 0 is not what the log of 2 entries holds" in said.err


def test_no_archive_is_made_of_what_does_not_verify(founded):
    """A rewritten entry and a changed payload are told, and no file is written."""
    Path("a.txt").write_text("a")
    founded("ledger", "append", "ledger", "a.txt")
    (payload,) = Path("ledger/private/payloads").glob("??/*")
    content = payload.read_bytes()
    payload.chmod(0o600)
    payload.write_bytes(content + b" ")
    said = founded("ledger", "export", "ledger", "-o", "log.tar", "--payloads")
    assert (said.code, "is not the payload that its name says" in said.err) == (
        12,
        True,
    )
    assert founded("ledger", "export", "ledger", "-o", "plain.tar").code == 0
    bundle = ENTRIES / "2"
    bundle.write_bytes(bundle.read_bytes().replace(b"opened", b"closed"))
    said = founded("ledger", "export", "ledger", "-o", "log.tar")
    assert (said.code, "entry 0 is not the one" in said.err) == (12, True)
    assert [*Path().glob("*log.tar*")] == []


def test_exhibits_that_cannot_be_written_hide_no_split_view(founded):
    """A timer that names one folder twice still hears of the contradiction, with 12."""
    shutil.copytree("ledger", "other")
    founded("ledger", "append", "ledger", "--heartbeat")
    Path("a.txt").write_text("a")
    founded("ledger", "append", "other", "a.txt")
    trusted = key(founded)
    words = ("--key", trusted, "--exhibits", "proof")
    assert founded("ledger", "monitor", "ledger", "seen", *words).code == 0
    for complaint in ("exhibit proof/why", "the exhibits are not written: proof: "):
        said = founded("ledger", "monitor", "other", "seen", *words)
        assert (said.code, said.out) == (12, "")
        assert "split view: two checkpoints of 2 entries differ" in said.err
        assert complaint in said.err


# --- cosignatures ---------------------------------------------------------------------


@pytest.fixture
def cosigned(say) -> str:
    """Found a ledger whose one witness cosigns here, and return the witness's name."""
    witness = SigningKey.new("w.example/1", COSIGNATURE)
    Path("quorum").write_text(f"witness w1 {witness.verifier}\nquorum w1\n")
    words = ("--origin", ORIGIN, "--quorum", "quorum")
    assert say("ledger", "init", "ledger", *words).code == 0
    with Log.open(Path("ledger")) as log:
        content = log.publish().content
    text = content.decode().partition("\n\n")[0] + "\n"
    name, key_id, value = witness.sign(text, 1)
    line = f"\N{EM DASH} {name} {base64.b64encode(key_id + value).decode()}\n"
    Path("ledger/public/checkpoint").write_bytes(content + line.encode())
    return witness.verifier.name


def test_whoever_cosigned_is_named(say, cosigned):
    """`publish` and `fsck` tell the witnesses that signed, beside the log."""
    for command in ("publish", "fsck"):
        said = say("ledger", command, "ledger", "--format", "json")
        assert said.code == 0, said.err + said.out
        assert f"{cosigned} (cosignature)" in told(said)["signers"]


def test_a_forged_cosignature_is_told(say, cosigned):
    """A ledger knows its witnesses' keys: with a forged signature it isn't sound."""
    checkpoint = Path("ledger/public/checkpoint")
    lines = checkpoint.read_text().splitlines()
    words = lines[-1].split(" ")
    value = bytearray(base64.b64decode(words[-1]))
    value[-1] ^= 1
    lines[-1] = " ".join([*words[:-1], base64.b64encode(value).decode()])
    checkpoint.write_text("".join(f"{line}\n" for line in lines))
    said = say("ledger", "fsck", "ledger")
    assert (said.code, f"the signature of `{cosigned}` doesn't verify" in said.out) == (
        12,
        True,
    )
    for command in (("show", "ledger"), ("export", "ledger", "-o", "a.tar")):
        assert say("ledger", *command).code == 12


def test_a_cosignature_that_was_taken_away_is_told(say, cosigned):
    """Too few have cosigned what is published: not sound, whatever the log signed."""
    checkpoint = Path("ledger/public/checkpoint")
    lines = checkpoint.read_text().splitlines()
    checkpoint.write_text(
        "".join(f"{line}\n" for line in lines if cosigned not in line)
    )
    said = say("ledger", "fsck", "ledger")
    assert (said.code, "too few have cosigned" in said.out) == (12, True)
    said = say("ledger", "export", "ledger", "-o", "a.tar")
    assert (said.code, "too few have cosigned" in said.err) == (12, True)


def test_an_archive_without_its_cosignatures_is_not_imported(
    say, cosigned, monkeypatch
):
    """What an archive says is the quorum has to have cosigned what it holds."""
    assert say("ledger", "export", "ledger", "-o", "a.tar").code == 0
    imported = say("ledger", "import", "a.tar", "a")
    assert (imported.code, f"{cosigned} (cosignature)" in imported.out) == (0, True)
    monkeypatch.setattr(
        "ringfence.ledger.keeping.archive.check_cosigned", lambda *_: None
    )
    checkpoint = Path("ledger/public/checkpoint")
    lines = checkpoint.read_text().splitlines()
    checkpoint.write_text(
        "".join(f"{line}\n" for line in lines if cosigned not in line)
    )
    assert say("ledger", "export", "ledger", "-o", "b.tar").code == 0
    refused = say("ledger", "import", "b.tar", "b")
    assert (refused.code, "too few have cosigned" in refused.err) == (12, True)
    assert not Path("b").exists()


# --- words ----------------------------------------------------------------------------


def test_a_name_that_is_no_text_is_logged(founded):
    """A file whose name isn't UTF-8 is logged under a name that shows its bytes."""
    name = os.fsdecode(b"n\xff.pdf")
    Path(name).write_text("n")
    assert founded("ledger", "append", "ledger", name).code == 0
    shown = founded("ledger", "show", "ledger", "1", "--format", "json")
    assert told(shown)["payload"] == {"name": r"n\xff.pdf"}
    gone = founded("ledger", "append", "ledger", os.fsdecode(b"gone\xff.pdf"))
    assert (gone.code, "no such file" in gone.err) == (1, True)


def test_a_digest_may_be_pasted_as_it_is_shown(founded):
    """`erase` takes it with `sha256:` before it, as `show` prints it."""
    Path("a.txt").write_text("a")
    founded("ledger", "append", "ledger", "a.txt")
    entry = told(founded("ledger", "show", "ledger", "1", "--format", "json"))
    digest = entry["digests"]["payload"]
    said = founded("ledger", "erase", "ledger", digest, "--reason", "order")
    assert (said.code, digest.removeprefix("sha256:") in said.out) == (0, True)
    payloads = Payloads(RealDisk(Path("ledger")))
    assert payloads.is_erased(digest.removeprefix("sha256:"))


def test_a_list_fits_a_screen_and_says_what_it_leaves_out(founded):
    """An entry takes a line of columns, without digests that only files explain."""
    for name in "abcdefghi":
        Path(name).write_text(name)
    founded("check", "case", "--ledger", "ledger")
    lines = founded("ledger", "show", "ledger").out.splitlines()
    assert "earlier" not in lines[2]
    (check, verdict) = lines[-2:]
    assert "  check    claims 1, " in check
    assert "  verdict  claim 1, upheld, as_of " in verdict
    assert max(map(len, lines)) <= 88
    said = founded("ledger", "append", "ledger", *"abcdefghi")
    assert "entries     3 to 11\n" in said.out
    said = founded("ledger", "append", "ledger", "--heartbeat")
    assert "entries     12\n" in said.out
    lines = founded("ledger", "show", "ledger", "--limit", "4").out.splitlines()
    assert lines[2] == "earlier     9; `--limit N` shows more"
    assert lines[3].startswith("entries      9  ")


def test_a_monitor_says_what_it_saw(founded):
    """The first time, nothing new, and growth each have their words."""
    words = ("ledger", "monitor", "ledger", "seen", "--key", key(founded))
    assert "seen for the first time, 1 entries hashed" in founded(*words).out
    assert "history     as it was seen before" in founded(*words).out
    founded("ledger", "append", "ledger", "--heartbeat")
    said = founded(*words).out
    assert "history     continues the 1 entries seen before, 1 new ones hashed" in said


def test_the_key_for_every_reader_is_listed_first(founded):
    """After a change too, the first line is the short Ed25519 key."""
    old = key(founded)
    founded("ledger", "key", "announce", "ledger")
    founded("ledger", "key", "retire", "ledger", old.split("+")[1])
    new = key(founded)
    assert (new != old, len(new) < 100) == (True, True)
    shown = founded("ledger", "show", "ledger").out
    assert f"key     {new.split('+')[1]}, state begins" in shown


def test_a_quorum_file_is_named_where_it_is_wrong(founded):
    """Its place stands before what is wrong with it."""
    Path("odd").write_bytes(b"\xff\n")
    words = ("--origin", ORIGIN, "--quorum", "odd")
    said = founded("ledger", "init", "b", *words)
    assert (said.code, said.err.startswith("odd")) == (2, True)
    Path("nobody").write_text("quorum none\n")
    said = founded("ledger", "monitor", "ledger", "seen", "--quorum", "nobody")
    assert (said.code, "nobody: names no log" in said.err) == (2, True)


def test_a_witness_does_not_move_into_a_ledger(founded):
    """Its keys would lie among those of the log."""
    said = founded("ledger", "witness", "ledger", "--name", "w.example/1")
    assert (said.code, "a ledger lies there" in said.err) == (2, True)
    assert len([*Path("ledger/private/keys").iterdir()]) == 2


# --- what a stranger is told ----------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (("show", "none"), "none/private/ledger.json: there is no ledger"),
        (("rotate", "none", "b", "--origin", "x"), "none/private/ledger.json: "),
        (("fsck", "ledger"), "ledger/public/tile/0/000.p/1: has 31 bytes, not 32"),
        (("publish", "ledger"), "ledger/public/tile/0/000.p/1: has 31 bytes, not 32"),
        (("init", "case", "--origin", ORIGIN), "case: something lies there already"),
        (("erase", "ledger", "0" * 64, "--reason", "order"), "ledger/private/payloads"),
    ],
)
def test_a_place_is_told_with_the_ledgers_folder(founded, words, place):
    """Whoever reads an error finds the file from where the command was typed."""
    if words[0] in ("fsck", "publish"):
        tile = Path("ledger/public/tile/0/000.p/1")
        tile.write_bytes(tile.read_bytes()[:-1])
    said = founded("ledger", *words)
    assert said.code in (1, 2, 12)
    assert place in said.err + said.out


def test_the_files_of_the_next_ledger_are_told_with_its_folder(founded):
    """`rotate` opens two ledgers: each error names the one that it is of."""
    words = ("ledger", "rotate", "ledger", "next", "--origin", f"{ORIGIN}/2")
    assert founded(*words).code == 0
    Path("next/private/signed").unlink()
    said = founded(*words)
    assert (said.code, said.err.startswith("next/private/signed: ")) == (1, True)


def test_fsck_says_what_a_stranger_understands(founded):
    """A tile is told once, what is pending is no problem, and bytes have a reason."""
    assert "torn" not in founded("ledger", "fsck", "ledger").out
    older = Path("ledger/public/checkpoint").read_bytes()
    founded("ledger", "append", "ledger", "--heartbeat")
    newer = Path("ledger/public/checkpoint").read_bytes()
    Path("ledger/public/checkpoint").write_bytes(older)
    with Path("ledger/private/journal").open("ab") as journal:
        journal.write(b"torn")
    said = founded("ledger", "fsck", "ledger")
    assert (said.code, "sound       yes" in said.out) == (0, True)
    assert (
        "pending     the published checkpoint has 1 entries, the last one signed 2: "
        "run `ringfence ledger publish`\n"
    ) in said.out
    assert "torn        4 bytes of a batch that a crash tore\n" in said.out
    assert founded("ledger", "publish", "ledger").code == 0
    assert Path("ledger/public/checkpoint").read_bytes() == newer
    tile = Path("ledger/public/tile/0/000.p/2")
    tile.write_bytes(tile.read_bytes()[:-1])
    said = founded("ledger", "fsck", "ledger")
    assert (said.code, said.out.count("000.p/2"), "pending" in said.out) == (
        12,
        1,
        False,
    )
    assert "sequenced   2\n" in said.out


def test_a_checkpoint_without_its_cosignatures_is_not_done(say, cosigned):
    """`publish` asks the witnesses again, and says so if they don't answer."""
    checkpoint = Path("ledger/public/checkpoint")
    good = checkpoint.read_text()
    checkpoint.write_text(good[: good.index(f"\N{EM DASH} {cosigned}")])
    said = say("ledger", "publish", "ledger")
    assert (said.code, "too few have cosigned" in said.err) == (1, True)
    checkpoint.write_text(good)
    assert say("ledger", "publish", "ledger").code == 0


@pytest.mark.parametrize("state", ["ledger", "ledger/public", "ledger/private/seen"])
def test_a_monitor_does_not_move_into_a_ledger(founded, state: str):
    """What it remembers would lie among the files that it looks at."""
    before = sorted(Path("ledger").rglob("*"))
    words = ("ledger", "monitor", "ledger/public", state, "--key", key(founded))
    said = founded(*words)
    assert (said.code, f"{state}: lies in a ledger" in said.err) == (2, True)
    assert sorted(Path("ledger").rglob("*")) == before


def test_a_state_of_another_log_is_told_with_its_folder(founded):
    """A monitor remembers one log; where it does so is named from here on."""
    founded("ledger", "init", "b", "--origin", f"{ORIGIN}/b")
    other = str(founded("ledger", "key", "list", "b").out.splitlines()[0])
    words = ("ledger", "monitor", "ledger", "seen", "--key", key(founded))
    assert founded(*words).code == 0
    said = founded("ledger", "monitor", "b", "seen", "--key", other)
    assert (said.code, "seen/private/seen: the state is of" in said.err) == (2, True)
    said = founded("ledger", "monitor", "ledger", "new", "--key", other)
    assert (said.code, said.err.partition(" ")[0]) == (12, "checkpoint:")


def test_the_codes_of_a_monitor_are_listed(founded):
    """The help of the group names every code that one of its commands ends with."""
    said = founded("ledger", "--help")
    assert (said.code, "10 a log that is watched goes on" in said.out) == (0, True)
