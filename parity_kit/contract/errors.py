"""Every error the kit raises on purpose.

    PK200 UsageError                  wrong arguments or files          exit code 2
      PK201 BadFileError              a file is missing or not what it should be
      PK202 UnknownCandidateError     no such candidate in the workspace
      PK203 BadManifestError          candidate.toml or parity.toml is wrong
      PK204 BadProgramError           a graph program breaks the rules of docs/programs.md
      PK205 UntrustedTypeError        a case names a type that the kit does not build
      PK206 CannotRecordError         an application does what a recording cannot hold
    PK300 CandidateError              the candidate could not be judged exit code 3
      PK301 EnvironmentBuildError     its environment could not be made
      PK302 CandidateCrashedError     its process ended, or it failed with an error of its own
      PK303 CandidateHungError        it did not answer in time
      PK304 ProtocolFaultError        it broke the wire protocol
    PK400 KitError                    the kit or the oracle is at fault exit code 4
      PK401 DriftError                the oracle is not the one the fixtures were made with

A code's first digit is its exit code; docs/errors.md explains each. A code that was published keeps
its meaning, and one that went is not used again.

A difference between two engines is never an exception: it is a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from parity_kit.contract.text import one_line, quoted, sentence

_NAMED = 5
"""How many types a message names."""


class ExitCode(IntEnum):
    """The exit codes of the command line; a run ends with the worst that applies."""

    PARITY = 0
    DIVERGENCE = 1
    USAGE = 2
    NOT_JUDGED = 3
    KIT_FAULT = 4


class ParityKitError(Exception):
    """Root of the kit's errors: what is wrong, where, and the next step.

    `code` is the one that docs/errors.md explains.
    """

    code = "PK400"
    exit_code = ExitCode.KIT_FAULT

    def __init__(self, problem: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        hint = f"\n  next: {self.hint}" if self.hint else ""
        return f"{where}{self.problem}{hint}"

    def to_json(self) -> dict[str, str | int]:
        """Return the error for machines."""
        return {
            "code": self.code,
            "problem": self.problem,
            "where": self.where,
            "hint": self.hint,
            "exit_code": int(self.exit_code),
        }


def error_text(error: ParityKitError) -> str:
    """Return an error for people; what it quotes, such as last words, stands behind bars."""
    where = f"{one_line(error.where)}: " if error.where else ""
    lines = [f"error {error.code}: {where}{one_line(sentence(error.problem))}"]
    lines += [f"  {line}" for line in quoted(error.problem)]
    # A hint is the kit's own, and some are lists; what it names may be anybody's.
    hint, *listed = error.hint.splitlines() or [""]
    lines += [f"  next: {one_line(hint)}"] if hint else []
    return "\n".join([*lines, *(f"  {one_line(line)}" for line in listed)])


class UsageError(ParityKitError):
    """The user's arguments or files are wrong."""

    code = "PK200"
    exit_code = ExitCode.USAGE


class BadFileError(UsageError):
    """A file is missing, or not what it should be."""

    code = "PK201"


class UnknownCandidateError(UsageError):
    """The workspace has no such candidate."""

    code = "PK202"


class BadManifestError(UsageError):
    """A manifest breaks its rules."""

    code = "PK203"


class BadProgramError(UsageError):
    """A graph program breaks the rules of docs/programs.md."""

    code = "PK204"


class UntrustedTypeError(UsageError):
    """A case makes LangGraph import and call something that the kit does not know."""

    code = "PK205"

    def __init__(self, types: Sequence[tuple[str, str]], *, where: str, hint: str = "") -> None:
        names = ", ".join(".".join(kind) for kind in types[:_NAMED])
        more = f" and {len(types) - _NAMED} more" if len(types) > _NAMED else ""
        super().__init__(
            f"names {names}{more}, which LangGraph would import and call",
            where=where,
            hint=hint or "read what the case holds; if you trust it as you trust code: --trust",
        )


class CannotRecordError(UsageError):
    """An application does what a recording cannot hold."""

    code = "PK206"


LAST_WORDS = "; its last words on standard error:\n"
"""What stands in an error's problem before them; they may be others each time."""


class CandidateError(ParityKitError):
    """The candidate could not be judged; `word` says how it failed, where a table has no room."""

    code = "PK300"
    word = "candidate"
    exit_code = ExitCode.NOT_JUDGED
    process_lives = False
    """Whether the failure was an answer, after which its process goes on."""


class EnvironmentBuildError(CandidateError):
    """A candidate's environment could not be made."""

    code = "PK301"
    word = "environment"


class CandidateCrashedError(CandidateError):
    """The candidate's process ended before it answered, or it answered that it failed."""

    code = "PK302"
    word = "crashed"

    def __init__(
        self, problem: str, *, where: str = "", hint: str = "", process_lives: bool = False
    ) -> None:
        super().__init__(problem, where=where, hint=hint)
        self.process_lives = process_lives


class CandidateHungError(CandidateError):
    """The candidate did not answer within its limit."""

    code = "PK303"
    word = "hung"


class ProtocolFaultError(CandidateError):
    """The candidate broke the wire protocol."""

    code = "PK304"
    word = "protocol-error"


class KitError(ParityKitError):
    """The kit or the oracle is at fault."""


class DriftError(KitError):
    """The oracle is not the one the fixtures were made with."""

    code = "PK401"
