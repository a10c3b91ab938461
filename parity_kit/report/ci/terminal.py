"""What the person who waits is shown of a run."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from parity_kit.contract.events import (
    PASSING,
    BenchMeasured,
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    CaseJudged,
    ClaimsRead,
    CorporaChecked,
    DivergenceFound,
    EngagementSeen,
    EntryStale,
    Event,
    GateFinished,
    GateProgress,
    ReleaseCompared,
    RowJudged,
    RunFinished,
    RunStarted,
    UpstreamJudged,
)
from parity_kit.contract.text import one_line, quoted, sentence
from parity_kit.gates.matrix.standing import summary
from parity_kit.judging.words import (
    functions_changed,
    mark,
    not_judged,
    not_looked_at,
    other_packages,
    reached,
    versions_changed,
)
from parity_kit.report.speed_text import ratio_text
from parity_kit.search.coverage import Coverage

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

MOST_SHOWN = 3
"""Places of divergence shown for one gate; the journal has all of them."""


class Terminal:
    """Tells a person what happens: a bar while a gate runs, a line when something is known."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Progress | None = None
        self._task: TaskID | None = None
        self._gate = ""
        self._shown = 0
        self._rows: list[RowJudged] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()

    def note(self, text: str) -> None:
        """Say what is being done when no event tells of it."""
        self._clear()
        self._console.print(f"  {one_line(text)}", style="dim", markup=False)

    def emit(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, PASSING):
            if isinstance(event, GateProgress):
                self._progress(event)
            return
        self._clear()
        if isinstance(event, DivergenceFound):
            self._shown += 1
            if self._shown > MOST_SHOWN:
                return
        if isinstance(event, RowJudged):
            self._rows.append(event)
        if isinstance(event, CandidateJudged) and self._rows:
            self._console.print(f"   matrix of {len(self._rows)} rows · {summary(self._rows)}")
            self._rows = []
        if isinstance(event, GateFinished):
            if self._shown > MOST_SHOWN:
                more = self._shown - MOST_SHOWN
                self._console.print(f"    … and {more} more places; the report has them all")
            self._shown = 0
        for line in _lines(event):
            self._console.print(line)

    def _progress(self, event: GateProgress) -> None:
        if not self._console.is_terminal:
            return
        gate = f"{event.candidate} · {event.gate}"
        if self._live is None or self._task is None or gate != self._gate:
            self._clear()
            from rich.progress import Progress  # noqa: PLC0415  # heavy

            self._live = Progress(console=self._console, transient=True)
            self._live.start()
            self._gate, self._task = gate, self._live.add_task(gate, total=event.total)
        self._live.update(self._task, completed=event.done, total=event.total)

    def _clear(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _text(text: str) -> str:
    """Return untrusted text as one line that is text for rich too."""
    from rich.markup import escape  # noqa: PLC0415  # heavy

    return escape(one_line(text))


def _quoted(message: str) -> list[str]:
    return [f"      [dim]{_text(line)}[/dim]" for line in quoted(message)]


def _divergence(event: DivergenceFound) -> list[str]:
    times = f" ({event.count} times)" if event.count > 1 else ""
    head = _text(sentence(event.headline))
    lines = [f"    [red]{event.verdict}[/red] {head}{times}", *_quoted(event.headline)]
    if event.reference or event.candidate_side:
        lines.append(f"      reference {_text(event.reference)}")
        lines.append(f"      candidate {_text(event.candidate_side)}")
    return [*lines, f"      [dim]{_text(event.file)}[/dim]"]


def _release(event: ReleaseCompared) -> list[str]:
    unjudged = [change for change in event.functions if change["missed"]]
    sign = mark("unknown" if unjudged else "equal")
    versions = versions_changed(event.before, event.after)
    lines = [f"{sign}  {_text(versions)} · {functions_changed(event.functions)}"]
    for change in unjudged[:MOST_SHOWN]:
        missed = _text("; ".join(change["missed"]))
        lines.append(f"    [yellow]{_text(change['function'])}[/yellow] {missed}")
    if (more := len(unjudged) - MOST_SHOWN) > 0:
        lines.append(f"    … and {more} more; the report has them all")
    return lines


def _lines(  # noqa: C901, PLR0911, PLR0912  # one arm for each kind of event
    event: Event,
) -> list[str]:
    match event:
        case RunStarted():
            oracle = event.oracle.get("langgraph", "?")
            return [f"[bold]Parity Kit {event.kit}[/bold] · LangGraph {oracle} · seed {event.seed}"]
        case CorporaChecked():
            state = mark("divergent" if event.drifted else "equal")
            total = sum(event.corpora.values())
            text = f"{state}  {total} fixtures against real LangGraph ({event.seconds:.1f} s)"
            return [
                text,
                *(f"    [red]drifted[/red] {_text(fixture)}" for fixture in event.drifted),
            ]
        case CandidateStarted():
            title, version = _text(event.title), _text(event.version)
            head = f"\n[bold]{title}[/bold] · {version}, {_text(event.language)}"
            packages = other_packages(event.packages)
            lines = [f"    [dim]{_text(packages)}[/dim]"] if packages else []
            return [f"{head} · ready in {event.seconds:.1f} s", *lines]
        case CandidateFailed():
            head = _text(sentence(event.problem))
            return [f"\n[red]✕ {_text(event.title)}[/red]: {head}", *_quoted(event.problem)]
        case GateFinished():
            counts = ", ".join(f"{number} {word}" for word, number in event.verdicts.items())
            level = reached(event.reached, event.compared)
            rate = event.compared / event.seconds if event.seconds else 0
            figures = f"{counts or 'no cases'}; {event.seconds:.1f} s, {rate:.0f} a second"
            lines = [f"{mark(event.verdict)}  {_text(event.gate)} · {level} · {figures}"]
            if event.possible:
                pairs = Coverage(event.pairs, event.possible, 0)
                lines.append(f"    [dim]covered {pairs.says()}[/dim]")
            return lines + [f"    [yellow]{_text(note)}[/yellow]" for note in event.notes]
        case DivergenceFound():
            return _divergence(event)
        case EntryStale():
            text = f"ledger entry {event.entry} ({event.case}, {event.differs}): {event.problem}"
            return [f"{mark('stale')}  {_text(text)}"]
        case EngagementSeen():
            return _engagement(event)
        case BenchMeasured():
            ratio = ratio_text(event.verdict, event.ratio)
            measured = f"{_text(event.candidate)} · {_text(event.workload)} {ratio}"
            return [f"{mark(event.verdict)}  {measured.rstrip()}"]
        case CandidateJudged():
            name, reason = _text(event.candidate), _text(event.reason)
            line = f"[bold]{name}[/bold] {mark(event.verdict)}: {reason}"
            unseen = [not_judged(event.not_judged), not_looked_at(event.not_looked_at)]
            return [line, *(f"    [dim]{_text(text)}[/dim]" for text in unseen if text)]
        case ReleaseCompared():
            return _release(event)
        case RunFinished() | GateProgress() | CaseJudged() | ClaimsRead() | RowJudged():
            return []
        case UpstreamJudged():
            return []  # the notes of its gate say the same


def _engagement(event: EngagementSeen) -> list[str]:
    loaded = [f"    [dim]its process loaded {_text(event.loaded)}[/dim]"] if event.loaded else []
    if not event.functions:
        return loaded
    counts = ", ".join(f"{name} ran {n} times" for name, n in event.functions.items())
    state = "[green]✓ engaged[/green]" if event.engaged else "[yellow]? not engaged[/yellow]"
    return [f"{state}  {_text(counts)}", *loaded]
