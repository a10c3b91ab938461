"""A recording with other texts and numbers in place of the application's, as imports have them.

Names of nodes and fields stay, and what LangGraph and the program itself count. The redacted case
runs on LangGraph again: a reducer that computes with numbers gives what no frozen node knows, and
then numbers stay too.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from parity_kit.contract import Case, Operation, Outcome, Raised, Subject
from parity_kit.contract import run as run_case
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.errors import CannotRecordError
from parity_kit.contract.outcomes import outcome_to_plain
from parity_kit.corpora.user_checkpoints.redaction import CannotRedactError, Redactor
from parity_kit.corpora.user_checkpoints.scramble import Scramble
from parity_kit.corpora.user_checkpoints.shape import is_telling, texts_in
from parity_kit.msgpack.values import open_value
from parity_kit.programs.reducers import MISS
from parity_kit.reference.engine import Engine

_PINNED = "00000000-0000-"  # begins each id that a frozen run makes again
_OF_LANGGRAPH = {"checkpoint_ns", "checkpoint_map", "source", "step", "parents"}
"""Keys of configs and metadata whose values LangGraph makes."""
_INTERRUPT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(slots=True)
class Redaction:
    """A redacted case with LangGraph's outcomes, and the texts that were replaced."""

    case: Case
    outcomes: tuple[Outcome, ...]
    texts: dict[str, str]
    numbers: bool


def redacted(case: Case, outcomes: tuple[Outcome, ...], key: bytes) -> Redaction:
    """Return a recording with other texts and numbers; with its numbers if they are computed with.

    Raises:
        CannotRecordError: If it does not run as before, or a text still shows.
    """
    for numbers in (True, False):
        redacting = _Redacting(_redactor(key, numbers=numbers), _fields(_program(case)))
        try:
            made = redacting.case(case)
        except CannotRedactError as error:
            raise _cannot(f"a value cannot be replaced: {error}") from error
        again = run_case(Engine(), made)
        if all(map(_is_alike, outcomes, again)):
            break
    else:
        raise _cannot("it does not run as before, as something computes with its texts")
    shown = pack([made.to_plain(), [outcome_to_plain(outcome) for outcome in again]])
    for text in texts_in(open_value(unpack(pack(redacting.originals)))):
        kept = text.startswith(_PINNED.encode()) or text.decode() in _names(_program(case))
        if is_telling(text) and not kept and text in shown:
            raise _cannot("one of its texts would still show")
    return Redaction(made, again, redacting.texts, numbers)


def _redactor(key: bytes, *, numbers: bool) -> Redactor:
    redactor = Redactor(key)
    redactor.scramble = _Scramble(key) if numbers else _ScrambleOfText(key)
    return redactor


class _Scramble(Scramble):
    """Keeps ids that the frozen run makes itself."""

    def text(self, text: str, attempt: int = 0) -> str:
        return text if text.startswith(_PINNED) else super().text(text, attempt)


class _ScrambleOfText(_Scramble):
    """Keeps numbers too."""

    def integer(self, value: int, low: int, high: int, attempt: int = 0) -> int:
        del low, high, attempt
        return value

    def fraction(self, value: float) -> float:
        return value


def _names(program: Mapping[str, Any]) -> set[str]:
    """Return the names of nodes and fields, which stay."""
    made = {*program["nodes"], *_fields(program)}
    for inner in program.get("subgraphs", {}).values():
        made |= _names(inner["program"])
    return made


def _cannot(problem: str) -> CannotRecordError:
    return CannotRecordError(
        f"cannot be redacted: {problem}",
        hint="record without redaction, or a run that shows nothing of anybody",
    )


def _is_alike(before: Outcome, after: Outcome) -> bool:
    if isinstance(before, Raised) and isinstance(after, Raised):
        return before.error == after.error and (MISS in before.message) == (MISS in after.message)
    return type(before) is type(after)


def _program(case: Case) -> dict[str, Any]:
    return cast("dict[str, Any]", case.subject.spec)["program"]


