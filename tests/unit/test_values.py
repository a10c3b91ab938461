"""Opened values close again, and set order is the only thing that ordering changes."""

from __future__ import annotations

import random

from hypothesis import given

from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.msgpack.values import close_value, open_value, order_sets
from parity_kit.search.generate.values import opened_value
from parity_kit.search.hypothesis_driver import strategy


@given(strategy(opened_value))
def test_closing_what_was_opened_gives_the_same_bytes(opened: Plain) -> None:
    closed = close_value(opened)
    assert pack(close_value(open_value(closed))) == pack(closed)
    assert pack(open_value(closed)) == pack(opened)


def _set(items: list[Plain], kind: str = "set") -> Ext:
    return Ext(0, pack(["builtins", kind, items]))


def test_elements_of_sets_get_one_order_however_deep() -> None:
    items: list[Plain] = [f"item {number}" for number in range(20)]
    shuffled = random.Random(1).sample(items, len(items))
    left = pack(
        {"a": [_set(items)], "b": Ext(2, pack(["m", "C", {"s": _set(items, "frozenset")}]))}
    )
    right = pack(
        {"a": [_set(shuffled)], "b": Ext(2, pack(["m", "C", {"s": _set(shuffled, "frozenset")}]))}
    )
    assert left != right
    assert order_sets(left) == order_sets(right)


def test_what_holds_no_set_keeps_its_bytes_even_uncanonical_ones() -> None:
    data = b"\x92\xcc\x05\xa3sat"
    assert order_sets(data) is data


def test_a_list_is_not_a_set() -> None:
    data = pack(["set", Ext(0, pack(["collections", "deque", [2, 1]]))])
    assert unpack(order_sets(data)) == unpack(data)
