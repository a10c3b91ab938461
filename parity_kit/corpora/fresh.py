"""The check again in fresh processes, each with another hash seed, time zone and locale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, cast

from parity_kit.workspace import Workspace

# Zones with odd offsets on both sides of the date line, locales that print numbers and case apart.
_ZONES = ("Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "UTC")
_LOCALES = ("de_DE.UTF-8", "C", "tr_TR.UTF-8", "C.UTF-8")
_TIME_LIMIT = 600


@dataclass(frozen=True, slots=True)
class FreshCheck:
    """What a check in a fresh process said.

    `drifted` names the corpora whose bytes differ; `problem` is the text of an error, if it ended
    in one.
    """

    settings: dict[str, str]
    exit_code: int
    drifted: tuple[str, ...]
    problem: str = ""


def settings(seed: int) -> dict[str, str]:
    """Return the environment variables of the seed-th process."""
    return {
        "PYTHONHASHSEED": str(seed),
        "TZ": _ZONES[seed % len(_ZONES)],
        "LANG": _LOCALES[seed % len(_LOCALES)],
        "LC_ALL": _LOCALES[seed % len(_LOCALES)],
    }


def check_fresh(space: Workspace, seed: int, wanted: tuple[str, ...] = ()) -> FreshCheck:
    """Check the committed corpora in a new process."""
    chosen = settings(seed)
    command = [sys.executable, "-m", "parity_kit", "fixtures", "check", "--json"]
    done = subprocess.run(
        [*command, "--workspace", str(space.root), *wanted],
        env={**os.environ, **chosen},
        # A check must not depend on the directory it runs in either.
        cwd=space.root.anchor,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_TIME_LIMIT,
        check=False,
    )
    try:
        answer = cast("dict[str, Any]", json.loads(done.stdout))
        drifted = tuple(sorted(answer["drifted"]))
    except (ValueError, KeyError, TypeError):
        return FreshCheck(chosen, done.returncode, (), done.stderr.strip() or done.stdout.strip())
    return FreshCheck(chosen, done.returncode, drifted)
