"""Patch hooks for fast-langgraph 0.1.15: as shipped, and engaged wherever it claims to be.

Both return a function that reports how often the accelerated `apply_writes` has run. It is the only
function of the engine that fast-langgraph replaces, so its cached thread pool is not counted.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import sys
from collections.abc import Callable
from types import ModuleType
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
    """Patch, then install the accelerated function in every module that holds LangGraph's.

    Those import `apply_writes` by name, and have done so before the patch reaches
    `langgraph.pregel._algo`. Each place counts its own calls. The accelerated function imports
    `task_path_str` from `langgraph.pregel._call`, where LangGraph 1.2 no longer has it.
    """
    algo: Any = importlib.import_module("langgraph.pregel._algo")
    original = algo.apply_writes
    engage()
    accelerated = algo.apply_writes
    call: Any = importlib.import_module("langgraph.pregel._call")
    call.task_path_str = algo.task_path_str
    calls: dict[str, int] = {}

    def counted(place: str) -> Callable[..., Any]:
        calls[place] = 0

        @functools.wraps(accelerated)
        def counting(*args: Any, **kwargs: Any) -> Any:
            calls[place] += 1
            return accelerated(*args, **kwargs)

        return counting

    for module in _modules():
        for name, value in [*vars(module).items()]:
            if value is original or value is accelerated:
                setattr(module, name, counted(f"{name} in {module.__name__}"))
    return lambda: dict(calls)


def _modules() -> list[ModuleType]:
    """Return all modules of LangGraph's loop, and whatever else of LangGraph is imported."""
    package: Any = importlib.import_module("langgraph.pregel")
    for module in pkgutil.iter_modules(package.__path__, "langgraph.pregel."):
        if module.name != "langgraph.pregel.types":  # deprecated: it warns whoever imports it first
            importlib.import_module(module.name)
    return [module for name, module in [*sys.modules.items()] if name.startswith("langgraph.")]
