"""The checker of bundles: one file, its spelling, its entries, and whom they convince."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

import ringfence_verify
from ringfence_verify import bundle
from ringfence_verify.__main__ import main
from ringfence_verify.bundle import unpack
from ringfence_verify.reading import RefusedError
from tests.reference.logs import (
    LOG,
    MODERN,
    MODERN_LOG,
    ORIGIN,
    WITNESSES,
    Signer,
    bundled,
    checkpoint,
    encoded,
    payload_of,
    quorum,
    sealed,
    tlog_proof,
    verdict_entry,
    zipped,
)
from tests.reference.prover import files as output_files
from tests.reference.window import BOUNDARY, FACTS

Files = dict[str, bytes]
IDS = ("open", "at-home", "logs")
CLAIMS = {claim.id: claim for claim in BOUNDARY.claims}
SAID = msgspec.structs.replace(CLAIMS["open"], says="Nobody abroad can — “ever”.")
RULES = msgspec.structs.replace(
    BOUNDARY, claims=(SAID, *(CLAIMS[one] for one in IDS[1:]))
)
OUT = output_files(FACTS, RULES)
VERDICTS = ("refuted", json.loads(OUT["claim-2-at-home.json"])["verdict"], "unproven")
ENTRIES = [verdict_entry(OUT, number, VERDICTS[number - 1]) for number in (1, 2, 3)]
CHECK = encoded(
    {
        "digests": {
            "boundary": sealed(OUT["boundary.json"]),
            "estate": sealed(OUT["facts.jsonl"]),
            "report": sealed(b"report"),
        },
        "kind": "check",
        "time": "2026-11-22T09:59:59Z",
        "values": {"claims": "3"},
    }
)
LEAVES = [b"first", CHECK, *(entry for entry, _ in ENTRIES), b"last"]
LOGGED = {1: (CHECK, None), **dict(enumerate(ENTRIES, 2))}
FILES = bundled(OUT, LOGGED, LEAVES)
KEY = ("--log-key", LOG.verifier)


def told(
    path: Path,
    files: Files | bytes,
    *words: str | Path,
    name: str = "verdicts.ringfence",
) -> tuple[int, list[str]]:
    """Check a bundle; return the exit code and the lines."""
    (path / name).write_bytes(files if isinstance(files, bytes) else zipped(files))
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", _Told(stream))
        code = main([str(word) for word in (*words, path / name)])
    return code, stream.getvalue().splitlines()


class _Told:
    """A standard output that keeps what is said."""

    encoding = "utf-8"

    def __init__(self, stream: io.StringIO) -> None:
        self.write, self.flush = stream.write, stream.flush


def refusal(path: Path, files: Files, name: str = "entry 2") -> str:
    """Check a bundle of which one thing doesn't verify; return the offence."""
    code, lines = told(path, files, *KEY)
    (found,) = [line for line in lines if "NOT VERIFIED" in line]
    assert code == 12
    assert found.startswith(f"{name} NOT VERIFIED: ")
    return found.partition("NOT VERIFIED: ")[2]


def with_entry(entry: bytes, payload: bytes | None = ENTRIES[0][1]) -> Files:
    """Return the bundle of a log in which another entry stands for the first verdict."""
    leaves = [*LEAVES[:2], entry, *LEAVES[3:]]
    return bundled(OUT, {**LOGGED, 2: (entry, payload)}, leaves)


# --- what it shows --------------------------------------------------------------------


def test_a_bundle_proves_verdicts(tmp_path: Path):
    """Proofs, entries, checkpoint and quorum verify, and each says so."""
    keys = tmp_path / "keys"
    keys.write_text(quorum(), encoding="utf-8")
    code, lines = told(tmp_path, FILES, "--quorum", keys)
    assert code == 0
    assert lines[0] == "verdicts.ringfence: 17 files"
    assert lines[1].startswith("claim-1-open.json ok: refuted; ")
    at = next(n for n, line in enumerate(lines) if line.startswith("checkpoint"))
    assert lines[at].startswith(f"checkpoint of {ORIGIN}: 6 entries, root ")
    signers = [f"  signed by {LOG.verifier}"] + [
        f"  signed by {one.verifier} at 2023-11-14T22:13:20Z" for one in WITNESSES
    ]
    assert lines[at + 1 : at + 5] == signers
    logged = "verdict logged at 2026-11-22T10:00:00Z"
    assert lines[at + 5 :] == [
        "entry 1 ok: check logged at 2026-11-22T09:59:59Z",
        f"entry 2 ok: claim 1 refuted, {logged}",
        f"entry 3 ok: claim 2 {VERDICTS[1]}, {logged}",
        f"entry 4 ok: claim 3 unproven, {logged}",
        "7 of 7 proofs verify",
    ]


