"""The shared Hypothesis strategies: one for each suite, all of them giving cases.

They aim where engines go wrong (widths where an encoding changes form, two writes in a superstep,
interrupts in parallel branches, a failure in one branch and then a resume) and make only cases on
which LangGraph itself is deterministic once pinned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from parity_kit.canonical import digest, pack
from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.features import features_of
from parity_kit.plain import Ext, Plain
from parity_kit.program_strategies import graph_parts
from parity_kit.values import close_value

_EDGES = [
    edge + shift
    for edge in (0, 0x20, 0x80, 0x100, 0x8000, 0x10000, 2**31, 2**32, 2**63)
    for shift in (-1, 0, 1)
]
_INTS = st.one_of(
    st.integers(-40, 300),
    st.sampled_from(_EDGES),
    st.sampled_from([-edge for edge in _EDGES if edge <= 2**63]),
    st.integers(-(2**63), 2**64 - 1),
)
_FLOATS = st.floats(allow_nan=False)
_TEXT = st.one_of(
    st.text(max_size=8), st.sampled_from([31, 32, 255, 256]).map(lambda size: "é" * (size // 2))
)
_BYTES = st.one_of(
    st.binary(max_size=8), st.sampled_from([255, 256]).map(lambda size: b"\x00" * size)
)


def _envelope(code: int, kind: str, payload: Plain, method: str | None = None) -> Plain:
    opened: dict[str, Plain] = {"$ext": code, "type": kind, "payload": payload}
    return opened if method is None else opened | {"method": method}


_DIGITS = st.integers(-(10**12), 10**12).map(str)
_TYPED: st.SearchStrategy[Plain] = st.one_of(
    st.uuids().map(lambda value: _envelope(0, "uuid.UUID", value.hex)),
    _DIGITS.map(lambda text: _envelope(0, "decimal.Decimal", text)),
    st.datetimes().map(
        lambda moment: _envelope(3, "datetime.datetime", moment.isoformat(), "fromisoformat")
    ),
    st.dates().map(lambda day: _envelope(1, "datetime.date", [day.year, day.month, day.day])),
    st.timedeltas().map(
        lambda span: _envelope(
            1, "datetime.timedelta", [span.days, span.seconds, span.microseconds]
        )
    ),
    st.ip_addresses(v=4).map(lambda ip: _envelope(0, "ipaddress.IPv4Address", str(ip))),
    st.ip_addresses(v=6).map(lambda ip: _envelope(0, "ipaddress.IPv6Address", str(ip))),
    st.lists(st.integers(0, 99) | st.text(max_size=3), unique_by=pack).map(
        lambda items: _envelope(0, "builtins.set", sorted(items, key=pack))
    ),
    st.sampled_from(["a", "x.*", "^é$"]).map(lambda text: _envelope(1, "re.compile", [text, 32])),
)


_SCALARS: st.SearchStrategy[Plain] = st.one_of(
    st.none(), st.booleans(), _INTS, _INTS, _FLOATS, _TEXT, _TEXT, _BYTES
)
_SIZES = st.one_of(st.integers(0, 3), st.integers(0, 3), st.sampled_from((15, 16, 17)))
_KEYS = st.text(max_size=4).filter(lambda key: not key.startswith("$"))


def _wrapped(kind: int, value: Plain) -> Plain:
    if kind == 0:
        return _envelope(0, "collections.deque", [value])
    if kind == 1:
        return _envelope(1, "langgraph.types.Send", ["node", value])
    fields: dict[str, Plain] = {"value": value, "id": "0" * 32, "response_schema": None}
    return _envelope(2, "langgraph.types.Interrupt", fields)


def _value(draw: st.DrawFn, depth: int) -> Plain:
    """Return a value; each kind has its share, the simplest come first to be shrunk to."""
    kind = draw(st.integers(0, 9)) if depth else draw(st.integers(0, 5))
    if kind <= 3:  # noqa: PLR2004  # four in ten
        return draw(_SCALARS)
    if kind <= 5:  # noqa: PLR2004  # two in ten
        return draw(_TYPED)
    if kind <= 7:  # noqa: PLR2004  # two in ten
        return [_value(draw, depth - 1) for _ in range(draw(_SIZES))]
    if kind == 8:  # noqa: PLR2004  # one in ten
        keys = draw(st.lists(_KEYS, unique=True, max_size=3))
        return {key: _value(draw, depth - 1) for key in keys}
    return _wrapped(draw(st.integers(0, 2)), _value(draw, depth - 1))


@st.composite
def opened_values(draw: st.DrawFn) -> Plain:
    """A value in the opened form of docs/contract.md, such as LangGraph stores."""
    return _value(draw, 2)


def _case(kind: SubjectKind, spec: Mapping[str, Plain], operations: Sequence[Operation]) -> Case:
    subject = Subject(kind, spec)
    name = digest(pack([subject.to_plain(), [each.to_plain() for each in operations]]))[:12]
    features = features_of(subject, operations)
    return Case(CaseId(f"lockstep/{kind.value}/{name}"), subject, tuple(operations), features)


@st.composite
def codec_cases(draw: st.DrawFn) -> Case:
    """Encode a value, and decode and round-trip the bytes that LangGraph has for it."""
    opened = draw(opened_values())
    value = close_value(opened)
    operations = [Operation("encode", {"value": opened})]
    if value is not None and not isinstance(value, bytes):
        typed: dict[str, Plain] = {"type": "msgpack", "data": pack(value)}
        operations += [Operation("decode", typed), Operation("round_trip", typed)]
    return _case(SubjectKind.CODEC, {"strict": draw(st.booleans())}, operations)


def _overwrite(value: Plain) -> Ext:
    fields = {"value": value, "type": "__overwrite__"}
    return Ext(2, pack(["langgraph.types", "Overwrite", fields]))


_LETTERS: tuple[str, ...] = ("a", "b", "c")
_FIELD_VALUES: dict[str, st.SearchStrategy[Plain]] = {
    "int": st.integers(-3, 300),
    "str": st.text(max_size=3),
    "list": st.lists(st.integers(0, 9), max_size=3),
    "dict": st.dictionaries(st.sampled_from([*_LETTERS]), st.integers(0, 9), max_size=2),
    "any": st.one_of(st.none(), st.integers(0, 9), st.lists(st.integers(0, 9), max_size=2)),
}
_REDUCERS = {
    "int": ("add", "max", "min", "last", "first"),
    "str": ("add", "last"),
    "list": ("add", "first"),
    "dict": ("merge",),
}
_PLAIN_CHANNELS = (
    "LastValue",
    "LastValueAfterFinish",
    "AnyValue",
    "EphemeralValue",
    "UntrackedValue",
    "Topic",
)


@st.composite
def _channel_specs(draw: st.DrawFn) -> tuple[dict[str, Plain], st.SearchStrategy[Plain]]:
    name = draw(
        st.sampled_from(
            (
                *_PLAIN_CHANNELS,
                "BinaryOperatorAggregate",
                "NamedBarrierValue",
                "NamedBarrierValueAfterFinish",
                "DeltaChannel",
            )
        )
    )
    if name.startswith("Named"):
        names = draw(st.lists(st.sampled_from(_LETTERS), unique=True, min_size=1))
        return {"class": name, "names": names}, st.sampled_from((*_LETTERS, "stranger"))
    kind = draw(st.sampled_from(sorted(_REDUCERS)))
    spec: dict[str, Plain] = {"class": name, "type": kind}
    values = _FIELD_VALUES[kind]
    if name in {"BinaryOperatorAggregate", "DeltaChannel"}:
        spec["reducer"] = draw(st.sampled_from(_REDUCERS[kind]))
        return spec, st.one_of(values, values, values.map(_overwrite))
    if name in {"EphemeralValue", "UntrackedValue"}:
        spec["guard"] = draw(st.booleans())
    if name == "Topic":
        spec["accumulate"] = draw(st.booleans())
        return spec, st.one_of(values, st.lists(values, max_size=2))
    return spec, values


@st.composite
def channel_cases(draw: st.DrawFn) -> Case:
    """A channel of any class, and a few operations on it."""
    spec, values = draw(_channel_specs())
    update = st.lists(values, max_size=3).map(lambda each: Operation("update", {"values": each}))
    others = st.sampled_from(
        ["get", "consume", "finish", "is_available", "restore", "copy", "swap"]
    ).map(Operation)
    choices = [update, update, others]
    if spec["class"] == "DeltaChannel":
        writes = st.lists(values, max_size=3)
        choices.append(writes.map(lambda each: Operation("replay_writes", {"writes": each})))
    operations = draw(st.lists(st.one_of(choices), min_size=1, max_size=8))
    return _case(SubjectKind.CHANNEL, spec, [*operations, Operation("get")])


@st.composite
def graph_cases(draw: st.DrawFn) -> Case:
    """A graph program and a script on it."""
    spec, operations = draw(graph_parts())
    return _case(SubjectKind.GRAPH, spec, operations)


_THREADS = st.sampled_from(("t", "u"))
_SPACES = st.sampled_from(("", "sub:1"))
_CHECKPOINTS = st.integers(1, 4).map(lambda k: f"00000000-0000-6000-8000-{k:012x}")


@st.composite
def _puts(draw: st.DrawFn) -> Operation:
    version = f"{draw(st.integers(1, 3)):032}.{0:016}"
    channel = draw(st.sampled_from(_LETTERS))
    identity = draw(_CHECKPOINTS)
    checkpoint: dict[str, Plain] = {
        "v": 4,
        "ts": "2024-01-01T00:00:00+00:00",
        "id": identity,
        "channel_values": draw(
            st.dictionaries(st.sampled_from(_LETTERS), _FIELD_VALUES["any"], max_size=2)
        ),
        "channel_versions": {channel: version},
        "versions_seen": {},
        "updated_channels": draw(st.none() | st.just([channel])),
    }
    arguments: dict[str, Plain] = {
        "thread": draw(_THREADS),
        "ns": draw(_SPACES),
        "checkpoint": checkpoint,
        "metadata": {
            "source": draw(st.sampled_from(("input", "loop"))),
            "step": draw(st.integers(-1, 2)),
            "parents": {},
        },
        "new_versions": {channel: version},
    }
    if draw(st.booleans()):
        arguments["parent"] = draw(_CHECKPOINTS)
    return Operation("put", arguments)


@st.composite
def _put_writes(draw: st.DrawFn) -> Operation:
    channels = st.sampled_from((*_LETTERS, "__error__", "__interrupt__", "__resume__"))
    writes = st.lists(st.tuples(channels, _FIELD_VALUES["any"]).map(list), min_size=1, max_size=3)
    return Operation(
        "put_writes",
        {
            "thread": draw(_THREADS),
            "ns": draw(_SPACES),
            "checkpoint_id": draw(_CHECKPOINTS),
            "writes": draw(writes),
            "task_id": draw(st.sampled_from(("task-1", "task-2"))),
            "task_path": draw(st.sampled_from(("", "~__pregel_pull, a"))),
        },
    )


@st.composite
def _reads(draw: st.DrawFn) -> Operation:
    arguments: dict[str, Plain] = {"thread": draw(_THREADS)}
    if draw(st.booleans()):
        arguments["ns"] = draw(_SPACES)
        if draw(st.booleans()):
            arguments["checkpoint_id"] = draw(_CHECKPOINTS)
        return Operation("get_tuple", {"ns": "", **arguments})
    if draw(st.booleans()):
        arguments["limit"] = draw(st.integers(1, 2))
    if draw(st.booleans()):
        arguments["before"] = draw(_CHECKPOINTS)
    if draw(st.booleans()):
        arguments["filter"] = {"source": draw(st.sampled_from(("input", "loop")))}
    return Operation("list", arguments)


@st.composite
def saver_cases(draw: st.DrawFn) -> Case:
    """A saver, and a script of puts and reads."""
    delete = _THREADS.map(lambda thread: Operation("delete_thread", {"thread": thread}))
    versions = st.none() | st.just(f"{7:032}.{3:016}")
    next_version = versions.map(lambda now: Operation("next_version", {"current": now}))
    choices = [_puts(), _puts(), _put_writes(), _reads(), _reads(), delete, next_version]
    operations = draw(st.lists(st.one_of(choices), min_size=1, max_size=8))
    saver = draw(st.sampled_from(("memory", "sqlite")))
    return _case(SubjectKind.SAVER, {"saver": saver}, operations)


SUITES: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
    "codec": codec_cases,
    "channel": channel_cases,
    "graph": graph_cases,
    "saver": saver_cases,
}
"""The suites of `parity-kit run`, by name."""
