"""Files read with suspicion, and written whole.

A file of the kit may come from anybody: only a regular file of bounded size is read, and one that
another file names only below the folder that it belongs to. A full disk or a kill leaves the old
file or the new one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path, PurePosixPath

from parity_kit.contract.errors import BadFileError

MOST_BYTES = 1 << 30
"""No file that the kit reads as a whole is longer."""

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def is_there(path: Path) -> bool:
    """Return whether anything has this name, readable or not, so that nothing stands in for it.

    Raises:
        BadFileError: If its folder does not tell.
    """
    try:
        path.lstat()
    except (FileNotFoundError, ValueError):
        return False
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadFileError(f"cannot be read: {reason}", where=str(path)) from error
    return True


def read_file(path: Path, *, hint: str = "", most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a regular file; anything else could block, or never end.

    Raises:
        BadFileError: If it cannot be read, is not a regular file, or is longer than `most` bytes.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
                raise BadFileError(f"is {kind}, not a file", where=str(path), hint=hint)
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error)
        raise BadFileError(
            f"cannot be read: {reason.lower()}", where=str(path), hint=hint
        ) from error
    if len(data) > most:
        problem = f"is longer than {most >> 20} MiB"
        raise BadFileError(problem, where=str(path), hint=hint)
    return data


def read_text(path: Path, *, hint: str = "") -> str:
    """Return the text of a regular file in UTF-8.

    Raises:
        BadFileError: If it cannot be read, or is not UTF-8.
    """
    try:
        return read_file(path, hint=hint).decode()
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        raise BadFileError(problem, where=str(path), hint=hint) from error


def read_inside(folder: Path, name: str, *, hint: str = "") -> bytes:
    """Return the bytes of a file that another file names, which must lie below `folder`.

    Raises:
        BadFileError: If it lies elsewhere, also by a link, or cannot be read.
    """
    pure = PurePosixPath(name)
    inside = name and "\0" not in name and not pure.is_absolute() and ".." not in pure.parts
    path = folder / name if inside else folder
    if not inside or os.path.realpath(path) != os.path.join(os.path.realpath(folder), *pure.parts):  # noqa: PTH118  # beside realpath
        raise BadFileError(f"{name!r} is not a file below it", where=str(folder), hint=hint)
    return read_file(path, hint=hint)


def write_atomically(path: Path, data: str | bytes) -> None:
    """Write a file beside its place and rename it; a device or a pipe is written to directly.

    Raises:
        BadFileError: If it cannot be written; what was there before is unchanged.
    """
    content = data.encode() if isinstance(data, str) else data
    target = Path(os.path.realpath(path))  # a link goes on pointing to its file
    beside = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(content)
            return
        beside.write_bytes(content)
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):
            raise not_written(path, error) from error
        raise


def not_written(path: Path, error: OSError) -> BadFileError:
    """Return the error for a file that could not be written."""
    return BadFileError(
        f"could not be written: {error.strerror or error}",
        where=str(path),
        hint="see that its disk has space, and that you may write to its directory",
    )
