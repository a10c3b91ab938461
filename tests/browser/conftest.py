"""A real Chromium, and runs to show in it: cases of the committed corpora with one outcome changed.

A candidate's answer is made from LangGraph's own by a change that engines really make: a value too
much, a stored byte, an event that is missing. So the page shows what it shows of a real run, and
every text that a candidate can choose is hostile.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from parity_kit.bench.catalogue import Effort, select
from parity_kit.bench.plan import CONTROL
from parity_kit.contract import Outcome, Returned, Trace
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.events import (
    BenchMeasured,
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    ClaimsRead,
    CorporaChecked,
    EngagementSeen,
    Event,
    GateFinished,
    RowJudged,
    RunFinished,
    RunStarted,
    event_to_json,
)
from parity_kit.corpora.corpus import read_corpus
from parity_kit.gates.findings import divergence
from parity_kit.gates.matrix.rows import read_rows
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Divergent
from parity_kit.report.write import write_data, write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
CLAIM = {"said": HOSTILE, "times": [2, 3], "workloads": ["conditional-loop-5"]}
CORPORA = ("graphs", "control", "interrupts", "streams", "subgraphs", "msgpack", "channels")
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser by name where there is none."""
    mark = pytest.mark.skip(reason="no chromium, chromium-browser or google-chrome is installed")
    for item in items:
        if BROWSER is None and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(mark)


# For a module, no longer: Playwright keeps an event loop running, and then no other test in this
# process can run one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only with a browser

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Page:
    """Return a page that tests use one after another: a new one costs four times as much."""
    page = browser.new_page(reduced_motion="reduce")
    page.add_init_script(WATCH)
    return page


@pytest.fixture
def visit(browser: Browser, tab: Page) -> Iterator[Callable[..., Page]]:
    """Open pages; whatever the browser complains of, or the policy stops, fails the test."""
    complaints: list[str] = []
    opened: list[Page] = []
    listeners: dict[str, Callable[[Any], None]] = {
        "console": lambda message: complaints.append(message.text),
        "pageerror": lambda error: complaints.append(str(error)),
        "dialog": lambda dialog: complaints.append(dialog.message),
        "request": lambda asked: (
            None
            if asked.url.startswith(("file:", "data:", "blob:"))
            else complaints.append(asked.url)
        ),
    }

    def _visit(path: Path, width: int = 1200, place: str = "", **options: Any) -> Page:
        if options or opened:
            page = browser.new_page(reduced_motion="reduce", **options)
            page.add_init_script(WATCH)
        else:
            page = tab
        opened.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        for name, listener in listeners.items():
            page.on(name, listener)  # pyright: ignore[reportArgumentType, reportCallIssue]  # typed by the literal name
        page.goto(path.as_uri() + place)
        return page

    yield _visit
    for page in opened:
        if page.evaluate("typeof window.violations") != "undefined":
            complaints += page.evaluate("window.violations")
        if page is not tab:
            page.context.close()
            continue
        for name, listener in listeners.items():
            page.remove_listener(name, listener)
        page.emulate_media(media="null", color_scheme="null")
        page.goto("about:blank")
    assert complaints == []


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run with everything that a page can show."""
    folder = tmp_path_factory.mktemp("run")
    names = ["port", "twin", "broken"]
    events: list[Event] = [
        RunStarted("r2", "0.1.0", {"langgraph": "1.2.24"}, {"cpus": "2"}, 7, names),
        CorporaChecked(dict.fromkeys(CORPORA, 100), [], 1.5),
        *_candidate("port", folder, differing=2),
        *_candidate("twin", folder, differing=0),
        CandidateFailed("broken", HOSTILE, "crashed", HOSTILE),
        CandidateJudged("broken", "crashed", HOSTILE, 3),
        *(_bench(CONTROL, 1.0)),
        *(_bench("port", 0.6)),
        *(_bench("twin", 4.0)),
        RunFinished(1, 2.5),
    ]
    return _written(folder, events)


@pytest.fixture(scope="session")
def report(run: Path) -> Path:
    """Return the page of that run."""
    return write_report(run)


@pytest.fixture(scope="session")
def agreeing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the report of a run in which all agree."""
    folder = tmp_path_factory.mktemp("agreeing")
    events: list[Event] = [
        RunStarted("r1", "0.1.0", {"langgraph": "1.2.24"}, {"cpus": "2"}, 7, ["twin", "other"]),
        *_candidate("twin", folder, differing=0),
        *_candidate("other", folder, differing=0),
        *(_bench(CONTROL, 1.0)),
        *(_bench("twin", 4.0)),
        *(_bench("other", 1.5)),
        RunFinished(0, 2.5),
    ]
    return write_data(_written(folder, events))


