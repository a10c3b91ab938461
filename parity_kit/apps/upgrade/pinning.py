"""Names the pin that mends an environment in which a part of LangGraph cannot be imported.

An installer takes the newest release of each part that LangGraph allows, and such a release may
need a newer LangGraph: langgraph-prebuilt 1.0.13 does not import beside langgraph 1.0.10.
"""

from __future__ import annotations

import re
import traceback
from importlib import metadata
from pathlib import Path

_PART = re.compile(r"(langgraph-[\w-]+)[^;]*>=\s*([\w.]+)")


def mending_pin(error: BaseException) -> str:
    """Return which part failed to import, and how to pin the oldest that LangGraph allows.

    Returns:
        Nothing unless the innermost code that raised `error` is of a part of LangGraph's, and
        LangGraph allows an older release of it than is installed.
    """
    frames = traceback.extract_tb(error.__traceback__)
    raised = [frame.filename for frame in frames if not frame.filename.startswith("<")]
    if not isinstance(error, ImportError) or not raised:
        return ""
    for line in metadata.requires("langgraph") or ():
        if (matched := _PART.match(line)) is not None:
            name, oldest = matched.groups()
            part = metadata.distribution(name)
            if part.version != oldest and _holds(part, Path(raised[-1])):
                release = metadata.version("langgraph")
                return (
                    f"{name} {part.version} does not fit langgraph {release}; the oldest that it "
                    f"allows is {oldest}: --with {name}=={oldest}"
                )
    return ""


def _holds(part: metadata.Distribution, file: Path) -> bool:
    return any(Path(str(part.locate_file(path))) == file for path in part.files or ())
