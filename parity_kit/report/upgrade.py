"""The result of `parity-kit upgrade` as one answer and one page, from plain data.

`upgrade.json` is written first; the page is a pure function of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from parity_kit import __version__
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import CaseJudged, Event
from parity_kit.contract.files import write_atomically
from parity_kit.corpora.recorded import RECORDINGS
from parity_kit.judging import words
from parity_kit.judging.text import counts, plural
from parity_kit.report.templating import make_environment, policy, source

DATA, PAGE = "upgrade.json", "upgrade.html"
SCHEMA = 1
"""Version of `upgrade.json`; raised when a field changes its meaning or goes."""
CHECKS = {
    "values": "loads with the same state",
    "history": "has the same history",
    "resumed": "resumes to the same state",
    "rollback": "resumed by the other release, is read by the installed one",
    "forward": "resumed by the installed release, is read by the other one",
}
"""What is checked of a thread, in words."""


@dataclass(slots=True)
class CaseTally:
    """The verdicts of a gate's cases, as its events tell them.

    `differing` counts divergent cases by the level at which they still agree; `recordings` lists
    what became of each recording.
    """

    differing: Counter[str] = field(default_factory=Counter[str])
    recordings: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def emit(self, event: Event) -> None:
        """Take one event."""
        match event:
            case CaseJudged(gate=gate) if gate == f"corpus {RECORDINGS}":
                self.recordings.append(
                    {
                        "recording": event.case.removeprefix("recording/"),
                        "verdict": event.verdict,
                        "said": "" if event.verdict == "equal" else event.said,
                    }
                )
            case CaseJudged(verdict="divergent"):
                self.differing[event.reached] += 1
            case _:
                pass


def result_json(  # noqa: PLR0913  # the parts of the page
    release: str,
    changes: Mapping[str, Sequence[str]],
    threads: Mapping[str, Any] | None,
    candidate: Mapping[str, Any],
    tally: CaseTally,
    *,
    not_judged: Sequence[str],
    seconds: float,
) -> dict[str, Any]:
    """Return the content of `upgrade.json`: what was judged, and the answer that follows from it.

    `changes` are versions before and after, `candidate` the release's part of a `report.json`.
    """
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "kit": __version__,
        "release": release,
        "changes": {name: list(pair) for name, pair in changes.items()},
        "threads": threads,
        "candidate": candidate,
        "differing": dict(tally.differing),
        "recordings": tally.recordings,
        "not_judged": list(not_judged),
        "seconds": seconds,
    }
    own, cases = list(_differing(made)), sum(made["differing"].values())
    codes = [ExitCode(candidate["exit_code"])]
    if threads is not None:
        judged = threads["threads"] > threads["unjudged"]
        codes.append(ExitCode.PARITY if judged else ExitCode.NOT_JUDGED)
        codes += [ExitCode.NOT_JUDGED] if threads["unjudged"] else []
        codes += [ExitCode.DIVERGENCE] if _differing_threads(threads) else []
    codes += [ExitCode.NOT_JUDGED] if _unjudged_recordings(made) else []
    code = max(codes)
    kept = _kept(made)
    compared = plural(sum(gate["compared"] for gate in candidate["gates"]), "case")
    if own:
        verdict, answer = "divergent", f"No: {' and '.join(own)}"
    elif cases:
        other = f"LangGraph itself behaves differently in {cases:,} of {compared}"
        verdict = "divergent"
        answer = f"With care: {kept} the same, but {other}" if kept else f"With care: {other}"
    elif code > ExitCode.PARITY:
        reasons = " and ".join(_unknown(made)) or candidate["reason"]
        verdict = "unknown"
        answer = f"Not known: {kept} the same, but {reasons}" if kept else f"Not known: {reasons}"
    else:
        same = f"LangGraph does the same in {compared}"
        answer = f"Yes: {kept} the same, and {same}" if kept else f"Yes: {same}"
        verdict = "equal"
    return made | {"exit_code": int(code), "verdict": verdict, "answer": answer}


def _differing(made: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of the user's own does not stay the same, in words."""
    threads = made["threads"]
    if threads and (count := _differing_threads(threads)):
        yield f"{count:,} of {plural(threads['threads'], 'thread')} {_do(count)} not stay the same"
    departed = sum(words.word(item["verdict"]).tone == "bad" for item in made["recordings"])
    if departed:
        noun = plural(len(made["recordings"]), "recording")
        yield f"{departed:,} of {noun} {'departs' if departed == 1 else 'depart'}"


