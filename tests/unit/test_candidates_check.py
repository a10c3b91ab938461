"""`candidates check` as its author sees it: how far an engine came, and why it came no further."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from command_line import parity_kit

from parity_kit.candidates import scaffold
from parity_kit.candidates.transcript import Transcript
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import ExitCode

HERE = Path(__file__).parent
ENGINE = HERE.parent / "faults" / "engines"
START = "import miniature\n"
"""A well-behaved engine for the codec, which answers 1 to everything."""


def written(base: Path, name: str, program: str, manifest: str = "") -> None:
    folder = base / "candidates" / name
    folder.mkdir(parents=True)
    (base / "parity.toml").touch()
    (folder / "engine.py").write_text(program, encoding="utf-8")
    command = json.dumps([sys.executable, "engine.py"])
    (folder / "candidate.toml").write_text(
        f'name = "{name}"\ntitle = "T"\nkind = "command"\nlanguage = "Python"\n'
        f"command = {command}\n{manifest}[env]\nPYTHONPATH = {json.dumps(str(ENGINE))}\n",
        encoding="utf-8",
    )


def checked(base: Path, *arguments: str) -> CompletedProcess[str]:
    return parity_kit("candidates", "check", *arguments, cwd=base)


def check_report(base: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = checked(base, "--json", *arguments)
    return done.returncode, json.loads(done.stdout)["candidates"][0]


def test_text_before_the_handshake_is_shown_as_the_bytes_that_came(tmp_path: Path) -> None:
    written(tmp_path, "mine", "print('loading my model, please wait')")
    done = checked(tmp_path, "mine")
    assert done.returncode == ExitCode.NOT_JUDGED
    assert "2: 'handshake'  (fixstr)" in done.stdout
    assert "6c 6f 61 64 69 6e 67 20 6d 79 20 6d 6f 64 65 6c  loading my model" in done.stdout
    assert "next: " in done.stdout
    assert "then run again: parity-kit candidates check mine" in done.stdout


def test_an_answer_of_the_wrong_shape_is_shown_decoded(tmp_path: Path) -> None:
    program = START + "del miniature.OUTCOME['dropped']\nminiature.serve(print)\n"
    written(tmp_path, "mine", program)
    code, report = check_report(tmp_path, "mine")
    first = next(check for check in report["checks"] if check["result"] != "ok")
    assert (code, report["state"]) == (ExitCode.NOT_JUDGED, "broken")
    assert (first["part"], first["result"]) == ("framing", "protocol-error")
    assert "outcomes[0]: `dropped` is missing" in first["detail"]
    shown = "\n".join(report["crossed"])
    assert "stored: map of 0" in shown
    assert "received: 00 00 00 1d  a frame of 29 bytes" in shown


WRONG_ON_THE_FIRST = """
right = miniature.right
def wrong(msgid, case):
    if len(waiting) == 0: miniature.OUTCOME["stored"] = {"data": "text"}
    waiting.append(msgid)
    right(msgid, case)
    miniature.OUTCOME["stored"] = {}
waiting, miniature.right = [], wrong
"""


def test_the_faulty_one_of_many_frames_is_shown(tmp_path: Path) -> None:
    written(tmp_path, "mine", START + WRONG_ON_THE_FIRST + "miniature.serve(print)\n")
    _, report = check_report(tmp_path, "mine")
    shown = "\n".join(report["crossed"])
    assert "outcomes[0].stored.data: expected bytes" in report["checks"][0]["detail"]
    assert "data: 'text'" in shown
    assert "method" not in shown
    assert "sent: 00 00 00" in shown
    assert ", number 1 of " in shown


def test_a_wrong_value_is_shown_and_not_what_was_asked_after_it(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    file = scaffold.new(Workspace(tmp_path), "mine", "python") / "engine.py"
    program = file.read_text(encoding="utf-8").replace("bytes([value])", "bytes([value + 1])")
    file.write_text(program, encoding="utf-8")
    code, report = check_report(tmp_path, "mine")
    wrong = {
        check["title"]: check["detail"] for check in report["checks"] if check["result"] != "ok"
    }
    assert code == ExitCode.DIVERGENCE
    assert wrong["encode a small integer"] == "stored {'data': b'+'}, expected {'data': b'*'}"
    assert wrong["round_trip of a small integer"] == wrong["encode a small integer"]
    shown = "\n".join(report["crossed"])
    assert "'encode'" in shown
    assert "'describe'" not in shown


OTHER_EACH_TIME = """
seen, answer = [], miniature.answer
def other(msgid, result):
    seen.append(1)
    miniature.OUTCOME["value"] = len(seen)
    answer(msgid, result)
miniature.answer = other
"""
READS_ONE_CHUNK = """
read = miniature.read
miniature.read = lambda length: read(min(length, 1 << 16))
"""


@pytest.mark.parametrize(
    ("program", "title"),
    [
        (OTHER_EACH_TIME, "32 requests before the first answer"),
        (READS_ONE_CHUNK, "a request of one MiB"),
    ],
)
def test_what_breaks_framing_only_is_found_there(tmp_path: Path, program: str, title: str) -> None:
    written(tmp_path, "mine", START + program + "miniature.serve(print)\n")
    code, report = check_report(tmp_path, "mine")
    first = next(check for check in report["checks"] if check["result"] != "ok")
    assert code == ExitCode.NOT_JUDGED or first["result"] == "wrong"
    assert (first["part"], first["title"]) == ("framing", title)


def test_a_candidate_that_hangs_is_asked_nothing_more(tmp_path: Path) -> None:
    program = START + "import time\nminiature.answer = lambda i, r: time.sleep(99) if "
    program += "isinstance(r, list) else miniature.send([1, i, None, r])\nminiature.serve(print)\n"
    written(tmp_path, "mine", program, "[limits]\nseconds = 0.3\n")
    code, report = check_report(tmp_path, "mine")
    assert code == ExitCode.NOT_JUDGED
    assert [check["result"] for check in report["checks"]] == ["hung"]


def test_all_ends_with_the_state_of_each(tmp_path: Path) -> None:
    written(tmp_path, "broken", "raise SystemExit(7)")
    written(tmp_path, "needy", "", 'needs = ["no-such-compiler"]\n')
    written(tmp_path, "unbuilt", "", 'setup = ["false"]\nsetup_files = ["engine.py"]\n')
    engine = scaffold.new(Workspace(tmp_path), "modest", "python") / "engine.py"
    text = engine.read_text(encoding="utf-8").replace("{SubjectKind.CODEC: Level.BYTES}", "{}")
    engine.write_text(text, encoding="utf-8")
    done = checked(tmp_path, "--all")
    assert done.returncode == ExitCode.NOT_JUDGED
    rows = [line.split() for line in done.stdout.splitlines()[-8:] if "Python" in line]
    states = {row[0]: " ".join(row[-2:]) for row in rows}
    assert states["broken"].endswith("broken")
    assert states["needy"] == "needs no-such-compiler"
    assert states["unbuilt"] == "not built"
    assert states["modest"].endswith("ready")
    assert "claim a subject in the description" in done.stdout


def test_what_crossed_is_bounded_and_cannot_steer_a_terminal() -> None:
    transcript = Transcript()
    transcript("sent", b"\x00\x00\x00\x01\x01")
    transcript("received", b"\x00\x10\x00\x00" + b"\x1b[2J" * 1_000_000)
    lines = list(transcript.lines())
    assert len(lines) < 20
    assert all(line.isprintable() for line in lines)
    assert any("65536 bytes, the beginning of more" in line for line in lines)
    transcript.forget()
    assert list(transcript.lines()) == ["sent: nothing", "received: nothing"]
