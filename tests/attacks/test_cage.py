"""What a candidate's processes do to the machine, the kit and the job around them."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from parity_kit.candidates import variables
from parity_kit.candidates.launch import start
from parity_kit.candidates.manifest import load
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import BadManifestError, CandidateError
from parity_kit.wire.kept import KeptProcess, Launch
from parity_kit.wire.limits import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has namespaces")
SECRET = "a secret of the job"  # noqa: S105  # not a password
PATIENCE = 10.0
ROOT = Path(__file__).parents[2]
ENGINES = ROOT / "tests" / "faults" / "engines"


@contextlib.contextmanager
def caged(program: str, folder: Path, *read_only: Path) -> Generator[KeptProcess]:
    command = (sys.executable, "-I", "-S", "-c", program)
    variables = {"PATH": os.environ["PATH"], "FOLDER": str(folder)}
    process = KeptProcess(Launch("it", command, folder, variables, read_only), Limits())
    try:
        if gaps := process.cage.gaps():
            pytest.skip(f"no whole cage here: {gaps}")
        yield process
    finally:
        process.end()


def printed(program: str, folder: Path, *read_only: Path) -> str:
    """Return what a candidate's program prints."""
    with caged(program, folder, *read_only) as process:
        output = process.stdout.read().decode()
        assert process.ended(PATIENCE) == 0, process.stderr.read().decode()
        return output.strip()


def test_it_ends_whole_families_of_processes_but_not_its_keeper(tmp_path: Path) -> None:
    program = """
import os, signal, sys, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
for pid in (1, os.getppid()):
    os.kill(pid, signal.SIGKILL)
print("still here", flush=True)
time.sleep(600)
"""
    with caged(program, tmp_path) as process:
        assert process.stdout.readline() == b"still here\n"
        family = psutil.Process(process.first_pid).children(recursive=True)
        assert len(family) >= 4, "itself and three that left its session"
    _, alive = psutil.wait_procs(family, PATIENCE)
    assert not alive


def test_nothing_is_left_when_the_keeper_itself_is_killed(tmp_path: Path) -> None:
    program = "import os, time; os.fork() or os.setsid(); print(flush=True); time.sleep(600)"
    with caged(program, tmp_path) as process:
        process.stdout.readline()
        first = psutil.Process(process.first_pid)
        family = [first, *first.children(recursive=True)]
        os.kill(first.ppid(), signal.SIGKILL)
        _, alive = psutil.wait_procs(family, PATIENCE)
    assert not alive


def test_it_reads_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB", SECRET)
    program = """
import glob, os
seen = b""
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        with open(path, "rb") as stream:
            seen += stream.read()
    except PermissionError:
        pass
print(sorted(int(name) for name in os.listdir("/proc") if name.isdigit()), b"secret" in seen)
"""
    assert printed(program, tmp_path) == "[1, 2] False"


def test_it_joins_no_network_of_another_process(tmp_path: Path) -> None:
    program = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name in ("net", "mnt", "pid"):
    place = os.open(f"/proc/self/ns/{name}", os.O_RDONLY)
    print(name, libc.setns(place, 0) and os.strerror(ctypes.get_errno()))
print("unshare", libc.unshare(0x40000000) and os.strerror(ctypes.get_errno()))
"""
    lines = printed(program, tmp_path).splitlines()
    assert len(lines) == 4
    assert all(line.endswith("Operation not permitted") for line in lines), lines


@pytest.mark.parametrize("place", ["{folder}/expected.toml", "expected.toml", "engine/source"])
def test_it_changes_no_file_that_decides_a_verdict(tmp_path: Path, place: str) -> None:
    (tmp_path / "expected.toml").touch()
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "source").touch()
    program = f"""
with open({place.format(folder=tmp_path)!r}) as stream:
    assert stream.read() == ""
try:
    open(stream.name, "w")
except OSError as error:
    print(error.strerror)
"""
    assert printed(program, tmp_path, tmp_path) == "Read-only file system"


def test_it_works_in_a_private_directory_that_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "expected.toml").write_text("mine", encoding="utf-8")
    program = """
import os
print(os.getcwd(), oct(os.stat(".").st_mode & 0o777), flush=True)
for name in ("new", "expected.toml"):
    with open("it", "w") as stream:
        stream.write("its own")
    os.replace("it", name)
print(sorted(os.listdir(".")), open("expected.toml").read())
"""
    place, _, rest = printed(program, tmp_path, tmp_path).partition(" ")
    assert rest == "0o700\n['expected.toml', 'new'] its own"
    assert not Path(place).exists()
    assert [path.name for path in tmp_path.iterdir()] == ["expected.toml"]
    assert (tmp_path / "expected.toml").read_text(encoding="utf-8") == "mine"


def test_the_directory_of_a_process_that_it_keeps_itself_goes_too(tmp_path: Path) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from parity_kit.wire.kept import KeptProcess, Launch, Path
from parity_kit.wire.limits import Limits
process = KeptProcess(Launch("inner", ("/bin/cat",), Path({str(tmp_path)!r}), {{}}), Limits())
print(process._directory)
"""
    inner = Path(printed(program, tmp_path))  # it ends, and never ends what it keeps
    deadline = time.monotonic() + PATIENCE
    while inner.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert inner.name.startswith("parity-kit-")
    assert not inner.exists()


def test_it_makes_nothing_writable_again(tmp_path: Path) -> None:
    program = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
place = os.fsencode(os.environ["FOLDER"])
for flags in (0x20 | 0x1000, 0x20):  # MS_REMOUNT, with and without MS_BIND
    print(libc.mount(b"none", place, None, flags, None) and os.strerror(ctypes.get_errno()))
