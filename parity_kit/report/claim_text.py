"""A claim and its figures in words, for terminal and page alike."""

from __future__ import annotations

from collections.abc import Callable

from parity_kit.bench.claims import Claim, Quantity
from parity_kit.judging import text
from parity_kit.report.claims import Answer, Figure


def claimed(claim: Claim) -> str:
    """Return the figure that is claimed."""
    say = _say(claim)
    return say(claim.low) if claim.low == claim.high else f"{say(claim.low)} to {say(claim.high)}"


def measured(claim: Claim, figure: Figure) -> str:
    """Return the figure that was measured, with its interval."""
    say = _say(claim)
    if figure.middle is None:
        return f"{figure.workload}: {figure.detail}"
    if figure.low is None or figure.high is None:
        return f"{figure.workload}: {say(figure.middle)} ({text.plural(figure.pairs, 'pair')})"
    return f"{figure.workload}: {say(figure.middle)} ({say(figure.low)} to {say(figure.high)})"


def origin(answer: Answer) -> str:
    """Return where and when the figures were measured."""
    return ", ".join(part for part in (answer.machine, answer.day, answer.run) if part)


def _say(claim: Claim) -> Callable[[float], str]:
    return text.ratio if claim.quantity is Quantity.TIMES else text.seconds
