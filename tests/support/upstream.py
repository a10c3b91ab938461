"""A small suite and a candidate with a hook, for tests of what runs LangGraph's own tests."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from parity_kit.candidates.workspace import Workspace
from parity_kit.upstream.bench import TestBench
from parity_kit.upstream.results import FileResult, Outcome, TestResult
from parity_kit.upstream.suites import Suite

PLUGINS = ("anyio.pytest_plugin", "asyncio", "langsmith_plugin")
SUBJECT = """
def step(fail=False):
    if fail:
        raise ValueError("no step\\nmore")
"""
HOOK = """
import subject

calls = 0
original = subject.step

def counted(*args, **kwargs):
    global calls
    calls += 1
    return original(*args, **kwargs)

def engage():
    subject.step = counted
    return lambda: {"step": calls}
"""
MANIFEST = """
name = "mine"
title = "mine"
kind = "pip"
language = "Python"
requirements = ["langgraph==1.2.24"]
patch = "hook:engage"
path = "."
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "workspace"
    folder = root / "candidates" / "mine"
    folder.mkdir(parents=True)
    (root / "parity.toml").touch()
    (folder / "candidate.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "hook.py").write_text(HOOK, encoding="utf-8")
    return Workspace(root)


def suite(tmp_path: Path, tests: str) -> Suite:
    folder = tmp_path / "suite"
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "test_it.py").write_text(dedent(tests), encoding="utf-8")
    (folder / "tests" / "subject.py").write_text(SUBJECT, encoding="utf-8")
    rules = "[pytest]\npythonpath = . tests\nasyncio_mode = strict\n"
    (folder / "pytest.ini").write_text(rules, encoding="utf-8")
    return Suite("langgraph", "1", folder, ())


def bench_of(suite: Suite) -> TestBench:
    return TestBench(Path(sys.executable), (suite,), {"langgraph": "1"}, "digest", plugins=PLUGINS)


def outcomes(result: FileResult) -> dict[str, str]:
    return {test.test.rpartition("::")[2]: test.outcome.value for test in result.tests}


def result(name: str, outcome: str, calls: int = 0) -> TestResult:
    return TestResult(name, Outcome(outcome), calls={"step": calls})
