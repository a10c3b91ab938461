"""Shrinks a case by removing parts of it, which Hypothesis cannot do: it only sees choices.

A generator that grew a case on the reference needed choices that the case no longer shows: a read
without effect, a node that an index skips. Here the case is plain data, and every part that the
disagreement does not need is removed: operations, their arguments, parts of a program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from parity_kit.contract import Case, Operation, Subject, SubjectKind
from parity_kit.contract.plain import Plain

_PASSES = 4
_LIMIT = "recursion_limit"  # without it, a run that never ends would take longer still


def simplify(case: Case, holds: Callable[[Case], bool], seconds: float) -> Case:
    """Return the smallest case found in the given time for which `holds` is true."""
    work = _Simplifying(case, holds, time.monotonic() + seconds)
    for _ in range(_PASSES):
        before = work.case
        work.drop_operations()
        if case.subject.kind is SubjectKind.GRAPH:
            work.drop_nodes()
            work.prune_program()
        work.prune_arguments()
        if work.case == before:
            break
    return work.case


@dataclass(slots=True)
class _Simplifying:
    """The smallest case so far."""

    case: Case
    holds: Callable[[Case], bool]
    until: float

    def attempt(self, case: Case) -> bool:
        """Keep a case if it still holds; reject all once the time is over."""
        if time.monotonic() > self.until or not self.holds(case):
            return False
        self.case = case
        return True

    def drop_operations(self) -> None:
        """Remove operations, the last first, but never all."""
        for index in reversed(range(len(self.case.operations))):
            operations = self.case.operations
            left = (*operations[:index], *operations[index + 1 :])
            if left:
                self.attempt(replace(self.case, operations=left))

    def drop_nodes(self) -> None:
        """Remove nodes, with every edge and branch that mentions them."""
        for name in reversed(list(self._program().get("nodes", {}))):
            left = _without_node(self._program(), name)
            if left["nodes"]:
                self._attempt_program(left)

    def prune_program(self) -> None:
        """Remove every part of the program that is not needed."""
        _prune(self._program(), self._attempt_program)

    def prune_arguments(self) -> None:
        """Remove arguments and parts of them."""
        for index in range(len(self.case.operations)):

            def attempt(arguments: Any, index: int = index) -> bool:
                operations = list(self.case.operations)
                if _LIMIT in operations[index].args.keys() - arguments.keys():
                    return False
                operations[index] = Operation(operations[index].name, arguments)
                return self.attempt(replace(self.case, operations=tuple(operations)))

            _prune(self.case.operations[index].args, attempt)

    def _program(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.case.subject.spec["program"])

    def _attempt_program(self, program: Any) -> bool:
        spec = {**self.case.subject.spec, "program": program}
        return self.attempt(replace(self.case, subject=Subject(self.case.subject.kind, spec)))


def _without_node(program: dict[str, Any], name: str) -> dict[str, Any]:
    edges: list[Any] = []
    for source, target in program.get("edges", ()):
        sources = [source] if isinstance(source, str) else source
        left = [origin for origin in sources if origin != name]
        if left and target != name:
            edges.append([source if isinstance(source, str) else left, target])
    by_node = ("nodes", "branches", "route_errors")
    return {
        part: {key: value for key, value in given.items() if key != name}
        if part in by_node
        else given
        for part, given in program.items()
    } | {"edges": edges}


def _prune(value: Any, attempt: Callable[[Plain], bool]) -> None:
    """Remove parts of nested data, large ones before their own parts.

    `attempt` gets the value without one part, and returns whether that part is not needed.
    """
    kept: Any = value
    for key in reversed(_keys(kept)):
        left = _without(kept, key)
        if attempt(left):
            kept = left
    for key in _keys(kept):

        def put(part: Plain, key: Any = key) -> bool:
            nonlocal kept
            changed = _with(kept, key, part)
            if not attempt(changed):
                return False
            kept = changed
            return True

        _prune(kept[key], put)


def _keys(value: Any) -> Sequence[Any]:
    """Return the keys of a map or the indexes of a list; nothing for any other value."""
    if isinstance(value, Mapping):
        return list(cast("Mapping[Any, Any]", value))
    return range(len(cast("Sequence[Any]", value))) if isinstance(value, (list, tuple)) else ()


def _without(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Plain]", value)
        return {entry: entries[entry] for entry in entries if entry != key}
    return [*value[:key], *value[key + 1 :]]


def _with(value: Any, key: Any, part: Plain) -> Any:
    if isinstance(value, Mapping):
        return {**cast("Mapping[Any, Plain]", value), key: part}
    return [*value[:key], part, *value[key + 1 :]]
