"""Functions that differ between two installations, by their syntax, and probes in them."""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from parity_kit.corpora.drift.probes import Probes, Watched, condition_probe, statement_probe
from parity_kit.corpora.drift.source import (
    FunctionChange,
    SourceChanges,
    installed_source,
    source_changes,
)

OLD = """
    LIMIT = 25

    def whole(n: int) -> int:
        "Return a number."
        total: int = 0
        if n > 3 and n < 9:
            total = n
        return total

    class Saver:
        def put(self, key):
            def inner(value):
                return value
            return inner(key)

        @property
        def name(self): ...

    def gone(): return 1
"""


def installed(folder: Path, text: str, **others: str) -> Path:
    """Make a folder of packages: `langgraph`, with one module, and other distributions."""
    for name in ("langgraph", *others):
        module = folder / f"{name.replace('-', '_')}.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(dedent(text if name == "langgraph" else others[name]), encoding="utf-8")
        about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n", encoding="utf-8")
        (about / "RECORD").write_text(f"{module.name},,\n", encoding="utf-8")
    return folder


def changed(tmp_path: Path, before: str, after: str, **others: str) -> SourceChanges:
    old = installed(tmp_path / "old", before)
    new = installed(tmp_path / "new", after, **others)
    return source_changes(installed_source([str(old)]), installed_source([str(new)]))


def only(changes: SourceChanges) -> FunctionChange:
    (change,) = changes.functions
    return change


def test_docstrings_comments_formatting_and_annotations_do_not_count(tmp_path: Path) -> None:
    after = (
        OLD.replace('"Return a number."', '"Another."')
        .replace("total: int = 0", "total = (\n            0)  # none")
        .replace("(n: int) -> int", '(n: "float") -> None')
    )
    changes = changed(tmp_path, OLD, after)
    assert not changes.functions
    assert not changes.elsewhere


def test_functions_are_added_changed_and_removed(tmp_path: Path) -> None:
    after = OLD.replace("gone", "come").replace("return inner(key)", "return inner(key) or None")
    kinds = {
        str(change.function): change.kind for change in changed(tmp_path, OLD, after).functions
    }
    assert kinds == {
        "langgraph.Saver.put": "changed",
        "langgraph.come": "added",
        "langgraph.gone": "removed",
    }


def test_a_local_function_is_part_of_the_one_that_it_is_in(tmp_path: Path) -> None:
    change = only(changed(tmp_path, OLD, OLD.replace("return value", "return value + 1")))
    assert change.function.name == "Saver.put"
    assert list(change.statements.values()) == ["return value + 1"]


def test_only_what_is_new_in_a_function_counts(tmp_path: Path) -> None:
    after = OLD.replace("n < 9:", "n < 10:\n            total += 1")
    change = only(changed(tmp_path, OLD, after))
    assert list(change.statements.values()) == ["if n > 3 and n < 10:", "total += 1"]
    assert list(change.conditions.values()) == ["n < 10"], "the other operand is as it was"


def test_a_statement_under_another_condition_is_new(tmp_path: Path) -> None:
    after = OLD.replace("        return total", "        if n:\n            return total")
    change = only(changed(tmp_path, OLD, after))
    assert list(change.statements.values()) == ["if n:", "return total"]
    assert list(change.conditions.values()) == ["n"]


def test_a_body_becomes_a_declaration(tmp_path: Path) -> None:
    assert only(changed(tmp_path, OLD, OLD.replace("return 1", "..."))).kind == "removed"


def test_what_importing_runs_is_named_but_no_function(tmp_path: Path) -> None:
    changes = changed(tmp_path, OLD, OLD.replace("LIMIT = 25", "import os\n    LIMIT = 10_000"))
    assert not changes.functions
    assert changes.elsewhere == ("langgraph",)
    assert not changed(tmp_path / "2", OLD, OLD.replace("LIMIT", "import os\n    LIMIT")).elsewhere


def test_a_distribution_of_one_side_is_named_and_not_compared(tmp_path: Path) -> None:
    other = {"langgraph-prebuilt": "def react(): return 1", "unrelated": "def f(): return 1"}
    changes = changed(tmp_path, OLD, OLD, **other)
    assert changes.missing == ("langgraph-prebuilt",)
    assert not changes.functions


PROBED = """
def pick(n):
    "A docstring."
    if n > 3 and not n > 9:
        return [k for k in range(n) if k > 2]
    try:
        return 1 / n
    except ZeroDivisionError:
        return "none"
    finally:
        n = 0

def other(n):
    return n if n else 1
"""


@pytest.fixture
def probes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Probes]:
    """Probes on everything in `pick`."""
    change = only(changed(tmp_path, "def other(n):\n    return n if n else 1", PROBED))
    watched = Watched(frozenset(change.statements), frozenset(change.conditions))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(builtins, "__parity_probe__", None, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "new"), *sys.path])
    monkeypatch.delitem(sys.modules, "langgraph", raising=False)
    before = dict(sys.modules)
    made = Probes({"langgraph": {"pick": watched}})
    made.install()
    yield made
    sys.modules.pop("langgraph")
    sys.modules.update(before)


def lines(probes: Probes, kind: str) -> set[str]:
    """Return what was seen of statements (`@`) or conditions (`?`): the line, and the way."""
    found = [probe.split(kind, 1)[1] for probe in probes.seen if kind in probe]
    return {
        f"{place.split(',')[0]}{place[place.find('=') :] if kind == '?' else ''}" for place in found
    }


def test_probes_see_statements_and_the_ways_of_conditions(probes: Probes) -> None:
    pick = importlib.import_module("langgraph").pick
    assert pick.__doc__ == "A docstring."
    assert not probes.seen, "importing runs no function"
    assert pick(5) == [3, 4]
    assert lines(probes, "@") == {"2", "4", "5"}
    assert lines(probes, "?") == {"4=True", "4=False", "5=True", "5=False"}
    probes.seen.clear()
    assert pick(0) == "none"
    assert lines(probes, "@") == {"2", "4", "6", "7", "8", "9", "11"}
    assert lines(probes, "?") == {"4=False"}
    assert "langgraph:pick" in probes.seen


def test_functions_without_probes_run_as_they_are(probes: Probes) -> None:
    assert importlib.import_module("langgraph").other(0) == 1
    assert not probes.seen


def test_probes_of_statements_and_conditions_differ() -> None:
    place = (1, 2, 3, 4)
    names = {
        statement_probe("m:f", place),
        condition_probe("m:f", place, way=True),
        condition_probe("m:f", place, way=False),
    }
    assert len(names) == 3
