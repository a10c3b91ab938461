"""The pure engine's MessagePack and typed values, beside the libraries they stand in for."""

from __future__ import annotations

from typing import Any

import ormsgpack
import pytest
from langchain_core import messages
from langgraph.checkpoint.serde._msgpack import (
    SAFE_MSGPACK_METHODS,
    SAFE_MSGPACK_TYPES,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import PregelTask, StateSnapshot, TimeoutPolicy
from pure_engine.codec.safe_types import REQUIRED, SAFE_METHODS, SAFE_TYPES, SHAPES
from pure_engine.codec.serializer import dumps, encode, loads
from pure_engine.types import Envelope, Interrupt, Send

from parity_kit.contract.plain import Ext

LANGGRAPH = JsonPlusSerializer(allowed_msgpack_modules=True)


def message_of(call: Any, *args: Any) -> str | None:
    try:
        call(*args)
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def nested(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        *(edge + shift for edge in (0, 128, 2**8, 2**16, 2**32, 2**63) for shift in (-1, 0)),
        *(-edge - shift for edge in (0, 32, 2**7, 2**15, 2**31) for shift in (0, 1)),
        -(2**63),
        2**64 - 1,
        *("é" * size for size in (0, 15, 16, 127, 128, 32768)),
        *([b"x" * size] for size in (0, 255, 256, 65536)),
        *([None] * size for size in (15, 16, 65536)),
        *(dict.fromkeys(range(size)) for size in (15, 16, 65536)),
        {(1, ("a", None)): 1, None: 2, True: 3, 1.5: 4, b"k": 5},
        "\ud800 alone",
        nested(255),
    ],
    ids=lambda value: f"{type(value).__name__}-{str(value)[:12]}",
)
def test_a_value_is_written_and_read_as_langgraph_does(value: Any) -> None:
    kind, data = LANGGRAPH.dumps_typed(value)
    assert dumps(value) == (kind, data)
    assert loads(kind, data) == LANGGRAPH.loads_typed((kind, data))


@pytest.mark.parametrize(
    "value",
    [2**64, -(2**63) - 1, nested(256), {frozenset[int](): 1}, {"\ud800": 1}, [object()], [1j]],
    ids=["too large", "too small", "too deep", "odd key", "surrogate key", "object", "complex"],
)
def test_what_cannot_be_written_is_refused_in_the_same_words(value: Any) -> None:
    expected = message_of(LANGGRAPH.dumps_typed, value)
    assert expected is not None
    assert message_of(dumps, value) == expected


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\xc1", b"\x92\x01", b"\xa5abc", b"\xcd\x01", b"\xcb\x00", b"\xa2\xc3\x28"),
        *(b"\x81\x81\x01\x01", b"\x81\xde\x00\x00", b"\x81\xdf", b"\x81\xd4\x00\x00", b"\x81\xc8"),
        *(
            b"\x81\xd7",
            b"\x81\xd7\x00",
            b"\x81\xc7\x00",
            b"\x81\xc7\x00\x00",
            b"\xdd\xff\xff\xff\xff",
        ),
        b"\x91" * 1023 + b"\xc0",
        b"\x81" + b"\x91" * 900 + b"\xc1",
    ],
)
def test_malformed_bytes_are_refused_in_the_same_words(data: bytes) -> None:
    expected = message_of(LANGGRAPH.loads_typed, ("msgpack", data))
    assert expected is not None
    assert message_of(loads, "msgpack", data) == expected


def test_bytes_nested_deeper_than_pythons_stack_are_read() -> None:
    value = loads("msgpack", b"\x91" * 1022 + b"\xc0")
    depth = 0
    while value is not None:
        (value,) = value
        depth += 1
    assert depth == 1022


def test_the_safe_list_is_langgraphs() -> None:
    assert SAFE_TYPES == SAFE_MSGPACK_TYPES
    assert SAFE_METHODS == SAFE_MSGPACK_METHODS


@pytest.mark.parametrize(
    "key",
    # A RemoveMessage gets its content from its constructor.
    [key for key in SHAPES if ".messages." in key[0] and key[1] != "RemoveMessage"],
    ids=lambda key: key[1],
)
def test_a_message_has_the_fields_and_defaults_of_langchains(key: tuple[str, str]) -> None:
    shape = SHAPES[key]
    required = {name: "x" for name, value in shape.fields.items() if value is REQUIRED}
    expected = getattr(messages, key[1]).model_construct(**required).model_dump()
    assert list({**shape.fields, **required}.items()) == list(expected.items())


@pytest.mark.parametrize("kind", [TimeoutPolicy, PregelTask, StateSnapshot])
def test_a_record_has_the_fields_of_langgraphs(kind: Any) -> None:
    fields = getattr(kind, "_fields", None) or tuple(kind.__dataclass_fields__)
    assert tuple(SHAPES[kind.__module__, kind.__name__].fields) == fields


def test_a_type_that_is_not_allowed_comes_back_as_its_payload() -> None:
    data = ormsgpack.packb(ormsgpack.Ext(0, ormsgpack.packb(["os", "system", "true"])))
    assert loads("msgpack", data, strict=True) == "true"


def test_a_permissive_codec_runs_nothing_that_data_names() -> None:
    parts = ["os", "system", "exit 1"]
    data = ormsgpack.packb(ormsgpack.Ext(0, ormsgpack.packb(parts)))
    assert loads("msgpack", data) == Envelope(0, parts)
    assert encode(loads("msgpack", data)) == data


def test_a_set_is_written_in_the_order_of_its_elements_bytes() -> None:
    inner = b"\x93\xa8builtins\xa3set\x94\x01\x02\xa1a\xa1b"
    assert encode({"b", 2, "a", 1}) == bytes((0xC7, len(inner), 0)) + inner


def test_an_exception_inside_a_value_is_its_repr() -> None:
    assert encode([ValueError("bad", 1)]) == encode(["ValueError('bad', 1)"])


def test_langgraphs_own_types_come_back_as_the_engines() -> None:
    value = [Send("a", {"k": 1}), Interrupt("q", "0" * 32)]
    assert loads(*dumps(value)) == value
    assert encode(value[0]) == encode(Ext(1, encode(["langgraph.types", "Send", ["a", {"k": 1}]])))
