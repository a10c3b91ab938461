from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from parity_kit.bench.memory import held, highest, kept_below

MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="memory is measured on Linux only"
)


def test_a_peak_that_is_over_at_once_is_seen() -> None:
    me = [os.getpid()]
    before = held(me)
    most = highest(me, lambda: len(bytearray(b"x" * (64 * MIB))))

    assert before is not None
    assert most is not None
    assert most > before + 60 * MIB


def test_an_earlier_peak_does_not_count_again() -> None:
    me = [os.getpid()]
    high = highest(me, lambda: len(bytearray(b"x" * (256 * MIB))))
    low = highest(me, lambda: None)

    assert high is not None
    assert low is not None
    assert low < high - 200 * MIB


def test_of_no_process_or_one_that_is_gone_nothing_is_said() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    assert held([]) is None
    assert held([gone.pid]) is None
    assert highest([gone.pid], lambda: None) is None


def test_a_process_below_a_keeper_is_found_and_the_keeper_is_not() -> None:
    nested = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", nested], stdin=subprocess.PIPE) as keeper:
        assert keeper.stdin is not None
        kept: set[int] = set()
        while not kept:
            kept = {child.pid for child in psutil.Process(keeper.pid).children()}
        found = kept_below(os.getpid())
        keeper.stdin.close()

    assert kept <= set(found)
    assert keeper.pid not in found
