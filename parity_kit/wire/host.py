"""The engine at the other end of a pipe.

Phases of a candidate's life, and what each raises:

    connect             CandidateCrashedError, CandidateHungError, ProtocolFaultError
    run, measure, …     these too, and UnsupportedSubjectError if the engine does not support it
    after a failure     the process is gone; the next request starts a new one
    too many restarts   CandidateError, from every request that follows
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from parity_kit import __version__
from parity_kit.contract import (
    PROTOCOL,
    Case,
    Description,
    Outcome,
    Pins,
    Subject,
    Unsupported,
    UnsupportedSubjectError,
)
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ProtocolFaultError,
)
from parity_kit.contract.plain import Plain
from parity_kit.wire import shapes
from parity_kit.wire.exchange import Exchange, fault, with_streamed
from parity_kit.wire.features import IN_FLIGHT, Bounds, Feature
from parity_kit.wire.kept import CageState, Launch
from parity_kit.wire.limits import Limits
from parity_kit.wire.loaded import LIBRARIES, loaded
from parity_kit.wire.process import CandidateProcess, Watch
from parity_kit.wire.session import RemoteSession, storable
from parity_kit.wire.spent import Spent

T = TypeVar("T")
Arguments = ParamSpec("Arguments")

_SHUTDOWN_SECONDS = 2.0


class RemoteEngine:
    """An engine in its own process; a context manager that ends the process."""

    def __init__(
        self,
        launch: Launch,
        limits: Limits = Limits(),  # noqa: B008  # frozen
        watch: Watch | None = None,
    ) -> None:
        self._launch = launch
        self._watch = watch
        self._limits = limits
        self._exchange: Exchange | None = None
        self.spent = Spent()
        self._has_run = False
        self._engaged_before: Mapping[str, int] = {}
        self._engaged_now: Mapping[str, int] = {}
        self._loaded = ""
        self.ready_seconds = 0.0

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self._launch.name

    @property
    def restarts(self) -> int:
        """How often the process was restarted."""
        return self.spent.restarts

    @property
    def pid(self) -> int | None:
        """The id of the running process, if there is one."""
        return self._exchange and self._exchange.process.pid

    @property
    def cage(self) -> CageState | None:
        """What the running process is kept from."""
        return self._exchange and self._exchange.process.cage

    def connect(self) -> Self:
        """Start the process and do the handshake unless it runs already; return the engine."""
        try:
            self.spent.check_time(self._limits, self._where)
        except CandidateError:
            self._drop()
            raise
        if self._exchange is not None:
            return self
        self.spent.check_start(self._limits, self._where)
        self.spent.starts += 1
        began = time.monotonic()
        process = CandidateProcess(self._launch, self._limits, self._watch)
        self._exchange = Exchange(process, self._where)
        try:
            described = self._ask(
                "handshake",
                self._greeting(),
                shapes.description,
                "the handshake",
                self._limits.start_seconds,
            )
        except BaseException as error:
            # A process that answered the handshake with an error still runs, but is useless.
            self._drop()
            if isinstance(error, UnsupportedSubjectError):
                raise fault(self._where, f"declined the handshake: {error}") from error
            raise
        self._exchange.uses = described.uses
        self._engaged_now = described.engaged
        self._has_run = False
        if not self.ready_seconds:
            self.ready_seconds = time.monotonic() - began
        return self

    def _greeting(self) -> dict[str, Plain]:
        return {
            "protocol": PROTOCOL,
            "kit": __version__,
            "limits": asdict(Bounds.of(self._limits)),
            "features": [str(feature) for feature in Feature],
        }

    def describe(self) -> Description:
        """Return the engine's description as of now.

        `engaged` sums over restarts, as far as earlier processes reported it. `loaded` is what
        the system says, now or at an earlier call, where the engine says nothing.
        """
        description = self._described("describe")
        self._engaged_now = description.engaged
        if self._exchange is not None and not self._loaded.startswith(LIBRARIES):
            first = self._exchange.process.first_pid
            self._loaded = loaded(first, description.language) or self._loaded
        return replace(
            description, engaged=self._engaged(), loaded=description.loaded or self._loaded
        )

    def run(self, case: Case) -> tuple[Outcome, ...]:
        """Return the outcomes of a whole case, after making sure that nothing follows them."""
        self.connect()
        outcomes = self._outcomes(self._send_case(case), case)
        self._settle(case)
        return outcomes

    def run_all(self, cases: Iterable[Case]) -> Generator[tuple[Outcome, ...] | CandidateError]:
        """Yield each case's outcomes, or its failure, in order, with several cases in flight.

        When the process fails, the cause is the oldest unanswered case, or the case answered just
        before it, which is run again alone to find out. The other cases go to a new process.

        Raises:
            CandidateError: If the engine cannot be restarted any more.
        """
        flying: deque[tuple[int, Case]] = deque()
        todo = iter(cases)
        last: tuple[Case, tuple[Outcome, ...] | CandidateError] | None = None
        try:
            while True:
                self.connect()
                for case in itertools.islice(todo, IN_FLIGHT - len(flying)):
                    flying.append((self._send_case(case), case))
                if not flying:
                    break
                msgid, case = flying.popleft()
                answer = _tried(self._outcomes, msgid, case)
                if self._exchange is not None:
                    if last is not None:
                        yield last[1]
                    last = case, answer
                    continue
                again = [case, *(waiting for _, waiting in flying)]
                flying.clear()
                if last is not None:
                    alone = _tried(self.run, last[0])
                    yield last[1] if self._exchange is not None else alone
                if last is None or self._exchange is not None:
                    yield answer
                    del again[0]
                last = None
                todo = itertools.chain(again, todo)
            if last is not None:
                yield _tried(self._settle, last[0]) or last[1]
        finally:
            if flying:
                # The responses still to come must not be taken for the next request's.
                self._cancel()

    def _settle(self, case: Case) -> None:
        """Send a harmless request, so that a case is blamed for whatever it still sends or does."""
        self._described(f"describe after case {case.id}")

    def _described(self, call: str) -> Description:
        try:
            return self._request("describe", {}, shapes.description, call)
        except UnsupportedSubjectError as error:
            raise fault(self._where, f"declined {call}: {error}") from error

    def _send_case(self, case: Case) -> int:
        self._has_run = True
        return self._send("run", {"case": case.to_plain()}, f"case {case.id}")

    def _outcomes(self, msgid: int, case: Case) -> tuple[Outcome, ...]:
        count = len(case.operations)

        def read(result: Plain) -> tuple[Outcome, ...]:
            return self.with_streamed(storable(shapes.outcomes(result, count), result))

        try:
            outcomes = self._answer(msgid, read, f"case {case.id}", self._limits.seconds)
        except UnsupportedSubjectError as error:
            outcomes = (Unsupported(str(error)),) * count
        except CandidateHungError:
            self.spent.hangs += 1
            raise
        self.spent.hangs = 0
        return outcomes

    def with_streamed(self, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Return outcomes with the events that the engine streamed before its response."""
        streamed = self._exchange.streamed if self._exchange else ()
        return with_streamed(outcomes, streamed) if streamed else tuple(outcomes)

    def measure(self, case: Case, loops: int) -> int:
        """Return the nanoseconds that `loops` runs of a case took, by the engine's own clock.

        Raises:
            UnsupportedSubjectError: If the engine cannot measure it.
        """
        return self._request(
            "measure",
            {"case": case.to_plain(), "loops": loops},
            lambda result: shapes.natural(result, "nanoseconds"),
            f"measure of case {case.id}",
        )

    def open(self, subject: Subject, pins: Pins) -> RemoteSession:
        """Open a subject, to apply operations one by one.

        Raises:
            UnsupportedSubjectError: If the engine does not support the subject.
        """
        number = self._request(
            "open",
            {"subject": subject.to_plain(), "pins": pins.to_plain()},
            lambda result: shapes.natural(result, "session"),
            f"open of a {subject.kind.value}",
        )
        return RemoteSession(self, number, self.spent.starts)

    def renew(self) -> None:
        """Make sure that the next case runs in a fresh process."""
        if self._has_run:
            self.close()

    def close(self) -> None:
        """End the process; another request starts a new one."""
        if self._exchange is None:
            return
        process = self._exchange.process
        # Whatever the candidate does now no longer matters: its process is ended anyway.
        with contextlib.suppress(CandidateError, UnsupportedSubjectError):
            self._ask("shutdown", {}, lambda result: result, "shutdown", _SHUTDOWN_SECONDS)
        process.finish()
        self._exchange = None

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def in_session(
        self,
        started: int,
        method: str,
        params: Mapping[str, Plain],
        reader: Callable[[Plain], T],
        call: str,
    ) -> T:
        """Send a request to a session, which ends with its process."""
        if self._exchange is None or self.spent.starts != started:
            raise CandidateCrashedError(
                f"the process ended, and the session of {call} with it", where=self._where
            )
        return self._ask(method, params, reader, call, self._limits.seconds)

    def _request(
        self, method: str, params: Mapping[str, Plain], reader: Callable[[Plain], T], call: str
    ) -> T:
        self.connect()
        return self._ask(method, params, reader, call, self._limits.seconds)

    def _ask(
        self,
        method: str,
        params: Mapping[str, Plain],
        reader: Callable[[Plain], T],
        call: str,
        seconds: float,
    ) -> T:
        """Send a request and read its response; drop a process that fails to answer."""
        return self._answer(self._send(method, params, call), reader, call, seconds)

    def _send(self, method: str, params: Mapping[str, Plain], call: str) -> int:
        """Send a request and return its msgid."""
        assert self._exchange is not None, "a request needs a process"  # noqa: S101  # an invariant
        return self._exchange.ask(method, params, call)

    def _answer(self, msgid: int, reader: Callable[[Plain], T], call: str, seconds: float) -> T:
        """Read the response to the oldest request."""
        assert self._exchange is not None, "an answer needs a process"  # noqa: S101  # an invariant
        exchange, began = self._exchange, time.monotonic()
        try:
            response = exchange.answer(msgid, call, seconds)
            result = reader(response.result) if response.failure is None else None
        except shapes.ShapeError as error:
            self._drop()
            raise exchange.fault(f"answered {call} in the wrong shape: {error}") from error
        except CandidateError:
            self._drop()
            raise
        except BaseException:
            # After an interrupt, the response still to come would be taken for the next request's.
            self._cancel()
            raise
        finally:
            self.spent.waited += time.monotonic() - began
        if response.failure is not None:
            raise exchange.failure(response.failure, call)
        return result  # pyright: ignore[reportReturnType]  # the reader ran: there is no failure

    def _cancel(self) -> None:
        """End a process whose responses nobody waits for, after `cancel` if it uses that."""
        if self._exchange is not None and Feature.CANCEL in self._exchange.uses:
            self._exchange.cancel()
            self._exchange.process.finish()
        self._drop()

    def _drop(self) -> None:
        if self._exchange is not None:
            self._exchange.process.kill()
            self._exchange = None
        self._engaged_before = self._engaged()
        self._engaged_now = {}

    def _engaged(self) -> dict[str, int]:
        before, now = self._engaged_before, self._engaged_now
        return {name: before.get(name, 0) + now.get(name, 0) for name in {**before, **now}}

    @property
    def _where(self) -> str:
        return f"candidate {self._launch.name}"


def _tried(
    ask: Callable[Arguments, T], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> T | CandidateError:
    """Return the result of a request, or the candidate's failure."""
    try:
        return ask(*args, **kwargs)
    except (CandidateCrashedError, CandidateHungError, ProtocolFaultError) as error:
        return error
