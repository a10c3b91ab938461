"""The verdict words, for terminal and page alike: their signs, their tones and what they mean."""

# ruff: noqa: RUF001  # typographic signs are meant: people read them

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity_kit.contract.text import one_line


@dataclass(frozen=True, slots=True)
class Word:
    """A verdict word. The sign says the same as the tone's colour, for those who see none."""

    symbol: str
    tone: str
    meaning: str


UNKNOWN = Word(
    "?", "unknown", "The kit could not judge, or too little was compared. It never counts as equal."
)

AGREEING = {"parity", "equal"}
"""The words that say a candidate as a whole agrees."""

WORDS: dict[str, Word] = {
    "parity": Word(
        "✓",
        "good",
        "The candidate agrees with LangGraph in every gate, at the level that was asked for.",
    ),
    "equal": Word("✓", "good", "A case, or all cases of a gate, came out as on LangGraph."),
    "divergent": Word("≠", "bad", "Gave something else than LangGraph on at least one case."),
    "not engaged": Word(
        "∅",
        "bad",
        "What the candidate replaces never ran: the cases were answered by LangGraph itself.",
    ),
    "flaky": Word("↯", "bad", "What failed was run again, alone, and came out otherwise."),
    "stale": Word(
        "⌛",
        "bad",
        "An entry of the ledger has ended, covers nothing any more, or covers too much.",
    ),
    "expected": Word(
        "≈",
        "plain",
        "Gave something else, as the candidate's ledger says, with a reason and an end.",
    ),
    "unsupported": Word("–", "quiet", "Says that it does not offer what the case needs."),
    "no case": Word("–", "quiet", "No case shows it, so nothing is known of it."),
    "crashed": Word("✕", "bad", "Its process ended before it answered."),
    "hung": Word("…", "bad", "It did not answer in time."),
    "protocol error": Word("!", "bad", "It broke the wire protocol."),
    "unknown": UNKNOWN,
}

SPEEDS: dict[str, Word] = {
    "faster": Word("▲", "good", "The whole interval lies beyond +5 %."),
    "slower": Word("▼", "bad", "The whole interval lies beyond −5 %."),
    "equivalent": Word("=", "plain", "The whole interval lies within ±5 %."),
    "inconclusive": Word("~", "unknown", "The interval is too wide for any of the three."),
    "not comparable": Word(
        "–", "quiet", "The outcomes differ or are missing, so the times say nothing."
    ),
}

LEVELS = {
    "none": "not even the results agree throughout",
    "result": "final values and errors",
    "trace": "and every step and event, ids and times renamed",
    "bytes": "and every stored byte",
}

AGREEMENT = {
    "none": "results differ",
    "result": "results agree, steps or events differ",
    "trace": "results and events agree, stored bytes differ",
    "bytes": "equal byte for byte",
}
"""What the level says that both engines agree at throughout."""

SUBJECTS = ("codec", "channel", "graph", "saver", "store", "cache")
"""What an engine can open, in the order of their columns."""

ENDINGS: dict[int | None, str] = {
    0: "0: parity",
    1: "1: a divergence, or too little compared",
    2: "2: wrong use or configuration",
    3: "3: a candidate could not be judged",
    4: "4: the kit or the oracle is at fault",
    None: "none: the run did not end",
}

_COLOURS = {"good": "green", "bad": "red", "unknown": "yellow", "plain": "cyan", "quiet": "dim"}


def word(name: str) -> Word:
    """Return a verdict word; one that is none counts as unknown."""
    return WORDS.get(name) or SPEEDS.get(name) or UNKNOWN


def reached(level: str, compared: int) -> str:
    """Return in words how closely outcomes agree: the level that every compared case reached."""
    if not compared:
        return "not compared"
    return "results differ" if level == "none" else level


def colour(verdict: str) -> str:
    """Return a verdict's colour in the terminal."""
    return _COLOURS[word(verdict).tone]


def mark(verdict: str, text: str = "") -> str:
    """Return a verdict's sign and name in its colour, or another text with them, as rich markup."""
    tone = colour(verdict)
    return f"[{tone}]{word(verdict).symbol} {text or verdict}[/{tone}]"


def not_judged(functions: Sequence[str]) -> str:
    """Return the changed functions that a verdict does not speak of, in a line; "" if none."""
    if not functions:
        return ""
    more = len(functions) - _MOST_FUNCTIONS
    rest = f" and {more:,} more" if more > 0 else ""
    noun = "function" if len(functions) == 1 else "functions"
    shown = ", ".join(functions[:_MOST_FUNCTIONS])
    return f"not judged: {len(functions):,} changed {noun}: {shown}{rest}"


def versions_changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the distributions whose versions differ, such as `langgraph 1.2.22 → 1.2.24`."""
    changed = [name for name in before if before[name] != after.get(name)]
    texts = [f"{name} {before[name]} → {after.get(name, 'none')}" for name in changed]
    return ", ".join(sorted(texts, key=lambda text: not text.startswith("langgraph ")))


def other_packages(packages: Mapping[str, Sequence[str]]) -> str:
    """Return which packages differ from the oracle's, in a line; "" if none does."""
    texts = [f"{name} {' instead of '.join(reversed(both))}" for name, both in packages.items()]
    return f"its environment is not the oracle's: {', '.join(texts)}" if texts else ""


def functions_changed(functions: Sequence[Mapping[str, Any]]) -> str:
    """Return how many functions differ and how far cases run them, in a line."""
    unjudged = [change for change in functions if change["missed"]]
    in_part = sum(bool(change["corpora"]) for change in unjudged)
    counts = f"{len(functions) - len(unjudged):,} judged, {len(unjudged) - in_part:,} not run"
    noun = "function differs" if len(functions) == 1 else "functions differ"
    return f"{len(functions):,} {noun}: {counts}, {in_part:,} run in part"


_MOST_FUNCTIONS = 3
"""Functions that are named in a line."""
_MOST_AREAS = 6
"""Areas that are named in a line."""


def not_looked_at(areas: Sequence[str]) -> str:
    """Return what a verdict does not speak of, in a line; "" if there is nothing to name."""
    if not areas:
        return ""
    more = len(areas) - _MOST_AREAS
    rest = f" and {more} more areas" if more > 0 else ""
    named = one_line(", ".join(areas[:_MOST_AREAS]))
    return f"not looked at: {named}{rest} (parity-kit reach)"
