"""A database, a run's folder, a corpus or a ledger from elsewhere: read with limits, or refused."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result
from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.candidates.manifest import load
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.fixtures_check import command as fixtures_check
from parity_kit.cli.replay import command as replay
from parity_kit.cli.report import command as report
from parity_kit.contract import Case, CaseId, Operation, Returned, Subject, SubjectKind
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.errors import BadFileError, BadManifestError, UsageError
from parity_kit.contract.events import DivergenceFound, event_from_json, event_to_json
from parity_kit.contract.files import read_file, read_inside
from parity_kit.contract.journal import read_journal
from parity_kit.corpora.imported import read_imported
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.user_checkpoints import sqlite_source
from parity_kit.judging.ledger import read_ledger
from parity_kit.report.cases import add_cases

ROOT = Path(__file__).parents[2]
SECRET = b"not below the folder"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "parity.toml").write_text("")
    return root


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with LangGraph's tables, and a row in each."""
    path = tmp_path / "sent.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        SqliteSaver(connection).setup()
        connection.execute(
            "INSERT INTO checkpoints (thread_id, checkpoint_id, type, checkpoint, metadata) "
            "VALUES ('t', '1', 'msgpack', ?, ?)",
            (pack({"v": 1}), b"{}"),
        )
        connection.execute(
            "INSERT INTO writes (thread_id, checkpoint_id, task_id, idx, channel, type, value) "
            "VALUES ('t', '1', 'task', 0, 'a', 'msgpack', ?)",
            (b"\x01",),
        )
        connection.commit()
    return path


def invoke(command: Any, *args: object) -> Result:
    return CliRunner().invoke(command, [*map(str, args)], standalone_mode=False)


def check_loss(database: Path, workspace: Path) -> Result:
    return invoke(fixtures_check, "--loss", "--sqlite", database, "--workspace", workspace)


COLUMNS = "'t' AS thread_id, '' AS checkpoint_ns, '1' AS checkpoint_id, 'x' AS task_id, 0 AS idx"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {} FROM n"
HOSTILE_SQL: Mapping[str, tuple[str, str]] = {
    "endless-view": (
        (
            f"DROP TABLE writes; CREATE VIEW writes AS "
            f"{ENDLESS.format(COLUMNS + ', i AS channel, i AS type, i AS value')}"
        ),
        "writes is a view, not a table",
    ),
    "view-of-gigabytes": (
        (
            f"DROP TABLE writes; CREATE VIEW writes AS SELECT {COLUMNS}, 'a' AS channel, "
            f"'bytes' AS type, zeroblob(900000000) AS value"
        ),
        "writes is a view, not a table",
    ),
    "virtual-table": (
        (
            "DROP TABLE checkpoints; CREATE VIRTUAL TABLE checkpoints USING fts5("
            "thread_id, checkpoint_ns, checkpoint_id, type, checkpoint, metadata)"
        ),
        "checkpoints is a virtual table, not a table",
    ),
    "value-too-long": (
        "UPDATE writes SET value = zeroblob(2000000)",
        "too big",
    ),
    "value-is-a-number": (
        "UPDATE writes SET value = 9000000000",
        "a value is int, not bytes",
    ),
    "value-is-a-float": ("UPDATE writes SET value = 0.5", "a value is float, not bytes"),
    "type-is-bytes": ("UPDATE writes SET type = x'00'", "a type tag is bytes, not text"),
    "column-is-missing": ("ALTER TABLE writes DROP COLUMN channel", "has no channel"),
}


@pytest.mark.parametrize("attack", HOSTILE_SQL)
def test_a_database_holds_tables_of_bytes(
    attack: str, database: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_source, "MOST_BYTES", 1 << 20)
    statements, problem = HOSTILE_SQL[attack]
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(statements)
        connection.commit()
    started = time.monotonic()
    result = check_loss(database, workspace)
    assert isinstance(result.exception, BadFileError), result.output
    assert problem in str(result.exception)
    assert time.monotonic() - started < 20


