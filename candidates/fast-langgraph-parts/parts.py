"""The parts of fast-langgraph 0.1.15 that work on their own, as subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import fast_langgraph  # pyright: ignore[reportMissingImports]  # in this candidate's environment
from langgraph import channels

from parity_kit.contract import (
    Case,
    Description,
    Level,
    Operation,
    Outcome,
    Pins,
    Session,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
)
from parity_kit.programs.reducers import TYPES
from parity_kit.reference.channels import KEY, ChannelSession
from parity_kit.reference.native import Watch, perform, to_native

rust: Any = fast_langgraph


def add_lists(a: list[Any], b: list[Any]) -> list[Any]:
    """Append as `langgraph_state_update` does for an appended key."""
    return rust.langgraph_state_update({KEY: a}, {KEY: b}, [KEY])[KEY]


REDUCERS: Mapping[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("dict", "merge"): rust.merge_dicts,
    ("list", "add"): add_lists,
}


class LastValue(ChannelSession):
    """`RustLastValue`, which has no `MISSING` and needs its type for `from_checkpoint`."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._kind = TYPES[str(subject.spec.get("type", "any"))]
        self._channel = rust.RustLastValue(self._kind, KEY)
        self._watch = Watch()
        self._watch.changes(self._contents())

    def _restore(self) -> None:
        self._load(self._channel.checkpoint())

    def _load(self, value: Any) -> None:
        self._channel = rust.RustLastValue.from_checkpoint(self._kind, value, KEY)


class Aggregate(ChannelSession):
    """LangGraph's channel with one of fast-langgraph's merge functions as its reducer."""

    def __init__(self, subject: Subject, reducer: Callable[[Any, Any], Any]) -> None:
        super().__init__(subject)
        kind = TYPES[str(subject.spec.get("type", "any"))]
        self._channel = channels.BinaryOperatorAggregate(kind, reducer)
        self._channel.key = KEY
        self._watch = Watch()
        self._watch.changes(self._contents())


class Saver:
    """`RustCheckpointer`: checkpoints by thread and id, without metadata, parents or writes."""

    def __init__(self) -> None:
        self._saver = rust.RustCheckpointer()
        self._watch = Watch()

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation."""
        args: Any = to_native(operation.args) if operation.args else {}
        if args.get("ns"):
            return Unsupported("it has no namespaces")
        act = {"put": self._put, "get_tuple": self._get, "delete_thread": self._delete}.get(
            operation.name
        )
        if act is None:
            return Unsupported(f"it has no {operation.name}")
        return perform(lambda _: act(**args), dict, self._watch)

    def close(self) -> None:
        """Release resources; this session holds none."""

    def _put(self, thread: str, checkpoint: dict[str, Any], **_: Any) -> Any:
        self._saver.put(thread, checkpoint["id"], checkpoint)
        return _config(thread, checkpoint["id"])

    def _get(self, thread: str, checkpoint_id: str | None = None, **_: Any) -> Any:
        # It keeps no order; a caller would take the latest from its list.
        ids = sorted(self._saver.list_checkpoints(thread))
        checkpoint = self._saver.get(thread, checkpoint_id or (ids[-1] if ids else ""))
        return None if checkpoint is None else {"checkpoint": checkpoint}

    def _delete(self, thread: str) -> None:
        self._saver.clear_thread(thread)


def _config(thread: str, checkpoint_id: str) -> dict[str, Any]:
    keys = {"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": checkpoint_id}
    return {"configurable": keys}


class Engine:
    """Opens the parts of fast-langgraph that work on their own."""

    def describe(self) -> Description:
        """Claim bytes for channels, and results for the saver."""
        levels = {SubjectKind.CHANNEL: Level.BYTES, SubjectKind.SAVER: Level.RESULT}
        return Description("fast-langgraph-parts", "0.1.15", "Rust, Python", levels)

    def open(self, subject: Subject, pins: Pins) -> Session:  # noqa: ARG002  # the contract's
        """Open a part; it needs no pins."""
        spec = subject.spec
        if subject.kind is SubjectKind.SAVER and spec["saver"] == "memory":
            return Saver()
        if subject.kind is SubjectKind.CHANNEL:
            if spec["class"] == "LastValue":
                return LastValue(subject)
            reducer = REDUCERS.get((str(spec.get("type")), str(spec.get("reducer"))))
            if spec["class"] == "BinaryOperatorAggregate" and reducer is not None:
                return Aggregate(subject, reducer)
            raise UnsupportedSubjectError(f"it has no {spec['class']} of that kind")
        raise UnsupportedSubjectError(f"it has no {subject.kind} of that kind to be used alone")

    def measure(self, case: Case, loops: int) -> int:  # noqa: ARG002  # the contract's
        """Refuse: no application uses a part alone, so its speed says nothing."""
        raise UnsupportedSubjectError("it is not timed alone")
