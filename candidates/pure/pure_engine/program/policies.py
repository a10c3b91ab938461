"""What a program says of nodes that fail or take too long: when they run again.

`langgraph.types.RetryPolicy`; no engine waits between attempts, so intervals are only checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from parity_kit.contract import UnsupportedSubjectError
from pure_engine.program.language import ERRORS

POLICIES = {"retry", "timeout", "error_handler"}
"""What a program may say of one node, and of all."""
_TIMEOUT = {"run", "idle"}
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


@dataclass(frozen=True, slots=True)
class Timeout:
    """The seconds that an attempt may take, and those it may take without a sign of progress."""

    run: float | None = None
    idle: float | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """What holds for a node when it fails, or takes too long."""

    retry: tuple[Retry, ...] = ()
    timeout: Timeout | None = None


NO_POLICIES = Policies()


def policies(spec: Mapping[str, Any], usual: Policies) -> Policies:
    """Return what a program says of a node, or else what is usual.

    Raises:
        UnsupportedSubjectError: If it has a part that is not known.
    """
    return Policies(
        _retries(spec.get("retry")) or usual.retry, _timeout(spec.get("timeout")) or usual.timeout
    )


def _timeout(spec: Any) -> Timeout | None:
    if spec is None:
        return None
    if not isinstance(spec, dict):
        return Timeout(spec)
    parts = cast("dict[str, Any]", spec)
    if unknown := sorted(set(parts) - _TIMEOUT):
        message = f"no part of a timeout {unknown[0]}"
        raise UnsupportedSubjectError(message)
    return Timeout(**parts)


def _retries(spec: Any) -> tuple[Retry, ...]:
    """Return the policies that a program has in one place: none, one or a list."""
    if spec is None:
        return ()
    several = cast("Sequence[Mapping[str, Any]]", spec if isinstance(spec, list) else [spec])
    return tuple(_retry(policy) for policy in several)


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
    policy = next((retry for retry in policies if retry.covers(error)), None)
    return policy is not None and attempt < policy.attempts
