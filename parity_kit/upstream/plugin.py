"""The pytest plugin in a test process: it engages the candidate's hook and reports each test.

pytest imports it before any conftest imports LangGraph (`-p parity_kit.upstream.plugin`). A result
is a line of JSON on the process's standard output; what pytest and the tests print goes to standard
error. It runs in the candidate's environment, so it needs nothing but pytest.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol  # it has no public name

from parity_kit.upstream.faults import FAULTS
from parity_kit.upstream.lines import LONGEST, cause, emit
from parity_kit.upstream.plugin_names import ALONE, HOOK, POSTGRES_PORT


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


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Report a file that cannot be collected."""
    if report.failed:
        text = str(report.longrepr).strip().splitlines()[-1:]
        emit({"collected": False, "test": report.nodeid, "error": "".join(text)[:LONGEST]})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the error of a phase, and where it was raised."""
    del item
    report = yield
    if report.failed and call.excinfo is not None:
        _causes.append(cause(call.excinfo.value))
    _reports.append(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Report what became of a test, and how often the candidate ran in it."""
    before = dict(_counts())
    _reports.clear()
    _causes.clear()
    FAULTS.clear()
    ended = yield
    if _reports:
        emit(_result(item, before))
    return ended


def _result(item: pytest.Item, before: dict[str, int]) -> dict[str, Any]:
    failed = FAULTS or any(report.failed for report in _reports)
    passed = any(report.when == "call" and report.passed for report in _reports)
    outcome = "failed" if failed else "passed" if passed else "skipped"
    calls = {name: count - before.get(name, 0) for name, count in _counts().items()}
    error, place = next(iter(_causes), (FAULTS[0][:LONGEST] if FAULTS else "", ""))
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
            FAULTS.clear()
            runtestprotocol(item, log=False)
            emit(_result(item, before))
            os._exit(0)
        if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            error = f"its process ended with {code}"
            emit({"test": item.nodeid, "outcome": "failed", "error": error})
        return True


def pytest_configure(config: pytest.Config) -> None:
    """Start a server and run every test in a fork, if the kit asks for it."""
    if port := os.environ.get(POSTGRES_PORT):
        postgres: Any = importlib.import_module("parity_kit.reference.postgres_server")
        # Below this private directory the server goes with it, also where the kit is killed. As
        # root, the server is another user's process.
        Path(tempfile.gettempdir()).chmod(0o711)
        postgres.start(listen_addresses="localhost", port=port, max_connections="200")
    if seconds := os.environ.get(ALONE):
        config.pluginmanager.register(_Alone(float(seconds)), "parity-kit-alone")
