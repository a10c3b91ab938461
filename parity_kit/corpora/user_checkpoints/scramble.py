"""Text and numbers in the place of others, of the same shape.

What replaces a value follows from the value and a secret key, so the same value is replaced by the
same one wherever it stands, and nobody without the key can find the way back.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Iterator

_KEPT = re.compile(
    "(__(?:start|end|input|interrupt|resume|error|error_source_node|scheduled|no_writes|return|root"
    "|previous|parent|overwrite)__"
    "|__pregel_(?:tasks|push|pull|send|read|call|checkpointer|stream|cache|resuming|task_id|ns_writes"
    "|scratchpad|durability|runtime|resume_map|node_error)(?![a-z_])|branch:to:)"
)
"""What LangGraph itself writes into names of channels and tasks."""

# LangGraph's checkpoints, metadata and types; LangChain's messages; the envelope of old JSON.
_STRUCTURE = """
    v ts id channel_values channel_versions versions_seen updated_channels pending_sends source
    step parents writes input loop update fork thread_id checkpoint_id checkpoint_ns
    checkpoint_map run_id counters_since_delta_snapshot delta_writes_versioned value resume goto
    graph response_schema ns node arg namespace key created_at updated_at auto heartbeat
    interrupts
    content type role name human user ai assistant system tool function chat developer remove
    Document AIMessageChunk HumanMessageChunk SystemMessageChunk ToolMessageChunk
    FunctionMessageChunk ChatMessageChunk additional_kwargs response_metadata tool_calls
    invalid_tool_calls tool_call_chunks tool_call tool_call_chunk invalid_tool_call tool_call_id
    usage_metadata input_tokens output_tokens total_tokens input_token_details
    output_token_details cache_read cache_creation reasoning audio artifact status success error
    example args index chunk_position last page_content metadata text image_url image file url
    data base64 mime_type tool_use tool_result thinking non_standard citation annotations extras
    finish_reason stop model_name model_provider
    lc constructor kwargs method
