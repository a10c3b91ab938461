"""What a candidate got wrong beside the test that runs: it fails the test, even if that passes."""

from __future__ import annotations

from collections.abc import Callable


class Faults:
    """The faults of a test; what was only noted is judged when somebody asks for them.

    Judging while the test runs would take time between LangGraph's steps, which its threads notice.
    """

    def __init__(self) -> None:
        self._found: list[str] = []
        self._noted: list[Callable[[], str]] = []

    def note(self, judge: Callable[[], str]) -> None:
        """Judge something later: it gives a fault, or an empty text."""
        self._noted.append(judge)

    def clear(self) -> None:
        """Begin with another test."""
        self._found.clear()
        self._noted.clear()

    def __len__(self) -> int:
        noted, self._noted = self._noted, []
        self._found += [fault for judge in noted if (fault := judge())]
        return len(self._found)

    def __getitem__(self, index: int) -> str:
        return self._found[index]


FAULTS = Faults()
