"""A superstep's two halves: which tasks come next, and applying what they wrote.

`langgraph.pregel._algo`: `prepare_next_tasks`, `apply_writes`, `should_interrupt`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, cast

from xxhash import xxh3_128_hexdigest

from pure_engine.channels import MISSING, Channel
from pure_engine.names import INTERRUPT, NEVER_APPLIED, PULL, PUSH, START, TASKS
from pure_engine.program import Breakpoints, Program
from pure_engine.savers import PendingWrite, Write
from pure_engine.tasks import Path, Task, answers_for
from pure_engine.types import Send

Checkpoint: TypeAlias = dict[str, Any]
Channels: TypeAlias = dict[str, Channel]
NextVersion: TypeAlias = Callable[[Any], Any]


class Writer(Protocol):
    """Something whose writes can be applied: a task, or what stands for one."""

    @property
    def path(self) -> Path: ...  # noqa: D102  # where it comes in the order of writes
    @property
    def name(self) -> str: ...  # noqa: D102  # whose `versions_seen` it advances
    @property
    def writes(self) -> Sequence[Write]: ...  # noqa: D102  # what it wrote
    @property
    def triggers(self) -> Sequence[str]: ...  # noqa: D102  # the channels it has seen


class Writes(NamedTuple):
    """Writes that no task made: an input, or those of an update."""

    path: Path
    name: str
    writes: Sequence[Write]
    triggers: Sequence[str] = ()


def next_tasks(
    program: Program,
    checkpoint: Checkpoint,
    channels: Channels,
    pending: list[PendingWrite],
    step: int,
    *,
    updated: set[str] | None = None,
    answers: dict[str, Any] | None = None,
) -> dict[str, Task]:
    """Return the tasks of a superstep by id: packets that were sent, then triggered nodes.

    `updated` names the channels that the superstep before changed, where that is known; `answers`
    are those a resume gave by interrupt id.
    """
    found: dict[str, Task] = {}

    def add(name: str, path: Path, given: Any, triggers: tuple[str, ...], *parts: str) -> None:
        task = _task_id(checkpoint["id"], name, str(step), name, *parts)
        found[task] = Task(
            task,
            name,
            path,
            given,
            triggers,
            program.nodes[name],
            answers_for(task, f"{name}:{task}", pending, answers),
        )

    if channels[TASKS].is_available():
        for index, packet in enumerate(channels[TASKS].get()):
            if isinstance(packet, Send) and packet.node in program.nodes:
                path = (PUSH, index, False)
                add(packet.node, path, packet.arg, (PUSH,), PUSH, str(index))
    for name in _candidates(program, checkpoint, updated):
        if _is_triggered(program, checkpoint, channels, name):
            given = _input(program, channels, name)
            if given is not MISSING:
                triggers = tuple(sorted(program.nodes[name].triggers))
                add(name, (PULL, name), given, triggers, PULL, *triggers)
    return found


def _task_id(checkpoint: str, *parts: str) -> str:
    text = xxh3_128_hexdigest(bytes.fromhex(checkpoint.replace("-", "")) + "".join(parts).encode())
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _candidates(
    program: Program, checkpoint: Checkpoint, updated: set[str] | None
) -> Iterable[str]:
    if updated:
        return sorted({node for name in updated for node in program.triggered.get(name, ())})
    return program.nodes if checkpoint["channel_versions"] else ()


def _is_triggered(program: Program, checkpoint: Checkpoint, channels: Channels, name: str) -> bool:
    """Return whether a trigger of a node holds a value that the node has not seen."""
    versions, seen = checkpoint["channel_versions"], checkpoint["versions_seen"].get(name)
    if not versions:
        return False
    nothing = null_version(versions)
    return any(
        channels[trigger].is_available()
        and (seen is None or versions.get(trigger, nothing) > seen.get(trigger, nothing))
        for trigger in program.nodes[name].triggers
    )


def null_version(versions: Mapping[str, Any]) -> Any:
    """Return what comes before every version of the kind that is used."""
    return type(next(iter(versions.values())))()


def _input(program: Program, channels: Channels, name: str) -> Any:
    if name == START:
        return channels[START].get() if channels[START].is_available() else MISSING
    return read(channels, program.fields)


def read(channels: Mapping[str, Channel], names: Iterable[str]) -> dict[str, Any]:
    """Return the values of the channels that have one."""
    return {name: channels[name].get() for name in names if channels[name].is_available()}


def path_text(path: Path) -> str:
    """Return a task's path as it is stored, which also orders the writes of a superstep."""
    parts = (f"{part:010d}" if isinstance(part, int) else part for part in path)
    return f"~{', '.join(parts)}"


def apply_writes(
    checkpoint: Checkpoint,
    channels: Channels,
    writers: Iterable[Writer],
    next_version: NextVersion | None,
    triggered: Mapping[str, Any],
) -> set[str]:
    """Apply writes to the channels; return the channels that changed and hold a value.

    Without `next_version` no version advances, and none counts as changed: that is how a snapshot
    of writes that are still pending is made.
    """
    ordered = sorted(writers, key=lambda writer: path_text(writer.path))
    versions = cast("dict[str, Any]", checkpoint["channel_versions"])
    _mark_seen(checkpoint, ordered)
    version = None
    if next_version is not None:
        version = next_version(max(versions.values()) if versions else None)
    updated: set[str] = set()

    def note(name: str, *, changed: bool, triggers: bool = True) -> None:
        if changed and version is not None:
            versions[name] = version
            if triggers and channels[name].is_available():
                updated.add(name)

    for name in dict.fromkeys(trigger for writer in ordered for trigger in writer.triggers):
        if name in channels:
            note(name, changed=channels[name].consume(), triggers=False)
    for name, values in _by_channel(channels, ordered).items():
        note(name, changed=channels[name].update(values))
    if any(writer.triggers for writer in ordered):
        for name, channel in channels.items():
            if name not in updated and channel.is_available():
                note(name, changed=channel.update(()))
        if updated.isdisjoint(triggered):
            for name, channel in channels.items():
                note(name, changed=channel.finish())
    return updated


def _mark_seen(checkpoint: Checkpoint, writers: Iterable[Writer]) -> None:
    versions = checkpoint["channel_versions"]
    for writer in writers:
        seen = checkpoint["versions_seen"].setdefault(writer.name, {})
        seen.update({name: versions[name] for name in writer.triggers if name in versions})


def _by_channel(channels: Channels, writers: Iterable[Writer]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for writer in writers:
        for name, value in writer.writes:
            if name not in NEVER_APPLIED and name in channels:
                grouped.setdefault(name, []).append(value)
    return grouped


def stops(checkpoint: Checkpoint, breakpoints: Breakpoints, tasks: Iterable[Task]) -> bool:
    """Return whether a breakpoint stops a run: something changed since the last stop, and a task
    is at one.
    """
    versions = checkpoint["channel_versions"]
    seen = checkpoint["versions_seen"].get(INTERRUPT, {})
    if not any(
        version > seen.get(name, null_version(versions)) for name, version in versions.items()
    ):
        return False
    if breakpoints == "*":
        return any(not task.hidden for task in tasks)
    return any(task.name in breakpoints for task in tasks)
