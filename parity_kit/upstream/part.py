"""The parts of a candidate in another language that can stand in LangGraph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parity_kit.candidates.launch import launch_of, start
from parity_kit.candidates.manifest import Candidate
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Pins, Subject, SubjectKind, UnsupportedSubjectError
from parity_kit.upstream import remote
from parity_kit.upstream.plugin_names import CODEC, SAVER
from parity_kit.wire.host import RemoteEngine

_SAVERS = ("memory", "sqlite", "postgres")


@dataclass(frozen=True, slots=True)
class Part:
    """What of a candidate stands in LangGraph: its codec, or its savers.

    `engine` says how to start it.
    """

    name: str
    savers: tuple[str, ...]
    engine: str

    @property
    def stands_in(self) -> bool:
        """Whether LangGraph's tests use a saver that it can take the place of."""
        return bool({"memory", "sqlite"} & {*self.savers})

    @property
    def words(self) -> str:
        """The part for a test process."""
        return " ".join((self.name, *self.savers))


def parts_of(
    candidate: Candidate, workspace: Workspace, on_progress: Callable[[str], None]
) -> list[Part]:
    """Return the parts that a candidate offers.

    Raises:
        CandidateError: If it does not start.
    """
    launch = launch_of(candidate, workspace, on_progress)
    engine = remote.to_json(launch, candidate.limits)
    with start(candidate, workspace, on_progress) as running:
        claimed = running.describe().levels
        opened = [name for name in _SAVERS if _opens(running, name)]
    codec = [Part(CODEC, (), engine)] if SubjectKind.CODEC in claimed else []
    offers_savers = SubjectKind.SAVER in claimed and opened
    return [*codec, *([Part(SAVER, tuple(opened), engine)] if offers_savers else [])]


def _opens(engine: RemoteEngine, saver: str) -> bool:
    try:
        engine.open(Subject(SubjectKind.SAVER, {"saver": saver}), Pins()).close()
    except UnsupportedSubjectError:
        return False
    return True
