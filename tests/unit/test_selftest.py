"""The self-test: what it changes, where it puts that, and what it makes of the results."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from parity_kit.candidates.workspace import BUNDLED
from parity_kit.cli.selftest import _chosen  # pyright: ignore[reportPrivateUsage]  # what is judged
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.selftest import runner
from parity_kit.selftest.faults import faults
from parity_kit.selftest.lines import Lines, LineTracer
from parity_kit.selftest.operators import Mutant, mutants, statements
from parity_kit.selftest.patching import LiveFunctions, NotPatchedError
from parity_kit.selftest.results import Journal, Result, row, rows
from parity_kit.selftest.runner import judge
from parity_kit.selftest.stages import Kill, Watch
from parity_kit.selftest.survivors import FILE, JUDGEMENTS, Survivors, read_survivors
from parity_kit.selftest.targets import TARGETS

SOURCE = '''\
"""A module."""

import logging

logger = logging.getLogger(__name__)


def above(value, least=3):
    """Return whether a value is above."""
    logger.debug("asked")
    if value > least:
        return True
    raise ValueError(f"at most {least}")


class Counter:
    def __init__(self):
        self.count = 0

    def add(self, step: "int" = 1):
        self.count += step
        return self.count


def counter(start):
    def count():
        return start + 1

    return count


counted = counter(1)
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "counting.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def module(file: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return loaded(file, monkeypatch)


def loaded(file: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, file.stem, made)
    spec.loader.exec_module(made)
    return made


def by_what(file: Path) -> dict[str, Mutant]:
    return {mutant.what: mutant for mutant in mutants("counting", file)}


def test_only_what_runs_in_a_function_is_changed(file: Path) -> None:
    assert [*by_what(file)] == [
        "above compare: value > least -> value >= least",
        "above negate: value > least -> not value > least",
        "above return: return True -> return None",
        "above constant: True -> False",
        "above drop: raise ValueError(f'at most {least}') -> pass",
        "Counter.__init__ drop: self.count = 0 -> pass",
        "Counter.__init__ constant: 0 -> 1",
        "Counter.add drop: self.count += step -> pass",
        "Counter.add return: return self.count -> return None",
        "counter.<locals>.count return: return start + 1 -> return None",
        "counter.<locals>.count arithmetic: start + 1 -> start - 1",
        "counter.<locals>.count constant: 1 -> 2",
        "counter return: return count -> return None",
    ]


@pytest.mark.parametrize(
    ("expression", "changed"),
    [
        ("a == b", ["a != b"]),
        ("a < b <= c", ["a <= b <= c", "a < b < c"]),
        ("a is None", ["a is not None"]),
        ("a and b", ["a or b"]),
        ("not a", ["a"]),
        ("a if b else c", ["c if b else a"]),
        ("[x for x in a if x]", ["not x"]),
        ("a + b", ["a - b"]),
        ("f('text')", ["'text?'"]),
        ("cast('int', a)", []),
    ],
)
def test_operators(tmp_path: Path, expression: str, changed: list[str]) -> None:
    path = tmp_path / "one.py"
    path.write_text(f"def f(a, b, c):\n    given = {expression}\n")
    assert [what.partition(" -> ")[2] for what in by_what(path)] == changed


def test_the_same_change_twice_has_a_number(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text("def f():\n    a = 1\n    b = 1\n")
    assert [*by_what(path)] == ["f constant: 1 -> 2", "f constant: 1 -> 2 #2"]


def test_what_is_changed_is_reached_by_its_statement_alone(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text("def f(a):\n    if (\n        a == 1\n    ):\n        return a\n")
    found = by_what(path)
    assert found["f compare: a == 1 -> a != 1"].lines == range(2, 5)
    assert found["f return: return a -> return None"].lines == range(5, 6)


def test_a_fault_is_reached_by_the_statements_it_is_in() -> None:
    source = "def f(a):\n    b = (\n        1,\n        a,\n    )\n    if b:\n        return b\n"
    assert statements(source, 4, 4) == range(2, 6)
    assert statements(source, 4, 6) == range(2, 7)


def test_a_sample_is_of_mutants_that_a_case_reaches_or_that_were_written_by_hand(
    file: Path, module: Any
) -> None:
    found = [*by_what(file).values()]
    reached = Lines(["above"], [0.0], {str(file): {11: 1}})
    stages = [Calls(module, reached)]
    assert [mutant.what for mutant in _chosen(found, stages, "counting", None, 0)] == [
        "above compare: value > least -> value >= least",
        "above negate: value > least -> not value > least",
    ]
    assert len(_chosen(found, stages, "*", 1, 0)) == 1
    assert _chosen(found, stages, "*", 1, 0) == _chosen(found, stages, "*", 1, 0)
    by_hand = [replace(mutant, chosen=True) for mutant in found]
    assert _chosen(by_hand, stages, "*", None, 0) == by_hand
    with pytest.raises(UsageError, match="no case reaches a mutant"):
        _chosen(found, stages, "other", None, 0)


def test_a_mutant_is_in_every_function_that_has_the_code(file: Path, module: Any) -> None:
    held, counter = module.above, module.Counter()
    live = LiveFunctions.now(frozenset([str(file)]))
    found = by_what(file)
    for what in ("above constant: True -> False", "Counter.add drop: self.count += step -> pass"):
        live.patch(str(file), found[what].compiled())
    assert held(4) is False
    assert counter.add() == 0


def test_a_function_made_before_and_one_made_later_are_changed(file: Path, module: Any) -> None:
    live = LiveFunctions.now(frozenset([str(file)]))
    what = "counter.<locals>.count arithmetic: start + 1 -> start - 1"
    live.patch(str(file), by_what(file)[what].compiled())
    assert (module.counted(), module.counter(5)()) == (0, 4)


def test_a_closure_over_other_variables_is_not_changed(file: Path, module: Any) -> None:
    live = LiveFunctions({str(file): [module.counted]})
    what = "counter.<locals>.count return: return start + 1 -> return None"
    with pytest.raises(NotPatchedError, match="closure over other variables"):
        live.patch(str(file), by_what(file)[what].compiled())


def test_code_that_no_function_has_is_skipped(file: Path) -> None:
    live = LiveFunctions.now(frozenset([str(file)]))
    with pytest.raises(NotPatchedError, match="no function of the process"):
        live.patch(str(file), by_what(file)["above constant: True -> False"].compiled())


def test_the_cases_that_run_a_line_come_quickest_first(file: Path, module: Any) -> None:
    lines, tracer = Lines(), LineTracer([file.parent])
    calls = {"slow": lambda: module.above(4), "quick": lambda: module.above(5), "other": int}
    for name, seconds in (("slow", 2.0), ("quick", 1.0), ("other", 0.0)):
        with tracer.tracing():
            calls[name]()
        lines.add(name, seconds, tracer.taken())
    read = Lines()
    read.merge(Lines([], [], {}, ["broken"]))
    read.merge(lines)
    assert read.reaching(str(file), by_what(file)["above constant: True -> False"].lines) == [
        "quick",
        "slow",
    ]
    assert not read.runs(str(file), range(15, 16))
    assert read.failed == ["broken"]


@dataclass
class Calls:
    """A stage whose cases are calls; a case fails if it does not return what it should."""

    module: Any
    lines: Lines
    name: str = "calls"

    def kill(self, cases: Sequence[str], watch: Watch, shows: str) -> Kill | None:
        for case in cases:
            watch(case)
            if case == "above" and self.module.above(4) is not True:
                return Kill(self.name, "divergent", case, f"value {shows}")
            if case == "add" and self.module.Counter().add() is None:
                os._exit(3)
            if case == "counted" and self.module.counted() == 0:
                time.sleep(30)
        return None


def test_a_mutant_is_killed_survives_crashes_or_hangs(
    file: Path, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CASE_SECONDS", 1)
    lines, tracer = Lines(), LineTracer([file.parent])
    for case, call in (
        ("above", lambda: module.above(4)),
        ("add", lambda: module.Counter().add()),
        ("counted", module.counted),
    ):
        with tracer.tracing():
            call()
        lines.add(case, 0.0, tracer.taken())
    live = LiveFunctions.now(frozenset([str(file)]))
    found = [*by_what(file).values()]
    results = {
        result.what: result for result in judge(found, [Calls(module, lines)], live, workers=2)
    }
    kinds = {what: result.kill and result.kill.kind for what, result in results.items()}
    assert kinds == {
        "above compare: value > least -> value >= least": None,
        "above negate: value > least -> not value > least": "crashed",
        "above return: return True -> return None": "divergent",
        "above constant: True -> False": "divergent",
        "above drop: raise ValueError(f'at most {least}') -> pass": None,
        "Counter.__init__ drop: self.count = 0 -> pass": "crashed",
        "Counter.__init__ constant: 0 -> 1": None,
        "Counter.add drop: self.count += step -> pass": None,
        "Counter.add return: return self.count -> return None": "crashed",
        "counter.<locals>.count return: return start + 1 -> return None": None,
        "counter.<locals>.count arithmetic: start + 1 -> start - 1": "hung",
        "counter.<locals>.count constant: 1 -> 2": None,
        "counter return: return count -> return None": None,
    }
    assert module.above(4) is True, "this process stays as it was"
    assert results["counter.<locals>.count return: return start + 1 -> return None"].skipped
    hung = results["counter.<locals>.count arithmetic: start + 1 -> start - 1"].kill
    assert hung
    assert hung.case == "counted"


def test_a_kill_that_names_another_place_is_told_apart(file: Path) -> None:
    mutant = replace(by_what(file)["above constant: True -> False"], shows="$.n")
    here, there = (Kill("gate", "divergent", "c", place) for place in ("value $.n", "value $.m"))
    assert not Result.of(mutant, kill=here).misplaced
    assert Result.of(mutant, kill=there).misplaced


def result(what: str, kill: Kill | None = None, skipped: str = "") -> Result:
    return Result("m", what, 1, kill, skipped)


KILL = Kill("gate", "divergent", "case", "value $")


def test_equivalent_and_skipped_mutants_are_not_in_the_rate() -> None:
    results = [result("a", KILL), result("b"), result("c"), result("d", skipped="a closure")]
    counts = row("m", results, ["m: c"])
    assert (counts.judged, counts.survived, counts.equivalent, counts.skipped) == (2, 1, 1, 1)
    assert counts.rate == 0.5
    assert [counts.module for counts in rows(results, [])] == ["m", "all"]


def test_a_stopped_self_test_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first = Journal(path, "asked")
    first.add(result("a", KILL))
    with path.open("a") as file:
        file.write('{"module": "m", "wha')  # killed while writing
    assert Journal(path, "asked").results == [result("a", KILL)]
    assert Journal(path, "something else").results == []


def test_judged_survivors_that_were_killed_or_do_not_exist_are_stale() -> None:
    survivors = Survivors(dict.fromkeys(("m: a", "m: b", "m: gone", "other: x"), "open"), {})
    results = [result("a", KILL), result("b")]
    assert survivors.stale(results, {"m: a", "m: b"}) == ["m: a", "m: gone"]


def test_a_floor_holds_for_a_target_and_for_modules_with_enough_mutants() -> None:
    results = [result(str(number), KILL if number else None) for number in range(10)]
    survivors = Survivors({}, {"pure": 0.95, "m": 0.95, "few": 1.0})
    few = replace(result("x"), module="few")
    assert [*survivors.missed("pure", rows([*results, few], []))] == [
        "m: 90% killed, and the floor is 95%",
        "pure: 82% killed, and the floor is 95%",
    ]


@pytest.mark.parametrize("target", TARGETS)
def test_the_committed_survivors_are_judged_with_a_reason(target: str) -> None:
    survivors = read_survivors(target)
    assert set(survivors.judgements.values()) <= set(JUDGEMENTS)
    assert set(survivors.floors) >= {"named", "pure", "oracle", "kit"}


def test_another_judgement_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE.name
    path.write_text('[floors]\n[survivors.pure.harmless]\n"m: a" = "why"\n')
    with pytest.raises(BadFileError, match="'harmless' is no judgement"):
        read_survivors("pure", path)


def test_every_hand_written_fault_is_in_the_engine() -> None:
    found = faults(BUNDLED / "candidates" / "pure" / "pure_engine")
    assert len({fault.id for fault in found}) == len(found) > 140
    for fault in found:
        fault.compiled()


def test_a_fault_whose_text_is_gone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("a = 1\n")
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\nwhat = "w"\nfile = "one.py"\nold = "b"\nnew = "c"\n')
    with pytest.raises(BadFileError, match=r"stands 0 times in one\.py"):
        faults(tmp_path, path)
