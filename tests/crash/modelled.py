"""A disk that forgets: a file system as it may be found after the power failed.

What was synced is there. Of names that weren't, any subset is; of what files hold that
wasn't, all, nothing, a beginning, an end or zeros. That is more than any one file
system does, and nothing less than what the calls promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from hashlib import sha512
from itertools import product
from math import prod

FOLDER = -1  # stands for a number of a file where a name is a folder's
GONE = -2  # where a name was taken away

Files = dict[str, bytes]
Names = dict[str, dict[str, int]]


class ModelDisk:
    """A disk in memory.

    Attributes:
        watch: Is told of each call that may change what a crash leaves.
        deaf: Syncs that are not heard: `file` and `datasync` of what files hold,
            `folder` of the names of files, `parent` of those of folders, or the name
            of a file, of that alone.
    """

    def __init__(self, files: Files | None = None) -> None:
        self.watch: Callable[[str], None] = lambda _: None
        self.deaf = ""
        self._names: Names = {".": {}}
        self._data: dict[int, bytes] = {}
        for path, content in (files or {}).items():
            for folder in _above(path):
                self._names.setdefault(folder, {})
                above, name = _split(folder)
                self._names[above][name] = FOLDER
            folder, name = _split(path)
            self._names[folder][name] = len(self._data)
            self._data[len(self._data)] = content
        # What survives, and names that came since, in their order.
        self._sure_names: Names = {at: dict(names) for at, names in self._names.items()}
        self._sure_data = dict(self._data)
        self._unsure: list[tuple[str, str, int]] = []

    # --- what the ledger calls

    def locked(self):
        return nullcontext()

    def close(self) -> None:
        pass

    def read(self, path: str) -> bytes:
        return self._data[self._find(path)]

    def holds(self, path: str) -> bool:
        folder, name = _split(path)
        return self._names.get(folder, {}).get(name, FOLDER) >= 0

    def files(self, folder: str) -> list[str]:
        return self._files(folder)

    def _files(self, folder: str) -> list[str]:
        found = []
        for name, number in self._names.get(folder, {}).items():
            if number == FOLDER:
                below = name if folder == "." else f"{folder}/{name}"
                found += [f"{name}/{one}" for one in self._files(below)]
            else:
                found.append(name)
        return sorted(found)

    def create(self, path: str, content: bytes, *, secret: bool) -> None:  # noqa: ARG002
        folder, name = _split(path)
        if name in self._names[folder]:
            raise FileExistsError(path)
        number = len(self._data)
        self._data[number] = b""
        self._name(folder, name, number)
        self.watch(f"create {path}")
        self._data[number] = content
        self.watch(f"create {path}")

    def append(self, path: str, content: bytes) -> None:
        self._data[self._find(path)] += content
        self.watch(f"append {path}")

    def truncate(self, path: str, size: int) -> None:
        number = self._find(path)
        self._data[number] = self._data[number][:size]
        self.watch(f"truncate {path}")

    def rename(self, old: str, new: str) -> None:
        number = self._find(old)
        self._name(*_split(new), number)
        self._name(*_split(old), GONE)
        self.watch(f"rename {new}")

    def remove(self, path: str) -> None:
        self._find(path)
        self._name(*_split(path), GONE)
        self.watch(f"remove {path}")

    def make_folder(self, path: str) -> None:
        folder, name = _split(path)
        if name not in self._names[folder]:
            self._name(folder, name, FOLDER)
            self._names[path] = {}
            self._sure_names.setdefault(path, {})
            self.watch(f"make_folder {path}")

    def remove_folder(self, path: str) -> None:
        if self._names[path]:
            raise OSError(path)
        self._name(*_split(path), GONE)
        del self._names[path]
        self.watch(f"remove_folder {path}")

    def sync(self, paths: Sequence[str]) -> None:
        for path in paths:
            if self.deaf != "file":
                number = self._find(path)
                self._sure_data[number] = self._data[number]
            self.watch(f"sync {path}")

    def datasync(self, path: str) -> None:
        if self.deaf != "datasync":
            number = self._find(path)
            self._sure_data[number] = self._data[number]
        self.watch(f"datasync {path}")

    def sync_folder(self, path: str) -> None:
        kept = []
        for change in self._unsure:
            folder, name, number = change
            if folder != path or self._is_unheard(name, number):
                kept.append(change)
            else:
                _apply(self._sure_names, change)
        self._unsure = kept
        self.watch(f"sync_folder {path}")

    # --- what a crash leaves

    def now(self) -> Files:
        """Return what is there as long as the power lasts."""
        return dict(_reachable(self._names, self._data, "."))

    def states(self, seed: int, most: int) -> Iterator[Files]:
        """Yield what may be found after a crash in this moment.

        Args:
            seed: What the sample depends on where there is more than is asked for.
            most: How many states are asked for.
        """
        torn = {
            number: _torn(self._sure_data.get(number, b""), content)
            for number, content in self._data.items()
            if content != self._sure_data.get(number, b"")
        }
        changes = len(self._unsure)
        widths = [2] * changes + [len(options) for options in torn.values()]
        for picked in _picked(widths, seed, most):
            names: Names = {at: dict(one) for at, one in self._sure_names.items()}
            for change, is_there in zip(self._unsure, picked, strict=False):
                if is_there:
                    _apply(names, change)
            data = dict(self._sure_data)
            for number, place in zip(torn, picked[changes:], strict=True):
                data[number] = torn[number][place]
            yield dict(_reachable(names, data, "."))

    def _is_unheard(self, name: str, number: int) -> bool:
        kind = "parent" if number == FOLDER else "folder"
        return self.deaf in (kind, name)

    def _find(self, path: str) -> int:
        folder, name = _split(path)
        number = self._names.get(folder, {}).get(name, GONE)
        if number in (FOLDER, GONE):
            raise FileNotFoundError(2, "no such file", path)
        return number

    def _name(self, folder: str, name: str, number: int) -> None:
        change = (folder, name, number)
        _apply(self._names, change)
        self._unsure.append(change)


def _apply(names: Names, change: tuple[str, str, int]) -> None:
    folder, name, number = change
    if number == GONE:
        names[folder].pop(name, None)
    else:
        names.setdefault(folder, {})[name] = number


def _torn(sure: bytes, content: bytes) -> list[bytes]:
    """Return what a file may hold that was changed and not synced."""
    if not content.startswith(sure):
        return [sure, content]
    added = content[len(sure) :]
    half = len(added) // 2
    options = [
        content,
        sure,
        sure + added[:half],
        sure + bytes(len(added)),
        sure + bytes(half) + added[half:],
    ]
    return list(dict.fromkeys(options))


def _picked(widths: Sequence[int], seed: int, most: int) -> Iterator[Sequence[int]]:
    """Yield combinations: every one if they are few, else the ends and a sample."""
    if prod(widths) <= most:
        yield from product(*map(range, widths))
        return
    yield [0 for _ in widths]
    yield [wide - 1 for wide in widths]
    for number in range(most - 2):
        drawn = int.from_bytes(sha512(b"%d %d" % (seed, number)).digest())
        picked = []
        for wide in widths:
            drawn, place = divmod(drawn, wide)
            picked.append(place)
        yield picked


def _reachable(
    names: Names, data: dict[int, bytes], folder: str
) -> Iterator[tuple[str, bytes]]:
    for name, number in names.get(folder, {}).items():
        path = name if folder == "." else f"{folder}/{name}"
        if number == FOLDER:
            yield from _reachable(names, data, path)
        else:
            yield path, data.get(number, b"")


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder or ".", name


def _above(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)
