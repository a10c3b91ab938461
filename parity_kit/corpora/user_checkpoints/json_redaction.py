"""JSON with other text and numbers, everything between them as it was."""

from __future__ import annotations

import json
import math
import re

from parity_kit.corpora.user_checkpoints.scramble import RANGES, WORDS, Scramble

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([\[{}\]])')
_VERSIONS = ("1", "2", "3", "4")  # of a checkpoint
_TRIES = 200
_DEEPEST = 900


def redact_json(data: bytes, scramble: Scramble) -> bytes:
    """Return JSON in which strings and numbers are others of the same shape.

    Raises:
        ValueError: If `data` is no JSON, or a key has no other of its shape.
    """
    text = data.decode()
    json.loads(text)
    made: list[str] = []
    taken: list[set[str]] = [set(WORDS)]
    end, key = 0, ""
    for match in _TOKEN.finditer(text):
        made.append(text[end : match.start()])
        end = match.end()
        string, colon, number, bracket = match.groups()
        if bracket is not None:
            _nest(taken, bracket)
            made.append(bracket)
        elif number is not None:
            made.append(number if key == "v" and number in _VERSIONS else _number(number, scramble))
        elif colon is not None:
            key = json.loads(string)
            made.append(_string(string, _key(key, taken[-1], scramble)) + colon)
            continue
        else:
            made.append(_string(string, scramble.text(json.loads(string))))
        key = ""
    made.append(text[end:])
    return "".join(made).encode()


def _nest(taken: list[set[str]], bracket: str) -> None:
    if bracket in "[{":
        taken.append(set(WORDS))
        if len(taken) > _DEEPEST:
            raise ValueError("too deep")
    else:
        taken.pop()


def _key(key: str, taken: set[str], scramble: Scramble) -> str:
    if key in WORDS:
        return key
    made = scramble.unlike(key, taken.__contains__)
    taken.add(made)
    return made


def _string(original: str, text: str) -> str:
    """Return text as a JSON string, escaped as the original was."""
    made = json.dumps(text, ensure_ascii=original.isascii() and "\\u" in original)
    return made if len(made) == len(original) else json.dumps(text, ensure_ascii=original.isascii())


def _number(number: str, scramble: Scramble) -> str:
    if number.lstrip("-").isdigit():
        return _integer(int(number), scramble)
    if float(number) in {0.0, 1.0, -1.0}:
        return number
    if not math.isfinite(float(number)):
        raise ValueError("a number that no float holds")
    mantissa, mark, exponent = re.match(r"([^eE]*)([eE]?)(.*)", number).groups()  # pyright: ignore[reportOptionalMemberAccess]  # every text matches
    for attempt in range(_TRIES):
        made = scramble.digits(mantissa, attempt) + mark + exponent
        # A float is one that Python prints so, or it would not come back as the same text.
        if repr(float(made)) == made or repr(float(number)) != number:
            return made
    raise ValueError("no other number of that shape")


def _integer(value: int, scramble: Scramble) -> str:
    """Return an integer with as many digits, that takes as many bytes in MessagePack."""
    digits = len(str(abs(value)))
    low, high = 10 ** (digits - 1), 10**digits - 1
    if value < 0:
        low, high = -high, -low
    for first, last in RANGES:
        if first <= value <= last:
            low, high = max(low, first), min(high, last)
    return str(scramble.integer(value, low, high))
