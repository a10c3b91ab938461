"""The one contract: open a subject, apply operations to it, close it; and the plain types it uses.

    describe()                -> Description
    open(subject, pins)       -> Session
    session.apply(operation)  -> Outcome
    session.close()
    run(case)                 -> outcomes        a whole case in one round trip
    measure(case, loops)      -> nanoseconds     timed inside the engine

Every type here turns into plain data (`to_plain`) and back (`from_plain`), so that a case can be
hashed, stored, sent and shrunk. Nothing here imports LangGraph or a MessagePack library: an engine
needs this package and no other. `docs/contract.md` lists each subject's operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NewType, Protocol, TypeAlias, cast

from parity_kit.contract.outcomes import (
    Outcome,
    Unsupported,
    as_text,
    outcome_from_plain,
    outcome_to_plain,
)

if TYPE_CHECKING:
    from parity_kit.contract.plain import Plain

PROTOCOL = 1
"""Version of the contract and of the wire protocol that carries it."""

CaseId = NewType("CaseId", str)
EngineName = NewType("EngineName", str)


class SubjectKind(StrEnum):
    """What an engine can open."""

    CODEC = "codec"
    CHANNEL = "channel"
    GRAPH = "graph"
    SAVER = "saver"
    STORE = "store"
    CACHE = "cache"


class Level(IntEnum):
    """How closely two outcomes agree; each level includes those below it."""

    NONE = 0
    RESULT = 1
    TRACE = 2
    BYTES = 3

    @property
    def label(self) -> str:
        """The word for this level in CLI, report and docs."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Pins:
    """What takes the place of clock and randomness in one session.

    The k-th checkpoint a session creates (k counts from 1) has the id `00000000-0000-6000-8000-` +
    k as 12 hexadecimal digits and the timestamp `epoch` + k seconds, UTC; a throw-away empty
    checkpoint has k = 0. A version string made while k checkpoints exist ends in k as 16 decimal
    digits. The elements of a set are stored in the order of their encoded bytes. The keys of a
    config that LangGraph takes over into the metadata (`run_id` and others) join it sorted by name.
    The tasks of a superstep run to their end one after another, in task order, and time passes only
    where a program says that it waits. The n-th message of a session that is given an id has
    `00000000-0000-4000-8000-` + n as 12 hexadecimal digits.
    """

    epoch: int = 1_704_067_200
    """Seconds since 1970-01-01 UTC."""

    def to_plain(self) -> dict[str, Plain]:
        """Return the pins as plain data."""
        return {"epoch": self.epoch}

    @classmethod
    def from_plain(cls, data: Mapping[str, Plain]) -> Pins:
        """Return the pins that `to_plain` wrote."""
        return cls(epoch=cast("int", data["epoch"]))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is opened: its kind, and the settings of that kind."""

    kind: SubjectKind
    spec: Mapping[str, Plain]

    def to_plain(self) -> dict[str, Plain]:
        """Return the subject as plain data."""
        return {"kind": self.kind.value, "spec": dict(self.spec)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Plain]) -> Subject:
        """Return the subject that `to_plain` wrote."""
        return cls(
            SubjectKind(cast("str", data["kind"])), cast("Mapping[str, Plain]", data["spec"])
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing done to an open subject."""

    name: str
    args: Mapping[str, Plain] = field(default_factory=dict[str, "Plain"])

    def to_plain(self) -> dict[str, Plain]:
        """Return the operation as plain data."""
        return {"name": self.name, "args": dict(self.args)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Plain]) -> Operation:
        """Return the operation that `to_plain` wrote."""
        return cls(cast("str", data["name"]), cast("Mapping[str, Plain]", data["args"]))