def _differing_threads(threads: Mapping[str, Any]) -> int:
    return threads["threads"] - threads["same"] - threads["unjudged"]


def _unjudged_recordings(made: Mapping[str, Any]) -> int:
    return sum(
        words.word(item["verdict"]).tone not in {"good", "bad"} for item in made["recordings"]
    )


def _unknown(made: Mapping[str, Any]) -> Iterator[str]:
    """Yield what could not be judged though it was there, in words."""
    threads, candidate = made["threads"], made["candidate"]
    if threads and (count := threads["unjudged"]):
        yield f"{count:,} of {plural(threads['threads'], 'thread')} could not be judged"
    if count := _unjudged_recordings(made):
        yield f"{count:,} of {plural(len(made['recordings']), 'recording')} could not run there"
    if functions := candidate["not_judged"]:
        changed = len(candidate["release"]["functions"])
        yield f"no case runs {len(functions):,} of {plural(changed, 'changed function')} in full"


def _do(count: int) -> str:
    return "does" if count == 1 else "do"


def _kept(made: Mapping[str, Any]) -> str:
    """Return what of the user's own is the same, with its verb; empty if nothing is."""
    threads, recordings = made["threads"], made["recordings"]
    same = {
        "thread": threads["same"] if threads else 0,
        "recording": sum(item["verdict"] == "equal" for item in recordings),
    }
    nouns = " and ".join(plural(count, noun) for noun, count in same.items() if count)
    return f"{nouns} {'stays' if sum(same.values()) == 1 else 'stay'}" if nouns else ""


def write_upgrade(folder: Path, result: Mapping[str, Any]) -> Path:
    """Write `upgrade.json`, then the page from it, and return the page's path."""
    text = json.dumps(result, separators=(",", ":"))
    write_atomically(folder / DATA, f"{text}\n")
    page = folder / PAGE
    write_atomically(page, render_upgrade(json.loads(text)))
    return page


def render_upgrade(result: Mapping[str, Any]) -> str:
    """Return the page for a result; the same result gives the same bytes."""
    environment = make_environment()
    style = "".join(source(environment, name) for name in ("page.css", "upgrade.css"))
    page = environment.get_template("upgrade.html").render(
        result=result,
        candidates=[result["candidate"]],
        gates=[gate for gate in result["candidate"]["gates"] if gate["kind"] == "corpus"],
        tiles=list(_tiles(result)),
        checks=CHECKS,
        levels=words.AGREEMENT,
        style=Markup(style),  # noqa: S704  # the page's own files
        policy=policy(style, ""),
        words=words,
    )
    return f"{page}\n"


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the answers on top of the page: a figure of how many, and what it counts."""

    section: str
    title: str
    figure: str
    total: str
    tone: str
    share: float
    text: str


def _tiles(result: Mapping[str, Any]) -> Iterator[Tile]:
    threads, candidate = result["threads"], result["candidate"]
    if threads is None:
        yield _tile("threads", "Your threads", 0, 0, "no database was given")
    else:
        checked = f"{plural(threads['checkpoints'], 'checkpoint')} read under both releases"
        tone = "bad" if _differing_threads(threads) else "unknown"
        yield _tile("threads", "Your threads", threads["same"], threads["threads"], checked, tone)
    recordings = result["recordings"]
    same = sum(item["verdict"] == "equal" for item in recordings)
    text = "the same, byte for byte" if recordings else "the workspace has none"
    yield _tile("recordings", "Your recordings", same, len(recordings), text)
    verdicts = Counter[str]()
    for gate in candidate["gates"]:
        verdicts.update(gate["verdicts"])
    other = counts({word: count for word, count in verdicts.items() if word != "equal"})
    text = f"equal byte for byte; {other}" if other else "equal byte for byte"
    yield _tile("langgraph", "LangGraph's cases", verdicts["equal"], verdicts.total(), text)
    release = candidate["release"]
    functions: list[dict[str, Any]] = release["functions"] if release else []
    judged = sum(not function["missed"] for function in functions)
    text = "run by cases in all that is new" if functions else "no function differs"
    yield _tile("release", "Changed functions", judged, len(functions), text, unjudged="unknown")


def _tile(  # noqa: PLR0913, PLR0917  # what a tile shows
    section: str, title: str, count: int, total: int, text: str, unjudged: str = "bad"
) -> Tile:
    tone = "quiet" if not total else "good" if count == total else unjudged
    figure, of = (f"{count:,}", f"of {total:,}") if total else ("–", "")  # noqa: RUF001  # as the page shows none
    return Tile(section, title, figure, of, tone, 100 * count / total if total else 0, text)
