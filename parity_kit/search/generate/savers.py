"""Saver cases: a state machine that stores checkpoints and reads them back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from parity_kit.contract import Engine, Operation, Subject, SubjectKind, Trace
from parity_kit.contract.plain import Plain
from parity_kit.reference.postgres_server import missing
from parity_kit.search.choices import Choices
from parity_kit.search.generate.channels import FIELD_VALUES, LETTERS
from parity_kit.search.generate.growing import Growing

_THREADS = ("t", "t", "u", "t/u")
_NAMESPACES = ("", "", "sub:1", "sub:1|sub")
_SOURCES = ("input", "loop", "update")
_NAMES = (*LETTERS, "value", "__root__")
_KEYS = ("user", "value", "type", "writes", "thread_id")
_SCALARS: tuple[Plain, ...] = ("x", 1, None, True, 0.5, "nul\0")
_CHANNELS = (*_NAMES, "__error__", "__interrupt__", "__resume__")
_TASKS = ("task-1", "task-2")
_PATHS = ("", "~__pregel_pull, a")
_MOST = 9
"""Operations of a case."""


@functools.cache
def available() -> tuple[str, ...]:
    """Return the savers to choose from; cheap ones are repeated."""
    quick = (*("memory", "sqlite") * 3, "async-sqlite")
    return quick if missing() else (*quick, "postgres", "async-postgres")


def saver_case(choices: Choices, reference: Engine, savers: tuple[str, ...]) -> Trace:
    """Return a case on one of the savers."""
    saver = choices.pick(savers)
    with Growing(reference, Subject(SubjectKind.SAVER, {"saver": saver})) as growing:
        machine = _Machine(choices, growing, prunes=saver.endswith("postgres"))
        choices.repeat(machine.step, 5, _MOST, 1)
        return growing.trace()


@dataclass(slots=True)
class _Machine:
    """The stored checkpoints, by thread and namespace, and the choice of the next operation."""

    choices: Choices
    growing: Growing
    prunes: bool
    stored: dict[tuple[str, str], list[int]] = field(
        default_factory=dict[tuple[str, str], list[int]]
    )
    versions: dict[str, int] = field(default_factory=dict[str, int])
    put: int = 0

    def step(self) -> None:
        """Apply one more operation."""
        place = (self.choices.pick(_THREADS), self.choices.pick(_NAMESPACES))
        kinds = (self._put, self._put, self._writes, self._tuple, self._list, *self._rare())
        self.growing.apply(self.choices.pick(kinds)(*place))

    def _rare(self) -> tuple[Callable[[str, str], Operation], ...]:
        kinds = (self._next_version, self._delete, self._delta_history)
        return (*kinds, self._prune) if self.prunes else kinds

    def _checkpoint(self, thread: str, namespace: str) -> str:
        """Return the id of an existing checkpoint, or sometimes of a missing one."""
        numbers = self.stored.get((thread, namespace))
        known = numbers[::-1] if numbers else [1]
        return _identity(self.put + 1 if self.choices.chance(9) else self.choices.pick(known))

    def _put(self, thread: str, namespace: str) -> Operation:
        choices = self.choices
        numbers = self.stored.setdefault((thread, namespace), [])
        again = bool(numbers) and choices.chance(9)
        number = numbers.pop() if again else self.put + 1
        self.put = max(self.put, number)
        # A parent is older: on a cycle, InMemorySaver.get_delta_channel_history never ends.
        parent = _identity(choices.pick(numbers[::-1])) if numbers and choices.chance() else None
        numbers.append(number)
        values = {name: FIELD_VALUES["any"](choices) for name in choices.some(_NAMES, 3)}
        changed = [name for name in values if not choices.chance(3)]
        for name in changed:
            self.versions[name] = self.versions.get(name, 0) + 1
        versions = {name: _version(number) for name, number in self.versions.items()}
        checkpoint: dict[str, Plain] = {
            "v": 4,
            "ts": "2024-01-01T00:00:00+00:00",
            "id": _identity(number),
            "channel_values": values,
            "channel_versions": versions,
            "versions_seen": {"a": versions} if choices.chance() else {},
            "updated_channels": changed if choices.chance() else None,
        }
        more = choices.some(_KEYS, 2) if choices.chance(3) else ()
        metadata: Plain = {
            "source": choices.pick(_SOURCES),
            "step": choices.between(-1, 3),
            "parents": {"": _identity(1)} if choices.chance(3) else {},
            **{key: choices.pick(_SCALARS) for key in more},
        }
        arguments: dict[str, Plain] = {
            "thread": thread,
            "ns": namespace,
            "checkpoint": checkpoint,
            "metadata": metadata,
            "new_versions": {name: versions[name] for name in changed},
        }
        return Operation("put", arguments | ({"parent": parent} if parent else {}))

    def _writes(self, thread: str, namespace: str) -> Operation:
        choices = self.choices

        def write() -> Plain:
            return [choices.pick(_CHANNELS), FIELD_VALUES["any"](choices)]

        return Operation(
            "put_writes",
            {
                "thread": thread,
                "ns": namespace,
                "checkpoint_id": self._checkpoint(thread, namespace),
                "writes": choices.repeat(write, 1, 3, 1),
                "task_id": choices.pick(_TASKS),
                "task_path": choices.pick(_PATHS),
            },
        )

    def _tuple(self, thread: str, namespace: str) -> Operation:
        where: dict[str, Plain] = {"thread": thread, "ns": namespace}
        if self.choices.chance():
            where["checkpoint_id"] = self._checkpoint(thread, namespace)
        return Operation("get_tuple", where)

    def _list(self, thread: str, namespace: str) -> Operation:
        choices = self.choices
        arguments: dict[str, Plain] = {} if choices.chance(9) else {"thread": thread}
        if arguments and choices.chance():
            arguments["ns"] = namespace
        if choices.chance(2):
            arguments["limit"] = choices.between(1, 2)
        if choices.chance(2):
            arguments["before"] = self._checkpoint(thread, namespace)
        if choices.chance(2):
            arguments["filter"] = choices.pick(
                (
                    {"source": choices.pick(_SOURCES)},
                    {"step": choices.between(-1, 3)},
                    {choices.pick(_KEYS): choices.pick(_SCALARS)},
                )
            )
        return Operation("list", arguments)

    def _next_version(self, thread: str, namespace: str) -> Operation:
        del thread, namespace
        current = self.choices.pick(
            [None, *(_version(version) for version in self.versions.values())]
        )
        return Operation("next_version", {"current": current})

    def _delete(self, thread: str, namespace: str) -> Operation:
        del namespace
        for place in [place for place in self.stored if place[0] == thread]:
            del self.stored[place]
        return Operation("delete_thread", {"thread": thread})

    def _delta_history(self, thread: str, namespace: str) -> Operation:
        where: dict[str, Plain] = {"thread": thread, "ns": namespace}
        if self.choices.chance():
            where["checkpoint_id"] = self._checkpoint(thread, namespace)
        return Operation("delta_history", {**where, "channels": self.choices.some(LETTERS, 2, 1)})

    def _prune(self, thread: str, namespace: str) -> Operation:
        del namespace
        strategy = self.choices.pick(("keep_latest", "delete"))
        return Operation("prune", {"threads": [thread], "strategy": strategy})


def _identity(number: int) -> str:
    return f"00000000-0000-6000-8000-{number:012x}"


def _version(number: int) -> str:
    return f"{number:032}.{0:016}"
