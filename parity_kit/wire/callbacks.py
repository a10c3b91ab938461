"""Callbacks: the kit runs a node's body or a branch for an engine without an interpreter.

A callback is self-contained: it carries the body, its input, and the answers to the body's
interrupts. A body stops at the first interrupt without an answer and is run again from its
beginning once there is one, as in LangGraph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NoReturn, TypeVar, cast

from parity_kit.contract.errors import BadProgramError
from parity_kit.contract.plain import Plain
from parity_kit.wire.budget import is_within
from parity_kit.wire.frames import FRAME_LIMIT
from parity_kit.wire.messages import Failure, FailureCode, Request, Response

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NodeCall:
    """Run a body on an input: a node's, or with `error` its error handler's."""

    body: tuple[Plain, ...]
    input: Plain
    answers: tuple[Plain, ...] = ()
    """The answers to its first interrupts."""
    visits: int = 1
    info: Mapping[str, Plain] = field(default_factory=dict[str, Plain])
    """Facts about the execution, by name."""
    context: Mapping[str, Plain] = field(default_factory=dict[str, Plain])
    error: Mapping[str, str] = field(default_factory=dict[str, str])
    """The `node`, `type` and `message` of the failure being handled."""


@dataclass(frozen=True, slots=True)
class RouteCall:
    """Evaluate a branch's expression on a state."""

    path: Plain
    input: Plain


@dataclass(frozen=True, slots=True)
class Question:
    """The value of an interrupt that has no answer yet."""

    value: Plain


@dataclass(frozen=True, slots=True)
class Failed:
    """The error a body raised; `type` is its class name."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """The result of a body: a value, an open interrupt or an error.

    Sends, commands and overwrites are given as the expressions that made them:
    `{send: [to, with]}`, `{command: {update, goto, graph}}`, `{overwrite: value}`.
    """

    returned: Plain
    asked: Question | None
    failed: Failed | None
    emitted: tuple[Plain, ...]
    drained: str | None


def answer(request: Request) -> Response:
    """Return the kit's response to a callback."""
    methods = {"host.node": _node, "host.route": _route}
    method = methods.get(request.method)
    if method is None:
        problem = f"no such callback; known callbacks: {', '.join(methods)}"
        return _refused(request, problem)
    try:
        result = method(request.params)
        if not is_within(result, FRAME_LIMIT):
            return _refused(request, f"its result is over the frame limit of {FRAME_LIMIT} bytes")
        return Response(request.msgid, None, result)
    except _UnsupportedError as error:
        failure = Failure(FailureCode.UNSUPPORTED, str(error))
        return Response(request.msgid, failure, None)
    except (AttributeError, BadProgramError, IndexError, KeyError, TypeError, ValueError) as error:
        return _refused(request, f"cannot run: {error!r}")


def _refused(request: Request, problem: str) -> Response:
    failure = Failure(FailureCode.BAD_REQUEST, f"{request.method}: {problem}")
    return Response(request.msgid, failure, None)


class _UnsupportedError(Exception):
    """A body needs something of the engine that a callback does not carry."""


class _InterruptError(Exception):
    """A body reached an interrupt that has no answer yet."""

    def __init__(self, value: Plain) -> None:
        super().__init__()
        self.value = value


def _node(params: Mapping[str, Plain]) -> Plain:
    # Only engines that use callbacks load the language.
    from parity_kit.programs.bodies import ProgramLocation, check_body  # noqa: PLC0415
    from parity_kit.programs.instructions import ERRORS, run_body  # noqa: PLC0415
    from parity_kit.programs.language import Scope  # noqa: PLC0415
    from parity_kit.programs.operators import Owner  # noqa: PLC0415

    call = _read(NodeCall, params)
    owner = Owner.HANDLER if call.error else Owner.NODE
    body = check_body(list(call.body), ProgramLocation("body", owner))
    host = _Host(call)
    returned: Plain = None
    question: dict[str, Plain] | None = None
    failed: dict[str, Plain] | None = None
    try:
        returned = run_body(body, Scope(host, call.input), _no_request)
    except _InterruptError as error:
        question = {"value": error.value}
    except tuple(ERRORS.values()) as error:
        failed = {"type": type(error).__name__, "message": str(error)}
    return {
        "returned": returned,
        "asked": question,
        "failed": failed,
        "emitted": host.emitted,
        "drained": host.drained,
    }


def _route(params: Mapping[str, Plain]) -> Plain:
    from parity_kit.programs.bodies import ProgramLocation, check_expression  # noqa: PLC0415
    from parity_kit.programs.language import Scope, evaluate  # noqa: PLC0415
    from parity_kit.programs.operators import Owner  # noqa: PLC0415

    call = _read(RouteCall, params)
    check_expression(call.path, ProgramLocation("path", Owner.ROUTE))
    return evaluate(call.path, Scope(_Host(NodeCall((), None)), call.input))


def _read(kind: type[T], params: Mapping[str, Plain]) -> T:
    """Return a call's parameters as `kind`, one of the dataclasses above."""
    known = {field.name for field in fields(cast("Any", kind))}
    if unknown := sorted(set(params) - known):
        message = f"unknown parameter {unknown[0]!r}"
        raise ValueError(message)
    return kind(**params)


def _no_request(request: object) -> NoReturn:
    message = f"a callback cannot wait: {type(request).__name__.lower()}"
    raise _UnsupportedError(message)


class _Host:
    """The engine as a body sees it: the answers and facts its callback carries."""

    def __init__(self, call: NodeCall) -> None:
        self._call = call
        self._questions = 0
        self.emitted: list[Plain] = []
        self.drained: str | None = None

    def interrupt(self, value: Any) -> Any:
        self._questions += 1
        if self._questions > len(self._call.answers):
            raise _InterruptError(value)
        return self._call.answers[self._questions - 1]

    def send(self, node: str, argument: Any) -> Any:
        return {"send": [node, argument]}

    def overwrite(self, value: Any) -> Any:
        return {"overwrite": value}

    def command(self, parts: Mapping[str, Any]) -> Any:
        return {"command": dict(parts)}

    def visits(self) -> int:
        return self._call.visits

    def info(self, name: str) -> Any:
        return self._call.info.get(name)

    def context(self, name: str) -> Any:
        return self._call.context.get(name)

    def error(self, name: str) -> Any:
        return self._call.error.get(name)

    def emit(self, value: Any) -> None:
        self.emitted.append(value)

    def drain(self, reason: str) -> None:
        self.drained = reason

    def encode(self, value: Any) -> NoReturn:
        del value
        raise _UnsupportedError("only the engine can encode a value")

    def message(self, parts: Mapping[str, str]) -> NoReturn:
        del parts
        raise _UnsupportedError("chat messages are not plain data")

    def final(self, value: Any, save: Any) -> NoReturn:
        del value, save
        raise _UnsupportedError("functional programs have no callbacks")

    def previous(self) -> NoReturn:
        raise _UnsupportedError("functional programs have no callbacks")

    def store_put(self, namespace: Sequence[str], key: str, value: Mapping[str, Any]) -> NoReturn:
        del namespace, key, value
        raise _UnsupportedError("only the engine has a store")

    def store_delete(self, namespace: Sequence[str], key: str) -> NoReturn:
        del namespace, key
        raise _UnsupportedError("only the engine has a store")

    def store_get(self, namespace: Sequence[str], key: str) -> NoReturn:
        del namespace, key
        raise _UnsupportedError("only the engine has a store")

    def store_search(self, namespace: Sequence[str]) -> NoReturn:
        del namespace
        raise _UnsupportedError("only the engine has a store")
