"""The generators of a workspace, loaded by path.

A port's workspace has its own generators, and nothing in the library depends on a corpus's content.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from parity_kit.candidates.workspace import Workspace
from parity_kit.corpora.corpus import CorpusName

_PACKAGE = "_parity_kit_generators"


def generators(workspace: Workspace) -> dict[CorpusName, Path]:
    """Return the workspace's generators by corpus; files named `_…` hold what they share."""
    files = sorted(workspace.generators.glob("[!_]*.py"))
    return {CorpusName(path.stem): path for path in files}


def module_name(corpus: CorpusName) -> str:
    """Return the name to import a generator by, once `make_importable` has run."""
    return f"{_PACKAGE}.{corpus}"


def make_importable(workspace: Workspace) -> None:
    """Make the generators importable as a private package, and forget those loaded before.

    On `sys.path`, generators/msgpack.py would shadow the msgpack distribution.
    """
    for name in list(sys.modules):
        if name == _PACKAGE or name.startswith(f"{_PACKAGE}."):
            del sys.modules[name]
    importlib.invalidate_caches()
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(workspace.generators)]
    sys.modules[_PACKAGE] = package
