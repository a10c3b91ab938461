"""What a candidate's processes may take and reach, and that none outlives its keeper."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.errors import CandidateCrashedError, CandidateError
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import KeptProcess, Launch
from parity_kit.wire.limits import MIB, Limits
from parity_kit.wire.usage import usage

ENGINES = Path(__file__).parent / "engines"
CASE = Case(CaseId("good"), Subject(SubjectKind.CODEC, {}), (Operation("decode"),))
PATIENCE = 20.0
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and does this")


@contextlib.contextmanager
def kept(command: list[str], limits: Limits | None = None) -> Generator[KeptProcess]:
    process = KeptProcess(Launch("it", tuple(command), ENGINES, os.environ), limits or Limits())
    try:
        yield process
    finally:
        process.end()


def output_of(program: str, limits: Limits | None = None) -> str:
    """Return what a Python program prints as a candidate, once it has ended well."""
    with kept([sys.executable, "-I", "-S", "-c", program], limits) as process:
        printed = process.stdout.read().decode()
        assert process.ended(PATIENCE) == 0, process.stderr.read().decode()
        return printed.strip()


def soon(condition: Callable[[], bool]) -> bool:
    """Return whether something comes true while one may wait for it."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_open_files_and_core_files_are_limited() -> None:
    program = (
        "import resource as r; print(r.getrlimit(r.RLIMIT_NOFILE), r.getrlimit(r.RLIMIT_CORE)[0])"
    )
    assert output_of(program, Limits(open_files=123)) == "(123, 123) 0"


def test_a_program_gets_its_variables_and_its_standard_streams_and_nothing_else() -> None:
    program = (
        "import os, signal; print(sorted(os.environ), sorted(os.listdir('/proc/self/fd')),"
        "signal.getsignal(signal.SIGCHLD), os.getpgid(0) == os.getsid(0) == os.getpid())"
    )
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc here to list a process's descriptors")
    command = (sys.executable, "-I", "-S", "-X", "utf8", "-c", program)
    process = KeptProcess(Launch("it", command, ENGINES, {"LC_ALL": "C.UTF-8", "A": "b"}), Limits())
    try:
        # The fourth is that of the folder being listed.
        expected = "['A', 'LC_ALL'] ['0', '1', '2', '3'] 0 True"
        assert process.stdout.read().decode().strip() == expected
    finally:
        process.end()


REACH = """
import socket, sys
def reached(kind, address):
    with socket.socket(kind) as end:
        end.settimeout(5)
        return end.connect_ex(address) == 0
own = socket.create_server(("127.0.0.1", 0))
print(
    reached(socket.AF_INET, ("127.0.0.1", int(sys.argv[1]))),
    reached(socket.AF_UNIX, sys.argv[2]),
    reached(socket.AF_INET, own.getsockname()),
)
"""


@pytest.mark.parametrize("network", [False, True])
def test_a_candidate_reaches_sockets_of_its_own_and_files_but_no_network(
    tmp_path: Path, *, network: bool
) -> None:
    local = socket.socket(socket.AF_UNIX)
    with socket.create_server(("127.0.0.1", 0)) as outside, local:
        local.bind(str(tmp_path / "s"))
        local.listen()
        port = str(outside.getsockname()[1])
        command = [sys.executable, "-I", "-c", REACH, port, str(tmp_path / "s")]
        with kept(command, Limits(network=network)) as process:
            printed = process.stdout.read().decode().split()
            state = process.cage.network
            if not network and state != "none":
                pytest.skip(f"the network cannot be taken from a program here: {state}")
            assert state == ("kept" if network else "none")
    assert printed == [str(network), "True", "True"]


WITHOUT_RIGHTS = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 21, 0, 0, 0)  # no program started from here may administer the system
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
"""
ASKS_FOR_ITS_NETWORK = """
import os, sys
from pathlib import Path
from parity_kit.wire.kept import KeptProcess, Launch
from parity_kit.wire.limits import Limits
launch = Launch("it", (sys.executable, "-c", "print(1)"), Path("/"), os.environ)
kept = KeptProcess(launch, Limits())
assert kept.stdout.read() == b"1\\n", "it runs all the same"
print(kept.cage.in_words())
kept.end()
"""


def test_a_cage_that_does_not_hold_is_reported() -> None:
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("only root on Linux can give up the right to make namespaces")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RIGHTS, ASKS_FOR_ITS_NETWORK],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "the network is not kept out, other processes are not hidden, the workspace is not"
        " read-only (unshare: Operation not permitted)\n"
    )


@linux
def test_memory_that_processes_share_is_counted_once() -> None:
    program = (
        "import os, sys, time; shared = b'x' * (64 << 20)\n"
        "for _ in range(4):\n    if os.fork() == 0: break\n"
        "os.write(1, b'.'); time.sleep(600)\n"
    )
    with kept([sys.executable, "-I", "-S", "-c", program]) as process:
        for _ in range(5):
            assert process.stdout.read(1) == b"."
        used = usage(process.first_pid, 0)
        assert used is not None
        assert used.processes == 5
        assert 64 * MIB < used.memory < 200 * MIB


def test_a_process_that_ends_while_it_is_looked_at_has_no_usage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ending = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    look_below = psutil.Process.children

    def look_and_end(self: psutil.Process, *, recursive: bool = False) -> list[psutil.Process]:
        below = look_below(self, recursive=recursive)
        ending.communicate(b"\n")
        return below

    monkeypatch.setattr(psutil.Process, "children", look_and_end)
    assert usage(ending.pid, 0) is None


def test_a_run_that_takes_too_long_altogether_ends() -> None:
    launch = Launch("it", (sys.executable, str(ENGINES / "exits_quietly.py")), ENGINES, os.environ)
    engine = RemoteEngine(launch, Limits(run_seconds=1e-9)).connect()
    with pytest.raises(CandidateError, match="longer than the 1e-09 s allowed for a run") as caught:
        engine.run(CASE)
    assert type(caught.value) is CandidateError
    assert engine.pid is None


OWNER = """
import os, sys, time
from pathlib import Path
from parity_kit.wire.kept import KeptProcess, Launch
from parity_kit.wire.limits import Limits
program = "import os, time; os.fork() or os.setsid(); time.sleep(600)"
kept = KeptProcess(Launch("it", (sys.executable, "-c", program), Path("/"), os.environ), Limits())
print(kept.first_pid, flush=True)
time.sleep(600)
"""


@linux
def test_nothing_runs_on_when_the_kit_itself_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        first = psutil.Process(int(owner.stdout.readline()))
        assert soon(lambda: len(first.children(recursive=True)) == 2)
        processes = [first.parent(), first, *first.children(recursive=True)]
        directory = Path(first.cwd())
        assert directory.is_dir()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert soon(
        lambda: (
            not any(process and process.is_running() and not gone(process) for process in processes)
        )
    )
    assert soon(lambda: not directory.exists())


def gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("count", [30, pytest.param(300, marks=pytest.mark.slow)])
def test_restarts_leak_nothing(count: int) -> None:
    me = psutil.Process()
    command = (sys.executable, "-I", "-S", str(ENGINES / "light.py"))
    launch = Launch("light", command, ENGINES, os.environ)
    with RemoteEngine(launch, Limits(restarts=count)) as engine:
        processes, descriptors = len(me.children(recursive=True)), me.num_fds()
        for _ in range(count):
            with pytest.raises(CandidateCrashedError, match="exit code 7"):
                engine.run(CASE)
        engine.connect()
        assert engine.restarts == count
        assert me.num_fds() == descriptors
        assert len(me.children(recursive=True)) == processes