"""
WORDS = frozenset(_STRUCTURE.split())
"""Words that structure is made of: they stay, as keys and as values."""

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{16,}")
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:([T ])(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?"
)
_LOWER, _UPPER = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS, _HEX_DIGITS = "0123456789", "0123456789abcdef"
_TWO_BYTES = "".join(map(chr, range(0xE0, 0xF7)))
_THREE_BYTES = "".join(map(chr, range(0x4E00, 0x4E80)))
_FOUR_BYTES = "".join(map(chr, range(0x1F600, 0x1F640)))
_ASCII, _TWO, _THREE = 0x80, 0x800, 0x10000
_UUID_VERSION, _UUID_VARIANT = 12, 16  # which of its hexadecimal digits say what kind it is
# The ranges in which an integer has one smallest form; -1, 0 and 1 stay.
RANGES = (
    *((2, 127), (128, 255), (256, 65_535), (65_536, 2**32 - 1), (2**32, 2**64 - 1)),
    *((-32, -2), (-128, -33), (-32_768, -129), (-(2**31), -32_769), (-(2**63), -(2**31) - 1)),
)
_KEPT_NUMBERS = range(-1, 2)
_TRIES = 2000
_PRECISION = 52


def is_structure(text: str) -> bool:
    """Return whether a text is nothing but what LangGraph itself writes."""
    return not "".join(_KEPT.split(text)[::2])


class Scramble:
    """Replaces values under a key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _stream(self, data: bytes, attempt: int) -> Iterator[int]:
        """Yield as many bytes as are wanted, which follow from the key and the data."""
        for block in range(1 << 32):
            salt = struct.pack(">II", attempt, block)
            yield from hashlib.blake2b(data, key=self._key, salt=salt + bytes(8)).digest()

    def text(self, text: str, attempt: int = 0) -> str:
        """Return text of the same length, in characters and in UTF-8, and of the same kinds."""
        if text in WORDS:
            return text
        parts = _KEPT.split(text)
        # Every second part is one that the expression matched.
        return "".join(
            part if index % 2 else self._piece(part, attempt) for index, part in enumerate(parts)
        )

    def _piece(self, text: str, attempt: int) -> str:
        if not text or text in WORDS:
            return text
        stream = self._stream(text.encode(), attempt)
        if _UUID.fullmatch(text):
            return _uuid(text, stream)
        if _HEX.fullmatch(text):
            return "".join(_HEX_DIGITS[next(stream) % 16] for _ in text)
        if moment := _MOMENT.fullmatch(text):
            return _moment(moment, stream)
        return "".join(_char(char, stream) for char in text)

    def name(self, text: str) -> str:
        """Return a name for one; a namespace is made of parts, which are names of their own."""
        return "".join(
            part if part in "|:" else self.text(part) for part in re.split(r"([|:])", text)
        )

    def unlike(self, text: str, taken: Callable[[str], bool]) -> str:
        """Return text of the same shape that is not taken, as the keys of a map must not repeat.

        Raises:
            ValueError: If all of that shape are.
        """
        for attempt in range(_TRIES):
            made = self.text(text, attempt)
            if not taken(made):
                return made
        raise ValueError("there are no other words of that shape")

    def integer(self, value: int, low: int, high: int, attempt: int = 0) -> int:
        """Return an integer between `low` and `high`; -1, 0 and 1 stay."""
        if value in _KEPT_NUMBERS:
            return value
        stream = self._stream(b"i" + str(value).encode(), attempt)
        drawn = int.from_bytes(bytes(next(stream) for _ in range(16)), "big")
        return low + drawn % (high - low + 1)

    def fraction(self, value: float) -> float:
        """Return a float with the same sign and exponent; a whole number stays whole."""
        if value != value or value in {0.0, 1.0, -1.0, float("inf"), float("-inf")}:  # noqa: PLR0124  # true of NaN alone
            return value
        (bits,) = struct.unpack(">Q", struct.pack(">d", value))
        exponent = (bits >> _PRECISION) % 2048 - 1023
        stream = self._stream(b"f" + struct.pack(">d", value), 0)
        mantissa = int.from_bytes(bytes(next(stream) for _ in range(8)), "big") % (1 << _PRECISION)
        if value.is_integer() and exponent < _PRECISION:
            mantissa &= ~((1 << (_PRECISION - exponent)) - 1)
        bits = bits >> _PRECISION << _PRECISION | mantissa
        return struct.unpack(">d", struct.pack(">Q", bits))[0]

    def digits(self, text: str, attempt: int = 0) -> str:
        """Return text in which digits are others; one that leads stays no zero."""
        stream = self._stream(b"d" + text.encode(), attempt)
        leads = True
        made: list[str] = []
        for char in text:
            if char in _DIGITS:
                drawn = next(stream)
                made.append(str(1 + drawn % 9) if leads and char != "0" else str(drawn % 10))
                made[-1] = "0" if leads and char == "0" else made[-1]
                leads = False
            else:
                made.append(char)
        return "".join(made)

    def data(self, data: bytes) -> bytes:
        """Return as many other bytes."""
        stream = self._stream(b"b" + data, 0)
        return bytes(next(stream) for _ in data)


def _uuid(text: str, stream: Iterator[int]) -> str:
    made, digit = "", 0
    for char in text:
        if char == "-":
            made += char
            continue
        kept = digit in {_UUID_VERSION, _UUID_VARIANT}
        made += char if kept else _HEX_DIGITS[next(stream) % 16]
        digit += 1
    return made


def _moment(match: re.Match[str], stream: Iterator[int]) -> str:
    between, fraction, zone = match[4], match[8], match[9]

    def drawn(low: int, high: int, width: int = 2) -> str:
        return f"{low + next(stream) % (high - low + 1):0{width}}"

    date = f"{drawn(2000, 2037, 4)}-{drawn(1, 12)}-{drawn(1, 28)}"
    if between is None:
        return date
    tail = "" if fraction is None else "." + "".join(drawn(1, 9, 1) for _ in fraction[1:])
    return f"{date}{between}{drawn(0, 23)}:{drawn(0, 59)}:{drawn(0, 59)}{tail}{zone or ''}"


def _char(char: str, stream: Iterator[int]) -> str:
    code = ord(char)
    for alphabet in (_LOWER, _UPPER, _DIGITS):
        if char in alphabet:
            return alphabet[next(stream) % len(alphabet)]
    if code < _ASCII:
        return char
    alphabet = _TWO_BYTES if code < _TWO else _THREE_BYTES if code < _THREE else _FOUR_BYTES
    return alphabet[next(stream) % len(alphabet)]
