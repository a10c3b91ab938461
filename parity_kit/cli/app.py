"""`parity-kit app`: an application's graph checked, recorded, and replayed on its present code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from parity_kit.cli.common import console, echo, json_option, print_json
from parity_kit.contract.errors import BadFileError, ExitCode, UsageError
from parity_kit.contract.files import read_text
from parity_kit.contract.text import one_line

if TYPE_CHECKING:
    from parity_kit.apps.calls import Problem


@click.group("app", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Check, record and replay an application's own graph."""


@command.command("check")
@click.argument("graph", metavar="[MODULE:GRAPH]", required=False)
@json_option
def check(graph: str | None, *, as_json: bool) -> int:
    """Draw what the kit understands of a graph, and name what cannot be recorded, with its place.

    GRAPH is MODULE:NAME, FILE.py:NAME, or a graph of langgraph.json; without it, the one that
    [app] of parity.toml names.
    """
    from parity_kit.apps.lowering import lower

    lowered = lower(_graph(graph))
    problems = lowered.all_problems
    code = ExitCode.USAGE if problems else ExitCode.PARITY
    if as_json:
        listed = [{"problem": problem.what, "where": problem.where} for problem in problems]
        print_json({"program": lowered.program, "problems": listed, "exit_code": int(code)})
        return code
    for inner in lowered.all():
        if inner.program.get("nodes"):
            _draw(inner.program, "/".join(inner.place))
    _print_problems(problems)
    if not problems:
        echo("everything that shows without a run can be recorded")
        echo(f"next: parity-kit app record {graph or ''}".rstrip() + " --inputs FILE")
    return code


def _graph(named: str | None) -> Any:
    """Return the graph that is named here, or else in `parity.toml`."""
    from parity_kit.apps.configured import read_application
    from parity_kit.apps.loading import load_graph

    configured = read_application()
    return load_graph(configured.chosen(named), configured.path)


def _draw(program: dict[str, Any], place: str) -> None:
    out = console()
    out.print(f"subgraph {place}" if place else "graph", style="bold", markup=False)
    for name, field in program["state"].items():
        reducer = f", reduced by {field['reducer']}" if field.get("reducer") else ""
        kind = field.get("type") or field.get("managed") or field["channel"]["class"]
        out.print(one_line(f"  field {name}: {kind}{reducer}"), markup=False)
    for name, node in program["nodes"].items():
        extra = ", ".join(key for key in node if key != "body")
        out.print(one_line(f"  node {name}{f' ({extra})' if extra else ''}"), markup=False)
    for source, target in program["edges"]:
        sources = source if isinstance(source, str) else " and ".join(source)
        out.print(one_line(f"  {sources} → {target}"), markup=False)
    for source, routes in program.get("branches", {}).items():
        out.print(one_line(f"  {source} → chosen by {len(routes)} router(s)"), markup=False)


def _print_problems(problems: list[Problem]) -> None:
    for problem in problems:
        echo(one_line(f"cannot be recorded: {problem}"))


@command.command("record")
@click.argument("graph", metavar="[MODULE:GRAPH]", required=False)
@click.option("--inputs", required=True, metavar="FILE", help="JSON: a list of inputs to invoke.")
@click.option(
    "--to", "path", default="recordings/app.case", show_default=True, help="The file to write."
)
@click.option("--redact", is_flag=True, help="Replace texts and numbers, as imports do.")
@click.option("--preview", is_flag=True, help="With --redact: show the texts, write nothing.")
def record_command(
    graph: str | None, inputs: str, path: str, *, redact: bool, preview: bool
) -> int:
    """Run a graph with inputs, twice, and record what it does.

    An input is what `invoke` takes, for the thread "1", or {"thread": …, "input": …},
    {"thread": …, "resume": …}. If the second recording differs, the graph is not deterministic, and
    the first node that differs is named.
    """
    from parity_kit.apps.repeated import record_twice

    runs = _inputs(Path(inputs))
    if preview and not redact:
        raise UsageError("--preview needs --redact")
    loaded = _graph(graph)
    recording = record_twice(loaded, runs, Path(path), redact=redact, keep=not preview)
    if preview:
        for text, other in recording.replaced.items():
            echo(one_line(f"{text!r} → {other!r}"))
    for file in recording.files:
        echo(f"{file}: {file.stat().st_size:,} bytes")
    for note in recording.notes:
        echo(one_line(note))
    if recording.files:
        echo(f"next: parity-kit explain {recording.files[0]}")
    return ExitCode.PARITY


def _inputs(path: Path) -> list[dict[str, Any]]:
    hint = 'a list such as [{"thread": "1", "input": {"n": 0}}, {"thread": "1", "resume": "yes"}]'
    try:
        content = json.loads(read_text(path, hint=hint))
    except ValueError as error:
        raise BadFileError(f"is no JSON: {error}", where=str(path), hint=hint) from error
    if not isinstance(content, list) or not content:
        raise BadFileError("holds no list of inputs", where=str(path), hint=hint)
    return [
        cast("dict[str, Any]", item)
        if isinstance(item, dict) and {"input", "resume"} & {*cast("dict[str, Any]", item)}
        else {"input": item}
        for item in cast("list[Any]", content)
    ]


@command.command("replay")
@click.argument("graph", metavar="[MODULE:GRAPH]", required=False)
@click.argument("files", nargs=-1, metavar="[FILE]…")
@json_option
def replay(graph: str | None, files: tuple[str, ...], *, as_json: bool) -> int:
    """Run recordings on the application's present code; its nodes answer from the recording.

    Each recording is the same, departs or cannot resume. The first node that sees another input is
    named, and recorded calls that nobody asked for are listed. A recording cannot resume if a
    thread that it stored waits at a node or a question that the graph no longer finds.
    Without FILE: recordings/*.case.

    Exits with 0 if all are the same, and 1 if any departs or cannot resume.
    """
    from parity_kit.apps.replaying import replay_on
    from parity_kit.contract.casefile import read_case

    paths = [Path(file) for file in files] or sorted(Path("recordings").glob("*.case"))
    if not paths:
        raise UsageError(
            "no recordings", where="recordings", hint="parity-kit app record makes one"
        )
    results: list[dict[str, Any]] = []
    for path in paths:
        kept = read_case(path)
        replayed = replay_on(_graph(graph), kept.case, kept.reference_outcomes)
        results.append(
            {
                "recording": str(path),
                "verdict": replayed.verdict,
                "same": replayed.is_same,
                "cannot_resume": replayed.stuck,
                "departure": replayed.departure,
                "unasked": list(replayed.unasked),
            }
        )
        if not as_json:
            _print_replayed(results[-1])
    code = ExitCode.PARITY if all(result["same"] for result in results) else ExitCode.DIVERGENCE
    if as_json:
        print_json({"recordings": results, "exit_code": int(code)})
    return code


def _print_replayed(result: dict[str, Any]) -> None:
    if result["same"]:
        echo(f"✓ same      {result['recording']}")
        return
    echo(f"✗ {result['verdict']:<8}  {result['recording']}")
    if result["cannot_resume"]:
        echo(one_line(f"  {result['cannot_resume']}"))
    if result["departure"]:
        echo(one_line(f"  {result['departure']}"))
    if result["unasked"]:
        echo(one_line(f"  recorded calls that nobody asked for: {', '.join(result['unasked'])}"))
