"""The committed corpora are what real LangGraph makes of the generators, to the byte.

If these fail after a change to a generator or to the reference: read `parity-kit fixtures check`,
then `parity-kit fixtures build`, and commit the fixtures with the change.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from langgraph.checkpoint.serde._msgpack import SAFE_MSGPACK_TYPES

from parity_kit.candidates import environment
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.fixtures import command
from parity_kit.contract import Raised, SubjectKind, Trace, Unsupported
from parity_kit.contract.canonical import unpack
from parity_kit.contract.errors import (
    BadFileError,
    DriftError,
    EnvironmentBuildError,
    ExitCode,
    UsageError,
)
from parity_kit.corpora.corpus import Corpus
from parity_kit.corpora.drift import interpreters
from parity_kit.corpora.drift.recipes import interpreter_recipe
from parity_kit.corpora.drift.subprocess_check import check_fresh
from parity_kit.corpora.folder import index_file, read_corpora
from parity_kit.corpora.regenerate import check, regenerate
from parity_kit.msgpack.values import open_value

WORKSPACE = find_workspace(Path(__file__))
OF_PYTHON = ("data_model", "envelopes", "prebuilt", "records", "schemas", "standard")
"""The corpora in which classes, dates and hashes of an interpreter could show."""

FLOORS = {
    "data_model": 60,
    "migration": 90,
    "msgpack": 150,
    "allowlist": 100,
    "channels": 90,
    "graphs": 60,
    "interrupts": 80,
    "control": 110,
    "crossings": 20,
    "runs": 120,
    "failures": 90,
    "persistence": 100,
    "schemas": 110,
    "subgraphs": 110,
    "streams": 80,
    "memory": 50,
    "prebuilt": 20,
    "asynchronous": 90,
    "upstream_findings": 20,
    "savers": 300,
    "savers_postgres": 180,
    "stores_postgres": 250,
}
CHANNEL_CLASSES = 10
SAFE_TYPES = 49
MOST_BYTES = 30_000_000  # 900 graph programs with every event and stored byte are half of it


@pytest.fixture(scope="module")
def committed() -> dict[str, Corpus]:
    return {corpus.name: corpus for corpus in read_corpora(WORKSPACE.fixtures)}


def test_some_committed_bytes_are_what_the_oracle_makes() -> None:
    quick = ["channels", "data_model", "graphs", "prebuilt", "records", "savers"]
    assert check(WORKSPACE, quick).drifted == {}


def test_every_corpus_holds_its_floor(committed: dict[str, Corpus]) -> None:
    for name, floor in FLOORS.items():
        assert len(committed[name].traces) >= floor, name


def test_the_folder_stays_small() -> None:
    files = [path for path in WORKSPACE.fixtures.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_the_index_is_the_corpus_in_words(committed: dict[str, Corpus]) -> None:
    for name, corpus in committed.items():
        assert index_file(WORKSPACE.fixtures, name).read_text(encoding="utf-8") == corpus.index()


def test_ids_are_readable_and_unique(committed: dict[str, Corpus]) -> None:
    ids = [trace.case.id for corpus in committed.values() for trace in corpus.traces]
    assert len(ids) == len(set(ids))
    for name, corpus in committed.items():
        for trace in corpus.traces:
            assert re.fullmatch(rf"{name}(/[\w.:+-]+)+", trace.case.id), trace.case.id


def test_the_reference_offers_all_it_is_asked(committed: dict[str, Corpus]) -> None:
    outcomes = [outcome for trace in traces(committed) for outcome in trace.outcomes]
    assert not [outcome for outcome in outcomes if isinstance(outcome, Unsupported)]


def test_every_channel_class_is_there_and_restored(committed: dict[str, Corpus]) -> None:
    restored = {
        str(trace.case.subject.spec["class"])
        for trace in committed["channels"].traces
        if any(operation.name == "restore" for operation in trace.case.operations)
    }
    assert len(restored) == CHANNEL_CLASSES


def test_every_safe_type_is_asked_for_in_both_modes(committed: dict[str, Corpus]) -> None:
    asked: Counter[bool] = Counter(
        bool(trace.case.subject.spec["strict"])
        for trace in committed["allowlist"].traces
        if trace.case.id.startswith("allowlist/safe/")
    )
    assert asked == {True: SAFE_TYPES, False: SAFE_TYPES}


def test_no_type_off_the_list_is_decoded_permissively(committed: dict[str, Corpus]) -> None:
    """The permissive codec would import and call it, on whoever runs the gate."""
    safe = {".".join(parts) for parts in SAFE_MSGPACK_TYPES}
    decoded = 0
    for trace in committed["allowlist"].traces:
        if trace.case.subject.spec["strict"]:
            continue
        for operation in trace.case.operations:
            if operation.name != "is_allowed":
                named = types_in(open_value(unpack(operation.args["data"])))  # pyright: ignore[reportArgumentType]  # bytes
                assert named <= safe, trace.case.id
                decoded += 1
    assert decoded


def types_in(opened: Any) -> set[str]:
    """Return the types that an opened value names."""
    if isinstance(opened, list):
        return {name for item in cast("list[Any]", opened) for name in types_in(item)}
    if not isinstance(opened, dict):
        return set()
    parts = cast("dict[str, Any]", opened)
    own = {parts["type"]} if "$ext" in parts and "type" in parts else set[str]()
    return own.union(*map(types_in, parts.values()))


def test_errors_are_langgraphs_or_pythons_own(committed: dict[str, Corpus]) -> None:
    """A message of the MessagePack library would bind every port to that library's wording."""
    for trace in traces(committed):
        for outcome in trace.outcomes:
            if isinstance(outcome, Raised) and trace.case.subject.kind is SubjectKind.CODEC:
                assert outcome.error == "NotImplementedError", trace.case.id


