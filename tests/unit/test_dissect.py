"""The tree reader agrees with ormsgpack on every value, and knows where each byte belongs."""

from __future__ import annotations

import ormsgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext
from parity_kit.msgpack.parser import (
    MalformedError,
    Node,
    is_canonical,
    parse,
    path_at,
    render,
    walk,
)
from parity_kit.msgpack.values import close_value
from parity_kit.search.generate.values import opened_value
from parity_kit.search.hypothesis_driver import strategy


def value_of(node: Node) -> object:
    if node.kind == "map":
        pairs = zip(node.children[::2], node.children[1::2], strict=True)
        return {value_of(key): value_of(value) for key, value in pairs}
    if node.kind == "array":
        return [value_of(child) for child in node.children]
    if node.kind == "ext":
        return Ext(node.code or 0, node.value if isinstance(node.value, bytes) else b"")
    return node.value


@given(strategy(opened_value))
def test_says_what_ormsgpack_says(opened: object) -> None:
    data = pack(close_value(opened))  # pyright: ignore[reportArgumentType]  # plain by construction
    expected = ormsgpack.unpackb(data, ext_hook=Ext, option=ormsgpack.OPT_NON_STR_KEYS)
    assert pack(value_of(parse(data))) == pack(expected)


@given(strategy(opened_value))
def test_covers_every_byte_once_and_finds_nothing_uncanonical(opened: object) -> None:
    data = pack(close_value(opened))  # pyright: ignore[reportArgumentType]  # plain by construction
    node = parse(data)
    assert (node.offset, node.size) == (0, len(data))
    assert all(is_canonical(node) for _, node in walk(node))


@given(st.binary(max_size=40))
def test_any_bytes_are_a_tree_or_malformed(data: bytes) -> None:
    try:
        end = parse(data).size
    except MalformedError as error:
        end = error.offset
    assert 0 <= end <= len(data)


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"\xcc\x05", "uint 8"),
        (b"\xd0\xff", "int 8"),
        (b"\xca\x00\x00\x00\x00", "float 32"),
        (b"\xd9\x01a", "str 8"),
        (b"\xdc\x00\x00", "array 16"),
        (b"\xde\x00\x00", "map 16"),
        (b"\xc5\x00\x00", "bin 16"),
        (b"\xc7\x01\x05\x00", "ext 8"),
    ],
)
def test_sees_a_form_that_is_not_the_smallest(data: bytes, form: str) -> None:
    node = parse(data)
    assert node.form == form
    assert not is_canonical(node)


def test_names_the_place_of_a_byte() -> None:
    data = pack({"log": [1, {"a b": Ext(0, pack(["uuid", "UUID", "00"]))}]})
    assert path_at(parse(data), data.index(b"UUID")) == "$.log[1]['a b']<0>[1]"


def test_prints_offset_form_and_meaning() -> None:
    data = pack({"n": Ext(3, pack(["datetime", "datetime", "2024", "fromisoformat"]))})
    lines = render(parse(data), data)
    assert "$.n: ext 3, class method with one argument  (ext 8)" in lines[1]
    assert lines[0].split()[0] == "0"


def test_refuses_a_bomb_of_nesting() -> None:
    with pytest.raises(MalformedError, match="nested deeper"):
        parse(b"\x91" * 10_000 + b"\xc0")
