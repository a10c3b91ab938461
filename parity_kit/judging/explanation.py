"""A divergence explained: where it is, and both sides as bytes beside what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parity_kit.contract import Level, Outcome, Raised, Returned, Unsupported
from parity_kit.contract.canonical import pack
from parity_kit.contract.casefile import CaseFile
from parity_kit.judging.compare import compare
from parity_kit.judging.outcome_text import arguments_line, outcome_lines
from parity_kit.judging.verdicts import Difference, Divergent, label
from parity_kit.msgpack.parser import MalformedError, parse, render

_MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Explanation:
    """An explanation: a headline, sentences, and each side's part as lines."""

    headline: str
    sentences: tuple[str, ...]
    sides: tuple[tuple[str, tuple[str, ...]], ...]

    def to_json(self) -> dict[str, object]:
        """Return the explanation as a JSON object."""
        return {
            "headline": self.headline,
            "sentences": list(self.sentences),
            "sides": {title: list(lines) for title, lines in self.sides},
        }


def explain(kept: CaseFile) -> Explanation:
    """Return the explanation of a kept case."""
    case, ours, theirs = kept.case, kept.reference_outcomes, kept.candidate_outcomes
    if theirs is None:
        sentence = "The candidate gave no outcomes: it crashed, hung, or broke the protocol."
        return Explanation("no answer", (sentence, *_script_lines(kept)), _all(kept, ours))
    verdict = compare(case, ours, theirs, Level.BYTES)
    if not isinstance(verdict, Divergent):
        return Explanation(label(verdict), tuple(_script_lines(kept)), _all(kept, ours))
    difference = verdict.difference
    operation = case.operations[difference.operation]
    sentences = [
        f"Operation {difference.operation} of {len(case.operations)}: {arguments_line(operation)}",
        f"It differs in its {difference.where}: level {difference.level.label}.",
        f"The engines agree throughout up to level {verdict.reached.label}.",
    ]
    if difference.step is not None:
        sentences.append(f"Superstep: {difference.step}")
    if difference.channel is not None:
        sentences.append(f"Channel: {difference.channel}")
    place = f"Path: {difference.path}"
    if difference.offset is not None:
        place += f", at byte {difference.offset} of the reference's part"
    sentences += [place, f"langgraph has {difference.reference}"]
    sentences.append(f"{kept.candidate} has {difference.candidate}")
    sides = (
        ("langgraph", _part(ours, difference)),
        (kept.candidate, _part(theirs, difference)),
    )
    return Explanation(difference.headline(), tuple(sentences), sides)


def _script_lines(kept: CaseFile) -> list[str]:
    return [
        f"Operation {index}: {arguments_line(operation)}"
        for index, operation in enumerate(kept.case.operations)
    ]


def _all(kept: CaseFile, outcomes: Sequence[Outcome]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (f"langgraph, operation {index} ({operation.name})", tuple(outcome_lines(outcome)))
        for index, (operation, outcome) in enumerate(
            zip(kept.case.operations, outcomes, strict=True)
        )
    )


def _part(outcomes: Sequence[Outcome], difference: Difference) -> tuple[str, ...]:
    """Return the differing part of one side as lines, the differing place marked."""
    data = part_bytes(outcomes[difference.operation], difference.where)
    if data is None:
        return ("absent",)
    try:
        lines = render(parse(data), data)
    except MalformedError:
        return tuple(_hex(data))
    marked = [f"► {line}" if f"  {difference.path}: " in line else f"  {line}" for line in lines]
    return tuple(_around(marked))


def _around(lines: Sequence[str]) -> list[str]:
    """Return at most `_MOST_LINES` lines, those around the marked one."""
    if len(lines) <= _MOST_LINES:
        return list(lines)
    at = next((index for index, line in enumerate(lines) if line.startswith("►")), 0)
    start = max(0, min(at - _MOST_LINES // 2, len(lines) - _MOST_LINES))
    head = [f"  … {start} lines before"] if start else []
    rest = len(lines) - start - _MOST_LINES
    tail = [f"  … {rest} lines more"] if rest > 0 else []
    return [*head, *lines[start : start + _MOST_LINES], *tail]


def _hex(data: bytes) -> list[str]:
    return [
        f"  {at:6d}  {data[at : at + 16].hex(' '):47}  "
        + "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data[at : at + 16])  # noqa: PLR2004  # printable ASCII
        for at in range(0, min(len(data), 16 * _MOST_LINES), 16)
    ]


def part_bytes(outcome: Outcome, where: str) -> bytes | None:
    """Return the bytes of the part of an outcome that `where` names."""
    if isinstance(outcome, Unsupported):
        return None
    if where.startswith("stored "):
        return outcome.stored.get(where.removeprefix("stored "))
    if where.startswith("event "):
        number = int(where.split()[1])
        events = outcome.events
        return pack(events[number].to_plain()) if number < len(events) else None
    if where == "dropped entries":
        return pack(list(outcome.dropped))
    match outcome:
        case Returned():
            return pack(outcome.value)
        case Raised():
            return pack({"error": outcome.error, "message": outcome.message})
