"""Files read and written whole: a full disk or a kill leaves the old file or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from pathlib import Path

from parity_kit.contract.errors import BadFileError


def read_whole(path: Path) -> bytes:
    """Return a regular file's bytes; a FIFO or a device, which would block, is refused.

    Raises:
        OSError: If it cannot be read.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return path.read_bytes()


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
