"""A new candidate's folder, copied from the template of its language.

A template is a whole candidate that runs; `your-engine` in its files is the name it is given.
"""

from __future__ import annotations

from pathlib import Path

from parity_kit.candidates import manifest
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import UsageError

_TEMPLATES = Path(__file__).parent / "templates"
_NAME = "your-engine"


def languages() -> tuple[str, ...]:
    """Return the languages that there is a template for."""
    return tuple(sorted(path.parent.name for path in _TEMPLATES.glob(f"*/{manifest.FILE}")))


def check(name: str, language: str) -> None:
    """Check that there can be a candidate of that name, and is a template for the language.

    Raises:
        UsageError: If not.
    """
    if language not in languages():
        raise UsageError(
            f"no template for {language!r}", hint=f"there are {', '.join(languages())}"
        )
    if not manifest.is_name(name):
        raise UsageError(
            f"{name!r} cannot be a candidate's name",
            hint="a name begins with a-z or 0-9 and holds only those, `-`, `_` and `.`",
        )


def new(workspace: Workspace, name: str, language: str) -> Path:
    """Write a candidate that works at once, and return its folder.

    Raises:
        UsageError: If the name is taken or cannot be one, or there is no such template.
    """
    check(name, language)
    folder = workspace.candidates / name
    if folder.exists():
        raise UsageError(
            f"there is a candidate {name!r} already",
            where=str(folder),
            hint="choose another name; nothing was written",
        )
    template = _TEMPLATES / language
    for file in sorted(path for path in template.rglob("*") if path.is_file()):
        # An installer may have compiled what lies in a package's folder.
        if file.parent.name != "__pycache__":
            target = folder / file.relative_to(template)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text(encoding="utf-8").replace(_NAME, name)
            target.write_text(text, encoding="utf-8")
    return folder
