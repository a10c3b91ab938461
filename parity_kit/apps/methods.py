"""The methods of `Pregel` while a recording runs: each takes down its call, then does its work."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from langgraph.pregel import Pregel

from parity_kit.apps import arguments
from parity_kit.apps.arguments import UnrecordableError
from parity_kit.apps.recorder import Recorder, Seen, Track
from parity_kit.contract import Event
from parity_kit.contract.plain import Plain
from parity_kit.reference.graph_operations import snapshot_parts
from parity_kit.reference.native import to_plain
from parity_kit.reference.savers import public_config

_Begun: TypeAlias = tuple[Track, Seen] | None
_Begin: TypeAlias = Callable[..., _Begun]
_Keep: TypeAlias = Callable[[Seen, Any], None]


def recording_methods(recorder: Recorder) -> dict[str, Any]:
    """Return the methods that take down what they are called with, by name."""
    made: dict[str, Any] = {}
    for name in ("invoke", "stream", *_READS):
        for called in (name, f"a{name}"):
            method = _Method(recorder, called, getattr(Pregel, called))
            made[called] = functools.wraps(method.original)(_MADE.get(name, _read)(method))
    return made


@dataclass(frozen=True, slots=True)
class _Method:
    recorder: Recorder
    name: str
    original: Any

    @property
    def awaited(self) -> bool:
        return self.name.startswith("a")

    @property
    def operation(self) -> str:
        return self.name.removeprefix("a")

    def begin_run(self, graph: Any, input: Any, config: Any = None, **options: Any) -> _Begun:  # noqa: A002  # LangGraph's name
        track = self.recorder.begin(graph, self.name)
        if track is None:
            return None
        streams = self.operation == "stream"
        if not streams and (
            options.get("stream_mode", "values") != "values" or options.get("version") == "v2"
        ):
            self.recorder.refuse(f"{self.name} with a stream mode or a version")
            return None
        try:
            operation, _ = arguments.run_operation(input)
        except TypeError as error:
            self.recorder.refuse(f"{self.name} gets what cannot be stored: {error}")
            return None
        if streams:
            operation = "stream" if operation == "invoke" else operation
            modes = arguments.stream_modes(graph, options.get("stream_mode"))
            for mode in {*modes} & {*arguments.OF_CALLBACKS}:
                track.note(f"not compared with the application: events of stream mode {mode}")

        def make() -> dict[str, Plain]:
            made = arguments.run_operation(input)[1]
            made |= arguments.run_arguments(graph, config, options)
            if streams:
                made["modes"] = list(arguments.stream_modes(graph, options.get("stream_mode")))
                made |= {"subgraphs": True} if options.get("subgraphs") else {}
            return made | ({"async": True} if self.awaited else {})

        seen = self.recorder.prepare(track, operation, make, config)
        if seen is None:
            return None
        seen.has_value = not streams
        return track, seen

    def begin_read(self, graph: Any, config: Any, *args: Any, **options: Any) -> _Begun:
        track = self.recorder.begin(graph, self.name)
        if track is None:
            return None

        def make() -> dict[str, Plain]:
            made = _READS[self.operation][0](*args, **options)
            return made | ({"async": True} if self.awaited else {})

        seen = self.recorder.prepare(track, self.operation, make, config)
        return None if seen is None else (track, seen)

    def keep_read(self, seen: Seen, value: Any) -> None:
        self.recorder.keep(seen, _READS[self.operation][1](value))

    def keep_item(self, graph: Any, seen: Seen, item: Any, options: dict[str, Any]) -> None:
        mode = options.get("stream_mode")
        namespace, kind, payload = arguments.stream_item(
            item,
            graph.stream_mode if mode is None else mode,
            subgraphs=bool(options.get("subgraphs")),
        )
        if kind in arguments.OF_CALLBACKS:
            return
        try:
            seen.events.append(Event(kind, namespace, to_plain(self.recorder.as_recorded(payload))))
        except TypeError as error:
            self.recorder.refuse(f"{self.name} gives what cannot be stored: {error}")


def _called(method: _Method, begin: _Begin, keep: _Keep, ask: Any) -> Any:
    """Return a method that asks LangGraph's once, and keeps what that returns."""

    def call(self: Any, *args: Any, **options: Any) -> Any:
        begun = begin(self, *args, **options)
        if begun is None:
            return ask(self, *args, **options)
        with method.recorder.running(*begun):
            value = ask(self, *args, **options)
        keep(begun[1], value)
        return value

    async def acall(self: Any, *args: Any, **options: Any) -> Any:
        begun = begin(self, *args, **options)
        if begun is None:
            return await ask(self, *args, **options)
        with method.recorder.running(*begun):
            value = await ask(self, *args, **options)
        keep(begun[1], value)
        return value

    return acall if method.awaited else call


