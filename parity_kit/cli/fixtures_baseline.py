"""`parity-kit fixtures build --baseline`: corpora from another release of LangGraph."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from pathlib import Path

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console, print_json, progress_messages
from parity_kit.contract.errors import UsageError

_SHOWN = 5  # cases named for each reason


def build_baseline(
    workspace: Workspace,
    corpora: tuple[str, ...],
    requirement: str,
    extra: tuple[str, ...],
    to: Path | None,
    as_json: bool,
) -> None:
    """Build corpora with another release and print the result."""
    from parity_kit.corpora.drift.baselines import Baseline, build, folder_of
    from parity_kit.corpora.drift.recipes import baseline_name, baseline_recipe
    from parity_kit.corpora.folder import select
    from parity_kit.corpora.generators import generators
    from parity_kit.corpora.manifest import read_manifest

    started = time.perf_counter()
    folder = (to or folder_of(workspace, baseline_name(requirement, extra))).resolve()
    if folder == workspace.fixtures.resolve():
        raise UsageError(
            "the committed corpora are those of the installed release",
            where="--to",
            hint="name another folder, or none",
        )
    wanted = select(generators(workspace), corpora)
    with progress_messages() as emit:
        made: Baseline = build(workspace, baseline_recipe(requirement, extra), folder, wanted, emit)
    seconds = time.perf_counter() - started
    oracle = dict(read_manifest(folder).oracle)
    if as_json:
        content = dataclasses.asdict(made) | {"folder": str(folder), "oracle": oracle}
        print_json(content | {"seconds": seconds})
        return
    out = console()
    for name, cases in made.cases.items():
        out.print(f"{name}: {cases} cases", markup=False)
    for name, problem in made.problems.items():
        out.print(f"{name}: {problem}; the rest from the committed cases", markup=False)
    for reason, count in Counter(made.absent.values()).most_common():
        cases = [case for case, why in made.absent.items() if why == reason]
        more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
        out.print(f"absent: {count} cases: {reason}", markup=False)
        out.print(f"  {', '.join(cases[:_SHOWN])}{more}", markup=False)
    installed = ", ".join(f"{name} {version}" for name, version in oracle.items())
    out.print(f"made with {installed}", markup=False)
    total = sum(made.cases.values())
    out.print(f"{total} cases, {len(made.absent)} absent, in {seconds:.1f} s: {folder}")
    out.print(f"next: parity-kit fixtures diff {folder.name if to is None else folder} fixtures")
