"""Changes between two releases by kind: which bytes changed, how often, and why it matters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from parity_kit.contract import CaseId, Trace
from parity_kit.corpora.corpus import Corpus
from parity_kit.corpora.drift.places import TraceDifference, trace_differences
from parity_kit.msgpack.tree_difference import ChangeKind

_ID_CHARACTERS = set("0123456789abcdef-'")
_SHORTEST_ID = 32
_TYPE = re.compile(r"[A-Za-z_]\w*(\.\w+)+")
_SHOWN = 120  # characters of a text in a headline

_WHY: Final = {
    "stored": "lies in databases: a rollback, or two releases on one database, must read both",
    "what": "new checkpoints hold it wherever a state holds such an object",
    "event": "clients of the stream see it",
    "events": "clients of the stream see it",
    "value": "callers see it",
    "outcome": "callers see it: what returned may raise, or the other way round",
    "dropped": "a database keeps other rows",
    "the": "another case on each side: it cannot be compared",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What changes of one kind have in common.

    `scope` is a type, a record or a part; `turn` says what became what, if one of them is a type.
    """

    scope: str
    path: str
    change: ChangeKind
    is_id: bool
    turn: str = ""


@dataclass(slots=True)
class Kind:
    """One kind of change: where, in how many cases, and an example.

    `parts` counts the places by part of a trace; `uniform` means that the change was the same
    everywhere.
    """

    signature: Signature
    example: CaseId
    before: str
    after: str
    cases: set[CaseId] = field(default_factory=set[CaseId])
    parts: Counter[str] = field(default_factory=Counter[str])
    uniform: bool = True

    @property
    def headline(self) -> str:
        """The kind in one sentence, without its counts."""
        own = self.signature
        where = f"`{own.path.lstrip('.')}` of {own.scope}" if own.path else own.scope
        match own.change:
            case "added" | "removed" if not own.path:
                count = "more" if own.change == "added" else "fewer"
                return f"{count}: {own.scope}, such as {_cut(self.before or self.after)}"
            case "added":
                sample = f" ({_cut(self.after)})" if self.uniform and self.after else ""
                return f"`{own.path.lstrip('.')}` added to {own.scope}{sample}"
            case "removed":
                return f"`{own.path.lstrip('.')}` gone from {own.scope}"
            case "order":
                return f"{where}: the same in another order"
            case "form":
                return f"{where}: {self.before} became {self.after}, the same value"
            case "changed":
                return f"{where}{self._became()}"

    def _became(self) -> str:
        if self.signature.is_id:
            return ": another id of the same shape (hashed otherwise)"
        if self.uniform:
            return f": {_cut(self.before)} became {_cut(self.after)}"
        return f": another value, such as {_cut(self.before)} -> {_cut(self.after)}"

    @property
    def where(self) -> str:
        """The parts of traces that have it, the most frequent first."""
        return ", ".join(f"{part} ({count})" for part, count in self.parts.most_common())

    @property
    def why(self) -> str:
        """Who is affected by this change, the worst first."""
        if self.signature.is_id:
            return "an id that somebody kept (to resume an interrupt, say) finds nothing any more"
        words = {part.split()[0] for part in self.parts}
        return next(why for word, why in _WHY.items() if word in words)

    def to_json(self) -> dict[str, Any]:
        """Return the kind as a JSON object."""
        own = self.signature
        return {
            "headline": self.headline,
            "why": self.why,
            "scope": own.scope,
            "path": own.path,
            "what": own.change,
            "cases": len(self.cases),
            "parts": dict(self.parts.most_common()),
            "example": {"case": self.example, "before": self.before, "after": self.after},
        }


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def kinds(
    before: Mapping[Any, Corpus], after: Mapping[Any, Corpus], borrowed: Collection[str] = ()
) -> tuple[Kind, ...]:
    """Return the kinds of change between corpora of two releases, the most serious first.

    `borrowed` names the corpora in which a release runs cases that are not its own.
    """
    by_signature: dict[Signature, Kind] = {}
    for name, corpus in before.items():
        if name in after:
            for old, new in _changed(corpus.traces, after[name].traces):
                places = trace_differences(old, new, borrowed=name in borrowed)
                _gather(by_signature, old.case.id, places)
    return tuple(
        sorted(
            by_signature.values(),
            key=lambda kind: (_rank(kind), -len(kind.cases), kind.signature.scope, kind.headline),
        )
    )


def _rank(kind: Kind) -> int:
    """Return the sort key of a kind: changes in databases before those that callers see."""
    words = [part.split()[0] for part in kind.parts]
    return -1 if kind.signature.is_id else min(list(_WHY).index(word) for word in words)


def _changed(old: Iterable[Trace], new: Iterable[Trace]) -> Iterable[tuple[Trace, Trace]]:
    theirs = {trace.case.id: trace for trace in new}
    pairs = ((trace, theirs[trace.case.id]) for trace in old if trace.case.id in theirs)
    return (pair for pair in pairs if pair[0] != pair[1])


def _gather(
    by_signature: dict[Signature, Kind], case: CaseId, places: Iterable[TraceDifference]
) -> None:
    for place in places:
        scope = place.inside or place.part
        signature = Signature(scope, place.path, place.change, _is_id(place), _turn(place))
        kind = by_signature.get(signature)
        if kind is None:
            kind = by_signature[signature] = Kind(signature, case, place.before, place.after)
        kind.cases.add(case)
        kind.parts[place.part] += 1
        kind.uniform &= (kind.before, kind.after) == (place.before, place.after)


def _turn(place: TraceDifference) -> str:
    texts = (place.before, place.after)
    is_turn = place.change == "changed" and any(map(_TYPE.fullmatch, texts))
    return " -> ".join(texts) if is_turn else ""


def _is_id(place: TraceDifference) -> bool:
    texts = (place.before, place.after)
    return (
        place.change == "changed"
        and len(texts[0]) == len(texts[1]) >= _SHORTEST_ID
        and all(set(text) <= _ID_CHARACTERS for text in texts)
    )
