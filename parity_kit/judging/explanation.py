"""A divergence explained: where it is, and both sides as bytes beside what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parity_kit.contract import Outcome
from parity_kit.contract.casefile import CaseFile
from parity_kit.judging.compare import compare
from parity_kit.judging.outcome_text import arguments_line, outcome_lines
from parity_kit.judging.places import part_bytes, place_text
from parity_kit.judging.text import plural
from parity_kit.judging.verdicts import Divergent, NotSupported, Verdict, headline
from parity_kit.judging.words import AGREEMENT
from parity_kit.msgpack.parser import MalformedError, parse, render

_MOST_LINES = 40
_MOST_OTHERS = 10


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


def explain(kept: CaseFile, judged: Verdict | None = None) -> Explanation:
    """Return the explanation of a case, compared at the level that it was kept with.

    `judged` is the verdict where the candidate has just run the case.
    """
    case, ours, theirs = kept.case, kept.reference_outcomes, kept.candidate_outcomes
    if not kept.candidate:
        return Explanation("no candidate", tuple(_script_lines(kept)), _all(kept, ours))
    if judged is not None and (theirs is None or isinstance(judged, NotSupported)):
        return Explanation(headline(judged), tuple(_script_lines(kept)), _all(kept, ours))
    if theirs is None:
        sentence = "The candidate gave no outcomes: it crashed, hung, or broke the protocol."
        return Explanation("no answer", (sentence, *_script_lines(kept)), _all(kept, ours))
    verdict = compare(case, ours, theirs, kept.level)
    if not isinstance(verdict, Divergent):
        return Explanation(headline(verdict), tuple(_script_lines(kept)), _all(kept, ours))
    difference, *others = verdict.differences
    operation = case.operations[difference.operation]
    place = place_text(difference.place)
    sentences = [
        f"Operation {difference.operation} of {len(case.operations)}: {arguments_line(operation)}",
        f"Differs in: {place}, at level {difference.level.label}.",
        f"Over the whole case {AGREEMENT[verdict.reached.label]}.",
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
    if others:
        sentences.append(f"{plural(len(others) + verdict.more, 'further difference')}:")
        sentences += [f"  {other.headline()}" for other in others[:_MOST_OTHERS]]
    number = difference.operation
    parts = part_bytes(ours[number], theirs[number], difference.place)
    names = ("langgraph", kept.candidate)
    sides = tuple(
        (name, _part(part, difference.path)) for name, part in zip(names, parts, strict=True)
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


def _part(data: bytes | None, path: str) -> tuple[str, ...]:
    """Return the differing part of one side as lines, the differing place marked."""
    if data is None:
        return ("absent",)
    try:
        lines = render(parse(data), data)
    except MalformedError:
        return tuple(_hex(data))
    marked = [f"► {line}" if f"  {path}: " in line else f"  {line}" for line in lines]
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
