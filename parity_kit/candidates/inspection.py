"""A candidate checked step by step: framing, then each subject it claims, easiest first."""

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
    """What a candidate made of a check: `result` is ok, unsupported, wrong or an error's word.

    `part` is a subject, or `handshake` or `framing`; `hint` is the next step, where one is known.
    """

    part: str
    title: str
    result: str
    detail: str = ""
    hint: str = ""

    @property
    def failed(self) -> bool:
        """Whether this is a fault of the candidate's; what it does not offer is none."""
        return self.result not in {"ok", "unsupported"}


FRAMING = "framing"
_IN_FLIGHT = 32
_LONG = 1 << 20


def walk(
    engine: RemoteEngine, claimed: Mapping[SubjectKind, object], forget: Callable[[], None]
) -> Generator[Answer]:
    """Yield what an engine makes of framing and of each subject that it claims, easiest first.

    `forget` is called before each. A candidate that hung is asked nothing more: each further
    question might take as long.
    """
    offered = [each for each in EASIEST + HARDER if each.subject in claimed]
    offered.sort(key=lambda each: [*SubjectKind].index(each.subject))
    easiest = offered[0] if offered else EASIEST[0]
    same = [each for each in offered if each.subject is easiest.subject]
    another = same[1] if len(same) > 1 else easiest
    steps: list[Callable[[], Answer]] = [
        lambda: _tried("32 requests before the first answer", lambda: _in_flight(engine, easiest)),
        lambda: _tried("a request of one MiB", lambda: _long(engine, easiest)),
        lambda: _tried("open, apply, close", lambda: _session(engine, easiest, another)),
        *(lambda wanted=each: check(engine.run, wanted) for each in offered),
    ]
    for step in steps:
        forget()
        answer = step()
        yield answer
        if answer.result == CandidateHungError.word:
            return


def check(run: CaseRunner, wanted: Check) -> Answer:
    """Return what an engine makes of a check; a failing candidate is an answer too."""
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
    return Answer(part, title, "ok")


def _tried(title: str, ask: Callable[[], str]) -> Answer:
    """Return what came of a question about the wire; `ask` returns what is wrong, or nothing."""
    try:
        problem = ask()
    except CandidateError as error:
        hint = error.hint or "see: parity-kit docs protocol"
        return Answer(FRAMING, title, error.word, error.problem, hint)
    hint = "keep no state from one request to the next; see: parity-kit docs protocol"
    return (
        Answer(FRAMING, title, "wrong", problem, hint) if problem else Answer(FRAMING, title, "ok")
    )


def _in_flight(engine: RemoteEngine, wanted: Check) -> str:
    answers: list[tuple[Outcome, ...]] = []
    for each in engine.run_all([wanted.case] * _IN_FLIGHT):
        if isinstance(each, CandidateError):
            raise each
        answers.append(each)
    return "" if all(answer == answers[0] for answer in answers) else "one case, different answers"


def _long(engine: RemoteEngine, wanted: Check) -> str:
    same = engine.run(wanted.case)
    named = Case(CaseId("x" * _LONG), wanted.case.subject, wanted.case.operations)
    return "" if engine.run(named) == same else "another answer than to a short request"


def _session(engine: RemoteEngine, wanted: Check, other: Check) -> str:
    """Run two checks step by step, each in a session of its own, both open at once."""
    opened: list[tuple[Check, RemoteSession, tuple[Outcome, ...]]] = []
    for item in (wanted, other):
        whole = engine.run(item.case)
        try:
            opened.append((item, engine.open(item.case.subject, Pins()), whole))
        except UnsupportedSubjectError:
            if not isinstance(whole[-1], Unsupported):
                return "`run` takes it, `open` declines it"
    steps = zip_longest(
        *([(session, each) for each in check.operations] for check, session, _ in opened)
    )
    single: dict[RemoteSession, list[Outcome]] = {session: [] for _, session, _ in opened}
    for session, operation in filter(None, chain.from_iterable(steps)):
        single[session].append(session.apply(operation))
    for session in single:
        session.close()
    if all(tuple(single[session]) == whole for _, session, whole in opened):
        return ""
    return "`apply` gives another outcome than `run`, with two sessions open"
