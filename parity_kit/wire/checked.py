"""A Python engine whose answers are checked: a wrong type is named where it is returned.

Only types that cannot turn into plain data are checked here; `shapes` checks the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from parity_kit.contract import (
    Case,
    Description,
    Engine,
    Event,
    Level,
    Operation,
    Outcome,
    Pins,
    Raised,
    Returned,
    Session,
    Subject,
    SubjectKind,
    Unsupported,
)

Counters = Callable[[], Mapping[str, int]]
"""Returns how often every replaced function has run; a patch hook returns such a function."""

_OUTCOMES = "a Returned, Raised or Unsupported of parity_kit.contract"


class BadEngineError(Exception):
    """The engine does not follow the contract; the message needs no traceback."""


@dataclass(frozen=True, slots=True)
class CheckedEngine:
    """An engine, and the counters of its patch hook."""

    engine: Engine
    counters: Counters | None = None

    def describe(self) -> Description:
        """Return the engine's description, with the counts of its patch hook."""
        answer = cast("object", self.engine.describe())
        if not isinstance(answer, Description):
            raise _wrong("describe()", answer, "a parity_kit.contract.Description")
        levels = _map("describe()", "levels", answer.levels)
        for kind, level in levels.items():
            if not isinstance(kind, SubjectKind) or not isinstance(level, Level):
                problem = f"describe() has {kind!r}: {level!r} in `levels`"
                raise BadEngineError(f"{problem}, not a SubjectKind and a Level")
        engaged = {**_map("describe()", "engaged", answer.engaged)}
        if self.counters is not None:
            counts = cast("object", self.counters())
            if not isinstance(counts, Mapping):
                raise _wrong(
                    "the function that the patch hook returned", counts, "a dict of counts"
                )
            engaged |= cast("Mapping[object, object]", counts)
        return replace(answer, engaged=cast("Mapping[str, int]", engaged))

    def open(self, subject: Subject, pins: Pins) -> CheckedSession:
        """Open a subject."""
        session = self.engine.open(subject, pins)
        if missing := missing_methods(session, ("apply", "close")):
            raise _wrong("open()", session, f"a session with the method {missing}")
        return CheckedSession(session)

    def measure(self, case: Case, loops: int) -> int:
        """Return the nanoseconds of `loops` runs of a case."""
        nanoseconds = cast("object", self.engine.measure(case, loops))
        if not isinstance(nanoseconds, int):
            raise _wrong("measure()", nanoseconds, "an int of nanoseconds")
        return nanoseconds


@dataclass(frozen=True, slots=True)
class CheckedSession:
    """A session of a `CheckedEngine`."""

    session: Session

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation and return its outcome."""
        outcome = cast("object", self.session.apply(operation))
        call = f"apply() of {operation.name!r}"
        match outcome:
            case Unsupported():
                return outcome
            case Returned() | Raised():
                events = cast("object", outcome.events)
                if not _is_array(events):
                    raise BadEngineError(f"{call} has {_named(events)} for `events`, not a tuple")
                for event in cast("tuple[object, ...]", events):
                    if not isinstance(event, Event) or not _is_array(event.namespace):
                        raise BadEngineError(f"{call} has the event {event!r:.80}, not an Event")
                _map(call, "stored", outcome.stored)
                return outcome
            case _:
                raise _wrong(call, outcome, _OUTCOMES)

    def close(self) -> None:
        """Release the session."""
        self.session.close()


def missing_methods(value: object, names: tuple[str, ...]) -> str:
    """Return the methods that a value lacks, in words; an empty string if it has them all."""
    return ", ".join(name for name in names if not callable(getattr(value, name, None)))


def _is_array(value: object) -> bool:
    return isinstance(value, tuple | list)


def _map(call: str, field: str, value: object) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise BadEngineError(f"{call} has {_named(value)} for `{field}`, not a dict")
    return cast("Mapping[object, object]", value)


def _wrong(call: str, value: object, expected: str) -> BadEngineError:
    return BadEngineError(f"{call} returned {_named(value)}, not {expected}")


def _named(value: object) -> str:
    """Return a value as `None` or `a str`."""
    if value is None:
        return "None"
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
