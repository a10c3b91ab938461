"""The first place in which two values differ, whatever an engine gives."""

from __future__ import annotations

import pytest

from parity_kit.msgpack.parser import parse
from parity_kit.msgpack.tree_difference import differences

ONCE = bytes.fromhex("81 a161 01")
TWICE = bytes.fromhex("82 a161 01 a161 01")


@pytest.mark.parametrize(("left", "right"), [(ONCE, TWICE), (TWICE, ONCE)])
def test_a_key_that_one_side_gives_twice_is_a_difference(left: bytes, right: bytes) -> None:
    (difference,) = differences(parse(left), parse(right))
    mine, yours = difference.sides
    assert difference.path == "$.a"
    assert (mine is None) == (left == ONCE)
    assert (yours is None) == (right == ONCE)
