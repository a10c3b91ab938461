"""A TOML file, read strictly: an unknown, missing or invalid key is an error that names it."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
import stat
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from parity_kit.contract.errors import BadManifestError

T = TypeVar("T")

_MOST_BYTES = 1 << 20
_SHOWN = 60
_MOST = (1 << 31) - 1
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
_DOTTED = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
_OBJECT = re.compile(rf"{_DOTTED}:{_DOTTED}")


def read_table(file: Path, see: str) -> Table:
    """Return a file's top-level table; `see` is the command that describes its keys.

    Raises:
        BadManifestError: If it cannot be read, or is not TOML.
    """
    try:
        data = tomllib.loads(_read(file))
    except (ValueError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        hint = f"for examples, see: {see}"
        raise BadManifestError(f"is not TOML: {problem}", where=str(file), hint=hint) from error
    return Table(file, data, see)


def _read(file: Path) -> str:
    """Return the text of a regular file of moderate size; a FIFO or device would block."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            problem = _KINDS.get(stat.S_IFMT(status.st_mode), f"over {_MOST_BYTES >> 20} MiB long")
            hint = f"replace it with a text file; it is {status.st_size:,} bytes long"
            raise BadManifestError(
                f"is {problem}, not a text file of TOML", where=str(file), hint=hint
            )
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        hint = "save it as UTF-8"
        raise BadManifestError(problem, where=str(file), hint=hint) from error
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "see that the file exists and that you may read it"
        raise BadManifestError(f"cannot be read: {reason}", where=str(file), hint=hint) from error
    if text.startswith("\ufeff"):
        problem, hint = "begins with a byte order mark", "save it as UTF-8 without one"
        raise BadManifestError(problem, where=str(file), hint=hint)
    return text.replace("\r\n", "\n")


