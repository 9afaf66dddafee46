"""Sealing: who opens what, and what is said to those who can't."""

from __future__ import annotations

import io
import os
import stat
from hashlib import sha256

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ringfence.docket.sealing import (
    Identities,
    UnsealedError,
    distinct,
    matched,
    new_identity,
    public_of,
    read_identities,
    recipients,
    seal,
    seal_stream,
    unseal,
    unsealed,
)
from ringfence.errors import ConfigError


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "a.key"
    return new_identity(path), read_identities(path)


def test_what_is_sealed_opens_with_its_key(key):
    """What is sealed to a key opens with it, and with no other."""
    public, mine = key
    sealed = seal(b"who", [public])
    other = Identities((pyrage.x25519.Identity.generate(),))
    assert unseal(sealed, mine) == b"who"
    with pytest.raises(UnsealedError, match="sealed to other keys") as caught:
        unseal(sealed, other, "a file")
    assert caught.value.is_other
    assert b"who" not in sealed


def test_a_new_key_is_for_its_owner_alone(tmp_path):
    """A key that is drawn lies in a file of mode 0600, and is never overwritten."""
    public = new_identity(tmp_path / "b.key")
    assert stat.S_IMODE((tmp_path / "b.key").stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="something lies there"):
        new_identity(tmp_path / "b.key")
    assert public_of(read_identities(tmp_path / "b.key")) == (public,)


def test_identity_files_have_comments_and_several_keys(tmp_path):
    """Lines that begin with `#`, blank lines and a byte-order mark are passed over."""
    keys = [pyrage.x25519.Identity.generate() for _ in range(2)]
    text = f"\ufeff# made today\r\n\r\n{keys[0]}\r\n# another\n  {keys[1]}  \n"
    (tmp_path / "k").write_bytes(text.encode())
    found = public_of(read_identities(tmp_path / "k"))
    assert found == tuple(str(key.to_public()) for key in keys)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no identity"),
        (b"# nothing\n", "holds no identity"),
        (b"# one\nAGE-SECRET-KEY-1QQ\n", "k:2: is no age identity"),
        (b"\xff\xfe\x00", "is no age identity"),
        (b"x" * (1 << 21), "is no identity file"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nx\n", "is no SSH key"),
    ],
)
def test_what_is_no_identity_is_told_without_showing_it(tmp_path, content, message):
    """A file that holds no key is told by place; what it holds isn't shown."""
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        read_identities(tmp_path / "k")
    assert "SECRET-KEY-1QQ" not in str(caught.value)


def test_a_missing_identity_file_is_told(tmp_path):
    """An identity file that isn't there is an error of usage."""
    with pytest.raises(ConfigError, match="no such file"):
        read_identities(tmp_path / "none")


def test_ssh_keys_open_too(tmp_path):
    """A docket may be sealed to an SSH key, which opens it."""
    key = Ed25519PrivateKey.generate()
    path = tmp_path / "id_ed25519"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    )
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    mine = read_identities(path)
    assert unseal(seal(b"x", [public.decode()]), mine) == b"x"
    assert public_of(mine) == ()
    assert repr(mine) == "Identities()"


def test_every_bad_recipient_is_named_and_no_secret_is():
    """All recipients that are none are told at once; a secret key is not repeated."""
    secret = str(pyrage.x25519.Identity.generate())
    with pytest.raises(ConfigError) as caught:
        recipients(["age1x", secret, "ssh-ed25519 x"])
    told = str(caught.value)
    assert [told.count("is no recipient"), told.count("is a secret key")] == [2, 1]
    assert secret not in told


def test_somebody_has_to_be_able_to_open_it():
    """Nothing is sealed to nobody."""
    with pytest.raises(ConfigError, match="nobody could open"):
        seal(b"x", [])


def test_the_two_sets_of_keys_differ():
    """Who opens originals doesn't open who people are."""
    with pytest.raises(ConfigError, match="both originals and identities"):
        distinct(["a", "b"], ["b"])
    distinct(["a"], ["b"])


def test_a_stream_is_digested_as_it_is_sealed(key):
    """The digest is of what was read, however large the parts are that came."""
    public, mine = key
    content = os.urandom(3_000_001)
    out = io.BytesIO()
    digest, size = seal_stream(io.BytesIO(content), out, [public])
    assert unseal(out.getvalue(), mine) == content
    assert (size, digest) == (len(content), sha256(content).hexdigest())


class _Failing(io.BytesIO):
    def read(self, _size=-1):
        raise InterruptedError(4, "interrupted")

    def write(self, _content):
        raise OSError(28, "no space left on device")


@pytest.mark.parametrize("which", ["source", "sink"])
def test_what_fails_is_raised_as_it_was(key, which):
    """A disk that is full, or a file that can't be read, is told as what it is."""
    source = _Failing() if which == "source" else io.BytesIO(b"x" * 100_000)
    sink = _Failing() if which == "sink" else io.BytesIO()
    error = InterruptedError if which == "source" else OSError
    with pytest.raises(error) as caught:
        seal_stream(source, sink, [key[0]])
    assert caught.value.errno == (4 if which == "source" else 28)


def test_what_was_changed_opens_up_to_there(key):
    """A sealed file of which a byte was changed says how far it opens."""
    public, mine = key
    sealed = bytearray(seal(bytes(200_000), [public]))
    sealed[100_000] ^= 1
    found, failed = unsealed(bytes(sealed), mine, "f.age")
    assert found == bytes(65_536)
    assert "f.age: was changed: it opens as far as byte 65,536" in str(failed)
    _, failed = unsealed(b"junk", mine)
    assert "is no sealed file" in str(failed)


def test_names_match_whatever_their_case_and_blanks():
    """Two spellings of one name match under one key, and under two keys none does."""
    assert matched("Jo  DOE", b"k") == matched(" jo doe\n", b"k")
    assert matched("jo doe", b"k") != matched("jo doe", b"l")
    assert matched("jo doe", b"k") != matched("jo do", b"k")
