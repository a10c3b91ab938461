"""What LangGraph does not bring back of a user's own checkpoints is counted and shown."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import UsageError
from parity_kit.contract.plain import Ext

GONE = pack(Ext(2, pack(["no_such_module.at_all", "Order", {"total": 5}])))
LOST = {
    "became its payload": ("no_such_module.at_all.Order", "msgpack", GONE),
    "became null": (
        "ext 6",
        "msgpack",
        pack(Ext(6, pack(["<f8", [2], "C", b"short"]))),
    ),
    "does not load, or cannot be stored again": ("NotImplementedError", "pickle", b"."),
    "the same value in other bytes": ("msgpack", "msgpack", b"\xcd\x00\x05"),
}


@pytest.mark.parametrize("became", LOST)
def test_what_does_not_come_back_is_counted_and_shown(
    database: Path, became: str, call: Callable[..., str]
) -> None:
    name, kind, data = LOST[became]
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "UPDATE writes SET type = ?, value = ? WHERE channel = 'n' AND checkpoint_id LIKE '2%'",
            (kind, data),
        )
        connection.commit()
    output = call("check", "--loss", "--sqlite", database, "--json", code=1)
    answer = json.loads(output)
    (lost,) = answer["lost"]
    assert (lost["became"], lost["type"], lost["values"]) == (became, name, 2)
    assert lost["examples"][0] == {
        "what": "write",
        "thread": "thread-a",
        "namespace": "",
        "checkpoint": "2-thread-a",
        "channel": "n",
    }
    assert answer["kept"] == answer["values"] - 2
    assert "thread thread-a, checkpoint 2-thread-a, channel n" in " ".join(
        call("check", "--loss", "--sqlite", database, code=1).split()
    )


def test_without_loss_the_exit_code_is_zero(database: Path, call: Callable[..., str]) -> None:
    assert "24 values of 6 checkpoints" in call("check", "--loss", "--sqlite", database)


def test_a_database_without_loss_asked_for_is_wrong_use(
    database: Path, call: Callable[..., str]
) -> None:
    with pytest.raises(UsageError, match="checked with --loss"):
        call("check", "--sqlite", database)


def test_losses_of_langgraph_are_reported_for_an_import(
    database: Path, call: Callable[..., str], judge: Callable[..., Any]
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE writes SET value = ? WHERE channel = 'n'", (GONE,))
        connection.commit()
    summary = json.loads(call("import", "--sqlite", database, "--json"))
    assert summary["features"] == {"lossy upstream": 6}
    assert judge("own")["verdict"] == "equal"
