"""`record`: a run of an application, frozen into case files and checked on the reference."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, is_typeddict

from parity_kit.apps.arguments import OF_CALLBACKS
from parity_kit.apps.calls import Place, Problem, Result
from parity_kit.apps.chance import chance_pinned
from parity_kit.apps.channels import ReducerGuess
from parity_kit.apps.freezing import body_of, route_of
from parity_kit.apps.lowering import handler_bodies
from parity_kit.apps.methods import recording_methods
from parity_kit.apps.own_types import UnfitTypeError, with_own_types
from parity_kit.apps.recorder import Recorder, Seen, Track
from parity_kit.contract import (
    Case,
    CaseId,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    split_stored_name,
)
from parity_kit.contract import run as run_case
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.casefile import CaseFile, read_case
from parity_kit.contract.errors import CannotRecordError
from parity_kit.msgpack.buildable import TypeName, named_types
from parity_kit.programs.admission import check_structure
from parity_kit.programs.features import features_of
from parity_kit.programs.model import START
from parity_kit.reference.engine import Engine

SUFFIX = ".case"
_SHOWN = 8


@dataclass(slots=True)
class Recording:
    """The cases of a recording, once its block has ended, and what they leave out."""

    path: Path
    cases: list[Case] = field(default_factory=list[Case])
    files: list[Path] = field(default_factory=list[Path])
    notes: list[str] = field(default_factory=list[str])
    replaced: dict[str, str] = field(default_factory=dict[str, str])
    """Texts of the application and those in their place, if it is redacted."""
    kept: Path | None = None
    """A folder that may hold recordings of the same run."""


@contextmanager
def record(path: str | Path, *, redact: bool = False) -> Generator[Recording]:
    """Record what the block does to graphs into a case file, which needs no user code to run.

    While it records, ids and times of checkpoints are pinned, tasks run one after another, and a
    graph with a saver uses one in memory. A second graph goes into a file of its own
    (`NAME-2.case`). With `redact` texts and numbers are others of the same shape, by the secret key
    of the workspace.

    Raises:
        CannotRecordError: If the application did what a recording cannot hold; nothing is written.
    """
    with record_again(path, None, redact=redact) as recording:
        yield recording


@contextmanager
def record_again(
    path: str | Path, kept: Path | None, *, redact: bool = False
) -> Generator[Recording]:
    """Record as `record` does, where a folder may hold recordings of the same run.

    A case that is there is known to run, so LangGraph does not run it once more if the application
    did what its outcomes say.
    """
    recording = Recording(Path(path), kept=kept)
    recorder = Recorder()
    with chance_pinned(), recorder.recording(recording_methods(recorder)):
        yield recording
        # Before the application's own savers are back.
        stored = {
            key: track.contents()
            for key, track in recorder.tracks.items()
            if not track.lowered.all_problems
        }
    traces = [
        _frozen(recording, number, track, stored[key], recorder.problems)
        for number, (key, track) in enumerate(recorder.tracks.items(), start=1)
        if not track.lowered.all_problems
    ]
    if recorder.problems:
        raise _cannot(recorder.problems, recording.path)
    if not traces:
        raise CannotRecordError(
            "no graph was run", where=str(path), hint="invoke or stream a graph in the block"
        )
    for file, case, outcomes in traces:
        if redact:
            case, outcomes = _redacted(recording, case, outcomes)  # noqa: PLW2901  # in its place
        CaseFile(case, "", outcomes, None).write(file)
        recording.cases.append(case)
        recording.files.append(file)


def _redacted(
    recording: Recording, case: Case, outcomes: tuple[Outcome, ...]
) -> tuple[Case, tuple[Outcome, ...]]:
    from parity_kit.apps.redacting import redacted  # noqa: PLC0415  # few recordings are
    from parity_kit.candidates.workspace import find_workspace  # noqa: PLC0415  # as above
    from parity_kit.corpora.user_checkpoints.importing import redaction_key  # noqa: PLC0415  # as above

    made = redacted(case, outcomes, redaction_key(find_workspace()))
    recording.replaced |= made.texts
    if not made.numbers:
        recording.notes.append("numbers are those of the application, which computes with them")
    return made.case, made.outcomes


def _cannot(problems: list[Problem], path: Path) -> CannotRecordError:
    shown = [str(problem) for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        shown.append(f"and {len(problems) - _SHOWN} more")
    return CannotRecordError(
        "cannot be recorded: " + "; ".join(shown),
        where=str(path),
        hint="change the application there, or record a part of it: parity-kit docs upgrading",
    )


def _frozen(
    recording: Recording,
    number: int,
    track: Track,
    stored: Mapping[str, bytes],
    problems: list[Problem],
) -> tuple[Path, Case, tuple[Outcome, ...]]:
    """Return a graph's case with LangGraph's outcomes, which are those of the application."""
    suffix = "" if number == 1 else f"-{number}"
    stem = recording.path.name.removesuffix(SUFFIX)
    file = recording.path.with_name(f"{stem}{suffix}{SUFFIX}")
    case = freeze(f"{stem}{suffix}", track, problems)
    recording.notes += track.notes
    if problems:
        return file, case, ()
    try:
        pack(case.to_plain())
    except TypeError as error:
        problems.append(Problem(str(error)))
        return file, case, ()
    check_structure(case)
    try:
        case = with_own_types(case)
    except UnfitTypeError as error:
        problems.append(Problem(f"values of {error}{_origin(track, error.name)}"))
        return file, case, ()
    kept = recording.kept
    outcomes = None if kept is None else _kept_outcomes(kept / file.name, case)
    if outcomes is None or _differences(track, stored, outcomes):
        outcomes = run_case(Engine(), case)
        problems += map(Problem, _differences(track, stored, outcomes))
    return file, case, outcomes


def _kept_outcomes(file: Path, case: Case) -> tuple[Outcome, ...] | None:
    """Return the outcomes of a recording that is this case, or None."""
    if not file.is_file():
        return None
    kept = read_case(file)
    return kept.reference_outcomes if pack(kept.case.to_plain()) == pack(case.to_plain()) else None


def _differences(
    track: Track, stored: Mapping[str, bytes], outcomes: tuple[Outcome, ...]
) -> list[str]:
    """Return how a frozen run differs from the application's, in words."""
    made: list[str] = []
    for index, (seen, outcome) in enumerate(zip(track.seen, outcomes, strict=True)):
        if problem := _difference(seen, outcome):
            what = f"operation {index} ({seen.operation.name}) runs differently when frozen"
            made.append(f"{what}: {problem}")
    if not made and (name := _differing_entry(stored, outcomes)):
        what = _input_of_subgraph(track, name)
        made.append(what or f"the frozen run stores other bytes: {name}")
    return made


