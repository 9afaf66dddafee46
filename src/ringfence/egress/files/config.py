"""What a gateway is told: by words of the command line, and else by a file."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Self

from ringfence.documents.files import decode, read_bytes
from ringfence.documents.located import Located, Reader
from ringfence.documents.yaml import read_yaml
from ringfence.egress.detectors.registry import detector
from ringfence.egress.exit.made import Settings
from ringfence.egress.exit.ordered import key_in
from ringfence.egress.files.claims import Work
from ringfence.egress.files.gateway import Places
from ringfence.egress.files.local import LocalStore
from ringfence.egress.files.s3 import S3Store, Service
from ringfence.egress.files.store import Store
from ringfence.errors import ConfigError, Locus, Problem

_S3 = "s3://"
_FILES = ("contracts", "index", "ledger", "meter", "work")
_WORDS = ("key", "token_key")
_ROOTS = ("outbox", "released", "quarantine", "receipts")
_NUMBERS = ("max_age_days", "settle")
_SERVICE = ("endpoint", "region", "key_id_env", "secret_env")
_EXIT = ("contracts", "index", "key", "ledger", "meter")
_PRIVATE = ".work"


@dataclass(frozen=True, slots=True)
class Config:
    """What a gateway is told; what is None wasn't.

    Attributes:
        contracts: The file of contracts. `index`: the index's folder.
        key: Words that name its key. `token_key`: the same, for the key of tokens.
        ledger: The ledger's folder. `meter`: the meter's file.
        outbox: Where files come from: a folder, or `s3://bucket/prefix`.
        released: Where those go that may leave. `quarantine`: all others.
        receipts: Where receipts go; by default below the quarantine.
        work: The gateway's own folder; by default below the quarantine.
        max_age_days: How old the index may be.
        settle: Seconds that a file has to lie unchanged.
        detectors: Names of the detectors that look for what the index doesn't know.
        s3: Where the S3-compatible store answers.
    """

    contracts: Path | None = None
    index: Path | None = None
    key: str | None = None
    token_key: str | None = None
    ledger: Path | None = None
    meter: Path | None = None
    outbox: str | None = None
    released: str | None = None
    quarantine: str | None = None
    receipts: str | None = None
    work: Path | None = None
    max_age_days: int | None = None
    settle: int | None = None
    detectors: tuple[str, ...] | None = None
    s3: Service | None = None

    def over(self, other: Self) -> Self:
        """Return what this says, and for the rest what another does."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(other, **{k: v for k, v in given.items() if v is not None})

    def settings(self) -> Settings:
        """Return what an exit is made of.

        Raises:
            ConfigError: Something isn't said (the error carries all of it), or there
                is no such detector.
        """
        self._need(_EXIT)
        days = self.max_age_days
        return Settings(
            contracts=self.contracts or Path(),
            index=self.index or Path(),
            key=self.key or "",
            ledger=self.ledger or Path(),
            meter=self.meter or Path(),
            token_key=self.token_key or "",
            max_age=None if days is None else timedelta(days=days),
            detectors=tuple(map(detector, self.detectors or ())),
        )

    def places(self) -> Places:
        """Return where files come from and go.

        Raises:
            ConfigError: Something isn't said, or lies within something else.
            OSError: A folder can't be used.
        """
        self._need(("outbox", "released", "quarantine"))
        outbox, released = self.outbox or "", self.released or ""
        quarantine = self.quarantine or ""
        receipts = self.receipts or f"{quarantine.rstrip('/')}/receipts"
        others = {
            "--released": released,
            "--quarantine": quarantine,
            "--receipts": receipts,
            "--work": str(self.work or quarantine),
        }
        for what, one in others.items():
            if _is_within(one, outbox) or _is_within(outbox, one):
                message = "lies within the outbox, or the outbox within it"
                raise ConfigError(message, Locus(what), "name folders apart")
        if _is_within(quarantine, released) or _is_within(receipts, released):
            message = "lies within what is released"
            raise ConfigError(message, Locus("--quarantine"), "name folders apart")
        if not outbox.startswith(_S3) and not Path(outbox).is_dir():
            raise ConfigError("is no folder", Locus(outbox), "check the path")
        return Places(
            self._store(outbox),
            self._store(released),
            self._store(quarantine, is_private=True),
            self._store(receipts, is_private=True),
        )

    def workshop(self) -> Work:
        """Return the gateway's own folder.

        Raises:
            ConfigError: It isn't said, and the quarantine is no folder.
            OSError: It can't be used.
        """
        quarantine = self.quarantine or ""
        if self.work is None and quarantine.startswith(_S3):
            hint = "a folder on this machine, which nobody else uses"
            raise ConfigError("isn't said", Locus("--work"), hint)
        return Work(self.work or Path(quarantine) / _PRIVATE)

    def _need(self, names: tuple[str, ...]) -> None:
        missing = [one for one in names if getattr(self, one) is None]
        if missing:
            hint = "say it here, or in the file that `--config` names"
            raise ConfigError.of(
                Problem("isn't said", Locus(f"--{one}"), hint) for one in missing
            )

    def _store(self, where: str, *, is_private: bool = False) -> Store:
        if not where.startswith(_S3):
            return LocalStore(Path(where), is_private=is_private)
        if self.s3 is None:
            hint = "`s3`: `endpoint`, `region`, `key_id_env`, `secret_env`"
            message = "nothing says where the store answers"
            raise ConfigError(message, Locus(where), hint)
        return S3Store(where, self.s3.client())


def _is_within(one: str, other: str) -> bool:
    if one.startswith(_S3) or other.startswith(_S3):
        return f"{one.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")
    return Path(one).resolve().is_relative_to(Path(other).resolve())


def read_config(file: Path) -> Config:
    """Return what a file says.

    Raises:
        ConfigError: It can't be used; the error carries every problem.
        SourceError: It can't be read, or is not YAML.
    """
    name = str(file)
    return parse_config(decode(read_bytes(file, name), name), name, file.parent)


def parse_config(text: str, name: str, base: Path) -> Config:
    """Return what a text says.

    Args:
        text: The text.
        name: What places call it.
        base: The folder that files are relative to.

    Raises:
        ConfigError: It can't be used; the error carries every problem.
        SourceError: It is not YAML.
    """
    take = Reader()
    known = (*_FILES, *_WORDS, *_ROOTS, *_NUMBERS, "detectors", "s3")
    root = read_yaml(text, name)
    given = take.fields(root, optional=known, what="the configuration")
    said: dict[str, object] = {}
    for one, value in given.items():
        if one in _NUMBERS:
            said[one] = take.whole(value, f"`{one}`")
        elif one == "detectors":
            said[one] = tuple(take.texts(value, "`detectors`"))
        elif one == "s3":
            said[one] = _service(take, value)
        elif (told := take.text(value, f"`{one}`")) is not None:
            said[one] = _meant(one, told, base)
    if take.problems:
        raise ConfigError.of(take.problems)
    return Config(**said)  # type: ignore[arg-type]


def _meant(name: str, told: str, base: Path) -> str | Path:
    if name in _WORDS:
        return key_in(base, told)
    if told.startswith(_S3):
        return told
    return base / told if name in _FILES else str(base / told)


def _service(take: Reader, value: Located) -> Service | None:
    given = take.fields(
        value, required=_SERVICE, optional=("timeout",), what="`s3`"
    ).get
    told = {one: take.text(given(one), f"`{one}`") or "" for one in _SERVICE}
    timeout = take.whole(given("timeout"), "`timeout`", least=1)
    return Service(**told, timeout=timeout or Service("", "", "", "").timeout)
