"""A `report.json` from elsewhere: read field by field, or refused by name."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from parity_kit import runs
from parity_kit.cli.report import command
from parity_kit.contract.errors import BadFileError
from parity_kit.report.history import view
from parity_kit.report.reading import read_report
from parity_kit.report.write import read_data

ROOT = Path(__file__).parents[2]
ODD: list[Any] = [None, True, -1, 0, 1e308, 10**400, "", "::error::x", [], [[]], {}, {"a": []}, [1]]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """The published run, with a few entries of each kind."""
    content = json.loads((ROOT / "reports" / "published" / "report.json").read_bytes())
    content["candidates"] = content["candidates"][:1]
    (candidate,) = content["candidates"]
    for name in ("gates", "divergences", "rows", "benchmarks", "stale"):
        candidate[name] = candidate[name][:2]
    content["control"] = content["control"][:1]
    for row in (*candidate["benchmarks"], *content["control"]):
        row["seen"] = row["seen"][:2]
    content["matrix"] = []
    for divergence in candidate["divergences"]:
        divergence["detail"] = None
    return content


def written(folder: Path, content: Any) -> Path:
    path = folder / "report.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of everything that is read of a report."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = [*cast("dict[Any, Any]", value).items()]
    elif isinstance(value, list):
        items = [*enumerate(cast("list[Any]", value))]
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def test_a_report_of_any_kind_is_read_or_refused(tmp_path: Path, report: dict[str, Any]) -> None:
    rng, refused, total = random.Random(1), 0, 250
    listed = [place for place in places(report) if place]
    for _ in range(total):
        place = rng.choice(listed)
        changed = copy.deepcopy(report)
        holder = changed
        for step in place[:-1]:
            holder = holder[step]
        if rng.random() < 0.2:
            del holder[place[-1]]
        else:
            holder[place[-1]] = rng.choice(ODD)
        path = written(tmp_path, changed)
        try:
            earlier = read_report(path)
        except BadFileError as error:
            assert str(path) in str(error)  # noqa: PT017  # what is not refused is used below
            refused += 1
            continue
        try:
            view(report, [earlier])
            runs.load(path)
        except Exception as error:
            error.add_note(f"{place} is {holder!r:.200}")
            raise
    assert refused > total / 4


def test_what_is_wrong_is_named(tmp_path: Path, report: dict[str, Any]) -> None:
    wrong = copy.deepcopy(report)
    wrong["candidates"][0]["benchmarks"][1]["ratio"] = -2.0
    with pytest.raises(BadFileError, match=r"candidates\[0\]\.benchmarks\[1\]\.ratio is -2\.0"):
        read_data(written(tmp_path, wrong))
    del wrong["candidates"][0]["verdict"]
    with pytest.raises(BadFileError, match=r"candidates\[0\]\.verdict is missing") as caught:
        read_data(written(tmp_path, wrong))
    assert "parity-kit report RUN" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"schema": 2}', '{"schema": NaN}', "[" * 100_000, '{"schema": "' + "x" * 9999],
)
def test_what_is_no_report_is_refused_in_short(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFileError) as caught:
        read_data(path)
    assert len(str(caught.value)) < 500 + len(str(path))


def test_a_report_of_before_a_field_existed_is_read(tmp_path: Path, report: dict[str, Any]) -> None:
    old = copy.deepcopy(report)
    for name in ("rows", "release", "engagement"):
        old["candidates"][0].pop(name, None)
    for row in old["candidates"][0]["benchmarks"]:
        del row["series"], row["seen"]
    path = written(tmp_path, old)
    assert view(report, [read_data(path)])
    runs.load(path)


def test_the_command_says_which_file_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    run = tmp_path / "reports" / "now"
    run.mkdir(parents=True)
    (run / "journal.jsonl").touch()
    bad = written(tmp_path, {"schema": 1, "kit": 3})
    arguments = ["--workspace", str(tmp_path), str(bad), "now"]
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, BadFileError), result.output
    assert f"{bad}" in str(result.exception)
    assert "report.kit has the wrong type" in str(result.exception)
