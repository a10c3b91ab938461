"""Bad inputs by kind: a sentence with the file and the next step, exit code 2, and no file lost."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from parity_kit import cli
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.casefile import SUFFIX, CaseFile
from parity_kit.contract.errors import ExitCode
from parity_kit.corpora.folder import read_corpora
from parity_kit.corpora.imported import ImportWriter

ROOT = Path(__file__).parents[2]
MANIFEST = 'name = "mine"\ntitle = "Mine"\nkind = "python"\nlanguage = "Python"\nobject = "a:B"\n'
BROKEN: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)),
    "not-utf-8": b"\xff\xfe\xe9",
    "nul": b"a = 'b\x00'\n",
    "html": b"<html><body>404</body></html>\n",
    "json-list": b"[1, 2, 3]\n",
    "json-null": b"null\n",
    "json-text": b'"text"\n',
    "truncated": b'{"format": 1, "chunks": [{"file": "x", "ca',
    "nested": b"[" * 20_000,
    "number": b"1e999999\n",
    "surrogate": b'{"event": "\\ud800"}\n',
    "messagepack-nil": b"\xc0",
    "messagepack-huge": b"\xdd\xff\xff\xff\xff",
    "messagepack-map": b"\x81\xa1a\x01",
}
FILES: dict[str, tuple[tuple[str, ...], ...]] = {
    "parity.toml": (("gate",), ("parity",), ("gate", "mine")),
    "candidates/mine/candidate.toml": (
        ("gate", "mine"),
        ("candidates", "check", "mine"),
        ("candidates", "list"),
    ),
    "candidates/mine/expected.toml": (("ledger", "check", "mine"),),
    "fixtures/MANIFEST.json": (("fixtures", "list"), ("gate", "mine")),
    "fixtures/channels.msgpack": (("fixtures", "show", "channels/last-value/one"),),
    "fixtures/REACH.json": (("reach",),),
    "case.case.msgpack": (("replay", "case.case.msgpack"), ("explain", "case.case.msgpack")),
    "case.yaml": (("replay", "case.yaml"), ("explain", "case.yaml")),
    "own.sqlite": (
        ("fixtures", "import", "--sqlite", "own.sqlite", "--to", "new"),
        ("fixtures", "check", "--loss", "--sqlite", "own.sqlite"),
    ),
    ".parity/imported/own/MANIFEST.json": (
        ("gate", "mine", "--corpus", "imported:own"),
        ("fixtures", "show", "imported:own/x"),
    ),
    "reports/old/report.json": (("report", "old", "run"),),
}
SECONDS = 60
GOES_ON = {
    # What is no mistake: no ledger and an empty one, a folder without a manifest, and without a
    # manifest of corpora of its own a workspace has those that come with the kit.
    ("candidates/mine/expected.toml", "empty"): (ExitCode.NOT_JUDGED,),
    ("candidates/mine/expected.toml", "missing"): (ExitCode.NOT_JUDGED,),
    ("candidates/mine/candidate.toml", "missing"): (ExitCode.PARITY, ExitCode.USAGE),
    ("fixtures/MANIFEST.json", "missing"): (ExitCode.PARITY, ExitCode.NOT_JUDGED),
    ("parity.toml", "empty"): (ExitCode.USAGE, ExitCode.NOT_JUDGED),
}
"""Where a command may go on, up to a candidate that does not start here."""
WRONG_KINDS = ("missing", "folder", "fifo", "loop")


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one of everything that a command reads."""
    root = tmp_path_factory.mktemp("complete")
    (root / "parity.toml").write_text('ours = ["mine"]\n')
    (root / "candidates/mine").mkdir(parents=True)
    (root / "candidates/mine/candidate.toml").write_text(MANIFEST)
    (root / "candidates/mine/expected.toml").touch()
    (root / "fixtures").mkdir()
    for name in ("REACH.json", "channels.msgpack", "channels.index"):
        shutil.copy(ROOT / "fixtures" / name, root / "fixtures" / name)
    manifest = json.loads((ROOT / "fixtures/MANIFEST.json").read_text())
    manifest["corpora"] = {"channels": manifest["corpora"]["channels"]}
    (root / "fixtures/MANIFEST.json").write_text(json.dumps(manifest))
    (corpus,) = read_corpora(ROOT / "fixtures", ["channels"])
    trace = corpus.traces[0]
    kept = CaseFile(trace.case, "mine", trace.outcomes, None)
    kept.write(root / f"case{SUFFIX}")
    (root / "case.yaml").write_text("channel: {class: Topic}\nscript: [{get: }]\n")
    with sqlite3.connect(root / "own.sqlite") as connection:
        connection.execute("CREATE TABLE checkpoints (x)")
    with ImportWriter(Workspace(root).imported / "own", "own") as writer:
        writer.add(trace)
        writer.finish({})
    for run in ("run", "old"):
        (root / "reports" / run).mkdir(parents=True)
    (root / "reports/old/report.json").write_text("{}")
    (root / "reports/run/journal.jsonl").touch()
    return root


