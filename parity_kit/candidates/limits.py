"""Reads a candidate's limits from the `[limits]` of its manifest."""

from __future__ import annotations

from parity_kit.candidates.tables import Table
from parity_kit.wire.limits import MIB, Limits

_CPU_SHARE = 4
"""Default for `cpu_seconds`, as a multiple of `seconds`: this many busy processors."""


def read_limits(table: Table) -> Limits:
    """Return the limits in a manifest's table, with defaults for missing keys.

    Raises:
        BadManifestError: If a key is unknown or its value is invalid.
    """
    usual = Limits()
    seconds = table.number("seconds", usual.seconds)
    limits = Limits(
        seconds=seconds,
        start_seconds=table.number("start_seconds", max(seconds, usual.start_seconds)),
        run_seconds=table.number("run_seconds", usual.run_seconds),
        cpu_seconds=table.number("cpu_seconds", _CPU_SHARE * seconds),
        memory_bytes=table.count("memory_mib", usual.memory_bytes // MIB) * MIB,
        processes=table.count("processes", usual.processes),
        open_files=table.count("open_files", usual.open_files),
        frame_bytes=table.count("frame_mib", usual.frame_bytes // MIB) * MIB,
        restarts=table.count("restarts", usual.restarts),
        network=table.flag("network", default=usual.network),
    )
    table.finish()
    return limits
