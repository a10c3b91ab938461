"""Leaves a daemon: another session, no parent, no variables, nothing open; then answers well."""

from __future__ import annotations

import os
import sys

from miniature import right, serve

MARK = os.environ.get("PARITY_KIT_TEST_ANSWERS", "")
DAEMON = "import time; time.sleep(600)"


def bad(msgid: int) -> None:
    """Fork twice, with a session in between."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 256)
            os.execve(sys.executable, [sys.executable, "-S", "-c", DAEMON, MARK], {})  # noqa: S606  # no shell is wanted
        os._exit(0)
    os.waitpid(child, 0)
    right(msgid)


serve(bad)
