"""Workloads of channels: 50 times an update and the value after it, for each class."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from parity_kit.bench.catalogue.workload import SEED, Effort, Workload
from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.plain import Plain

_UPDATES = 50
_NAMES = ("a", "b", "c", "d")


def channels() -> Iterator[Workload]:
    """Yield a workload for each class of channel."""
    source = random.Random(SEED)  # noqa: S311  # inputs have to be the same everywhere
    ten: list[Plain] = [[source.randrange(1_000) for _ in range(10)] for _ in range(_UPDATES)]
    one: list[Plain] = [[source.randrange(1_000)] for _ in range(_UPDATES)]
    lists: list[Plain] = [[[source.randrange(1_000)]] for _ in range(_UPDATES)]
    names: list[Plain] = [[*_NAMES] for _ in range(_UPDATES)]
    yield _channel(
        "binop",
        {"class": "BinaryOperatorAggregate", "type": "int", "reducer": "add"},
        ten,
        "ten values each",
        effort=Effort.QUICK,
    )
    yield _channel("last-value", {"class": "LastValue", "type": "int"}, one)
    yield _channel(
        "last-value-after-finish",
        {"class": "LastValueAfterFinish", "type": "int"},
        one,
        before=("finish",),
    )
    yield _channel("any-value", {"class": "AnyValue", "type": "int"}, ten, "ten values each")
    yield _channel("ephemeral", {"class": "EphemeralValue", "type": "int"}, one)
    yield _channel("untracked", {"class": "UntrackedValue", "type": "int"}, one)
    yield _channel("topic", {"class": "Topic", "type": "int"}, ten, "ten values each")
    yield _channel(
        "topic-accumulate",
        {"class": "Topic", "type": "int", "accumulate": True},
        ten,
        "ten values each",
    )
    barrier: dict[str, Plain] = {"names": [*_NAMES]}
    yield _channel(
        "barrier",
        {"class": "NamedBarrierValue", **barrier},
        names,
        "four names each",
        after=("consume",),
    )
    yield _channel(
        "barrier-after-finish",
        {"class": "NamedBarrierValueAfterFinish", **barrier},
        names,
        "four names each",
        before=("finish",),
        after=("consume",),
    )
    yield _channel(
        "delta",
        {"class": "DeltaChannel", "type": "list", "reducer": "add", "snapshot_frequency": 10},
        lists,
        "a list of one each",
    )


def _channel(  # noqa: PLR0913  # what tells workloads apart, by name
    name: str,
    spec: Mapping[str, Plain],
    updates: list[Plain],
    given: str = "one value each",
    *,
    before: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    effort: Effort = Effort.DEFAULT,
) -> Workload:
    operations: list[Operation] = []
    for values in updates:
        operations.append(Operation("update", {"values": values}))
        operations += map(Operation, (*before, "get", *after))
    case = Case(
        CaseId(f"bench/channels-{name}"), Subject(SubjectKind.CHANNEL, spec), tuple(operations)
    )
    about = f"{_UPDATES} updates of a `{spec['class']}` with {given}, and its value after each"
    return Workload(f"channels-{name}", "channels", about, case, effort=effort)
