"""Checks a candidate step by step: framing, then every subject it claims, easiest first."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

from parity_kit.candidates.checks import EASIEST, HARDER, Check
from parity_kit.contract import (
    Case,
    CaseId,
    CaseRunner,
    Outcome,
    Pins,
    Raised,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
)
from parity_kit.contract.errors import CandidateError, CandidateHungError
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.session import RemoteSession


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a check: `result` is ok, unsupported, wrong or the word of an error.

    `part` is a subject or `framing`; `hint` is the next step, if one is known.
    """

    part: str
    title: str
    result: str
    detail: str = ""
    hint: str = ""

    @property
    def failed(self) -> bool:
        """Whether the candidate is at fault; an unsupported check is not a fault."""
        return self.result not in {"ok", "unsupported"}


FRAMING = "framing"
_IN_FLIGHT = 32
_LONG = 1 << 20


def walk(
    engine: RemoteEngine, claimed: Mapping[SubjectKind, object], forget: Callable[[], None]
) -> Generator[Answer]:
    """Yield the answers to the checks of framing and of every claimed subject, easiest first.

    `forget` is called before every check. A hung candidate gets no more checks, as they might all
    take as long.
    """
    offered = [item for item in EASIEST + HARDER if item.subject in claimed]
    offered.sort(key=lambda item: [*SubjectKind].index(item.subject))
    easiest = offered[0] if offered else EASIEST[0]
    same = [item for item in offered if item.subject is easiest.subject]
    another = same[1] if len(same) > 1 else easiest
    steps: list[Callable[[], Answer]] = [
        lambda: _tried("32 requests before the first answer", lambda: _in_flight(engine, easiest)),
        lambda: _tried("a request of one MiB", lambda: _long(engine, easiest)),
        lambda: _tried("open, apply, close", lambda: _session(engine, easiest, another)),
        *(lambda wanted=item: check(engine.run, wanted) for item in offered),
    ]
    for step in steps:
        forget()
        answer = step()
        yield answer
        if answer.result == CandidateHungError.word:
            return


def check(run: CaseRunner, wanted: Check) -> Answer:
    """Return the answer of an engine to a check; a failure of the candidate is an answer too."""
    part, title = wanted.subject.value, wanted.title
    try:
        outcome = run(wanted.case)[-1]
    except CandidateError as error:
        return Answer(part, title, error.word, error.problem, error.hint)
    if isinstance(outcome, Unsupported):
        return Answer(part, title, "unsupported", outcome.reason)
    hint = f"see the operations of a {part} in: parity-kit docs contract"
    if isinstance(outcome, Raised):
        raised = f"raised {outcome.error}: {outcome.message}"
        return Answer(part, title, "wrong", raised, hint)
    if (type(outcome.value), outcome.value) != (type(wanted.expected), wanted.expected):
        differs = f"{outcome.value!r:.200}, expected {wanted.expected!r:.200}"
        return Answer(part, title, "wrong", differs, hint)
    if wanted.data is not None and outcome.stored.get("data") != wanted.data:
        differs = f"stored {dict(outcome.stored)!r:.200}, expected {{'data': {wanted.data!r}}}"
        return Answer(part, title, "wrong", differs, hint)
    return Answer(part, title, "ok")


def _tried(title: str, ask: Callable[[], str]) -> Answer:
    """Return the answer to a check of framing; `ask` returns the problem, or an empty string."""
    try:
        problem = ask()
    except CandidateError as error:
        hint = error.hint or "see: parity-kit docs protocol"
        return Answer(FRAMING, title, error.word, error.problem, hint)
    if not problem:
        return Answer(FRAMING, title, "ok")
    hint = "keep no state from one request to the next; see: parity-kit docs protocol"
    return Answer(FRAMING, title, "wrong", problem, hint)


def _in_flight(engine: RemoteEngine, wanted: Check) -> str:
    answers: list[tuple[Outcome, ...]] = []
    for answer in engine.run_all([wanted.case] * _IN_FLIGHT):
        if isinstance(answer, CandidateError):
            raise answer
        answers.append(answer)
    same = all(answer == answers[0] for answer in answers)
    return "" if same else "different answers to the same case"


def _long(engine: RemoteEngine, wanted: Check) -> str:
    same = engine.run(wanted.case)
    named = Case(CaseId("x" * _LONG), wanted.case.subject, wanted.case.operations)
    return "" if engine.run(named) == same else "the answer differs from that to a short request"


def _session(engine: RemoteEngine, wanted: Check, other: Check) -> str:
    """Run two checks step by step, in two sessions open at once."""
    opened: list[tuple[Check, RemoteSession, tuple[Outcome, ...]]] = []
    for item in (wanted, other):
        expected = engine.run(item.case)
        try:
            opened.append((item, engine.open(item.case.subject, Pins()), expected))
        except UnsupportedSubjectError:
            if not isinstance(expected[-1], Unsupported):
                return "`run` supports the subject, `open` does not"
    steps = zip_longest(
        *([(session, step) for step in check.operations] for check, session, _ in opened)
    )
    single: dict[RemoteSession, list[Outcome]] = {session: [] for _, session, _ in opened}
    for session, operation in filter(None, chain.from_iterable(steps)):
        single[session].append(session.apply(operation))
    for session in single:
        session.close()
    if all(tuple(single[session]) == expected for _, session, expected in opened):
        return ""
    return "with two sessions open, the outcomes of `apply` and `run` differ"
