"""Requests to one process and their responses, with the callbacks and events in between."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from parity_kit.contract import Event, Outcome, Raised, Returned, UnsupportedSubjectError
from parity_kit.contract.errors import (
    LAST_WORDS,
    CandidateCrashedError,
    CandidateError,
    KitError,
    ProtocolFaultError,
)
from parity_kit.contract.plain import Plain
from parity_kit.wire import callbacks, mistakes, shapes
from parity_kit.wire.budget import clipped
from parity_kit.wire.features import Feature
from parity_kit.wire.messages import (
    Failure,
    FailureCode,
    Message,
    MessageError,
    Notification,
    Request,
    Response,
    encode,
    parse,
)
from parity_kit.wire.process import CandidateProcess

_TRACE_LINES = 8
_SEE = "see: parity-kit docs protocol"


@dataclass(frozen=True, slots=True)
class StreamedEvent:
    """An event sent ahead of the response; `operation` is an index into the request's."""

    operation: int
    event: Event


class Exchange:
    """The messages between the kit and one process.

    `uses` holds the features the engine asked for at the handshake; without, it may only respond.
    """

    def __init__(self, process: CandidateProcess, where: str) -> None:
        self.process = process
        self.uses: Collection[str] = ()
        self._where = where
        self._msgid = 0
        self._body = b""
        self.streamed: list[StreamedEvent] = []
        self._streamed_bytes = 0

    def ask(self, method: str, params: Mapping[str, Plain], call: str) -> int:
        """Send a request and return its msgid; `call` names it in errors."""
        self._msgid = (self._msgid + 1) % (1 << 32)
        self._send(Request(self._msgid, method, params), call, asks=True)
        return self._msgid

    def answer(self, msgid: int, call: str, seconds: float) -> Response:
        """Return the response to the oldest request; `streamed` holds the events sent before it.

        Raises:
            CandidateError: If no response came, or the candidate broke the protocol.
        """
        self.streamed.clear()
        self._streamed_bytes = 0
        deadline = time.monotonic() + seconds
        try:
            return self._response(msgid, call, deadline, seconds)
        except CandidateError as error:
            self._mention_streamed(error)
            raise

    def cancel(self) -> None:
        """Notify an engine that uses `cancel` that nobody waits for its responses any more."""
        if Feature.CANCEL in self.uses:
            self._send(Notification("cancel", {}), "cancel")

    def fault(self, problem: str) -> ProtocolFaultError:
        """Return the error for the last message, which broke the protocol."""
        self.process.report_faulty(self._body)
        return fault(self._where, problem, mistakes.in_body(self._body))

    def _send(self, message: Message, call: str, *, asks: bool = False) -> None:
        try:
            body = encode(message)
        except TypeError as error:
            raise KitError(f"{call} cannot be sent: {error}", where=self._where) from error
        self.process.send(body, call, asks=asks)

    def _response(self, msgid: int, call: str, deadline: float, seconds: float) -> Response:
        while True:
            self._body = self.process.receive(deadline, seconds, call)
            try:
                message = parse(self._body)
            except MessageError as error:
                raise self.fault(f"answered {call} with an invalid message: {error}") from error
            match message:
                case Response():
                    self.process.count_answer()
                    if message.msgid == msgid:
                        return message
                    again = ", which was already answered" if message.msgid < msgid else ""
                    problem = f"answered {call} with msgid {message.msgid}{again}, not {msgid}"
                    raise self.fault(problem)
                case Request() if Feature.CALLBACKS in self.uses:
                    if self.process.unsent_bytes > self.process.frame_bytes:
                        raise self.fault(f"asks for more during {call} than it reads")
                    reply = callbacks.answer(message)
                    self._send(reply, f"the answer to {message.method} during {call}")
                case Notification("event") if Feature.EVENTS in self.uses:
                    self._collect(message, len(self._body), msgid, call)
                case other:
                    kind = type(other).__name__.lower()
                    raise self.fault(f"answered {call} with a {kind}, not a response")

    def _collect(self, message: Notification, size: int, msgid: int, call: str) -> None:
        self._streamed_bytes += size
        if self._streamed_bytes > self.process.frame_bytes:
            raise self.fault(f"streamed more events during {call} than a response may hold")
        try:
            self.streamed.append(streamed_event(message.params, msgid))
        except shapes.ShapeError as error:
            problem = f"streamed an event of the wrong shape during {call}: {error}"
            raise self.fault(problem) from error

    def _mention_streamed(self, error: CandidateError) -> None:
        if not self.streamed:
            return
        last, (head, mark, words) = self.streamed[-1], error.problem.partition(LAST_WORDS)
        count = f"{len(self.streamed)} event{'s' if len(self.streamed) > 1 else ''}"
        before = f"it had streamed {count}, the last of operation {last.operation}"
        error.problem = f"{head}; {before}: {last.event.mode}{mark}{words}"

    def failure(self, failure: Failure, call: str) -> Exception:
        """Return the error for a response that is a failure."""
        match failure.code:
            case FailureCode.UNSUPPORTED:
                return UnsupportedSubjectError(clipped(failure.message))
            case FailureCode.ENGINE:
                message = clipped(failure.message)
                trace = failure.detail.rstrip().removesuffix(f"\n{failure.message}")
                detail = "".join(f"\n    {line}" for line in trace.splitlines()[-_TRACE_LINES:])
                detail = clipped(detail)
                problem = f"failed on {call}: {message}{detail}"
                return CandidateCrashedError(problem, where=self._where, process_lives=True)
            case FailureCode.BAD_REQUEST:
                # The kit checks its requests before it sends them, so the candidate is at fault.
                return self.fault(f"refused {call} as a bad request: {clipped(failure.message)}")


def fault(where: str, problem: str, hint: str = "") -> ProtocolFaultError:
    """Return the error for the candidate at `where` that broke the protocol."""
    return ProtocolFaultError(clipped(problem), where=where, hint=hint or _SEE)


def streamed_event(params: Mapping[str, Plain], msgid: int) -> StreamedEvent:
    """Return the event of a notification, which must belong to the pending request.

    Raises:
        ShapeError: If its shape is wrong, or it belongs to another request.
    """
    if set(params) != {"msgid", "operation", "event"}:
        raise shapes.ShapeError("event: expected the keys `msgid`, `operation` and `event`")
    if shapes.natural(params["msgid"], "msgid") != msgid:
        raise shapes.ShapeError(f"msgid: belongs to request {params['msgid']}, not {msgid}")
    operation = shapes.natural(params["operation"], "operation")
    return StreamedEvent(operation, shapes.event(params["event"], "event"))


def with_streamed(
    outcomes: Sequence[Outcome], streamed: Sequence[StreamedEvent]
) -> tuple[Outcome, ...]:
    """Return outcomes with streamed events put before the events in the response.

    Raises:
        ShapeError: If an event belongs to an operation without a value or error.
    """
    events: dict[int, list[Event]] = {}
    for item in streamed:
        events.setdefault(item.operation, []).append(item.event)
    merged = list(outcomes)
    for index, before in events.items():
        outcome = merged[index] if index < len(merged) else None
        if not isinstance(outcome, Returned | Raised):
            raise shapes.ShapeError(f"an event belongs to operation {index}, which has no events")
        merged[index] = replace(outcome, events=(*before, *outcome.events))
    return tuple(merged)
