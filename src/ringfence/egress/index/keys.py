"""Keys: 32 bytes out of a file, the environment, or a program that asks a key service.

Whoever holds a key can try every telephone number there is. So a key stands in nothing
that Ringfence writes, shows or says; what is written is its id, which tells keys apart.
"""

from __future__ import annotations

import hmac
import os
import re
import shlex
import stat
import subprocess
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ringfence.errors import ConfigError, Locus, printable

SIZE = 32
WAIT = 60  # seconds that a program has for its answer
_MOST = 4096  # bytes that are read of a key
_HEX = re.compile(rb"[0-9a-fA-F]{64}")
_HINT = "write `file:PATH`, `env:NAME` or `command:PROGRAM ARGUMENTS`"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret of 32 bytes.

    Attributes:
        secret: The bytes; they stand in no text that is made of the key.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check that it is as long as a key is.

        Raises:
            ConfigError: It isn't.
        """
        if len(self.secret) != SIZE:
            raise ConfigError(f"a key has {SIZE} bytes")

    @property
    def id(self) -> str:
        """What tells it from other keys, and nobody can find it by."""
        return sha256(b"ringfence key id\0" + self.secret).hexdigest()[:32]

    def seal(self, content: bytes) -> str:
        """Return what only a holder of the key can say about a content."""
        text = b"ringfence manifest\0" + content
        return hmac.new(self.secret, text, sha256).hexdigest()


def read_key(where: str, option: str = "--key") -> Key:
    """Return the key that words of the command line name.

    Args:
        where: `file:PATH`, `env:NAME`, or `command:PROGRAM ARGUMENTS`: a program that
            writes the key to its standard output, started without a shell.
        option: What messages call the words.

    Raises:
        ConfigError: There is no key there, it isn't 64 hexadecimal digits, others can
            read its file, or the program failed. No message holds any of it.
    """
    at = Locus(option)
    scheme, colon, rest = where.partition(":")
    reader = {"file": _of_file, "env": _of_environment, "command": _of_program}
    if not colon or not rest or scheme not in reader:
        raise ConfigError("names no key", at, _HINT)
    content = reader[scheme](rest, at).strip()
    if not _HEX.fullmatch(content):
        hint = "make one with `openssl rand -hex 32`"
        raise ConfigError("a key is 64 hexadecimal digits", at, hint)
    return Key(bytes.fromhex(content.decode()))


def _of_file(path: str, at: Locus) -> bytes:
    place = Locus(f"{at.file} file:{path}")
    try:
        # Whoever opens a pipe waits for its writer.
        handle = os.open(Path(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "can't be read"
        raise ConfigError(said.lower(), place, "check the path") from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError("is no file", place)
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            hint = "take it from them: `chmod 600`"
            raise ConfigError("is open to others than its owner", place, hint)
        return os.read(handle, _MOST)
    finally:
        os.close(handle)


def _of_environment(name: str, at: Locus) -> bytes:
    found = os.environb.get(os.fsencode(name))
    if found is None:
        raise ConfigError(f"the environment has no `{printable(name)[:80]}`", at)
    return found


def _of_program(words: str, at: Locus) -> bytes:
    hint = "run it by hand: it writes 64 hexadecimal digits"
    try:
        program = shlex.split(words)
        # Its own complaints may hold the key, so they go nowhere.
        ended = subprocess.run(  # noqa: S603
            program,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WAIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"the program gave no key within {WAIT} seconds"
        raise ConfigError(message, at, hint) from None
    except (OSError, ValueError, IndexError):
        raise ConfigError("the program can't be started", at, hint) from None
    if ended.returncode:
        message = f"the program ended with {ended.returncode}"
        raise ConfigError(message, at, hint)
    return ended.stdout[:_MOST]
