"""Output that nobody reads, that does not fit or that cannot be encoded never changes a verdict."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import parity_kit

from parity_kit.candidates.workspace import find_workspace
from tests.support.committed import cases_of

CHANNELS = cases_of("channels")

ROOT = find_workspace(Path(__file__)).root
KIT = f"{sys.executable} -m parity_kit"
GATE = f"{KIT} gate pure --corpus channels"
LIST = f"{KIT} candidates list"


def shell(script: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", script],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, **variables},
        check=False,
    )


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (f"{GATE} | head -1", 0),
        (f"{GATE} --floor 1000 | head -1", 1),
        (f"{LIST} >&-", 0),
        (f"{GATE} 2>&-", 0),
        (f"{GATE} >&- 2>&- <&-", 0),
        (f"{GATE} >/dev/full 2>/dev/full", 2),
        (f"{KIT} gate --help | true", 0),
        (f"{KIT} no-such-command 2>&-", 2),
    ],
)
def test_the_exit_code_is_the_verdicts(script: str, code: int) -> None:
    done = shell(script)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_full_disk_is_named() -> None:
    lost = shell(f"{LIST} >/dev/full").stderr.decode()
    assert "error: standard output could not be written: No space left on device" in lost


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8"])
def test_signs_are_those_that_the_encoding_has(encoding: str) -> None:
    done = parity_kit("gate", "pure", "--corpus", "channels", encoding=encoding)
    assert done.returncode == 0, done.stderr
    sign = "✓" if encoding == "utf-8" else "+"
    assert done.stdout.startswith(
        f"{sign} equal: {CHANNELS} of {CHANNELS} cases equal at level bytes"
    )
    shown = parity_kit("no-such-command-é", encoding=encoding)
    assert (shown.returncode, "Traceback" in shown.stderr) == (2, False)
