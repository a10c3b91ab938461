"""How stored byte strings are named and written."""

from __future__ import annotations

from parity_kit.contract import stored_name
from parity_kit.reference.native import canonical_blob


def put_typed(entries: dict[str, bytes], parts: tuple[str, ...], typed: tuple[str, bytes]) -> None:
    """Add a typed byte string under its name, which ends in its type."""
    kind, data = typed
    entries[stored_name(*parts, kind)] = canonical_blob(kind, bytes(data))


def put_parent(entries: dict[str, bytes], place: tuple[str, str, str], parent: str | None) -> None:
    """Add a checkpoint's parent, where it has one."""
    if parent:
        entries[stored_name("parent", *place)] = parent.encode()
