"""Loss: values that change when LangGraph loads them and dumps them again."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from enum import StrEnum

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from parity_kit.contract.canonical import pack, unpack
from parity_kit.msgpack.buildable import TypeName
from parity_kit.msgpack.values import open_value
from parity_kit.reference.native import canonical_blob, serializer

_STRICT = JsonPlusSerializer(allowed_msgpack_modules=None)


class Loss(StrEnum):
    """What became of a stored value; also the feature that its fixture is tagged with."""

    NONE = "comes back upstream"
    """The same bytes."""
    REWRITTEN = "rewritten upstream"
    """The same value in other bytes."""
    LOSSY = "lossy upstream"
    """Another value: null, the payload of a type that was not built, or a normalised one."""
    REFUSED = "refused upstream"
    """An error: it does not load, or what it loads as cannot be stored."""


def loss_of(kind: str, data: bytes, *, strict: bool, types: Collection[TypeName] = ()) -> Loss:
    """Return what became of a stored value that LangGraph loaded and dumped again.

    A permissive codec builds `types` besides those that are always built.
    """
    codec = _STRICT if strict else serializer(frozenset(types))
    try:
        with warnings.catch_warnings(action="ignore"):
            kind_again, data_again = codec.dumps_typed(codec.loads_typed((kind, data)))
    except Exception:  # noqa: BLE001  # whatever the error, the value cannot be loaded or stored
        return Loss.REFUSED
    data_again = canonical_blob(kind_again, bytes(data_again))
    if (kind_again, data_again) == (kind, data):
        return Loss.NONE
    if kind_again != kind or kind != "msgpack":
        return Loss.LOSSY
    try:
        same = pack(open_value(unpack(data))) == pack(open_value(unpack(data_again)))
    except (TypeError, ValueError):
        return Loss.LOSSY  # an ext with a payload that does not fit its code cannot have come back
    return Loss.REWRITTEN if same else Loss.LOSSY
