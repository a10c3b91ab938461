"""Serves a Python engine: `python -m parity_kit.wire.server --object module:Class`.

Frames arrive on standard input and leave on standard output. The engine gets neither: what it
prints goes to standard error, and its standard input is empty.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

from parity_kit import contract
from parity_kit.contract import (
    PROTOCOL,
    Case,
    Engine,
    Operation,
    Pins,
    Session,
    Subject,
    UnsupportedSubjectError,
    outcome_to_plain,
)
from parity_kit.contract.plain import Plain
from parity_kit.wire.checked import BadEngineError, CheckedEngine, Counters, missing_methods
from parity_kit.wire.frames import FRAME_LIMIT, FrameError, read_frame, write_frame
from parity_kit.wire.messages import (
    Failure,
    FailureCode,
    MessageError,
    Request,
    Response,
    encode,
    parse,
)

_KIT = Path(__file__).parent.parent
_ON_THE_WAY = (str(_KIT / "wire"), str(_KIT / "contract"))
"""What calls an engine: its frames say nothing about an engine's error."""
_ENGINE_METHODS = ("describe", "open", "measure")


class _BadRequestError(Exception):
    """The kit sent an invalid request."""


class Server:
    """Answers requests by calling an engine."""

    def __init__(self, engine: Engine, counters: Counters | None = None) -> None:
        self._engine = CheckedEngine(engine, counters)
        self._sessions: dict[int, Session] = {}
        self._opened = 0
        self._methods: dict[str, Callable[[Mapping[str, Plain]], Plain]] = {
            "handshake": self._handshake,
            "describe": self._describe,
            "open": self._open,
            "apply": self._apply,
            "close": self._close,
            "run": self._run,
            "measure": self._measure,
            "shutdown": self._shutdown,
        }
        self.done = False

    def answer(self, request: Request) -> Response:
        """Return the response to a request; an error of the engine becomes a failure."""
        try:
            method = self._methods.get(request.method, self._unknown)
            return Response(request.msgid, None, method(request.params))
        except _BadRequestError as error:
            failure = Failure(FailureCode.BAD_REQUEST, str(error))
        except UnsupportedSubjectError as error:
            failure = Failure(FailureCode.UNSUPPORTED, str(error))
        except BadEngineError as error:
            failure = Failure(FailureCode.ENGINE, str(error))
        except Exception as error:  # noqa: BLE001  # whatever an engine raises is a failure
            failure = _engine_failure(error)
        return Response(request.msgid, failure, None)

    def close(self) -> None:
        """Close the sessions that are still open."""
        while self._sessions:
            self._sessions.popitem()[1].close()

    def _unknown(self, params: Mapping[str, Plain]) -> Plain:
        del params
        raise _BadRequestError(f"unknown method; known methods: {', '.join(self._methods)}")

    def _handshake(self, params: Mapping[str, Plain]) -> Plain:
        if params.get("protocol") != PROTOCOL:
            raise _BadRequestError(f"this engine speaks protocol {PROTOCOL}")
        return self._describe(params)

    def _describe(self, params: Mapping[str, Plain]) -> Plain:
        del params
        return replace(self._engine.describe(), loaded=_langgraph()).to_plain()

    def _open(self, params: Mapping[str, Plain]) -> Plain:
        subject = _read(Subject.from_plain, params, "subject")
        session = self._engine.open(subject, _read(Pins.from_plain, params, "pins"))
        self._opened += 1
        self._sessions[self._opened] = session
        return self._opened

    def _apply(self, params: Mapping[str, Plain]) -> Plain:
        operation = _read(Operation.from_plain, params, "operation")
        return outcome_to_plain(self._sessions[self._known(params)].apply(operation))

    def _close(self, params: Mapping[str, Plain]) -> Plain:
        self._sessions.pop(self._known(params)).close()
        return None

    def _run(self, params: Mapping[str, Plain]) -> Plain:
        case = _read(Case.from_plain, params, "case")
        return [outcome_to_plain(outcome) for outcome in contract.run(self._engine, case)]

    def _measure(self, params: Mapping[str, Plain]) -> Plain:
        loops = params.get("loops")
        if isinstance(loops, bool) or not isinstance(loops, int) or loops < 1:
            raise _BadRequestError("`loops` must be an integer from 1")
        return self._engine.measure(_read(Case.from_plain, params, "case"), loops)

    def _shutdown(self, params: Mapping[str, Plain]) -> Plain:
        del params
        self.close()
        self.done = True
        return None

    def _known(self, params: Mapping[str, Plain]) -> int:
        session = params.get("session")
        if not isinstance(session, int) or session not in self._sessions:
            raise _BadRequestError(f"no open session {session!r}")
        return session


