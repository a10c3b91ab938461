"""Which calls stores take: those of a store that is asynchronous throughout are all awaited."""

from __future__ import annotations

import pytest

from parity_kit.contract import Operation, Pins, Returned, Subject, SubjectKind, Unsupported
from parity_kit.reference.stores import StoreSession

PUT = {"namespace": ["a"], "key": "k", "value": {"n": 1}}


@pytest.mark.parametrize(("name", "takes_both"), [("memory", True), ("async-sqlite", False)])
def test_a_store_whose_calls_are_all_awaited_declines_others(
    name: str, *, takes_both: bool
) -> None:
    session = StoreSession(Subject(SubjectKind.STORE, {"store": name}), Pins())
    try:
        assert isinstance(session.apply(Operation("put", {**PUT, "async": True})), Returned)
        again = session.apply(Operation("put", PUT))
        assert isinstance(again, Returned if takes_both else Unsupported)
    finally:
        session.close()
