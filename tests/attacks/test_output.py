"""Whatever a candidate, a file or a database says stays text: no command, no control, no markup."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from command_line import parity_kit
from hypothesis import example, given
from hypothesis import strategies as st
from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.cli.common import json_text
from parity_kit.cli.safe_console import SafeConsole
from parity_kit.contract import (
    Case,
    CaseId,
    Event,
    Operation,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Trace,
    Unsupported,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.errors import CandidateError, error_text
from parity_kit.contract.events import (
    CandidateJudged,
    CandidateStarted,
    DivergenceFound,
    GateFinished,
    RunFinished,
    RunStarted,
    event_to_json,
)
from parity_kit.contract.plain import Plain
from parity_kit.contract.text import BAR, Tamer, WorkflowCommands, one_line, quoted
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.folder import write_corpora
from parity_kit.wire.log import Log

HOSTILE = (
    "x\n::stop-commands::owned\r\n\t ::add-mask::y\n\u2003::error::z\x1b]0;title\x07\x1b[2J\x9b31m"
    "\x85::c1\u2028::line\u202etxt.\u2066[/bold][red][/][link=x]##[error]a##vso[b]:warning:\\"
)
"""Ends lines, begins commands, moves the cursor, turns the text around, and opens markup."""
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
OWN = re.compile(r"::(error|warning|notice) (file=|title=)")


def check(output: str, *, commands: bool = False) -> None:
    """Check that nothing in an output acts; `commands` allows the kit's own annotations."""
    hidden = {char for char in output if unicodedata.category(char) in HIDDEN} - {"\n", "\t"}
    assert not hidden, output
    for line in output.splitlines():
        if line.lstrip().startswith("::"):
            assert commands, line
            assert OWN.match(line), line
        assert not re.search(r"##\w*\[", line), line


