"""Forks, and both it and its child go on answering."""

from __future__ import annotations

import os

from miniature import right, serve


def bad(msgid: int) -> None:
    """Be two from here on; the child's answer is written before its parent's."""
    child = os.fork()
    if child == 0:
        right(msgid)
        os._exit(0)
    os.waitpid(child, 0)
    right(msgid)


serve(bad)
