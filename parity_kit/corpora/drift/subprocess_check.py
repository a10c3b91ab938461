"""Checks in fresh processes: another hash seed, time zone, locale, directory, interpreter."""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from parity_kit.candidates.environment import kit_folder
from parity_kit.candidates.workspace import Workspace
from parity_kit.corpora.drift.interpreters import Interpreter

# Odd offsets on both sides of the date line, one with summer time; in POSIX notation, which works
# without a time zone database. Locales that differ in how they print numbers and change case.
_ZONES = ("UTC0", "NPT-5:45", "NST3:30NDT,M3.2.0,M11.1.0", "LINT-14")
_LOCALES = ("C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "C")
_TIME_LIMIT = 900


@dataclass(frozen=True, slots=True)
class FreshCheck:
    """The result of a check in a fresh process.

    `drifted` names the corpora whose bytes differ, `skipped` those that cannot be made there;
    `problem` is the text of an error, if it ended in one. If not `has_locale`, the locale is not
    installed, and Python used C instead.
    """

    python: str
    seed: int
    zone: str
    locale: str
    has_locale: bool
    directory: str
    exit_code: int
    drifted: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    cases: int = 0
    seconds: float = 0.0
    problem: str = ""


def check_fresh(
    workspace: Workspace,
    seed: int,
    wanted: tuple[str, ...] = (),
    python: tuple[Interpreter, Path] | None = None,
) -> FreshCheck:
    """Check the committed corpora in a new process.

    `python` holds another interpreter, and the one of the environment made for it.
    """
    zone, locale = _ZONES[seed % len(_ZONES)], _LOCALES[seed % len(_LOCALES)]
    directory = (workspace.root.anchor, tempfile.gettempdir())[seed % 2]
    env = {**os.environ, "PYTHONHASHSEED": str(seed), "TZ": zone, "LANG": locale, "LC_ALL": locale}
    program = sys.executable
    if python is not None:
        program = str(python[1])
        env["PYTHONPATH"] = str(kit_folder(workspace))
    command = (program, "-m", "parity_kit", "fixtures", "check", "--json")
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--workspace", str(workspace.root), *wanted],
        env=env,
        # A check must not depend on its working directory either.
        cwd=directory,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_TIME_LIMIT,
        check=False,
    )
    seconds = time.perf_counter() - started
    name = f"{platform.python_implementation()} {platform.python_version()}"
    if python is not None:
        name = str(python[0])
    try:
        answer = cast("dict[str, Any]", json.loads(done.stdout))
        drifted, skipped = tuple(sorted(answer["drifted"])), tuple(sorted(answer["skipped"]))
        cases, problem = sum(answer["corpora"].values()), ""
    except (ValueError, KeyError, TypeError):
        drifted, skipped, cases = (), (), 0
        problem = done.stderr.strip() or done.stdout.strip() or "no output"
    return FreshCheck(
        python=name,
        seed=seed,
        zone=zone,
        locale=locale,
        has_locale=_plain(locale) in _installed_locales(),
        directory=directory,
        exit_code=done.returncode,
        drifted=drifted,
        skipped=skipped,
        cases=cases,
        seconds=seconds,
        problem=problem,
    )


@functools.cache
def _installed_locales() -> frozenset[str]:
    try:
        done = subprocess.run(
            ["locale", "-a"],  # noqa: S607  # where it lies is the system's business
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError:
        return frozenset({"c"})
    return frozenset(map(_plain, done.stdout.split())) | {"c"}


def _plain(locale: str) -> str:
    return locale.lower().replace("-", "")
