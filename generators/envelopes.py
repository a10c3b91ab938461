"""Every ext code: with scalar, nested and typed payloads, and for types that the safe list lacks.

Codes 0 to 7 are LangGraph's. Code 8 was written by an alpha release: this one reads it as null, as
it does any code it does not know.
"""

from __future__ import annotations

import difflib
import http
import re
import struct
import urllib.parse
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any, cast

import pydantic
from langchain_core.agents import AgentAction, AgentFinish
from langchain_core.messages import HumanMessage
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue
from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what savers store for a DeltaChannel
from langgraph.store.base import ListNamespacesOp, MatchCondition, PutOp, SearchOp
from langgraph.types import Interrupt, Overwrite, Send
from pydantic import v1 as pydantic_1

from parity_kit.contract import Case
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.corpora.authoring import codec, dumped, envelope
from parity_kit.reference import fixture_types as own

_ENUMS = {
    "text-value": own.Colour.RED,
    "int-value": own.Colour.GREEN,
    "null-value": own.Colour.NOTHING,
    "float-value": own.Colour.HALF,
    "bytes-value": own.Colour.BYTES,
    "tuple-value": own.Pair.LEFT,
    "int-enum": own.Level.HIGH,
    "text-enum": own.Word.YES,
    "flag": own.Mode.READ,
    "flags-combined": own.Mode.READ | own.Mode.WRITE,
    "standard": uuid.SafeUUID.safe,
    "standard-null": uuid.SafeUUID.unknown,
    "standard-int": http.HTTPStatus.OK,
    "standard-text": http.HTTPMethod.GET,
    "standard-flag": re.RegexFlag.IGNORECASE,
    "in-containers": {"a": [own.Level.LOW], "b": {own.Level.LOW: own.Word.YES}},
    "in-set": {own.Level.LOW},
}
_DATACLASSES = {
    "plain": own.Point(1),
    "frozen": own.FrozenPoint(1, [2]),
    "slotted": own.SlottedPoint(x=1),
    "typed-fields": own.Point({1}, date(2024, 1, 1)),
    "nested": own.Point(own.FrozenPoint(own.SlottedPoint(x=1)), [own.Point(2)]),
    "inherited": own.Line(1, 2, own.Point(3), ["a"]),
    "field-not-in-constructor": own.Counted(1),
    "inside-a-class": own.Outer.Inner(1),
    "overwrite-of-one": Overwrite(own.Point(1)),
    "interrupt-of-one": Interrupt(own.Point(1), id="1"),
    "sent": Send("n", own.Point(1)),
    "in-delta-snapshot": _DeltaSnapshot([own.Point(1)]),
}
_TUPLES = {
    "typed": own.Move("a"),
    "untyped": own.OldMove(1, [2]),
    "typed-fields": own.Move("a", {1}),
    "nested": own.Move("a", own.Move("b")),
    "standard": urllib.parse.urlsplit("http://a/b?c#d"),
    "standard-numbers": difflib.Match(1, 2, 3),
    "name-not-its-own": difflib.SequenceMatcher(None, "a", "a").get_matching_blocks()[0],
    "match-condition": MatchCondition("prefix", ("u", "*")),
    "search-op": SearchOp(("u",), filter={"a": 1}),
    "put-op": PutOp(("u",), "k", {"a": 1}),
    "namespaces-op": ListNamespacesOp(match_conditions=None, max_depth=2),
}
_MODELS = {
    "2/plain": own.Model2(name="a"),
    "2/typed-field": own.Model2(name="a", more={1}),
    "2/message-field": own.Model2(name="a", more=HumanMessage(content="a", id="1")),
    "2/nested": own.Nested2(one=own.Model2(name="b"), several=[own.Model2(name="c", count=1)]),
    "2/extra-fields": own.Extra2.model_validate({"name": "a", "later": [1]}),
    "2/secret-inside": own.Secret2(key=pydantic.SecretStr("hush")),
    "2/dataclass-inside": own.Model2(name="a", more=own.Point(1)),
    "2/constructed": own.Model2.model_construct(name="a"),
    "2/in-list": [own.Model2(name="a"), own.Model2(name="b")],
    "2/generation": Generation(text="a"),
    "2/chat-generation": ChatGeneration(message=HumanMessage(content="a", id="1")),
    "2/prompt-value": StringPromptValue(text="a"),
    "2/chat-prompt-value": ChatPromptValue(messages=[HumanMessage(content="a", id="1")]),
    "2/agent-action": AgentAction(tool="t", tool_input={"q": 1}, log="l"),
    "2/agent-finish": AgentFinish(return_values={"a": 1}, log="l"),
    "1/plain": own.Model1(name="a"),
    "1/typed-field": own.Model1(name="a", more=date(2024, 1, 1)),
    "1/nested": own.Nested1(one=own.Model1(name="b"), several=[own.Model1(name="c")]),
    "1/in-list": [own.Model1(name="a")],
    "1/in-2": own.Model2(name="a", more=own.Model1(name="b")),
}
_SECRETS = {
    "text": pydantic.SecretStr("hush"),
    "empty": pydantic.SecretStr(""),
    "bytes": pydantic.SecretBytes(b"\x00hush"),
    "of-a-type": pydantic.Secret[int](3),
    "pydantic-1-text": pydantic_1.SecretStr("hush"),
    "pydantic-1-bytes": pydantic_1.SecretBytes(b"hush"),
    "in-map": {"key": pydantic.SecretStr("hush")},
}
_GET_OP: dict[str, Any] = {"namespace": [], "key": "k"}
_SCALARS: dict[str, Plain] = {
    "null": None,
    "true": True,
    "int": 300,
    "float": 1.5,
    "text": "é",
    "bytes": b"\x00",
    "list": [1, [2]],
    "map": {"a": {"b": 1}},
    "empty-map": {},
    "set": Ext(0, pack(["builtins", "set", [1]])),
    "send": Ext(1, pack(["langgraph.types", "Send", ["n", None]])),
    "overwrite": Ext(2, pack(["langgraph.types", "Overwrite", {"value": 1}])),
    "get-op": Ext(2, pack(["langgraph.store.base", "GetOp", _GET_OP])),
    "message": Ext(
        5,
        pack(
            [
                "langchain_core.messages.modifier",
                "RemoveMessage",
                {"id": "1"},
                "model_validate_json",
            ]
        ),
    ),
    "array": Ext(6, pack(["|u1", [1], "C", b"\x01"])),
    "delta-snapshot": Ext(7, pack([1])),
    "alpha": Ext(8, pack([1])),
    "refused": Ext(0, pack(["os", "system", "true"])),
}
_ARGUMENT = "$"  # stands for the payload in the shapes below
_SHAPES: dict[str, tuple[int, Any]] = {
    "0-safe": (0, ["builtins", "frozenset", [_ARGUMENT]]),
    "0-refused": (0, ["os", "system", _ARGUMENT]),
    "1-safe": (1, ["langgraph.types", "Send", ["n", _ARGUMENT]]),
    "1-refused": (1, ["os", "system", [_ARGUMENT]]),
    "2-safe": (2, ["langgraph.types", "Overwrite", {"value": _ARGUMENT}]),
    "2-refused": (2, ["os", "system", {"command": _ARGUMENT}]),
    "3-safe": (3, ["datetime", "datetime", _ARGUMENT, "fromisoformat"]),
    "3-refused": (3, ["os", "path", _ARGUMENT, "exists"]),
    "4-safe": (4, ["langgraph.types", "Overwrite", {"value": _ARGUMENT}]),
    "4-refused": (4, ["no.such.module", "Model", {"f": _ARGUMENT}]),
    "5-safe": (
        5,
        [
            "langchain_core.documents.base",
            "Document",
            {"page_content": "a", "metadata": {"m": _ARGUMENT}},
            "model_validate_json",
        ],
    ),
    "5-refused": (5, ["no.such.module", "Model", {"f": _ARGUMENT}, "model_validate_json"]),
    "6": (6, ["<i8", [1], "C", _ARGUMENT]),
    "7": (7, _ARGUMENT),
    "8": (8, _ARGUMENT),
    "8-as-envelope": (8, ["langgraph.types", "Overwrite", _ARGUMENT]),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    groups: dict[str, tuple[dict[str, Any], str]] = {
        "enum": (_ENUMS, "enum"),
        "dataclass": (_DATACLASSES, "dataclass"),
        "namedtuple": (_TUPLES, "namedtuple"),
        "pydantic": (_MODELS, "pydantic model"),
        "secret": (_SECRETS, "secret"),
    }
    for group, (values, feature) in groups.items():
        for name, value in values.items():
            yield from dumped(f"envelopes/{group}/{name}", value, feature)
    for shape, (code, parts) in _SHAPES.items():
        for name, value in _SCALARS.items():
            data = pack(Ext(code, pack(_filled(parts, value))))
            yield codec(f"envelopes/code/{shape}/{name}", data, "every code and payload")
    for place, data in _alpha().items():
        yield codec(f"envelopes/alpha/{place}", data, "code 8 of an alpha release")
    for code in (9, 10, 15, 42, 64, 100, 127, -1, -2, -128):
        data = b"\xd5" + struct.pack(">b", code) + b"\x01\x02"
        yield codec(f"envelopes/unknown-code/{code}", data, "unknown code")


def _filled(parts: Any, value: Plain) -> Any:
    if isinstance(parts, str) and parts == _ARGUMENT:
        return value
    if isinstance(parts, list):
        return [_filled(part, value) for part in cast("list[Any]", parts)]
    if isinstance(parts, dict):
        fields = cast("dict[str, Any]", parts)
        return {key: _filled(part, value) for key, part in fields.items()}
    return parts


def _alpha() -> dict[str, bytes]:
    """Return values with code 8 inside, wherever a value can be."""
    alpha = Ext(8, pack({"a": 1}))
    return {
        "alone": pack(alpha),
        "no-data": pack(Ext(8, b"")),
        "no-messagepack": pack(Ext(8, b"\xc1")),
        "in-list": pack([1, alpha, 2]),
        "in-map": pack({"a": alpha}),
        "in-delta-snapshot": pack(Ext(7, pack([alpha]))),
        "in-set": envelope(0, "builtins", "set", [alpha, 1]),
        "in-send": envelope(1, "langgraph.types", "Send", ["n", alpha]),
        "as-send-arguments": envelope(1, "langgraph.types", "Send", alpha),
        "in-overwrite": envelope(2, "langgraph.types", "Overwrite", {"value": alpha}),
        "as-keywords": envelope(2, "langgraph.types", "Overwrite", alpha),
        "in-message": envelope(
            5,
            "langchain_core.messages.human",
            "HumanMessage",
            {"content": "a", "additional_kwargs": {"x": alpha}},
            "model_validate_json",
        ),
        "as-module": envelope(0, alpha, "set", [1]),
    }
