"""Errors: each has a code, printed and given to machines, and docs/errors.md explains it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import parity_kit

from parity_kit.contract import errors
from parity_kit.contract.errors import ExitCode, ParityKitError

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def every(kind: type[ParityKitError] = ParityKitError) -> Iterator[type[ParityKitError]]:
    """Yield each error the kit raises: the root is never raised itself."""
    for subclass in kind.__subclasses__():
        if subclass.__module__.startswith("parity_kit."):
            yield subclass
            yield from every(subclass)


ERRORS = sorted(every(), key=lambda error: error.code)


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in ERRORS]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_code_begins_with_its_exit_code(error: type[ParityKitError]) -> None:
    assert re.fullmatch(rf"PK{int(error.exit_code)}\d\d", error.code)


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    sections = dict(re.findall(r"^### (PK\d+)\n(.*?)(?=^##|\Z)", DOCS, re.MULTILINE | re.DOTALL))
    assert list(sections) == [error.code for error in ERRORS]
    for code, text in sections.items():
        for part in ("**Means**", "**Most often**", "**Next:**"):
            assert part in text, f"{code} says no {part}"
    assert set(re.findall(r"PK\d+", DOCS)) == sections.keys()


def test_the_map_that_errors_opens_with_lists_every_code() -> None:
    listed = dict(re.findall(r"(PK\d+) (\w+)", errors.__doc__ or ""))
    assert listed == {error.code: error.__name__ for error in ERRORS}


def test_the_code_is_printed_with_the_message_and_stands_in_the_json() -> None:
    done = parity_kit("candidates", "check", "pur", "--json")
    assert done.returncode == ExitCode.USAGE
    assert done.stderr.startswith("error PK202: ")
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["exit_code"]) == ("PK202", 2)
    assert error["problem"] == "no candidate 'pur'"
    assert error["hint"] == "did you mean 'pure'?"


def test_without_json_nothing_is_printed_for_machines(tmp_path: Path) -> None:
    done = parity_kit("candidates", "list", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert done.stderr.startswith("error PK200: ")


def test_a_place_that_cannot_be_read_has_a_code_too(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").write_text("")
    (tmp_path / "reports").write_text("a file where a folder should be")
    done = parity_kit("run", "pure", "--suite", "codec", cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr.startswith("error PK201: ")
