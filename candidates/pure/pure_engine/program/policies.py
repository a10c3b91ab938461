"""Retries and timeouts of nodes (`langgraph.types.RetryPolicy`, `TimeoutPolicy`).

Engines do not wait between attempts, so retry intervals have no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pure_engine.program.language import ERRORS
from pure_engine.unsupported import check_known, look_up

POLICIES = {"retry", "timeout", "error_handler"}
"""The policies that a program may set for a node, or as defaults."""
_TIMEOUT = {"run", "idle"}
_RETRY = {"max_attempts", "initial_interval", "backoff_factor", "max_interval", "on"}
_ATTEMPTS = 3

# The errors that LangGraph documents as not worth another attempt.
_FINAL = (
    *(ValueError, TypeError, ArithmeticError, ImportError, LookupError, NameError, SyntaxError),
    *(RuntimeError, ReferenceError, StopIteration, StopAsyncIteration, OSError),
)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a node may be tried, and after which errors; None means LangGraph's default."""

    attempts: int
    errors: tuple[type[Exception], ...] | None

    def covers(self, error: Exception) -> bool:
        """Return whether the policy applies to an error."""
        if self.errors is not None:
            return isinstance(error, self.errors)
        return isinstance(error, ConnectionError) or not isinstance(error, _FINAL)


@dataclass(frozen=True, slots=True)
class Timeout:
    """The seconds that an attempt may take, and may take without progress."""

    run: float | None = None
    idle: float | None = None


NO_LIMITS = Timeout()


@dataclass(frozen=True, slots=True)
class Policies:
    """A node's policies."""

    retry: tuple[Retry, ...] = ()
    timeout: Timeout | None = None


NO_POLICIES = Policies()


def policies(spec: Mapping[str, Any], usual: Policies) -> Policies:
    """Return a node's policies, with the defaults for those it does not set."""
    return Policies(
        _retries(spec.get("retry")) or usual.retry, _timeout(spec.get("timeout")) or usual.timeout
    )


def _timeout(spec: Any) -> Timeout | None:
    if spec is None:
        return None
    if not isinstance(spec, dict):
        return Timeout(spec)
    parts = cast("dict[str, Any]", spec)
    check_known(parts, _TIMEOUT, "no part of a timeout")
    return Timeout(**parts)


def _retries(spec: Any) -> tuple[Retry, ...]:
    """Return retry policies from none, one or a list of them."""
    if spec is None:
        return ()
    several = cast("Sequence[Mapping[str, Any]]", spec if isinstance(spec, list) else [spec])
    return tuple(_retry(policy) for policy in several)


def _retry(spec: Mapping[str, Any]) -> Retry:
    check_known(spec, _RETRY, "no part of a retry policy")
    on = spec.get("on")
    errors = None if on is None else tuple(look_up(ERRORS, name, "error type") for name in on)
    attempts = spec.get("max_attempts")
    return Retry(_ATTEMPTS if attempts is None else attempts, errors)


def tries_again(policies: Sequence[Retry], error: Exception, attempt: int) -> bool:
    """Return whether a node gets another attempt after its `attempt`-th failed.

    The first policy that applies to the error decides. Attempts that failed otherwise count too.
    """
    policy = next((retry for retry in policies if retry.covers(error)), None)
    return policy is not None and attempt < policy.attempts
