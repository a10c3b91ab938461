"""GitHub: workflow commands that annotate files. Everything in them is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parity_kit.contract.text import one_line, sentence
from parity_kit.judging.text import plain_name
from parity_kit.report.ci.account import Account, Problem, cases
from parity_kit.report.ci.source_locations import SourceLocation, SourceLocations

MOST = 10
"""Annotations of one kind that GitHub shows of a step."""
_LONGEST = 1_000  # characters


def render(account: Account, places: SourceLocations) -> str:
    """Return a run's problems as annotations, the worst first: at most what GitHub shows."""
    problems = account.problems()
    lines = [
        *_annotations("error", [problem for problem in problems if problem.decides], places),
        *_annotations("warning", [problem for problem in problems if not problem.decides], places),
    ]
    if partial := account.partial:
        message = one_line(f"partial: {'; '.join(partial)}", _LONGEST)
        lines.append(_command("notice", "Parity Kit judged a part", message))
    return "".join(f"{line}\n" for line in lines)


def _annotations(kind: str, problems: Sequence[Problem], places: SourceLocations) -> Iterator[str]:
    shown = problems if len(problems) <= MOST else problems[: MOST - 1]
    for problem in shown:
        where = f" of {problem.gate}, first {problem.case}" if problem.case else ""
        count = f"{cases(problem.count)}{where}: " if problem.case else ""
        message = one_line(f"{count}{sentence(problem.message)}", _LONGEST)
        yield _command(
            kind, f"{plain_name(problem.candidate)}: {problem.verdict}", message, places.of(problem)
        )
    if more := len(problems) - len(shown):
        yield _command(kind, "Parity Kit", f"and {more:,} more; the report has them all")


def _command(kind: str, title: str, message: str, place: SourceLocation | None = None) -> str:
    at = f"file={_property(place.file)},line={place.line}," if place else ""
    return f"::{kind} {at}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """Escape a message, by the rules of actions/toolkit's `escapeData`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