def test_keys_that_a_bundle_brings_show_no_history(tmp_path: Path):
    """With the bundle's own keys alone the rest verifies, and it ends with 10."""
    code, lines = told(tmp_path, FILES)
    opened = (
        "  left open: who signed it: the keys are the bundle's own; "
        "compare with --log-key or --quorum"
    )
    assert code == 10
    assert opened in lines
    assert lines[-1] == "7 of 7 proofs verify, 1 left open"


def test_another_key_than_the_logs_convinces_nobody(tmp_path: Path):
    """The caller's key counts, and not the one that a bundle brings."""
    other = Signer(ORIGIN, seed=99).verifier
    code, lines = told(tmp_path, FILES, "--log-key", other)
    offence = f"no key of {ORIGIN} that is known here signed it (other keys by now?)"
    assert code == 12
    assert f"verdicts.ringfence NOT VERIFIED: {offence}" in lines


def test_too_few_witnesses_are_refused(tmp_path: Path):
    """A quorum of the caller's that isn't met is an offence; the checkpoint is shown."""
    keys = tmp_path / "keys"
    keys.write_text(quorum("2"), encoding="utf-8")
    for count in (1, 2):
        files = bundled(OUT, LOGGED, LEAVES, [LOG, *WITNESSES[:count]])
        code, lines = told(tmp_path, files, "--quorum", keys)
        assert code == (12 if count == 1 else 0)
        assert ("  | checkpoint:" in lines) == (count == 1)


def test_ml_dsa_that_counts_is_left_open(tmp_path: Path):
    """A quorum that takes ML-DSA signatures is met with `--deep`, and open without."""
    keys = tmp_path / "keys"
    names = f"log {MODERN_LOG.verifier}\nwitness w {MODERN.verifier}\nquorum w\n"
    keys.write_text(names, encoding="utf-8")
    files = bundled(OUT, LOGGED, LEAVES, [LOG, MODERN_LOG, MODERN])
    code, lines = told(tmp_path, files, "--quorum", keys)
    assert code == 10
    assert "  left open: whether the ML-DSA signatures hold that this takes" in lines
    assert told(tmp_path, files, "--deep", "--quorum", keys)[0] == 0


def test_a_verdict_that_was_not_logged_is_left_open(tmp_path: Path):
    """A proof in the bundle without an entry is named, and it ends with 10."""
    files = bundled(OUT, {n: LOGGED[n] for n in (1, 2)}, LEAVES)
    code, lines = told(tmp_path, files, *KEY)
    assert code == 10
    assert lines[-2:] == [
        "  left open: claim-2-at-home.json: not logged",
        "5 of 5 proofs verify, 1 left open",
    ]


def test_an_erased_payload_is_said_to_be_missing(tmp_path: Path):
    """Without its payload an entry's commitments stay closed, and the rest verifies."""
    files = {n: c for n, c in FILES.items() if n != "ledger/2.payload"}
    code, lines = told(tmp_path, files, *KEY)
    line = "entry 2 ok: claim 1 refuted, verdict logged at 2026-11-22T10:00:00Z"
    assert (code, f"{line}; its payload isn't here" in lines) == (0, True)


def test_a_bulk_proof_may_be_in_a_bundle(tmp_path: Path):
    """The files of a bulk proof are checked as in a folder."""
    files = {**FILES, "closure.json": b"{}\n", "closed.bin": b""}
    offence = refusal(tmp_path, files, "closure.json")
    assert offence == "closure.json has other keys"