def test_a_row_that_never_comes_is_the_end(
    database: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No table that is let through is that slow: so the clock is."""
    monkeypatch.setattr(sqlite_source, "ROW_SECONDS", -1.0)
    monkeypatch.setattr(sqlite_source, "_STEPS", 1)
    result = check_loss(database, workspace)
    assert isinstance(result.exception, BadFileError)
    assert "a row took over" in str(result.exception)


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_what_lies_beside_a_database_is_a_file(
    suffix: str, database: Path, workspace: Path
) -> None:
    os.mkfifo(f"{database}{suffix}")
    result = check_loss(database, workspace)
    assert isinstance(result.exception, BadFileError)
    assert "is not a regular file" in str(result.exception)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


NOT_FILES: Mapping[str, Callable[[Path], None]] = {
    "fifo": fifo,
    "device": device,
    "directory": Path.mkdir,
}


@pytest.mark.parametrize("kind", NOT_FILES)
def test_only_a_regular_file_is_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.case.msgpack"
    NOT_FILES[kind](path)
    readers: list[Callable[[], object]] = [
        lambda: read_file(path),
        lambda: invoke_raising(replay, path, "--workspace", ROOT),
    ]
    for read in readers:
        with pytest.raises(BadFileError, match=r"not a file|is a directory"):
            read()


def invoke_raising(command: Any, *args: object) -> None:
    if (error := invoke(command, *args).exception) is not None:
        raise error


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_a_journal_a_ledger_and_a_manifest_are_files(kind: str, tmp_path: Path) -> None:
    for name in ("journal.jsonl", "expected.toml", "MANIFEST.json", "candidate.toml"):
        NOT_FILES[kind](tmp_path / name)
    for read in (read_journal, read_ledger, read_manifest):
        with pytest.raises(BadFileError, match="not a file"):
            read(tmp_path)
    with pytest.raises(BadManifestError, match="not a text file"):
        load(tmp_path)


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/hostname", "cases/../../outside", "", ".", "link", "folder/link"]
)
def test_a_file_that_another_names_lies_below_its_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(SECRET)
    run = tmp_path / "run"
    (run / "cases").mkdir(parents=True)
    (run / "folder").symlink_to(tmp_path)
    (run / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(BadFileError, match=r"is not a file below it|is a directory"):
        read_inside(run, name)


FOUND = DivergenceFound("c", "g", "x", "divergent", "", "bytes", "", "", "", "", "", 1)


@pytest.mark.parametrize("kind", ["fifo", "device", "outside"])
def test_a_journal_names_a_case_and_gets_none(kind: str, tmp_path: Path) -> None:
    case = Case(CaseId("x"), Subject(SubjectKind.CHANNEL, {"class": "Topic"}), ())
    CaseFile(case, "c", (), ()).write(tmp_path / "outside")
    run = tmp_path / "run"
    run.mkdir()
    name = "../outside" if kind == "outside" else "x"
    if kind != "outside":
        NOT_FILES[kind](run / "x")
    divergence: dict[str, Any] = {**event_to_json(FOUND), "file": name}
    add_cases({"candidates": [{"divergences": [divergence]}]}, run)
    assert "detail" not in divergence


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("headline", 5),
        ("case", None),
        ("size", "1"),
        ("count", 1.5),
        ("file", ["x"]),
        ("difference", "x"),
        ("candidate", {"a": 1}),
        ("size", True),
    ],
)
def test_an_event_has_the_types_of_its_fields(field: str, value: object) -> None:
    event_from_json(event_to_json(FOUND))
    with pytest.raises(TypeError, match=field):
        event_from_json({**event_to_json(FOUND), field: value})


@pytest.mark.parametrize("line", [b"5", b"[]", b'{"event": 5}', b'{"event": []}', b"[" * 100_000])
def test_a_journal_that_is_none_is_said_to_be_none(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(line + b"\n")
    result = invoke(report, tmp_path, "--workspace", ROOT)
    assert isinstance(result.exception, UsageError), result.exception
    assert "line 1 of the journal is no event" in str(result.exception)


PLAIN: dict[str, Any] = {
    "format": "parity-kit case 1",
    "candidate": "pure",
    "case": {
        "id": "x",
        "subject": {"kind": "channel", "spec": {"class": "Topic"}},
        "operations": [{"name": "get", "args": {}}],
        "features": ["a"],
        "pins": {"epoch": 1},
    },
    "reference": [{"value": None, "events": [], "stored": {}, "dropped": []}],
    "outcomes": None,
    "level": "bytes",
}
WRONG: Any = [None, True, 5, 0.5, "x", b"x", [], [5], {}, {"x": 5}, {5: 5}]


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of everything in plain data."""
    below: list[tuple[Any, ...]] = [place]
    for key, item in items(value):
        below += places(item, (*place, key))
    return below


def items(value: Any) -> list[tuple[Any, Any]]:
    """Return the keys and items of a map or a list."""
    if isinstance(value, dict):
        return list(cast("dict[Any, Any]", value).items())
    return list(enumerate(cast("list[Any]", value))) if isinstance(value, list) else []


def put(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    """Return plain data with another value in a place."""
    if not place:
        return other
    head, *rest = place
    made = {k: put(v, tuple(rest), other) if k == head else v for k, v in items(value)}
    return made if isinstance(value, dict) else list(made.values())


@pytest.mark.parametrize("place", places(PLAIN), ids=lambda place: ".".join(map(str, place)) or "-")
def test_a_case_file_with_another_type_anywhere_is_wrong_use(
    place: tuple[Any, ...], tmp_path: Path
) -> None:
    file = tmp_path / "x.case.msgpack"
    for other in WRONG:
        file.write_bytes(pack(put(PLAIN, place, other)))
        result = invoke(replay, file, "--workspace", tmp_path)
        # No candidate of that name is here: whatever is well-formed ends there.
        assert isinstance(result.exception, UsageError), (place, other, result.exception)


def test_a_corpus_lies_where_its_manifest_does(tmp_path: Path) -> None:
    entry = {"cases": 0, "bytes": 1, "sha256": ""}
    head: dict[str, Any] = {"format": 1, "oracle": {}, "python": "CPython"}
    for name in ("../outside", "/etc/x", "", "a/b", ".hidden"):
        (tmp_path / "MANIFEST.json").write_text(json.dumps({**head, "corpora": {name: entry}}))
        with pytest.raises(BadFileError, match="is no name of a corpus"):
            read_manifest(tmp_path)
    for wrong in (5, {}, {**entry, "bytes": "1"}, {**entry, "more": 1}):
        (tmp_path / "MANIFEST.json").write_text(json.dumps({**head, "corpora": {"x": wrong}}))
        with pytest.raises(BadFileError, match="expected a manifest"):
            read_manifest(tmp_path)


def test_a_chunk_of_an_imported_corpus_lies_in_its_folder(workspace: Path) -> None:
    folder = workspace / ".parity" / "imported" / "own"
    folder.mkdir(parents=True)
    chunk = {"file": "../../../parity.toml", "cases": 1, "bytes": 1, "sha256": ""}
    (folder / "MANIFEST.json").write_text(json.dumps({"format": 1, "chunks": [chunk]}))
    with pytest.raises(BadFileError, match="is not a file below it"):
        list(read_imported(Workspace(workspace), "own").traces)


@pytest.mark.parametrize("key", ["claims", "setup_files"])
def test_a_manifest_names_files_of_the_candidate(key: str, workspace: Path) -> None:
    folder = workspace / "candidates" / "sent"
    folder.mkdir(parents=True)
    (workspace / "private").write_text("x")
    (folder / "stolen").symlink_to(workspace / "private")
    value = '"../../private"' if key == "claims" else '["sto*"]'
    (folder / "candidate.toml").write_text(
        'name = "sent"\ntitle = "x"\nkind = "command"\nlanguage = "x"\ncommand = ["true"]\n'
        f'setup = ["true"]\nsetup_files = ["candidate.toml"]\n{key} = {value}\n'.replace(
            'setup_files = ["candidate.toml"]\nsetup_files', "setup_files"
        )
    )
    with pytest.raises(BadManifestError, match=r"beside it|no file"):
        load(folder)


def test_a_ledger_matches_in_linear_time(tmp_path: Path) -> None:
    """A candidate chooses what its headline says; its ledger may come with a pull request."""
    (tmp_path / "expected.toml").write_text(
        f'[[difference]]\ncase = "a/b"\ndiffers = "{"*a" * 30}"\nlevel = "trace"\n'
        'reason = "because"\nuntil = 2999-01-01\n'
    )
    (entry,) = read_ledger(tmp_path).entries
    started = time.monotonic()
    for text in ("a" * 20_000 + "b", "ab" * 20_000, "b" * 50_000):
        assert not entry.covers("divergent", entry.level, text)
    assert entry.covers("divergent", entry.level, "a" * 20_000)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a", "a", True),
        ("a", "ab", False),
        ("*", "", True),
        ("a*", "a", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*a*", "bab", True),
        ("a*b*c", "abcbc", True),
        ("a*b*c", "acb", False),
        ("**", "x\ny", True),
        ("a*ab*b", "aab", False),
        ("a*ab*b", "aabb", True),
        ("[a]", "a", False),
    ],
)
def test_a_wildcard_stands_for_anything(
    pattern: str, text: str, *, matches: bool, tmp_path: Path
) -> None:
    (tmp_path / "expected.toml").write_text(
        f'[[difference]]\ncase = "a/b"\ndiffers = {json.dumps(pattern)}\nlevel = "trace"\n'
        'reason = "because"\nuntil = 2999-01-01\n'
    )
    (entry,) = read_ledger(tmp_path).entries
    assert entry.covers("divergent", entry.level, text) is matches


def test_plain_is_a_case(tmp_path: Path) -> None:
    """So that the test of wrong types is about wrong types."""
    file = tmp_path / "x.case.msgpack"
    case = Case.from_plain(unpack(pack(PLAIN["case"])))  # pyright: ignore[reportArgumentType]  # a map
    CaseFile(case, "pure", (Returned(),), None).write(file)
    assert file.read_bytes() == pack(PLAIN)
    assert case.operations == (Operation("get"),)
