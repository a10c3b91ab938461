"""Workloads of large states: one large value, and many fields."""

from __future__ import annotations

from collections.abc import Iterator

from parity_kit.bench.catalogue import programs
from parity_kit.bench.catalogue.workload import Workload, graph
from parity_kit.contract.plain import Plain

_MIB = 2**20
_WIDE = ((25, 300), (15, 600), (9, 1200))
_SCHEMAS = {"dict": "typed_dict", "dataclass": "dataclass", "pydantic": "pydantic"}
_STEPS = 5


def states() -> Iterator[Workload]:
    """Yield the workloads of large states."""
    yield graph(
        "state-1mb-20",
        "state",
        "a state of 1 MiB through 20 nodes in a row",
        programs.sequence(
            20, state={"count": {"type": "int"}, "log": _LOG, "text": {"type": "str"}}
        ),
        given={"count": 0, "log": [], "text": "x" * _MIB},
    )
    for fields, length in _WIDE:
        for name, schema in _SCHEMAS.items():
            yield graph(
                f"wide-{name}-{fields}x{length}",
                "state",
                f"{fields} fields of {length} integers as a {name}, five nodes that each write one",
                _wide(fields, schema),
                given={f"field_{number}": list(range(length)) for number in range(fields)},
            )


_LOG: Plain = {"type": "list", "reducer": "add"}


def _wide(fields: int, schema: str) -> dict[str, Plain]:
    nodes: dict[str, Plain] = {}
    for number in range(_STEPS):
        written: Plain = {f"field_{number}": {"get": f"field_{number + 1}"}}
        nodes[f"node_{number}"] = {"body": [{"write": written}]}
    state: Plain = {f"field_{number}": {"type": "list"} for number in range(fields)}
    return programs.chain(nodes, state=state, schema=schema)