def _fields(program: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a program and of those inside it."""
    made = {**program["state"], **program.get("private", {})}
    for inner in program.get("subgraphs", {}).values():
        made |= _fields(inner["program"])
    return made


@dataclass(slots=True)
class _Redacting:
    redactor: Redactor
    fields: Mapping[str, Any]
    texts: dict[str, str] = field(default_factory=dict[str, str])
    originals: list[Any] = field(default_factory=list[Any])

    def case(self, case: Case) -> Case:
        spec = {**cast("dict[str, Any]", case.subject.spec), "program": self._of(_program(case))}
        operations = tuple(
            Operation(
                item.name, {name: self._argument(name, given) for name, given in item.args.items()}
            )
            for item in case.operations
        )
        return dataclasses.replace(
            case, subject=Subject(case.subject.kind, spec), operations=operations
        )

    def _of(self, program: Mapping[str, Any]) -> dict[str, Any]:
        made = {**program}
        for group in ("state", "private"):
            if group in program:
                made[group] = {name: self._field(item) for name, item in program[group].items()}
        made["nodes"] = {name: self._owner(node) for name, node in program["nodes"].items()}
        if "defaults" in program:
            made["defaults"] = self._owner(program["defaults"])
        if "branches" in program:
            made["branches"] = {
                source: [self._expression(route, is_name=True) for route in routes]
                for source, routes in program["branches"].items()
            }
        if "subgraphs" in program:
            made["subgraphs"] = {
                name: {**inner, "program": self._of(inner["program"])}
                for name, inner in program["subgraphs"].items()
            }
        return made

    def _field(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        made = {**settings}
        if "calls" in settings:
            made["calls"] = [[self._value(part) for part in call] for call in settings["calls"]]
        return made

    def _owner(self, owner: Mapping[str, Any]) -> dict[str, Any]:
        bodies = {name: owner[name] for name in ("body", "error_handler") if name in owner}
        return {**owner, **{name: self._body(body) for name, body in bodies.items()}}

    def _body(self, body: list[Any]) -> list[Any]:
        return [
            {name: self._instruction(name, argument)}
            for instruction in body
            for name, argument in instruction.items()
        ]

    def _instruction(self, name: str, argument: Any) -> Any:
        match name:
            case "when":
                return [self._expression(argument[0]), *map(self._body, argument[1:])]
            case "raise" if argument["message"] != MISS:
                return {**argument, "message": self._value(argument["message"])}
            case "raise":
                return argument
            case "store_put" | "store_delete":
                namespace, key, *value = argument
                texts = [[self._value(part) for part in namespace], self._value(key)]
                return [*texts, *map(self._expression, value)]
            case "let":
                return {variable: self._expression(value) for variable, value in argument.items()}
            case _:
                return self._expression(argument)

    def _expression(self, expression: Any, *, is_name: bool = False) -> Any:  # noqa: PLR0911  # an operator each
        """Return an expression with other values; `is_name` if its texts are names of nodes."""
        if isinstance(expression, list):
            return [
                self._expression(item, is_name=is_name) for item in cast("list[Any]", expression)
            ]
        if not isinstance(expression, dict):
            return expression if is_name else self._value(expression)
        entries = cast("dict[str, Any]", expression)
        if len(entries) > 1:
            return {name: self._expression(part) for name, part in entries.items()}
        ((name, part),) = entries.items()
        match name:
            case "lit":
                return {name: self._state(part)}
            case "send":
                return {name: {**part, "each": self._expression(part["each"])}}
            case "command":
                return {name: self._command(part)}
            case "var" | "info" | "input" | "visits":
                return entries
            case "eq" if any(map(self._counts, part)):
                return entries
            case _:
                return {name: self._expression(part, is_name=is_name)}

    def _command(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        made = {**parts}
        if "update" in parts:
            made["update"] = self._expression(parts["update"])
        if "goto" in parts:
            made["goto"] = self._expression(parts["goto"], is_name=True)
        return made

    @staticmethod
    def _counts(item: Any) -> bool:
        return item in ({"visits": None}, {"info": "attempt"})

    def _argument(self, name: str, given: Any) -> Any:  # noqa: PLR0911  # an argument each
        match name:
            case "thread" | "input" | "values":
                return self._state(given)
            case "value":  # an answer, or answers by the ids of their questions
                return self._answers(given)
            case "command":
                parts = {"update": self._state, "resume": self._answers, "goto": self._goto}
                return {
                    key: parts[key](part) if key in parts else part for key, part in given.items()
                }
            case "config":
                return {part: self._own(keys) for part, keys in given.items()}
            case "filter":
                return self._own(given)
            case "supersteps":
                return [
                    [{**item, "values": self._state(item["values"])} for item in step]
                    for step in given
                ]
            case _:
                return given

    def _own(self, keys: Mapping[str, Any]) -> dict[str, Any]:
        """Return own keys of a config, or its metadata, with other values."""
        return {
            name: value if name in _OF_LANGGRAPH else self._value(value)
            for name, value in keys.items()
        }

    def _goto(self, goto: list[Any]) -> list[Any]:
        return [
            item
            if isinstance(item, str)
            else {"send": [item["send"][0], self._state(item["send"][1])]}
            for item in goto
        ]

    def _answers(self, given: Any) -> Any:
        if isinstance(given, dict) and all(
            map(_INTERRUPT_ID.fullmatch, cast("dict[str, Any]", given))
        ):
            return {name: self._value(part) for name, part in cast("dict[str, Any]", given).items()}
        return self._value(given)

    def _state(self, value: Any) -> Any:
        """Return a value in which names of fields stay if all its keys are such."""
        if isinstance(value, dict) and cast("dict[str, Any]", value).keys() <= self.fields.keys():
            return {
                name: part if "managed" in self.fields[name] else self._value(part)
                for name, part in cast("dict[str, Any]", value).items()
            }
        return self._value(value)

    def _value(self, value: Any) -> Any:
        made = unpack(self.redactor.value("msgpack", pack(value)))
        self.originals.append(value)
        if isinstance(value, str):
            self.texts[value] = str(made)
        return made
