"""Keys: where they come from, and that nothing tells of them."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from ringfence.egress.index import keys
from ringfence.egress.index.keys import Key, read_key
from ringfence.errors import ConfigError

SECRET = bytes(range(32))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with a key that its owner alone can read."""
    path = tmp_path / "key"
    path.write_text(f"{SECRET.hex()}\n")
    path.chmod(0o600)
    return path


def test_a_key_comes_out_of_a_file(file: Path):
    """64 hexadecimal digits, and a line end if you like."""
    assert read_key(f"file:{file}").secret == SECRET


@pytest.mark.parametrize("bit", [stat.S_IRGRP, stat.S_IROTH, stat.S_IWGRP])
def test_a_file_that_others_can_open_is_refused(file: Path, bit: int):
    """Whoever reads the key can try every telephone number."""
    file.chmod(0o600 | bit)
    with pytest.raises(ConfigError, match="is open to others than its owner"):
        read_key(f"file:{file}")


def test_a_folder_and_a_pipe_are_no_files(tmp_path: Path):
    """Neither is read, and nobody waits for a pipe's writer."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(ConfigError, match=r"is no file|is a directory"):
            read_key(f"file:{path}")


def test_a_key_comes_out_of_the_environment(monkeypatch):
    """Of the variable that is named."""
    monkeypatch.setenv("INDEX_KEY", SECRET.hex())
    assert read_key("env:INDEX_KEY").secret == SECRET
    monkeypatch.delenv("INDEX_KEY")
    with pytest.raises(ConfigError, match="the environment has no `INDEX_KEY`"):
        read_key("env:INDEX_KEY")


def test_a_key_comes_from_a_program_without_a_shell(tmp_path: Path):
    """Its words are the program's, whatever they would mean to a shell."""
    hook = tmp_path / "hook.py"
    hook.write_text("import sys; print(sys.argv[1].encode().hex())")
    word = "$(id);" + "x" * 26
    found = read_key(f"command:{sys.executable} {hook} '{word}'")
    assert found.secret == word.encode()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sys; sys.exit(3)", "the program ended with 3"),
        (f"import sys; print('{SECRET.hex()}'); sys.exit(1)", "ended with 1"),
        ("print('no key')", "a key is 64 hexadecimal digits"),
        ("print('f' * 100_000)", "a key is 64 hexadecimal digits"),
    ],
)
def test_a_program_that_fails_gives_no_key(code: str, told: str):
    """Nor does one that writes something else; what it writes is never quoted."""
    with pytest.raises(ConfigError, match=told) as caught:
        read_key(f'command:{sys.executable} -c "{code}"')
    assert SECRET.hex() not in str(caught.value)
    assert "no key'" not in str(caught.value)


@pytest.mark.parametrize("words", ["/nowhere/at/all", "'", "  "])
def test_a_program_that_is_none_gives_no_key(words: str):
    """One clear error, whatever is wrong with the words."""
    with pytest.raises(ConfigError, match="the program can't be started"):
        read_key(f"command:{words}")


def test_a_program_has_its_time(monkeypatch):
    """A key service that doesn't answer isn't waited for without end."""
    monkeypatch.setattr(keys, "WAIT", 0.01)
    with pytest.raises(ConfigError, match="gave no key within"):
        read_key(f"command:{sys.executable} -c 'input(); [0 for _ in iter(int, 1)]'")


@pytest.mark.parametrize(
    "where", ["", "file", "file:", "key:x", SECRET.hex(), "env:", "command:"]
)
def test_words_that_name_no_key_are_never_quoted(where: str):
    """Somebody may have written the key itself."""
    with pytest.raises(ConfigError, match="names no key") as caught:
        read_key(where, "--subject-key")
    assert "--subject-key" in str(caught.value)
    assert SECRET.hex() not in str(caught.value)


@pytest.mark.parametrize("digits", ["", "ab", "g" * 64, "a" * 63, "a" * 66, "é" * 32])
def test_other_texts_are_no_keys(file: Path, digits: str):
    """A key is exactly 32 bytes."""
    file.write_text(digits)
    with pytest.raises(ConfigError, match="a key is 64 hexadecimal digits"):
        read_key(f"file:{file}")


def test_a_missing_file_is_told(tmp_path: Path):
    """By its name, and what the system says."""
    with pytest.raises(ConfigError, match="no such file"):
        read_key(f"file:{tmp_path / 'nowhere'}")
    with pytest.raises(ConfigError, match="can't be read"):
        read_key("file:a\0b")


def test_a_key_says_nothing_of_itself():
    """Neither does its text hold the secret, nor its id."""
    key = Key(SECRET)
    assert SECRET.hex() not in repr(key) + str(key) + key.id
    assert "secret" not in repr(key)
    assert key.id != Key(SECRET[::-1]).id
    assert len(key.id) == 32


def test_a_key_of_another_length_is_none():
    """The length is part of what fingerprints rest on."""
    for length in (0, 31, 33):
        with pytest.raises(ConfigError, match="a key has 32 bytes"):
            Key(bytes(length))


def test_a_seal_is_of_its_key_and_content():
    """Another key or another content has another seal."""
    key = Key(SECRET)
    assert key.seal(b"a") == key.seal(b"a")
    assert len({key.seal(b"a"), key.seal(b"b"), Key(bytes(32)).seal(b"a")}) == 3
