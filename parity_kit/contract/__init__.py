"""The shared vocabulary: what every other part of the kit, and every Python engine, speaks.

    model       the one contract (open, apply, close) and its types
    outcomes    what came of an operation
    plain       plain data: what crosses every seam
    canonical   the bytes and digest of plain data
    casefile    a case in a file
    events      what a run emits while it runs
    journal     those events in an append-only file
    errors      every error the kit raises on purpose, and the exit codes

An engine imports what it needs from `parity_kit.contract`; only the names in `__all__` are promised
to it. Importing this package loads neither LangGraph nor a MessagePack library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity_kit.contract.model import (
        PROTOCOL,
        Case,
        CaseId,
        CaseRunner,
        Description,
        Engine,
        EngineName,
        Level,
        Operation,
        Pins,
        Session,
        Subject,
        SubjectKind,
        Trace,
        UnsupportedSubjectError,
        run,
    )
    from parity_kit.contract.outcomes import (
        Event,
        Outcome,
        Raised,
        Returned,
        Unsupported,
        outcome_from_plain,
        outcome_to_plain,
        split_stored_name,
        stored_name,
    )
    from parity_kit.contract.plain import Ext, Plain

__all__ = [
    "PROTOCOL",
    "Case",
    "CaseId",
    "CaseRunner",
    "Description",
    "Engine",
    "EngineName",
    "Event",
    "Ext",
    "Level",
    "Operation",
    "Outcome",
    "Pins",
    "Plain",
    "Raised",
    "Returned",
    "Session",
    "Subject",
    "SubjectKind",
    "Trace",
    "Unsupported",
    "UnsupportedSubjectError",
    "outcome_from_plain",
    "outcome_to_plain",
    "run",
    "split_stored_name",
    "stored_name",
]

_MODULES = {
    **dict.fromkeys(("Ext", "Plain"), "plain"),
    **dict.fromkeys(("Event", "Outcome", "Raised", "Returned", "Unsupported"), "outcomes"),
    **dict.fromkeys(("outcome_from_plain", "outcome_to_plain"), "outcomes"),
    **dict.fromkeys(("split_stored_name", "stored_name"), "outcomes"),
}
"""Where a promised name is defined, if not in `model`."""


def __getattr__(name: str) -> object:
    """Import a promised name when it is first used: `--help` needs none, and `model` is slow."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _MODULES.get(name, "model")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return value