def _input_of_subgraph(track: Track, stored: str) -> str:
    """Return why a stored input differs, if it is a subgraph's and of a class; or nothing."""
    kind, _, place, channel = [*split_stored_name(stored), "", "", "", ""][:4]
    node = place.partition(":")[0]
    if kind != "blob" or channel != START or not node or "|" in place:
        return ""
    schema: Any = track.lowered.graph.builder.nodes[node].input_schema
    if is_typeddict(schema):
        return ""
    name = f"{schema.__module__}.{schema.__qualname__}"
    return (
        f"subgraph {node!r} stores its input as a value of {name}, and the frozen run as a map:"
        " declare that state, or the node's `input_schema`, as a TypedDict"
    )


def _origin(track: Track, name: TypeName) -> str:
    """Return which node first returned a value of a type, in words."""
    for call in track.watcher.calls:
        ending = call.ending
        if isinstance(ending, Result) and name in named_types(unpack(ending.expression)):
            return f"; node {'/'.join(call.place)!r} returns one"
    return ""


def freeze(name: str, track: Track, problems: list[Problem]) -> Case:
    """Return a graph and what was done to it as a case; what it cannot hold goes to `problems`."""
    problems += track.watcher.problems.values()
    for graph in track.lowered.all():
        _fill_bodies(graph.program, graph.place, track, problems)
        for field_name, guess in graph.guesses.items():
            _name_reducer(graph.program, field_name, guess, track, problems)
    spec: dict[str, Any] = {"program": track.lowered.program}
    spec["saver"] = None if track.saver is None else "memory"
    operations = tuple(seen.operation for seen in track.seen)
    subject = Subject(SubjectKind.GRAPH, spec)
    return Case(CaseId(f"recording/{name}"), subject, operations, features_of(subject, operations))


def _fill_bodies(
    program: dict[str, Any], place: Place, track: Track, problems: list[Problem]
) -> None:
    def body(name: str) -> list[Any]:
        return body_of(call for call in track.watcher.calls if call.place == (*place, name))

    for name, node in program["nodes"].items():
        if "body" in node:
            node["body"] = body(name)
    for owner, name in handler_bodies(program):
        owner["error_handler"] = body(name)
    for source, routes in program.get("branches", {}).items():
        here = (*place, source)
        for index in range(len(routes)):
            try:
                routes[index] = route_of(
                    routing
                    for routing in track.watcher.routings
                    if routing.place == here and routing.index == index
                )
            except ValueError as error:
                problems.append(Problem(f"a router after {source!r} gave {error}"))


def _name_reducer(
    program: dict[str, Any],
    name: str,
    guess: ReducerGuess,
    track: Track,
    problems: list[Problem],
) -> None:
    frozen = guess.frozen()
    if isinstance(frozen, Problem):
        problems.append(Problem(f"field {name!r}: {frozen.what}", frozen.where))
        return
    for fields in (program["state"], program.get("private", {})):
        if name in fields:
            fields[name] |= frozen
    if guess.calls:
        reducer = frozen["reducer"]
        track.note(f"field {name!r}: its reducer did what `{reducer}` does, as far as it ran")


def _difference(seen: Seen, outcome: Outcome) -> str:
    match outcome:
        case Unsupported(reason):
            return reason
        case Raised(error, message):
            if seen.error != (error, message):
                return f"it raises {error}: {message}, the application {seen.error}"
        case Returned(value):
            if seen.error is not None:
                return f"the application raises {': '.join(seen.error)}"
            if seen.has_value and pack(value) != pack(seen.value):
                return "it gives another value"
    events = [event for event in outcome.events if event.mode not in OF_CALLBACKS]
    if events != seen.events:
        return f"event {_first_other(events, seen.events)} is another"
    return ""


def _first_other(ours: Any, theirs: Any) -> int:
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return index
    return min(len(ours), len(theirs))


def _differing_entry(stored: Mapping[str, bytes], outcomes: tuple[Outcome, ...]) -> str:
    """Return the name of an entry that the frozen run stores otherwise than the application."""
    again: dict[str, bytes] = {}
    for outcome in outcomes:
        if not isinstance(outcome, Unsupported):
            again |= outcome.stored
            for name in outcome.dropped:
                again.pop(name, None)
    names = sorted(stored.keys() | again.keys())
    return next((name for name in names if stored.get(name) != again.get(name)), "")
