"""The corpora can be read elsewhere: readers in other languages say what the indexes say."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.folder import corpus_file, index_file
from parity_kit.corpora.manifest import read_manifest

WORKSPACE = find_workspace(Path(__file__))
EXAMPLES = WORKSPACE.root / "docs" / "examples"
CORPORA = sorted(read_manifest(WORKSPACE.fixtures).corpora)


def needed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"no {program} on this machine")
    return path


def output_of(
    command: list[str], *, cwd: Path = EXAMPLES, env: dict[str, str] | None = None
) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def go_reader(tmp_path_factory: pytest.TempPathFactory) -> str:
    go = needed("go")
    target = tmp_path_factory.mktemp("go") / "read_corpus"
    offline = {"GOPROXY": "off", "GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    output_of([go, "build", "-o", str(target), "read_corpus.go"], env=offline)
    return str(target)


def assert_reads(command: list[str], name: CorpusName) -> None:
    index = index_file(WORKSPACE.fixtures, name).read_text(encoding="utf-8")
    lines = output_of([*command, str(corpus_file(WORKSPACE.fixtures, name))]).splitlines()
    assert len(lines) == read_manifest(WORKSPACE.fixtures).corpora[name].cases
    assert lines == index.splitlines()


@pytest.mark.parametrize("name", CORPORA)
def test_node_reads_every_trace(name: CorpusName) -> None:
    assert_reads([needed("node"), "read_corpus.mjs"], name)


@pytest.mark.parametrize("name", CORPORA)
def test_go_reads_every_trace(name: CorpusName, go_reader: str) -> None:
    assert_reads([go_reader], name)


def test_a_reader_sees_a_trace_that_changed(tmp_path: Path) -> None:
    name = CORPORA[0]
    data = bytearray(corpus_file(WORKSPACE.fixtures, name).read_bytes())
    data[-1] ^= 1
    (tmp_path / "changed.msgpack").write_bytes(data)
    node = needed("node")
    done = subprocess.run(
        [node, "read_corpus.mjs", str(tmp_path / "changed.msgpack")],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout != index_file(WORKSPACE.fixtures, name).read_text(encoding="utf-8")
