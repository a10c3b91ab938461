"""What LangGraph stores a superstep, by saver and serializer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.bench.catalogue import select
from parity_kit.bench.stored import SAVERS
from parity_kit.cli import cli
from parity_kit.contract import run
from parity_kit.contract.errors import UsageError
from parity_kit.reference import Engine


def _stored(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["bench", "--stored", *arguments], standalone_mode=False)


def test_bytes_are_those_that_the_contract_says_are_stored() -> None:
    rows = json.loads(_stored("--workload", "checkpoint-memory-5", "--json").stdout)
    (workload,) = select(("checkpoint-memory-5",))
    outcomes: Any = run(Engine(), workload.case)
    stored = sum(len(data) for outcome in outcomes for data in outcome.stored.values())

    assert [(row["saver"], row["supersteps"]) for row in rows] == [(name, 7) for name in SAVERS]
    assert rows[0]["bytes"]["plain"] * 7 == pytest.approx(stored, rel=0.1)
    for row in rows:
        sizes = row["bytes"]
        assert sizes["compressed"] < sizes["plain"] < sizes["JSON"]
        assert sizes["plain"] < sizes["encrypted"]
        assert row["growth"] > 0
        assert row["peak"] > row["held"] * 7 > 0


def test_a_workload_that_stores_nothing_is_a_mistake() -> None:
    assert isinstance(_stored("--workload", "sequential-5").exception, UsageError)