def _langgraph() -> str:
    """Return LangGraph and its version if this process has loaded it, whoever asked for it."""
    if not any(name.startswith("langgraph.") for name in sys.modules):
        return ""
    from importlib import metadata  # noqa: PLC0415  # a quarter of what the server's start takes

    try:
        return f"LangGraph {metadata.version('langgraph')}"
    except metadata.PackageNotFoundError:
        return "LangGraph"


def serve(server: Server, source: int, sink: int) -> None:
    """Answer requests from `source` on `sink` until a shutdown, or until `source` ends.

    Raises:
        FrameError, MessageError: If the other side sends anything but requests.
    """
    while not server.done and (body := read_frame(source)) is not None:
        message = parse(body)
        if not isinstance(message, Request):
            raise MessageError(f"an engine takes requests, not a {type(message).__name__.lower()}")
        write_frame(sink, _answer(server, message))
    server.close()


def _answer(server: Server, request: Request) -> bytes:
    """Return the body of a response, or of a failure if the response cannot be sent."""
    try:
        body = encode(server.answer(request))
    except TypeError as error:
        return encode(Response(request.msgid, _engine_failure(error), None))
    if len(body) > FRAME_LIMIT:
        problem = f"its response of {len(body)} bytes is over the frame limit of {FRAME_LIMIT}"
        return encode(Response(request.msgid, Failure(FailureCode.ENGINE, problem), None))
    return body


def _engine_failure(error: Exception) -> Failure:
    trace = traceback.TracebackException.from_exception(error)
    own = [frame for frame in trace.stack if not frame.filename.startswith(_ON_THE_WAY)]
    trace.stack = traceback.StackSummary.from_list(own)
    detail = "".join(trace.format())
    message = f"{type(error).__name__}: {error}".removesuffix(": ")
    return Failure(FailureCode.ENGINE, _sendable(message), _sendable(detail))


def _sendable(text: str) -> str:
    """Return valid UTF-8: an engine's error may hold lone surrogates."""
    return text.encode(errors="replace").decode()


def _read(reader: Callable[[Any], Any], params: Mapping[str, Plain], key: str) -> Any:
    try:
        return reader(params[key])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _BadRequestError(f"`{key}` is invalid: {error!r}") from error


def _take_streams() -> tuple[int, int]:
    """Return private descriptors of standard input and output, and redirect the public ones.

    A library that prints (fast-langgraph does when it patches), or a program that an engine
    starts, must not write between frames.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


def _load(reference: str) -> Any:
    """Return the object that `module:name` refers to.

    Raises:
        BadEngineError: If there is no such module, or no such name in it.
    """
    module, _, name = reference.partition(":")
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        problem = f"{error} in the folder that `path` in candidate.toml names"
        raise BadEngineError(f"{reference}: {problem}") from None
    try:
        return attrgetter(name)(loaded)
    except AttributeError:
        problem = f"{loaded.__file__ or module} defines no {name!r}"
        raise BadEngineError(f"{reference}: {problem}") from None


def _make(reference: str) -> Engine:
    """Return an instance of the class that `module:Class` refers to."""
    engine = _load(reference)()
    if missing := missing_methods(engine, _ENGINE_METHODS):
        raise BadEngineError(f"{reference}: not an engine: it has no method {missing}")
    return cast("Engine", engine)


def _patch(reference: str) -> Counters:
    """Return the counters of the patch hook that `module:function` refers to."""
    counters = _load(reference)()
    if not callable(counters):
        kind = type(counters).__name__
        raise BadEngineError(f"{reference}: returned {kind}, not a function that returns counts")
    return cast("Counters", counters)


def _place(error: Exception) -> str:
    """Return where an error was raised, leaving out frames of the kit and the import system."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen ")
    ]
    return f", {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""


def main() -> None:
    """Serve the engine named on the command line, after its patch hook."""
    parser = argparse.ArgumentParser(description="Serve a Python engine on stdin and stdout.")
    parser.add_argument("--object", required=True, metavar="MODULE:CLASS")
    parser.add_argument("--patch", metavar="MODULE:FUNCTION")
    arguments = parser.parse_args()
    source, sink = _take_streams()
    named = arguments.patch
    try:
        counters = None if named is None else _patch(named)
        named = arguments.object
        server = Server(_make(named), counters)
    except BadEngineError as error:
        sys.exit(str(error))
    except Exception as error:  # noqa: BLE001  # whatever a candidate's module raises ends the process with a message
        sys.exit(f"{named}: {type(error).__name__}: {error}{_place(error)}")
    try:
        serve(server, source, sink)
    except (FrameError, MessageError) as error:
        sys.exit(f"protocol error: {error}")


if __name__ == "__main__":
    main()
