"""Store and cache cases: state machines that keep values and find them again."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from parity_kit.contract import Engine, Operation, Subject, SubjectKind, Trace
from parity_kit.contract.plain import Plain
from parity_kit.programs.admission import is_awaited
from parity_kit.reference.postgres_server import missing
from parity_kit.search.choices import Choices
from parity_kit.search.generate.growing import Growing

_LABELS = ("a", "b", "ab", "A", "ключ")
# No number: a get makes the namespace, and which two labels LangGraph then fails to sort is chance.
_REFUSED: tuple[Plain, ...] = ("", "a.b", "langgraph")
_KEYS = ("k", "l", "value", "k.l", "", "K")
_FIELDS = ("n", "m", "text", "deep")
_TEXTS = ("abc", "bca", "aab", "x", "")
_NUMBERS: tuple[Plain, ...] = (0, 1, 2, -1, 1.0, 1.5, 2**40)
_OPERATORS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in")
_PATHS = ("text", "deep.n", "$", "*", "{text,n}")
_MOST = 9
"""Operations of a case."""
_NAMESPACES = (["w", "a"], ["w", "b"], ["w"], ["a,b"], ["a", "b"])


@functools.cache
def available() -> tuple[str, ...]:
    """Return the stores to choose from; cheap ones are repeated."""
    quick = ("memory", "sqlite", "async-sqlite") * 2
    return quick if missing() else (*quick, "postgres", "async-postgres")


def store_case(choices: Choices, reference: Engine, stores: tuple[str, ...]) -> Trace:
    """Return a case on one of the stores."""
    name = choices.pick(stores)
    spec: dict[str, Plain] = {"store": name}
    if name != "memory" and choices.chance(2):
        spec["ttl"] = {
            **({"refresh_on_read": choices.chance()} if choices.chance() else {}),
            **({"default_ttl": choices.pick((0.02, 0.05, 9))} if choices.chance() else {}),
            **({"omit_expired": True} if choices.chance(2) else {}),
        }
    elif name == "memory" and choices.chance(3):
        spec["index"] = {"dims": choices.between(2, 4), "fields": choices.some(_PATHS, 2)}
    with Growing(reference, Subject(SubjectKind.STORE, spec)) as growing:
        machine = _Store(choices, growing, name != "memory", is_awaited(name))
        choices.repeat(machine.step, 5, _MOST, 1)
        return growing.trace()


@dataclass(slots=True)
class _Store:
    """The choice of the next operation on a store."""

    choices: Choices
    growing: Growing
    expires: bool
    awaited: bool
    """Whether all calls of the store are awaited."""

    def step(self) -> None:
        """Apply one more operation."""
        choices = self.choices
        kinds = (self._put, self._put, self._put, self._get, self._search, self._search)
        rare = (self._delete, self._names, self._batch, *([self._sweep] if self.expires else []))
        operation = choices.pick((*kinds, *rare))()
        once = not self.expires and choices.chance(9)
        awaited = operation.name != "sweep" and (self.awaited or once)
        more: dict[str, Plain] = {"async": True} if awaited else {}
        self.growing.apply(Operation(operation.name, {**operation.args, **more}))

    def _namespace(self) -> list[Plain]:
        choices = self.choices
        labels: list[Plain] = [choices.pick(_LABELS)]
        if choices.chance():
            labels.append(choices.pick(_LABELS))
        if choices.chance(19):
            labels.insert(choices.between(0, len(labels)), choices.pick(_REFUSED))
        return labels

    def _prefix(self) -> list[Plain]:
        return [] if self.choices.chance(2) else self._namespace()

    def _pattern(self) -> list[Plain]:
        labels = self._prefix()
        return ["*", *labels[1:]] if labels and self.choices.chance(3) else labels

    def _key(self) -> str:
        return self.choices.pick(_KEYS)

    def _scalar(self) -> Plain:
        choices = self.choices
        kinds: Sequence[Sequence[Plain]] = (_NUMBERS, _TEXTS, (None, True, False))
        return choices.pick(choices.pick(kinds))

    def _value(self) -> dict[str, Plain]:
        choices = self.choices
        value: dict[str, Plain] = {name: self._scalar() for name in choices.some(_FIELDS, 3)}
        if "deep" in value:
            value["deep"] = choices.pick(([1, "a"], {"n": self._scalar()}, []))
        return value

    def _put_arguments(self) -> dict[str, Plain]:
        choices = self.choices
        arguments: dict[str, Plain] = {"value": None if choices.chance(9) else self._value()}
        if choices.chance(5):
            arguments["index"] = choices.pick((False, ["text"], ["deep.n", "text"]))
        if self.expires and choices.chance(3):
            arguments["ttl"] = choices.pick((0.02, 0.05, 1, 0, None))
        return {"namespace": self._namespace(), "key": self._key(), **arguments}

    def _put(self) -> Operation:
        return Operation("put", self._put_arguments())

    def _get_arguments(self) -> dict[str, Plain]:
        arguments: dict[str, Plain] = {"namespace": self._namespace(), "key": self._key()}
        return arguments | ({"refresh_ttl": self.choices.chance()} if self.expires else {})

    def _get(self) -> Operation:
        return Operation("get", self._get_arguments())

    def _delete(self) -> Operation:
        return Operation("delete", {"namespace": self._namespace(), "key": self._key()})

    def _bounds(self) -> dict[str, Plain]:
        choices = self.choices
        return {
            **({"limit": choices.between(0, 3)} if choices.chance(2) else {}),
            **({"offset": choices.between(0, 2)} if choices.chance(3) else {}),
        }

    def _search_arguments(self) -> dict[str, Plain]:
        choices = self.choices
        arguments: dict[str, Plain] = {"namespace": self._prefix(), **self._bounds()}
        if choices.chance():
            arguments["filter"] = {name: self._asked() for name in choices.some(_FIELDS, 1)}
        if choices.chance(3):
            arguments["query"] = choices.pick(_TEXTS)
        if self.expires and choices.chance():
            arguments["refresh_ttl"] = choices.chance()
        return arguments

    def _asked(self) -> Plain:
        choices = self.choices
        if choices.chance():
            return self._scalar()
        return {choices.pick(_OPERATORS): self._scalar()}

    def _search(self) -> Operation:
        return Operation("search", self._search_arguments())

    def _names_arguments(self) -> dict[str, Plain]:
        choices = self.choices
        return {
            **({"prefix": self._pattern()} if choices.chance() else {}),
            **({"suffix": self._pattern()} if choices.chance(2) else {}),
            **({"max_depth": choices.between(1, 3)} if choices.chance(2) else {}),
            **self._bounds(),
        }

    def _names(self) -> Operation:
        return Operation("list_namespaces", self._names_arguments())

    def _batch(self) -> Operation:
        kinds = {
            "get": self._get_arguments,
            "search": self._search_arguments,
            "list_namespaces": self._names_arguments,
            "put": self._put_arguments,
        }
        chosen = [self.choices.pick(tuple(kinds)) for _ in range(self.choices.between(1, 3))]
        if chosen.count("put") > 1:  # two puts at one moment: SQLite may give them in any order
            chosen = [name for name in chosen if name != "put"] + ["put"]
        return Operation("batch", {"operations": [[name, kinds[name]()] for name in chosen]})

    def _sweep(self) -> Operation:
        return Operation("sweep")


def cache_case(choices: Choices, reference: Engine) -> Trace:
    """Return a case on one of the caches."""
    spec: dict[str, Plain] = {"cache": choices.pick(("memory", "sqlite"))}

    def key() -> list[Plain]:
        return [list(choices.pick(_NAMESPACES)), choices.pick(_KEYS)]

    def entry() -> Plain:
        seconds = choices.pick((None, None, 0, 1, 2, 5, 0.5))
        return [*key(), choices.pick((None, 1, "x", b"\0", [["log", ["a"]]], {"n": 1})), seconds]

    def step() -> None:
        match choices.pick(("set", "set", "get", "get", "clear")):
            case "set":
                arguments: dict[str, Plain] = {
                    "entries": [entry() for _ in range(choices.between(1, 3))]
                }
                operation = Operation("set", arguments)
            case "get":
                operation = Operation(
                    "get", {"keys": [key() for _ in range(choices.between(0, 3))]}
                )
            case _:
                named = [list(choices.pick(_NAMESPACES)) for _ in range(choices.between(0, 2))]
                operation = Operation("clear", {} if choices.chance(2) else {"namespaces": named})
        more: dict[str, Plain] = {"async": True} if choices.chance(9) else {}
        growing.apply(Operation(operation.name, {**operation.args, **more}))

    with Growing(reference, Subject(SubjectKind.CACHE, spec)) as growing:
        choices.repeat(step, 4, _MOST, 1)
        return growing.trace()
