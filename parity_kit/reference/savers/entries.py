"""How stored byte strings are named and written, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from parity_kit.contract import split_stored_name, stored_name
from parity_kit.reference.native import canonical_blob


def put_typed(entries: dict[str, bytes], parts: tuple[str, ...], typed: tuple[str, bytes]) -> None:
    """Add a typed byte string under its name, which ends in its type."""
    kind, data = typed
    entries[stored_name(*parts, kind)] = canonical_blob(kind, bytes(data))


def put_parent(entries: dict[str, bytes], place: tuple[str, str, str], parent: str | None) -> None:
    """Add a checkpoint's parent, where it has one."""
    if parent:
        entries[stored_name("parent", *place)] = parent.encode()


Typed: TypeAlias = tuple[str, bytes]
Place: TypeAlias = tuple[str, str, str]
"""A thread, a namespace, and a checkpoint's id."""


@dataclass(slots=True)
class Tables:
    """Stored byte strings by what they are, as a saver keeps them."""

    checkpoints: dict[Place, Typed] = field(default_factory=dict[Place, Typed])
    metadata: dict[Place, Typed] = field(default_factory=dict[Place, Typed])
    parents: dict[Place, str] = field(default_factory=dict[Place, str])
    blobs: dict[tuple[str, str, str, str], Typed] = field(
        default_factory=dict[tuple[str, str, str, str], Typed]
    )
    """By thread, namespace, channel and version."""
    writes: dict[tuple[Place, str, str, int, str], Typed] = field(
        default_factory=dict[tuple[Place, str, str, int, str], Typed]
    )
    """By place, task path, task id, index and channel, in this order, in which savers read them."""

    @classmethod
    def of(cls, stored: Mapping[str, bytes]) -> Self:
        """Read byte strings by name.

        Raises:
            ValueError: If a name is none of docs/contract.md.
        """
        tables = cls()
        for name, data in stored.items():
            match split_stored_name(name):
                case "checkpoint", thread, ns, saved, kind:
                    tables.checkpoints[thread, ns, saved] = kind, data
                case "metadata", thread, ns, saved, kind:
                    tables.metadata[thread, ns, saved] = kind, data
                case "parent", thread, ns, saved:
                    tables.parents[thread, ns, saved] = data.decode()
                case "blob", thread, ns, channel, version, kind:
                    tables.blobs[thread, ns, channel, version] = kind, data
                case "write", thread, ns, saved, task, index, channel, path, kind:
                    place = (thread, ns, saved)
                    tables.writes[place, path, task, int(index), channel] = kind, data
                case _:
                    message = f"no stored entry is named {name}"
                    raise ValueError(message)
        tables.writes = dict(sorted(tables.writes.items()))
        return tables
