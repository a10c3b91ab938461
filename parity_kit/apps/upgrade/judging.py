"""What becomes of each thread under another release: the same, different, or lost."""

from __future__ import annotations

import contextlib
import json
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from parity_kit.apps.upgrade.databases import Copies, Copy, Database
from parity_kit.apps.upgrade.sides import RELEASES, Side
from parity_kit.candidates.cached import short_digest
from parity_kit.candidates.workspace import Workspace

ANY = "*"
"""The key of the answer for threads that no other key names."""
NOT_JUDGED = "not judged"
SECONDS = 60.0
"""Longest time that a release may take to resume a thread, unless another is given."""
_MOST_LISTED = 50
_AHEAD = 8  # threads that each side may read before the first of them is judged
_SHORT = 4096  # bytes of answers; eight of them fit into a pipe


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be judged, and with which interpreters."""

    database: Database
    before: Path
    after: Path
    app: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    threads: tuple[str, ...] = ()
    serde: str | None = None
    path: tuple[str, ...] = ()
    seconds: float = SECONDS

    def folder(self, workspace: Workspace) -> Path:
        """Return a folder for this upgrade's files: another database or question has another."""
        question = [self.app, dict(self.answers), self.threads, self.serde, self.seconds]
        key = short_digest(repr([*self.database.state(), str(self.after), *question]))
        return workspace.cache / "upgrades" / key

    def question(self, thread: str) -> dict[str, Any]:
        """Return how a side is asked for a thread: whether it resumes it, and with which answer."""
        resume = thread in self.answers or ANY in self.answers
        answer = self.answers.get(thread, self.answers.get(ANY))
        return {"thread": thread, "resume": resume, "answer": answer}

    def worker(self, copy: Copy, *, setup: bool = True) -> dict[str, Any]:
        """Return the settings of a worker on a copy."""
        return {
            **asdict(copy),
            "app": self.app,
            "path": self.path,
            "serde": self.serde,
            "setup": setup,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """A thread: the result of each check, and what differs, in sentences.

    A result is same, differs, lost or not judged. A check that is missing was not made.
    """

    thread: str
    checks: Mapping[str, str] = field(default_factory=dict[str, str])
    problems: tuple[str, ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict[str, int])
    checkpoints: int = 0

    @property
    def result(self) -> str:
        """The result for the whole thread: same, differs or not judged."""
        results = {*self.checks.values()}
        if self.lost or results & {"differs", "lost"}:
            return "differs"
        return NOT_JUDGED if NOT_JUDGED in results else "same"


@dataclass(slots=True)
class Upgrade:
    """The result: counts, the first threads that are not the same, and types that are lost."""

    packages: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    threads: int = 0
    same: int = 0
    unjudged: int = 0
    checkpoints: int = 0
    checks: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    lost: Counter[str] = field(default_factory=Counter[str])
    differing: list[Judged] = field(default_factory=list[Judged])

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, which `asdict` does not make of counters."""
        return {
            **{
                name: getattr(self, name)
                for name in ("packages", "threads", "same", "unjudged", "checkpoints")
            },
            "checks": {check: dict(results) for check, results in self.checks.items()},
            "lost": dict(self.lost.most_common()),
            "differing": [asdict(judged) for judged in self.differing],
        }

    def add(self, judged: Judged) -> None:
        """Add a thread."""
        self.threads += 1
        self.checkpoints += judged.checkpoints
        self.lost.update(judged.lost)
        for check, result in judged.checks.items():
            self.checks.setdefault(check, Counter())[result] += 1
        self.same += judged.result == "same"
        self.unjudged += judged.result == NOT_JUDGED
        if judged.result != "same" and len(self.differing) < _MOST_LISTED:
            self.differing.append(judged)


def judge_upgrade(
    workspace: Workspace, asked: Asked, folder: Path, progress: Callable[[int, int], None]
) -> Upgrade:
    """Judge every thread on copies of the database.

    A stopped run goes on from what it left in `folder`.

    Raises:
        BadFileError, UsageError: If the database cannot be read.
        CandidateError: If a side cannot be imported or ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / "threads.jsonl"
    upgrade, last = Upgrade(), None
    for judged in _known(journal):
        upgrade.add(judged)
        last = judged.thread
    with (
        asked.database.copied(folder) as copies,
        _started(workspace, asked, copies, folder) as sides,
        journal.open("a", encoding="utf-8") as lines,
    ):
        lines.write("\n")  # ends a half-written line
        total = copies.count()
        upgrade.packages = _changed(sides["before"].packages, sides["after"].packages)
        for judged in _all_judged(copies.threads(last), asked, sides):
            lines.write(json.dumps(asdict(judged)) + "\n")
            lines.flush()
            upgrade.add(judged)
            progress(upgrade.threads, total)
    return upgrade


def _known(journal: Path) -> Generator[Judged]:
    """Yield the threads that a stopped run judged; a half-written line is none."""
    if journal.is_file():
        with journal.open(encoding="utf-8") as lines:
            for line in lines:
                with contextlib.suppress(ValueError, TypeError):
                    yield Judged(**json.loads(line))


@contextlib.contextmanager
def _started(
    workspace: Workspace, asked: Asked, copies: Copies, folder: Path
) -> Generator[dict[str, Side]]:
    before, after = asked.worker(copies.before), asked.worker(copies.after)
    workers = {"before": (asked.before, before), "after": (asked.after, after)}
    # Each reads with its release what the other release wrote when it resumed a thread.
    crossed = {
        "rollback": (asked.before, {**after, "setup": False}),
        "forward": (asked.after, {**before, "setup": False}),
    }
    with contextlib.ExitStack() as stack:
        sides: dict[str, Side] = {}

        def start(workers: Mapping[str, tuple[Path, dict[str, Any]]]) -> None:
            for title, (python, settings) in workers.items():
                log = folder / f"{title}.log"
                sides[title] = Side.start(title, python, settings, log, workspace)
                stack.callback(sides[title].close)
            for title in workers:
                sides[title].greet()

        start(workers)
        if asked.answers:
            start(crossed)
        yield sides


def _all_judged(
    threads: Iterable[str], asked: Asked, sides: Mapping[str, Side]
) -> Generator[Judged]:
    """Judge threads in order; the sides read ahead, so that they do not wait for each other."""
    ahead = _AHEAD if len(json.dumps(dict(asked.answers))) < _SHORT else 1
    waiting = deque[dict[str, Any]]()
    for thread in threads:
        question = asked.question(thread)
        for title in ("before", "after"):
            sides[title].ask(question)
        waiting.append(question)
        if len(waiting) == ahead:
            yield _judge(waiting.popleft(), sides, asked.seconds)
    for question in waiting:
        yield _judge(question, sides, asked.seconds)


def _judge(question: Mapping[str, Any], sides: Mapping[str, Side], seconds: float) -> Judged:
    thread = question["thread"]
    ours, theirs = sides["before"].answered(), sides["after"].answered()
    problems = dict(_differences(ours, theirs))
    for title, side in (("before", ours), ("after", theirs)):
        if "stopped" in side:
            problems["resumed"] = _out_of_time(title, side["stopped"], seconds)
    checked = [part for part in _NAMES if ours.get(part) or f"{part}_error" in ours]
    for title, (written, own) in {"rollback": (theirs, ours), "forward": (ours, theirs)}.items():
        if written.get("resumed"):
            checked.append(title)
            if problem := _read_across(sides[title], thread, written["resumed"], own):
                problems[title] = f"{_ACROSS[title]}: {problem}"
    if ours.get("resumed") and theirs.get("resumed") and "resumed" in problems:
        sides["rollback"].ask({**question, "again": True})
        again = sides["rollback"].answered()
        problems["resumed"] = (
            _out_of_time("rollback", again["stopped"], seconds)
            if "stopped" in again
            else _other_than_chance(ours["resumed"], theirs["resumed"], again.get("resumed") or {})
        )
    lost = {
        kind: count for kind, count in theirs["lost"].items() if count > ours["lost"].get(kind, 0)
    }
    checks = {
        part: _result(problems.get(part, "")) for part in {**dict.fromkeys(checked), **problems}
    }
    history: Mapping[str, int] = ours.get("history") or {}
    return Judged(thread, checks, tuple(problems.values()), lost, history.get("checkpoints", 0))


def _read_across(
    side: Side, thread: str, written: Mapping[str, Any], own: Mapping[str, Any]
) -> str:
    """Return how a release reads what the other wrote, if that is not as the other reads it."""
    side.ask({"thread": thread, "resume": False})
    read = {**side.answered(), "history": None}
    # It may read what it would have written itself where the other release reads otherwise.
    if read["values"] == own.get("resumed"):
        return ""
    return ", ".join(problem for _, problem in _differences({"values": written}, read))


def _other_than_chance(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], again: Mapping[str, Any]
) -> str:
    """Return how resumed states differ, where the installed release itself gave the same twice."""
    chance = _fields(ours, again)
    if differing := [name for name in _fields(ours, theirs) if name not in chance]:
        return f"resumed state differs: {', '.join(differing)}"
    other = f"the installed release itself gives others when it resumes again: {', '.join(chance)}"
    return f"resumed state is {NOT_JUDGED}, as the application is not deterministic: {other}"