@dataclass(frozen=True, slots=True)
class Case:
    """A subject and what is done to it: plain data."""

    id: CaseId
    subject: Subject
    operations: tuple[Operation, ...]
    features: tuple[str, ...] = ()
    pins: Pins = Pins()

    def to_plain(self) -> dict[str, Plain]:
        """Return the case as plain data."""
        return {
            "id": self.id,
            "subject": self.subject.to_plain(),
            "operations": [operation.to_plain() for operation in self.operations],
            "features": list(self.features),
            "pins": self.pins.to_plain(),
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Plain]) -> Case:
        """Return the case that `to_plain` wrote."""
        return cls(
            CaseId(cast("str", data["id"])),
            Subject.from_plain(cast("Mapping[str, Plain]", data["subject"])),
            tuple(
                Operation.from_plain(operation)
                for operation in cast("Sequence[Mapping[str, Plain]]", data["operations"])
            ),
            tuple(cast("Sequence[str]", data["features"])),
            Pins.from_plain(cast("Mapping[str, Plain]", data["pins"])),
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """A case with the outcomes an engine gave, one for each operation."""

    case: Case
    outcomes: tuple[Outcome, ...]

    def to_plain(self) -> dict[str, Plain]:
        """Return the trace as plain data."""
        return {
            "case": self.case.to_plain(),
            "outcomes": [outcome_to_plain(outcome) for outcome in self.outcomes],
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Plain]) -> Trace:
        """Return the trace that `to_plain` wrote."""
        return cls(
            Case.from_plain(cast("Mapping[str, Plain]", data["case"])),
            tuple(
                outcome_from_plain(outcome)
                for outcome in cast("Sequence[Mapping[str, Plain]]", data["outcomes"])
            ),
        )


@dataclass(frozen=True, slots=True)
class Description:
    """What an engine says of itself.

    `levels` holds the highest level it claims for each subject it can open. `engaged` counts how
    often each function that the candidate replaces has run so far: it is how a patch that never
    drove is found out. An engine that replaces nothing leaves it empty. `uses` names what it uses
    of the features that the kit offers across the wire (`parity_kit.wire.features`). `loaded` names
    LangGraph and its version if its process has loaded that; the kit's server fills it in.
    """

    name: str
    version: str
    language: str
    levels: Mapping[SubjectKind, Level]
    engaged: Mapping[str, int] = field(default_factory=dict[str, int])
    protocol: int = PROTOCOL
    uses: tuple[str, ...] = ()
    loaded: str = ""

    def to_plain(self) -> dict[str, Plain]:
        """Return the description as plain data."""
        return {
            "name": self.name,
            "version": self.version,
            "language": self.language,
            "levels": {kind.value: level.label for kind, level in self.levels.items()},
            "engaged": dict(self.engaged),
            "protocol": self.protocol,
            **({"uses": list(self.uses)} if self.uses else {}),
            **({"loaded": self.loaded} if self.loaded else {}),
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Plain]) -> Description:
        """Return the description that `to_plain` wrote.

        Raises:
            KeyError, TypeError, ValueError: If `data` has another shape.
        """
        return cls(
            as_text(data["name"]),
            as_text(data["version"]),
            as_text(data["language"]),
            {
                SubjectKind(kind): Level[as_text(label).upper()]
                for kind, label in cast("Mapping[str, Plain]", data["levels"]).items()
            },
            dict(cast("Mapping[str, int]", data["engaged"])),
            cast("int", data["protocol"]),
            tuple(cast("Sequence[str]", data.get("uses", ()))),
            as_text(data.get("loaded", "")),
        )


class Session(Protocol):
    """An open subject."""

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation and return what came of it."""
        ...

    def close(self) -> None:
        """Release what the session holds."""
        ...


class Engine(Protocol):
    """Anything that answers the contract."""

    def describe(self) -> Description:
        """Say what this engine is and supports."""
        ...

    def open(self, subject: Subject, pins: Pins) -> Session:
        """Open a subject.

        Raises:
            UnsupportedSubjectError: If the engine does not offer it.
        """
        ...

    def measure(self, case: Case, loops: int) -> int:
        """Return the nanoseconds that `loops` runs of the case's operations took.

        Each run has a session of its own, opened outside the time measured; nothing is pinned and
        no outcome is put into plain data while the clock runs.
        """
        ...


class UnsupportedSubjectError(Exception):
    """An engine's answer to `open` when it does not offer the subject."""


def run(engine: Engine, case: Case) -> tuple[Outcome, ...]:
    """Return an engine's outcomes for a whole case."""
    try:
        session = engine.open(case.subject, case.pins)
    except UnsupportedSubjectError as error:
        return tuple(Unsupported(str(error)) for _ in case.operations)
    try:
        return tuple(session.apply(operation) for operation in case.operations)
    finally:
        session.close()


CaseRunner: TypeAlias = Callable[[Case], tuple[Outcome, ...]]
"""What the runner needs of an engine, in this process or across a pipe."""
