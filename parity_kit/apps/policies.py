"""LangGraph's policies of a node as those of the program language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from langgraph._internal._cache import default_cache_key
from langgraph._internal._retry import default_retry_on
from langgraph.types import RetryPolicy

from parity_kit.programs.instructions import ERRORS


def policies_of(node: Any) -> dict[str, Any]:
    """Return a compiled node's policies as plain data.

    Raises:
        ValueError: Naming what the language cannot express.
    """
    made: dict[str, Any] = {}
    policies = node.retry_policy
    if policies:
        given: Sequence[Any] = [policies] if isinstance(policies, RetryPolicy) else policies
        made["retry"] = [_retry(policy) for policy in given]
    timeout = getattr(node, "timeout", None)
    if timeout is not None:
        limits = {"run": timeout.run_timeout, "idle": timeout.idle_timeout}
        made["timeout"] = {name: value for name, value in limits.items() if value is not None}
    if node.cache_policy is not None:
        if node.cache_policy.key_func is not default_cache_key:
            raise ValueError("a cache policy with a key function")
        made["cache"] = {} if node.cache_policy.ttl is None else {"ttl": node.cache_policy.ttl}
    return made


def _retry(policy: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "max_attempts": policy.max_attempts,
        "initial_interval": float(policy.initial_interval),
        "backoff_factor": float(policy.backoff_factor),
        "max_interval": float(policy.max_interval),
    }
    retried = policy.retry_on
    if retried is default_retry_on:
        return made
    kinds = [retried] if isinstance(retried, type) else retried
    if not isinstance(kinds, Sequence):
        raise ValueError("a retry policy with a predicate")  # noqa: TRY004  # what it is, not how it is used
    bases = tuple(cast("Sequence[type[Exception]]", kinds))
    made["on"] = [name for name, error in ERRORS.items() if issubclass(error, bases)]
    return made
