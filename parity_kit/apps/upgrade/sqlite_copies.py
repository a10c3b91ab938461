"""Copies a SQLite database of threads without opening it, so that nothing of it changes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity_kit.apps.upgrade.databases import Copy, check_readable
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.corpora.user_checkpoints.source import Selection
from parity_kit.corpora.user_checkpoints.sqlite_source import open_sqlite

_MAGIC = b"SQLite format 3\0"
_TRIES = 3
_WHICH = "name the file that SqliteSaver writes"
_BROKEN = "name a copy from before it broke, or what sqlite3 FILE .recover brings back"


@dataclass(frozen=True, slots=True)
class SqliteCopies:
    """Two copies in a folder."""

    before: Copy
    after: Copy
    wanted: tuple[str, ...]

    def threads(self, behind: str | None) -> Iterator[str]:
        """Yield the wanted threads in order, from the one behind `behind` on."""
        query = (
            "SELECT DISTINCT thread_id FROM checkpoints WHERE thread_id > ? "
            "ORDER BY thread_id LIMIT 1000"  # a reader that stays would make the log grow
        )
        last = behind or ""
        with closing(sqlite3.connect(self.before.address)) as connection:
            while page := connection.execute(query, (last,)).fetchall():
                for (last,) in page:
                    if not self.wanted or last in self.wanted:
                        yield last

    def count(self) -> int:
        """Return how many threads are wanted."""
        if self.wanted:
            return len(self.wanted)
        with closing(sqlite3.connect(self.before.address)) as connection:
            query = "SELECT count(DISTINCT thread_id) FROM checkpoints"
            return int(connection.execute(query).fetchone()[0])


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """The file of a SqliteSaver, with what is in its log."""

    file: Path
    threads: tuple[str, ...] = ()
    serde: str | None = None

    def state(self) -> list[Any]:
        """Return what tells this database, and what is in it now, from others."""
        return [str(self.file.resolve()), *_state(self.file)]

    @contextmanager
    def copied(self, folder: Path) -> Generator[SqliteCopies]:
        """Copy the file byte by byte, for as long as the context lasts.

        Raises:
            BadFileError: If it is none of LangGraph's, broken, or half-written.
            UsageError: If it changed while it was copied.
        """
        files = [folder / "before.sqlite", folder / "after.sqlite"]
        self._copy(files)
        before, after = (Copy("sqlite", str(file)) for file in files)
        try:
            yield SqliteCopies(before, after, self.threads)
        finally:
            for file in folder.glob("*.sqlite*"):
                file.unlink()

    def check(self) -> None:
        """Check what shows without a copy, before anything slow begins.

        Raises:
            BadFileError: If it is no database of SQLite.
            UsageError: If it is half-written.
        """
        where = str(self.file)
        if not self.file.is_file():
            raise BadFileError("is no file", where=where, hint=_WHICH)
        if _begins(self.file) != _MAGIC:
            raise BadFileError("is no database of SQLite", where=where, hint=_WHICH)
        journal = self.file.with_name(f"{self.file.name}-journal")
        if journal.is_file() and any(_begins(journal)):  # it may be kept, emptied or blanked
            raise UsageError(
                f"is half-written: {journal.name} holds a transaction that did not end",
                where=where,
                hint="let the application end it; after a crash, opening the file with it does",
            )

    def _check_space(self, folder: Path, copies: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        needed = copies * sum(size for size, _ in _state(self.file))
        if (free := shutil.disk_usage(folder).free) < needed:
            raise UsageError(
                f"{needed / 1e6:,.0f} MB are needed for its copies, {free / 1e6:,.0f} MB are free",
                where=str(folder),
                hint="make room there, or run it in a workspace on another disk: --workspace",
            )

    def _copy(self, targets: list[Path]) -> None:
        where = str(self.file)
        self._check_space(targets[0].parent, len(targets))
        for _ in range(_TRIES):
            self.check()
            before = _state(self.file)
            for target in targets:
                for file, copy in zip(_files(self.file), _files(target), strict=True):
                    copy.unlink(missing_ok=True)
                    if file.is_file():
                        shutil.copyfile(file, copy)
            if _state(self.file) == before:
                break
        else:
            raise UsageError(
                f"was changed while it was copied, {_TRIES} times",
                where=where,
                hint="stop the application, or name a copy that you make while it runs: "
                "sqlite3 FILE '.backup COPY'",
            )
        try:
            for target in targets:
                _check(target)
            with open_sqlite(str(targets[0]), Selection(self.threads)):
                check_readable(_encrypted_type(targets[0]), self.serde, where=where)
        except sqlite3.Error as error:
            raise BadFileError(f"cannot be read: {error}", where=where, hint=_BROKEN) from error
        except UsageError as error:
            raise type(error)(error.problem, where=where, hint=error.hint) from error


def _begins(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(len(_MAGIC))


def _check(copy: Path) -> None:
    """Open a copy, which brings its log into the file, and check that it is whole."""
    with closing(sqlite3.connect(copy)) as database:
        (result,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if result != "ok":
        raise BadFileError(f"is broken: {result}", hint=_BROKEN)


def _encrypted_type(copy: Path) -> str | None:
    with closing(sqlite3.connect(copy)) as database:
        row = database.execute("SELECT type FROM checkpoints WHERE type LIKE '%+%'").fetchone()
    return None if row is None else row[0]


def _files(path: Path) -> tuple[Path, Path]:
    return path, path.with_name(f"{path.name}-wal")


def _state(path: Path) -> list[tuple[int, int]]:
    return [
        (status.st_size, status.st_mtime_ns)
        for file in _files(path)
        if file.is_file()
        for status in [file.stat()]
    ]
