"""Opening a database of checkpoints, whichever of the two kinds it is."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager

from parity_kit.contract.errors import UsageError
from parity_kit.corpora.user_checkpoints.encryption import DecryptedSource, load_cipher
from parity_kit.corpora.user_checkpoints.source import Selection, Source


@contextmanager
def open_source(
    sqlite: str | None, postgres: str | None, selection: Selection, serde: str | None = None
) -> Generator[Source]:
    """Open one of the two kinds of database; `serde` names what decrypts its values.

    Raises:
        UsageError: If not exactly one is named, or `serde` names no serializer with a cipher.
    """
    opened = _opened(sqlite, postgres, selection)
    cipher = None if serde is None else load_cipher(serde)
    with opened as source:
        yield source if cipher is None else DecryptedSource(source, cipher)


def _opened(
    sqlite: str | None, postgres: str | None, selection: Selection
) -> AbstractContextManager[Source]:
    if (sqlite is None) == (postgres is None):
        raise UsageError(
            "name one database", hint="--sqlite FILE, or --postgres postgresql://user@host/name"
        )
    if sqlite is not None:
        from parity_kit.corpora.user_checkpoints.sqlite_source import open_sqlite  # noqa: PLC0415  # one of two

        return open_sqlite(sqlite, selection)
    from parity_kit.corpora.user_checkpoints.postgres_source import open_postgres  # noqa: PLC0415  # the other

    return open_postgres(str(postgres), selection)