ENGINE = f"""
import sys

from parity_kit.contract import *

HOSTILE = {HOSTILE!r}


class Engine:
    def describe(self):
        levels = {{SubjectKind.CHANNEL: Level.BYTES, SubjectKind.CODEC: Level.BYTES}}
        return Description(HOSTILE, HOSTILE, HOSTILE, levels, {{HOSTILE: 0}})

    def open(self, subject, pins):
        sys.stderr.write(HOSTILE + "\\n")
        sys.stderr.flush()
        if subject.spec.get("class") == "Topic":
            os._exit(7)
        if subject.spec.get("class") == "AnyValue":
            raise ValueError(HOSTILE)
        return self

    def apply(self, operation):
        if operation.name == "get":
            return Raised(HOSTILE, HOSTILE, (Event(HOSTILE, (HOSTILE,), {{HOSTILE: HOSTILE}}),))
        if operation.name == "update":
            return Unsupported(HOSTILE)
        return Returned({{HOSTILE: HOSTILE}}, (), {{HOSTILE: HOSTILE.encode()}}, (HOSTILE,))

    def close(self):
        pass

    def measure(self, case, loops):
        return loops
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which everything that can be chosen is hostile."""
    root = tmp_path_factory.mktemp("hostile")
    (root / "parity.toml").write_text('ours = ["sent"]\n')
    folder = root / "candidates" / "sent"
    folder.mkdir(parents=True)
    (folder / "sent.py").write_text(ENGINE)
    title = json.dumps(HOSTILE.replace("\x9b", "").replace("\x85", ""))
    (folder / "candidate.toml").write_text(
        f'name = "sent"\ntitle = {title}\nkind = "python"\nlanguage = {title}\n'
        f'description = {title}\nobject = "sent:Engine"\n'
    )
    (folder / "expected.toml").write_text(
        f"[[difference]]\ncase = {title}\ndiffers = {title}\nlevel = 'trace'\n"
        f"reason = {title}\nuntil = 2999-01-01\n"
    )
    traces = [trace(kind, number) for number, kind in enumerate(("LastValue", "Topic", "AnyValue"))]
    corpus = Corpus(CorpusName("sent"), tuple(traces))
    write_corpora(root / "fixtures", [corpus], {"langgraph": HOSTILE}, "CPython")
    kept = CaseFile(traces[0].case, "sent", traces[0].outcomes, answers())
    kept.write(root / "sent.case.msgpack")
    with closing(sqlite3.connect(root / "sent.sqlite")) as connection:
        SqliteSaver(connection).setup()
        columns = "thread_id, checkpoint_id, type, checkpoint, metadata"
        row = (HOSTILE, HOSTILE, HOSTILE, pack({"v": 1}), b"{}")
        connection.execute(f"INSERT INTO checkpoints ({columns}) VALUES (?, ?, ?, ?, ?)", row)  # noqa: S608  # no text of anybody's
        connection.commit()
    run = root / "reports" / "sent"
    run.mkdir(parents=True)
    lines = (json.dumps(event_to_json(event)) for event in EVENTS)
    (run / "journal.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return root


def trace(kind: str, number: int) -> Trace:
    subject = Subject(SubjectKind.CHANNEL, {"class": kind})
    operations = (
        Operation("get"),
        Operation("update", {"values": [{HOSTILE: HOSTILE}]}),
        Operation("consume"),
    )
    case = Case(CaseId(f"{number}{HOSTILE}"), subject, operations, (HOSTILE,))
    return Trace(case, (Returned(), Returned(), Returned()))


def answers() -> tuple[Returned | Raised | Unsupported, ...]:
    event = Event(HOSTILE, (HOSTILE,), {HOSTILE: HOSTILE})
    stored = {HOSTILE: HOSTILE.encode()}
    return Raised(HOSTILE, HOSTILE, (event,), stored), Unsupported(HOSTILE), Returned(HOSTILE)


EVENTS = (
    RunStarted(HOSTILE, HOSTILE, {"langgraph": HOSTILE}, {}, 1, []),
    CandidateStarted(HOSTILE, HOSTILE, HOSTILE, HOSTILE, {}, 1.0),
    DivergenceFound(
        HOSTILE, HOSTILE, HOSTILE, "divergent", HOSTILE, "bytes", HOSTILE, HOSTILE, "", "", "", 1
    ),
    GateFinished(
        HOSTILE, HOSTILE, "corpus", "divergent", "bytes", "none", 1, {"divergent": 1}, {}, 1.0,
        notes=[HOSTILE],
    ),
    CandidateJudged(HOSTILE, "divergent", HOSTILE, 1, 5, [HOSTILE]),
    RunFinished(1, 1.0, [HOSTILE]),
)  # fmt: skip

COMMANDS: Mapping[str, Sequence[str]] = {
    "gate": ("gate", "sent", "--junit", "out.xml", "--markdown", "out.md", "--sarif", "out.sarif"),
    "gate-json": ("gate", "sent", "--json"),
    "candidates-check": ("candidates", "check", "sent"),
    "candidates-check-json": ("candidates", "check", "sent", "--json"),
    "candidates-list": ("candidates", "list"),
    "explain": ("explain", "sent.case.msgpack"),
    "explain-json": ("explain", "sent.case.msgpack", "--json"),
    "explain-now": ("explain", "sent.case.msgpack", "--candidate", "sent"),
    "replay": ("replay", "sent.case.msgpack", "--trace", "trace.log"),
    "replay-nothing": ("replay", HOSTILE),
    "loss": ("fixtures", "check", "--loss", "--sqlite", "sent.sqlite"),
    "import": ("fixtures", "import", "--sqlite", "sent.sqlite", "--replace"),
    "show": ("fixtures", "show", f"0{HOSTILE}"),
    "show-script": ("fixtures", "show", f"0{HOSTILE}", "--script"),
    "show-nothing": ("fixtures", "show", HOSTILE),
    "list": ("fixtures", "list"),
    "ledger": ("ledger", "check", "sent"),
    "ledger-propose": ("ledger", "propose", "sent"),
    "report": ("report", "reports/sent", "--markdown", "report.md", "--junit", "report.xml"),
    "matrix": ("matrix", "sent"),
    "unknown-option": ("gate", f"--{HOSTILE}"),
    "unknown-candidate": ("gate", HOSTILE),
}

NOT_QUOTED = {"list", "import", "report", "show-script"}
"""Commands that print nothing of what others chose, or write it to files."""


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_prints_is_text(name: str, workspace: Path) -> None:
    summary = workspace / "summary.md"
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = parity_kit(*COMMANDS[name], cwd=workspace, env=variables)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode != 4, done.stderr
    if name not in NOT_QUOTED:
        assert "stop-commands" in done.stdout + done.stderr, "the attack was not printed"
    check(done.stdout)
    check(done.stderr, commands=True)
    for file in ("summary.md", "out.md", "out.xml", "report.md", "report.xml", "trace.log"):
        if (workspace / file).exists():
            check((workspace / file).read_text(encoding="utf-8"))


@example([":", "\x1b[1m", "::"])
@example([":\x1b[1m::"])
@given(st.lists(st.sampled_from([":", "::", "a", " ", "\n", "\x1b[1m", "│", "\u2003", "##[x]"])))
def test_a_line_begins_with_no_command_however_it_is_written(pieces: list[str]) -> None:
    for terminal in (False, True):
        tame = Tamer(terminal=terminal)
        output = "".join(map(tame, pieces))
        check(output.replace("\x1b[1m", ""))
        bare = output.replace(" ", "").replace("\x1b[1m", "").replace("#", "")
        assert bare == "".join(pieces).replace(" ", "").replace("\x1b[1m", "").replace("#", "")


def test_the_kits_own_commands_pass() -> None:
    command = "::error title=x::y\n"
    assert Tamer(terminal=False)(WorkflowCommands(command)) == command


@given(st.text() | st.just(HOSTILE))
def test_a_line_is_one_and_acts_on_nothing(text: str) -> None:
    check(one_line(text))
    assert "\n" not in one_line(text)
    assert "\t" not in one_line(text)
    for line in quoted(f"head\n{text}"):
        assert line.startswith(BAR)
        check(line)


@given(st.text() | st.just(HOSTILE))
def test_json_says_the_same_and_acts_on_nothing(text: str) -> None:
    document = json_text({text: [text, "##[error]"]})
    assert json.loads(document) == {text: [text, "##[error]"]}
    check(document)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_console_shows_what_would_act(terminal: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001  # a parameter of the test
    from rich.table import Table  # noqa: PLC0415  # as the kit does
    from rich.text import Text  # noqa: PLC0415  # the same

    table = Table(HOSTILE, title=HOSTILE)
    table.add_row(HOSTILE)
    table.add_row(Text(HOSTILE))
    things: list[Callable[[SafeConsole], None]] = [
        lambda out: out.print(HOSTILE),
        lambda out: out.print(HOSTILE, markup=False),
        lambda out: out.print("[/nothing]"),
        lambda out: out.print(table),
    ]
    for show in things:
        show(SafeConsole(force_terminal=terminal, emoji=False, width=5000))
        output = capsys.readouterr().out
        assert "\x1b]" not in output
        assert "\x9b" not in output
        assert "\u202e" not in output
        assert "\x07" not in output


def test_an_error_quotes_behind_bars() -> None:
    error = CandidateError(f"it ended\n{HOSTILE}", where=HOSTILE, hint=f"try again\n    {HOSTILE}")
    text = error_text(error)
    check(text)
    lines = text.splitlines()
    assert lines[0].startswith("error PK300: ")
    assert all(line.startswith("  ") for line in lines[1:]), text
    assert any(line.startswith(f"  {BAR}") for line in lines)


def test_a_trace_has_a_line_for_each_message(tmp_path: Path) -> None:
    """A candidate that names a method as two lines writes no line of the log."""
    parts: list[Plain] = [2, HOSTILE, []]
    body = pack(parts)
    with Log(tmp_path / "trace.log") as log:
        log("received", len(body).to_bytes(4) + body)
    text = (tmp_path / "trace.log").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1
    check(text)
