"""A campaign: slices in any order and any number of processes come to one result, once each."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Self

import pytest
from command_line import parity_kit

from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import CACHE, Workspace
from parity_kit.cli.campaign import advice
from parity_kit.contract import Level
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.contract.events import GateFinished
from parity_kit.gates import campaign_dask, campaign_forks
from parity_kit.gates.campaign import JOURNAL, Campaign, CampaignRun, Latest
from parity_kit.gates.campaign_dask import DaskExecutor
from parity_kit.gates.campaign_forks import ForkExecutor
from parity_kit.gates.campaign_result import result_events
from parity_kit.gates.campaign_worker import Campaigned, Shrunk, close, do
from parity_kit.gates.examples import MOST, example_names, read_examples
from parity_kit.gates.resume import made_of
from parity_kit.judging.ledger import Ledger
from parity_kit.reference.engine import Engine, oracle_versions
from parity_kit.search import lockstep
from parity_kit.search.channel_classes import HOLDS
from parity_kit.search.coverage import Floors
from parity_kit.search.generate import SUITES
from parity_kit.search.slices import (
    CASES,
    Searched,
    Slice,
    SliceOrShrinking,
    slices,
)

ROOT = Path(__file__).parents[2]
PURE = ROOT / "candidates" / "pure"
REFERENCE = Engine()
ENGINE = """
import dataclasses
import os
import sys

sys.path.insert(0, os.environ["PURE"])
from pure_engine import Engine as Pure

class Session:
    def __init__(self, session, of):
        self.session, self.of = session, of

    def apply(self, operation):
        if operation.name == "load_stored":  # it counts on from another id
            args = {**operation.args, "created": operation.args["created"] + 1}
            operation = dataclasses.replace(operation, args=args)
        outcome = self.session.apply(operation)
        if self.of == "EphemeralValue" and getattr(outcome, "value", None) is True:
            return dataclasses.replace(outcome, value=False)
        return outcome

    def close(self):
        self.session.close()

class Engine(Pure):
    def open(self, subject, pins):
        return Session(super().open(subject, pins), subject.spec.get("class"))
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Smaller slices, and less time for shrinking: forks have the same."""
    monkeypatch.setitem(CASES, "channel", 50)
    monkeypatch.setattr(lockstep, "SHRINK_SECONDS", 0.5)
    monkeypatch.setattr(lockstep, "SIMPLIFY_SECONDS", 0.5)
    yield
    close()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a candidate that gets one class of channel and every handover wrong."""
    monkeypatch.delenv(CACHE, raising=False)
    (tmp_path / "parity.toml").write_text("", encoding="utf-8")
    folder = tmp_path / "candidates" / "off"
    folder.mkdir(parents=True)
    (folder / "off.py").write_text(ENGINE, encoding="utf-8")
    (folder / "candidate.toml").write_text(
        'name = "off"\ntitle = "Off"\nkind = "python"\nlanguage = "Python"\nobject = "off:Engine"\n'
        f'[env]\nPURE = "{PURE}"\n',
        encoding="utf-8",
    )
    return Workspace(tmp_path)


def campaigned(workspace: Workspace, run: str = "one") -> Campaigned:
    candidate = find(workspace, "off")
    files = made_of(workspace, [candidate])
    ledger, oracle = Ledger(Path()), oracle_versions()
    return Campaigned(run, workspace, "off", Level.BYTES, 0, ledger, oracle, files)


def searched(
    workspace: Workspace,
    executor: Any,
    *,
    examples: int = 200,
    seconds: float = 1e9,
    suite: str = "channel",
) -> Campaign:
    """Search a suite on, in a folder that stays."""
    folder = workspace.root / "run"
    campaign = Campaign.read(folder)
    leg = CampaignRun(campaigned(workspace), folder, campaign, lambda: None)
    leg.run(slices([suite], examples), executor, seconds)
    return campaign


def facts(campaign: Campaign) -> dict[str, Any]:
    """Return what does not depend on time, nor on which case came first."""
    return {
        "suites": {
            suite: (
                *(totals.cases, totals.verdicts, totals.features, totals.pairs, totals.reached),
                *(totals.begun, totals.left_out),
            )
            for suite, totals in campaign.suites.items()
        },
        "causes": {key: known.cases for key, known in campaign.causes.items()},
    }


def test_slices_share_the_examples_and_go_in_step() -> None:
    parts = slices(["channel", "graph"], 201)
    assert sum(part.cases for part in parts if part.suite == "channel") == 101
    assert sum(part.cases for part in parts if part.suite == "graph") == 100
    assert len(set(parts)) == len(parts) == 3 + 2
    assert [at for at, part in enumerate(parts) if part.suite == "channel"] == [0, 2, 4]
    assert slices(["graph"], 3) == [Slice("graph", 0, 3)]


