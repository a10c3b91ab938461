"""Workloads of the serializer: documents of several sizes, messages, and a strict allowlist."""

from __future__ import annotations

import random
from collections.abc import Iterator

from parity_kit.bench.catalogue.workload import SEED, Effort, Workload
from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain

_MESSAGE = ("langchain_core.messages", {"human": "HumanMessage", "ai": "AIMessage"})


def serialization() -> Iterator[Workload]:
    """Yield the workloads of the serializer; each decodes and encodes again."""
    for size, about, entries in (
        ("medium", "four documents of 1 to 8 KB, with dates, UUIDs, decimals", (4, 8, 16, 32)),
        ("small", "four documents of less than 1 KB", (0, 1, 1, 2)),
        ("large", "a document of more than 100 KB", (480,)),
    ):
        source = random.Random(SEED)  # noqa: S311  # inputs have to be the same everywhere
        documents = [_document(source, count, _vector(size)) for count in entries]
        yield _trips(
            f"serialization-{size}",
            about,
            documents,
            effort=Effort.QUICK if size == "medium" else Effort.DEFAULT,
        )
    yield _trips("serialization-messages", "a conversation of 100 messages", [_conversation(100)])
    for size, count in (("small", 10), ("large", 1_000)):
        yield _trips(
            f"allowlist-strict-{size}",
            f"{count} values of types on and off the safe list, in strict mode",
            [_mixed(count)],
        )


def _trips(
    name: str, about: str, documents: list[bytes], *, effort: Effort = Effort.DEFAULT
) -> Workload:
    trips = tuple(
        Operation("round_trip", {"type": "msgpack", "data": document}) for document in documents
    )
    subject = Subject(SubjectKind.CODEC, {"strict": True})
    case = Case(CaseId(f"bench/{name}"), subject, trips)
    return Workload(name, "serialization", f"decode and encode {about}", case, effort=effort)


def _vector(size: str) -> int:
    return 4 if size == "small" else 32


def _conversation(messages: int) -> bytes:
    source = random.Random(SEED)  # noqa: S311  # inputs have to be the same everywhere
    module, classes = _MESSAGE
    parts: list[Plain] = []
    for number in range(messages):
        kind = ("human", "ai")[number % 2]
        text = " ".join(source.choices(("where", "is", "the", "größte", "answer"), k=30))
        fields: dict[str, Plain] = {
            "content": text,
            "additional_kwargs": {},
            "response_metadata": {},
            "type": kind,
            "name": None,
            "id": f"m{number}",
        }
        if kind == "ai":
            fields |= {"tool_calls": [], "invalid_tool_calls": [], "usage_metadata": None}
        parts.append(
            Ext(5, pack([f"{module}.{kind}", classes[kind], fields, "model_validate_json"]))
        )
    return pack(parts)


def _mixed(count: int) -> bytes:
    """Return values of which every second is of a type that is not on the safe list."""
    source = random.Random(SEED)  # noqa: S311  # inputs have to be the same everywhere
    return pack(
        [
            _typed(0, "uuid", "UUID", f"{source.getrandbits(128):032x}")
            if number % 2
            else _typed(2, "app.models", "Order", {"number": number, "total": source.random()})
            for number in range(count)
        ]
    )


def _typed(code: int, *parts: Plain) -> Ext:
    return Ext(code, pack(list(parts)))


def _document(source: random.Random, entries: int, vector: int) -> bytes:
    """Return the state of a small agent run, as LangGraph's serializer would store it."""
    words = ("plan", "search", "read", "answer", "verify", "größe", "重要", "tool")
    return pack(
        {
            "thread": _typed(0, "uuid", "UUID", f"{source.getrandbits(128):032x}"),
            "started": _typed(
                3, "datetime", "datetime", "2024-01-01T00:00:00+00:00", "fromisoformat"
            ),
            "budget": _typed(0, "decimal", "Decimal", f"{source.randrange(10_000) / 100:.2f}"),
            "turns": [
                {
                    "id": _typed(0, "uuid", "UUID", f"{source.getrandbits(128):032x}"),
                    "role": source.choice(["human", "ai", "tool"]),
                    "text": " ".join(source.choices(words, k=12)),
                    "took": _typed(
                        1, "datetime", "timedelta", [0, source.randrange(60), source.randrange(999)]
                    ),
                    "tokens": source.randrange(2_000),
                    "score": source.random(),
                    "final": source.random() < 0.1,  # noqa: PLR2004  # one turn in ten
                    "parent": None,
                }
                for _ in range(entries)
            ],
            "embedding": [source.random() for _ in range(vector)],
        }
    )
