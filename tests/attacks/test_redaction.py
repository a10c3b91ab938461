"""A redacted corpus is shared: nothing that its owner wrote is in it, wherever it was written."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.cli import cli
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.corpora.user_checkpoints.redaction import CannotRedactError, Redactor

ROOT = Path(__file__).parents[2]
REDACTOR = Redactor(b"a key of the tests")
SECRET = "zqxsecretvj"  # noqa: S105  # it is planted
"""No word, no name, and nothing that could be drawn by chance."""


def envelope(code: int, *parts: Plain) -> bytes:
    return pack(Ext(code, pack(list(parts))))


HUMAN = ("langchain_core.messages.human", "HumanMessage")
LEAKS: Mapping[str, tuple[str, bytes]] = {
    "field-of-a-model": ("msgpack", envelope(5, "app", "User", {SECRET: 1}, "model_validate_json")),
    "extra-field-of-a-message": (
        "msgpack",
        envelope(5, *HUMAN, {"content": "x", SECRET: 1}, "model_validate_json"),
    ),
    "field-of-an-old-model": ("msgpack", envelope(4, "app", "User", {SECRET: 1})),
    "field-of-a-dataclass": ("msgpack", envelope(2, "app", "User", {SECRET: 1})),
    "reserved-prefix": ("msgpack", pack(f"__pregel_{SECRET}")),
    "reserved-prefix-inside": ("msgpack", pack({f"branch:to:{SECRET}": f"a __start__{SECRET}"})),
    "name-of-a-zone": ("msgpack", envelope(0, "zoneinfo", "ZoneInfo", SECRET)),
    "zone-that-is-a-map": ("msgpack", envelope(0, "zoneinfo", "ZoneInfo", {SECRET: SECRET})),
    "name-of-an-offset": (
        "msgpack",
        envelope(
            1, "datetime", "timezone", [Ext(1, pack(["datetime", "timedelta", [0, 1, 0]])), SECRET]
        ),
    ),
    "bytes-of-null": ("null", SECRET.encode()),
    "further-part": ("msgpack", envelope(2, "app", "User", {}, SECRET)),
    "further-part-of-a-method": ("msgpack", envelope(3, "app", "User", 1, SECRET)),
    "methods": ("msgpack", envelope(5, "app", "User", {}, [SECRET, "x"])),
    "module-that-is-a-map": ("msgpack", envelope(0, {SECRET: 1}, "User", 1)),
    "name-with-blanks": ("msgpack", envelope(0, "app", f"a {SECRET} b", 1)),
    "dtype": ("msgpack", envelope(6, SECRET, [1], "C", b"12345678")),
    "shape": ("msgpack", envelope(6, "<i8", [{SECRET: 1}], "C", b"12345678")),
    "order": ("msgpack", envelope(6, "<i8", [1], SECRET, b"12345678")),
    "flags-of-a-pattern": ("msgpack", envelope(1, "re", "compile", ["a", SECRET])),
    "scope-of-an-address": (
        "msgpack",
        envelope(0, "ipaddress", "IPv6Address", f"fe80::1%{SECRET}"),
    ),
    "decimal": ("msgpack", envelope(0, "decimal", "Decimal", SECRET)),
    "nested": (
        "msgpack",
        pack({"a": [Ext(7, pack([{SECRET: Ext(0, pack(["app", "A", SECRET]))}]))]}),
    ),
    "json-key": ("json", json.dumps({SECRET: {SECRET: SECRET}}).encode()),
    "json-id": ("json", json.dumps({"lc": 2, "type": "constructor", "id": [SECRET, "x"]}).encode()),
    "behind-the-value": ("msgpack", b"\x01" + SECRET.encode()),
    "free-type": (SECRET, b"\x01"),
    "pickle": ("pickle", SECRET.encode()),
    "broken": ("msgpack", b"\xc1" + SECRET.encode()),
}
NUMBERS: Mapping[str, tuple[str, bytes]] = {
    "offset-of-a-moment": ("msgpack", pack("2024-01-01T00:00:00+41111111")),
    "exponent": ("json", b"1e41111111"),
    "exponent-of-a-decimal": ("msgpack", envelope(0, "decimal", "Decimal", "1E+41111111")),
}


@pytest.mark.parametrize("place", [*LEAKS, *NUMBERS])
def test_a_value_is_hidden_or_left_out(place: str) -> None:
    kind, data = {**LEAKS, **NUMBERS}[place]
    assert SECRET.encode() in data or b"41111111" in data or kind == SECRET
    try:
        made = REDACTOR.value(kind, data)
    except CannotRedactError:
        return
    assert SECRET.encode() not in made
    assert b"41111111" not in made


def store(path: Path, rows: list[tuple[str, bytes]], words: Callable[[], str]) -> None:
    """Write a database in which every text that can be chosen is a secret."""
    with closing(sqlite3.connect(path)) as connection:
        SqliteSaver(connection).setup()
        thread, name = words(), words()
        connection.execute(
            "INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, type, checkpoint, "
            "metadata) VALUES (?, ?, ?, 'msgpack', ?, ?)",
            (thread, words(), name, pack({"id": words()}), json.dumps({words(): words()}).encode()),
        )
        for kind, data in rows:
            connection.execute(
                "INSERT INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, "
                "channel, type, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (thread, words(), name, words(), words(), words(), kind, data),
            )
        connection.commit()


def run(root: Path, *args: str) -> str:
    result = CliRunner().invoke(cli, [*args, "--workspace", str(root)])
    assert not isinstance(result.exception, AssertionError), result.exception
    return result.output


def everything(root: Path) -> bytes:
    """Return all bytes below a folder, and the names of its files."""
    return b"\n".join(
        os.fsencode(path) + (path.read_bytes() if path.is_file() else b"")
        for path in sorted(root.rglob("*"))
    )


VALUES = st.recursive(
    st.just(SECRET) | st.just(SECRET.encode()) | st.integers(2, 10**6) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.just(SECRET) | st.sampled_from(["content", "a"]), inner, max_size=2)
        | st.tuples(st.sampled_from([0, 1, 2, 4, 5, 7]), inner).map(
            lambda pair: Ext(
                pair[0], pack(pair[1] if pair[0] == 7 else ["app", "User", pair[1]][:3])
            )
        )
    ),
    max_leaves=8,
)


@pytest.mark.slow
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(VALUES, min_size=1, max_size=4))
def test_no_secret_leaves_with_a_redacted_corpus(
    values: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    leaves(tmp_path_factory.mktemp("shared"), [("msgpack", pack(value)) for value in values])


def test_no_known_leak_leaves_with_a_redacted_corpus(tmp_path: Path) -> None:
    output = leaves(tmp_path, list(LEAKS.values()))
    assert "left out: " in output


def leaves(root: Path, rows: list[tuple[str, bytes]]) -> str:
    """Import, gate and show a database full of secrets, and check that none is anywhere."""
    counter = iter(range(10_000))
    database = root.parent / f"{root.name}.sqlite"
    store(database, rows, lambda: f"{SECRET} {next(counter)}")
    (root / "parity.toml").write_text("")
    (root / "candidates").symlink_to(ROOT / "candidates")
    output = run(root, "fixtures", "import", "--sqlite", str(database), "--redact")
    files = [f"--{name}={root / name}" for name in ("junit", "sarif", "markdown")]
    cases = f"--cases={root / 'out'}"
    output += run(root, "gate", "pure", "--corpus", "imported:own", *files, cases)
    (root / "candidates").unlink()
    (root / ".parity" / "redaction.key").unlink()
    assert SECRET not in output
    assert SECRET.encode() not in everything(root)
    return output


def test_an_open_corpus_is_warned_of(tmp_path: Path) -> None:
    store(tmp_path / "own.sqlite", [], lambda: SECRET)
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "parity.toml").write_text("")
    (root / "candidates").symlink_to(ROOT / "candidates")
    run(root, "fixtures", "import", "--sqlite", str(tmp_path / "own.sqlite"))
    gate = ("gate", "pure", "--corpus", "imported:own")
    assert "is not redacted" not in run(root, *gate)
    output = run(root, *gate, f"--junit={root / 'junit.xml'}", f"--cases={root / 'out'}")
    assert "imported:own is not redacted" in output
    assert "--junit, --cases" in output
