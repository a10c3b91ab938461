"""Markdown: the verdict in the first line, the gates as a table, what differs, what was not judged.

What may hold a candidate's words stands in code spans, where neither Markdown nor HTML nor a
mention acts, and never in a table. Nothing here depends on time: same run, same text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from parity_kit.contract.events import GateFinished
from parity_kit.contract.text import one_line, quoted, sentence
from parity_kit.judging.text import counts, plain_name
from parity_kit.judging.words import functions_changed, not_looked_at, versions_changed, word
from parity_kit.report.ci.account import Account, Problem, Sentence, cases
from parity_kit.report.summary import CandidateSummary

MOST_SHOWN = 50
"""Causes that are listed; the others are counted."""
_LONGEST = 400  # characters of one side
_MOST_REASONS = 10
_COLUMNS = ("equal", "divergent", "unsupported")


def render(account: Account) -> str:
    """Return a run as Markdown."""
    return "\n".join([*_lines(account), ""])


def code(text: str) -> str:
    """Return untrusted text as a code span that it cannot leave."""
    shown = one_line(text, _LONGEST)
    if not shown.strip():
        return "(empty)"
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest or shown != shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _sentence(sentence: Sentence) -> str:
    return _plain(sentence.head) + (code(sentence.detail) if sentence.detail else "")


def _plain(text: str) -> str:
    """Return the kit's own words; where a journal from elsewhere forges them, nothing acts."""
    return re.sub(r"[<>`@\[\]|]", lambda found: f"&#{ord(found[0])};", one_line(text))


def _lines(account: Account) -> Iterator[str]:
    yield f"## {_sentence(account.headline())}"
    yield ""
    if partial := account.partial:
        yield "**Partial:** this does not stand for a whole run."
        yield ""
        yield from (f"- {code(note)}" for note in partial)
        yield ""
    yield from _made_with(account)
    for candidate in account.candidates:
        if len(account.candidates) > 1:
            shown = "" if account.decides(candidate.name) else " (shown, does not decide)"
            yield f"### {plain_name(candidate.name)}{shown}"
            yield ""
            yield _sentence(account.sentence(candidate))
            yield ""
        yield from _table(candidate)
    yield from _differing(account)
    yield from _not_judged(account)


def _made_with(account: Account) -> Iterator[str]:
    started = account.summary.started
    if started:
        oracle = one_line(started.oracle.get("langgraph", "unknown"))
        yield _plain(f"Parity Kit {started.kit}, judged by LangGraph {oracle}.")
        yield ""


def _table(candidate: CandidateSummary) -> Iterator[str]:
    gates = [gate for gate in candidate.gates.values() if gate.verdicts]
    if not gates:
        return
    yield "| gate | verdict | equal | divergent | unsupported | other | level reached |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | --- |"
    for gate in gates:
        named = [gate.verdicts.get(column, 0) for column in _COLUMNS]
        other = sum(gate.verdicts.values()) - sum(named)
        cells = " | ".join(f"{number:,}" for number in (*named, other))
        verdict = f"{word(gate.verdict).symbol} {_plain(gate.verdict)}"
        yield f"| {plain_name(gate.gate)} | {verdict} | {cells} | {_plain(gate.reached)} |"
    yield ""


def _differing(account: Account) -> Iterator[str]:
    problems = account.problems()
    if not problems:
        return
    yield "### What fails"
    yield ""
    for problem in problems[:MOST_SHOWN]:
        yield from _problem(account, problem)
    if (more := len(problems) - MOST_SHOWN) > 0:
        yield f"- and {more:,} more"
    yield ""


def _problem(account: Account, problem: Problem) -> Iterator[str]:
    sign = f"{word(problem.verdict).symbol} **{_plain(problem.verdict)}**"
    if not problem.case:
        yield f"- {sign}, {code(problem.candidate)}: {code(sentence(problem.message))}"
        yield from _quoted(problem.message)
        return
    where = f"{cases(problem.count)} of {plain_name(problem.gate)}, such as {code(problem.case)}"
    yield f"- {sign}, {code(problem.candidate)}, {where}: {code(sentence(problem.message))}"
    yield from _quoted(problem.message)
    if problem.reference or problem.theirs:
        yield f"  - reference {code(problem.reference)}"
        yield f"  - candidate {code(problem.theirs)}"
    if again := account.again(problem):
        yield f"  - again: {code(again)}"


def _quoted(message: str) -> Iterator[str]:
    """Yield what a message quotes as code of its own, under the list item before it."""
    yield from (f"  - {code(line)}" for line in quoted(message))


def _not_judged(account: Account) -> Iterator[str]:
    lines = [
        line
        for candidate in account.candidates
        for gate in candidate.gates.values()
        for line in _left(account, gate)
    ]
    lines += [
        f"- {code(candidate.name)}: {_plain(unseen)}"
        for candidate in account.candidates
        if (unseen := not_looked_at(candidate.conclusion.not_looked_at))
    ]
    lines += [line for candidate in account.candidates for line in _changed(candidate)]
    if lines:
        yield "### What was not judged"
        yield ""
        yield from lines
        yield ""


def _changed(candidate: CandidateSummary) -> Iterator[str]:
    """Yield the functions of a release that its verdict does not speak of."""
    release, left = candidate.release, set(candidate.conclusion.not_judged)
    if release is None or not left:
        return
    versions = versions_changed(release.before, release.after)
    yield f"- {code(candidate.name)}, {versions}: {functions_changed(release.functions)}"
    functions = [change for change in release.functions if change["function"] in left]
    for change in functions[:MOST_SHOWN]:
        missed = "; ".join(change["missed"])
        yield f"  - {code(change['function'])} ({change['kind']}): {code(missed)}"
    if (more := len(functions) - MOST_SHOWN) > 0:
        yield f"  - and {more:,} more"


def _left(account: Account, gate: GateFinished) -> Iterator[str]:
    left = {item: gate.verdicts.get(item, 0) for item in ("unsupported", "unknown")}
    if unjudged := counts(left):
        yield f"- {code(gate.candidate)}, {plain_name(gate.gate)}: {unjudged}"
        reasons = Counter(case.said for case in account.judged_cases(gate) if case.verdict in left)
        for reason, count in sorted(reasons.items(), key=lambda row: (-row[1], row[0]))[
            :_MOST_REASONS
        ]:
            yield f"  - {cases(count)}: {code(reason)}"
    for note in gate.notes:
        yield f"- {code(gate.candidate)}, {plain_name(gate.gate)}: {code(note)}"
