"""A recording as a test: made the first time, and compared with ever after."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from parity_kit.apps.recording import Recording, record, record_again
from parity_kit.apps.repeated import first_difference


@contextmanager
def recorded_or_compared(path: Path, *, replace: bool = False) -> Generator[Recording]:
    """Record a block into a file; if the file is there, compare with it and leave it as it is.

    Raises:
        AssertionError: If the application did something else than the recording says.
        CannotRecordError: If it did what a recording cannot hold.
    """
    if replace or not path.exists():
        with record(path) as recording:
            yield recording
        return
    with tempfile.TemporaryDirectory() as folder:
        with record_again(Path(folder, path.name), path.parent) as recording:
            yield recording
        for file in recording.files:
            before = path.with_name(file.name)
            if not before.exists() or before.read_bytes() != file.read_bytes():
                problem = first_difference(before, file) if before.exists() else "is new"
                message = f"{before}: {problem}; if that is meant, pytest --parity-record"
                raise AssertionError(message)
    recording.files[:] = [path.with_name(file.name) for file in recording.files]
