"""The variables by which the kit tells a test process what to do."""

HOOK = "PARITY_KIT_UPSTREAM_HOOK"
"""The candidate's hook, `module:function`."""
ALONE = "PARITY_KIT_UPSTREAM_ALONE"
"""The seconds that a test may take in a fork of its own; without it all share one process."""
PART = "PARITY_KIT_UPSTREAM_PART"
"""Which part of the candidate stands in LangGraph: `codec`, or `saver` and the names of those."""
ENGINE = "PARITY_KIT_UPSTREAM_ENGINE"
"""How to start the engine of a candidate that is no LangGraph itself."""
NAMED_SAVER = "PARITY_KIT_UPSTREAM_SAVER"
"""The saver to judge: `langgraph NAME`, `wire NAME`, or `module:function` of the candidate."""

DECLINED = "blobs that its codec declined"
"""A counter that does not count as the candidate having run."""

CODEC, SAVER = "codec", "saver"
"""The parts of a candidate in another language."""
