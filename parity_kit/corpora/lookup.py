"""Finds a fixture by its case's id, in the committed corpora, recordings and imported corpora."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Trace
from parity_kit.contract.errors import UsageError
from parity_kit.contract.files import is_there, read_text
from parity_kit.corpora.folder import index_file, read_corpora
from parity_kit.corpora.imported import PREFIX, read_imported
from parity_kit.corpora.manifest import MANIFEST, read_manifest
from parity_kit.corpora.recorded import read_recordings, recording_files

_NEAREST = 3


def find_trace(workspace: Workspace, case: str) -> Trace:
    """Return the fixture of a case; `imported:` before its id leaves out the committed corpora.

    Raises:
        BadFileError: If a file of a corpus is missing or broken.
        UsageError: If no corpus holds it; the hint lists the nearest ids.
    """
    known: list[str] = []
    if not case.startswith(PREFIX):
        for corpus in read_manifest(workspace.fixtures).corpora:
            ids = _listed(index_file(workspace.fixtures, corpus))
            if case in ids:
                return _in(read_corpora(workspace.fixtures, [corpus])[0].traces, case, known)
            known += ids
    if not case.startswith(PREFIX) and recording_files(workspace):
        recorded = read_recordings(workspace).traces
        if any(trace.case.id == case for trace in recorded):
            return _in(recorded, case, known)
        known += [trace.case.id for trace in recorded]
    case = case.removeprefix(PREFIX)
    name, _, rest = case.partition("/")
    if rest and is_there(workspace.imported / name / MANIFEST):
        return _in(read_imported(workspace, name).traces, case, known)
    return _in((), case, known)


def _listed(index: Path) -> list[str]:
    """Return the ids in an index, which may be missing."""
    if not is_there(index):
        return []
    return [line.partition("  ")[0] for line in read_text(index).splitlines()]


def _in(traces: Iterable[Trace], case: str, known: list[str]) -> Trace:
    for trace in traces:
        if trace.case.id == case:
            return trace
        known.append(trace.case.id)
    near = difflib.get_close_matches(case, known, n=_NEAREST, cutoff=0.4)
    listed = "parity-kit fixtures list names the corpora, and an index has the ids"
    raise UsageError(f"no fixture {case!r}", hint=f"nearest: {', '.join(near)}" if near else listed)