def _invoke(method: _Method) -> Any:
    return _called(method, method.begin_run, method.recorder.keep, method.original)


def _read(method: _Method) -> Any:
    return _called(method, method.begin_read, method.keep_read, method.original)


def _history(method: _Method) -> Any:
    def listed(*args: Any, **options: Any) -> list[Any]:
        return list(method.original(*args, **options))

    async def alisted(*args: Any, **options: Any) -> list[Any]:
        return [item async for item in method.original(*args, **options)]

    ask = alisted if method.awaited else listed
    snapshots = _called(method, method.begin_read, method.keep_read, ask)

    def history(*args: Any, **options: Any) -> Iterator[Any]:
        yield from snapshots(*args, **options)

    async def ahistory(*args: Any, **options: Any) -> AsyncIterator[Any]:
        for snapshot in await snapshots(*args, **options):
            yield snapshot

    return ahistory if method.awaited else history


_LAST = object()


def _stream(method: _Method) -> Any:
    recorder = method.recorder

    def stream(self: Any, *args: Any, **options: Any) -> Iterator[Any]:
        begun = method.begin_run(self, *args, **options)
        items = method.original(self, *args, **options)
        if begun is None:
            yield from items
            return
        while True:
            with recorder.running(*begun):
                item = next(items, _LAST)
            if item is _LAST:
                return
            method.keep_item(self, begun[1], item, options)
            with recorder.read_on(begun[1]):
                yield item

    async def astream(self: Any, *args: Any, **options: Any) -> AsyncIterator[Any]:
        begun = method.begin_run(self, *args, **options)
        items = method.original(self, *args, **options)
        if begun is None:
            async for item in items:
                yield item
            return
        while True:
            with recorder.running(*begun):
                item = await anext(items, _LAST)
            if item is _LAST:
                return
            method.keep_item(self, begun[1], item, options)
            with recorder.read_on(begun[1]):
                yield item

    return astream if method.awaited else stream


def _get_state(*, subgraphs: bool = False) -> dict[str, Plain]:
    return {"subgraphs": True} if subgraphs else {}


def _get_state_history(
    *,
    filter: Any = None,  # noqa: A002  # LangGraph's name
    before: Any = None,
    limit: int | None = None,
) -> dict[str, Plain]:
    made: dict[str, Plain] = {}
    if filter:
        made["filter"] = to_plain(filter)
    if before is not None:
        made["before"] = arguments.checkpoint_number(before["configurable"]["checkpoint_id"])
    if limit is not None:
        made["limit"] = limit
    return made


def _update_state(values: Any, as_node: str | None = None, task_id: Any = None) -> dict[str, Plain]:
    if task_id is not None:
        raise UnrecordableError("the argument `task_id`")
    return {"values": to_plain(values), **({} if as_node is None else {"as_node": as_node})}


def _bulk_update_state(supersteps: Any) -> dict[str, Plain]:
    return {
        "supersteps": [
            [{"values": to_plain(update.values), "as_node": update.as_node} for update in step]
            for step in supersteps
        ]
    }


def _snapshots(values: Any) -> Any:
    return [snapshot_parts(value) for value in values]


_READS: dict[str, tuple[Callable[..., dict[str, Plain]], Callable[[Any], Any]]] = {
    "get_state": (_get_state, snapshot_parts),
    "get_state_history": (_get_state_history, _snapshots),
    "update_state": (_update_state, public_config),
    "bulk_update_state": (_bulk_update_state, public_config),
}
_MADE: dict[str, Callable[[_Method], Any]] = {
    "invoke": _invoke,
    "stream": _stream,
    "get_state_history": _history,
}
