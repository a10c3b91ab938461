"""An engine without an interpreter: it runs chains of nodes, and asks the kit for what nodes do.

MessagePack-RPC by hand, as an engine in another language would write it. It tells events as they
come, and leaves a word behind when it is cancelled.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from typing import Any

import ormsgpack

DESCRIPTION = {
    "name": "called back",
    "version": "1",
    "language": "Python",
    "levels": {"graph": "result"},
    "engaged": {},
    "protocol": 1,
    "uses": ["callbacks", "events", "cancel"],
}
LAST_WORD = Path(os.environ["LAST_WORD"]) if "LAST_WORD" in os.environ else None


class UnsupportedError(Exception):
    pass


def put(message: Any) -> None:
    body = ormsgpack.packb(message)
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()


def get() -> Any:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        sys.exit(0)
    message = ormsgpack.unpackb(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
    if message[:2] == [2, "cancel"]:
        if LAST_WORD:
            LAST_WORD.write_text("cancelled", encoding="utf-8")
        sys.exit(0)
    return message


waiting: list[Any] = []
"""Requests that came while a callback was asked."""


def ask(method: str, **params: Any) -> Any:
    put([0, 1, method, params])
    while True:
        message = get()
        if message[0] == 1:
            break
        waiting.append(message)
    _, _, error, result = message
    if error:
        raise UnsupportedError(error["message"])
    return result


def emit(index: int, value: Any) -> None:
    event: dict[str, Any] = {"msgid": msgid, "operation": index, "event": ["custom", [], value]}
    put([2, "event", event])


def run(index: int, program: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return an invocation's outcome: nodes from `__start__` on, one after another."""
    if set(program) - {"state", "nodes", "edges", "branches"}:
        raise UnsupportedError("only chains of nodes")
    if any("reducer" in field or "channel" in field for field in program["state"].values()):
        raise UnsupportedError("only last values")
    state = dict(given)
    after = dict(program["edges"])
    node = after.pop("__start__")
    while node != "__end__":
        answer = ask("host.node", body=program["nodes"][node]["body"], input=state)
        for value in answer["emitted"]:
            emit(index, value)
        if answer["failed"]:
            failed = answer["failed"]
            return {"error": failed["type"], "message": failed["message"], **TAKEN}
        if answer["asked"]:
            raise UnsupportedError("a question")
        state |= answer["returned"] or {}
        routes = program.get("branches", {}).get(node)
        node = ask("host.route", path=routes[0], input=state) if routes else after[node]
    return {"value": state, **TAKEN}


TAKEN: dict[str, Any] = {"events": [], "stored": {}, "dropped": []}


def outcome(index: int, case: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    if operation["name"] == "crash":
        emit(index, "so far")
        sys.exit(3)
    spec, args = case["subject"]["spec"], operation["args"]
    if spec.get("saver") or operation["name"] != "invoke":
        raise UnsupportedError("no saver")
    return run(index, spec["program"], args["input"])


def answer(msgid: int, method: str, params: Any) -> None:
    if method in {"handshake", "describe"}:
        put([1, msgid, None, DESCRIPTION])
    elif method == "shutdown":
        put([1, msgid, None, None])
        sys.exit(0)
    elif method == "run":
        case = params["case"]
        try:
            outcomes = [
                outcome(at, case, operation) for at, operation in enumerate(case["operations"])
            ]
        except UnsupportedError as error:
            put([1, msgid, {"code": "unsupported", "message": str(error)}, None])
        else:
            put([1, msgid, None, outcomes])
    else:
        put([1, msgid, {"code": "bad-request", "message": method}, None])


while True:
    _, msgid, method, params = waiting.pop(0) if waiting else get()
    answer(msgid, method, params)
