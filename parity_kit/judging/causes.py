"""What a divergence comes from, as far as that shows from outside.

One cause shows in many cases, gates and places: a field that an engine does not know is missing
from results, from events and from stored bytes. A cause names what differs, not where, so that
cases of one cause come together. It is a sentence about the candidate, and no proof: two faults
that look the same from outside are one cause. It is decided once, where a case is judged;
everything that groups cases goes by it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, assert_never, cast

from parity_kit.contract import Case, Outcome, Raised
from parity_kit.contract.errors import LAST_WORDS
from parity_kit.judging.places import (
    Dropped,
    Error,
    EventAt,
    OutcomeKind,
    Place,
    StoredEntry,
    Value,
)

ABSENT = "absent"
_ID = re.compile(r"\bcase \S+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\d+")
_STEP = re.compile(r"\.([A-Za-z_$][\w$]*)|\['((?:[^'\\]|\\.)*)'\]|\[\d+\]|<\d+>")
_ORDER = " (order of keys)"
_LONGEST = 160
_BETWEEN_NODES = ("branch:to:", "join:")
_NAMESPACE = re.compile(r"[^|:]+(?=:<id)")
_MESSAGES = {"message", "drain"}
_STORED = {"blob": "the blob of a channel", "data": "the stored value"}


def cause_of(
    case: Case,
    place: Place,
    path: str,
    texts: tuple[str, str],
    outcomes: tuple[Outcome, Outcome],
) -> str:
    """Return what differs, in words that are the same wherever it shows.

    `texts` are both sides as text, `outcomes` both sides' outcomes of the operation.
    """
    if isinstance(place, (Error, OutcomeKind)):
        return _errors(case, *outcomes)
    key = _last_key(path, _fields(case))
    if path.endswith(_ORDER):
        return f"keys of {key or 'a map'} in another order"
    return f"{key or _part(place)} {_how(texts)}"


def cause_of_failure(verdict: str, message: str) -> str:
    """Return what a candidate's own failure on a case comes from: its message, generalized.

    What follows the first line, and a candidate's last words, may be others each time.
    """
    return f"{verdict}: {_general(message.partition(LAST_WORDS)[0])}"


def _errors(case: Case, ours: Outcome, theirs: Outcome) -> str:
    match ours, theirs:
        case Raised(), Raised() if ours.error == theirs.error:
            return f"{_class(ours)} with another message"
        case Raised(), Raised():
            return f"raises {_class(theirs)} for {_class(ours)}"
        case Raised(), _:
            return f"does not raise {_class(ours)}"
        case _, Raised():
            said = sorted(_said(case.subject.spec.get("program")), key=len, reverse=True)
            message = functools.reduce(
                lambda text, own: text.replace(own, "…"), said, theirs.message
            )
            return f"raises {_class(theirs)}: {_general(message)}"
        case _:
            return "offers what LangGraph does not"


def _class(raised: Raised) -> str:
    return raised.error.rpartition(".")[2]


def _general(message: str) -> str:
    """Return a message without the names, numbers and ids that follow the case."""
    line = _ID.sub("#", message.strip().partition("\n")[0])
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _fields(case: Case) -> set[str]:
    """Return the names that a case's own program gave to its state and its nodes."""
    program: Any = case.subject.spec.get("program", {})
    parts = ("state", "private", "nodes", "tasks")
    return {name for part in parts for name in program.get(part, {})}


def _said(program: Any) -> Iterator[str]:
    """Yield the messages that a program's own nodes raise or stop a run with."""
    if isinstance(program, Mapping):
        for key, part in cast("Mapping[str, Any]", program).items():
            if key in _MESSAGES and isinstance(part, str) and part:
                yield part
            yield from _said(part)
    elif isinstance(program, list | tuple):
        for part in cast("Sequence[Any]", program):
            yield from _said(part)


def _last_key(path: str, own: set[str]) -> str:
    """Return the last key of a path in words; a name of the case's own as what it stands for."""
    keys = [a or b for a, b in _STEP.findall(path.removesuffix(_ORDER)) if a or b]
    if not keys:
        return ""
    between = next((start for start in _BETWEEN_NODES if keys[-1].startswith(start)), "")
    key = f"{between}…" if between else _general(_NAMESPACE.sub("…", keys[-1]))
    return "a state field's value" if keys[-1] in own else f"`{key}`"


def _how(texts: tuple[str, str]) -> str:
    reference, candidate = texts
    if candidate == ABSENT:
        return "is missing"
    return "is too much" if reference == ABSENT else "differs"


def _part(place: Place) -> str:
    """Return a place without the names that its case gave it."""
    match place:
        case Value() | Error() | OutcomeKind():
            return "the value"
        case EventAt():
            return f"an event of mode {place.mode}"
        case Dropped():
            return "the dropped entries"
        case StoredEntry():
            if place.kind == "blob" and place.form == "empty":
                return "the mark of an emptied channel"
            return _STORED.get(place.kind, f"a stored {place.kind}")
        case _:
            assert_never(place)
