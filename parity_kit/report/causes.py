"""What a divergence comes from, as far as that shows from outside.

One cause shows in many cases, gates and places: a field that an engine does not know is missing
from results, from events and from stored bytes. What is named here is what differs, not where, so
that the cases of one cause come together. It is a sentence about the candidate, and no proof: two
faults that look the same from outside are one cause.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from parity_kit.contract import Case, Outcome, Raised, split_stored_name
from parity_kit.judging.verdicts import Difference

ABSENT = "absent"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|\d+")
_STEP = re.compile(r"\.([A-Za-z_$][\w$]*)|\['((?:[^'\\]|\\.)*)'\]|\[\d+\]|<\d+>")
_ORDER = " (order of keys)"
_LONGEST = 160


def cause_of(
    case: Case, difference: Difference, ours: Sequence[Outcome], theirs: Sequence[Outcome]
) -> str:
    """Return what differs, in words that are the same wherever it shows."""
    mine, yours = ours[difference.operation], theirs[difference.operation]
    if difference.where in {"value", "outcome"} and Raised in {type(mine), type(yours)}:
        return _errors(mine, yours)
    key = _last_key(difference.path, _fields(case))
    if difference.path.endswith(_ORDER):
        return f"keys of {key or 'a map'} in another order"
    if key:
        return f"{key} {_apart(difference, 'differs')}"
    return f"{_part(difference.where)} {_apart(difference, 'differs')}"


def cause_of_failure(verdict: str, said: str) -> str:
    """Return what a candidate's own failure on a case comes from: what it said, without numbers."""
    return f"{verdict}: {_general(said)}"


def _errors(mine: Outcome, yours: Outcome) -> str:
    match mine, yours:
        case Raised(), Raised() if mine.error == yours.error:
            return f"{_class(mine)} with another message"
        case Raised(), Raised():
            return f"raises {_class(yours)} for {_class(mine)}"
        case Raised(), _:
            return f"does not raise {_class(mine)}"
        case _, Raised():
            return f"raises {_class(yours)}: {_general(yours.message)}"
        case _:
            raise AssertionError("one of both is an error")


def _class(raised: Raised) -> str:
    return raised.error.rpartition(".")[2]


def _general(said: str) -> str:
    """Return a message without the numbers and ids that follow the case."""
    line = _ID.sub("#", said.strip().partition("\n")[0])
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _fields(case: Case) -> set[str]:
    """Return the names that a case's own program gave to its state and its nodes."""
    program: Any = case.subject.spec.get("program", {})
    parts = ("state", "private", "nodes", "tasks")
    return {name for part in parts for name in program.get(part, {})}


def _last_key(path: str, own: set[str]) -> str:
    """Return the last key of a path in words; a name of the case's own as what it stands for."""
    keys = [a or b for a, b in _STEP.findall(path.removesuffix(_ORDER)) if a or b]
    if not keys:
        return ""
    key = "branch:to:…" if keys[-1].startswith("branch:to:") else _ID.sub("#", keys[-1])
    return "a state field's value" if keys[-1] in own else f"`{key}`"


def _apart(difference: Difference, both: str) -> str:
    if difference.candidate == ABSENT:
        return "is missing"
    return "is too much" if difference.reference == ABSENT else both


def _part(where: str) -> str:
    """Return a part of an outcome, without the names that its case gave it."""
    if where.startswith("event "):
        return f"an event of mode {where.split()[2]}"
    if not where.startswith("stored "):
        return "the dropped entries" if where == "dropped entries" else f"the {where}"
    parts = split_stored_name(where.removeprefix("stored "))
    kind, form = parts[0], parts[-1]
    if kind == "blob":
        return "the mark of an emptied channel" if form == "empty" else "the blob of a channel"
    return "the stored value" if kind == "data" else f"a stored {kind}"
