"""The recordings of a workspace as a corpus: each is a case file, `recordings/*.case`."""

from __future__ import annotations

from pathlib import Path

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Trace
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import UsageError
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.programs.admission import admit

RECORDINGS = CorpusName("recordings")
"""The name of the corpus, and of its folder."""


def recording_files(workspace: Workspace) -> list[Path]:
    """Return the files of the corpus, in order."""
    return sorted((workspace.root / RECORDINGS).glob("*.case"))


def read_recordings(workspace: Workspace) -> Corpus:
    """Return the recordings of a workspace.

    Raises:
        BadFileError: If one is broken.
        UsageError: If there is none, or two have one id.
    """
    traces: dict[str, Trace] = {}
    for path in recording_files(workspace):
        kept = read_case(path)
        admit(kept.case, str(path))
        if kept.case.id in traces:
            raise UsageError(f"a second recording is called {kept.case.id}", where=str(path))
        traces[kept.case.id] = Trace(kept.case, kept.reference_outcomes)
    if not traces:
        raise UsageError(
            "no recordings",
            where=str(workspace.root / RECORDINGS),
            hint="make one with parity_kit.record: parity-kit docs upgrading",
        )
    return Corpus(RECORDINGS, tuple(traces.values()))
