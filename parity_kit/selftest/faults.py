"""The hand-written faults: each replaces some text in `pure`, as a real engine once had it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, cast

from parity_kit.contract.errors import BadFileError
from parity_kit.contract.files import read_text
from parity_kit.selftest.operators import Mutant, statements

FILE = Path(__file__).with_name("faults.toml")


def faults(folder: Path, path: Path = FILE) -> list[Mutant]:
    """Return the faults of the package in a folder.

    Raises:
        BadFileError: If the text that a fault replaces does not stand there exactly once.
    """
    listed = cast("list[dict[str, Any]]", tomllib.loads(read_text(path))["fault"])
    return [_mutant(folder, path, fault) for fault in listed]


def _mutant(folder: Path, listed_in: Path, fault: dict[str, Any]) -> Mutant:
    file = folder / fault["file"]
    source, old = read_text(file), str(fault["old"])
    if source.count(old) != 1:
        raise BadFileError(
            f"the fault {fault['what']!r} replaces text that stands {source.count(old)} times in "
            f"{fault['file']}",
            where=str(listed_in),
            hint="quote more of the text, or what it says now",
        )
    first = source[: source.index(old)].count("\n") + 1
    lines = statements(source, first, first + old.rstrip("\n").count("\n"))
    mutated = source.replace(old, fault["new"])
    parts = (folder.name, *Path(fault["file"]).with_suffix("").parts)
    return Mutant(
        ".".join(parts),
        str(file),
        str(fault["what"]),
        lines,
        _compiling(mutated, str(file)),
        str(fault.get("shows", "")),
        chosen=True,
    )


def _compiling(source: str, file: str) -> Callable[[], CodeType]:
    return lambda: compile(source, file, "exec", dont_inherit=True)
