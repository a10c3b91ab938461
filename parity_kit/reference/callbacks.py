"""What a run tells its callbacks: LangChain's of its chains, and LangGraph's of its interrupts."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from parity_kit.contract import Event
from parity_kit.reference.native import to_plain

MODE = "callbacks"
_OF_PACKAGES = "lc_versions"  # metadata that says which releases are installed


def callback_handler(events: list[Event]) -> BaseCallbackHandler:
    """Return a handler that adds an event for everything it is told.

    Raises:
        ModuleNotFoundError: If this release has no callbacks for graphs.
    """
    return _handler_class()(events)


@functools.cache
def _handler_class() -> Any:
    from langgraph.callbacks import GraphCallbackHandler  # noqa: PLC0415  # older releases lack it

    class Recorder(GraphCallbackHandler):
        """Numbers chains in the order they start, as their ids are random."""

        run_inline = True
        raise_error = True

        def __init__(self, events: list[Event]) -> None:
            self._events = events
            self._chains: dict[UUID, int] = {}

        def _tell(self, callback: str, chain: UUID, **parts: Any) -> None:
            number = self._chains.setdefault(chain, len(self._chains) + 1)
            payload = {"callback": callback, "chain": number, **parts}
            self._events.append(Event(MODE, (), to_plain(payload)))

        def on_chain_start(
            self,
            serialized: object,
            inputs: Any,
            *,
            run_id: UUID,
            parent_run_id: UUID | None = None,
            tags: Sequence[str] | None = None,
            metadata: Mapping[str, Any] | None = None,
            **more: Any,
        ) -> None:
            del serialized
            parent = None if parent_run_id is None else self._chains.get(parent_run_id)
            shown = {k: v for k, v in (metadata or {}).items() if k != _OF_PACKAGES}
            parts = {"name": more.get("name"), "parent": parent, "tags": list(tags or ())}
            self._tell("chain_start", run_id, **parts, metadata=shown, inputs=inputs)

        def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
            self._tell("chain_end", run_id, outputs=outputs)

        def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
            self._tell("chain_error", run_id, error=type(error).__name__, message=str(error))

        def on_interrupt(self, event: Any) -> None:
            self._lifecycle("interrupt", event)

        def on_resume(self, event: Any) -> None:
            self._lifecycle("resume", event)

        def _lifecycle(self, name: str, event: Any) -> None:
            parts = {field.name: getattr(event, field.name) for field in fields(event)}
            self._tell(name, parts.pop("run_id"), **parts)

    return Recorder
