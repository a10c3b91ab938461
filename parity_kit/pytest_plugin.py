"""The pytest plugin's door: `pytest --parity-candidate NAME` runs a candidate's cases as tests.

The fixture `parity_recording` records an application in a test, or compares it with its recording.

pytest loads this module for everybody who has the kit installed, so it holds the options and
nothing else; what they ask for is imported when they are given.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from parity_kit.apps.recording import Recording


@pytest.fixture
def parity_recording(
    request: pytest.FixtureRequest,
) -> Callable[[str], AbstractContextManager[Recording]]:
    """Record a block into `recordings/NAME.case`, or compare it with what was recorded before.

    With `--parity-record` an existing recording is replaced.
    """
    from parity_kit.apps.comparing import recorded_or_compared  # noqa: PLC0415  # it loads LangGraph

    folder = request.config.rootpath / "recordings"
    replace = bool(request.config.getoption("--parity-record"))
    return lambda name: recorded_or_compared(folder / f"{name}.case", replace=replace)


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
    group.addoption(
        "--parity-record",
        action="store_true",
        help="Replace the recordings that `parity_recording` would compare with.",
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
