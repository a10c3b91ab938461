"""The differences between two versions of a corpus: every case, with its first difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from parity_kit.contract import Level, Trace
from parity_kit.contract.canonical import pack
from parity_kit.corpora.corpus import Corpus
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Divergent, NotSupported, label

Kind: TypeAlias = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """A case that differs or is in only one version; `place` is the first difference."""

    case: str
    kind: Kind
    place: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.case}{': ' if self.place else ''}{self.place}"


def changes(before: Corpus | None, after: Corpus | None) -> tuple[Change, ...]:
    """Return the changes from `before` to `after`; None stands for a missing corpus.

    Order counts: if only the order of cases differs, one change says so.
    """
    old = {} if before is None else {trace.case.id: trace for trace in before.traces}
    new = {} if after is None else {trace.case.id: trace for trace in after.traces}
    listed = [
        *_in_one(old.keys() - new.keys(), "removed"),
        *_in_one(new.keys() - old.keys(), "added"),
    ]
    for name, trace in new.items():
        if name in old and pack(old[name].to_plain()) != pack(trace.to_plain()):
            listed.append(Change(name, "changed", _place(old[name], trace)))
    if not listed and list(old) != list(new):
        first = next(right for left, right in zip(old, new, strict=True) if left != right)
        listed.append(Change(first, "changed", "the cases are in another order from here"))
    return tuple(listed)


def _in_one(names: Iterable[str], kind: Kind) -> Iterator[Change]:
    return (Change(name, kind) for name in sorted(names))


def _place(before: Trace, after: Trace) -> str:
    if before.case.subject != after.case.subject:
        return "the case's subject"
    if before.case.operations != after.case.operations:
        return _operations(before, after)
    if before.case != after.case:
        return "the case's features or pins"
    verdict = compare(before.case, before.outcomes, after.outcomes, Level.BYTES)
    match verdict:
        case Divergent():
            difference = verdict.difference
            return f"{difference.headline()}: {difference.reference} became {difference.candidate}"
        case NotSupported(reason):
            return f"an operation is no longer supported: {reason}"
        case _:
            return f"the outcomes' encoding (otherwise {label(verdict)})"


def _operations(before: Trace, after: Trace) -> str:
    old, new = before.case.operations, after.case.operations
    for index, (left, right) in enumerate(zip(old, new, strict=False)):
        if left != right:
            return f"the case's operation {index} ({right.name})"
    return f"the case has {len(new)} operations, had {len(old)}"
