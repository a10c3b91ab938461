"""Operations in a process that is killed while it stores."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeAlias

from pure_engine.program.model import Node, Program
from pure_engine.savers.saver import Saver

Watch: TypeAlias = Callable[[Saver, Program], None]
_ID = "00000000-0000-6000-8000-"


def bodies(program: Program, place: tuple[str, ...] = ()) -> Iterator[tuple[str, Node]]:
    """Yield the nodes of a program and of its subgraphs, by their place."""
    for name, node in program.nodes.items():
        yield "/".join((*place, name)), node
    for name, subgraph in program.subgraphs.items():
        yield from bodies(subgraph.program, (*place, name))


def highest(ids: Iterable[str]) -> int:
    """Return the highest number of a checkpoint's id."""
    return max((int(name.removeprefix(_ID), 16) for name in ids if name.startswith(_ID)), default=0)


def killed_at(
    act: Callable[[Watch], None], call: int | None, moment: str
) -> tuple[bool, int, dict[str, int]]:
    """Run `act` in another process, which is killed before or after its n-th call that stores.

    `act` is given what counts the calls of the saver that a program stores in. Return whether the
    process was killed, the number of calls, and how often each node of the program has run.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            _run(act, call, moment, writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as report:
        calls, visits = json.loads(report.read())
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status), calls, visits


def _run(act: Callable[[Watch], None], call: int | None, moment: str, pipe: int) -> None:
    calls, programs = 0, list[Program]()

    def tell() -> None:
        named = (named for program in programs for named in bodies(program))
        visits = {name: node.visits for name, node in named if node.visits}
        os.write(pipe, json.dumps((calls, visits)).encode())

    def die(now: str) -> None:
        if (calls, now) == (call, moment):
            tell()
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(store: Callable[..., Any]) -> Callable[..., Any]:
        def stored(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            die("before")
            result = store(*args, **kwargs)
            die("after")
            return result

        return stored

    def watch(saver: Any, program: Program) -> None:
        programs.append(program)
        saver.put, saver.put_writes = counted(saver.put), counted(saver.put_writes)

    act(watch)
    tell()
