"""The files that CI systems read, written when a run begins and when it ends.

What is written first says that the run has not ended, so that a run that is killed leaves no file
of an earlier one behind.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.events import Event
from parity_kit.contract.files import write_atomically
from parity_kit.contract.text import WorkflowCommands
from parity_kit.report.ci.account import Account
from parity_kit.report.ci.listing import Listing
from parity_kit.report.ci.source_locations import SourceLocations


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files are asked for, and what the environment switches on by itself."""

    junit: Path | None = None
    sarif: Path | None = None
    markdown: Path | None = None
    badge: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Files:
    """Writes the files that are wanted from what it was told."""

    wanted: Wanted
    places: SourceLocations
    account: Account

    def emit(self, event: Event) -> None:
        """Take one event."""
        self.account.emit(event)

    def __enter__(self) -> Self:
        self.write()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.write()
        self._tell_github()

    def write(self) -> None:
        """Write the files as far as the run has got."""
        account, wanted = self.account, self.wanted
        if wanted.junit:
            from parity_kit.report.ci import junit  # noqa: PLC0415  # only where it is asked for

            write_atomically(wanted.junit, junit.render(account))
        if wanted.sarif:
            from parity_kit.report.ci import sarif  # noqa: PLC0415  # the same

            listing = Listing.beside(wanted.sarif)
            known = len(listing.lines)
            write_atomically(wanted.sarif, sarif.render(account, self.places, listing))
            if len(listing.lines) > known and wanted.sarif.is_file():  # it may be /dev/stdout
                write_atomically(listing.path, listing.text)
        if wanted.markdown:
            from parity_kit.report.ci import markdown  # noqa: PLC0415  # the same

            write_atomically(wanted.markdown, markdown.render(account))
        if wanted.badge:
            from parity_kit.report.ci import badge  # noqa: PLC0415  # the same

            drawn = wanted.badge.suffix == ".svg"
            write_atomically(wanted.badge, (badge.svg if drawn else badge.endpoint)(account))

    def _tell_github(self) -> None:
        """Annotate, and add to the step's summary, where a workflow runs this."""
        environment = self.wanted.environment
        if environment.get("GITHUB_ACTIONS") == "true":
            from parity_kit.report.ci import github  # noqa: PLC0415  # only there

            # The runner reads both streams; the other one may have to stay JSON.
            sys.stderr.write(WorkflowCommands(github.render(self.account, self.places)))
        if summary := environment.get("GITHUB_STEP_SUMMARY"):
            from parity_kit.report.ci import markdown  # noqa: PLC0415  # only there

            with Path(summary).open("a", encoding="utf-8", newline="\n") as file:
                file.write(markdown.render(self.account))


def opened(
    wanted: Wanted, workspace: Workspace, folder: Path | None, notes: Sequence[str] = ()
) -> Files:
    """Return the files of a run whose cases are in `folder`; `notes` say what is amiss already."""
    root = workspace.root
    if folder and folder.resolve().is_relative_to(root):
        folder = folder.resolve().relative_to(root)  # the same on every machine
    return Files(wanted, SourceLocations(workspace), Account(folder, list(notes)))
