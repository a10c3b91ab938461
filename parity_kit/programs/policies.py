"""Policies of nodes and tasks from plain data: retry, timeout, error handler and cache."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from parity_kit.contract.errors import BadProgramError
from parity_kit.programs import rules
from parity_kit.programs.bodies import ProgramLocation, check_body, check_expression
from parity_kit.programs.instructions import ERRORS
from parity_kit.programs.model import CachePolicy, Policies, Retry, Timeout
from parity_kit.programs.operators import Owner

POLICIES = ("retry", "timeout", "error_handler", "cache")
_RETRY = ("max_attempts", "initial_interval", "backoff_factor", "max_interval", "on", "jitter")


def policies(data: Any, where: str, owner: Owner, names: Collection[str]) -> Policies:
    """Parse policies from plain data; `names` are those that an error handler may call."""
    entries = rules.keys(data, POLICIES, (), where)
    retry: Any = entries.get("retry", ())
    handler = entries.get("error_handler")
    if handler is not None:
        check_body(handler, ProgramLocation(f"{where}.error_handler", owner, names))
    retries: list[Any] = (
        [retry] if isinstance(retry, dict) else rules.items(retry, f"{where}.retry")
    )
    return Policies(
        tuple(_retry(policy, f"{where}.retry") for policy in retries),
        _timeout(entries.get("timeout"), f"{where}.timeout"),
        handler,
        _cache(entries.get("cache"), f"{where}.cache"),
    )


def _retry(value: Any, where: str) -> Retry:
    entries = rules.keys(value, _RETRY, (), where)
    attempts, on = entries.get("max_attempts"), entries.get("on")
    if attempts is not None and (not isinstance(attempts, int) or isinstance(attempts, bool)):
        raise BadProgramError("`max_attempts` is an integer", where=where)
    for name in _RETRY[1:4]:
        if entries.get(name) is not None:
            rules.seconds(entries[name], f"{where}.{name}")
    if on is not None:
        on = tuple(rules.one_of(item, ERRORS, where, "error") for item in rules.items(on, where))
    initial, factor, longest = (entries.get(name) for name in _RETRY[1:4])
    jitter = rules.flag(entries.get("jitter", False), f"{where}.jitter")
    return Retry(attempts, initial, factor, longest, on, jitter)


def _timeout(value: Any, where: str) -> Timeout | None:
    if value is None:
        return None
    entries = {"run": value} if isinstance(value, (int, float)) else value
    rules.keys(entries, {"run", "idle"}, (), where)
    for entry in entries.values():
        # LangGraph refuses a policy that allows no time at all.
        if entry is not None and not rules.seconds(entry, where) > 0:
            raise BadProgramError("a timeout is more than 0 seconds", where=where)
    return Timeout(entries.get("run"), entries.get("idle"))


def _cache(value: Any, where: str) -> CachePolicy | None:
    if value is None:
        return None
    entries = rules.keys(value, {"ttl", "key"}, (), where)
    ttl, key = entries.get("ttl"), entries.get("key")
    if ttl is not None:
        rules.seconds(ttl, where)
    return CachePolicy(ttl, check_expression(key, ProgramLocation(where, Owner.ROUTE)))
