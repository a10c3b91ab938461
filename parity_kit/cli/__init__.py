"""The command line: one module a command, imported only when that command runs."""

from __future__ import annotations

import errno
import importlib
import sys
from typing import TYPE_CHECKING

import click

from parity_kit import __version__
from parity_kit.cli import interrupts, streams
from parity_kit.contract.errors import BadFileError, ExitCode, KitError, ParityKitError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "init": "Create a workspace in your port's repository.",
    "fixtures": "Build, check, show and compare the corpora.",
    "run": "Run the differential suite against a candidate.",
    "campaign": "Search very many cases of a candidate, on every processor.",
    "bench": "Measure a candidate against the reference.",
    "claims": "Show published claims of speed beside what was measured here.",
    "report": "Write the HTML report of a run.",
    "gate": "Compare a candidate with the committed corpora, byte for byte.",
    "app": "Check, record and replay an application's own graph.",
    "upgrade": "Judge whether a database of threads survives another release of LangGraph.",
    "relay": "Let engines take turns on one thread, as in a rolling deploy.",
    "matrix": "Report, feature by feature, how closely candidates match LangGraph.",
    "ledger": "Check and propose a candidate's known differences.",
    "oracle": "Show LangGraph's release that everything is judged by; move to another.",
    "upstream": "Run LangGraph's own tests on a candidate.",
    "conformance": "Run LangGraph's conformance suite for savers on a candidate.",
    "reach": "Show which functions of LangGraph the committed cases run.",
    "selftest": "Put faults into engines, LangGraph and the kit, and count those it notices.",
    "candidates": "List, create and check candidates.",
    "completion": "Print the shell completion script.",
    "docs": "Show the documentation.",
    "doctor": "Check what is installed and what is missing.",
    "replay": "Run one case again on both engines and show both outcomes.",
    "explain": "Explain where a case differs.",
    "parity": "Do everything: corpora, lockstep, benchmarks, report.",
}
# The system's errors for a path that is missing, forbidden or full.
_PLACES = {
    errno.EACCES,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


class _LazyGroup(click.Group):
    """Imports a command's module when it is asked for; help needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        return importlib.import_module(f"parity_kit.cli.{cmd_name}").command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        commands = [
            CompletionItem(name, help=text)
            for name, text in _COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="parity-kit")
def cli() -> None:
    """Prove or break the claim that an engine is compatible with LangGraph."""


def main() -> None:
    """Run the command line and exit with its code."""
    interrupts.install()
    streams.prepare()
    try:
        code = _run()
    except BaseException:
        if not interrupts.happened():
            raise
        code = interrupts.EXIT_CODE
    interrupts.ignore()
    if code == interrupts.EXIT_CODE:
        click.echo("interrupted", err=True)
    sys.exit(streams.finish(code))


def _run() -> int:
    """Run the command line; every error the kit raises on purpose ends in its exit code."""
    try:
        code = cli(standalone_mode=False)
    except click.exceptions.Abort:
        return interrupts.EXIT_CODE
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except Exception as error:
        if interrupts.happened():
            raise
        if isinstance(error, ParityKitError):
            _emit(error)
            return error.exit_code
        return _unexpected(error)
    return code if isinstance(code, int) else ExitCode.PARITY


def _unexpected(error: Exception) -> ExitCode:
    """Print an error that the kit did not raise on purpose, and return its code."""
    if isinstance(error, OSError) and error.errno in _PLACES:
        hint = "make sure that it exists and can be read and written"
        failure: ParityKitError = BadFileError(
            str(error.strerror), where=str(error.filename or ""), hint=hint
        )
    else:
        import traceback

        traceback.print_exception(error)
        problem = f"{type(error).__name__}: {error}"
        failure = KitError(problem, hint="this is a bug in Parity Kit: please report it")
    _emit(failure)
    return failure.exit_code


def _emit(error: ParityKitError) -> None:
    """Print an error for people, and for machines where they asked."""
    from parity_kit.cli.common import print_error, print_json

    if "--json" in sys.argv[1:]:
        print_json({"error": error.to_json()})
    print_error(error)
