"""One conclusion: every command, the badge, the report and pytest say the same of a candidate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.launch import BUNDLED_ENGINE
from parity_kit.cli.gate import command as gate
from parity_kit.cli.matrix import command as matrix
from parity_kit.cli.parity import command as parity
from parity_kit.cli.run import command as run
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.journal import read_journal
from parity_kit.corpora.drift import baselines, release
from parity_kit.gates import pytest_tests, search_gate
from parity_kit.reference import engine
from parity_kit.report.ci import badge
from parity_kit.report.ci.account import Account
from parity_kit.report.write import write_data
from parity_kit.search import lockstep

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
EVERY, FLOOR = 4, 15
SEARCHED = ("channel", "handover")
"""One suite that is searched and the one that is handed over; all others are searched likewise."""
ONE_OF_EACH = "\n".join(f"{suite} = 1" for suite in SEARCHED)
RULES = f"""
ours = [{{names}}]
[floors]
compared = 0
pairs = 0
[gate]
floor = {FLOOR}
[gate.suites]
{ONE_OF_EACH}
"""
GENERATOR = f"""
from itertools import islice
from ._all_channels import cases as all_cases


def cases():
    return islice(all_cases(), None, None, {EVERY})
"""
ENGINE = """
import sys, os
from dataclasses import replace

sys.path.insert(0, os.environ["PURE"])
import pure_engine
from parity_kit.contract import Unsupported

KIND = os.environ["KIND"]


class Engine(pure_engine.Engine):
    def describe(self):
        description = super().describe()
        return replace(description, engaged={"fast_apply": 0}) if KIND == "idle" else description

    def open(self, subject, pins):
        return Session(super().open(subject, pins), subject)


class Session:
    def __init__(self, session, subject):
        self.session, self.close, self.subject = session, session.close, subject

    def apply(self, operation):
        if KIND == "crashing":
            raise RuntimeError("out of order")
        unsupported = Unsupported("not yet")
        if KIND == "unsupported":
            return unsupported
        if KIND == "low" and self.subject.spec.get("class", "LastValue") != "LastValue":
            return unsupported
        outcome = self.session.apply(operation)
        if KIND in ("divergent", "expected") and operation.name == "is_available":
            return replace(outcome, value="yes")
        return outcome