def test_every_suite_has_slices() -> None:
    assert CASES.keys() == {*SUITES, "handover"}


def test_two_workers_find_what_one_finds_and_shrink_each_cause_once(workspace: Workspace) -> None:
    asked = campaigned(workspace)
    one = searched(workspace, ForkExecutor(asked, 1))
    shutil.rmtree(workspace.root / "run")
    two = searched(workspace, ForkExecutor(asked, 2))
    assert facts(one) == facts(two)
    assert one.cases == 200
    assert one.causes
    for known in two.causes.values():
        assert known.shrunk
        assert known.shrunk.found
        assert known.shrunk.found.size <= 3
        assert (workspace.root / "run" / known.shrunk.found.file).is_file()
    lines = [*(workspace.root / "run" / JOURNAL).read_text().splitlines()]
    assert len(lines) == 4 + len(two.causes)
    kept = [seen for line in lines for seen in json.loads(line).get("causes", ())]
    assert sum(bool(seen["choices"]) for seen in kept) == len(two.causes), "of known causes: none"


def test_a_worker_that_is_killed_loses_nothing_and_counts_nothing_twice(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = facts(searched(workspace, ForkExecutor(campaigned(workspace), 1)))
    shutil.rmtree(workspace.root / "run")
    killed = workspace.root / "killed"

    def killing(asked: Campaigned, task: SliceOrShrinking) -> Searched | Shrunk:
        result = do(asked, task)
        if isinstance(task, Slice) and task.number == 1 and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    monkeypatch.setattr(campaign_forks, "do", killing)
    assert facts(searched(workspace, ForkExecutor(campaigned(workspace), 2))) == expected
    assert killed.exists()


class Here:
    """Does tasks in this process, some of them twice."""

    def __init__(self, asked: Campaigned) -> None:
        self.asked = asked
        self.waiting: list[SliceOrShrinking] = []
        self.did: list[SliceOrShrinking] = []

    def results(
        self, tasks: Sequence[SliceOrShrinking]
    ) -> Generator[tuple[SliceOrShrinking, Searched | Shrunk]]:
        self.waiting += tasks
        while self.waiting:
            task = self.waiting.pop(0)
            self.did.append(task)
            result = do(self.asked, task)
            yield task, result
            if isinstance(task, Slice):
                yield task, result

    def first(self, task: SliceOrShrinking) -> None:
        self.waiting.insert(0, task)


def test_wherever_it_is_stopped_a_campaign_goes_on_to_the_same_result(workspace: Workspace) -> None:
    asked = campaigned(workspace)
    expected = facts(searched(workspace, Here(asked)))
    journal = workspace.root / "run" / JOURNAL
    content = journal.read_bytes()
    shutil.rmtree(workspace.root / "run")
    part = searched(workspace, Here(asked), seconds=0)
    assert part.cases == 50
    executor = Here(asked)
    assert facts(searched(workspace, executor)) == expected
    assert Slice("channel", 0, 50) not in executor.did
    journal.write_bytes(content[: len(content) // 2])  # in the midst of a line
    assert facts(searched(workspace, Here(asked))) == expected
    assert facts(Campaign.read(workspace.root / "run")) == expected


def test_handovers_are_sliced_shrunk_and_resumed_like_other_cases(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CASES, "handover", 2)
    monkeypatch.setattr(lockstep, "SIMPLIFY_SECONDS", 60.0)  # it ends long before
    asked = campaigned(workspace)
    part = searched(workspace, Here(asked), examples=6, seconds=0, suite="handover")
    assert part.cases == 2
    resumed = searched(workspace, Here(asked), examples=6, suite="handover")
    again = Campaign.read(workspace.root / "run")
    assert facts(resumed) == facts(again)
    cases = [known.shrunk.found for known in again.causes.values() if known.shrunk]
    assert len(cases) == len(again.causes) >= 1
    for case in cases:
        assert case
        file = read_case(workspace.root / "run" / case.file)
        assert re.fullmatch("lockstep/handover/to-candidate/[0-9a-f]{12}", file.case.id)
        assert case.size == 2, "what loads the thread, and what then differs"
        assert file.case.operations[0].args["stored"]
        assert any(feature.startswith(HOLDS) for feature in file.case.features)
    assert not example_names(workspace, "off", "handover"), "`run` could not try it first"
    gate = [*result_events(again, "off", Level.BYTES, Floors())][-1]
    assert isinstance(gate, GateFinished)
    assert gate.subjects.keys() == {"graph"}
    assert gate.pairs
    assert any("LangGraph to the candidate: 6 handovers, " in note for note in gate.notes)
    shutil.rmtree(workspace.root / "run")
    close()  # forks start engines of their own
    two = searched(workspace, ForkExecutor(asked, 2), examples=6, suite="handover")
    assert facts(two) == facts(resumed)


def test_a_journal_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text('{"at": 1}\n')
    with pytest.raises(BadFileError, match="line 1 is none of a campaign"):
        Campaign.read(tmp_path)


def test_another_candidate_than_the_campaigns_is_not_searched(workspace: Workspace) -> None:
    asked = campaigned(workspace, "another")
    (workspace.candidates / "off" / "more.py").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="does not have the same: off"):
        do(asked, Slice("channel", 0, 1))


@pytest.mark.parametrize(
    ("latest", "words"),
    [
        (Latest(30, 100, 0, 200), "too short to say"),
        (Latest(1800, 0, 1, 200), "going on is worth it: the last 30:00 min brought 1 new cause"),
        (Latest(1800, 2, 0, 200), "going on is worth it"),
        (Latest(1800, 1, 0, 200), "no longer worth it: .* 1 new feature pairs of 200 (2 an hour)"),
    ],
)
def test_it_says_whether_going_on_is_worth_it(latest: Latest, words: str) -> None:
    assert re.search(words.replace("(", r"\(").replace(")", r"\)"), advice(latest))


@pytest.mark.slow
def test_the_command_goes_on_and_run_tries_first_what_failed(workspace: Workspace) -> None:
    words = ("campaign", "off", "--suite", "channel", "--examples", "100", "--workers", "2")
    done = parity_kit(*words, "--json", cwd=workspace.root)
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    assert (result["cases"], result["verdict"]) == (100, "divergent")
    assert "running graphs" in result["not_looked_at"]
    assert "channels" not in result["not_looked_at"]
    (run,) = workspace.reports.iterdir()
    assert all((run / cause["file"]).is_file() for cause in result["causes"])
    again = parity_kit("campaign", "--resume", run.name, cwd=workspace.root)
    assert again.returncode == 1
    assert "lockstep channel: 100 cases" in again.stdout
    names = example_names(workspace, "off", "channel")
    assert len(names) == len(result["causes"]) <= MOST
    assert len(read_examples(workspace, "off", "channel", names)) == len(names)
    tried = parity_kit("run", "off", "--suite", "channel", "--examples", "1", cwd=workspace.root)
    assert tried.returncode == 1
    assert f"tried first: {len(names)} cases that failed in a campaign" in tried.stdout


class Cluster:
    """A Dask scheduler on this machine, and workers that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = folder / "scheduler.json"
        self.processes = [self._start("scheduler", "--port", "0", "--host", "127.0.0.1")]
        self.workers: list[subprocess.Popen[bytes]] = []

    def _start(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        file = ("--scheduler-file", str(self.address), "--no-dashboard")
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *file, *words]
        with (self.folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

    def add_worker(self) -> None:
        words = ("--no-nanny", "--nthreads", "1", "--local-directory", str(self.folder / "dask"))
        self.workers.append(self._start("worker", *words))

    @property
    def url(self) -> str:
        """The scheduler's address, once it has one."""
        until = time.monotonic() + 60
        while not self.address.exists() or not self.address.read_text():
            assert time.monotonic() < until, (self.folder / "scheduler.log").read_text()
            time.sleep(0.1)
        return json.loads(self.address.read_text())["address"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, *self.processes):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_on_a_cluster_a_worker_is_killed_and_one_joins_late(
    workspace: Workspace, tmp_path: Path
) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    expected = facts(searched(workspace, ForkExecutor(campaigned(workspace), 1), examples=600))
    shutil.rmtree(workspace.root / "run")
    folder, campaign, came = workspace.root / "run", Campaign(), 0
    with Cluster(tmp_path) as cluster:
        cluster.add_worker()

        def progress() -> None:
            nonlocal came
            came += 1
            if came == 1:
                cluster.add_worker()
            # Whatever it is at now is lost; the tasks left are for the one that joined late.
            if came == 3:
                cluster.workers[0].send_signal(signal.SIGKILL)

        asked = campaigned(workspace)
        leg = CampaignRun(asked, folder, campaign, progress)
        leg.run(slices(["channel"], 600), DaskExecutor(asked, cluster.url), 1e9)
        assert cluster.workers[0].wait(10) == -signal.SIGKILL
        assert cluster.workers[1].poll() is None
    assert facts(campaign) == expected
    parts = [json.loads(line).get("Slice") for line in (folder / JOURNAL).read_text().splitlines()]
    numbers = [part["number"] for part in parts if part]
    assert sorted(numbers) == [*range(12)], "a line for each slice"
    assert all(known.shrunk and known.shrunk.found for known in campaign.causes.values())


def test_a_scheduler_that_does_not_answer_is_an_error(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr(campaign_dask, "SECONDS_TO_ANSWER", 0.5)
    with pytest.raises(UsageError, match="no scheduler answers"):
        DaskExecutor(campaigned(workspace), "tcp://127.0.0.1:1")
