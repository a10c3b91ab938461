from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from parity_kit.bench.memory import held, highest, kept_below, reset

MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="memory is measured on Linux only"
)


def _highest(processes: list[int], used: int) -> int | None:
    assert reset(processes)
    bytearray(b"x" * used)
    return highest(processes)


def test_a_peak_that_is_over_at_once_is_seen() -> None:
    me = [os.getpid()]
    before = held(me)
    most = _highest(me, 64 * MIB)

    assert before is not None
    assert most is not None
    assert most > before + 60 * MIB


def test_an_earlier_peak_does_not_count_again() -> None:
    me = [os.getpid()]
    high = _highest(me, 256 * MIB)
    low = _highest(me, 0)

    assert high is not None
    assert low is not None
    assert low < high - 200 * MIB


def test_a_process_that_is_gone_uses_no_memory() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    assert held([]) is None
    assert held([gone.pid]) is None
    assert not reset([gone.pid])
    assert highest([gone.pid]) is None


def test_a_process_below_a_cage_is_found_and_its_keepers_are_not() -> None:
    program = "input()"
    for _ in range(2):
        program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}])"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as keeper:
        assert keeper.stdin is not None
        below: list[psutil.Process] = []
        while len(below) < 2:
            below = psutil.Process(keeper.pid).children(recursive=True)
        first, candidate = below
        listed = kept_below(os.getpid())
        keeper.stdin.close()

    assert candidate.pid in listed
    assert not {keeper.pid, first.pid} & {*listed}