"""
ENTRY = """
[[difference]]
case = "{case}"
differs = "*(is_available)*"
level = "none"
reason = "it says yes"
until = {until}
wide = true
"""


@dataclass(frozen=True)
class Kind:
    """A kind of candidate, and what must be said of it everywhere."""

    verdict: str
    code: ExitCode
    words: str
    ledger: str = ""


KINDS = {
    "equal": Kind("equal", ExitCode.PARITY, r"N of N cases equal at level bytes.*"),
    "divergent": Kind(
        "divergent", ExitCode.DIVERGENCE, r"N of N cases, first channels/\S+: operation .*: value.*"
    ),
    "expected": Kind(
        "expected",
        ExitCode.PARITY,
        r"N of N cases equal, N expected.*",
        ENTRY.format(case="channels/*", until="2999-01-01")
        + ENTRY.format(case="lockstep/*", until="2999-01-01"),
    ),
    "unsupported": Kind(
        "unknown", ExitCode.NOT_JUDGED, r"N of N cases compared, N unsupported"
    ),
    "idle": Kind(
        "unknown",
        ExitCode.NOT_JUDGED,
        r"not engaged: LangGraph itself answered, these never ran: fast_apply",
    ),
    "crashing": Kind(
        "crashed", ExitCode.NOT_JUDGED, r"N of N cases, first \S+: .*RuntimeError: out of order.*"
    ),
    "stale": Kind(
        "stale",
        ExitCode.DIVERGENCE,
        r"ledger entry N \(no/such, \*\(is_available\)\*\): ended on N-N-N",
        ENTRY.format(case="no/such", until="2001-01-01"),
    ),
    "low": Kind(
        "unknown", ExitCode.DIVERGENCE, r"N of N cases equal, the floor is N"
    ),
}  # fmt: skip


@pytest.fixture
def workspace(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    some_corpora: Callable[..., object],
) -> Path:
    """A workspace with one corpus, and a candidate of each kind among `ours`."""
    root = pytester.path
    names = ", ".join(f'"{kind}"' for kind in KINDS)
    (root / "parity.toml").write_text(RULES.format(names=names), encoding="utf-8")
    some_corpora(root, "channels", every=EVERY)
    (root / "generators").mkdir()
    (root / "generators" / "_all_channels.py").symlink_to(ROOT / "generators" / "channels.py")
    (root / "generators" / "channels.py").write_text(GENERATOR, encoding="utf-8")
    for name, kind in KINDS.items():
        folder = root / "candidates" / name
        folder.mkdir(parents=True)
        (folder / "candidate.toml").write_text(
            f'name = "{name}"\ntitle = "{name}"\nkind = "python"\nlanguage = "Python"\n'
            f'object = "engine:Engine"\n[env]\nPURE = "{BUNDLED_ENGINE}"\nKIND = "{name}"\n',
            encoding="utf-8",
        )
        (folder / "engine.py").write_text(ENGINE, encoding="utf-8")
        if kind.ledger:
            (folder / "expected.toml").write_text(kind.ledger, encoding="utf-8")
    for limit in ("SHRINK_SECONDS", "SIMPLIFY_SECONDS"):
        monkeypatch.setattr(lockstep, limit, 0.1)
    monkeypatch.setattr("parity_kit.cli.parity.SUITES", SEARCHED)
    monkeypatch.setattr("parity_kit.cli.run._SUITES", ("corpora", *SEARCHED))
    return root


def call(command: Any, workspace: Path, *arguments: str) -> Any:
    words = [*arguments, "--json", "--workspace", str(workspace)]
    result = CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)
    return result.return_value, json.loads(result.stdout)


Said = tuple[str, int, str]


def conclusion_of(data: Any) -> Said:
    return data["verdict"], data["exit_code"], data["reason"]


def by_gate(workspace: Path) -> dict[str, Said]:
    code, output = call(gate, workspace)
    assert code == max(kind.code for kind in KINDS.values())
    return {candidate["candidate"]: conclusion_of(candidate) for candidate in output["candidates"]}


def by_run(workspace: Path) -> dict[str, Said]:
    judged: dict[str, Said] = {}
    for name in KINDS:
        code, output = call(run, workspace, name, "--examples", "1")
        (judged_event,) = [
            event for event in output["events"] if event["event"] == "CandidateJudged"
        ]
        judged[name] = conclusion_of(judged_event)
        assert code == judged_event["exit_code"]
        account = Account()
        for event in read_journal(Path(output["run"]))[0]:
            account.emit(event)
        text, _ = badge.message(account)
        assert text.startswith("bytes, " if name == "equal" else judged_event["verdict"])
        (reported,) = write_data(Path(output["run"]))["candidates"]
        assert conclusion_of(reported) == judged[name]
        symbol, _, line = str(account.headline()).partition(" ")
        assert (len(symbol), line) == (1, f"{judged_event['verdict']}: {judged_event['reason']}")
    return judged


def by_parity(workspace: Path) -> dict[str, Said]:
    code, output = call(parity, workspace, "--examples", "1", "--pairs", "0")
    assert code == max(kind.code for kind in KINDS.values())
    return {name: conclusion_of(candidate) for name, candidate in output["candidates"].items()}


def by_matrix(workspace: Path) -> dict[str, Said]:
    _, output = call(matrix, workspace, *KINDS)
    return {candidate["candidate"]: conclusion_of(candidate) for candidate in output["candidates"]}


def by_pytest(pytester: pytest.Pytester) -> dict[str, str]:
    """Return the line with which each candidate's session ends."""
    assert pytest_tests, (
        search_gate,
        baselines,
        release,
        engine,
    )  # loaded here: pytester unloads what a run loaded
    lines: dict[str, str] = {}
    for name, kind in KINDS.items():
        options = ("--parity-candidate", name, "-q", "--tb=no", "-p", "parity_kit.pytest_plugin")
        result = pytester.runpytest_inprocess(*options)
        assert (result.ret == 0) is (kind.code == ExitCode.PARITY), name
        at = next(at for at, line in enumerate(result.outlines) if f"Parity Kit: {name}" in line)
        lines[name] = result.outlines[at + 1]
    return lines


def numberless(text: str) -> str:
    return re.sub(r"\d[\d,.]*", "N", text)


def test_all_say_the_same_of_each_kind_of_candidate(
    pytester: pytest.Pytester, workspace: Path
) -> None:
    gated = by_gate(workspace)
    for name, kind in KINDS.items():
        verdict, code, reason = gated[name]
        assert (verdict, code) == (kind.verdict, kind.code), (name, reason)
        assert re.fullmatch(kind.words, numberless(reason), re.DOTALL), (name, reason)
    assert by_run(workspace) == gated
    assert by_parity(workspace) == gated
    lines = by_pytest(pytester)
    for name, (verdict, _, reason) in gated.items():
        assert lines[name][2:] == f"{verdict}: {reason}"
    # The matrix searches nothing, so that its figures are smaller.
    for name, (verdict, code, reason) in by_matrix(workspace).items():
        assert (verdict, code) == gated[name][:2]
        assert re.fullmatch(KINDS[name].words, numberless(reason), re.DOTALL), (name, reason)