class Table:
    """A table of a TOML file; `finish` reports keys that nobody read."""

    def __init__(self, file: Path, data: Mapping[str, Any], see: str, prefix: str = "") -> None:
        self._file = file
        self._data = data
        self._see = see
        self._prefix = prefix
        self._known: list[str] = []

    def wrong(self, key: str, problem: str, hint: str = "") -> Exception:
        """Return the error for an invalid key."""
        return BadManifestError(
            problem,
            where=f"{self._file}: key `{self._prefix}{key}`",
            hint=hint or f"see: {self._see}",
        )

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; without a default it is required and must not be empty."""
        value = self._get(key, str, "a string", default)
        if default is None and not value.strip():
            raise self.wrong(key, "is empty")
        if "\0" in value:
            raise self.wrong(key, "has a NUL character, which no program can be given")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of strings; without a default it is required and must not be empty."""
        given = None if default is None else list(default)
        values = cast("list[Any]", self._get(key, list, "a list of strings", given))
        if not all(isinstance(value, str) and value for value in values):
            raise self.wrong(key, "must be a list of strings that are not empty")
        if any("\0" in value for value in values):
            raise self.wrong(key, "has a NUL character, which no program can be given")
        if default is None and not values:
            raise self.wrong(key, "must be a list of strings with at least one")
        return tuple(values)

    def number(self, key: str, default: float) -> float:
        """Return a number above 0."""
        value = self._get(key, (int, float), "a number", default)
        if isinstance(value, bool) or not 0 < value < float("inf"):
            raise self.wrong(key, f"must be a number above 0, not {_shown(value)}")
        return float(value)

    def count(self, key: str, default: int) -> int:
        """Return a whole number above 0."""
        value = self._get(key, int, "a whole number", default)
        if isinstance(value, bool) or not 0 < value <= _MOST:
            problem = f"must be a whole number above 0, not {_shown(value)}"
            raise self.wrong(key, problem if value < _MOST else f"must be at most {_MOST}")
        return value

    def range(self, key: str) -> tuple[float, float]:
        """Return two numbers, from and to, neither of them below 0."""
        pair = cast("list[object]", self._get(key, list, "two numbers, from and to", None))
        match pair:
            case [int() | float() as low, int() | float() as high] if 0 <= low <= high < math.inf:
                return float(low), float(high)
            case _:
                raise self.wrong(key, f"must be two numbers, from and to, not {_shown(pair)}")

    def share(self, key: str, default: float) -> float:
        """Return a share from 0 to 1."""
        value = self._get(key, (int, float), "a share from 0 to 1", default)
        if isinstance(value, bool) or not 0 <= value <= 1:
            raise self.wrong(key, f"must be a share from 0 to 1, not {_shown(value)}")
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return self._get(key, bool, "true or false", default)

    def keys(self, known: Collection[str]) -> list[str]:
        """Return this table's keys, which must all be among `known`."""
        self._known += known
        self.finish()
        return list(self._data)

    def table(self, key: str) -> Table:
        """Return a table; an empty one if the key is missing."""
        data = self._get(key, dict, "a table", cast("dict[str, Any]", {}))
        return Table(self._file, data, self._see, f"{self._prefix}{key}.")

    def tables(self, key: str) -> list[Table]:
        """Return the tables of a list, as `[[key]]` writes it."""
        tables = cast("list[Any]", self._get(key, list, f"tables, each under [[{key}]]", None))
        if not all(isinstance(table, dict) for table in tables):
            raise self.wrong(key, f"must be tables, each under [[{key}]]")
        return [
            Table(self._file, table, self._see, f"{self._prefix}{key}[{number}].")
            for number, table in enumerate(tables, 1)
        ]

    def all_texts(self) -> dict[str, str]:
        """Return every key of this table; the values must be strings."""
        return {key: self.text(key, "") for key in self._data}

    def folder(self, key: str, base: Path) -> Path:
        """Return a folder, given relative to the file's."""
        folder = (base / self.text(key, ".")).resolve()
        if not folder.is_dir():
            raise self.wrong(key, f"no folder {folder}", f"it is relative to {self._file.name}")
        return folder

    def file(self, key: str, base: Path) -> Path:
        """Return a file, given relative to this file's folder, in it or in a folder beside it."""
        file = (base / self.text(key)).resolve()
        if not file.is_relative_to(base.resolve().parent):
            raise self.wrong(key, f"{file} is neither in the candidate's folder nor beside it")
        if not file.is_file():
            raise self.wrong(key, f"no file {file}", f"it is relative to {self._file.name}")
        return file

    def files(self, key: str, base: Path) -> tuple[str, ...]:
        """Return the names of the files matched by patterns, which must all match something."""
        names: set[str] = set()
        for pattern in self.texts(key):
            if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
                raise self.wrong(key, f"{pattern!r} is outside the candidate's folder")
            try:
                files = {path for path in base.glob(pattern) if _is_inside(path, base)}
            except (ValueError, IndexError) as error:
                raise self.wrong(key, f"{pattern!r} is not a pattern: {error}") from error
            if not files:
                raise self.wrong(
                    key, f"no file {pattern!r}", f"it is relative to {self._file.name}"
                )
            names |= {file.relative_to(base).as_posix() for file in files}
        return tuple(sorted(names))

    def object(self, key: str) -> str:
        """Return a reference `module:name`."""
        value = self.text(key)
        if not _OBJECT.fullmatch(value):
            raise self.wrong(key, f"{value!r} is not of the form `module:name`")
        return value

    def finish(self) -> None:
        """Report the first key that nobody read."""
        for key in self._data:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"keys: {', '.join(self._known)}"
                raise self.wrong(key, "unknown key", hint)

    def has(self, key: str) -> bool:
        """Return whether a key is present; from now on it is a known key."""
        self._known.append(key)
        return key in self._data

    def _get(self, key: str, kind: type[T] | tuple[type, ...], name: str, default: T | None) -> T:
        if not self.has(key):
            if default is not None:
                return default
            mistyped = difflib.get_close_matches(key, set(self._data) - set(self._known), 1)
            if mistyped:
                raise self.wrong(mistyped[0], "unknown key", f"did you mean `{key}`?")
            raise self.wrong(key, "is missing")
        value = self._data[key]
        if not isinstance(value, kind):
            raise self.wrong(key, f"must be {name}, not {_shown(value)}")
        return cast("T", value)


def _is_inside(path: Path, base: Path) -> bool:
    """Whether this is a file in a folder, not a link to one elsewhere."""
    return path.is_file() and path.resolve().is_relative_to(base.resolve())


def _shown(value: object) -> str:
    """Return a value as TOML has it, cut short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dict):
        return "a table"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
