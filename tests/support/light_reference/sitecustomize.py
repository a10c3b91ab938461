"""On `PYTHONPATH`: a process takes the bundled engine for the reference, and imports no LangGraph.

For tests of what is done with the reference, which starts in two seconds.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Reference(ModuleType):
    def __getattr__(self, name: str) -> Any:
        import pure_engine  # noqa: PLC0415  # only in a process that asks for it

        return getattr(pure_engine, name)


sys.modules["parity_kit.reference"] = _Reference("parity_kit.reference")
