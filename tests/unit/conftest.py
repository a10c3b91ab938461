"""What tests of several modules begin with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="session")
def some_corpora() -> Callable[..., dict[str, Any]]:
    """Return a function that gives a workspace a few of the committed corpora, to be quick.

    The function returns their entries in the manifest.
    """

    def write(workspace: Path, *names: str) -> dict[str, Any]:
        manifest = json.loads((FIXTURES / "MANIFEST.json").read_text(encoding="utf-8"))
        manifest["corpora"] = {name: manifest["corpora"][name] for name in names}
        folder = workspace / "fixtures"
        folder.mkdir()
        (folder / "MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
        for name in names:
            for file in (f"{name}.msgpack", f"{name}.index"):
                (folder / file).symlink_to(FIXTURES / file)
        return manifest["corpora"]

    return write
