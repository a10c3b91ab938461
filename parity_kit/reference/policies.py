"""Converts a program's policies to LangGraph's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph import types
from langgraph.types import CachePolicy, RetryPolicy

from parity_kit.contract import UnsupportedSubjectError
from parity_kit.programs import model
from parity_kit.programs.instructions import ERRORS
from parity_kit.programs.language import Scope, evaluate, text
from parity_kit.reference.hosts import Host, as_map

_HOST = Host()


def policy_arguments(policies: model.Policies) -> dict[str, Any]:
    """Return what `add_node`, `set_node_defaults` and `task` take for these policies."""
    given = {
        "retry_policy": [_retry(policy) for policy in policies.retry] or None,
        "timeout": _timeout(policies.timeout),
        "cache_policy": _cache(policies.cache),
    }
    return {name: value for name, value in given.items() if value is not None}


def supported(
    arguments: Mapping[str, Any], parameters: Sequence[str], function: str
) -> dict[str, Any]:
    """Return `arguments`; older releases of LangGraph lack the parameters of newer policies.

    Raises:
        UnsupportedSubjectError: If an argument is not among the parameters.
    """
    for name in arguments:
        if name not in parameters:
            raise UnsupportedSubjectError(f"this release's {function} has no {name}")
    return dict(arguments)


def _retry(policy: model.Retry) -> RetryPolicy:
    given: dict[str, Any] = {
        "max_attempts": policy.max_attempts,
        "initial_interval": policy.initial_interval,
        "backoff_factor": policy.backoff_factor,
        "max_interval": policy.max_interval,
        "retry_on": None if policy.on is None else tuple(ERRORS[name] for name in policy.on),
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return RetryPolicy(jitter=policy.jitter, **chosen)


def _timeout(policy: model.Timeout | None) -> Any:
    if policy is None:
        return None
    made = getattr(types, "TimeoutPolicy", None)
    if made is None:
        raise UnsupportedSubjectError("this release has no timeouts of nodes")
    return made(run_timeout=policy.run, idle_timeout=policy.idle)


def _cache(policy: model.CachePolicy | None) -> CachePolicy[Any] | None:
    if policy is None:
        return None
    ttl: Any = policy.ttl
    if policy.key is None:
        return CachePolicy(ttl=ttl)

    def key(state: Any, *_: Any, **__: Any) -> str:
        return text(evaluate(policy.key, Scope(_HOST, as_map(state))))

    return CachePolicy(key_func=key, ttl=ttl)
