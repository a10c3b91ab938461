"""Keeps one candidate: starts it within its limits, and ends it with everything it started.

A script for the kit's own interpreter, run without site-packages, so that it starts in a few
milliseconds. `kept.py` is the other end of its socket.

    kit -> keeper   the order: command, variables, open files, whether to keep the network
    keeper -> kit   started: the process id and the state of the network, or 0 and the problem
    keeper -> kit   ended: the process's status as `waitpid` returns it
    kit -> keeper   end of file: grace for processes outside the candidate's group; NOW: no grace

On Linux nothing escapes: orphans of the candidate, in other sessions too, become children of the
keeper. On other systems only the candidate's process group is ended.
"""

from __future__ import annotations

import ctypes
import fcntl
import marshal
import os
import resource
import select
import signal
import struct
import sys
import time

TYPE_CHECKING = False  # `typing` and `contextlib` take longer to import than everything else
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

NOW: Final = b"!"
"""Sent to end everything without grace."""
GRACE: Final = 1.0
"""Seconds in which processes outside the candidate's group may end by themselves."""
PATIENCE: Final = 5.0
"""Seconds after which the keeper gives up on processes that do not die."""
KEPT: Final = "kept"
"""The candidate keeps the network, as its manifest asks."""
NONE: Final = "none"
"""The candidate has no network."""

_HEADER = struct.Struct(">I")
_SET_CHILD_SUBREAPER = 36
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 0x41
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
    os.set_inheritable(line, False)  # noqa: FBT003  # it takes no keyword
    command, variables, open_files, keeps_network = get(line)
    system = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        system.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    network = KEPT if keeps_network else _without_network(system)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, _notice)
    pid, problem = _start(command, variables, open_files)
    if problem:
        put(line, (0, problem))
        return
    put(line, (pid, network))
    # The candidate's streams must end when the candidate closes them, not when the keeper does.
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    status = _wait(line, woken, pid)
    for end in (os.killpg, os.kill) if status is None else (os.killpg,):
        _kill(end, pid)  # the candidate may have left its group
    if status is None:
        _, status = os.waitpid(pid, 0)
    _emit(line, status)
    _clear(line)


def _notice(_number: int, _frame: object) -> None:
    """Do nothing: having a handler makes a child's end write to the `set_wakeup_fd` pipe."""


def _without_network(system: ctypes.CDLL) -> str:
    """Leave the network, but for a private loopback; return NONE, or why that failed."""
    if sys.platform != "linux":
        return "only Linux can take it away without privileges"
    if os.getuid() != 0:
        # Some systems grant a user namespace in which nothing is allowed: a fork tries it first.
        trial = os.fork()
        if trial == 0:
            os._exit(_leave_network(system))
        problem = os.waitstatus_to_exitcode(os.waitpid(trial, 0)[1])
    else:
        problem = 0
    problem = problem or _leave_network(system)
    if problem:
        return f"unshare: {os.strerror(abs(problem))}"
    _raise_loopback(system)
    return NONE


def _leave_network(system: ctypes.CDLL) -> int:
    """Move to a private network namespace; return the errno, or 0."""
    user, group = os.getuid(), os.getgid()
    # Root needs no user namespace, in which a server could not be run as another user.
    if system.unshare(_NEW_NETWORK | (0 if user == 0 else _NEW_USER)):
        return ctypes.get_errno()
    maps = {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
    for name, text in maps.items() if user else ():
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:  # noqa: PTH123  # pathlib is slow to import
                stream.write(text)
        except OSError as error:
            return error.errno or 1
    return 0


def _raise_loopback(system: ctypes.CDLL) -> None:
    """Let the candidate reach its own servers at 127.0.0.1, if possible."""
    endpoint = system.socket(2, 2, 0)  # AF_INET, SOCK_DGRAM; `socket` is slow to import
    if endpoint < 0:
        return
    try:
        fcntl.ioctl(endpoint, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP_AND_RUNNING))
    except OSError:
        return
    finally:
        os.close(endpoint)


def _start(command: list[str], variables: dict[str, str], open_files: int) -> tuple[int, str]:
    """Return the id of the started process, and what went wrong or an empty string."""
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
            os.execvpe(command[0], command, variables)  # noqa: S606  # no shell is wanted
        except (OSError, ValueError, OverflowError) as error:
            os.write(report, (getattr(error, "strerror", None) or str(error)).encode())
        finally:
            os._exit(127)
    os.close(report)
    problem = _read(problems, 4096).decode()
    os.close(problems)
    if problem:
        os.waitpid(pid, 0)
    return pid, problem


def _wait(line: int, woken: int, pid: int) -> int | None:
    """Return the candidate's status, or None if the kit is gone or asks to end it first."""
    waiter = select.poll()
    waiter.register(line, select.POLLIN)
    waiter.register(woken, select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _ in waiter.poll()]
        if line in ready:
            return None
        os.read(woken, 4096)
        status = _status(pid)
        if status is not None:
            return status


def _status(pid: int) -> int | None:
    """Return the candidate's status if it has ended; reap orphans that have ended."""
    while True:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == pid:
            return status
        if not ended:
            return None


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
            for pid in _descendants():
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


def _emit(line: int, message: Any) -> None:
    try:
        put(line, message)
    except OSError:
        return  # the kit no longer listens


def _descendants() -> list[int]:
    """Return the ids of all processes below this one, by their parents in /proc."""
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
    todo = [os.getpid()]
    while todo:
        direct = children.get(todo.pop(), [])
        below += direct
        todo += direct
    return below


if __name__ == "__main__":
    main(int(sys.argv[1]))
    os._exit(0)  # an orderly exit would take longer than everything else