@pytest.fixture(scope="session")
def grown(run: Path) -> dict[str, Any]:
    """Return a report grown from a real one: 12 candidates with 10,000 cases, 200 of them apart."""
    report = copy.deepcopy(write_data(run))
    port = report["candidates"][0]
    divergences = port["divergences"]
    port["divergences"] = [
        {
            **divergence,
            "case": f"{divergence['case']}/{turn}",
            "cause": f"{divergence['cause']}, kind {turn % 9}",
        }
        for turn in range(200 // len(divergences))
        for divergence in divergences
    ]
    for gate in port["gates"]:
        gate["compared"] = 10_000 // len(port["gates"])
        gate["verdicts"] = {"equal": gate["compared"] - 200, "divergent": 200}
    report["candidates"] = [{**port, "name": f"{port['name']}-{number}"} for number in range(12)]
    return report


def _written(folder: Path, events: Sequence[Event]) -> Path:
    lines = [json.dumps(event_to_json(event)) for event in events]
    (folder / "journal.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder


def _candidate(name: str, folder: Path, differing: int) -> list[Event]:
    """Return what is told of a candidate that gives some cases of each corpus otherwise."""
    corpus_events = [(corpus, _differing(name, folder, corpus, differing)) for corpus in CORPORA]
    verdict = "divergent" if differing else "equal"
    return [
        CandidateStarted(name, f"Engine {name}", "1.0", "Rust", {"graph": "bytes"}, 0.1),
        *(event for _, events in corpus_events for event in events),
        *(
            GateFinished(
                name,
                f"corpus {corpus}",
                "corpus",
                "divergent" if events else "equal",
                "bytes",
                "none" if events else "bytes",
                100,
                {"equal": 100 - len(events), "divergent": len(events)},
                {"send": 2, HOSTILE: 1},
                0.4,
                subjects={
                    "graph": {
                        "reached": "none" if events else "bytes",
                        "verdicts": {"equal": 100 - len(events), "divergent": len(events)},
                    }
                },
            )
            for corpus, events in corpus_events
        ),
        ClaimsRead(name, HOSTILE, "1.0", [CLAIM]),
        EngagementSeen(name, {HOSTILE: 3}, engaged=True),
        *_rows(name, [event for _, events in corpus_events for event in events]),
        CandidateJudged(name, verdict, f"{differing} of {HOSTILE}", int(differing > 0)),
    ]


def _differing(name: str, folder: Path, corpus: str, most: int) -> list[Any]:
    events: list[Any] = []
    for trace in read_corpus(ROOT / "fixtures" / f"{corpus}.msgpack").traces:
        if len(events) == most:
            break
        theirs = _changed(trace, len(events))
        verdict = compare(trace.case, trace.outcomes, theirs)
        if isinstance(verdict, Divergent):
            file = f"cases/{name}-{corpus}-{len(events)}.case.msgpack"
            CaseFile(trace.case, name, trace.outcomes, theirs).write(folder / file)
            divergence_event = divergence(candidate=name, gate=f"corpus {corpus}", case=trace.case,
                              verdict=verdict, count=1 + len(events), file=file)  # fmt: skip
            events.append(divergence_event)
    return events


def _changed(trace: Trace, turn: int) -> tuple[Outcome, ...]:
    """Return a case's outcomes with the last one as an engine with a fault might give it."""
    *before, last = trace.outcomes
    match turn % 3, last:
        case 0, Returned(stored=stored) if stored:
            name = max(stored)
            byte = bytes([stored[name][-1] ^ 1]) if stored[name] else b"\0"
            changed = dataclasses.replace(last, stored={**stored, name: stored[name][:-1] + byte})
        case 1, Returned(events=(*kept, _)):
            changed = dataclasses.replace(last, events=tuple(kept))
        case _, Returned(value=value):
            changed = dataclasses.replace(last, value={"was": value, HOSTILE: HOSTILE})
        case _:
            changed = Returned(value=HOSTILE)
    return (*before, changed)


def _rows(name: str, differing_events: Sequence[Any]) -> list[Event]:
    """Return the rows of the real matrix, of which some lead to a difference."""
    events: list[Event] = []
    for place, row in enumerate(read_rows()):
        differing_event = (
            differing_events[place % len(differing_events)]
            if differing_events and place % 5 == 0
            else None
        )
        verdicts = {"divergent": 1, "equal": 2} if differing_event else {"equal": 3}
        events.append(
            RowJudged(
                candidate=name,
                category=row.category,
                row=row.name,
                published=row.published,
                shows=row.shows,
                patterns=list(row.patterns),
                claimed="yes",
                verdict="divergent" if differing_event else "equal",
                reached="none" if differing_event else "bytes",
                compared=3,
                verdicts=verdicts,
                reasons={HOSTILE: 1} if differing_event else {},
                differing=[[differing_event.case, differing_event.gate, differing_event.case]]
                if differing_event
                else [],
            )
        )
    return events


def _bench(name: str, ratio: float) -> list[Event]:
    """Return what is told of an opponent so many times as fast; `port` was not equal on one."""
    events: list[Event] = []
    for place, workload in enumerate(select(effort=Effort.QUICK)):
        key = (name, workload.name, workload.family)
        size = (workload.series, workload.size)
        if name == "port" and place == 0:
            nothing = (None, None, None, None, None)
            events.append(BenchMeasured(*key, "not comparable", *nothing, 0, 0, HOSTILE, *size))
            continue
        ours = 0.001 * (workload.size or 5)
        pairs: list[list[float | None]] = [
            [pair, ours * (1 + pair / 80), ours / ratio * (1 + (pair * 7 % 5) / 90), 0.2, 1]
            for pair in range(12)
        ]
        memory = {"reference": [80 << 20, 90 << 20], "candidate": [9 << 20, 12 << 20]}
        figures = (ratio, ratio / 1.1, ratio * 1.1, ours, ours / ratio)
        verdict = "faster" if ratio > 1 else "inconclusive"
        events.append(BenchMeasured(*key, verdict, *figures, 12, 1, "", *size, pairs, memory))
    return events
