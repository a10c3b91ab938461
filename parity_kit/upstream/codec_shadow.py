"""A candidate's codec behind LangGraph's serializer: all that is stored must come back the same.

LangGraph goes on with its own bytes. Beside that, the candidate decodes each blob and encodes it
again. What it gives must be those bytes, or what LangGraph itself makes of them when it decodes
and encodes them (a model gets its defaults, a default dictionary becomes a plain one). The same
holds for JSON that a test loads: older releases stored that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from parity_kit.contract import (
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
)
from parity_kit.contract.canonical import unpack
from parity_kit.contract.errors import CandidateError
from parity_kit.msgpack.buildable import SAFE_TYPES, TypeName, named_types
from parity_kit.msgpack.values import order_sets
from parity_kit.upstream.faults import FAULTS
from parity_kit.upstream.plugin_names import DECLINED
from parity_kit.upstream.remote import Opened, Remote

BLOBS = "blobs through its codec"


class CodecShadow:
    """Asks the candidate for every blob that LangGraph makes; `counts` says how many."""

    def __init__(self, remote: Remote) -> None:
        self.counts = {BLOBS: 0, DECLINED: 0}
        self._remote = remote
        self._opened: dict[frozenset[TypeName], Opened] = {}
        self._ask = lru_cache(4096)(self._asked)

    def engage(self) -> None:
        """Stand behind the serializer of this process."""
        dumps, loads = JsonPlusSerializer.dumps_typed, JsonPlusSerializer.loads_typed
        judge = self._judge

        def again(serializer: JsonPlusSerializer, kind: str, data: bytes) -> bytes:
            kind, data = dumps(serializer, loads(serializer, (kind, data)))
            return order_sets(bytes(data)) if kind == "msgpack" else b""

        def dumps_typed(self: JsonPlusSerializer, obj: Any) -> tuple[str, bytes]:
            kind, data = dumps(self, obj)
            if kind == "msgpack":
                stored = bytes(data)
                FAULTS.note(lambda: judge(kind, stored, lambda: again(self, kind, stored)))
            return kind, data

        def judge_json(serializer: JsonPlusSerializer, data: bytes) -> str:
            wanted = again(serializer, "json", data)
            return judge("json", data, lambda: wanted) if wanted else ""

        def loads_typed(self: JsonPlusSerializer, data: tuple[str, bytes]) -> Any:
            value = loads(self, data)
            kind, stored = data
            if kind == "json":
                FAULTS.note(lambda: judge_json(self, stored))
            return value

        JsonPlusSerializer.dumps_typed = dumps_typed
        JsonPlusSerializer.loads_typed = loads_typed

    def _judge(self, kind: str, data: bytes, again: Callable[[], bytes]) -> str:
        """Return what is wrong with the candidate's answer, or an empty text."""
        answer = self._ask(kind, data)
        if isinstance(answer, Unsupported):
            self.counts[DECLINED] += 1
            return ""
        self.counts[BLOBS] += 1
        if isinstance(answer, str):
            return f"its codec: {answer}"
        is_same = kind == "msgpack" and answer == order_sets(data)
        if not is_same and answer != (other := again()):
            return f"its codec: {_difference(other, answer)}"
        return ""

    def _asked(self, kind: str, data: bytes) -> bytes | str | Unsupported:
        """Return the bytes that the candidate makes of these, or what is wrong with its answer."""
        named = named_types(unpack(data)) if kind == "msgpack" else frozenset[TypeName]()
        types = frozenset(named - SAFE_TYPES)
        opened = self._opened.get(types)
        if opened is None:
            listed = [list(name) for name in sorted(types)]
            subject = Subject(SubjectKind.CODEC, {"strict": False, "types": listed})
            opened = self._opened[types] = Opened(self._remote, subject)
        try:
            outcome = opened.apply("round_trip", type=kind, data=data)
        except CandidateError as error:
            return str(error)
        except UnsupportedSubjectError as error:
            return Unsupported(str(error))
        if isinstance(outcome, Unsupported):
            return outcome
        if isinstance(outcome, Raised):
            return f"{outcome.error}: {outcome.message}"
        return _bytes_of(outcome)


def _bytes_of(outcome: Returned) -> bytes | str:
    data = outcome.stored.get("data")
    if outcome.value != "msgpack" or data is None:
        return f"it stores {outcome.value!r} instead of MessagePack"
    try:
        return order_sets(data)
    except ValueError as error:
        return f"its bytes are no MessagePack: {error}"


def _difference(wanted: bytes, given: bytes) -> str:
    offset = next(
        (at for at, pair in enumerate(zip(wanted, given, strict=False)) if pair[0] != pair[1]),
        min(len(wanted), len(given)),
    )
    return f"{len(given)} bytes instead of {len(wanted)}, the first other one at {offset}"
