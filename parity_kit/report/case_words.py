"""A case in words: what is opened, what is done to it, and where the engines part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity_kit.contract import Case, Subject, SubjectKind
from parity_kit.judging.outcome_text import arguments_line
from parity_kit.judging.places import EventAt, OutcomeKind, Place, place_text
from parity_kit.judging.verdicts import Difference
from parity_kit.judging.words import AGREEMENT
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
        case SubjectKind.STORE:
            more = [name for name in ("index", "ttl") if spec.get(name)]
            return f"A store, {spec.get('store')}" + (
                f", with {' and '.join(more)}" if more else ""
            )
        case SubjectKind.CACHE:
            return f"A cache, {spec.get('cache')}"
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
    fields = _listed([_field(name, field) for name, field in program.state.items()])
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


def place_words(case: Case, difference: Difference, reached: str) -> str:
    """Return where the engines part, in a sentence, and up to which level they agree."""
    number, name = difference.operation + 1, difference.operation_name
    parts = [f"Operation {number} of {len(case.operations)}, {name}"]
    if difference.step is not None:
        parts.append("its input" if difference.step < 0 else f"superstep {difference.step}")
    if difference.channel:
        parts.append(f"channel {difference.channel}")
    inside = "" if difference.path == "$" else f" at {difference.path}"
    agreement = AGREEMENT[reached].capitalize()
    return f"{', '.join(parts)}: {_part(difference.place)}{inside}. {agreement}."


def _part(place: Place) -> str:
    match place:
        case OutcomeKind():
            return place_text(place)
        case EventAt():
            return f"the {place.mode} event {place.number} differs"
        case _:
            return f"the {place_text(place)} differs"


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
