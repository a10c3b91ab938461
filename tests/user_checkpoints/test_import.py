"""A user's own checkpoints: imported into a private corpus, and never touched."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Returned, split_stored_name
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import BadFileError, ExitCode, ParityKitError, UsageError
from parity_kit.corpora.imported import ImportWriter, read_imported
from parity_kit.corpora.user_checkpoints.opening import open_source
from parity_kit.corpora.user_checkpoints.source import Selection, Source
from parity_kit.reference.postgres_server import missing, server

THREADS = ("thread-a", "thread-b")
VALUES = {"checkpoint": 6, "metadata": 6, "write": 12}
needs_server = pytest.mark.skipif(bool(missing()), reason=missing())


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_stored_value_is_tried_on_a_candidate(
    database: Path, call: Callable[..., str], judge: Callable[..., Any]
) -> None:
    summary = json.loads(call("import", "--sqlite", database, "--json"))
    assert (summary["checkpoints"], summary["values"], summary["left_out"]) == (6, VALUES, {})
    answer = judge("own")
    assert (answer["verdict"], answer["compared"]) == ("equal", sum(VALUES.values()))
    assert answer["reached"] == "bytes"


def test_a_corpus_says_where_each_value_lies(
    workspace: Workspace, database: Path, call: Callable[..., str]
) -> None:
    call("import", "--sqlite", database)
    traces = list(read_imported(workspace, "own").traces)
    names = {split_stored_name(trace.case.id)[1:] for trace in traces}
    write = ("write", "thread-a", "", "1-thread-a", "task", "1", "messages", "path", "msgpack")
    assert {write, ("metadata", "thread-b", "", "2-thread-b", "json")} <= names
    assert len(names) == len(traces)
    assert all(isinstance(outcome, Returned) for trace in traces for outcome in trace.outcomes)


def test_an_imported_case_is_shown_by_its_id(database: Path, call: Callable[..., str]) -> None:
    call("import", "--sqlite", database)
    write = "own/write/thread-a//1-thread-a/task/0/n/path/msgpack"
    for name in (write, f"imported:{write}"):
        assert call("show", name).startswith(write)
    with pytest.raises(UsageError, match="no fixture") as caught:
        call("show", write.replace("/0/", "/7/"))
    assert write in caught.value.hint


def test_the_file_and_what_lies_beside_it_stay_as_they_are(
    database: Path, call: Callable[..., str]
) -> None:
    before = listing(database.parent)
    call("import", "--sqlite", database)
    call("check", "--loss", "--sqlite", database)
    assert listing(database.parent) == before
    database.chmod(0o400)
    call("import", "--sqlite", database, "--replace")
    assert listing(database.parent) == before


def test_a_database_in_use_is_read_with_what_is_not_checkpointed_yet(
    database: Path, call: Callable[..., str]
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("DELETE FROM writes WHERE idx = 1")
        connection.commit()
        data = database.read_bytes()
        summary = json.loads(call("import", "--sqlite", database, "--json"))
        assert summary["values"] == {**VALUES, "write": 6}
        assert database.read_bytes() == data


def read_while_it_changes(database: Path) -> None:
    with open_source(str(database), None, Selection()) as source:
        assert source.count() == VALUES["checkpoint"]
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("DELETE FROM writes")
            connection.commit()


def test_a_change_while_it_is_read_is_found_out(database: Path) -> None:
    with pytest.raises(UsageError, match="was changed while it was read"):
        read_while_it_changes(database)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=needs_server)])
def test_threads_and_the_newest_checkpoints_are_chosen(
    kind: str, request: pytest.FixtureRequest
) -> None:
    place = request.getfixturevalue("database" if kind == "sqlite" else "address")

    def read(selection: Selection) -> list[Any]:
        with open_source(*at(kind, str(place)), selection) as source:
            return list(source.values())

    one = read(Selection(threads=("thread-b",)))
    assert {value.thread for value in one} == {"thread-b"}
    newest = read(Selection(limit=2))
    kept = {value.checkpoint for value in newest if value.kind != "blob"}
    assert kept == {"3-thread-a", "3-thread-b"}
    assert {value.kind for value in newest} >= {"checkpoint", "metadata", "write"}
    if kind == "postgres":
        blobs = [value.place for value in newest if value.kind == "blob"]
        assert blobs == [("blob", thread, "", "messages", "3") for thread in THREADS]
    both = read(Selection(threads=("thread-a",), limit=1))
    assert {value.checkpoint for value in both} - {None} == {"3-thread-a"}


def at(kind: str, place: str) -> tuple[str | None, str | None]:
    return (place, None) if kind == "sqlite" else (None, place)


@needs_server
def test_postgresql_is_imported_and_judged_like_a_file(
    address: str, call: Callable[..., str], judge: Callable[..., Any]
) -> None:
    summary = json.loads(call("import", "--postgres", address, "--json"))
    # Integers are in the checkpoint itself; messages are blobs.
    assert summary["values"] == {**VALUES, "blob": 6}
    answer = judge("own")
    assert (answer["verdict"], answer["compared"]) == ("equal", sum(VALUES.values()) + 6)
    output = call("check", "--loss", "--postgres", address)
    assert "30 values of 6 checkpoints" in output
    assert "all come back to the same bytes" in output


@needs_server
def test_postgresql_itself_refuses_to_write(address: str) -> None:
    import psycopg  # noqa: PLC0415  # an optional extra

    with open_source(None, address, Selection()) as source:
        connection: Any = vars(source)["connection"]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM checkpoint_writes")


@needs_server
def test_a_postgresql_database_without_checkpoints_is_named() -> None:
    with (
        pytest.raises(BadFileError, match="has no table checkpoints") as caught,
        open_source(None, server().address, Selection()),
    ):
        pass
    assert caught.value.where.endswith("dbname=postgres")


def statement(text: str) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(text)

    return act


def leave(path: Path) -> None:
    assert path.is_file()


def scribble(path: Path) -> None:
    path.write_bytes(b"text" * 99)


@pytest.mark.parametrize(
    ("prepare", "options", "says"),
    [
        (Path.unlink, (), "is no file"),
        (scribble, (), "file is not a database"),
        (statement("DROP TABLE checkpoints"), (), "has no table checkpoints"),
        (statement("ALTER TABLE writes DROP COLUMN type"), (), "table writes has no type"),
        (statement("DELETE FROM checkpoints"), (), "there are no checkpoints"),
        (leave, ("--thread", "nobody"), "no thread 'nobody'"),
        (leave, ("--to", "../x"), "is no name"),
        (leave, ("--postgres", "postgresql://x"), "name one database"),
    ],
)
def test_what_cannot_be_imported_is_reported(
    database: Path,
    prepare: Callable[[Path], object],
    options: tuple[str, ...],
    says: str,
    call: Callable[..., str],
) -> None:
    prepare(database)
    with pytest.raises(ParityKitError, match=says) as caught:
        call("import", "--sqlite", database, *options)
    assert caught.value.exit_code is ExitCode.USAGE
    assert not list(Workspace(database.parents[1] / "workspace").imported.glob("*"))


def test_an_address_that_nobody_answers_is_shown_without_its_password(
    call: Callable[..., str],
) -> None:
    with pytest.raises(UsageError, match="cannot be reached") as caught:
        call("import", "--postgres", "postgresql://me:secret@127.0.0.1:1/db")
    assert "user=me" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_corpus_is_replaced_only_on_purpose(
    workspace: Workspace, database: Path, call: Callable[..., str]
) -> None:
    call("import", "--sqlite", database)
    with pytest.raises(UsageError, match="there is an imported corpus 'own'"):
        call("import", "--sqlite", database)
    call("import", "--sqlite", database, "--replace", "--limit", "1")
    assert len(read_imported(workspace, "own").traces) == 4  # checkpoint, metadata, two writes


def test_a_chunk_that_was_changed_is_not_believed(
    workspace: Workspace, database: Path, call: Callable[..., str], judge: Callable[..., Any]
) -> None:
    call("import", "--sqlite", database)
    (chunk,) = read_imported(workspace, "own").folder.glob("*.msgpack")
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"\0")
    with pytest.raises(BadFileError, match=r"is not the file that MANIFEST.json lists"):
        judge("own")


def test_an_import_that_is_broken_off_leaves_nothing(
    workspace: Workspace, database: Path, call: Callable[..., str]
) -> None:
    statement("PRAGMA journal_mode = DELETE; VACUUM")(database)
    data = database.read_bytes()
    # The tables' pages, without those that say which tables there are.
    database.write_bytes(data[:12288] + os.urandom(len(data) - 12288))
    with pytest.raises(BadFileError):
        call("import", "--sqlite", database)
    assert not [path for path in workspace.imported.rglob("*") if path.is_file()]


def test_only_the_owner_may_read_an_import(
    workspace: Workspace, database: Path, call: Callable[..., str]
) -> None:
    call("import", "--sqlite", database)
    assert read_imported(workspace, "own").folder.stat().st_mode & 0o077 == 0


def many(database: Path, count: int) -> Path:
    """Return a copy of a database in which one checkpoint's row stands many times over."""
    path = database.with_name(f"{count}.sqlite")
    shutil.copy(database, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM writes")
        connection.execute(
            "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ?)"
            " INSERT INTO checkpoints SELECT thread_id, k, checkpoint_id, NULL, type, checkpoint,"
            " metadata FROM checkpoints, n WHERE checkpoint_id = '1-thread-a'",
            (count,),
        )
        connection.commit()
    return path


def test_memory_does_not_grow_with_the_database(
    workspace: Workspace, database: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., str]
) -> None:
    monkeypatch.setattr("parity_kit.corpora.imported._MOST_TRACES", 20)

    def peak(count: int) -> int:
        path = many(database, count)
        tracemalloc.start()
        try:
            call("import", "--sqlite", path, "--replace")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is loaded once
    small, large = peak(40), peak(400)
    assert large < small * 1.3
    assert len(read_imported(workspace, "own").chunks) > 10  # so that it was in chunks


def test_a_writer_writes_the_canonical_form_of_docs_fixture_format(
    workspace: Workspace, database: Path, call: Callable[..., str]
) -> None:
    call("import", "--sqlite", database)
    corpus = read_imported(workspace, "own")
    (chunk,) = corpus.chunks
    traces = [trace.to_plain() for trace in corpus.traces]
    assert (corpus.folder / chunk.file).read_bytes() == pack(
        {"format": 1, "corpus": "own", "traces": traces}
    )
    with ImportWriter(workspace.imported / "empty", "empty") as writer:
        assert writer.finish({}) == ()


def test_every_number_of_traces_has_its_header(
    workspace: Workspace, database: Path, call: Callable[..., str]
) -> None:
    call("import", "--sqlite", many(database, 600))
    sizes = [chunk.cases for chunk in read_imported(workspace, "own").chunks]
    assert sizes[0] == 1000  # more than a header of one byte, or of two, can say
    assert sum(sizes) == len(list(read_imported(workspace, "own").traces))


def test_a_source_is_what_the_importer_reads(database: Path) -> None:
    with open_source(str(database), None, Selection()) as source:
        reader: Source = source
        assert [value.kind for value in reader.values()].count("metadata") == VALUES["metadata"]
