"""Retries and timeouts of nodes (`langgraph.types.RetryPolicy`, `TimeoutPolicy`).

Engines do not wait between attempts: how long LangGraph would is only logged.
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
_RETRY = {"max_attempts", "initial_interval", "backoff_factor", "max_interval", "on", "jitter"}
_ATTEMPTS = 3
_FIRST, _FACTOR, _LONGEST = 0.5, 2.0, 128.0
_JITTER = 0.5  # pinned: half of the second that chance would add at most

# The errors that LangGraph documents as not worth another attempt.
_FINAL = (
    *(ValueError, TypeError, ArithmeticError, ImportError, LookupError, NameError, SyntaxError),
    *(RuntimeError, ReferenceError, StopIteration, StopAsyncIteration, OSError),
)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a node may be tried, and after which errors; None means LangGraph's default.

    The wait before another attempt is `first` seconds, then `factor` times as long, up to
    `longest`; `jitter` comes on top.
    """

    attempts: int
    errors: tuple[type[Exception], ...] | None
    first: float
    factor: float
    longest: float
    jitter: float

    def wait(self, attempt: int) -> float:
        """Return the seconds between the `attempt`-th attempt and the next."""
        return min(self.longest, self.first * self.factor ** (attempt - 1)) + self.jitter

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
    usual = {
        "max_attempts": _ATTEMPTS,
        "initial_interval": _FIRST,
        "backoff_factor": _FACTOR,
        "max_interval": _LONGEST,
    }
    given = {name: value for name, value in spec.items() if value is not None}
    attempts, first, factor, longest = (given.get(name, usual[name]) for name in usual)
    return Retry(attempts, errors, first, factor, longest, _JITTER if given.get("jitter") else 0.0)


def wait_before_another(policies: Sequence[Retry], error: Exception, attempt: int) -> float | None:
    """Return the seconds until a node is tried again after its `attempt`-th failure, or None.

    The first policy that applies to the error decides. Attempts that failed otherwise count too.
    """
    policy = next((retry for retry in policies if retry.covers(error)), None)
    return policy.wait(attempt) if policy is not None and attempt < policy.attempts else None
