"""The pytest plugin's door: `pytest --parity-candidate NAME` runs a candidate's cases as tests.

pytest loads this module for everybody who has the kit installed, so it holds the options and
nothing else; what they ask for is imported when they are given.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("parity", "Parity Kit")
    group.addoption(
        "--parity-candidate",
        metavar="NAME",
        help="Run the corpora and suites of [gate] in parity.toml on this candidate as tests.",
    )
    group.addoption(
        "--parity-corpus",
        action="append",
        default=[],
        metavar="NAME",
        help="Only this corpus; may be repeated (default: those of [gate], or all).",
    )
    group.addoption(
        "--parity-suite",
        action="append",
        default=[],
        metavar="NAME",
        help="Only this lockstep suite; may be repeated and combined with --parity-corpus.",
    )
    group.addoption(
        "--parity-examples",
        type=int,
        metavar="N",
        help="Cases that Hypothesis tries per suite (default: as in [gate.suites], or 100).",
    )
    group.addoption(
        "--parity-workspace",
        metavar="DIR",
        help="The directory with parity.toml (default: the root directory of pytest).",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register what runs the tests, where a candidate is named."""
    if config.getoption("--parity-candidate"):
        from parity_kit.gates.pytest_tests import ParityTests  # noqa: PLC0415  # only where it is asked for

        config.pluginmanager.register(ParityTests.of(config), "parity-kit-tests")
        return
    for name in ("--parity-corpus", "--parity-suite"):
        if config.getoption(name):
            raise pytest.UsageError(f"{name} needs --parity-candidate")
