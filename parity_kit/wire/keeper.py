"""Keeps one candidate: starts it under its limits, and ends with it all that it started.

A script for the kit's own interpreter, run without site-packages, so that it starts in a few
milliseconds; `kept.py` is the other end of the line.

    kit -> keeper   the order: command, variables, open files, whether it keeps the network
    keeper -> kit   started: its process's id and what became of the network, or why it could not be
    keeper -> kit   ended: its process's status as `waitpid` gives it
    kit -> keeper   nothing more, a moment's grace for what left the candidate's group; or NOW

On Linux nothing escapes: what the candidate leaves behind, in other sessions too, becomes a child
of the keeper's. Elsewhere its process group is ended and no more.
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

TYPE_CHECKING = False  # `typing` and `contextlib` take longer to import than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

NOW: Final = b"!"
"""Sent for what is to be ended without grace."""
GRACE: Final = 1.0
"""Seconds for what left the candidate's group to end by itself: a server that clears up."""
PATIENCE: Final = 5.0
"""Seconds after which the keeper gives up on what does not die."""
KEPT: Final = "kept"
"""What is said of the network where the candidate keeps it, as its manifest asks."""
NONE: Final = "none"
"""What is said of the network where the candidate has none."""

_HEADER = struct.Struct(">I")
_SET_CHILD_SUBREAPER = 36
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 0x41
_PAUSE = 0.005


def put(line: int, message: Any) -> None:
    """Write a message to the line; both ends are the same interpreter, so `marshal` will do."""
    data = marshal.dumps(message)
    rest = memoryview(_HEADER.pack(len(data)) + data)
    while rest:
        rest = rest[os.write(line, rest) :]


def get(line: int) -> Any:
    """Return the next message of the line, or None at its end."""
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
    """Keep the candidate that the kit orders, until it or the kit is at its end."""
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
    # The candidate's standard streams are at their end when it says so, not when its keeper does.
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    status = _wait(line, woken, pid)
    for end in (os.killpg, os.kill) if status is None else (os.killpg,):
        _kill(end, pid)  # it may have left its own group
    if status is None:
        _, status = os.waitpid(pid, 0)
    _emit(line, status)
    _clear(line)


def _notice(_number: int, _frame: object) -> None:
    """Let the end of a child be written to what `set_wakeup_fd` was given."""


def _without_network(system: ctypes.CDLL) -> str:
    """Leave the network, with a loopback of one's own; return NONE, or why it cannot be left."""
    if sys.platform != "linux":
        return "only Linux can take it away without privileges"
    if os.getuid() != 0:
        # Some systems give a user namespace in which nothing may be done: tried first by another.
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
    """Move to a network of one's own; return the number of the error, or 0."""
    user, group = os.getuid(), os.getgid()
    # As root no user namespace is made: in one, a server could not be run as another user.
    if system.unshare(_NEW_NETWORK | (0 if user == 0 else _NEW_USER)):
        return ctypes.get_errno()
    maps = {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
    for name, text in maps.items() if user else ():
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:  # noqa: PTH123  # pathlib is not quick to import
                stream.write(text)
        except OSError as error:
            return error.errno or 1
    return 0


def _raise_loopback(system: ctypes.CDLL) -> None:
    """Let what the candidate itself starts be reached at 127.0.0.1; it may do without."""
    endpoint = system.socket(2, 2, 0)  # AF_INET, SOCK_DGRAM; `socket` is not quick to import
    if endpoint < 0:
        return
    try:
        fcntl.ioctl(endpoint, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP_AND_RUNNING))
    except OSError:
        return
    finally:
        os.close(endpoint)


def _start(command: list[str], variables: dict[str, str], open_files: int) -> tuple[int, str]:
    """Return the id of the started process, and what went wrong or nothing."""
    told, emit = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            # What Python ignores stays ignored over an exec, and is no program's normal state.
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            most = open_files if most == resource.RLIM_INFINITY else min(open_files, most)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            os.execvpe(command[0], command, variables)  # noqa: S606  # no shell is wanted
        except OSError as error:
            os.write(emit, (error.strerror or str(error)).encode())
        finally:
            os._exit(127)
    os.close(emit)
    problem = _read(told, 4096).decode()
    os.close(told)
    if problem:
        os.waitpid(pid, 0)
    return pid, problem


def _wait(line: int, woken: int, pid: int) -> int | None:
    """Return how the candidate ended, or None if the kit wants it ended, or is gone, before."""
    waiter = select.poll()
    waiter.register(line, select.POLLIN)
    waiter.register(woken, select.POLLIN)
    while True:
        ready = [each for each, _ in waiter.poll()]
        if line in ready:
            return None
        os.read(woken, 4096)
        status = _status(pid)
        if status is not None:
            return status


def _status(pid: int) -> int | None:
    """Return how the candidate ended, if it has; orphans that ended are buried meanwhile."""
    while True:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == pid:
            return status
        if not ended:
            return None


def _clear(line: int) -> None:
    """End what left the candidate's group, after a moment's grace unless the kit says NOW."""
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
        return  # it is gone, or its zombie is all that is left


def _emit(line: int, message: Any) -> None:
    try:
        put(line, message)
    except OSError:
        return  # the kit does not listen any more


def _descendants() -> list[int]:
    """Return the ids of all processes below this one, by their parents in /proc."""
    children: dict[int, list[int]] = {}
    there = os.listdir("/proc") if sys.platform == "linux" else []  # noqa: PTH208  # pathlib is not quick to import
    for name in filter(str.isdigit, there):
        try:
            with open(f"/proc/{name}/stat", "rb") as stream:  # noqa: PTH123  # the same
                said = stream.read()
        except OSError:
            continue
        # The name of the program is in brackets and may hold anything, brackets too.
        parent = int(said.rpartition(b")")[2].split()[1])
        children.setdefault(parent, []).append(int(name))
    found: list[int] = []
    todo = [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]))
    os._exit(0)  # taking the interpreter down takes longer than all the rest
