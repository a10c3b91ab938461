"""The channel subject: one channel of LangGraph's ten classes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from langgraph import channels
from langgraph._internal._typing import MISSING

from parity_kit.contract import (
    Event,
    Operation,
    Outcome,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
    stored_name,
)
from parity_kit.contract.operations import operation_problem
from parity_kit.programs.reducers import BATCH_REDUCERS, REDUCERS, TYPES
from parity_kit.reference.native import Watch, perform, serializer, to_native, typed_bytes
from parity_kit.reference.pins import DeclaredSet

KEY = "ch"


def make_channel(spec: Mapping[str, Any], key: str = KEY) -> Any:
    """Return the channel of a spec (docs/contract.md)."""
    kind, name = TYPES[spec.get("type", "any")], spec["class"]
    factory = _FACTORIES.get(name)
    # An older release of LangGraph may lack the class.
    if factory is None or not hasattr(channels, name):
        raise UnsupportedSubjectError(f"no channel class {name}")
    channel = factory(kind, spec)
    channel.key = key
    return channel


def _delta(kind: Any, spec: Mapping[str, Any]) -> Any:
    name = spec.get("reducer", "add")

    def fold(state: Any, writes: Any) -> Any:
        return functools.reduce(REDUCERS[name], writes, state)

    frequency = spec.get("snapshot_frequency", 100)
    return channels.DeltaChannel(BATCH_REDUCERS.get(name, fold), kind, snapshot_frequency=frequency)


def _made(factory: Any, *args: Any) -> Any:
    return factory(*args)


_FACTORIES: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "LastValue": lambda kind, _: _made(channels.LastValue, kind),
    "LastValueAfterFinish": lambda kind, _: _made(channels.LastValueAfterFinish, kind),
    "AnyValue": lambda kind, _: _made(channels.AnyValue, kind),
    "EphemeralValue": lambda kind, spec: _made(
        channels.EphemeralValue, kind, spec.get("guard", True)
    ),
    "UntrackedValue": lambda kind, spec: _made(
        channels.UntrackedValue, kind, spec.get("guard", True)
    ),
    "Topic": lambda kind, spec: channels.Topic(kind, spec.get("accumulate", False)),
    "BinaryOperatorAggregate": lambda kind, spec: channels.BinaryOperatorAggregate(
        kind, REDUCERS[spec["reducer"]]
    ),
    "NamedBarrierValue": lambda _, spec: channels.NamedBarrierValue(
        str, DeclaredSet(spec["names"])
    ),
    "NamedBarrierValueAfterFinish": lambda _, spec: channels.NamedBarrierValueAfterFinish(
        str, DeclaredSet(spec["names"])
    ),
    "DeltaChannel": _delta,
}


class ChannelSession:
    """A channel, and optionally a copy of it set aside."""

    def __init__(self, subject: Subject) -> None:
        self._channel = make_channel(subject.spec)
        self._aside: Any = None
        self._watch = Watch()
        self._watch.changes(self._contents())

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation."""
        if problem := operation_problem(SubjectKind.CHANNEL, operation):
            return Unsupported(problem)
        if operation.name == "replay_writes" and not hasattr(self._channel, "replay_writes"):
            return Unsupported(f"{type(self._channel).__name__} has no operation {operation.name}")
        act = getattr(self, f"_{operation.name}")
        args: Any = to_native(operation.args) if operation.args else {}

        def action(_: list[Event]) -> Any:
            return act(**args)

        return perform(action, self._contents, self._watch)

    def close(self) -> None:
        """Hold nothing."""

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a function to be timed."""
        act = getattr(self, f"_{operation.name}")
        return functools.partial(act, **to_native(operation.args))

    def _contents(self) -> Mapping[str, bytes]:
        checkpoint = self._channel.checkpoint()
        if checkpoint is MISSING:
            return {}
        kind, data = typed_bytes(checkpoint)
        return {stored_name("checkpoint", kind): data}

    def _update(self, values: list[Any]) -> bool:
        return self._channel.update(values)

    def _consume(self) -> bool:
        return self._channel.consume()

    def _finish(self) -> bool:
        return self._channel.finish()

    def _get(self) -> Any:
        return self._channel.get()

    def _is_available(self) -> bool:
        return self._channel.is_available()

    def _restore(self) -> None:
        checkpoint = self._channel.checkpoint()
        if checkpoint is not MISSING:
            checkpoint = serializer().loads_typed(serializer().dumps_typed(checkpoint))
        self._channel = self._channel.from_checkpoint(checkpoint)

    def _load(self, value: Any) -> None:
        self._channel = self._channel.from_checkpoint(value)

    def _copy(self) -> None:
        self._aside = self._channel.copy()

    def _swap(self) -> bool:
        if self._aside is None:
            return False
        self._channel, self._aside = self._aside, self._channel
        return True

    def _replay_writes(self, writes: list[Any]) -> None:
        self._channel.replay_writes([("", KEY, value) for value in writes])
