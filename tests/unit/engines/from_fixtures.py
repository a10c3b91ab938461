"""An engine that answers from the fixtures themselves: equal to the byte, and no LangGraph."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from parity_kit.contract import (
    Case,
    Description,
    Level,
    Operation,
    Outcome,
    Pins,
    Subject,
    SubjectKind,
    Unsupported,
)
from parity_kit.contract.canonical import Digest, digest, pack
from parity_kit.corpora.folder import read_corpora


def _key(subject: Subject, operations: list[Operation]) -> Digest:
    done = [operation.to_plain() for operation in operations]
    return digest(pack([subject.to_plain(), done]))


class _Session:
    def __init__(self, subject: Subject, answers: dict[Digest, Outcome]) -> None:
        self._subject = subject
        self._answers = answers
        self._done: list[Operation] = []

    def apply(self, operation: Operation) -> Outcome:
        self._done.append(operation)
        key = _key(self._subject, self._done)
        return self._answers.get(key, Unsupported("not in the fixtures"))

    def close(self) -> None:
        """Hold nothing."""


class Engine:
    """Knows what came of each case's operations, by all that was done before."""

    def __init__(self) -> None:
        self._answers: dict[Digest, Outcome] = {}
        for corpus in read_corpora(Path(os.environ["PARITY_KIT_TEST_FIXTURES"])):
            for trace in corpus.traces:
                operations = list(trace.case.operations)
                for index, outcome in enumerate(trace.outcomes):
                    key = _key(trace.case.subject, operations[: index + 1])
                    self._answers[key] = outcome

    def describe(self) -> Description:
        return Description("fixtures", "1", "Python", dict.fromkeys(SubjectKind, Level.BYTES))

    def open(self, subject: Subject, pins: Pins) -> _Session:
        del pins
        return _Session(subject, self._answers)

    def measure(self, case: Case, loops: int) -> int:
        del case
        return loops


class SupportsNothing(Engine):
    """Claims every subject and offers no operation."""

    def __init__(self) -> None:
        self._answers = {}


class FailsThroughout(SupportsNothing):
    """Describes itself, and fails on whatever else it is asked."""

    def open(self, subject: Subject, pins: Pins) -> _Session:
        raise RuntimeError(f"no {subject.kind.value} at {pins.epoch}")


class OneByteOff(Engine):
    """Forgets the last stored byte of every outcome that stores any."""

    def open(self, subject: Subject, pins: Pins) -> _Session:
        session = super().open(subject, pins)
        return _Forgetful(session)


class _Forgetful(_Session):
    def __init__(self, session: _Session) -> None:
        super().__init__(session._subject, session._answers)

    def apply(self, operation: Operation) -> Outcome:
        return shortened(super().apply(operation))


def shortened(outcome: Outcome) -> Outcome:
    """Return an outcome with the last byte of each stored string changed."""
    if isinstance(outcome, Unsupported):
        return outcome
    stored = {
        name: data[:-1] + bytes([data[-1] ^ 1]) if data else data
        for name, data in outcome.stored.items()
    }
    return dataclasses.replace(outcome, stored=stored)


class WithoutTopics(Engine):
    """Offers everything but one class of channel."""

    def open(self, subject: Subject, pins: Pins) -> _Session:
        if subject.spec.get("class") == "Topic":
            return _Session(subject, {})
        return super().open(subject, pins)


class LowChannels(Engine):
    """Claims channels, at the lowest level, and nothing else."""

    def describe(self) -> Description:
        return Description("fixtures", "1", "Python", {SubjectKind.CHANNEL: Level.RESULT})

    def open(self, subject: Subject, pins: Pins) -> _Session:
        if subject.kind is not SubjectKind.CHANNEL:
            return _Session(subject, {})
        return super().open(subject, pins)


class CountsAndDies(OneByteOff):
    """Counts the subjects that it opens, and dies where one is a topic."""

    _opened = 0

    def describe(self) -> Description:
        return dataclasses.replace(super().describe(), engaged={"open": self._opened})

    def open(self, subject: Subject, pins: Pins) -> _Session:
        if subject.spec.get("class") == "Topic":
            os._exit(7)
        self._opened += 1
        return super().open(subject, pins)
