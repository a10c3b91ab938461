"""docs/upgrading.md: its first section is followed word by word, with the application it names."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.followed import Shell, blocks, not_printed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "upgrading.md"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def section(title: str) -> str:
    parts = re.split(r"^## (.*)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return parts[parts.index(title) + 1]


@pytest.mark.slow
def test_may_i_upgrade_is_answered_word_by_word(tmp_path: Path) -> None:
    apps = tmp_path / "docs" / "examples" / "apps"
    shutil.copytree(ROOT / apps.relative_to(tmp_path), apps)
    shell = Shell(tmp_path, {**os.environ, "PATH": PATH, "NO_COLOR": "1", "COLUMNS": "200"})
    printed = ""
    try:
        for number, language, text in blocks(section("In five minutes")):
            if language == "sh":
                printed = shell.run(text)
            else:
                assert not (line := not_printed(text, printed)), f"{number}: {line!r}:\n{printed}"
    finally:
        shell.close()
    (report,) = tmp_path.glob("refunds/reports/*")
    result = json.loads((report / "upgrade.json").read_text(encoding="utf-8"))
    assert result["threads"]["checks"]["rollback"] == {"same": 3}
    assert result["answer"] in (report / "upgrade.html").read_text(encoding="utf-8")
