"""What a candidate's processes have loaded, as the system tells it: no engine can deny it.

The system knows the native code that a process has mapped. LangGraph has none, but needs packages
that do; they come from an environment where LangGraph's metadata lies beside them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from parity_kit.wire.keeper import below

LIBRARIES = "the libraries of LangGraph"
UNSEEN = "modules that were not looked at"
_NEEDED = ("ormsgpack", "pydantic_core", "xxhash")
"""Packages with native parts that LangGraph always imports."""
_PACKAGE = re.compile(r"(?P<place>/.*/(?:site|dist)-packages)/(?P<name>\w+)/")
_PYTHON = re.compile(r".*/(?:lib)?python(?P<version>3\.\d+)?(?:\.so[\d.]*)?")
_METADATA = re.compile(r"langgraph-(?P<version>[\w.]+)\.dist-info")


def loaded(first: int, language: str) -> str:
    """Return what the processes below a cage's first one run besides `language`, or nothing.

    That is LangGraph's libraries, or else Python where the language does not name it. What was
    loaded by a process that has ended, or is loaded later, is not seen.
    """
    claims_python = "python" in language.lower()
    runs_python = ""
    pids = below(first)
    for pid in pids:
        try:
            files = _mapped(pid)
        except FileNotFoundError:
            continue  # it has ended
        except OSError:
            return UNSEEN
        if langgraph := _langgraph(files):
            return langgraph
        pythons = [match for file in files if (match := _PYTHON.fullmatch(file))]
        if pythons and not claims_python:
            runs_python = f"Python {pythons[0]['version'] or ''}".strip()
    return runs_python if pids or claims_python else UNSEEN


def _mapped(pid: int) -> set[str]:
    """Return the files whose code a process has mapped."""
    lines = Path(f"/proc/{pid}/maps").read_bytes().splitlines()
    # address, rights, offset, device, inode, and the file if there is one
    fields = (line.split(maxsplit=5) for line in lines)
    return {os.fsdecode(b"".join(file)) for _, rights, _, _, _, *file in fields if b"x" in rights}


def _langgraph(files: set[str]) -> str:
    """Return LangGraph's libraries and its version, if all that it needs come from one place."""
    places: dict[str, set[str]] = {}
    for match in filter(None, map(_PACKAGE.match, files)):
        places.setdefault(match["place"], set()).add(match["name"])
    for place, names in places.items():
        if names.issuperset(_NEEDED):
            for entry in Path(place).glob("langgraph-*.dist-info"):
                if metadata := _METADATA.fullmatch(entry.name):
                    return f"{LIBRARIES} {metadata['version']}"
    return ""
