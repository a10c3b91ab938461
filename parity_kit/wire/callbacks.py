"""What an engine without an interpreter asks the kit: to run a body, or to say where a branch goes.

A callback is complete in itself: it brings the body, its input, and the answers to the questions it
asks. A body that asks one question more than there are answers ends there, and is run from its
beginning when there is an answer, as LangGraph does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NoReturn, cast

from parity_kit.contract.errors import BadProgramError
from parity_kit.contract.plain import Plain
from parity_kit.wire.messages import Failure, FailureCode, Request, Response


@dataclass(frozen=True, slots=True)
class NodeAsked:
    """A body to be run on an input: that of a node, or with `error` that of its handler."""

    body: tuple[Plain, ...]
    input: Plain
    answers: tuple[Plain, ...] = ()
    """The answers to its first questions."""
    visits: int = 1
    info: Mapping[str, Plain] = field(default_factory=dict[str, Plain])
    """Facts of the execution, by name."""
    context: Mapping[str, Plain] = field(default_factory=dict[str, Plain])
    error: Mapping[str, str] = field(default_factory=dict[str, str])
    """The `node`, `type` and `message` of the failure that is handled."""


@dataclass(frozen=True, slots=True)
class RouteAsked:
    """A branch's expression, and the state it is asked of."""

    path: Plain
    input: Plain


@dataclass(frozen=True, slots=True)
class Question:
    """What `interrupt` was given, where there is no answer yet."""

    value: Plain


@dataclass(frozen=True, slots=True)
class Failed:
    """The error that a body raised, by the name of its type."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """What a body came to: what it returned, unless it asked a question or failed.

    Sends, commands and overwrites are in it as the expressions that made them:
    `{send: [to, with]}`, `{command: {update, goto, graph}}`, `{overwrite: value}`.
    """

    returned: Plain
    asked: Question | None
    failed: Failed | None
    emitted: tuple[Plain, ...]
    drained: str | None


def answer(request: Request) -> Response:
    """Return the kit's answer to a callback."""
    methods = {"host.node": _node, "host.route": _route}
    method = methods.get(request.method)
    if method is None:
        problem = f"no such callback; there are {', '.join(methods)}"
        return _refused(request, problem)
    try:
        return Response(request.msgid, None, method(request.params))
    except _UnsupportedError as error:
        failure = Failure(FailureCode.UNSUPPORTED, str(error))
        return Response(request.msgid, failure, None)
    except (AttributeError, BadProgramError, IndexError, KeyError, TypeError, ValueError) as error:
        return _refused(request, f"cannot be run: {error!r}")


def _refused(request: Request, problem: str) -> Response:
    failure = Failure(FailureCode.BAD_REQUEST, f"{request.method}: {problem}")
    return Response(request.msgid, failure, None)


class _UnsupportedError(Exception):
    """A body needs of the engine what a callback cannot give it."""


class _AskedError(Exception):
    """A body asked a question that has no answer yet."""

    def __init__(self, value: Plain) -> None:
        super().__init__()
        self.value = value


def _node(params: Mapping[str, Plain]) -> Plain:
    # Only engines that ask load the language.
    from parity_kit.programs.bodies import Place, Where, check_body  # noqa: PLC0415
    from parity_kit.programs.instructions import ERRORS, run_body  # noqa: PLC0415
    from parity_kit.programs.language import Scope  # noqa: PLC0415

    known = {each.name for each in fields(NodeAsked)}
    asked = NodeAsked(**cast("dict[str, Any]", _only(params, known)))
    kind = Where.HANDLER if asked.error else Where.NODE
    body = check_body(list(asked.body), Place("body", kind))
    host = _Host(asked)
    returned: Plain = None
    question: dict[str, Plain] | None = None
    failed: dict[str, Plain] | None = None
    try:
        returned = run_body(body, Scope(host, asked.input), _no_request)
    except _AskedError as error:
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
    from parity_kit.programs.bodies import Place, Where, check_expression  # noqa: PLC0415
    from parity_kit.programs.language import Scope, evaluate  # noqa: PLC0415

    known = {each.name for each in fields(RouteAsked)}
    asked = RouteAsked(**cast("dict[str, Any]", _only(params, known)))
    check_expression(asked.path, Place("path", Where.ROUTE))
    return evaluate(asked.path, Scope(_Host(NodeAsked((), None)), asked.input))


def _only(params: Mapping[str, Plain], known: set[str]) -> Mapping[str, Plain]:
    if unknown := sorted(set(params) - known):
        message = f"{unknown[0]!r} is no parameter of it"
        raise ValueError(message)
    return params


def _no_request(request: object) -> NoReturn:
    message = f"a callback cannot do what takes time: {type(request).__name__.lower()}"
    raise _UnsupportedError(message)


class _Host:
    """The engine as a body sees it: answers and facts that the callback brought."""

    def __init__(self, asked: NodeAsked) -> None:
        self._asked = asked
        self._questions = 0
        self.emitted: list[Plain] = []
        self.drained: str | None = None

    def interrupt(self, value: Any) -> Any:
        self._questions += 1
        if self._questions > len(self._asked.answers):
            raise _AskedError(value)
        return self._asked.answers[self._questions - 1]

    def send(self, node: str, argument: Any) -> Any:
        return {"send": [node, argument]}

    def overwrite(self, value: Any) -> Any:
        return {"overwrite": value}

    def command(self, parts: Mapping[str, Any]) -> Any:
        return {"command": dict(parts)}

    def visits(self) -> int:
        return self._asked.visits

    def info(self, name: str) -> Any:
        return self._asked.info.get(name)

    def context(self, name: str) -> Any:
        return self._asked.context.get(name)

    def error(self, name: str) -> Any:
        return self._asked.error.get(name)

    def emit(self, value: Any) -> None:
        self.emitted.append(value)

    def drain(self, reason: str) -> None:
        self.drained = reason

    def encode(self, value: Any) -> NoReturn:
        del value
        raise _UnsupportedError("the bytes of a value are the engine's")

    def message(self, parts: Mapping[str, str]) -> NoReturn:
        del parts
        raise _UnsupportedError("chat messages are no plain data")

    def final(self, value: Any, save: Any) -> NoReturn:
        del value, save
        raise _UnsupportedError("functional programs have no callbacks")

    def previous(self) -> NoReturn:
        raise _UnsupportedError("functional programs have no callbacks")

    def store_put(self, namespace: Sequence[str], key: str, value: Mapping[str, Any]) -> NoReturn:
        del namespace, key, value
        raise _UnsupportedError("a store is the engine's")

    def store_delete(self, namespace: Sequence[str], key: str) -> NoReturn:
        del namespace, key
        raise _UnsupportedError("a store is the engine's")

    def store_get(self, namespace: Sequence[str], key: str) -> NoReturn:
        del namespace, key
        raise _UnsupportedError("a store is the engine's")

    def store_search(self, namespace: Sequence[str]) -> NoReturn:
        del namespace
        raise _UnsupportedError("a store is the engine's")
