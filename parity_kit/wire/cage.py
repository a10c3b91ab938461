"""The cage around a candidate: what its processes can reach, see and change, where Linux allows it.

    network     none but a private loopback, unless the manifest asks for it
    processes   only its own, in a namespace of process ids; the end of the first one ends all
    files       its folder and the workspace are read-only
    rights      it gains none; root keeps those over files and users, not those over the system

The keeper enters the namespaces, its first child mounts, and the candidate's process gives up its
rights before it becomes the candidate. Each reason for a part that does not hold is kept in words.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import sys

TYPE_CHECKING = False  # `typing` takes longer to import than everything else
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final

KEPT: Final = "kept"
"""The candidate keeps the network, as its manifest asks."""
NONE, OWN, READ_ONLY = "none", "own", "read-only"
"""What holds: no network, processes of its own, read-only files."""

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_NEW_MOUNTS, _NEW_PROCESSES = 0x20000, 0x20000000
_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 0x41
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _SET_READ_ONLY = 442, -100, 0x8000, 1
_PR_PARENT_DEATH_SIGNAL, _PR_DROP_RIGHT = 1, 24
_PR_SUBREAPER, _PR_NO_NEW_PRIVILEGES = 36, 38
_SIGKILL = 9
_RIGHTS = {0, 1, 3, 4, 5, 6, 7, 8, 10}
"""Root's rights that stay: owners and modes of files, signals, users and groups, low ports."""
_MOST_RIGHTS = 64
_ELSEWHERE = "only Linux can do this"
_OUTSIDE = ("/proc/sys", "/proc/sysrq-trigger", "/sys")
"""Files through which root would still steer the machine."""


class Cage:
    """The cage of one candidate: NONE, OWN and READ_ONLY, or in words why a part does not hold."""

    def __init__(self, *, keeps_network: bool) -> None:
        self.network = KEPT if keeps_network else _ELSEWHERE
        self.processes = self.files = _ELSEWHERE
        self._system = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            self._system.prctl(_PR_SUBREAPER, 1, 0, 0, 0)
            self._enter(0 if keeps_network else _NEW_NETWORK)

    def state(self) -> dict[str, str]:
        """Return the state of each part, or why it does not hold."""
        return {"network": self.network, "processes": self.processes, "files": self.files}

    @property
    def is_apart(self) -> bool:
        """Whether the candidate has process ids of its own."""
        return self.processes == OWN

    def _enter(self, network: int) -> None:
        problem = self._try(network | _NEW_PROCESSES | _NEW_MOUNTS)
        self.processes, self.files = problem or OWN, problem or READ_ONLY
        if network:
            self.network = (problem and self._try(network)) or NONE
            if self.network == NONE:
                _raise_loopback(self._system)

    def _try(self, flags: int) -> str:
        """Enter namespaces; a fork tries it first where a failure would leave a part done."""
        if os.getuid() != 0:
            trial = os.fork()
            if trial == 0:
                os._exit(self._unshare(flags))
            if problem := os.waitstatus_to_exitcode(os.waitpid(trial, 0)[1]):
                return _in_words("unshare", problem)
        return _in_words("unshare", self._unshare(flags))

    def _unshare(self, flags: int) -> int:
        """Move to private namespaces; return the errno, or 0."""
        user, group = os.getuid(), os.getgid()
        # Root needs no user namespace, in which a server could not be run as another user.
        if self._system.unshare(flags | (0 if user == 0 else _NEW_USER)):
            return ctypes.get_errno()
        maps = {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
        for name, text in maps.items() if user else ():
            try:
                with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:  # noqa: PTH123  # pathlib is slow to import
                    stream.write(text)
            except OSError as error:
                return error.errno or 1
        return 0

    def close(self, read_only: Sequence[str]) -> None:
        """Mount what the candidate may see and not change; the first of its processes does this."""
        if sys.platform != "linux":
            return
        self._system.prctl(_PR_PARENT_DEATH_SIGNAL, _SIGKILL, 0, 0, 0)
        self._system.prctl(_PR_SUBREAPER, 1, 0, 0, 0)
        if not self.is_apart:
            return
        mount, outside = self._system.mount, _OUTSIDE if os.getuid() == 0 else ()
        problem = (
            _call("unshare", self._system.unshare, _NEW_MOUNTS)
            or _call("mount", mount, b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
            or _call("mount /proc", mount, b"proc", b"/proc", b"proc", 0, None)
        )
        self.processes = problem or OWN
        for path in (*read_only, *filter(os.path.exists, outside)):
            problem = problem or self._make_read_only(path)
        self.files = problem or READ_ONLY
        os.chdir(os.getcwd())  # noqa: PTH109  # by its path it is the folder that is mounted now

    def _make_read_only(self, path: str) -> str:
        place = os.fsencode(path)
        attributes = struct.pack("QQQQ", _SET_READ_ONLY, 0, 0, 0)
        return _call(
            f"mount {path}", self._system.mount, place, place, None, _BIND | _RECURSIVE, None
        ) or _call(
            f"mount {path}",
            self._system.syscall,
            _MOUNT_SETATTR,
            _AT_FDCWD,
            place,
            _AT_RECURSIVE,
            attributes,
            len(attributes),
        )

    def give_up_rights(self) -> None:
        """Give up the rights that the candidate must not have; its own process does this last."""
        if sys.platform != "linux":
            return
        self._system.prctl(_PR_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        for right in range(_MOST_RIGHTS) if os.getuid() == 0 else ():
            if right not in _RIGHTS:
                self._system.prctl(_PR_DROP_RIGHT, right, 0, 0, 0)


def _call(name: str, function: Callable[..., int], *arguments: object) -> str:
    return _in_words(name, ctypes.get_errno() if function(*arguments) else 0)


def _in_words(name: str, problem: int) -> str:
    return f"{name}: {os.strerror(problem)}" if problem else ""


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
