from __future__ import annotations

import stat

import pytest

from ringfence.errors import ConfigError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.keys import ED25519, ML_DSA, SigningKey
from ringfence.ledger.writer.charter import Charter, place_charter, read_charter
from ringfence.ledger.writer.log import Log
from tests.crash.modelled import ModelDisk

ORIGIN = "ringfence.example/log"
KEY = SigningKey(ORIGIN, ED25519, bytes(32))
OTHER = SigningKey(ORIGIN, ML_DSA, bytes(32))


def test_a_charter_is_read_as_it_was_written():
    """Origin, keys, the ledger before and the quorum come back."""
    disk = ModelDisk()
    keys = (KEY.verifier, OTHER.verifier)
    charter = Charter(ORIGIN, keys, previous="ringfence.example/old", quorum="quorum")
    place_charter(disk, charter, set())
    assert read_charter(disk) == charter


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no charter of a ledger"),
        (b"[]", "is no charter of a ledger"),
        (
            b'{"format":"ringfence-ledger/1","origin":"a","keys":[],"x":1}',
            "is no charter",
        ),
        (b'{"format":"ringfence-ledger/2","origin":"a","keys":[]}', "is not supported"),
        (b'{"format":"ringfence-ledger/1","origin":"a","keys":[]}', "needs a key"),
        (b'{"format":"ringfence-ledger/1","origin":"a","keys":["b"]}', "is no key"),
    ],
)
def test_what_is_no_charter_is_refused(content, message):
    """A file that isn't a charter of this version is one error with its name."""
    with pytest.raises(ConfigError, match=message) as caught:
        read_charter(ModelDisk({"private/ledger.json": content}))
    assert str(caught.value).startswith("private/ledger.json: ")


def test_a_log_signs_with_keys_of_its_name(tmp_path):
    """A key that is called otherwise could sign for nobody's log."""
    with pytest.raises(ConfigError, match=r"the log `other.example/log`"):
        Log.create(tmp_path, "other.example/log", keys=[KEY])


def test_keys_are_for_their_owner_alone(tmp_path):
    """Secrets lie in files that nobody else can read."""
    Log.create(tmp_path, ORIGIN).close()
    files = list((tmp_path / "private/keys").iterdir())
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "private/keys").stat().st_mode) == 0o700


def test_a_missing_or_foreign_key_stops_the_writer(tmp_path):
    """The ledger is signed with the keys of its charter, or not at all."""
    Log.create(tmp_path, ORIGIN, keys=[KEY]).close()
    file = tmp_path / f"private/keys/{KEY.verifier.key_id.hex()}.key"
    file.write_text(OTHER.text() + "\n")
    with pytest.raises(LedgerError, match="is another key"):
        Log.open(tmp_path)
    file.write_text("nonsense")
    with pytest.raises(ConfigError, match="is no signing key"):
        Log.open(tmp_path)
    file.unlink()
    with pytest.raises(LedgerError, match="is not there"):
        Log.open(tmp_path)
