"""Corpora on disk: what is written is read back, and each kind of broken file is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Case,
    CaseId,
    Event,
    Operation,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Trace,
)
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.errors import BadFileError, DriftError, UsageError
from parity_kit.contract.plain import Ext
from parity_kit.corpora.changes import Change, changes
from parity_kit.corpora.corpus import Corpus, CorpusName, parse
from parity_kit.corpora.folder import read_corpora, write_corpora
from parity_kit.corpora.lookup import find_trace
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.show import show

ORACLE = {"langgraph": "1.0"}


def a_trace(name: str = "demo/one", value: object = 1) -> Trace:
    operation = Operation("update", {"values": [Ext(7, b"\x01"), b"\x00", {1: "a"}]})
    case = Case(
        CaseId(name),
        Subject(SubjectKind.CHANNEL, {"class": "Topic"}),
        (operation, Operation("get")),
        ("channel Topic",),
    )
    returned = Returned(
        value,  # pyright: ignore[reportArgumentType]  # plain data
        (Event("values", ("ns",), {"x": 1.5}),),
        {"checkpoint/msgpack": b"\x91\x01"},
        ("old",),
    )
    return Trace(case, (returned, Raised("ValueError", "no", stored={"a": b"\x01"})))


def a_corpus(*traces: Trace, name: str = "demo") -> Corpus:
    return Corpus(CorpusName(name), traces or (a_trace(),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fixtures = tmp_path / "fixtures"
    write_corpora(
        fixtures, [a_corpus(), a_corpus(a_trace("other/x"), name="other")], ORACLE, "CPython"
    )
    return fixtures


def test_a_corpus_is_read_back_as_it_was_written(folder: Path) -> None:
    demo, other = read_corpora(folder)
    assert demo.name == "demo"
    assert demo.pack() == a_corpus().pack()
    assert other.pack() == (folder / "other.msgpack").read_bytes()


def test_only_the_corpora_asked_for_are_read(folder: Path) -> None:
    (folder / "demo.msgpack").write_bytes(b"broken")
    assert [corpus.name for corpus in read_corpora(folder, ["other"])] == ["other"]


def test_the_index_has_a_line_a_case_that_no_other_case_changes(folder: Path) -> None:
    line = (folder / "demo.index").read_text()
    case, digest, size, *features = line.split()
    assert case == "demo/one"
    assert len(digest) == 12
    assert int(size) == len(pack(a_trace().to_plain()))
    assert features == ["channel", "Topic"]
    longer = a_corpus(a_trace(), a_trace("demo/with-a-much-longer-name"))
    assert longer.index().startswith(line)


def test_writing_one_corpus_keeps_the_others(folder: Path) -> None:
    write_corpora(folder, [a_corpus(a_trace(value=2))], ORACLE, "CPython")
    assert [corpus.name for corpus in read_corpora(folder)] == ["demo", "other"]


def test_a_corpus_whose_file_is_gone_leaves_the_manifest(folder: Path) -> None:
    (folder / "other.msgpack").unlink()
    write_corpora(folder, [a_corpus()], ORACLE, "CPython")
    assert list(read_manifest(folder).corpora) == ["demo"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (cut, r"expected \d+ bytes .* found \d+"),
        (flip, "expected the SHA-256"),
        (Path.unlink, "cannot be read: no such file"),
    ],
)
def test_a_damaged_corpus_is_named_with_the_next_step(
    folder: Path, damage: Callable[[Path], None], says: str
) -> None:
    damage(folder / "demo.msgpack")
    with pytest.raises(BadFileError, match=says) as caught:
        read_corpora(folder)
    assert caught.value.where.endswith("demo.msgpack")
    assert "parity-kit fixtures build" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x92\x01", "does not decode"),
        (pack([1]), "expected a map with format"),
        (pack({"format": 2, "corpus": "demo", "traces": []}), "expected fixture format 1, found 2"),
        (pack({"format": 1, "corpus": "demo"}), "expected traces"),
        (pack({"format": 1, "corpus": "demo", "traces": [{"case": 1}]}), "expected traces"),
        (pack({"format": 1, "corpus": "demo", "traces": 5}), "expected traces"),
    ],
)
def test_bytes_that_are_no_corpus_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(BadFileError, match=says):
        parse(data, Path("demo.msgpack"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "expected a manifest"),
        ("[]", "expected a manifest"),
        ('{"format": 1, "oracle": {}, "python": "CPython"}', "expected a manifest"),
        (
            '{"format": 1, "oracle": {}, "python": "CPython", "corpora": {"demo": {"cases": 1}}}',
            "expected a manifest",
        ),
        ('{"format": 9, "oracle": {}, "python": "CPython", "corpora": {}}', "format 1, found 9"),
    ],
)
def test_a_broken_manifest_is_named(folder: Path, text: str, says: str) -> None:
    (folder / "MANIFEST.json").write_text(text)
    with pytest.raises(BadFileError, match=says) as caught:
        read_corpora(folder)
    assert caught.value.where.endswith("MANIFEST.json")


def test_a_manifest_that_lists_another_number_of_cases_is_refused(folder: Path) -> None:
    path = folder / "MANIFEST.json"
    content = json.loads(path.read_text())
    content["corpora"]["demo"]["cases"] = 7
    path.write_text(json.dumps(content))
    with pytest.raises(BadFileError, match="with 7 cases, found demo with 1"):
        read_corpora(folder)


def test_a_corpus_that_is_not_there_is_the_users_mistake(folder: Path) -> None:
    with pytest.raises(UsageError, match="no corpus 'dmo'") as caught:
        read_corpora(folder, ["dmo"])
    assert "demo, other" in caught.value.hint


def test_another_oracle_is_drift(folder: Path) -> None:
    manifest = read_manifest(folder)
    manifest.check_oracle(ORACLE, "CPython")
    with pytest.raises(DriftError, match=r"langgraph is 2.0, the fixtures were made with 1.0"):
        manifest.check_oracle({"langgraph": "2.0"}, "CPython")
    with pytest.raises(DriftError, match="python implementation is PyPy"):
        manifest.check_oracle(ORACLE, "PyPy")


def test_a_fixture_is_found_by_its_id_or_its_neighbours_are_named(folder: Path) -> None:
    workspace = Workspace(folder.parent)
    assert workspace.fixtures == folder
    assert find_trace(workspace, "other/x").case.id == "other/x"
    with pytest.raises(UsageError) as caught:
        find_trace(workspace, "demo/on")
    assert "demo/one" in caught.value.hint


def test_changes_name_each_case_and_its_first_place() -> None:
    before = a_corpus(a_trace("demo/a"), a_trace("demo/b"), a_trace("demo/c"))
    after = a_corpus(a_trace("demo/a"), a_trace("demo/c", value=2), a_trace("demo/d"))
    removed, added, changed = changes(before, after)
    assert removed == Change("demo/b", "removed")
    assert added == Change("demo/d", "added")
    assert (changed.case, changed.kind) == ("demo/c", "changed")
    assert "operation 0 (update): value" in changed.place


def test_another_order_of_the_same_cases_is_a_change() -> None:
    one, two = a_trace("demo/a"), a_trace("demo/b")
    (change,) = changes(a_corpus(one, two), a_corpus(two, one))
    assert "another order" in change.place


def test_equal_corpora_have_no_changes() -> None:
    assert changes(a_corpus(), a_corpus()) == ()


def test_a_corpus_survives_a_plain_messagepack_reader() -> None:
    content = unpack(a_corpus().pack())
    assert isinstance(content, dict)
    assert list(content) == ["format", "corpus", "traces"]


def test_show_prints_bytes_beside_what_they_say() -> None:
    text = "\n".join(show(a_trace()))
    assert "demo/one" in text
    assert "operation 1  get" in text
    assert "-> error  ValueError: no" in text
    stored = text[text.index("stored checkpoint/msgpack") :]
    assert "91" in stored
    assert "array of 1" in stored
