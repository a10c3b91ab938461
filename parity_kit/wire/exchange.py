"""Requests to one process and their answers in turn; what it asks and tells meanwhile is heard."""

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
from parity_kit.wire import callbacks, shapes
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


@dataclass(frozen=True, slots=True)
class Told:
    """An event that was told before its operation was answered."""

    operation: int
    event: Event


class Exchange:
    """What crosses between the kit and one process.

    Without `uses`, which its handshake gives, an engine may do nothing but answer.
    """

    def __init__(self, process: CandidateProcess, where: str) -> None:
        self.process = process
        self.uses: Collection[str] = ()
        self._where = where
        self._msgid = 0
        self.heard: list[Told] = []
        self._heard_bytes = 0

    def ask(self, method: str, params: Mapping[str, Plain], what: str) -> int:
        """Send a request and return its msgid; `what` names it in errors."""
        self._msgid = (self._msgid + 1) % (1 << 32)
        self._send(Request(self._msgid, method, params), what, asks=True)
        return self._msgid

    def answer(self, msgid: int, what: str, seconds: float) -> Response:
        """Return the response to the oldest request; `heard` has what was told before it.

        Raises:
            CandidateError: If there is none, or it did not keep to the protocol.
        """
        self.heard.clear()
        self._heard_bytes = 0
        deadline = time.monotonic() + seconds
        try:
            return self._response(msgid, what, deadline, seconds)
        except CandidateError as error:
            self._say_what_was_told(error)
            raise

    def cancel(self) -> None:
        """Say that nobody waits any more, to an engine that wants to be told."""
        if Feature.CANCEL in self.uses:
            self._send(Notification("cancel", {}), "cancel")

    def fault(self, problem: str) -> ProtocolFaultError:
        """Return the error that says how the candidate broke the protocol."""
        return fault(self._where, problem)

    def _send(self, message: Message, what: str, *, asks: bool = False) -> None:
        try:
            body = encode(message)
        except TypeError as error:
            raise KitError(f"{what} cannot be sent: {error}", where=self._where) from error
        self.process.send(body, what, asks=asks)

    def _response(self, msgid: int, what: str, deadline: float, seconds: float) -> Response:
        while True:
            body = self.process.receive(deadline, seconds, what)
            try:
                message = parse(body)
            except MessageError as error:
                problem = f"answered {what} with what is no message: {error}"
                raise self.fault(problem) from error
            match message:
                case Response():
                    self.process.count_answer()
                    if message.msgid == msgid:
                        return message
                    twice = ", which it had answered" if message.msgid < msgid else ""
                    problem = f"answered {what} with msgid {message.msgid}{twice}, not {msgid}"
                    raise self.fault(problem)
                case Request() if Feature.CALLBACKS in self.uses:
                    reply = callbacks.answer(message)
                    self._send(reply, f"the answer to {message.method} during {what}")
                case Notification("event") if Feature.EVENTS in self.uses:
                    self._hear(message, len(body), msgid, what)
                case other:
                    kind = type(other).__name__.lower()
                    raise self.fault(f"answered {what} with a {kind}, not a response")

    def _hear(self, message: Notification, size: int, msgid: int, what: str) -> None:
        self._heard_bytes += size
        if self._heard_bytes > self.process.frame_bytes:
            raise self.fault(f"told more events of {what} than an answer may hold")
        try:
            self.heard.append(told(message.params, msgid))
        except shapes.ShapeError as error:
            problem = f"told an event of {what} in the wrong shape: {error}"
            raise self.fault(problem) from error

    def _say_what_was_told(self, error: CandidateError) -> None:
        if not self.heard:
            return
        last, (head, mark, words) = self.heard[-1], error.problem.partition(LAST_WORDS)
        said = f"it had told {len(self.heard)} events, the last of operation {last.operation}"
        error.problem = f"{head}; {said}: {last.event.mode}{mark}{words}"

    def failure(self, failure: Failure, what: str) -> Exception:
        """Return the error that says what an engine answered instead of a result."""
        match failure.code:
            case FailureCode.UNSUPPORTED:
                return UnsupportedSubjectError(failure.message)
            case FailureCode.ENGINE:
                detail = "".join(f"\n    {line}" for line in failure.detail.splitlines()[-8:])
                problem = f"failed on {what}: {failure.message}{detail}"
                return CandidateCrashedError(problem, where=self._where, process_lives=True)
            case FailureCode.BAD_REQUEST:
                # What the kit sends is checked here before it is sent, so its word is not taken.
                return self.fault(f"refused {what} as a bad request: {failure.message}")


def fault(where: str, problem: str) -> ProtocolFaultError:
    """Return the error that says how the candidate at `where` broke the protocol."""
    return ProtocolFaultError(problem, where=where, hint="see: parity-kit docs protocol")


def told(params: Mapping[str, Plain], msgid: int) -> Told:
    """Return what a notification of an event says, which must be of the request that waits.

    Raises:
        ShapeError: If it has another shape, or is of another request.
    """
    if set(params) != {"msgid", "operation", "event"}:
        raise shapes.ShapeError("event: expected the keys `msgid`, `operation` and `event`")
    if shapes.natural(params["msgid"], "msgid") != msgid:
        raise shapes.ShapeError(f"msgid: it is of request {params['msgid']}, not {msgid}")
    operation = shapes.natural(params["operation"], "operation")
    return Told(operation, shapes.event(params["event"], "event"))


def with_told(outcomes: Sequence[Outcome], heard: Sequence[Told]) -> tuple[Outcome, ...]:
    """Return outcomes with the events that were told before those that were answered.

    Raises:
        ShapeError: If an event was told of an operation that there is not, or that has none.
    """
    events: dict[int, list[Event]] = {}
    for each in heard:
        events.setdefault(each.operation, []).append(each.event)
    whole = list(outcomes)
    for index, before in events.items():
        outcome = whole[index] if index < len(whole) else None
        if not isinstance(outcome, Returned | Raised):
            raise shapes.ShapeError(f"an event was told of operation {index}, which has none")
        whole[index] = replace(outcome, events=(*before, *outcome.events))
    return tuple(whole)
