"""What LangGraph stores and holds a superstep, by saver and serializer: counted, not timed.

A saver's serializer is wrapped, so that every value that the saver stores is counted: checkpoints,
channel values, pending writes. Sizes are the same on every machine, up to the digits of ids.
"""

from __future__ import annotations

import gc
import json
import statistics
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parity_kit.bench.catalogue import select
from parity_kit.contract import Case

WORKLOADS = ("checkpoint-memory-5", "checkpoint-history-100", "app-agent-10", "app-agent-100")
SAVERS = ("memory", "sqlite")
SERIALIZERS = ("plain", "compressed", "encrypted", "JSON")
_KEY = b"0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Stored:
    """What one workload stores with one saver: bytes a superstep, by serializer.

    A superstep is a stored checkpoint, that of the input included. `growth` is by how many bytes
    each superstep stores more than the one before, with the plain serializer. `peak` and `held` are
    bytes of Python objects: the most during the run, and what is left of a superstep after it.
    """

    workload: str
    saver: str
    supersteps: int
    bytes: Mapping[str, float]
    growth: float
    peak: int
    held: float


def measure(workloads: Sequence[str] = WORKLOADS) -> Iterator[Stored]:
    """Run workloads that checkpoint, and yield what each stores with each saver."""
    for workload in select(workloads):
        for saver in SAVERS:
            yield _measured(workload.name, workload.case, saver)


def serializers() -> dict[str, Callable[[Any], Any]]:
    """Return how each serializer wraps the saver's own; encryption needs `pycryptodome`."""
    from langgraph.checkpoint.serde.encrypted import EncryptedSerializer  # noqa: PLC0415  # heavy

    def encrypted(serde: Any) -> Any:
        return EncryptedSerializer.from_pycryptodome_aes(serde, key=_KEY)

    every = {"plain": _Plain, "compressed": _Compressed, "encrypted": encrypted, "JSON": _Json}
    try:
        encrypted(_Plain(None))
    except ImportError:
        del every["encrypted"]
    return every


def _measured(name: str, case: Case, saver: str) -> Stored:
    sizes: dict[str, list[int]] = {}
    for serializer, wrap in serializers().items():
        counting = _Counting(wrap)
        _run(case, saver, counting)
        sizes[serializer] = counting.sizes
    tracemalloc.start()
    try:
        closing = _run(case, saver, None)
        gc.collect()
        held, peak = tracemalloc.get_traced_memory()
        closing()
    finally:
        tracemalloc.stop()
    plain = sizes["plain"]
    return Stored(
        name,
        saver,
        len(plain),
        {serializer: statistics.fmean(steps) for serializer, steps in sizes.items()},
        statistics.linear_regression(range(len(plain)), plain).slope,
        peak,
        held / len(plain),
    )


def _run(case: Case, saver: str, counting: _Counting | None) -> Callable[[], None]:
    """Run a case with a saver of its own, and return what closes it."""
    from parity_kit.reference.graphs import GraphSession  # noqa: PLC0415  # loads LangGraph
    from parity_kit.reference.savers import make_saver  # noqa: PLC0415  # loads LangGraph

    made = make_saver(saver)
    if counting is not None:
        made.serde = counting.around(made.serde)
    session = GraphSession(case.subject, case.pins, pin=False, saver=made)
    for operation in case.operations:
        session.prepare(operation)()
    if counting is not None:
        session.close()
    return session.close


@dataclass(slots=True)
class _Counting:
    """A serializer that counts what it dumps, superstep by superstep."""

    wrap: Callable[[Any], Any]
    _sizes: list[int] = field(default_factory=list[int])
    _serde: Any = None
    _pending: int = 0

    @property
    def sizes(self) -> list[int]:
        """The bytes of each superstep; what came after the last checkpoint belongs to it."""
        return [*self._sizes[:-1], self._sizes[-1] + self._pending]

    def around(self, serde: Any) -> _Counting:
        self._serde = self.wrap(serde)
        return self

    def dumps_typed(self, value: Any) -> tuple[str, bytes]:
        kind, data = self._serde.dumps_typed(value)
        self._pending += len(data)
        # A `langgraph.checkpoint.base.Checkpoint` ends what belongs to a superstep.
        if isinstance(value, dict) and {"v", "ts", "channel_versions"} <= value.keys():
            self._sizes.append(self._pending)
            self._pending = 0
        return kind, data

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        return self._serde.loads_typed(data)


@dataclass(frozen=True, slots=True)
class _Plain:
    inner: Any

    def dumps_typed(self, value: Any) -> tuple[str, bytes]:
        return self.inner.dumps_typed(value)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        return self.inner.loads_typed(data)


@dataclass(frozen=True, slots=True)
class _Compressed(_Plain):
    """What a user would wrap to save room: zlib over LangGraph's own bytes."""

    def dumps_typed(self, value: Any) -> tuple[str, bytes]:
        kind, data = self.inner.dumps_typed(value)
        return kind, zlib.compress(data)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        return self.inner.loads_typed((data[0], zlib.decompress(data[1])))


@dataclass(frozen=True, slots=True)
class _Json(_Plain):
    """The size of the same values as JSON, which LangGraph does not store: to be held against it.

    What it dumps is JSON in length only, so that the graph runs on with the real bytes behind it.
    """

    lengths: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    def dumps_typed(self, value: Any) -> tuple[str, bytes]:
        kind, data = self.inner.dumps_typed(value)
        text = json.dumps(value, default=_as_json, separators=(",", ":"), ensure_ascii=False)
        self.lengths[text.encode()] = data
        return kind, text.encode()

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        return self.inner.loads_typed((data[0], self.lengths[data[1]]))


def _as_json(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    return dump() if dump else str(value)
