"""The process that runs LangGraph.js's validation on one saver, and reports each of its tests.

It starts vitest, answers what the adapter in it (`javascript/saver.mjs`) asks of the saver, by the
candidate's engine or by LangGraph's saver, and reads vitest's results when that has ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from parity_kit.contract import Operation, Outcome, Pins, Raised, Returned, Subject, SubjectKind
from parity_kit.contract.errors import CandidateError
from parity_kit.upstream import remote
from parity_kit.upstream.plugin_names import ENGINE, JAVASCRIPT, NAMED_SAVER
from parity_kit.upstream.remote import Opened
from parity_kit.upstream.wire_saver import OPERATIONS

Apply = Callable[[Operation], Outcome]


def _opener(kind: str, name: str) -> Callable[[], Apply]:
    """Return what opens a saver: LangGraph's, or the candidate's."""
    subject = Subject(SubjectKind.SAVER, {"saver": name})
    if kind == "wire":
        engine = remote.from_json(os.environ[ENGINE])

        def opened() -> Apply:
            saver = Opened(engine, subject)
            return lambda operation: engine.apply(saver, operation)

        return opened
    from parity_kit.reference.engine import Engine  # noqa: PLC0415  # only where it is judged

    return lambda: Engine().open(subject, Pins()).apply


def answered(apply: Apply, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to one request."""
    arguments = {name: value for name, value in message["arguments"].items() if value is not None}
    try:
        outcome = apply(Operation(message["operation"], arguments))
    except CandidateError as error:
        return {"error": str(error)}
    match outcome:
        case Returned(value):
            return {"value": value}
        case Raised(error, text):
            return {"error": f"{error}: {text}"}
        case _:
            return {"error": f"unsupported: {outcome.reason}"}


def serve(requests: int, answers: int, opener: Callable[[], Apply]) -> Counter[str]:
    """Answer until the adapter ends; return how many operations each test asked for."""
    savers: dict[int, Apply] = {}
    asked: Counter[str] = Counter()
    with open(requests, encoding="utf-8") as lines, open(answers, "w", encoding="ascii") as out:
        for line in lines:
            message = json.loads(line)
            asked[message["test"]] += 1
            if message["saver"] not in savers:
                savers[message["saver"]] = opener()
            answer = answered(savers[message["saver"]], message)
            out.write(json.dumps(answer, default=repr) + "\n")
            out.flush()
    return asked


def results(report: Path, asked: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Yield vitest's results; titles that it shortened are numbered."""
    seen: Counter[str] = Counter()
    for test in json.loads(report.read_text("utf-8"))["testResults"][0]["assertionResults"]:
        names = test["ancestorTitles"]
        name = " > ".join([*names, test["title"]])
        seen[name] += 1
        number = f" #{seen[name]}" if seen[name] > 1 else ""
        lines = "".join(test["failureMessages"][:1]).splitlines()
        yield {
            "test": f"{' > '.join([*names[1:], test['title']])}{number}",
            "outcome": test["status"] if test["status"] in {"passed", "failed"} else "skipped",
            "seconds": round((test.get("duration") or 0) / 1000, 4),
            "calls": {OPERATIONS: asked.get(name, 0)} if asked else {},
            "error": lines[0] if lines else "",
        }


def _vitest(report: Path, temporary: str, kind: str, name: str) -> Counter[str]:
    """Run vitest, and answer what it asks; the control asks for nothing."""
    theirs, mine = os.pipe(), os.pipe()
    env = {
        **os.environ,
        "TMPDIR": temporary,
        "PARITY_KIT_JAVASCRIPT_SAVER": name,
        "PARITY_KIT_JAVASCRIPT_REQUESTS": str(theirs[1]),
        "PARITY_KIT_JAVASCRIPT_ANSWERS": str(mine[0]),
    }
    words = ["node_modules/vitest/vitest.mjs", "run", "--configLoader=native"]
    words += ["--reporter=json", f"--outputFile={report}"]
    with subprocess.Popen(  # its threads share these descriptors
        ["node", *words],  # noqa: S607  # from PATH, as `check` looked for it
        env=env,
        cwd=os.environ[JAVASCRIPT],
        pass_fds=(theirs[1], mine[0]),
    ):
        os.close(theirs[1])
        os.close(mine[0])
        opener = _opener(kind, name) if name else _nothing
        return serve(theirs[0], mine[1], opener)


def _nothing() -> Apply:
    raise ValueError("LangGraph.js's own saver asks for nothing")


def main() -> None:
    """Run the validation, and report it."""
    from parity_kit.upstream.lines import emit  # noqa: PLC0415  # it takes standard output

    kind, _, name = os.environ[NAMED_SAVER].partition(" ")
    with tempfile.TemporaryDirectory() as made:
        report = Path(made) / "report.json"
        asked = _vitest(report, made, kind, name)
        if not report.is_file():
            emit({"collected": False, "error": "vitest wrote no results"})
            sys.exit(1)
        for result in results(report, asked):
            emit(result)


if __name__ == "__main__":
    main()
