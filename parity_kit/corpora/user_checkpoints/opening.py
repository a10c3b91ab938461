"""Opening a database of checkpoints, whichever of the two kinds it is."""

from __future__ import annotations

from contextlib import AbstractContextManager

from parity_kit.contract.errors import UsageError
from parity_kit.corpora.user_checkpoints.source import Selection, Source


def open_source(
    sqlite: str | None, postgres: str | None, selection: Selection
) -> AbstractContextManager[Source]:
    """Open one of the two kinds of database.

    Raises:
        UsageError: If not exactly one is named.
    """
    if (sqlite is None) == (postgres is None):
        raise UsageError(
            "name one database", hint="--sqlite FILE, or --postgres postgresql://user@host/name"
        )
    if sqlite is not None:
        from parity_kit.corpora.user_checkpoints.sqlite_source import open_sqlite  # noqa: PLC0415  # one of two

        return open_sqlite(sqlite, selection)
    from parity_kit.corpora.user_checkpoints.postgres_source import open_postgres  # noqa: PLC0415  # the other

    return open_postgres(str(postgres), selection)
