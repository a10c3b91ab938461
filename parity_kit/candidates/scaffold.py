"""A new candidate's folder, copied from the template of its language.

A template is a complete candidate that runs; `your-engine` in its files stands for the new name.
"""

from __future__ import annotations

from pathlib import Path

from parity_kit.candidates import manifest
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import UsageError
from parity_kit.contract.files import write_atomically

OTHER = "other"
"""Stands for a language without a template: its candidate is a manifest and instructions."""

_TEMPLATES = Path(__file__).parent / "templates"
_NAME = "your-engine"


def languages() -> tuple[str, ...]:
    """Return the languages that have a template with an engine."""
    names = sorted(path.parent.name for path in _TEMPLATES.glob(f"*/{manifest.FILE}"))
    return tuple(name for name in names if name != OTHER)


def check(name: str, language: str) -> None:
    """Check that the name is valid and the language has a template or is `other`.

    Raises:
        UsageError: If not.
    """
    if language not in (*languages(), OTHER):
        raise UsageError(
            f"no template for {language!r}",
            hint=f"templates: {', '.join(languages())}; or use --language {OTHER}",
        )
    if not manifest.is_name(name):
        raise UsageError(
            f"{name!r} is not a valid name for a candidate",
            hint="use a-z, 0-9, `-`, `_` and `.`, and begin with a letter or digit",
        )


def new(workspace: Workspace, name: str, language: str) -> Path:
    """Write a candidate that works at once, and return its folder.

    Raises:
        UsageError: If the name is taken or invalid, or the language has no template.
    """
    check(name, language)
    folder = workspace.candidates / name
    if folder.exists():
        raise UsageError(
            f"candidate {name!r} exists already",
            where=str(folder),
            hint="choose another name; nothing was written",
        )
    template = _TEMPLATES / language
    for file in sorted(path for path in template.rglob("*") if path.is_file()):
        # An installer may have compiled the template's Python files.
        if file.parent.name != "__pycache__":
            target = folder / file.relative_to(template)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text(encoding="utf-8").replace(_NAME, name)
            write_atomically(target, text)
    return folder
