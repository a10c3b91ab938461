"""The generators: each makes cases of one suite from choices, played on the reference as they grow.

They aim where engines go wrong (widths where an encoding changes form, two writes in a superstep,
interrupts in parallel branches, a failure in one branch and then a resume) and make only cases on
which LangGraph itself is deterministic once pinned.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TypeAlias

from parity_kit.choices import Choices
from parity_kit.contract import Engine, Trace
from parity_kit.generate.channels import channel_case
from parity_kit.generate.codec import codec_case
from parity_kit.generate.graphs import graph_case
from parity_kit.generate.savers import saver_case

Generator: TypeAlias = Callable[[Choices, Engine], Trace]

SUITES: Mapping[str, Generator] = {
    "codec": codec_case,
    "channel": channel_case,
    "graph": graph_case,
    "saver": functools.partial(saver_case, savers=("memory", "sqlite")),
}
"""The suites of `parity-kit run`, by name."""
