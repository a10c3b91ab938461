"""Keeps one candidate: starts it within its limits, and ends it with everything it started.

It runs in the kit's own interpreter, without site-packages, so that it starts in a few
milliseconds. `kept.py` is the other end of its socket. Its child, the first process of the cage,
starts the candidate and reaps what the candidate leaves behind:

    kit -> keeper       the order: command, variables, open files, network, read-only folders
    first -> keeper     caged: the candidate's process id and the state of the cage
    keeper -> candidate go: until then it is the only child of the first process
    first -> keeper     started: an empty text or the problem
    keeper -> kit       started: the ids of candidate and first process, and the state of the cage;
                        or 0 and the problem
    first -> keeper -> kit   ended: the process's status as `waitpid` returns it
    kit -> keeper       end of file: grace for what is outside the candidate's group; NOW: no grace
    keeper -> kit       None, which only a kit that is gone does not take: then its folder goes too

On Linux nothing escapes: in a cage of their own the processes end with the first one. Where the
system gives no cage, orphans of the candidate, in other sessions too, become children of the first
process and then of the keeper, and can be ended unless the candidate ends these two before. On
other systems only the candidate's process group is ended.
"""

from __future__ import annotations

import marshal
import os
import resource
import select
import signal
import struct
import sys
import time

from parity_kit.wire.cage import Cage

TYPE_CHECKING = False  # `typing` and `contextlib` take longer to import than everything else
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, NoReturn

NOW: Final = b"!"
"""Sent to end everything without grace."""
GRACE: Final = 1.0
"""Seconds in which processes outside the candidate's group may end by themselves."""
PATIENCE: Final = 5.0
"""Seconds after which the keeper gives up on processes that do not die."""

_HEADER = struct.Struct(">I")
_PAUSE = 0.005


def put(line: int, message: Any) -> None:
    """Write a message to the line; both ends are the same interpreter, so `marshal` is enough."""
    data = marshal.dumps(message)
    rest = memoryview(_HEADER.pack(len(data)) + data)
    while rest:
        rest = rest[os.write(line, rest) :]


def get(line: int) -> Any:
    """Return the next message on the line, or None at its end."""
    head = _read(line, _HEADER.size)
    if len(head) < _HEADER.size:
        return None
    data = _read(line, _HEADER.unpack(head)[0])
    return marshal.loads(data)  # noqa: S302  # the other end is the kit, not the candidate


def _read(line: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = os.read(line, count - len(data))
        if not piece:
            break
        data += piece
    return data


def main(line: int) -> None:
    """Keep the candidate in the kit's order until the candidate or the kit ends."""
    directory = os.getcwd()  # noqa: PTH109  # pathlib is slow to import
    os.set_inheritable(line, False)  # noqa: FBT003  # it takes no keyword
    command, variables, open_files, keeps_network, read_only = get(line)
    cage = Cage(keeps_network=keeps_network)
    told, report = os.pipe()
    go, start = os.pipe()
    first = os.fork()
    if first == 0:
        for end in (line, told, start):
            os.close(end)
        _be_first(cage, read_only, (command, variables, open_files), report, go)
    os.close(report)
    caged = get(told)
    if caged is None:
        return  # the kit says that the keeper did not start
    pid, state = caged
    if cage.is_apart:
        (pid,) = below(first)
    os.write(start, NOW)
    if problem := get(told):
        put(line, (0, 0, problem))
        return
    put(line, (pid, first, state))
    _close_streams()
    status = _wait(line, told)
    for end in (os.killpg, os.kill) if status is None else (os.killpg,):
        _kill(end, pid)  # the candidate may have left its group
    if status is None:
        status = get(told)
    _emit(line, int(signal.SIGKILL) if status is None else status)
    _clear(line)
    if not _emit(line, None):
        import shutil  # noqa: PLC0415  # only where the kit is gone, and removes nothing itself

        shutil.rmtree(directory, ignore_errors=True)


def _be_first(
    cage: Cage,
    read_only: list[str],
    order: tuple[list[str], dict[str, str], int],
    report: int,
    go: int,
) -> NoReturn:
    """Start the candidate, say how it ended, and reap whatever becomes an orphan in the cage."""
    try:
        cage.close(read_only)
        pid, problems = _fork(cage, *order, go)
        put(report, (pid, cage.state()))
        put(report, _read(problems, 4096).decode(errors="replace"))
        _close_streams()
        while True:
            ended, status = os.waitpid(-1, 0)
            if ended == pid:
                put(report, status)
    except (ChildProcessError, BrokenPipeError):
        os._exit(0)
    finally:
        os._exit(1)


def _close_streams() -> None:
    """Let the candidate's streams end when the candidate closes them, not when its keepers do."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _fork(
    cage: Cage, command: list[str], variables: dict[str, str], open_files: int, go: int
) -> tuple[int, int]:
    """Return the id of the process that becomes the candidate, and where it reports a problem."""
    problems, report = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            # Signals that Python ignores would stay ignored after the exec.
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            most = open_files if most == resource.RLIM_INFINITY else min(open_files, most)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            cage.give_up_rights()
            os.read(go, 1)
            os.execvpe(command[0], command, variables)  # noqa: S606  # no shell is wanted
        except (OSError, ValueError, OverflowError) as error:
            os.write(report, (getattr(error, "strerror", None) or str(error)).encode())
        finally:
            os._exit(127)
    os.close(report)
    return pid, problems


def _wait(line: int, told: int) -> int | None:
    """Return the candidate's status, or None if the kit is gone or asks to end it first."""
    waiter = select.poll()
    waiter.register(line, select.POLLIN)
    waiter.register(told, select.POLLIN)
    ready = [descriptor for descriptor, _ in waiter.poll()]
    return None if line in ready else get(told)


def _clear(line: int) -> None:
    """End processes outside the candidate's group, after a grace unless the kit sends NOW."""
    began = time.monotonic()
    grace = GRACE
    os.set_blocking(line, False)
    while time.monotonic() < began + PATIENCE:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        if _is_now(line):
            grace = 0.0
        if time.monotonic() >= began + grace:
            for pid in below(os.getpid()):
                _kill(os.kill, pid)
        time.sleep(_PAUSE)


def _is_now(line: int) -> bool:
    try:
        return os.read(line, 1) == NOW
    except OSError:
        return False


def _kill(end: Callable[[int, int], None], pid: int) -> None:
    try:
        end(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # it is gone, or only its zombie is left


def _emit(line: int, message: Any) -> bool:
    """Return whether the kit still listens."""
    try:
        put(line, message)
    except OSError:
        return False
    return True


def below(top: int) -> list[int]:
    """Return the ids of all processes below one, by their parents in /proc."""
    children: dict[int, list[int]] = {}
    entries = os.listdir("/proc") if sys.platform == "linux" else []  # noqa: PTH208  # pathlib is slow to import
    for name in filter(str.isdigit, entries):
        try:
            with open(f"/proc/{name}/stat", "rb") as stream:  # noqa: PTH123  # pathlib is slow to import
                stat = stream.read()
        except OSError:
            continue
        # The program's name stands in brackets and may itself hold brackets.
        parent = int(stat.rpartition(b")")[2].split()[1])
        children.setdefault(parent, []).append(int(name))
    below: list[int] = []
    todo = [top]
    while todo:
        direct = children.get(todo.pop(), [])
        below += direct
        todo += direct
    return below
