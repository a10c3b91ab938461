"""Runs scripts in a clean process and gives back what each of them printed.

Its first argument is the project's root, the others are the scripts' own; its input is a list of
scripts as MessagePack. Of the project it takes `pins.py`: the tasks of a superstep end in order,
nothing waits, and time goes with checkpoints; ids and chance stay LangGraph's own. Then it forgets
the project: a script that imports it fails.

What is printed is kept as the bytes that LangGraph's serializer makes of the very objects, so that
nothing hides behind a `repr`.
"""

from __future__ import annotations

import asyncio
import sys
import types
from typing import Any, cast

import ormsgpack
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

_SERIALIZER = JsonPlusSerializer(allowed_msgpack_modules=True)


def main() -> None:
    """Run the scripts that come in."""
    root, *sys.argv[1:] = sys.argv[1:]
    pins = _pins(root)
    outputs = [_run(source, pins) for source in ormsgpack.unpackb(sys.stdin.buffer.read())]
    sys.stdout.buffer.write(ormsgpack.packb(outputs))


def _pins(root: str) -> Any:
    sys.path.insert(0, root)
    from parity_kit.reference import asynchronous, pins  # noqa: PLC0415  # while the path is there

    sys.path.remove(root)
    asyncio.events.new_event_loop = asynchronous.TimelessLoop
    for name in list(sys.modules):
        if name.partition(".")[0] == "parity_kit":
            sys.modules[name] = None  # pyright: ignore[reportArgumentType]  # an import of it fails
    return pins


def _run(source: str, pins: Any) -> list[Any]:
    """Return for each operation its title, what it printed, and the error it raised."""
    shown: list[Any] = []

    def keep(*values: Any) -> None:
        if len(values) == 3:  # "raised", the class, the error
            shown[-1][2] = [_name(values[2]), str(values[2])]
        elif isinstance(values[0], str) and values[0].startswith("\noperation "):
            shown.append([values[0].strip(), [], None])
        else:
            shown[-1][1].append(_SERIALIZER.dumps_typed(_plain(values[0])))

    module = types.ModuleType("state")
    sys.modules["state"] = module
    module.__dict__["print"] = keep
    free = {pins.Pin.IDS, pins.Pin.CHANCE, pins.Pin.EDGES}
    with pins.pinned(pins.Counter(pins.Pins(), free)):
        # Without this module's own `__future__`, under which annotations are text.
        code = compile(source, "script", "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102  # what this is for
    return shown


def _name(error: BaseException) -> str:
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"


def _plain(value: Any) -> Any:
    """Return a snapshot or a task as a map, its configs without LangGraph's own keys."""
    as_map = getattr(value, "_asdict", None)
    if as_map is None:
        items = cast("list[Any]", value if isinstance(value, list | tuple) else [])
        return [_plain(item) for item in items] if _has_tuples(items) else cast("Any", value)
    parts: dict[str, Any] = as_map()
    for name in {"config", "parent_config"} & parts.keys():
        if parts[name] is not None:
            own = parts[name]["configurable"].items()
            kept = {key: entry for key, entry in own if not key.startswith("__pregel_")}
            parts[name] = {"configurable": kept}
    return {key: _plain(entry) for key, entry in parts.items()}


def _has_tuples(items: list[Any]) -> bool:
    return any(hasattr(item, "_asdict") for item in items)


if __name__ == "__main__":
    main()
