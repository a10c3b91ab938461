"""Copies a SQLite database of threads without opening it, so that nothing of it changes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.corpora.user_checkpoints.source import Selection
from parity_kit.corpora.user_checkpoints.sqlite_source import open_sqlite


def copy_database(source: Path, targets: list[Path]) -> None:
    """Copy a database, with what is in its log, to several places.

    Raises:
        BadFileError: If it is none of LangGraph's, or broken.
        UsageError: If it changed while it was copied.
    """
    if not source.is_file():
        raise BadFileError("is no file", where=str(source), hint="name SqliteSaver's file")
    before = _state(source)
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        for file, copy in zip(_files(source), _files(target), strict=True):
            copy.unlink(missing_ok=True)
            if file.is_file():
                shutil.copyfile(file, copy)
    if _state(source) != before:
        raise UsageError("was changed while it was copied", where=str(source), hint="run it again")
    try:
        for target in targets:
            _check(target)
        with open_sqlite(str(targets[0]), Selection()):
            pass
    except sqlite3.Error as error:
        raise BadFileError(f"cannot be read: {error}", where=str(source)) from error
    except BadFileError as error:
        raise BadFileError(error.problem, where=str(source), hint=error.hint) from error


def _check(copy: Path) -> None:
    """Open a copy, which brings its log into the file, and check that it is whole."""
    with closing(sqlite3.connect(copy)) as database:
        (result,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if result != "ok":
        raise BadFileError(f"is broken: {result}")


def threads_of(database: Path, after: str | None, wanted: tuple[str, ...]) -> Iterator[str]:
    """Yield the threads of a copy in order, from the one behind `after` on."""
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT DISTINCT thread_id FROM checkpoints WHERE thread_id > ? ORDER BY thread_id"
        for (thread,) in connection.execute(query, (after or "",)):
            if not wanted or thread in wanted:
                yield str(thread)


def thread_count(database: Path) -> int:
    """Return how many threads a copy holds."""
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT count(DISTINCT thread_id) FROM checkpoints"
        return int(connection.execute(query).fetchone()[0])


def _files(path: Path) -> tuple[Path, Path]:
    return path, path.with_name(f"{path.name}-wal")


def _state(path: Path) -> list[tuple[int, int]]:
    return [
        (status.st_size, status.st_mtime_ns)
        for file in _files(path)
        if file.is_file()
        for status in [file.stat()]
    ]
