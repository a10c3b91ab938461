"""What a program says of failing nodes: when they run again, and what runs in their place.

`langgraph.types.RetryPolicy`; no engine waits between attempts, so intervals are only checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from parity_kit.contract import UnsupportedSubjectError
from pure_engine.language import ERRORS

_RETRY = {"max_attempts", "initial_interval", "backoff_factor", "max_interval", "on"}
_ATTEMPTS = 3

# The errors that LangGraph documents as not worth another attempt.
_FINAL = (
    ValueError,
    TypeError,
    ArithmeticError,
    ImportError,
    LookupError,
    NameError,
    SyntaxError,
    RuntimeError,
    ReferenceError,
    StopIteration,
    StopAsyncIteration,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a node may begin, and after which errors; None: those LangGraph thinks may pass."""

    attempts: int
    errors: tuple[type[Exception], ...] | None

    def covers(self, error: Exception) -> bool:
        """Return whether the policy is for an error."""
        if self.errors is not None:
            return isinstance(error, self.errors)
        return isinstance(error, ConnectionError) or not isinstance(error, _FINAL)


def retries(spec: Any) -> tuple[Retry, ...]:
    """Return the policies that a program has in one place: none, one or a list.

    Raises:
        UnsupportedSubjectError: If one has a part that is not known.
    """
    if spec is None:
        return ()
    several = cast("Sequence[Mapping[str, Any]]", spec if isinstance(spec, list) else [spec])
    return tuple(_retry(each) for each in several)


def _retry(spec: Mapping[str, Any]) -> Retry:
    if unknown := sorted(set(spec) - _RETRY):
        message = f"no part of a retry policy {unknown[0]}"
        raise UnsupportedSubjectError(message)
    on = spec.get("on")
    if on is not None and (unknown := [name for name in on if name not in ERRORS]):
        message = f"no error type {unknown[0]}"
        raise UnsupportedSubjectError(message)
    errors = None if on is None else tuple(ERRORS[name] for name in on)
    attempts = spec.get("max_attempts")
    return Retry(_ATTEMPTS if attempts is None else attempts, errors)


def tries_again(policies: Sequence[Retry], error: Exception, attempt: int) -> bool:
    """Return whether a node that failed in its `attempt`-th attempt has another.

    The first policy that is for the error decides; attempts count whatever they failed of.
    """
    policy = next((each for each in policies if each.covers(error)), None)
    return policy is not None and attempt < policy.attempts
