"""Mutants of the pure engine: each has one fault, and a corpus that must catch it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pure_engine import errors
from pure_engine.channels import aggregates, barriers, values
from pure_engine.codec import packing, serializer
from pure_engine.errors import BUBBLES, GraphInterrupt, ParentCommand
from pure_engine.names import SLOTS
from pure_engine.pregel import (
    apply,
    checkpoints,
    deltas,
    emitter,
    host,
    loop,
    nesting,
    node,
    prepare,
    replay,
    runner,
    store,
    streams,
    tasks,
)
from pure_engine.pregel import run as runs
from pure_engine.program import model, policies, schemas
from pure_engine.savers import memory

Body = Callable[..., Any]
"""A faulty function: the original, then what that is called with."""


@dataclass(frozen=True)
class Mutant:
    """One fault: what it replaces, the corpus that must catch it, and what that must name."""

    fault: str
    owner: Any
    name: str
    corpus: str
    shows: str
    body: Body


MUTANTS: list[Mutant] = []


def mutant(fault: str, owner: Any, name: str, corpus: str, shows: str) -> Callable[[Body], Body]:
    def seed(body: Body) -> Body:
        MUTANTS.append(Mutant(fault, owner, name, corpus, shows, body))
        return body

    return seed


@mutant("merge keeps only the last branch", apply, "_by_channel", "graphs", "value $.")
def _(original: Body, *given: Any) -> Any:
    return {name: values[-1:] for name, values in original(*given).items()}


@mutant("branch sees stale state", node, "_fresh", "graphs", "value $.n")
def _(original: Body, *given: Any) -> Any:
    return original(*given[:-1], [])


@mutant("idle channels not told", values.EphemeralValue, "update", "channels", "(update): value")
def _(original: Body, channel: Any, values: Any) -> Any:
    return bool(values) and original(channel, values)


@mutant("finish never announced", values.LastValueAfterFinish, "finish", "graphs", "next[0]")
def _(_original: Body, _channel: Any) -> Any:
    return False


@mutant("consume skipped", barriers.NamedBarrierValue, "consume", "channels", "(consume): value")
def _(_original: Body, _channel: Any) -> Any:
    return False


@mutant("task id of other parts", prepare, "_task_id", "graphs", "tasks[0].id")
def _(original: Body, *given: Any) -> Any:
    return original(*given, "more")


@mutant("interrupt id differs", tasks, "interrupt_id", "graphs", "$.__interrupt__[0]<2>[2].id")
def _(original: Body, namespace: str, answered: int) -> Any:
    return original(namespace, answered + 1)


@mutant("versions seen not recorded", apply, "apply_writes", "graphs", "$.versions_seen")
def _(original: Body, state: Any, *given: Any) -> Any:
    before = {name: dict(versions) for name, versions in state.versions_seen.items()}
    updated = original(state, *given)
    state.versions_seen.clear()
    state.versions_seen.update(before)
    return updated


@mutant("metadata step off by one", store.Store, "put_checkpoint", "graphs", "$.step")
def _(original: Body, store_: Any, *given: Any) -> Any:
    store_._run.step += 1
    original(store_, *given)
    store_._run.step -= 1


@mutant("stream event dropped", emitter.Emitter, "_emit", "graphs", "event 5 tasks")
def _(original: Body, run_: Any, mode: str, payload: Any) -> Any:
    if mode != "tasks" or "result" not in payload():
        original(run_, mode, payload)


@mutant("send order lost", node, "_routed", "graphs", "value $.log[0]")
def _(original: Body, *given: Any) -> Any:
    return original(*given)[::-1]


@mutant(
    "two overwrites taken",
    aggregates.BinaryOperatorAggregate,
    "update",
    "channels",
    "(update): returned",
)
def _(_original: Body, channel: Any, values: Any) -> Any:
    for value in values:
        replaces, other = aggregates.overwrite_in(value)
        channel.value = other if replaces else channel.reducer(channel.value, value)
    return bool(values)


@mutant("integer not smallest", packing, "_write_int", "msgpack", "stored data")
def _(_original: Body, out: bytearray, value: int) -> Any:
    out += (
        b"\xd3" + struct.pack(">q", value) if value < 2**63 else b"\xcf" + struct.pack(">Q", value)
    )


@mutant("float narrowed", packing, "_write", "msgpack", "value")
def _(original: Body, out: bytearray, value: Any, *given: Any) -> Any:
    if isinstance(value, float):
        (value,) = struct.unpack(">f", struct.pack(">f", max(-3e38, min(3e38, value))))
    original(out, value, *given)


@mutant("allowlist wider", serializer, "is_allowed", "allowlist", "(is_allowed): value")
def _(_original: Body, *_given: Any, **_named: Any) -> Any:
    return True


@mutant("history oldest first", memory.MemorySaver, "list", "savers", "(list): value")
def _(original: Body, *given: Any, **named: Any) -> Any:
    return list(original(*given, **named))[::-1]


@mutant("`v` wrong", checkpoints, "new_checkpoint", "graphs", "$.v")
def _(original: Body, *given: Any, **named: Any) -> Any:
    return {**original(*given, **named), "v": 3}


@mutant("subgraph namespace wrong", nesting, "_namespace", "subgraphs", "__interrupt__[0]<2>[2].id")
def _(original: Body, task: Any, *given: Any) -> Any:
    return f"{original(task, *given)}:{task.name}"


@mutant("namespace kept with ids", model.Subgraph, "namespace", "subgraphs", "stored blob/t/sub/")
def _(_original: Body, _subgraph: Any, task: str) -> Any:
    return task


@mutant("parent command ignored", loop.Loop, "_run_nested", "subgraphs", "updates $[2].sub")
def _(original: Body, *given: Any) -> Any:
    try:
        return original(*given)
    except ParentCommand:
        return None


@mutant("exception class lost", loop.Loop, "_run_nested", "subgraphs", "outcome $.error")
def _(original: Body, *given: Any) -> Any:
    try:
        return original(*given)
    except BUBBLES:
        raise
    except Exception as error:  # noqa: BLE001  # the fault is that it loses every class
        raise RuntimeError(str(error)) from None


@mutant(
    "subgraph begins again on resume",
    runs,
    "find_checkpoint",
    "subgraphs",
    "(resume): value $.log[2]",
)
def _(original: Body, graph: Any, request: Any, nesting_: Any) -> Any:
    return None if nesting_.namespace else original(graph, request, nesting_)


@mutant(
    "answer kept from subgraphs", tasks.Answers, "take_shared", "subgraphs", "$.__interrupt__[0]"
)
def _(original: Body, answers: Any) -> Any:
    return None if answers.shared is None else original(answers)


@mutant(
    "subgraph's interrupts lost", loop.Loop, "_run_nested", "subgraphs", "value $.__interrupt__"
)
def _(original: Body, *given: Any) -> Any:
    try:
        return original(*given)
    except GraphInterrupt:
        raise GraphInterrupt from None


@mutant("events of subgraphs dropped", streams.Stream, "queue", "subgraphs", "event 1 updates")
def _(original: Body, stream: Any, namespace: str, items: Any) -> Any:
    if namespace == stream.namespace:
        original(stream, namespace, items)


@mutant(
    "checkpoints around forgotten",
    checkpoints,
    "with_parents",
    "subgraphs",
    "config.configurable.checkpoint_map",
)
def _(_original: Body, where: Any, _metadata: Any) -> Any:
    return dict(where)


@mutant("replay takes the latest", replay.Replay, "find", "subgraphs", "(invoke): value $.log[2]")
def _(_original: Body, _replay: Any, saver: Any, where: Any) -> Any:
    return saver.get(where)


@mutant("retry counts one too many", policies, "tries_again", "failures", "value $.log[1]")
def _(original: Body, several: Any, error: Exception, attempt: int) -> Any:
    return original(several, error, attempt - 1)


@mutant("error class lost", errors, "error_name", "failures", "outcome $.error")
def _(_original: Body, _error: Exception) -> Any:
    return "Exception"


@mutant(
    "pending writes of a failed step lost", store.Store, "put_writes", "failures", "stored write/"
)
def _(original: Body, store_: Any, task: str, writes: Any, *given: Any) -> Any:
    original(store_, task, [write for write in writes if write[0] in SLOTS], *given)


@mutant("handler not told what failed", host.TaskHost, "error", "failures", "value $.log[1]")
def _(original: Body, host: Any, name: str) -> Any:
    return original(host, name) if name == "node" else None


@mutant("stream event doubled", streams.Stream, "queue", "streams", "(stream): event 1 updates")
def _(original: Body, stream: Any, namespace: str, items: Any) -> Any:
    original(stream, namespace, [event for item in items for event in (item, item)])


@mutant("stream events reordered", runner, "run_tasks", "streams", "event 0 custom")
def _(original: Body, run_: Any, tasks: Any, *given: Any) -> Any:
    return original(run_, tasks[::-1], *given)


@mutant(
    "values before writes apply",
    emitter.Emitter,
    "shown_values",
    "streams",
    "event 1 values $[2].log[0]",
)
def _(original: Body, emitter_: Any) -> Any:
    run_ = emitter_._run
    state = run_.state
    run_.state = state.restored(state.program, state.checkpoint, state.namespace)
    try:
        return original(emitter_)
    finally:
        run_.state = state


@mutant("managed value off by one", prepare, "managed_values", "control", "value $.log[0]")
def _(original: Body, program: Any, step: int, stop: int) -> Any:
    return original(program, step, stop + 1)


@mutant("goto ignored", node, "_gotos", "control", "event 3 tasks")
def _(_original: Body, _value: Any) -> Any:
    return []


@mutant("path map ignored", node, "_routed", "control", "event 1 updates")
def _(original: Body, result: Any, _ends: Any) -> Any:
    return original(result, None)


@mutant("recursion limit off by one", runs.Request, "__init__", "graphs", "(stream): returned")
def _(original: Body, *given: Any, **named: Any) -> Any:
    run_, *rest = given
    rest[5] += 1
    original(run_, *rest, **named)


@mutant("stops where nothing changed", prepare, "stops", "interrupts", "value $.__interrupt__")
def _(_original: Body, _state: Any, breakpoints: Any, several: Any) -> Any:
    return any(breakpoints == "*" or task.name in breakpoints for task in several)


@mutant("delta snapshot an update late", deltas, "due", "schemas", "channel x: stored blob")
def _(original: Body, program: Any, metadata: Any) -> Any:
    late = {
        name: (counters[0] - 1, counters[1]) for name, counters in metadata[deltas.COUNTERS].items()
    }
    return original(program, {deltas.COUNTERS: late})


@mutant("output schema ignored", schemas, "schemas", "schemas", "value $.secret")
def _(original: Body, data: Any, nodes: Any) -> Any:
    return original({**data, "output": None}, nodes)


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing, in place of what should be done."""


for _fault, _owner, _name, _corpus, _shows in (
    ("drain ignored", host.TaskHost, "drain", "control", "(invoke): returned"),
    ("time limit ignored", host.Stopwatch, "wait", "failures", "(stream): returned"),
    ("finished task runs again", runner, "give_back_writes", "interrupts", "(resume): value $"),
    ("delta writes not replayed", deltas, "replay", "schemas", "(get_state): value $.values.x"),
):
    mutant(_fault, _owner, _name, _corpus, _shows)(nothing)