print(libc.umount2(place, 2) and os.strerror(ctypes.get_errno()))
"""
    lines = printed(program, tmp_path, tmp_path).splitlines()
    assert lines == ["Operation not permitted"] * 3


def test_root_steers_no_machine_through_proc(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root could")
    program = """
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper"):
    try:
        open(path, "a").close()
        print(path)
    except OSError:
        pass
"""
    assert printed(program, tmp_path) == ""


def test_it_gains_no_rights(tmp_path: Path) -> None:
    program = """
lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
rights = int(lines["CapEff"], 16)
print(lines["NoNewPrivs"].strip(), rights & (1 << 21 | 1 << 19 | 1 << 12 | 1 << 17 | 1 << 16))
"""
    assert printed(program, tmp_path) == "1 0"


ENGINE = """
import os
from parity_kit.contract import Description, Level, SubjectKind, UnsupportedSubjectError

class Engine:
    def describe(self):
        wanted = ("A_TOKEN", "ASKED_FOR", "OWN", "GITHUB_ENV", "PIP_INDEX_URL")
        names = ",".join(name for name in wanted if name in os.environ)
        return Description(names or "none", "1", "Python", {SubjectKind.CODEC: Level.BYTES})

    def open(self, subject, pins):
        raise UnsupportedSubjectError("not yet")

    def measure(self, case, loops):
        raise UnsupportedSubjectError("not yet")
"""


def candidate_folder(root: Path, *lines: str) -> Path:
    folder = root / "candidates" / "it"
    folder.mkdir(parents=True)
    (root / "parity.toml").touch()
    (folder / "it.py").write_text(ENGINE, encoding="utf-8")
    keys = ('name = "it"', 'title = "It"', 'kind = "python"', 'language = "Python"')
    text = "\n".join([*keys, 'object = "it:Engine"', *lines])
    (folder / "candidate.toml").write_text(text, encoding="utf-8")
    return folder


def test_it_gets_the_variables_that_its_manifest_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A_TOKEN", "ASKED_FOR", "GITHUB_ENV", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, SECRET)
    folder = candidate_folder(tmp_path, 'pass_env = ["ASKED_FOR"]', "[env]", 'OWN = "1"')
    with start(load(folder), Workspace(tmp_path)) as engine:
        assert engine.describe().name == "ASKED_FOR,OWN"


def test_its_setup_reaches_a_registry_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "HTTPS_PROXY", "CARGO_REGISTRY_TOKEN", "GITHUB_ENV", "A_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    given = {name for name, text in variables.of_setup().items() if text == SECRET}
    assert given == {"PIP_INDEX_URL", "HTTPS_PROXY"}


@pytest.mark.parametrize("name", variables.NEVER)
def test_no_manifest_passes_on_what_steers_a_job(tmp_path: Path, name: str) -> None:
    folder = candidate_folder(tmp_path, f'pass_env = ["{name}"]')
    with pytest.raises(BadManifestError, match="steers the later steps of a CI job"):
        load(folder)


@pytest.mark.parametrize("count", [30, pytest.param(300, marks=pytest.mark.slow)])
def test_restarts_of_one_that_leaves_daemons_leave_nothing(tmp_path: Path, count: int) -> None:
    program = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["a-daemon-of-the-attack", "600"])
    os._exit(0)
os.wait()
"""
    me = psutil.Process()
    before = me.num_fds(), len(me.children(recursive=True))
    for _ in range(count):
        with caged(program, tmp_path) as process:
            process.end_at_once()
    assert (me.num_fds(), len(me.children(recursive=True))) == before
    until = time.monotonic() + PATIENCE
    while (left := daemons()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left


def daemons() -> list[str]:
    lines: list[str] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            lines.append(" ".join(process.cmdline()))
    return [line for line in lines if line.startswith("a-daemon-of")]


CONTAINER = """
import ctypes, os, platform, struct, sys
numbers = {"x86_64": (272, 165), "aarch64": (97, 40)}[platform.machine()]
refused = dict(zip(("unshare", "mount"), numbers))[sys.argv[1]]
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, refused), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)  # no new privileges, so that anybody may set a filter
assert libc.prctl(22, 2, program, 0, 0) == 0
from pathlib import Path
from parity_kit.wire.kept import KeptProcess, Launch
from parity_kit.wire.limits import Limits
launch = Launch("it", (sys.executable, "-c", "print(1)"), Path("/"), os.environ)
kept = KeptProcess(launch, Limits())
assert kept.stdout.read() == b"1\\n", "it runs all the same"
print(kept.cage.in_words())
kept.end()
"""
REFUSED = {
    "unshare": "the network is not kept out, other processes are not hidden, the workspace is not"
    " read-only (unshare: Operation not permitted)",
    "mount": "other processes are not hidden, the workspace is not read-only"
    " (mount: Operation not permitted)",
}


@pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="numbers of its calls")
@pytest.mark.parametrize("call", REFUSED)
def test_what_a_container_refuses_is_said(tmp_path: Path, call: str) -> None:
    with caged("", tmp_path):
        pass  # a machine that refuses by itself would say so for another reason
    done = subprocess.run(
        [sys.executable, "-c", CONTAINER, call], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == REFUSED[call]


def test_a_start_that_fails_names_the_program(tmp_path: Path) -> None:
    launch = Launch("it", ("./missing",), tmp_path, {}, (tmp_path,))
    with pytest.raises(CandidateError, match=r"No such file or directory: \./missing"):
        KeptProcess(launch, Limits())


def test_a_start_that_fails_leaves_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for folder, command in ((Path("/no/such/folder"), "true"), (ENGINES, "./missing")):
        with pytest.raises(CandidateError, match="No such file or directory"):
            KeptProcess(Launch("it", (command,), folder, {}), Limits())
    assert not list(tmp_path.iterdir())
