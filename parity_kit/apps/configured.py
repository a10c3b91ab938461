"""The application that `[app]` of a workspace's `parity.toml` names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parity_kit.candidates.tables import Table, read_table
from parity_kit.candidates.workspace import MARKER
from parity_kit.contract.errors import UsageError


@dataclass(frozen=True, slots=True)
class Application:
    """A graph, the folders that its modules are in, and the packages that it needs."""

    graph: str | None = None
    path: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()

    def chosen(self, graph: str | None) -> str:
        """Return the graph that a command names, or else this one.

        Raises:
            UsageError: If there is neither.
        """
        if chosen := graph or self.graph:
            return chosen
        hint = f'name it as MODULE:GRAPH, or in {MARKER}: [app] graph = "MODULE:GRAPH"'
        raise UsageError("no graph is named", hint=hint)


def read_application(root: Path | None = None) -> Application:
    """Return the application of a workspace, or of the one that the current directory is in.

    Raises:
        BadManifestError: If a key is wrong.
    """
    here = Path.cwd() if root is None else root
    for folder in (here, *here.parents):
        if (folder / MARKER).is_file():
            return application_in(read_table(folder / MARKER, "parity-kit docs upgrading"), folder)
    return Application()


def application_in(table: Table, root: Path) -> Application:
    """Return the application of a `parity.toml`; folders are relative to it."""
    app = table.table("app")
    folders = [root / folder for folder in app.texts("path", ())]
    for folder in folders:
        if not folder.is_dir():
            raise app.wrong("path", f"{folder} is no folder")
    made = Application(
        app.text("graph", "") or None,
        tuple(str(folder.resolve()) for folder in folders),
        app.texts("requirements", ()),
    )
    app.finish()
    return made
