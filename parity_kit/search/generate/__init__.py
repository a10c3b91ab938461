"""The generators: one a suite, making cases from choices and running them on the reference.

They aim at what engines get wrong (widths where an encoding changes form, two writes in a
superstep, interrupts in parallel branches, a failure in one branch and then a resume) and make only
cases on which LangGraph itself is deterministic once pinned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from parity_kit.contract import Engine, Trace
from parity_kit.reference.postgres_server import missing
from parity_kit.search.choices import Choices
from parity_kit.search.generate import savers, stores
from parity_kit.search.generate.channels import channel_case
from parity_kit.search.generate.codec import codec_case
from parity_kit.search.generate.crashes import crash_case
from parity_kit.search.generate.graphs import graph_case
from parity_kit.search.generate.savers import saver_case
from parity_kit.search.generate.stores import cache_case, store_case

Generator: TypeAlias = Callable[[Choices, Engine], Trace]

SUITES: Mapping[str, Generator] = {
    "codec": codec_case,
    "channel": channel_case,
    "graph": graph_case,
    "saver": lambda choices, reference: saver_case(choices, reference, savers.available()),
    "store": lambda choices, reference: store_case(choices, reference, stores.available()),
    "cache": cache_case,
    "crash": crash_case,
}
"""The suites of `parity-kit run`, by name."""


def left_out(suite: str) -> str:
    """Return what a suite cannot generate here, and why; nothing if it can generate all."""
    reason = missing() if suite in {"saver", "store"} else ""
    return f"PostgreSQL left out: {reason}" if reason else ""