def _out_of_time(title: str, nodes: Iterable[str], seconds: float) -> str:
    """Return in words that a release did not resume a thread in time, and in which nodes it was."""
    at = f" at node {', '.join(map(repr, nodes))}" if nodes else ""
    return (
        f"resumed state is {NOT_JUDGED}, as {RELEASES[title]} did not end within {seconds:g} s{at}"
        "; mend what waits there, or give it longer with --seconds"
    )


def _result(problem: str) -> str:
    if not problem:
        return "same"
    if f" is {NOT_JUDGED}" in problem:
        return NOT_JUDGED
    return "lost" if " is lost: " in problem else "differs"


_ACROSS = {
    "rollback": "after a rollback",
    "forward": "read by the other release after the installed one resumed it",
}
_NAMES = {"values": "state", "history": "history", "resumed": "resumed state"}


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Generator[tuple[str, str]]:
    """Yield the parts that differ of a thread between two sides, and how, in words."""
    for part, name in _NAMES.items():
        before, after = ours.get(part), theirs.get(part)
        old, new = ours.get(f"{part}_error"), theirs.get(f"{part}_error")
        if new is not None and new == old:
            yield part, f"{name} is {NOT_JUDGED}, as both releases fail: {new}"
        elif new is not None:
            yield part, f"{name} is lost: {new}"
        elif old is not None:
            yield part, f"{name} could not be had before: {old}"
        elif before != after and part == "history" and before and after:
            counts = f"{before['checkpoints']} checkpoints before, {after['checkpoints']} after"
            yield part, f"history differs ({counts})"
        elif before != after:
            yield part, f"{name} differs: {', '.join(_fields(before or {}, after or {}))}"


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the packages with other versions; those of one side alone count if LangGraph's."""
    names = [
        name
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
        and ((name in before and name in after) or name.startswith("langgraph"))
    ]
    return {name: (before.get(name, "—"), after.get(name, "—")) for name in names}
