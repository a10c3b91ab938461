"""Which lines of some folders each case runs, so that a mutant meets only cases that reach it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, cast

from parity_kit.contract.canonical import digest


@dataclass(slots=True)
class Lines:
    """The cases that passed unmutated, and for every line a number with a bit for each case.

    `failed` names the cases that did not pass: they judge nothing.
    """

    cases: list[str] = field(default_factory=list[str])
    seconds: list[float] = field(default_factory=list[float])
    by_file: dict[str, dict[int, int]] = field(default_factory=dict[str, dict[int, int]])
    failed: list[str] = field(default_factory=list[str])

    def add(self, case: str, seconds: float, lines: Iterable[tuple[str, Iterable[int]]]) -> None:
        """Add a case with the lines that it runs."""
        bit = 1 << len(self.cases)
        self.cases.append(case)
        self.seconds.append(seconds)
        for file, numbers in lines:
            bits = self.by_file.setdefault(file, {})
            for number in numbers:
                bits[number] = bits.get(number, 0) | bit

    def runs(self, file: str, lines: range) -> bool:
        """Return whether a case runs one of these lines."""
        of_file = self.by_file.get(file, {})
        return any(line in of_file for line in lines)

    def reaching(self, file: str, lines: range) -> list[str]:
        """Return the cases that run one of these lines, the quickest first."""
        of_file, bits = self.by_file.get(file, {}), 0
        for line in lines:
            bits |= of_file.get(line, 0)
        numbers = [number for number in range(len(self.cases)) if bits >> number & 1]
        return [self.cases[number] for number in sorted(numbers, key=self.seconds.__getitem__)]

    def merge(self, other: Lines) -> None:
        """Add the cases of another."""
        shift = len(self.cases)
        self.cases += other.cases
        self.seconds += other.seconds
        self.failed += other.failed
        for file, lines in other.by_file.items():
            bits = self.by_file.setdefault(file, {})
            for line, of_line in lines.items():
                bits[line] = bits.get(line, 0) | of_line << shift

    def to_json(self) -> str:
        """Return the content of a file that keeps this."""
        content = {
            "cases": self.cases,
            "seconds": self.seconds,
            "failed": self.failed,
            "lines": {
                file: {str(line): f"{bits:x}" for line, bits in lines.items()}
                for file, lines in self.by_file.items()
            },
        }
        return json.dumps(content)

    @classmethod
    def read(cls, path: Path) -> Lines:
        """Return what `to_json` wrote."""
        content = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
        lines = {
            file: {int(line): int(bits, 16) for line, bits in lines.items()}
            for file, lines in content["lines"].items()
        }
        return cls(content["cases"], content["seconds"], lines, content["failed"])


@dataclass(slots=True)
class Stopwatch:
    """How long something took, once it is over."""

    seconds: float = 0.0


class LineTracer:
    """Collects the lines below some folders that run in this thread."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._prefixes = tuple(f"{folder}/" for folder in folders)
        self._tracers: dict[str, Callable[..., Any] | None] = {}
        self._lines: dict[str, set[int]] = {}

    @contextmanager
    def tracing(self) -> Generator[Stopwatch]:
        """Trace what runs inside, and time it; `taken` has its lines."""
        watch, before = Stopwatch(), sys.gettrace()
        started = time.perf_counter()
        sys.settrace(self._called)
        try:
            yield watch
        finally:
            sys.settrace(before)
            watch.seconds = time.perf_counter() - started

    def taken(self) -> list[tuple[str, list[int]]]:
        """Return the lines of each file that ran since the last call, and forget them."""
        lines = [(file, sorted(numbers)) for file, numbers in self._lines.items() if numbers]
        for numbers in self._lines.values():
            numbers.clear()
        return lines

    def _called(self, frame: FrameType, _event: str, _argument: Any) -> Callable[..., Any] | None:
        file = frame.f_code.co_filename
        try:
            return self._tracers[file]
        except KeyError:
            return self._tracers.setdefault(file, self._tracer(file))

    def _tracer(self, file: str) -> Callable[..., Any] | None:
        if not file.startswith(self._prefixes):
            return None
        add = self._lines.setdefault(file, set()).add

        def traced(frame: FrameType, _event: str, _argument: Any) -> Callable[..., Any]:
            add(frame.f_lineno)
            return traced

        return traced


def sources_digest(folders: Iterable[Path]) -> str:
    """Return a digest of every Python file below some folders, or of files themselves."""
    files = sorted(
        path
        for folder in folders
        for path in ([folder] if folder.is_file() else folder.rglob("*.py"))
    )
    return digest(b"".join(digest(path.read_bytes()).encode() for path in files))[:16]