@pytest.mark.slow
def test_hash_seed_zone_locale_and_directory_change_no_byte() -> None:
    """The other corpora are regenerated so with another interpreter, which has no PostgreSQL."""
    result = check_fresh(WORKSPACE, 1, (*OF_PYTHON, "savers_postgres"))
    assert (result.exit_code, result.drifted, result.problem) == (0, (), ""), result


@pytest.mark.slow
@pytest.mark.parametrize(("minor", "seed", "wanted"), [("3.12", 4, OF_PYTHON), ("3.13", 5, ())])
def test_another_interpreter_changes_no_byte(
    minor: str, seed: int, wanted: tuple[str, ...]
) -> None:
    try:
        interpreter = interpreters.find(minor)
        python = environment.make(interpreter_recipe(interpreter), WORKSPACE, lambda _: None)
    except (UsageError, EnvironmentBuildError) as error:
        pytest.skip(error.problem.splitlines()[0])
    result = check_fresh(WORKSPACE, seed, wanted, python=(interpreter, python))
    assert (result.exit_code, result.drifted, result.problem) == (0, (), ""), result
    assert result.python.startswith(f"CPython {minor}.")


def traces(corpora: dict[str, Corpus]) -> list[Trace]:
    return [trace for corpus in corpora.values() for trace in corpus.traces]


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    """A workspace with one generator of two cases, built."""
    (tmp_path / "parity.toml").write_text("")
    (tmp_path / "generators").mkdir()
    write_generator(tmp_path, "def cases():\n    yield demo('one', 1)\n    yield demo('two', 2)\n")
    call("build", tmp_path)
    return Workspace(tmp_path)


def write_generator(root: Path, body: str, name: str = "demo.py") -> None:
    head = (
        "from parity_kit.corpora.authoring import channel, op\n"
        "def demo(name, value):\n"
        "    spec = {'class': 'LastValue', 'type': 'int'}\n"
        "    return channel(f'demo/{name}', spec, op('update', values=[value]), op('get'))\n"
    )
    (root / "generators" / name).write_text(head + body)


