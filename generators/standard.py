"""Python's own types: what is stored of each, and what of it comes back.

Absent on purpose: paths, whose bytes follow the Python version (`allowlist` has them, each for the
version it was recorded with), and whatever `repr` prints with an address.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import ipaddress
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from parity_kit.contract import Case
from parity_kit.corpora.authoring import codec, dumped, envelope

_BERLIN = ZoneInfo("Europe/Berlin")
_KATHMANDU = timezone(timedelta(hours=5, minutes=45))
_DATETIMES = {
    "naive": datetime(2024, 2, 29, 12, 30, 15, 123456),  # noqa: DTZ001  # naive is the case
    "whole-second": datetime(2024, 2, 29, 12, 30, 15),  # noqa: DTZ001  # the same
    "microsecond": datetime(2024, 2, 29, 12, 30, 15, 1),  # noqa: DTZ001  # the same
    "midnight": datetime(2024, 2, 29),  # noqa: DTZ001  # the same
    "utc": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    "epoch": datetime(1970, 1, 1, tzinfo=UTC),
    "before-epoch": datetime(1899, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "offset": datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    "offset-with-seconds": datetime(2024, 1, 1, tzinfo=timezone(timedelta(seconds=3661))),
    "offset-named-loses-name": datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=2), "CEST")),
    "zone-becomes-offset": datetime(2024, 7, 1, tzinfo=_BERLIN),
    "zone-in-winter": datetime(2024, 1, 1, tzinfo=_BERLIN),
    "fold-is-lost": datetime(2024, 10, 27, 2, 30, fold=1),  # noqa: DTZ001  # the same
    "min": datetime.min,  # noqa: DTZ901  # the same
    "max": datetime.max,  # noqa: DTZ901  # the same
}
_DATES = {
    "leap-day": date(2024, 2, 29),
    "min": date.min,
    "max": date.max,
    "epoch": date(1970, 1, 1),
}
_TIMES = {
    "naive": time(1, 2, 3, 4),
    "midnight": time(),
    "max": time.max,
    "utc": time(23, 59, 59, 999999, tzinfo=UTC),
    "offset": time(12, tzinfo=_KATHMANDU),
    "fold": time(1, fold=1),
    "zone": time(1, tzinfo=_BERLIN),
}
_SPANS = {
    "zero": timedelta(),
    "negative": timedelta(microseconds=-1),
    "day": timedelta(days=1),
    "all-parts": timedelta(days=2, seconds=3, microseconds=4),
    "min": timedelta.min,
    "max": timedelta.max,
}
_ZONES = {
    "timezone-utc": UTC,
    "timezone-zero": timezone(timedelta()),
    "timezone-offset": _KATHMANDU,
    "timezone-named": timezone(timedelta(hours=2), "CEST"),
    "timezone-min": timezone.min,
    "timezone-max": timezone.max,
    "zoneinfo-named": _BERLIN,
    "zoneinfo-utc": ZoneInfo("UTC"),
    "zoneinfo-three-parts": ZoneInfo("America/Argentina/Ushuaia"),
}
_NUMBERS = {
    "fraction": decimal.Decimal("10.50"),
    "whole": decimal.Decimal(42),
    "exponent": decimal.Decimal("1E+3"),
    "small-exponent": decimal.Decimal("1E-7"),
    "zero-with-exponent": decimal.Decimal("0E-10"),
    "zero": decimal.Decimal(0),
    "minus-zero": decimal.Decimal("-0"),
    "long": decimal.Decimal("3.14159265358979323846264338327950288"),
    "huge-exponent": decimal.Decimal("1E+999999"),
    "infinity": decimal.Decimal("Infinity"),
    "minus-infinity": decimal.Decimal("-Infinity"),
    "nan": decimal.Decimal("NaN"),
    "nan-payload": decimal.Decimal("NaN123"),
    "signalling-nan": decimal.Decimal("sNaN"),
}
_UUIDS = {
    "v1": uuid.UUID("c232ab00-9414-11ec-b3c8-9f6bdeced846"),
    "v4": uuid.UUID("123e4567-e89b-42d3-a456-426614174000"),
    "v7": uuid.UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
    "nil": uuid.UUID(int=0),
    "max": uuid.UUID(int=2**128 - 1),
}
_COLLECTIONS: dict[str, Any] = {
    "set-empty": set[int](),
    "set-numbers": {3, 1, 2, 1000, -5},
    "set-texts": {"b", "a", "longer than the others"},
    "set-mixed": {1, "1", None, 1.5, b"1"},
    "set-of-tuples": {(1, 2), (3, 4)},
    "set-of-sets-of-tuples": {frozenset({(1, 2)})},
    "deque-of-tuples": collections.deque([(1, 2)]),
    "set-of-typed": {uuid.UUID(int=1), date(2024, 1, 1), decimal.Decimal(1)},
    "set-of-sixteen": set(range(16)),
    "set-nested-frozenset": {frozenset({2, 1}), frozenset[int]()},
    "frozenset-empty": frozenset[int](),
    "frozenset-texts": frozenset({"y", "x"}),
    "frozenset-of-frozensets": frozenset({frozenset({frozenset({1})})}),
    "deque-plain": collections.deque([3, 1, 2]),
    "deque-bounded-loses-bound": collections.deque([3, 1, 2], maxlen=5),
    "deque-empty": collections.deque[int](),
    "deque-nested": collections.deque([collections.deque([1]), [2], {"k": 3}]),
    "map-of-sets": {"a": {1}, "b": [{2}, {frozenset({3})}]},
}
_NETWORKS = {
    "v4-address": ipaddress.IPv4Address("192.0.2.1"),
    "v4-address-min": ipaddress.IPv4Address(0),
    "v4-address-max": ipaddress.IPv4Address("255.255.255.255"),
    "v4-interface": ipaddress.IPv4Interface("192.0.2.1/24"),
    "v4-interface-host": ipaddress.IPv4Interface("192.0.2.1"),
    "v4-network": ipaddress.IPv4Network("192.0.2.0/24"),
    "v4-network-all": ipaddress.IPv4Network("0.0.0.0/0"),
    "v6-address": ipaddress.IPv6Address("2001:db8::1"),
    "v6-address-unspecified": ipaddress.IPv6Address("::"),
    "v6-address-full": ipaddress.IPv6Address("2001:db8:1:2:3:4:5:6"),
    "v6-address-scoped": ipaddress.IPv6Address("fe80::1%eth0"),
    "v6-interface": ipaddress.IPv6Interface("2001:db8::1/64"),
    "v6-network": ipaddress.IPv6Network("2001:db8::/32"),
    "v6-network-host": ipaddress.IPv6Network("::1/128"),
}
_PATTERNS = {
    "plain": re.compile("a+b"),
    "empty": re.compile(""),
    "flags": re.compile("^é$", re.IGNORECASE | re.MULTILINE),
    "all-flags": re.compile("a", re.RegexFlag(2 | 8 | 16 | 64 | 256)),
    "inline-flags": re.compile("(?i)a"),
    "bytes": re.compile(rb"\x00"),
    "groups": re.compile(r"(?P<year>\d{4})-(\d\d)(?=x)"),
}
_KEYS: dict[str, Any] = {
    "date-becomes-text": {date(2024, 2, 29): 1, datetime(2024, 2, 29, tzinfo=UTC): 2},
    "naive-datetime-becomes-text": {datetime(2024, 2, 29, 1, 2, 3, 4): 1},  # noqa: DTZ001  # the same
    "time-becomes-text": {time(1, 2, 3): 1, time(1, 2, 3, 4): 2},
    "uuid-becomes-text": {uuid.UUID(int=1): 1},
    "enum-becomes-value": {uuid.SafeUUID.safe: 1, re.RegexFlag.IGNORECASE: 2},
    "tuple-of-typed-becomes-texts": {(uuid.UUID(int=1), date(2024, 1, 1)): 1},
}
_ERRORS: dict[str, Any] = {
    "becomes-text": ValueError("bad", 1),
    "inside": {"error": KeyError("k")},
    "no-arguments": [RuntimeError()],
    "group": ExceptionGroup("several", [ValueError("a"), TypeError("b")]),
    "of-base": [KeyboardInterrupt("stop")],
}
# Literal payloads that a constructor takes and gives back in another form.
_NORMALISED = {
    "uuid-with-dashes": envelope(0, "uuid", "UUID", "123e4567-e89b-42d3-a456-426614174000"),
    "uuid-upper-case": envelope(0, "uuid", "UUID", "ABCDEF" + "0" * 26),
    "uuid-urn": envelope(0, "uuid", "UUID", "urn:uuid:123e4567-e89b-42d3-a456-426614174000"),
    "uuid-by-keyword": envelope(2, "uuid", "UUID", {"int": 5}),
    "decimal-lower-case": envelope(0, "decimal", "Decimal", "1e3"),
    "decimal-from-int": envelope(0, "decimal", "Decimal", 5),
    "decimal-from-float": envelope(0, "decimal", "Decimal", 0.1),
    "decimal-spaces-and-underscores": envelope(0, "decimal", "Decimal", " 1_000 "),
    "datetime-z": envelope(3, "datetime", "datetime", "2024-01-01T00:00:00Z", "fromisoformat"),
    "datetime-basic": envelope(3, "datetime", "datetime", "20240101T010203", "fromisoformat"),
    "datetime-day-only": envelope(3, "datetime", "datetime", "2024-01-01", "fromisoformat"),
    "datetime-week": envelope(3, "datetime", "datetime", "2024-W01-1", "fromisoformat"),
    "datetime-milliseconds": envelope(
        3, "datetime", "datetime", "2024-01-01T00:00:00.123", "fromisoformat"
    ),
    "datetime-by-position": envelope(1, "datetime", "datetime", [2024, 1, 1, 2]),
    "datetime-by-keyword": envelope(
        2, "datetime", "datetime", {"year": 2024, "month": 1, "day": 1}
    ),
    "date-by-keyword": envelope(2, "datetime", "date", {"year": 2024, "month": 1, "day": 1}),
    "time-by-position": envelope(1, "datetime", "time", [1, 2]),
    "timedelta-carries": envelope(1, "datetime", "timedelta", [0, 86401, 0]),
    "timedelta-by-keyword": envelope(2, "datetime", "timedelta", {"hours": 25, "weeks": 1}),
    "timedelta-rounds": envelope(1, "datetime", "timedelta", [0.5, 0.0000015, 0]),
    "set-drops-equal": envelope(0, "builtins", "set", [1, 2, 1]),
    "set-of-text": envelope(0, "builtins", "set", "aba"),
    "set-of-map-keys": envelope(0, "builtins", "set", {"a": 1}),
    "set-by-position": envelope(1, "builtins", "set", [[2, 1]]),
    "set-without-argument": envelope(1, "builtins", "set", []),
    "deque-with-bound": envelope(1, "collections", "deque", [[1, 2, 3], 2]),
    "ip-from-int": envelope(0, "ipaddress", "IPv4Address", 3221225985),
    "ip-from-bytes": envelope(0, "ipaddress", "IPv4Address", b"\x01\x02\x03\x04"),
    "ip-upper-case": envelope(0, "ipaddress", "IPv6Address", "2001:DB8:0:0::1"),
    "network-by-mask": envelope(0, "ipaddress", "IPv4Network", "10.0.0.0/255.0.0.0"),
    "network-not-strict": envelope(1, "ipaddress", "IPv4Network", ["10.0.0.1/8", False]),
    "pattern-one-argument": envelope(0, "re", "compile", "a"),
    "pattern-without-flags": envelope(1, "re", "compile", ["a"]),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    groups: dict[str, dict[str, Any]] = {
        "datetime": _DATETIMES,
        "date": _DATES,
        "time": _TIMES,
        "timedelta": _SPANS,
        "zone": _ZONES,
        "decimal": _NUMBERS,
        "uuid": _UUIDS,
        "collection": _COLLECTIONS,
        "ip": _NETWORKS,
        "regex": _PATTERNS,
        "key": _KEYS,
        "exception": _ERRORS,
    }
    for group, values in groups.items():
        for name, value in values.items():
            yield from dumped(f"standard/{group}/{name}", value, f"standard {group}")
    for name, data in _NORMALISED.items():
        yield codec(f"standard/normalised/{name}", data, "normalised by its type")
    mixed = {f"{kind}": value for kind, value in _one_of_each().items()}
    yield from dumped("standard/all-in-one", mixed, "standard all")


def _one_of_each() -> dict[str, Any]:
    return {
        "datetime": _DATETIMES["utc"],
        "date": _DATES["leap-day"],
        "time": _TIMES["utc"],
        "timedelta": _SPANS["negative"],
        "timezone": dt.UTC,
        "zone": _BERLIN,
        "decimal": _NUMBERS["fraction"],
        "uuid": _UUIDS["v4"],
        "set": _COLLECTIONS["set-mixed"],
        "deque": _COLLECTIONS["deque-nested"],
        "network": _NETWORKS["v6-network"],
        "pattern": _PATTERNS["flags"],
    }
