"""A program's fields: their channels, and who may read and write them.

As `langgraph.graph.state.StateGraph` collects them: the state's fields come first, then those that
nodes add with schemas of their own. Managed fields have no channel: they are computed from the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pure_engine.channels.aggregates import BinaryOperatorAggregate
from pure_engine.channels.channel import Channel
from pure_engine.channels.factory import empty_maker, make_channel, reducer
from pure_engine.channels.reducers import recorded
from pure_engine.channels.values import LastValue
from pure_engine.codec.typed_values import KEYWORDS
from pure_engine.names import ROOT
from pure_engine.types import Envelope
from pure_engine.unsupported import check_known

_FIELD = {"type", "reducer", "channel", "managed", "calls"}
_DECLARED = {"typed_dict", "dataclass", "root"}
_MANAGED = {"is_last_step", "remaining_steps"}

_Fields = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Record:
    """A dataclass schema whose fields default to None."""

    name: str
    fields: tuple[str, ...]

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every field."""
        return {name: given.get(name) for name in self.fields}

    def shown(self, given: Mapping[str, Any]) -> Envelope:
        """Return the record as it is stored."""
        return Envelope(KEYWORDS, ["state", self.name, given])


@dataclass(frozen=True, slots=True)
class Schemas:
    """A program's fields.

    `reads` are a node's default input. A run's input may have `inputs`, a node's update `writes`.
    """

    channels: dict[str, Channel]
    managed: Mapping[str, str]
    reads: tuple[str, ...] | str
    inputs: Mapping[str, None]
    outputs: tuple[str, ...] | str
    record: Record | None

    @property
    def writes(self) -> Mapping[str, None]:
        """The fields that a node may write, in order.

        LangGraph quirk: managed ones are among them; such a write is stored and has no effect.
        """
        return dict.fromkeys((*self.channels, *self.managed))

    @property
    def fields(self) -> tuple[str, ...] | str:
        """The state's fields, private ones included."""
        return ROOT if ROOT in self.channels else tuple(self.channels)

    def reads_of(self, node: Mapping[str, Any]) -> tuple[str, ...] | str:
        """Return the fields of a node's input, managed ones last."""
        if node.get("input") is None:
            return self.reads
        return tuple(sorted(node["input"], key=lambda name: name in self.managed))

    def record_of(self, name: str, node: Mapping[str, Any]) -> Record | None:
        """Return the record of a node's input, if the state is a dataclass."""
        if self.record is None or node.get("input") is None:
            return self.record
        return Record(f"Input_{name}", tuple(node["input"]))


def schemas(data: Mapping[str, Any], readers: Sequence[Mapping[str, Any]]) -> Schemas:
    """Return the fields of a program, whose nodes and branches (`readers`) may have own inputs."""
    declared = data.get("schema") or "typed_dict"
    check_known((declared,), _DECLARED, "no schema")
    state = cast("_Fields", data["state"])
    private = cast("_Fields", data.get("private") or {})
    every = {**private, **state}
    named = dict.fromkeys(
        [*state, *(name for reader in readers for name in reader.get("input") or ())]
    )
    channels: dict[str, Channel] = {}
    managed: dict[str, str] = {}
    for name in named:
        spec = every[name]
        check_known(spec, _FIELD, f"field {name} has the unknown key")
        if spec.get("managed") is None:
            channels[name] = _channel(name, spec)
        else:
            check_known((spec["managed"],), _MANAGED, "no managed value")
            managed[name] = spec["managed"]
    reads = ROOT if ROOT in state else tuple(sorted(state, key=lambda name: name in managed))
    inputs = data.get("input") or state
    outputs = data.get("output") or state
    return Schemas(
        channels,
        managed,
        reads,
        dict.fromkeys(name for name in inputs if name in channels),
        ROOT if ROOT in outputs else tuple(name for name in outputs if name in channels),
        Record("State", tuple(state)) if declared == "dataclass" else None,
    )


def _channel(name: str, spec: Mapping[str, Any]) -> Channel:
    kind = spec.get("type", "any")
    if (settings := spec.get("channel")) is not None:
        if settings.get("class") == "DeltaChannel":
            # Its type is the field's, whatever its settings are.
            return make_channel({**settings, "type": kind}, name)
        return make_channel({"type": kind, **settings}, name)
    if (folding := spec.get("reducer")) is not None:
        fold = recorded(spec["calls"]) if folding == "recorded" else reducer(folding)
        return BinaryOperatorAggregate(name, empty_maker(kind), fold)
    empty_maker(kind)
    return LastValue(name)
