"""A case in words: what is opened, what is done to it, and where the engines part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity_kit.contract import Case, Subject, SubjectKind
from parity_kit.judging.outcome_text import arguments_line
from parity_kit.judging.verdicts import Divergent
from parity_kit.programs.model import Field, Functional, Program
from parity_kit.programs.parsing import parse

_MOST_NAMES = 8
_MOST_OPERATIONS = 24
_LONGEST = 220


def subject_words(subject: Subject) -> str:
    """Return what a case opens, in a sentence without its full stop."""
    spec: Mapping[str, Any] = subject.spec
    match subject.kind:
        case SubjectKind.CODEC:
            allowed = (
                "builds only the types of its safe list"
                if spec.get("strict")
                else "builds any type"
            )
            return f"LangGraph's serializer, which {allowed}"
        case SubjectKind.CHANNEL:
            settings = ", ".join(f"{key} {value}" for key, value in spec.items() if key != "class")
            return f"A channel, {spec.get('class')}" + (f", with {settings}" if settings else "")
        case SubjectKind.SAVER:
            return f"A saver, {spec.get('saver') or 'memory'}"
        case SubjectKind.GRAPH:
            saver = spec.get("saver")
            kept = f"checkpoints in {saver}" if saver else "no checkpoints"
            return f"{_program(parse(spec['program']))}; {kept}"


def _program(program: Program | Functional) -> str:
    if isinstance(program, Functional):
        tasks = f"tasks {_listed(program.tasks)}" if program.tasks else "no task"
        return f"A functional program with {tasks}"
    count = len(program.nodes)
    nodes = f"{count} node{'' if count == 1 else 's'} ({_listed(program.nodes)})"
    fields = _listed([_field(name, each) for name, each in program.state.items()])
    return f"A graph of {nodes}, its state {fields}"


def _field(name: str, field: Field) -> str:
    if field.managed:
        return f"{name} ({field.managed})"
    if field.channel:
        return f"{name} ({field.channel.get('class')})"
    return f"{name} ({field.type or 'any'}{f', {field.reducer}' if field.reducer else ''})"


def _listed(names: Any) -> str:
    every = list(names)
    more = len(every) - _MOST_NAMES
    return ", ".join(every[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def operation_words(case: Case) -> list[str]:
    """Return each operation in a line; of very many the first ones, and how many are left."""
    lines = [_cut(arguments_line(operation)) for operation in case.operations[:_MOST_OPERATIONS]]
    more = len(case.operations) - len(lines)
    return [*lines, f"… {more} more"] if more else lines


def place_words(case: Case, verdict: Divergent) -> str:
    """Return where the engines part, in a sentence."""
    found = verdict.difference
    parts = [f"Operation {found.operation + 1} of {len(case.operations)}, {found.operation_name}"]
    if found.step is not None:
        parts.append("its input" if found.step < 0 else f"superstep {found.step}")
    if found.channel:
        parts.append(f"channel {found.channel}")
    # Of an error beside a value no path says anything: there is nothing in common.
    apart = found.where == "outcome" and found.path not in {"$.error", "$.message"}
    inside = "" if apart or found.path == "$" else f" at {found.path}"
    until = _until(verdict)
    return f"{', '.join(parts)}: the {_part(found.where)} differs{inside}. {until}"


def _part(where: str) -> str:
    return (
        where if not where.startswith("event ") else f"{where.split()[2]} event {where.split()[1]}"
    )


def _until(verdict: Divergent) -> str:
    if not verdict.reached:
        return "Not even the results agree."
    return f"Up to level {verdict.reached.label} the engines agree throughout."


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def clipped(lines: Sequence[str], most: int) -> tuple[str, int]:
    """Return whole lines up to a number of characters, and how many lines are left out."""
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > most and kept:
            break
        kept.append(line[:most])
    return "\n".join(kept), len(lines) - len(kept)