def test_it_runs_alone(tmp_path: Path):
    """A bundle is checked under `-I -S`, with nothing but the standard library."""
    path = tmp_path / "verdicts.ringfence"
    path.write_bytes(zipped(FILES))
    checker = Path(ringfence_verify.__file__).parent
    command = [sys.executable, "-I", "-S", str(checker), "--deep", *KEY, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[-1] == "7 of 7 proofs verify"


def test_a_log_that_is_not_trusted_doesnt_hide_the_proofs(tmp_path: Path):
    """Proofs are told of even where the log fails, and a failed one spoils its entry."""
    proof = json.loads(OUT["claim-1-open.json"])
    proof["counts"]["facts"] += 1
    out = {**OUT, "claim-1-open.json": encoded(proof) + b"\n"}
    entry, payload = verdict_entry(out, 1, "refuted")
    leaves = [*LEAVES[:2], entry, *LEAVES[3:]]
    files = bundled(out, {**LOGGED, 2: (entry, payload)}, leaves)
    code, lines = told(tmp_path, files, *KEY)
    assert code == 12
    assert "entry 2 NOT VERIFIED: its proof doesn't verify" in lines
    assert lines[-1] == "5 of 7 proofs verify, 1 left open"


# --- usage ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--log-key"], "what is `log `"),
        (["--log-key", "x", "FILE"], "no verifier key"),
        (["--quorum", "nowhere", "FILE"], "No such file"),
        (["--quorum", "FILE", "FILE"], "the quorum hasn't the form"),
        (["--quorum", "/dev/null", "FILE"], "the quorum hasn't the form"),
        ([*KEY, *KEY, "FILE"], "one key or one quorum is enough"),
        (["nowhere"], "no proof file to check"),
        (["log", "FILE"], "no proof file to check"),
    ],
)
def test_a_wrong_option_ends_with_2(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """An option without its file or key, or with a bad one, is a usage error."""
    path = tmp_path / "verdicts.ringfence"
    path.write_bytes(zipped(FILES))
    assert main([str(path) if word == "FILE" else word for word in words]) == 2
    assert said in capsys.readouterr().err


def test_bundles_folders_and_logs_are_checked_in_one_run(tmp_path: Path):
    """Several paths are checked, each once, and counted together."""
    (tmp_path / "out").mkdir()
    for name, content in OUT.items():
        (tmp_path / "out" / name).write_bytes(content)
    folder = tmp_path / "out"
    code, lines = told(tmp_path, FILES, *KEY, folder, folder / "claim-1-open.json")
    assert (code, lines[-1]) == (0, "9 of 9 proofs verify")


# --- entries --------------------------------------------------------------------------


def entry(**changes: Any) -> Files:
    return with_entry(verdict_entry(OUT, 1, "refuted", **changes)[0])


@pytest.mark.parametrize(
    ("files", "offence"),
    [
        (entry(digests={"facts": sealed(b"")}), "it is about other facts"),
        (entry(digests={"estate": sealed(b"")}), "it is about other estate"),
        (entry(digests={"boundary": sealed(b"")}), "it is about other boundary"),
        (
            entry(digests={"proof": sealed(b"")}),
            "claim-1-open.json isn't the one logged",
        ),
        (entry(digests={"payload": sealed(b"")}), "it has another payload"),
        (entry(values={"verdict": "upheld"}), "it says upheld, and its proof refuted"),
        (entry(values={"claim": "0"}), "there is no claim `0`"),
        (entry(values={"claim": "4"}), "there is no claim `4`"),
        (entry(values={"claim": "01"}), "there is no claim `01`"),
        (entry(values={"claim": "2"}), "it commits to other words than claim 2's"),
        (
            entry(values={"as_of": "2022-01-01T00:00:00Z"}),
            "it's about no day, or no files",
        ),
        (entry(values={"claim": 1}), "it.values is not of the form `text`"),
        (entry(time="yesterday"), "it.time is not of the form `time`"),
        (entry(more="x"), "it is not of the form `entry`"),
        (
            entry(commitments={"id": sealed(b"")}),
            "its payload doesn't open its commitments",
        ),
        (with_entry(b"{}"), "it is not of the form `entry`"),
        (with_entry(b" {}"), "it is not canonical JSON"),
        (with_entry(b"[" * 60_000), "it is not JSON"),
        (with_entry(ENTRIES[0][0] + b"\n"), "it is not canonical JSON"),
        (with_entry(ENTRIES[0][0], ENTRIES[1][1]), "it has another payload"),
    ],
    ids=range(20),
)
def test_an_entry_about_something_else_is_refused(
    files: Files, offence: str, tmp_path: Path
):
    """What an entry says has to be what the bundle's files show."""
    assert refusal(tmp_path, files).startswith(offence)


def lacking(name: str) -> Files:
    told = json.loads(ENTRIES[0][0])
    del told["digests"][name]
    return with_entry(encoded(told))


def test_an_entry_names_its_files(tmp_path: Path):
    """A verdict's entry without the digest of facts, rules or proof shows nothing."""
    assert refusal(tmp_path, lacking("facts")) == "it's about no day, or no files"
    assert refusal(tmp_path, lacking("boundary")) == "it's about no day, or no files"
    offence = "claim-1-open.json isn't the one logged"
    assert refusal(tmp_path, lacking("proof")) == offence
    assert refusal(tmp_path, lacking("payload")) == "it has another payload"


def repaid(payload: object, **told: str) -> Files:
    """Return a bundle with another payload, that its entry names."""
    content = payload if isinstance(payload, bytes) else encoded(payload)
    changed = {"commitments": told} if told else {}
    digests = {"payload": sealed(content)}
    made, _ = verdict_entry(OUT, 1, "refuted", digests=digests, **changed)
    return with_entry(made, content)


@pytest.mark.parametrize(
    ("files", "offence"),
    [
        (repaid([]), "its payload is not of the form `payload`"),
        (repaid({"salts": {}, "values": []}), "its payload.values is not"),
        (repaid({"salts": {}, "values": {"id": "open"}}), "its payload has salts too"),
        (repaid({"salts": {"id": "0"}, "values": {"id": "x"}}), "its payload.salts is"),
        (repaid(b"{} "), "its payload is not canonical JSON"),
        (repaid(payload_of({"id": "open"})[1]), "its payload doesn't open"),
        (
            repaid(payload_of({"id": "x", "said": SAID.says})[1]),
            "its payload doesn't open",
        ),
        (
            repaid(
                payload_of({"id": "x", "said": SAID.says})[1],
                **payload_of({"id": "x", "said": SAID.says})[0],
            ),
            "it commits to other words than claim 1's",
        ),
        (
            repaid(
                payload_of({"id": "open", "said": SAID.says, "x": 1})[1],
                **payload_of({"id": "open", "said": SAID.says, "x": 1})[0],
            ),
            "it commits to other words than claim 1's",
        ),
    ],
    ids=range(9),
)
def test_a_payload_opens_exactly_what_was_committed(
    files: Files, offence: str, tmp_path: Path
):
    """A payload of another form, or with other words or salts, is refused."""
    assert refusal(tmp_path, files).startswith(offence)


def test_a_verdict_that_no_file_proves_is_left_open(tmp_path: Path):
    """A claim about events may be logged as refuted, but nothing here shows that."""
    made = verdict_entry(OUT, 3, "refuted")
    leaves = [*LEAVES[:4], made[0], *LEAVES[5:]]
    files = bundled(OUT, {**LOGGED, 4: made}, leaves)
    code, lines = told(tmp_path, files, *KEY)
    assert (code, lines[-2:]) == (
        10,
        [
            "  left open: claim-3-logs.json: logged as refuted, and no proof of it",
            "7 of 7 proofs verify, 1 left open",
        ],
    )
    made = verdict_entry(OUT, 3, "doubtful")
    leaves = [*LEAVES[:4], made[0], *LEAVES[5:]]
    files = bundled(OUT, {**LOGGED, 4: made}, leaves)
    offence = "it says doubtful, and its proof upheld or refuted or unproven"
    assert refusal(tmp_path, files, "entry 4") == offence


def test_a_question_of_law_is_logged_as_unproven(tmp_path: Path):
    """The proof is that of a stand-in, so the claim's own verdict is `unproven`."""
    rules = msgspec.structs.replace(BOUNDARY, claims=(CLAIMS["law"],))
    out = output_files(FACTS, rules)
    stand_in = json.loads(out["claim-1-law.json"])["verdict"]
    made = verdict_entry(out, 1, "unproven")
    assert told(tmp_path, bundled(out, {0: made}, [made[0]]), *KEY)[0] == 0
    made = verdict_entry(out, 1, stand_in)
    files = bundled(out, {0: made}, [made[0]])
    offence = f"it says {stand_in}, and its proof unproven"
    assert refusal(tmp_path, files, "entry 0") == offence


def test_a_claim_without_a_name_is_no_crash(tmp_path: Path):
    """Rules that no boundary file gives are refused, or told of, like others."""
    unnamed = msgspec.structs.replace(SAID, id="")
    rules = msgspec.structs.replace(BOUNDARY, claims=(unnamed,))
    out = {n: c for n, c in output_files(FACTS, rules).items() if n[:5] != "claim"}
    made = verdict_entry(out, 1, "unproven")
    files = bundled(out, {0: made}, [made[0]])
    offence = "it commits to other words than claim 1's"
    assert refusal(tmp_path, files, "entry 0") == offence


def test_an_entry_that_is_not_in_the_log_is_refused(tmp_path: Path):
    """An entry changed after it was logged, or with another's proof, is refused."""
    signed = FILES["ledger/checkpoint"].decode()
    entry_1 = FILES["ledger/2.entry"].replace(b"refuted", b"upheld!")
    hidden = "the log doesn't hold it: its proof gives another root"
    assert refusal(tmp_path, {**FILES, "ledger/2.entry": entry_1}) == hidden
    swapped = FILES["ledger/3.tlog-proof"]
    offence = "its proof is another entry's, or leads to another checkpoint"
    assert refusal(tmp_path, {**FILES, "ledger/2.tlog-proof": swapped}) == offence
    other = tlog_proof(2, LEAVES, checkpoint(LEAVES, [LOG])).encode()
    assert refusal(tmp_path, {**FILES, "ledger/2.tlog-proof": other}) == offence
    far = tlog_proof(2, LEAVES, signed).replace("index 2", "index 9")
    files = {**FILES, "ledger/9.tlog-proof": far.encode(), "ledger/9.entry": CHECK}
    offence = "there is no entry 9 among 6"
    assert refusal(tmp_path, files, "entry 9") == offence


@pytest.mark.parametrize("name", ["9.payload", "9.tlog-proof"])
def test_what_belongs_to_no_entry_is_refused(name: str, tmp_path: Path):
    """A payload or proof without its entry isn't passed over."""
    assert "9." in refusal(tmp_path, {**FILES, f"ledger/{name}": b"x"}, "entry 9")


def test_an_entry_has_at_most_65535_bytes(tmp_path: Path):
    """What no tile can hold was never logged."""
    long = encoded({"kind": "x" * 65_535, "time": "2026-11-22T10:00:00Z"})
    assert "too long" in refusal(tmp_path, with_entry(long, None))


@pytest.mark.parametrize(
    "name", ["ledger/checkpoint", "ledger/quorum", "facts.jsonl", "boundary.json"]
)
def test_a_bundle_lacks_nothing(name: str, tmp_path: Path):
    """Without facts, rules, checkpoint or keys a bundle shows nothing."""
    files = {one: content for one, content in FILES.items() if one != name}
    code, lines = told(tmp_path, files, *KEY[:0])
    assert code == 12
    assert any(line.startswith("verdicts.ringfence NOT VERIFIED") for line in lines)


def test_a_bundle_without_an_entry_is_refused(tmp_path: Path):
    """Without an entry nothing was logged."""
    files = bundled(OUT, {}, LEAVES)
    assert refusal(tmp_path, files, "verdicts.ringfence") == "it has no entry"


# --- spelling -------------------------------------------------------------------------


def unpacked(path: Path, content: bytes) -> Files:
    """Return the files that a bundle is unpacked to."""
    (path / "b").write_bytes(content)
    folder = path / "out"
    folder.mkdir()
    assert unpack(path / "b", folder) == sum(one.is_file() for one in folder.rglob("*"))
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


def test_a_bundle_is_a_zip_archive(tmp_path: Path):
    """What another program packs in the one spelling is unpacked as it was."""
    assert unpacked(tmp_path, zipped(FILES)) == FILES


def other(change: Callable[[zipfile.ZipInfo], object], **options: Any) -> bytes:
    """Return the bundle as a zip archive in another spelling."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:
        for name in sorted(FILES):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            change(info)
            archive.writestr(info, FILES[name])
    return stream.getvalue()


def renamed(name: str) -> bytes:
    return zipped({**FILES, name: b""})


def repeated() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("facts.jsonl", "facts.jsonl"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(archive, "NameToInfo", {})
                archive.writestr(zipfile.ZipInfo(name), b"")
    return stream.getvalue()


def unsorted() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("facts.jsonl", "boundary.json"):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, FILES[name])
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"\0" + zipped(FILES),
        zipped(FILES) + b"\0",
        zipped(FILES)[:-1],
        zipped(FILES)[:100],
        other(lambda info: setattr(info, "compress_type", zipfile.ZIP_DEFLATED)),
        other(lambda info: setattr(info, "date_time", (2026, 1, 1, 0, 0, 0))),
        other(lambda info: setattr(info, "external_attr", 0o120777 << 16)),
        other(lambda info: setattr(info, "create_system", 0)),
        other(lambda info: setattr(info, "extra", b"\1\0\0\0")),
        other(lambda info: setattr(info, "comment", b"x")),
        repeated(),
        unsorted(),
        *map(
            renamed,
            [
                "../facts.jsonl",
                "/etc/passwd",
                "ledger/../facts.jsonl",
                "ledger/01.entry",
                "ledger/1.entry/",
                "claim-0-x.json",
                "claim-1-X.json",
                "claim-1-é.json",
                "facts.jsonl\n",
                "closed.bin.",
                "z",
            ],
        ),
    ],
    ids=range(25),
)
def test_a_bundle_has_one_spelling(content: bytes, tmp_path: Path):
    """Other names, orders, attributes, packings, or bytes around it, are refused."""
    with pytest.raises(RefusedError):
        unpacked(tmp_path, content)
    assert not [*tmp_path.parent.glob("facts.jsonl")]


def test_a_bundle_has_so_many_files_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """More files, or more bytes, than a bundle may have are refused."""
    monkeypatch.setattr(bundle, "MOST_FILES", len(FILES))
    assert unpacked(tmp_path, zipped(FILES)) == FILES
    monkeypatch.setattr(bundle, "MOST_FILES", len(FILES) - 1)
    (tmp_path / "a").mkdir()
    with pytest.raises(RefusedError):
        unpack(tmp_path / "b", tmp_path / "a")
    monkeypatch.setattr(bundle, "MOST_BYTES", 1000)
    with pytest.raises(RefusedError, match="b is too large"):
        unpack(tmp_path / "b", tmp_path / "c")


def test_no_flipped_bit_goes_unnoticed(tmp_path: Path):
    """Whatever bit of a bundle is flipped, it doesn't verify."""
    draw, content = Random(7), zipped(FILES)  # noqa: S311 - seeded, not secret
    for _ in range(300):
        bit = draw.randrange(8 * len(content))
        flipped = bytearray(content)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        assert told(tmp_path, bytes(flipped), *KEY)[0] == 12


def test_no_flipped_bit_of_a_file_goes_unnoticed(tmp_path: Path):
    """Packed anew after a bit of a file was flipped, it verifies only where unread."""
    draw = Random(8)  # noqa: S311 - seeded, not secret
    keys = tmp_path / "keys"
    keys.write_text(quorum(), encoding="utf-8")
    for _ in range(150):
        name = draw.choice(sorted(FILES))
        content = bytearray(FILES[name])
        bit = draw.randrange(8 * len(content))
        content[bit >> 3] ^= 1 << (bit & 7)
        code, _ = told(tmp_path, {**FILES, name: bytes(content)}, "--quorum", keys)
        assert code == (0 if name == "ledger/quorum" else 12), (name, bit)
