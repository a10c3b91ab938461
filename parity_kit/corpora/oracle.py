"""The oracle of a workspace: the kit's LangGraph, or the one that its `parity.toml` names.

Corpora of another oracle are made when they are first needed, by the bundled generators in an
environment of its own, and kept in the workspace's cache. Its engine runs there too.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from parity_kit.candidates import environment
from parity_kit.candidates.cached import Progress
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Engine
from parity_kit.corpora.manifest import read_manifest


def prepare(workspace: Workspace, emit: Progress) -> None:
    """Make the corpora of the oracle that a workspace names, unless they are there.

    Raises:
        EnvironmentBuildError: If its environment cannot be made.
        KitError: If the generators cannot run there.
    """
    # What follows reads generators and requirements, which the kit's own oracle does not need.
    from parity_kit.corpora.drift import baselines  # noqa: PLC0415
    from parity_kit.corpora.drift.recipes import baseline_recipe  # noqa: PLC0415
    from parity_kit.corpora.generators import generators  # noqa: PLC0415

    if not workspace.oracle:
        return
    release, *others = workspace.oracle
    recipe = baseline_recipe(release, others)
    if (workspace.fixtures / baselines.ORIGIN).is_file():
        environment.make(recipe, workspace, emit)
    else:
        bundled = Workspace(workspace.root)
        baselines.build(bundled, recipe, workspace.fixtures, sorted(generators(bundled)), emit)


@contextmanager
def reference(workspace: Workspace) -> Generator[Engine]:
    """Give the engine that a workspace's candidates are compared with."""
    if not workspace.oracle:
        from parity_kit.reference import Engine as Reference  # noqa: PLC0415  # loads LangGraph

        yield Reference()
        return
    from parity_kit.corpora.drift.readable import engine_of  # noqa: PLC0415  # seldom needed

    with engine_of(workspace, workspace.fixtures) as engine:
        yield engine


def versions(workspace: Workspace) -> dict[str, str]:
    """Return the versions of a workspace's oracle that are judged by now."""
    if workspace.oracle:
        return dict(read_manifest(workspace.fixtures).oracle)
    from parity_kit.reference.engine import oracle_versions  # noqa: PLC0415  # loads LangGraph

    return oracle_versions()
