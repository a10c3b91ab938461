"""The verdict on a candidate as a whole, its exit code, and the line that says why.

`conclude` is the only place that decides them; every command, file and badge shows what it says.
What is listed first wins:

    unknown       3  the candidate failed, or never drove, so it could not be judged
    crashed …     3  it broke down on every case
    divergent …   1  at least one case differs, or it broke down on some
    stale         1  an entry of its ledger is, or one of `[reach.accepted]` in parity.toml
    unknown       3  nothing was compared, or nothing of a subject that it claims, or no case
                     shows a row of the matrix that was asked for, or its code ran in none of
                     LangGraph's own tests that pass
    unknown       3  it is a release of LangGraph, and a function that differs from the oracle's is
                     not judged (`corpora.drift.release`) and not accepted by parity.toml
    unknown       1  a rule is broken: a floor, a ceiling or a level of parity.toml
    expected      0  its ledger expects every difference
    equal         0  there is none
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import CandidateJudged
from parity_kit.contract.text import sentence
from parity_kit.corpora.reach import Reach
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.judging.verdicts import worst
from parity_kit.judging.words import word

BREAKDOWNS = ("crashed", "hung", "protocol error")
"""How a candidate itself fails on a case; one that fails on all of them is not judged."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A verdict on a candidate. `detail` ends the reason and may hold the candidate's own words.

    `not_looked_at` names the areas of LangGraph that no compared case runs: the verdict says
    nothing about them, nor about the functions `not_judged`.
    """

    verdict: str
    exit_code: ExitCode
    reason: str
    detail: str = ""
    not_looked_at: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()

    @property
    def first_line(self) -> str:
        """The line that a command prints first."""
        return f"{word(self.verdict).symbol} {self.verdict}: {self.reason}{self.detail}"

    def event(self, candidate: str) -> CandidateJudged:
        """Return the event that closes a candidate's part of a run."""
        return CandidateJudged(
            candidate,
            self.verdict,
            self.reason + self.detail,
            int(self.exit_code),
            own_words=len(self.reason),
            not_looked_at=list(self.not_looked_at),
            not_judged=list(self.not_judged),
        )


_CORPUS = "corpus "  # how the gate of a corpus is named; a search tells what it ran


def conclude(totals: GateTotals, rules: Rules, reach: Reach | None = None) -> Conclusion:
    """Return the conclusion on a candidate: what its gates add up to, held against the rules.

    `reach` tells what of LangGraph the cases run; without it the conclusion names nothing that was
    not looked at.
    """
    conclusion = replace(_conclude(totals, rules), not_judged=tuple(rules.not_accepted(totals)))
    if reach is None or not totals.compared:
        return conclusion
    unseen = reach.not_looked_at(_corpora(totals, reach))
    return replace(
        conclusion, not_looked_at=tuple(area for area in unseen if area not in totals.areas)
    )


def _corpora(totals: GateTotals, reach: Reach) -> Collection[str]:
    """Return the corpora whose reach the compared cases have at most.

    An own corpus, such as recordings, has no reach on record, and a search may not have been
    watched: they may have the reach of any.
    """
    corpora = (gate for gate in totals.gates if gate.startswith(_CORPUS))
    names, known = {gate.removeprefix(_CORPUS) for gate in corpora}, reach.corpora()
    return known if totals.unwatched or names - known else names


def _conclude(  # noqa: PLR0911  # one return for each row of the table above
    totals: GateTotals, rules: Rules
) -> Conclusion:
    if totals.failure:
        return Conclusion("unknown", ExitCode.NOT_JUDGED, "", sentence(totals.failure))
    if totals.engaged and not any(totals.engaged.values()):
        functions = ", ".join(totals.engaged)
        reason = "not engaged: LangGraph itself answered, these never ran: "
        return Conclusion("unknown", ExitCode.NOT_JUDGED, reason, functions)
    if totals.failing:
        return _failing(totals)
    if stale := [*totals.stale, *rules.stale(totals)]:
        more = len(stale) - 1
        reason = f"{more + 1} entries are stale, first " if more else ""
        return Conclusion("stale", ExitCode.DIVERGENCE, reason, stale[0])
    if not totals.compared:
        reason = f"0 of {totals.counted(totals.total)} compared{_rest(totals.verdicts)}"
        return Conclusion("unknown", ExitCode.NOT_JUDGED, reason)
    if unproved := list(totals.unproved()):
        return Conclusion("unknown", ExitCode.NOT_JUDGED, "; ".join(unproved))
    if rules.every_row and totals.caseless:
        rows = f"{len(totals.caseless)} of {totals.rows} rows have no case"
        return Conclusion("unknown", ExitCode.NOT_JUDGED, f"{rows}, first {totals.caseless[0]}")
    if unjudged := rules.not_accepted(totals):
        changed = f"{len(unjudged)} of {totals.changed} changed functions"
        reason = f"{_passing(totals).reason}; not judged: {changed}, first {unjudged[0]}"
        return Conclusion("unknown", ExitCode.NOT_JUDGED, reason)
    if broken := [*totals.missed, *rules.broken(totals)]:
        return Conclusion("unknown", ExitCode.DIVERGENCE, "; ".join(broken))
    return _passing(totals)


def _failing(totals: GateTotals) -> Conclusion:
    verdict = worst(totals.verdicts)
    throughout = verdict in BREAKDOWNS and not totals.compared
    reason = f"{totals.failing:,} of {totals.counted(totals.total)}{_driven(totals)}"
    code = ExitCode.NOT_JUDGED if throughout else ExitCode.DIVERGENCE
    if (first := totals.first) is None:
        return Conclusion(verdict, code, reason)
    return Conclusion(
        verdict, code, f"{reason}, first ", f"{first.case}: {sentence(first.headline)}"
    )


def _passing(totals: GateTotals) -> Conclusion:
    equal = f"{totals.verdicts['equal']:,} of {totals.counted(totals.total)} equal"
    verdict = "expected" if totals.verdicts["expected"] else "equal"
    level = f" at level {totals.reached}" if verdict == "equal" else ""
    loaded = totals.loaded and f"its process loaded {totals.loaded}"
    notes = "".join(f"; {note}" for note in (*totals.unread, loaded, totals.cage) if note)
    reason = f"{equal}{level}{_rest(totals.verdicts)}{_driven(totals)}{notes}"
    return Conclusion(verdict, ExitCode.PARITY, reason)


def _driven(totals: GateTotals) -> str:
    """Return who drove LangGraph's own tests: no count of them stands without it."""
    if totals.unit != "test":
        return ""
    if totals.drove is None:
        return " (it counts no calls, so that LangGraph alone may have run)"
    passed = totals.verdicts["equal"]
    return f" (its code ran in {totals.drove:,} of the {passed:,} that pass)"


def _rest(verdicts: Counter[str]) -> str:
    """Return in words how many cases have which other verdict."""
    return "".join(
        f", {count:,} {verdict}"
        for verdict, count in sorted(verdicts.items())
        if verdict != "equal" and count
    )
