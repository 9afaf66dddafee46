"""What a gateway is told: by words of the command line, and else by a file."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Self

from ringfence.documents.files import decode, read_bytes
from ringfence.documents.located import Located, Reader
from ringfence.documents.yaml import read_yaml
from ringfence.egress.exit.made import Settings
from ringfence.egress.exit.ordered import Ordered, Parts
from ringfence.egress.files.claims import Work
from ringfence.egress.files.gateway import Places
from ringfence.egress.files.local import LocalStore
from ringfence.egress.files.s3 import S3Store, Service
from ringfence.egress.files.store import Store
from ringfence.errors import ConfigError, Locus, Problem

_S3 = "s3://"
_ROOTS = ("outbox", "released", "quarantine", "receipts")
_OWN = (*_ROOTS, "work", "settle", "s3")
_SERVICE = ("endpoint", "region", "key_id_env", "secret_env")
_PRIVATE = ".work"


@dataclass(frozen=True, slots=True)
class Config:
    """What a gateway is told; what is None wasn't.

    Attributes:
        exit: What is said of the exit.
        outbox: Where files come from: a folder, or `s3://bucket/prefix`.
        released: Where those go that may leave. `quarantine`: all others.
        receipts: Where receipts go; by default below the quarantine.
        work: The gateway's own folder; by default below the quarantine.
        settle: Seconds that a file has to lie unchanged.
        s3: Where the S3-compatible store answers.
    """

    exit: Parts = field(default_factory=Parts)
    outbox: str | None = None
    released: str | None = None
    quarantine: str | None = None
    receipts: str | None = None
    work: Path | None = None
    settle: int | None = None
    s3: Service | None = None

    def over(self, other: Self) -> Self:
        """Return what this says, and for the rest what another does."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        given["exit"] = self.exit.over(other.exit)
        return replace(other, **{k: v for k, v in given.items() if v is not None})

    def settings(self) -> Settings:
        """Return what an exit is made of.

        Raises:
            ConfigError: Something isn't said; the error carries all of it.
        """
        return self.exit.settings()

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
            hint = "say it here, or below `files:` in the file that `--config` names"
            raise ConfigError.of(
                Problem("isn't said", Locus(f"--{one}"), hint) for one in missing
            )

    def _store(self, where: str, *, is_private: bool = False) -> Store:
        if not where.startswith(_S3):
            return LocalStore(Path(where), is_private=is_private)
        if self.s3 is None:
            hint = (
                "`s3`, below `files`: `endpoint`, `region`, `key_id_env`, `secret_env`"
            )
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
    ordered = Ordered(take, base)
    moved = dict.fromkeys(_OWN, "files")
    get = ordered.sections(read_yaml(text, name), (), moved).get
    found = Config(exit=ordered.parts(get("exit")))
    files = get("files")
    if files is not None:
        found = _files(take, files, base, found)
    if take.problems:
        raise ConfigError.of(take.problems)
    return found


def _files(take: Reader, value: Located, base: Path, found: Config) -> Config:
    get = take.fields(value, optional=_OWN, what="`files`").get
    texts = {one: take.text(get(one), f"`{one}`") for one in (*_ROOTS, "work")}
    roots = {
        one: None if text is None else _root(text, base) for one, text in texts.items()
    }
    work, service = texts["work"], get("s3")
    return replace(
        found,
        outbox=roots["outbox"],
        released=roots["released"],
        quarantine=roots["quarantine"],
        receipts=roots["receipts"],
        work=None if work is None else base / work,
        settle=take.whole(get("settle"), "`settle`"),
        s3=None if service is None else _service(take, service),
    )


def _root(told: str, base: Path) -> str:
    return told if told.startswith(_S3) else str(base / told)


def _service(take: Reader, value: Located) -> Service | None:
    given = take.fields(
        value, required=_SERVICE, optional=("timeout",), what="`s3`"
    ).get
    told = {one: take.text(given(one), f"`{one}`") or "" for one in _SERVICE}
    timeout = take.whole(given("timeout"), "`timeout`", least=1)
    return Service(**told, timeout=timeout or Service("", "", "", "").timeout)