@pytest.fixture
def workspace(complete: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of that workspace, the current directory."""
    shutil.copytree(complete, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state(workspace: Path) -> dict[str, str]:
    """Return every file and the digest of what it holds."""
    return {
        str(path.relative_to(workspace)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in workspace.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def called(
    workspace: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, dict[str, str]]:
    """Run a command in this process; return its exit code and the files that it lost or changed."""
    before = state(workspace)
    monkeypatch.setattr(sys, "argv", ["parity-kit", *words])
    signal.signal(signal.SIGALRM, hung)
    signal.alarm(SECONDS)
    code = cli._run()  # pyright: ignore[reportPrivateUsage]  # without the streams of a process
    signal.alarm(0)
    after = state(workspace)
    return code, {name: kept for name, kept in before.items() if after.get(name) != kept}


def hung(*_: object) -> None:
    raise AssertionError("it hangs")


def cases() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for file, commands in FILES.items():
        for kind in (*BROKEN, *WRONG_KINDS):
            for words in commands:
                yield file, kind, words


def spoil(path: Path, kind: str) -> None:
    if kind in BROKEN:
        path.write_bytes(BROKEN[kind])
        return
    path.unlink()
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path.name)
        case _:
            pass


def ids(part: object) -> str:
    return " ".join(cast("tuple[str, ...]", part)) if isinstance(part, tuple) else str(part)


@pytest.mark.parametrize(("file", "kind", "words"), list(cases()), ids=ids)
def test_a_broken_file_is_named(  # noqa: PLR0913, PLR0917  # a case of three parts, and fixtures
    file: str,
    kind: str,
    words: tuple[str, ...],
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    spoil(workspace / file, kind)
    code, lost = called(workspace, words, monkeypatch)
    message = capfd.readouterr().err
    assert "Traceback" not in message
    assert not lost
    if (file, kind) in GOES_ON:
        assert code in GOES_ON[file, kind], message
        return
    assert code == ExitCode.USAGE, message
    if (kind == "missing" and file.startswith(".parity")) or (
        kind in WRONG_KINDS and file.startswith("reports")
    ):
        assert ": no " in message  # there is no such corpus or run: the file is not mentioned
    else:
        assert Path(file).name in message
    assert "next: " in message


WRONG: list[tuple[str, ...]] = [
    *(
        (command, name)
        for command in ("gate", "run", "replay", "report")
        for name in ("a\x00b", "a" * 5000)
    ),
    *(
        tuple(shlex.split(line))
        for line in """
gate nobody
gate ''
gate ../mine
gate mine --level none
gate mine --nope
gate mine --workspace nowhere
gate mine --cache parity.toml
run nobody
run ''
run ../mine
run mine --level none
run mine --nope
run mine --workspace nowhere
run mine --cache parity.toml
bench nobody
bench ''
bench ../mine
bench mine --level none
bench mine --nope
bench mine --workspace nowhere
bench mine --cache parity.toml
matrix nobody
matrix ''
matrix ../mine
matrix mine --level none
matrix mine --nope
matrix mine --workspace nowhere
matrix mine --cache parity.toml
gate mine --corpus nothing
gate mine --corpus imported:nothing
gate mine --corpus imported:
gate mine --suite codec
gate mine --suite codec=0
gate mine --suite codec=x
gate mine --suite poem=5
gate mine --floor 0
gate mine --floor -1
gate mine --floor x
gate mine --floor 1e9
gate mine --unsupported 2
gate mine --unsupported nan
gate mine --expected -0.1
gate mine --cases parity.toml
gate mine --junit parity.toml
gate mine --junit .
gate mine --junit no/such/folder/x.xml
gate mine --sarif candidates/mine/candidate.toml
gate mine --markdown fixtures/x.md
gate mine --badge generators
gate mine --junit x --sarif x
gate mine --junit x --badge ./x
gate mine --trace .
run mine --examples 0
run mine --examples -5
run mine --examples x
run mine --bulk -1
run mine --seed x
run mine --suite poem
run mine --resume nothing
run mine --junit parity.toml
parity --examples 0
parity --pairs -1
parity --seed x
parity --resume nothing
parity --resume ../run
parity --junit parity.toml
parity mine
replay
replay ''
replay nothing
replay nothing.case.msgpack
replay nothing.yaml
replay parity.toml
replay channels/nothing
replay imported:own/nothing
replay .
replay case.case.msgpack --level x
replay case.case.msgpack --candidate nobody
explain
explain ''
explain nothing
explain nothing.case.msgpack
explain nothing.yaml
explain parity.toml
explain channels/nothing
explain imported:own/nothing
explain .
explain case.case.msgpack --level x
explain case.case.msgpack --candidate nobody
fixtures show
fixtures show nothing
fixtures show --hex zz
fixtures show --hex c
fixtures show --blob nothing
fixtures show --blob .
fixtures import
fixtures import --sqlite nothing
fixtures import --sqlite .
fixtures import --sqlite parity.toml
fixtures import --postgres nonsense
fixtures import --sqlite own.sqlite --to ../x
fixtures import --sqlite own.sqlite --to ''
fixtures import --sqlite own.sqlite --limit 0
fixtures import --sqlite own.sqlite --serde x
fixtures import --sqlite own.sqlite --serde json:nothing
fixtures import --sqlite own.sqlite --serde json:dumps
fixtures import --sqlite own.sqlite --postgres postgres://x
fixtures check nothing
fixtures check --loss
fixtures check --seeds -1
fixtures check --python 1.0
fixtures build nothing
fixtures build --baseline langgraph
fixtures build --baseline 'langgraph==x y'
fixtures diff a b
fixtures diff parity.toml fixtures
candidates check
candidates check nobody
candidates new mine --language python
candidates new x
candidates new x --language cobol
candidates new ../x --language python
candidates new '' --language python
candidates fly
ledger check
ledger check nobody
ledger propose nobody
ledger propose mine --until soon
report
report nothing
report nothing run
report run --csv parity.toml
report ../run
docs nothing
reach nothing.at.all
completion tcsh
fly
--fly
init --language cobol
init mine
doctor x
""".strip().splitlines()
    ),
]


@pytest.mark.parametrize("words", WRONG, ids=lambda words: ascii(" ".join(words))[:60])
def test_wrong_arguments_are_named(
    words: tuple[str, ...],
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    code, lost = called(workspace, words, monkeypatch)
    message = capfd.readouterr().err
    assert code == ExitCode.USAGE, message
    assert "Traceback" not in message
    assert "next: " in message or "Error: " in message
    assert not lost
