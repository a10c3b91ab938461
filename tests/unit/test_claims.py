"""Published claims: how they are read, and how they stand beside what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.bench.claims import Claim, Quantity, read_claims
from parity_kit.cli import cli
from parity_kit.contract.errors import BadManifestError
from parity_kit.contract.events import BenchMeasured, RunStarted, event_to_json
from parity_kit.report.claims import Standing, answer

CLAIM = """
[[claim]]
engine = "port 1.0"
source = "https://it"
said = "twice as fast"
times = [2, 2]
workloads = ["sequential-5"]
candidate = "port"
"""
PAIRS = [[pair, 0.004, 0.001 * (1 + pair / 100), None, 1] for pair in range(6)]


def _claim(quantity: Quantity, low: float, high: float, candidate: str = "port") -> Claim:
    return Claim("port", "https://it", "words", quantity, low, high, ("sequential-5",), candidate)


def _report(low: float | None = 3.8, high: float | None = 4.0) -> dict[str, Any]:
    row = {"workload": "sequential-5", "ratio": 3.9, "low": low, "high": high, "seen": PAIRS}
    return {
        "run": {"name": "bench-20260102-030405"},
        "machine": {"system": "Linux 6", "architecture": "x86_64", "processors": "2"},
        "candidates": [{"name": "port", "benchmarks": [row]}],
        "control": [row],
    }


def test_every_published_claim_names_its_source_and_can_be_read() -> None:
    claims = read_claims()

    assert len(claims) > 10
    assert all(claim.source for claim in claims)
    assert {"fast-langgraph 0.1.15", "DashFlow 1.1.0"} <= {claim.engine for claim in claims}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[claim", "is not TOML"),
        ("claims = []", "did you mean `claim`"),
        ("claim = 1", "must be tables"),
        (CLAIM.replace("sequential-5", "sequence-5"), "no workload 'sequence-5'"),
        (CLAIM.replace("[2, 2]", "[3, 2]"), "must be two numbers, from and to"),
        (CLAIM.replace("times = [2, 2]", ""), "has one of times, seconds"),
        (f"{CLAIM}seconds = [1, 2]", "has one of times, seconds"),
        (f'{CLAIM}cannot_run = "why"', "either `candidate` or `cannot_run`"),
        (CLAIM.replace("said", "sayed"), "claim[1].sayed`: unknown key"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "claims.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadManifestError) as raised:
        read_claims(file)
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    ("claim", "standing"),
    [
        (_claim(Quantity.TIMES, 3.9, 3.9), Standing.HOLDS),
        (_claim(Quantity.TIMES, 2, 3), Standing.HOLDS),
        (_claim(Quantity.TIMES, 4.1, 4.1), Standing.UNDECIDED),
        (_claim(Quantity.TIMES, 5, 10), Standing.FAILS),
        (_claim(Quantity.SECONDS, 0.001, 0.002), Standing.HOLDS),
        (_claim(Quantity.SECONDS, 1e-6, 2e-6), Standing.FAILS),
        (_claim(Quantity.SECONDS, 0.003, 0.005, "reference"), Standing.HOLDS),
        (_claim(Quantity.SECONDS, 0.005, 0.01, "reference"), Standing.FAILS),
        (_claim(Quantity.SECONDS, 0.001, 0.003, "reference"), Standing.FAILS),
        (_claim(Quantity.TIMES, 2, 2, "another"), Standing.NOT_MEASURED),
    ],
)
def test_a_claim_stands_as_its_interval_says(claim: Claim, standing: Standing) -> None:
    assert answer(claim, [_report()]).standing is standing


def test_too_few_pairs_decide_nothing() -> None:
    undecided = answer(_claim(Quantity.TIMES, 2, 2), [_report(None, None)])

    assert undecided.standing is Standing.UNDECIDED
    assert undecided.note == "parity-kit bench port --workload sequential-5"


def test_a_candidate_that_is_not_here_cannot_run() -> None:
    claim = _claim(Quantity.TIMES, 2, 2, "another")

    assert answer(claim, [], {"port"}).note == "this workspace has no candidate another"


def test_the_command_shows_figures_with_machine_and_day(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    (tmp_path / "own.toml").write_text(CLAIM, encoding="utf-8")
    for name, text in (("bench-20260102-030405", _journal()), ("broken", "{}\n")):
        (tmp_path / "reports" / name).mkdir(parents=True)
        (tmp_path / "reports" / name / "journal.jsonl").write_text(text, encoding="utf-8")
    arguments = ["claims", "--file", str(tmp_path / "own.toml"), "--workspace", str(tmp_path)]

    shown = CliRunner().invoke(cli, arguments)
    (row,) = json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).stdout)

    assert "claimed 2.00×: holds\n  sequential-5: 3.90× (3.80× to 4.00×)" in shown.stdout  # noqa: RUF001
    assert "Linux 6, x86_64, 2 CPUs, 2026-01-02, bench-20260102-030405" in shown.stdout
    assert shown.stdout.endswith("1 claims: 1 holds\n")
    assert shown.stderr.startswith("left out:")
    assert (row["standing"], row["day"], row["source"]) == ("holds", "2026-01-02", "https://it")
    assert row["figures"][0]["low"] == 3.8


def _journal() -> str:
    report = _report()
    started = RunStarted(report["run"]["name"], "1", {}, report["machine"], 0, ["port"])
    seconds = (0.004, 0.001)
    row = BenchMeasured(
        "port", "sequential-5", "sequential", "faster", 3.9, 3.8, 4.0, *seconds, 6, 0, seen=[]
    )
    return "".join(f"{json.dumps(event_to_json(event))}\n" for event in (started, row))
