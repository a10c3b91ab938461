"""Encrypted values (`langgraph.checkpoint.serde.encrypted`): known by their type, and decrypted.

`EncryptedSerializer` stores a value under the type `type+cipher`, as in `msgpack+aes`.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from parity_kit.contract.errors import UsageError
from parity_kit.corpora.user_checkpoints.source import Source, StoredValue

_LIKE = "--serde MODULE:NAME, as in --serde app.checkpoints:serde"


class Cipher(Protocol):
    """What `EncryptedSerializer` encrypts with: LangGraph's `CipherProtocol`."""

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """Return the bytes that were encrypted."""
        ...


@dataclass(frozen=True, slots=True)
class DecryptedSource:
    """A source whose encrypted values are decrypted; those that the cipher refuses stay so."""

    source: Source
    cipher: Cipher

    @property
    def kind(self) -> str:
        """The kind of database."""
        return self.source.kind

    def count(self) -> int:
        """Return how many checkpoints are selected."""
        return self.source.count()

    def values(self) -> Iterator[StoredValue]:
        """Yield every stored value of the selected checkpoints."""
        for value in self.source.values():
            yield self._decrypted(value) if value.is_encrypted else value

    def _decrypted(self, value: StoredValue) -> StoredValue:
        type_, cipher_name = value.type.split("+", 1)
        try:
            data = self.cipher.decrypt(cipher_name, value.data)
        except Exception:  # noqa: BLE001  # another key, another cipher, broken bytes: not readable
            return value
        return replace(value, type=type_, data=bytes(data))


def load_cipher(name: str) -> Cipher:
    """Return the cipher of the serializer that `MODULE:NAME` names.

    Raises:
        UsageError: If there is none.
    """
    return load_serializer(name).cipher


def load_serializer(name: str) -> Any:
    """Return the `EncryptedSerializer` that `MODULE:NAME` names; a function is called for it.

    This imports the module, which runs its code: from the current directory too.

    Raises:
        UsageError: If there is none.
    """
    module_name, colon, attributes = name.partition(":")
    if not (module_name and colon and attributes):
        raise UsageError(f"expected MODULE:NAME, got {name!r}", where="--serde", hint=_LIKE)
    if os.getcwd() not in sys.path:  # noqa: PTH109  # sys.path holds text
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        module = importlib.import_module(module_name)
        serializer: Any = functools.reduce(getattr, attributes.split("."), module)
        if _cipher_of(serializer) is None and callable(serializer):
            serializer = serializer()
    except Exception as error:
        raise UsageError(
            f"cannot be loaded: {type(error).__name__}: {error}",
            where=f"--serde {name}",
            hint="name an EncryptedSerializer or a function that returns one; its module is looked "
            "up in the current directory and on PYTHONPATH",
        ) from error
    if _cipher_of(serializer) is None:
        raise UsageError(
            f"expected an EncryptedSerializer, got {type(serializer).__name__}",
            where=f"--serde {name}",
            hint=_LIKE,
        )
    return serializer


def _cipher_of(serializer: Any) -> Cipher | None:
    cipher = getattr(serializer, "cipher", None)
    return cast("Cipher", cipher) if callable(getattr(cipher, "decrypt", None)) else None
