"""The pytest plugin in a test process: it engages the candidate's hook and reports each test.

pytest imports it before any conftest imports LangGraph (`-p parity_kit.upstream.plugin`). A result
is a line of JSON on the process's standard output; what pytest and the tests print goes to standard
error. It runs in the candidate's environment, so it needs nothing but pytest.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator
from typing import Any

import pytest
from _pytest.runner import runtestprotocol  # it has no public name

from parity_kit.upstream.plugin_names import ALONE, HOOK

_LONGEST = 400
_results = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def _no_counts() -> dict[str, int]:
    return {}


def _engage() -> Callable[[], dict[str, int]]:
    if not (named := os.environ.get(HOOK)):
        return _no_counts
    module, _, function = named.partition(":")
    return getattr(importlib.import_module(module), function)()


_counts = _engage()
_reports: list[pytest.TestReport] = []
_causes: list[tuple[str, str]] = []


def _emit(message: dict[str, Any]) -> None:
    _results.write(json.dumps(message) + "\n")
    _results.flush()


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Report a file that cannot be collected."""
    if report.failed:
        text = str(report.longrepr).strip().splitlines()[-1:]
        _emit({"collected": False, "test": report.nodeid, "error": "".join(text)[:_LONGEST]})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the error of a phase, and where it was raised."""
    del item
    report = yield
    if report.failed and call.excinfo is not None:
        error = call.excinfo.value
        text = next(iter(str(error).splitlines()), "")
        _causes.append((f"{type(error).__name__}: {text}"[:_LONGEST], _place(error)))
    _reports.append(report)
    return report


def _place(error: BaseException) -> str:
    """Return the deepest line of a library that raised, or of the test if none did."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if not _is_of_pytest(frame.filename)]
    deep = [
        frame
        for frame in ours
        if "/tests/" not in frame.filename and "lib/python" in frame.filename
    ]
    if not (frame := next(reversed(deep or ours), None)):
        return ""
    path = frame.filename.rpartition("site-packages/")[2].rpartition("/tests/")[2]
    return f"{path}:{frame.lineno} in {frame.name}"


def _is_of_pytest(path: str) -> bool:
    return any(f"/{name}/" in path for name in ("_pytest", "pluggy", "parity_kit", "anyio"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Report what became of a test, and how often the candidate ran in it."""
    before = dict(_counts())
    _reports.clear()
    _causes.clear()
    ended = yield
    if _reports:
        _emit(_result(item, before))
    return ended


def _result(item: pytest.Item, before: dict[str, int]) -> dict[str, Any]:
    failed = any(report.failed for report in _reports)
    passed = any(report.when == "call" and report.passed for report in _reports)
    outcome = "failed" if failed else "passed" if passed else "skipped"
    calls = {name: count - before.get(name, 0) for name, count in _counts().items()}
    error, place = _causes[0] if _causes else ("", "")
    seconds = sum(report.duration for report in _reports)
    return {
        "test": item.nodeid,
        "outcome": outcome,
        "seconds": round(seconds, 4),
        "calls": calls,
        "error": error,
        "place": place,
    }


class _Alone:
    """Runs each test in a fork, so that nothing of another test is left."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
        """Run a test in a fork, which reports it."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
            before = dict(_counts())
            runtestprotocol(item, log=False)
            _emit(_result(item, before))
            os._exit(0)
        if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            error = f"its process ended with {code}"
            _emit({"test": item.nodeid, "outcome": "failed", "error": error})
        return True


def pytest_configure(config: pytest.Config) -> None:
    """Run every test in a fork, if the kit asks for it."""
    if seconds := os.environ.get(ALONE):
        config.pluginmanager.register(_Alone(float(seconds)), "parity-kit-alone")
