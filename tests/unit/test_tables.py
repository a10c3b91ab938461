"""Tables in narrow terminals: nothing is cut, and what carries the verdict stays."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.table import Table

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli import bench_tables, candidates, fixtures_list, gate_result, parity, reach
from parity_kit.cli.tables import print_table
from parity_kit.contract.events import BenchMeasured, CandidateJudged, GateFinished
from parity_kit.gates.settings import Settings
from parity_kit.report.ci.account import Account

WORKSPACE = str(find_workspace(Path(__file__)).root)
GATES = [
    GateFinished("it", f"corpus {name}", "corpus", verdict, "bytes", "bytes", n, counts, {}, 0.25)
    for name, verdict, n, counts in (
        ("channels", "equal", 1114, {"equal": 1114}),
        ("upstream_findings", "protocol error", 9, {"equal": 2, "protocol error": 7}),
    )
]
MEASURED = BenchMeasured(
    "candidate-name", "graph-fan-out", "graphs", "faster", 2.345, 2.1, 2.6, 1e-3, 4e-4, 9, 0
)
JUDGED = CandidateJudged("candidate-name", "crashed", "2 of 2 cases, first a/b/c: it ended", 3, 0)


def show_gates() -> None:
    gate_result._show_gates(GATES)  # pyright: ignore[reportPrivateUsage]  # what the command prints


def show_bench() -> None:
    bench_tables.print_rows([MEASURED], [], 0, Path("folder"))


def show_parity() -> None:
    account = Account()
    account.emit(JUDGED)
    parity._show(account, Settings(), Path("page.html"), 1.0)  # pyright: ignore[reportPrivateUsage]  # what the command prints


def called(module: ModuleType, *arguments: str) -> Callable[[], None]:
    def call() -> None:
        result = CliRunner().invoke(
            module.command, [*arguments, "--workspace", WORKSPACE], standalone_mode=False
        )
        assert result.exception is None, result.exception

    return call


SHOWN: dict[str, tuple[ModuleType, Callable[[], None], tuple[str, ...]]] = {
    "gate": (gate_result, show_gates, ("upstream_findings", "! protocol error", "1114", "7")),
    "bench": (bench_tables, show_bench, ("candidate-name", "graph-fan-out", "faster", "2.35")),
    "parity": (parity, show_parity, ("candidate-name", "✕ crashed")),
    "candidates": (candidates, called(candidates, "list"), ("fast-langgraph-engaged", "rust")),
    "fixtures": (fixtures_list, called(fixtures_list), ("upstream_findings", "bytes")),
    "reach": (reach, called(reach), ("functions", "none")),
}


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_cut(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module, show, words = SHOWN[name]
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)

    def narrow(*, stderr: bool = False) -> Console:
        del stderr
        return console

    monkeypatch.setattr(module, "console", narrow)
    show()
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in out.getvalue()
    for word in words:
        assert word in out.getvalue(), out.getvalue()


def test_the_matrix_is_read_in_a_terminal_of_forty_columns() -> None:
    leader, follower = pty.openpty()
    words = ["-m", "parity_kit", "matrix", "pure", "--row", "Topic", "--workspace", WORKSPACE]
    environment = {**os.environ, "COLUMNS": "40", "NO_COLOR": "1", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, *words], stdout=follower, stderr=subprocess.DEVNULL, env=environment
    ) as running:
        os.close(follower)
        text = ""
        with contextlib.suppress(OSError):  # the other side closed
            while data := os.read(leader, 1 << 16):
                text += data.decode()
        os.close(leader)
    assert running.returncode == 0
    final = re.split(r"\x1b\[2K", text)[-1]  # after the progress bars
    final = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", final)
    assert "Topic" in final
    assert "✓ bytes" in final
    assert "15 of 15" in final
    assert "…" not in final
    assert max(map(len, final.splitlines())) <= 40


def table() -> Table:
    made = Table("name", "verdict", "none", box=None)
    made.add_column("why", overflow="fold")
    made.add_row("a-long-name-of-a-row", "[red]≠ divergent[/red]", "·", "it differs " * 9)
    made.add_row("[bold]a category[/bold]")
    return made


def shown(width: int) -> list[str]:
    out = io.StringIO()
    print_table(Console(file=out, width=width, force_terminal=True, color_system=None), table())
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_row_becomes_a_block_where_it_does_not_fit() -> None:
    lines = shown(40)
    assert lines[0] == "a-long-name-of-a-row"
    assert lines[1].startswith("  verdict: ≠ divergent · why: it differs")
    assert lines[-1] == "a category"


def test_an_empty_column_goes_first() -> None:
    head = shown(54)[0].split()
    assert head == ["name", "verdict", "why"]
    assert shown(90)[0].split() == ["name", "verdict", "none", "why"]


def test_a_row_is_a_line_in_a_pipe() -> None:
    out = io.StringIO()
    print_table(Console(file=out, width=40), table())
    assert len(out.getvalue().splitlines()) == 3
