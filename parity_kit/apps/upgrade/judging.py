"""What becomes of each thread under another release: the same, different, or lost."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from parity_kit.apps.upgrade.copying import copy_database, thread_count, threads_of
from parity_kit.apps.upgrade.sides import Side
from parity_kit.candidates.cached import short_digest
from parity_kit.candidates.workspace import Workspace

ANY = "*"
"""The key of the answer for threads that no other key names."""
_MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be judged, and with which interpreters."""

    database: Path
    before: Path
    after: Path
    app: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    threads: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A name for the files of this upgrade: another database or question has another."""
        status = self.database.stat()
        parts = [self.database.resolve(), status.st_size, status.st_mtime_ns, self.after]
        return short_digest(repr([*map(str, parts), self.app, dict(self.answers), self.threads]))


@dataclass(frozen=True, slots=True)
class Judged:
    """A thread: what differs, in sentences, forwards and after a rollback."""

    thread: str
    problems: tuple[str, ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict[str, int])
    resumed: bool = False
    checkpoints: int = 0


@dataclass(slots=True)
class Upgrade:
    """The result: counts, the first threads that are not the same, and types that are lost."""

    packages: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    threads: int = 0
    same: int = 0
    resumed: int = 0
    checkpoints: int = 0
    lost: Counter[str] = field(default_factory=Counter[str])
    differing: list[Judged] = field(default_factory=list[Judged])

    def add(self, judged: Judged) -> None:
        """Add a thread."""
        self.threads += 1
        self.resumed += judged.resumed
        self.checkpoints += judged.checkpoints
        self.lost.update(judged.lost)
        if not judged.problems and not judged.lost:
            self.same += 1
        elif len(self.differing) < _MOST_LISTED:
            self.differing.append(judged)


def judge_upgrade(
    workspace: Workspace, asked: Asked, progress: Callable[[int, int], None]
) -> Upgrade:
    """Judge every thread on copies of the database; what was judged before a stop is not repeated.

    Raises:
        BadFileError, UsageError: If the database cannot be read.
        CandidateError: If a side cannot be imported or ends.
    """
    folder = workspace.cache / "upgrades" / asked.key
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / "threads.jsonl"
    upgrade, last = Upgrade(), None
    for judged in _known(journal):
        upgrade.add(judged)
        last = judged.thread
    copies = [folder / "before.sqlite", folder / "after.sqlite"]
    copy_database(asked.database, copies)
    total = len(asked.threads) or thread_count(copies[0])
    with _started(workspace, asked, copies) as sides, journal.open("a", encoding="utf-8") as lines:
        upgrade.packages = _changed(sides[0].packages, sides[1].packages)
        for thread in threads_of(copies[0], last, asked.threads):
            judged = _judge(thread, asked, sides)
            lines.write(json.dumps(asdict(judged)) + "\n")
            lines.flush()
            upgrade.add(judged)
            progress(upgrade.threads, total)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return upgrade


def _known(journal: Path) -> Generator[Judged]:
    """Yield the threads that a stopped run judged; a half-written line is none."""
    if journal.is_file():
        for line in journal.read_text("utf-8").splitlines():
            with contextlib.suppress(ValueError, TypeError):
                yield Judged(**json.loads(line))


@contextlib.contextmanager
def _started(workspace: Workspace, asked: Asked, copies: list[Path]) -> Generator[list[Side]]:
    with contextlib.ExitStack() as stack:
        sides: list[Side] = []
        # The third reads with the old release what the new one wrote: a rollback.
        for title, python, copy in (
            ("before", asked.before, copies[0]),
            ("after", asked.after, copies[1]),
            ("rollback", asked.before, copies[1]),
        ):
            side = Side.start(title, python, copy, asked.app, workspace)
            stack.callback(side.close)
            sides.append(side)
        for side in sides:
            side.greet()
        yield sides


def _judge(thread: str, asked: Asked, sides: list[Side]) -> Judged:
    resume = thread in asked.answers or ANY in asked.answers
    answer = asked.answers.get(thread, asked.answers.get(ANY))
    before, after, rollback = sides
    for side in (before, after):
        side.ask(thread, resume=resume, answer=answer)
    ours, theirs = before.answered(), after.answered()
    problems = list(_differences(ours, theirs))
    resumed = bool(theirs.get("resumed"))
    if resumed:
        rollback.ask(thread, resume=False, answer=None)
        problems += [
            f"after a rollback: {problem}"
            for problem in _differences(
                {"values": theirs["resumed"]}, {**rollback.answered(), "history": None}
            )
        ]
    lost = {
        kind: count for kind, count in theirs["lost"].items() if count > ours["lost"].get(kind, 0)
    }
    history: Mapping[str, int] = ours.get("history") or {}
    return Judged(thread, tuple(problems), lost, resumed, history.get("checkpoints", 0))


_NAMES = {"values": "state", "history": "history", "resumed": "resumed state"}


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Generator[str]:
    """Yield what differs of a thread between two sides, in words."""
    for part, name in _NAMES.items():
        before, after = ours.get(part), theirs.get(part)
        old, new = ours.get(f"{part}_error"), theirs.get(f"{part}_error")
        if new is not None and new != old:
            yield f"{name} is lost: {new}"
        elif old is not None and new is None:
            yield f"{name} could not be had before: {old}"
        elif before != after and part == "history" and before and after:
            counts = f"{before['checkpoints']} checkpoints before, {after['checkpoints']} after"
            yield f"history differs ({counts})"
        elif before != after:
            fields = _fields(before or {}, after or {})
            yield f"{name} differs: {', '.join(fields)}"


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
