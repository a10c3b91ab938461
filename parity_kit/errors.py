"""Every error the kit raises on purpose.

    UsageError                    wrong arguments or files              exit code 2
      BadFileError                a file is missing or not what it should be
      UnknownCandidateError       no such candidate in the workspace
      BadManifestError            candidate.toml or parity.toml is wrong
      BadProgramError             a graph program breaks the rules of docs/programs.md
    CandidateError                the candidate could not be judged     exit code 3
      EnvironmentBuildError       its environment could not be made
      CandidateCrashedError       its process ended, or it failed with an error of its own
      CandidateHungError          it did not answer in time
      ProtocolFaultError          it broke the wire protocol
    KitError                      the kit or the oracle is at fault     exit code 4
      DriftError                  the oracle is not the one the fixtures were made with

A difference between two engines is never an exception: it is a verdict.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of the command line; a run ends with the worst that applies."""

    PARITY = 0
    DIVERGENCE = 1
    USAGE = 2
    NOT_JUDGED = 3
    KIT_FAULT = 4


class ParityKitError(Exception):
    """Root of the kit's errors: what is wrong, where, and the next step."""

    code = "error"
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


class UsageError(ParityKitError):
    """The user's arguments or files are wrong."""

    code = "usage"
    exit_code = ExitCode.USAGE


class BadFileError(UsageError):
    """A file is missing, or not what it should be."""

    code = "bad-file"


class UnknownCandidateError(UsageError):
    """The workspace has no such candidate."""

    code = "unknown-candidate"


class BadManifestError(UsageError):
    """A manifest breaks its rules."""

    code = "bad-manifest"


class BadProgramError(UsageError):
    """A graph program breaks the rules of docs/programs.md."""

    code = "bad-program"


class CandidateError(ParityKitError):
    """The candidate could not be judged."""

    code = "candidate"
    exit_code = ExitCode.NOT_JUDGED


class EnvironmentBuildError(CandidateError):
    """A candidate's environment could not be made."""

    code = "environment"


class CandidateCrashedError(CandidateError):
    """The candidate's process ended before it answered, or it answered that it failed."""

    code = "crashed"


class CandidateHungError(CandidateError):
    """The candidate did not answer within its limit."""

    code = "hung"


class ProtocolFaultError(CandidateError):
    """The candidate broke the wire protocol."""

    code = "protocol-error"


class KitError(ParityKitError):
    """The kit or the oracle is at fault."""

    code = "kit"


class DriftError(KitError):
    """The oracle is not the one the fixtures were made with."""

    code = "drift"
