"""The codec subject: `JsonPlusSerializer`, strict or permissive."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any, cast

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from parity_kit.contract import (
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
    stored_name,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.operations import operation_problem
from parity_kit.msgpack.values import close_value, open_value
from parity_kit.reference.native import (
    HAS_ALLOWLIST,
    built_by_langchain,
    canonical_blob,
    error_name,
    serializer,
    to_plain,
)
from parity_kit.reference.paths import paths_in


class CodecSession:
    """A serializer."""

    def __init__(self, subject: Subject) -> None:
        self._strict = bool(subject.spec["strict"])
        self._paths = cast("str | None", subject.spec.get("paths"))
        types = cast("Sequence[Sequence[str]]", subject.spec.get("types", ()))
        self._types = frozenset((module, name) for module, name in types)
        for module, name in self._types:
            _check_type(module, name)
        if not self._strict:
            self._serializer = serializer(self._types)
        elif HAS_ALLOWLIST:
            self._serializer = JsonPlusSerializer(allowed_msgpack_modules=None)
        else:
            raise UnsupportedSubjectError("this release's serializer has no strict mode")

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation."""
        if problem := operation_problem(SubjectKind.CODEC, operation):
            return Unsupported(problem)
        if operation.args.get("type") == "json" and (
            kind := built_by_langchain(cast("bytes", operation.args.get("data")))
        ):
            return Unsupported(f"the kit does not let LangChain build {kind}, which the JSON names")
        act = getattr(self, f"_{operation.name}")
        try:
            # pydantic warns of fields that do not fit their model; a process that makes errors of
            # warnings must not see another outcome.
            with paths_in(self._paths), warnings.catch_warnings(action="ignore"):
                return act(**operation.args)
        except Exception as error:  # noqa: BLE001  # whatever the serializer raises is an outcome
            return Raised(error_name(error), str(error))

    def close(self) -> None:
        """Hold nothing."""

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a function to be timed."""
        args: Any = operation.args
        loads, dumps = self._serializer.loads_typed, self._serializer.dumps_typed
        if operation.name == "decode":
            typed = (args["type"], args["data"])
            return lambda: loads(typed)
        if operation.name == "encode":
            value = self._native(args["value"])
            return lambda: dumps(value)
        if operation.name in {"round_trip", "classify"}:
            typed = (args["type"], args["data"])
            return lambda: dumps(loads(typed))
        return lambda: self._is_allowed(**args)

    def _decode(self, type: str, data: bytes) -> Outcome:
        return Returned(open_value(to_plain(self._serializer.loads_typed((type, data)))))

    def _encode(self, value: Any) -> Outcome:
        return self._stored(self._serializer.dumps_typed(self._native(value)))

    def _native(self, opened: Any) -> Any:
        return serializer(self._types).loads_typed(("msgpack", pack(close_value(opened))))

    def _round_trip(self, type: str, data: bytes) -> Outcome:
        value = self._serializer.loads_typed((type, data))
        return self._stored(self._serializer.dumps_typed(value))

    def _classify(self, type: str, data: bytes) -> Outcome:
        try:
            value = self._serializer.loads_typed((type, data))
        except Exception as error:  # noqa: BLE001  # the class of whatever it raises is the answer
            return Returned(f"refused: {error_name(error)}")
        try:
            kind, again = self._serializer.dumps_typed(value)
        except Exception as error:  # noqa: BLE001  # the same
            return Returned(f"not storable: {error_name(error)}")
        again = canonical_blob(kind, bytes(again))
        if (kind, again) == (type, data):
            return Returned("kept")
        return Returned("replaced", stored={stored_name("data", kind): again})

    def _stored(self, typed: tuple[str, bytes]) -> Outcome:
        kind, data = typed
        return Returned(kind, stored={"data": canonical_blob(kind, bytes(data))})

    def _is_allowed(self, module: str, name: str, method: str | None = None) -> Outcome:
        # A method is checked against its own list in both modes
        # (jsonplus._create_msgpack_ext_hook, _check_allowed_method).
        if not HAS_ALLOWLIST:
            return Unsupported("this release's serializer has no list of safe types")
        from langgraph.checkpoint.serde import _msgpack  # noqa: PLC0415  # came with the list

        if method is not None:
            return Returned((module, name, method) in _msgpack.SAFE_MSGPACK_METHODS)
        return Returned(not self._strict or (module, name) in _msgpack.SAFE_MSGPACK_TYPES)


def _check_type(module: str, name: str) -> None:
    """Check that a type of the user's own application can be built in this environment.

    Raises:
        UnsupportedSubjectError: Naming it, and what would make it importable.
    """
    try:
        getattr(importlib.import_module(module), name)
    except Exception as error:
        message = (
            f"cannot import {module}.{name}, which the data names; put the application on "
            f"PYTHONPATH, or into `requirements` or `path` of candidate.toml ({error})"
        )
        raise UnsupportedSubjectError(message) from error
