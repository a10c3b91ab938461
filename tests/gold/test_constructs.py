"""Every construct that docs/programs.md and docs/contract.md specify is shown by a fixture.

The tables of the documents are read, so a construct that is added to them needs a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import SubjectKind
from parity_kit.corpora.folder import read_corpora
from parity_kit.programs.instructions import ERRORS
from parity_kit.programs.operators import INSTRUCTIONS, OPERATORS
from parity_kit.programs.policies import POLICIES
from parity_kit.programs.reducers import BATCH_REDUCERS, REDUCERS, TYPES

WORKSPACE = find_workspace(Path(__file__))
MODES = {"values", "updates", "messages", "custom", "checkpoints", "tasks", "debug"}
MEASURED = {"first_event"}
"""Operations that are there to be timed: their outcome is a part of another's."""
RUN = re.compile(r"…run are the arguments of a run: (.*?);", re.DOTALL)


class Shown:
    """What the graph fixtures hold: keys and texts of programs, operations and their arguments."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self.operations: set[str] = set()
        self.arguments: set[str] = set()
        self.values: set[Any] = set()
        for corpus in read_corpora(WORKSPACE.fixtures):
            for trace in corpus.traces:
                if trace.case.subject.kind is SubjectKind.GRAPH:
                    self.words |= set(words(trace.case.subject.spec["program"]))
                    for operation in trace.case.operations:
                        self.operations.add(operation.name)
                        self.arguments |= set(operation.args)
                        self.values |= set(words([*operation.args.values()]))


def words(value: Any) -> Iterator[str]:
    """Yield the keys and texts in a value."""
    if isinstance(value, Mapping):
        for key, entry in cast("Mapping[Any, Any]", value).items():
            yield str(key)
            yield from words(entry)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from words(item)
    elif isinstance(value, str):
        yield value


def first_cells(document: str, *sections: str) -> list[str]:
    """Return the first cells of the tables in sections, named by how their headings begin."""
    text = (WORKSPACE.root / "docs" / document).read_text(encoding="utf-8")
    cells: list[str] = []
    for section in sections:
        body = text.split(f"\n## {section}", 1)[1].split("\n## ", 1)[0]
        rows = re.findall(r"^\| (.*?) \|", body, re.MULTILINE)
        cells += [row for row in rows if "`" in row]
    return cells


def constructs(*sections: str) -> list[str]:
    """Return the names that first cells put between backticks: a key, or the key of a map."""
    cells = first_cells("programs.md", *sections)
    quoted = [text for cell in cells for text in re.findall(r"`([^`]+)`", cell)]
    return sorted({name for text in quoted for name in re.findall(r"^\{?(\w+)", text)})


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown()


@pytest.mark.parametrize(
    "name",
    constructs(
        "Parts",
        "Node bodies",
        "Expressions",
        "Schemas",
        "Policies",
        "Functional programs",
        "Reducers",
    ),
)
def test_a_construct_is_shown(shown: Shown, name: str) -> None:
    assert name in shown.words


def test_the_documents_name_what_programs_accept() -> None:
    assert set(constructs("Policies", "Reducers")) >= {*REDUCERS, *BATCH_REDUCERS, *POLICIES}


@pytest.mark.parametrize(
    ("section", "table"), [("Expressions", OPERATORS), ("Node bodies", INSTRUCTIONS)]
)
def test_the_documents_list_the_table_of_the_language(
    section: str, table: Mapping[str, object]
) -> None:
    keys = [re.findall(r"^`\{(\w+):", cell) for cell in first_cells("programs.md", section)]
    assert [name for names in keys for name in names] == list(table)


@pytest.mark.parametrize(
    "name",
    [
        *TYPES,
        *ERRORS,
        *("typed_dict", "dataclass", "pydantic"),
        *("is_last_step", "remaining_steps"),
        *("human", "ai", "system", "tool", "remove"),
        *("max_attempts", "initial_interval", "backoff_factor", "max_interval", "on", "jitter"),
        *("run", "idle", "ttl", "key"),
        *("attempt", "task_id", "checkpoint_ns", "thread_id"),
        *("defer", "metadata", "entry", "finish", "sequence", "path", "map"),
        *("subgraphs", "checkpointer", "parent", "update", "goto", "graph"),
    ],
)
def test_a_choice_is_shown(shown: Shown, name: str) -> None:
    assert name in shown.words


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            name
            for cell in first_cells("contract.md", "graph: `{program")
            for name in re.findall(r"`(\w+) \{", cell)
        }
        - MEASURED
    ),
)
def test_an_operation_on_graphs_is_shown(shown: Shown, name: str) -> None:
    assert name in shown.operations


def test_every_argument_of_a_run_is_shown(shown: Shown) -> None:
    text = (WORKSPACE.root / "docs" / "contract.md").read_text(encoding="utf-8")
    match = RUN.search(text)
    assert match is not None
    named = set(re.findall(r"`(\w+)`", match[1]))
    assert named
    assert shown.arguments >= named | {
        "async",
        "subgraphs",
        "task",
        "checkpoint",
        "filter",
        "before",
    }


def test_every_stream_mode_and_durability_is_shown(shown: Shown) -> None:
    assert shown.values >= MODES | {"sync", "async", "exit"}
