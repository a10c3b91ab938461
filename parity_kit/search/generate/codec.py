"""Codec cases: encode a value, then decode and round-trip the bytes that LangGraph has for it."""

from __future__ import annotations

from parity_kit.contract import Engine, Operation, Returned, Subject, SubjectKind, Trace
from parity_kit.contract.plain import Plain
from parity_kit.search.choices import Choices
from parity_kit.search.generate.growing import Growing
from parity_kit.search.generate.values import opened_value


def codec_case(choices: Choices, reference: Engine) -> Trace:
    """Return a codec case."""
    opened = opened_value(choices)
    subject = Subject(SubjectKind.CODEC, {"strict": choices.chance()})
    with Growing(reference, subject) as growing:
        encoded = growing.apply(Operation("encode", {"value": opened}))
        if isinstance(encoded, Returned) and encoded.value == "msgpack":
            typed: dict[str, Plain] = {"type": "msgpack", "data": encoded.stored["data"]}
            growing.apply(Operation("decode", typed))
            growing.apply(Operation("round_trip", typed))
        return growing.trace()
