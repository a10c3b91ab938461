"""LangChain's messages and documents, which nearly every checkpoint is full of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from langchain_core import messages
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from parity_kit.contract import Case
from parity_kit.corpora.authoring import codec, dumped, envelope

_CALL: Any = {"name": "search", "args": {"q": "parity", "n": 2}, "id": "call-1"}
_TYPED_CALL = _CALL | {"type": "tool_call"}
_USAGE: Any = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
_DETAILED_USAGE: Any = _USAGE | {
    "input_token_details": {"cache_read": 1, "audio": 0},
    "output_token_details": {"reasoning": 2},
}
# Content blocks as providers and LangChain's standard form have them.
_BLOCKS: dict[str, Any] = {
    "text": {"type": "text", "text": "é"},
    "text-annotated": {
        "type": "text",
        "text": "a",
        "annotations": [{"type": "citation", "url": "https://example.org", "start_index": 0}],
    },
    "image-url": {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    "image": {"type": "image", "base64": "AA==", "mime_type": "image/png"},
    "audio": {"type": "audio", "url": "https://example.org/a.wav"},
    "file": {"type": "file", "file_id": "f1", "extras": {"name": "a.pdf"}},
    "reasoning": {"type": "reasoning", "reasoning": "because", "extras": {"signature": "s"}},
    "thinking": {"type": "thinking", "thinking": "hm", "signature": "s"},
    "tool-use": {"type": "tool_use", "id": "call-1", "name": "search", "input": {"q": 1}},
    "tool-result": {"type": "tool_result", "tool_use_id": "call-1", "content": "42"},
    "server-tool-call": {"type": "server_tool_call", "id": "c", "name": "web", "args": {}},
    "non-standard": {"type": "non_standard", "value": {"x": [1]}},
    "unknown": {"type": "made_up", "n": None},
}
_MESSAGES: dict[str, Any] = {
    "human/plain": HumanMessage(content="hello", id="m1"),
    "human/no-id": HumanMessage(content="hello"),
    "human/empty": HumanMessage(content="", id="m1"),
    "human/named": HumanMessage(content="a", id="m1", name="ann"),
    "human/long": HumanMessage(content="é" * 200, id="m1"),
    "human/blocks": HumanMessage(content=[_BLOCKS["text"], "plain"], id="m2", name="ann"),
    "human/no-blocks": HumanMessage(content=[], id="m2"),
    "human/additional": HumanMessage(
        content="a", id="m1", additional_kwargs={"k": {"n": [1, None]}}, response_metadata={"r": 1}
    ),
    "human/example-field": HumanMessage(content="a", id="m1", example=True),  # pyright: ignore[reportCallIssue]  # a field of older releases
    "system/plain": SystemMessage(content="be brief", id="m3"),
    "system/blocks": SystemMessage(content=[_BLOCKS["text"]], id="m3"),
    "system/developer": SystemMessage(
        content="a", id="m3", additional_kwargs={"__openai_role__": "developer"}
    ),
    "ai/plain": AIMessage(content="hi", id="m4", response_metadata={"model": "none"}),
    "ai/empty": AIMessage(content="", id="m4"),
    "ai/tool-call": AIMessage(content="", id="m5", tool_calls=[_CALL]),
    "ai/tool-calls": AIMessage(
        content="",
        id="m5",
        tool_calls=[_TYPED_CALL, _TYPED_CALL | {"id": "call-2", "args": {}}],
        usage_metadata=_USAGE,
    ),
    "ai/tool-call-without-id": AIMessage(content="", id="m5", tool_calls=[_CALL | {"id": None}]),
    "ai/invalid-tool-call": AIMessage(
        content="",
        id="m6",
        invalid_tool_calls=[{"name": "f", "args": "{", "id": None, "error": "no JSON"}],  # pyright: ignore[reportArgumentType]  # `type` is added
    ),
    "ai/usage": AIMessage(content="a", id="m6", usage_metadata=_DETAILED_USAGE),
    "ai/provider-kwargs": AIMessage(
        content="",
        id="m6",
        additional_kwargs={
            "tool_calls": [
                {
                    "id": "call-1",
                    "type": "function",
                    "function": {"name": "search", "arguments": '{"q": 1}'},
                }
            ]
        },
    ),
    "ai/blocks-with-tool-use": AIMessage(
        content=[_BLOCKS["text"], _BLOCKS["tool-use"]], id="m6", tool_calls=[_CALL]
    ),
    "ai/standard-output": AIMessage(
        content=[_BLOCKS["reasoning"], _BLOCKS["text"]],
        id="m6",
        response_metadata={"output_version": "v1"},
    ),
    "tool/plain": ToolMessage(content="42", tool_call_id="call-1", id="m8"),
    "tool/artifact": ToolMessage(
        content="42", tool_call_id="call-1", id="m8", artifact={"rows": [1]}
    ),
    "tool/artifact-typed": ToolMessage(
        content="42", tool_call_id="call-1", id="m8", artifact=[date(2024, 1, 1), {"s": {1}}]
    ),
    "tool/artifact-bytes": ToolMessage(
        content="42", tool_call_id="call-1", id="m8", artifact=b"\x00\xff"
    ),
    "tool/error": ToolMessage(content="no", tool_call_id="call-1", id="m9", status="error"),
    "tool/blocks": ToolMessage(
        content=[_BLOCKS["text"], _BLOCKS["image"]], tool_call_id="call-1", id="m9", name="search"
    ),
    "chat/plain": ChatMessage(content="ahoy", role="pirate", id="m10"),
    "function/plain": FunctionMessage(content="1", name="f", id="m11"),
    "remove/one": RemoveMessage(id="m1"),
    "remove/all": RemoveMessage(id="__remove_all__"),
    "base/plain": messages.BaseMessage(content="a", type="base", id="1"),
    "base/chunk": messages.BaseMessageChunk(content="a", type="base", id="1"),
    "chunk/human": messages.HumanMessageChunk(content="a", id="m7"),
    "chunk/system": messages.SystemMessageChunk(content="a", id="m7"),
    "chunk/chat": messages.ChatMessageChunk(content="a", role="r", id="m7"),
    "chunk/tool": messages.ToolMessageChunk(content="a", tool_call_id="c", id="m7"),
    "chunk/function": messages.FunctionMessageChunk(content="a", name="f", id="m7"),
    "chunk/ai": AIMessageChunk(content="he", id="m7"),
    "chunk/ai-tool-call": AIMessageChunk(
        content="",
        id="m7",
        tool_call_chunks=[{"name": "f", "args": '{"a', "id": "c", "index": 0}],  # pyright: ignore[reportArgumentType]  # `type` is added
    ),
    "chunk/ai-tool-call-whole": AIMessageChunk(
        content="",
        id="m7",
        tool_call_chunks=[{"name": "f", "args": '{"a": 1}', "id": "c", "index": 0}],  # pyright: ignore[reportArgumentType]  # the same
    ),
    "chunk/ai-last": AIMessageChunk(content="", id="m7", chunk_position="last"),
    "chunk/ai-sum": AIMessageChunk(content="a", id="m7") + AIMessageChunk(content="b", id="m7"),
    "several/conversation": [
        SystemMessage(content="be brief", id="c0"),
        HumanMessage(content="2+2?", id="c1"),
        AIMessage(content="", id="c2", tool_calls=[_CALL]),
        ToolMessage(content="4", tool_call_id="call-1", id="c3"),
        AIMessage(content="4", id="c4", usage_metadata=_USAGE),
    ],
    "several/in-state": {"messages": [HumanMessage(content="a", id="1")], "n": 1},
    "several/removal-and-message": [RemoveMessage(id="1"), AIMessage(content="a", id="2")],
}
_DOCUMENTS = {
    "plain": Document(page_content="text", id="d1"),
    "no-id": Document(page_content=""),
    "metadata": Document(page_content="text", id="d1", metadata={"page": 1, "tags": ["a"]}),
    "metadata-typed": Document(page_content="text", metadata={"at": date(2024, 1, 1), "s": {1}}),
}
_HUMAN = ("langchain_core.messages.human", "HumanMessage")
_AI = ("langchain_core.messages.ai", "AIMessage")
_VALIDATE = "model_validate_json"
# What older releases stored, and what validates no more.
_OLDER = {
    "defaults-added": envelope(5, *_HUMAN, {"content": "a"}, _VALIDATE),
    "ai-defaults-added": envelope(5, *_AI, {"content": "a"}, _VALIDATE),
    "document-defaults-added": envelope(
        5, "langchain_core.documents.base", "Document", {"page_content": "a"}, _VALIDATE
    ),
    "unknown-field-kept": envelope(5, *_HUMAN, {"content": "a", "later": 1}, _VALIDATE),
    "older-example-field": envelope(
        5, *_HUMAN, {"content": "a", "type": "human", "example": False}, _VALIDATE
    ),
    "content-missing": envelope(5, *_HUMAN, {"id": "1"}, _VALIDATE),
    "no-fields": envelope(5, *_HUMAN, {}, _VALIDATE),
    "fields-no-map": envelope(5, *_HUMAN, ["a"], _VALIDATE),
    "fields-null": envelope(5, *_HUMAN, None, _VALIDATE),
    "without-method": envelope(5, *_HUMAN, {"content": "a"}),
    "other-method": envelope(5, *_HUMAN, {"content": "a"}, "construct"),
    "as-pydantic-1": envelope(4, *_HUMAN, {"content": "a"}),
    "as-keywords": envelope(2, *_HUMAN, {"content": "a"}),
    "as-position": envelope(1, *_HUMAN, ["a"]),
    "as-single": envelope(0, *_HUMAN, "a"),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, value in _MESSAGES.items():
        yield from dumped(f"messages/{name}", value, "message")
    for name, block in _BLOCKS.items():
        both = [HumanMessage(content=[block], id="b1"), AIMessage(content=[block], id="b2")]
        yield from dumped(f"messages/block/{name}", both, "message", "content block")
    for name, value in _DOCUMENTS.items():
        yield from dumped(f"messages/document/{name}", value, "document")
    for name, data in _OLDER.items():
        yield codec(f"messages/older/{name}", data, "message", "older form")
