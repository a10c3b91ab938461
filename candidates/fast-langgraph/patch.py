"""Patch hooks for fast-langgraph 0.1.15: as shipped, and engaged wherever it claims to be.

Both return a function that reports how often the accelerated `apply_writes` has run. It is the one
function of the engine that fast-langgraph replaces, so its cached thread pool is not counted.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any


def engage() -> Callable[[], dict[str, int]]:
    """Patch as fast-langgraph's README says, before LangGraph is imported."""
    shims: Any = importlib.import_module("fast_langgraph.algo_shims")
    calls = 0

    def counting(create: Callable[[Any], Callable[..., Any]]) -> Callable[[Any], Any]:
        def create_counted(original: Any) -> Callable[..., Any]:
            accelerated = create(original)

            @functools.wraps(accelerated)
            def counted(*args: Any, **kwargs: Any) -> Any:
                nonlocal calls
                calls += 1
                return accelerated(*args, **kwargs)

            return counted

        return create_counted

    # `patch_langgraph` takes the factory from its module at the moment it patches.
    shims.create_accelerated_apply_writes = counting(shims.create_accelerated_apply_writes)
    shim = importlib.import_module("fast_langgraph.shim")
    shim.patch_langgraph(verbose=False)
    return lambda: {"apply_writes": calls}


def engage_everywhere() -> Callable[[], dict[str, int]]:
    """Patch, then install the accelerated function where LangGraph calls it.

    `langgraph.pregel._loop` and `langgraph.pregel.main` import `apply_writes` by name, and have
    done so before the patch reaches `langgraph.pregel._algo`. The accelerated function imports
    `task_path_str` from `langgraph.pregel._call`, where LangGraph 1.2 no longer has it.
    """
    counters = engage()
    algo = importlib.import_module("langgraph.pregel._algo")
    call: Any = importlib.import_module("langgraph.pregel._call")
    call.task_path_str = algo.task_path_str
    for name in ("langgraph.pregel._loop", "langgraph.pregel.main"):
        module: Any = importlib.import_module(name)
        module.apply_writes = algo.apply_writes
    return counters
