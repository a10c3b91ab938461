"""Policies of nodes and tasks as Python source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from parity_kit.programs.model import CachePolicy, Policies, Retry, Timeout
from parity_kit.programs.script.source import Uses, call, literal


def policy_arguments(
    policies: Policies, key: Callable[[Any], str], uses: Uses
) -> Mapping[str, str | None]:
    """Return policies as arguments; `key` returns the source of a cache key's function."""
    retry = [_retry(policy, uses) for policy in policies.retry]
    return {
        "retry_policy": retry[0] if len(retry) == 1 else f"[{', '.join(retry)}]" if retry else None,
        "cache_policy": None if policies.cache is None else _cache(policies.cache, key, uses),
        "timeout": None if policies.timeout is None else _timeout(policies.timeout, uses),
    }


def _retry(retry: Retry, uses: Uses) -> str:
    kinds = None if retry.on is None else ", ".join(retry.on)
    return call(
        uses("RetryPolicy"),
        max_attempts=_given(retry.max_attempts, uses),
        initial_interval=_given(retry.initial_interval, uses),
        backoff_factor=_given(retry.backoff_factor, uses),
        max_interval=_given(retry.max_interval, uses),
        jitter=literal(retry.jitter, uses),
        retry_on=None if kinds is None else kinds if len(retry.on or ()) == 1 else f"({kinds})",
    )


def _timeout(timeout: Timeout, uses: Uses) -> str:
    if timeout.idle is None:
        return literal(timeout.run, uses)
    run = _given(timeout.run, uses)
    return call(uses("TimeoutPolicy"), run_timeout=run, idle_timeout=literal(timeout.idle, uses))


def _cache(cache: CachePolicy, key: Callable[[Any], str], uses: Uses) -> str:
    function = None if cache.key is None else key(cache.key)
    return call(uses("CachePolicy"), key_func=function, ttl=_given(cache.ttl, uses))


def _given(value: Any, uses: Uses) -> str | None:
    return None if value is None else literal(value, uses)
