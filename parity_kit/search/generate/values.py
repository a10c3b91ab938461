"""Values like those that LangGraph stores, in the opened form of docs/contract.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.search.choices import Choices

_DEPTH = 2
_ABOVE = [
    edge + shift
    # Widths at which MessagePack's integers change form.
    for edge in (0, 0x20, 0x80, 0x100, 0x8000, 0x10000, 2**31, 2**32, 2**63)
    for shift in (-1, 0, 1)
]
_EDGES = _ABOVE + [-edge for edge in _ABOVE if 1 < edge <= 2**63]
_LONG = (31, 32, 255, 256)  # lengths at which a string's or a byte string's head changes form
_MANY = (15, 16, 17)  # the same of an array
_FIRST_DAY = date(1, 1, 1).toordinal()
_DAYS = date(9999, 12, 31).toordinal() - _FIRST_DAY
_TODAY = date(2024, 1, 1)
_PATTERNS = ("a", "x.*", "^é$")


def opened_value(choices: Choices, depth: int = _DEPTH) -> Plain:
    """Return a value of any kind; the simplest kinds come first, so that values shrink to them."""
    kind = choices.below(10 if depth else 6)
    if kind <= 3:  # noqa: PLR2004  # four in ten
        return choices.pick(_SCALARS)(choices)
    if kind <= 5:  # noqa: PLR2004  # two in ten
        return choices.pick(_TYPED)(choices)
    if kind <= 7:  # noqa: PLR2004  # two in ten
        size = choices.pick(_MANY) if choices.chance(9) else choices.below(4)
        return [opened_value(choices, depth - 1) for _ in range(size)]
    if kind == 8:  # noqa: PLR2004  # one in ten
        size = choices.below(4)
        return {_key(choices): opened_value(choices, depth - 1) for _ in range(size)}
    return _wrapped(choices, opened_value(choices, depth - 1))


def overwrite(value: Plain) -> Ext:
    """Return LangGraph's `Overwrite` of a value."""
    fields = {"value": value, "type": "__overwrite__"}
    return Ext(2, pack(["langgraph.types", "Overwrite", fields]))


def integer(choices: Choices) -> int:
    """Return an integer within MessagePack's range: small, at an edge of it, or any."""
    kind = choices.below(4)
    if kind <= 1:
        return choices.below(340) if kind == 0 else -choices.below(40)
    if kind == 2:  # noqa: PLR2004  # one of four
        return choices.pick(_EDGES)
    return choices.below(2**64 + 2**63) - 2**63


def _key(choices: Choices) -> str:
    key = choices.text(4)
    return f"_{key}" if key.startswith("$") else key


def _text(choices: Choices) -> str:
    # Characters of two bytes in UTF-8, because a head counts bytes.
    return "é" * (choices.pick(_LONG) // 2) if choices.chance(9) else choices.text()


def _blob(choices: Choices) -> bytes:
    return bytes(choices.pick(_LONG)) if choices.chance(5) else choices.blob()


_SCALARS: tuple[Callable[[Choices], Plain], ...] = (
    lambda _: None,
    Choices.chance,
    integer,
    integer,
    Choices.real,
    _text,
    _text,
    _blob,
)


def _envelope(code: int, kind: str, payload: Plain, method: str | None = None) -> Plain:
    opened: dict[str, Plain] = {"$ext": code, "type": kind, "payload": payload}
    return opened if method is None else opened | {"method": method}


def _uuid(choices: Choices) -> Plain:
    return _envelope(0, "uuid.UUID", f"{choices.below(2**128):032x}")


def _decimal(choices: Choices) -> Plain:
    sign = choices.pick(("", "-"))
    return _envelope(0, "decimal.Decimal", f"{sign}{choices.below(10**12)}")


def _day(choices: Choices) -> date:
    # Days after a plain date first, so that dates shrink to it.
    ordinal = _TODAY.toordinal() + choices.below(_DAYS)
    return date.fromordinal(_FIRST_DAY + (ordinal - _FIRST_DAY) % _DAYS)


def _datetime(choices: Choices) -> Plain:
    day = _day(choices)
    moment = datetime(day.year, day.month, day.day) + timedelta(  # noqa: DTZ001  # stored without one
        seconds=choices.below(86_400), microseconds=choices.pick((0, 1, 500_000, 999_999))
    )
    return _envelope(3, "datetime.datetime", moment.isoformat(), "fromisoformat")


def _date(choices: Choices) -> Plain:
    day = _day(choices)
    return _envelope(1, "datetime.date", [day.year, day.month, day.day])


def _timedelta(choices: Choices) -> Plain:
    days = choices.below(10**9) * choices.pick((1, -1))
    span: list[Plain] = [days, choices.below(86_400), choices.below(10**6)]
    return _envelope(1, "datetime.timedelta", span)


def _ip4(choices: Choices) -> Plain:
    return _envelope(0, "ipaddress.IPv4Address", str(IPv4Address(choices.below(2**32))))


def _ip6(choices: Choices) -> Plain:
    return _envelope(0, "ipaddress.IPv6Address", str(IPv6Address(choices.below(2**128))))


def _set(choices: Choices) -> Plain:
    def item() -> Plain:
        return choices.below(100) if choices.below(2) else choices.text(3)

    items = {pack(element): element for element in choices.repeat(item, 2, 6)}
    return _envelope(0, "builtins.set", [items[key] for key in sorted(items)])


def _pattern(choices: Choices) -> Plain:
    return _envelope(1, "re.compile", [choices.pick(_PATTERNS), 32])


_TYPED = (_uuid, _decimal, _datetime, _date, _timedelta, _ip4, _ip6, _set, _pattern)


def _wrapped(choices: Choices, value: Plain) -> Plain:
    kind = choices.below(3)
    if kind == 0:
        return _envelope(0, "collections.deque", [value])
    if kind == 1:
        return _envelope(1, "langgraph.types.Send", ["node", value])
    fields: dict[str, Plain] = {"value": value, "id": "0" * 32, "response_schema": None}
    return _envelope(2, "langgraph.types.Interrupt", fields)
