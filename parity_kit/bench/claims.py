"""What ports publish about their speed, read from `claims.toml`, which lists the keys."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from parity_kit.bench.catalogue import workloads
from parity_kit.bench.plan import REFERENCE
from parity_kit.candidates.tables import Table, read_table

PUBLISHED = Path(__file__).with_name("claims.toml")

_SEE = "parity-kit docs benchmarks"


class Quantity(StrEnum):
    """What a claim gives a figure of."""

    TIMES = "times"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Claim:
    """A published figure, from `low` to `high`, and the workloads that answer it.

    `candidate` is the one whose figures answer it; it is empty where `cannot_run` says why none
    can. A run of the workload has so many `operations` of which the claim speaks of one.
    """

    engine: str
    source: str
    said: str
    quantity: Quantity
    low: float
    high: float
    workloads: tuple[str, ...]
    candidate: str = ""
    cannot_run: str = ""
    operations: int = 1

    @property
    def about_langgraph(self) -> bool:
        """Whether it is an estimate of LangGraph itself."""
        return self.candidate == REFERENCE


def read_claims(file: Path = PUBLISHED) -> tuple[Claim, ...]:
    """Return the claims of a file.

    Raises:
        BadManifestError: If it breaks a rule, with the claim and the key.
    """
    table = read_table(file, _SEE)
    known = {workload.name for workload in workloads()}
    claims = tuple(_claim(entry, known) for entry in table.tables("claim"))
    table.finish()
    return claims


def _claim(table: Table, known: Collection[str]) -> Claim:
    quantities = [quantity for quantity in Quantity if table.has(quantity)]
    if len(quantities) != 1:
        raise table.wrong("times", f"a claim has one of {', '.join(Quantity)}")
    (quantity,) = quantities
    low, high = table.range(quantity)
    names = table.texts("workloads")
    if unknown := [name for name in names if name not in known]:
        hint = "for the names, run: parity-kit bench --list"
        raise table.wrong("workloads", f"no workload {unknown[0]!r}", hint)
    candidate, cannot_run = table.text("candidate", ""), table.text("cannot_run", "")
    if bool(candidate) == bool(cannot_run):
        raise table.wrong("candidate", "a claim has either `candidate` or `cannot_run`")
    claim = Claim(
        table.text("engine"),
        table.text("source"),
        table.text("said"),
        quantity,
        low,
        high,
        names,
        candidate,
        cannot_run,
        table.count("operations", 1),
    )
    table.finish()
    return claim
