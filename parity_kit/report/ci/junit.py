"""JUnit XML: a test suite a gate, a test case a case.

The dialect is the one that Jenkins, GitLab and most others read: `failure` for what differs,
`error` for what broke down, `skipped` for what is unsupported or expected, or does not decide the
run. Where cases were not told one by one (those of a search), a gate's findings stand beside
one test case for all the others.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from parity_kit.contract.events import GateFinished
from parity_kit.contract.text import one_line, quoted, sentence
from parity_kit.judging.text import counts
from parity_kit.judging.words import not_judged, not_looked_at
from parity_kit.report.ci.account import Account, Problem, cases
from parity_kit.report.summary import NOT_FINISHED, CandidateSummary

_FAILURE = ("divergent", "stale")
_ERROR = ("crashed", "hung", "protocol error", "flaky", "unknown")
_SKIPPED = ("unsupported", "expected")


def render(account: Account) -> str:
    """Return a run as JUnit XML."""
    root = ET.Element("testsuites", name="Parity Kit")
    if drifted := account.drifted():
        suite = _suite(root, "fixtures", 0.0)
        for problem in drifted:
            _add(suite, problem.gate, problem.verdict, problem.message, decides=True)
    problems = account.problems()
    for candidate in account.candidates:
        for gate in candidate.gates.values():
            key = (candidate.name, gate.gate)
            gate_problems = [
                problem for problem in problems if (problem.candidate, problem.gate) == key
            ]
            _gate(root, account, gate, gate_problems)
        _candidate_suite(root, account, candidate)
    if not account.candidates:
        _add(_suite(root, "run", 0.0), "the whole run", "unknown", NOT_FINISHED, decides=True)
    _count(root)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _gate(
    root: ET.Element, account: Account, gate: GateFinished, gate_problems: list[Problem]
) -> None:
    suite = _suite(root, f"{gate.candidate} · {gate.gate}", gate.seconds)
    properties = ET.SubElement(suite, "properties")
    for name in ("verdict", "required", "reached"):
        ET.SubElement(properties, "property", name=name, value=one_line(str(getattr(gate, name))))
    if oracle := account.oracle:
        ET.SubElement(properties, "property", name="oracle", value=one_line(oracle))
    decides = account.decides(gate.candidate)
    bodies = {
        (problem.verdict, problem.cause): _body(account, problem) for problem in gate_problems
    }
    judged_cases = account.judged_cases(gate)
    for case in judged_cases:
        text = bodies.get((case.verdict, case.cause), "")
        _add(suite, case.case, case.verdict, case.said, text, decides=decides)
    if judged_cases:
        return
    for problem in gate_problems:
        _add(
            suite,
            problem.case,
            problem.verdict,
            problem.message,
            _body(account, problem),
            decides=decides,
        )
    rest = {word: n for word, n in gate.verdicts.items() if word not in (*_FAILURE, *_ERROR)}
    others = counts(rest) or "none"
    verdict = gate.verdict if gate.verdict in ("unknown", "unsupported") else "equal"
    message = "; ".join(gate.notes) or others
    _add(suite, f"all other cases: {others}", verdict, message, decides=decides)


def _body(account: Account, problem: Problem) -> str:
    """Return what a reader wants beside the headline: both sides, and the command to run."""
    lines = [
        f"{cases(problem.count)} of this gate, such as {problem.case}: {sentence(problem.message)}"
    ]
    if problem.reference or problem.theirs:
        lines += [f"reference  {problem.reference}", f"candidate  {problem.theirs}"]
    if again := account.again(problem):
        lines.append(again)
    return "\n".join([*map(one_line, lines), *quoted(problem.message)])


def _candidate_suite(root: ET.Element, account: Account, candidate: CandidateSummary) -> None:
    """Add what is said of a candidate as a whole, so that a red run is red here too."""
    suite = _suite(root, f"{candidate.name} · verdict", 0.0)
    decides = account.decides(candidate.name)
    judged = candidate.conclusion
    # A candidate that passes with expected differences is a passed test, not a skipped one.
    verdict = judged.verdict if judged.exit_code else "equal"
    _add(suite, "verdict", verdict, judged.reason, decides=decides)
    unseen = [not_judged(judged.not_judged), not_looked_at(judged.not_looked_at)]
    if lines := list(filter(None, unseen)):
        ET.SubElement(suite[-1], "system-out").text = "\n".join(lines)
    for entry in candidate.stale.values():
        text = f"{entry.case}, {entry.differs}: {entry.problem}"
        _add(suite, f"ledger entry {entry.entry}", "stale", text, decides=decides)
    if partial := account.partial:
        ended = account.summary.finished is not None and candidate.failed is None
        word = "unsupported" if ended else "unknown"
        _add(suite, "the whole run", word, f"partial: {'; '.join(partial)}", decides=decides)


def _suite(root: ET.Element, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=one_line(name), time=f"{seconds:.3f}")


def _add(  # noqa: PLR0913  # a test case's parts
    suite: ET.Element, name: str, verdict: str, message: str, text: str = "", *, decides: bool
) -> None:
    """Add a test case; only what decides the run may fail it."""
    owner = suite.get("name", "")
    element = ET.SubElement(suite, "testcase", classname=owner, name=one_line(name))
    head = sentence(message)
    if verdict in _SKIPPED:
        ET.SubElement(element, "skipped", message=one_line(f"{verdict}: {head}"))
    elif verdict in (*_FAILURE, *_ERROR) and not decides:
        skipped = one_line(f"{verdict}, and does not decide the run: {head}")
        ET.SubElement(element, "skipped", message=skipped)
    elif verdict in (*_FAILURE, *_ERROR):
        tag = "failure" if verdict in _FAILURE else "error"
        child = ET.SubElement(element, tag, type=verdict, message=one_line(f"{verdict}: {head}"))
        child.text = text or "\n".join([one_line(head), *quoted(message)])


def _count(root: ET.Element) -> None:
    """Write what each suite holds, and the whole."""
    for suite in root:
        held = {tag: len(suite.findall(f"testcase/{tag}")) for tag in ("failure", "error")}
        suite.set("tests", str(len(suite.findall("testcase"))))
        suite.set("failures", str(held["failure"]))
        suite.set("errors", str(held["error"]))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