def call(*args: str | Path, code: int | None = None) -> str:
    name, root, *more = args
    result = CliRunner().invoke(
        command, [str(name), "--workspace", str(root), *map(str, more)], standalone_mode=False
    )
    if result.exception is not None:
        raise result.exception
    assert (result.return_value or 0) == (code or 0), result.output
    return result.output


def test_what_was_built_checks(small: Workspace) -> None:
    assert "2 cases in 1 corpora" in call("check", small.root)


def test_a_changed_generator_is_drift_with_its_first_place(small: Workspace) -> None:
    write_generator(
        small.root, "def cases():\n    yield demo('one', 1)\n    yield demo('two', 3)\n"
    )
    output = call("check", small.root, code=ExitCode.KIT_FAULT)
    assert "demo: changed demo/two: the case's operation 0 (update)" in output


def test_a_generator_without_a_committed_corpus_is_drift(small: Workspace) -> None:
    write_generator(small.root, "def cases():\n    return iter(())\n", "more.py")
    (change,) = check(small).drifted.values()
    assert "more.msgpack: the generator's corpus is not committed" in str(change[0])


def test_a_corpus_without_a_generator_is_drift(small: Workspace) -> None:
    (small.generators / "demo.py").unlink()
    ((first, second),) = check(small).drifted.values()
    assert [str(first), str(second)] == ["removed demo/one", "removed demo/two"]


def test_another_oracle_ends_the_check_before_anything_is_run(small: Workspace) -> None:
    path = small.fixtures / "MANIFEST.json"
    path.write_text(re.sub(r'"langgraph": "[^"]+"', '"langgraph": "0.0.1"', path.read_text()))
    (small.generators / "demo.py").write_text("raise AssertionError('must not run')")
    with pytest.raises(DriftError, match=r"langgraph is .*, the fixtures were made with 0.0.1"):
        check(small)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "needs `def cases"),
        ("import no_such_module_at_all\n", "cannot be imported"),
        ("def cases(:\n", "cannot be imported"),
        ("def cases():\n    yield demo('a', 1)\n    yield demo('a', 1)\n", "is taken"),
        (
            "def cases():\n    yield channel('x/y', {'class': 'Topic'})\n",
            "does not begin with demo/",
        ),
        (
            "def cases():\n    yield channel('demo/x', {'class': 'Topic'}, op('fly'))\n",
            "does not offer fly",
        ),
    ],
)
def test_a_generator_that_breaks_a_rule_is_named(small: Workspace, body: str, says: str) -> None:
    write_generator(small.root, body)
    with pytest.raises(BadFileError, match=says) as caught:
        regenerate(small)
    assert caught.value.where.endswith("demo.py")


def test_a_generator_named_like_a_distribution_shadows_nothing(small: Workspace) -> None:
    write_generator(small.root, "def cases():\n    return iter(())\n", "numpy.py")
    regenerate(small)
    import numpy as np  # noqa: PLC0415  # after the generator of that name was loaded

    assert hasattr(np, "ndarray")


def test_show_prints_a_committed_fixture(small: Workspace) -> None:
    output = call("show", small.root, "demo/two")
    assert "operation 1  get" in output
    assert "$: 2  (positive fixint)" in output


def test_diff_names_what_changed(small: Workspace, tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(small.fixtures, before)
    write_generator(
        small.root, "def cases():\n    yield demo('one', 5)\n    yield demo('new', 2)\n"
    )
    call("build", small.root)
    result = CliRunner().invoke(
        command,
        ["diff", str(before), str(small.fixtures), "--cases", "--workspace", str(small.root)],
        standalone_mode=False,
    )
    assert result.return_value == ExitCode.DIVERGENCE
    assert "demo: removed demo/two" in result.output
    assert "demo: added demo/new" in result.output
    assert "demo: changed demo/one" in result.output
    same = CliRunner().invoke(
        command,
        ["diff", str(small.fixtures), "fixtures", "--workspace", str(small.root)],
        standalone_mode=False,
    )
    text = "no case differs\nfunctions of LangGraph: no function differs\n"
    assert (same.return_value, same.output) == (0, text)
