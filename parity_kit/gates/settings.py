"""The settings of a workspace: what `parity.toml` says. docs/ci.md lists the keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from parity_kit.candidates.tables import read_table
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.gates.rules import Rules, read_rules
from parity_kit.search.coverage import Floors

_SEE = "parity-kit docs ci"


@dataclass(frozen=True, slots=True)
class Settings:
    """Which candidates are judged, what a search must reach, and the rules of the gate.

    Those in `ours` decide the exit code; what `others` do is shown by `parity-kit parity`.
    """

    ours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    floors: Floors = field(default_factory=Floors)
    gate: Rules = field(default_factory=Rules)

    def rules(self, candidate: str) -> Rules:
        """Return the rules for a candidate: all of them for one of `ours`."""
        return self.gate if candidate in self.ours else self.gate.for_others()


def read_settings(workspace: Workspace) -> Settings:
    """Return a workspace's settings.

    Raises:
        BadManifestError: Naming the key that breaks a rule.
    """
    table = read_table(workspace.root / MARKER, _SEE)
    floors, usual = table.table("floors"), Floors()
    settings = Settings(
        table.texts("ours", ()),
        table.texts("others", ()),
        Floors(floors.share("compared", usual.compared), floors.share("pairs", usual.pairs)),
        read_rules(table.table("gate")),
    )
    table.table("oracle").all_texts()  # `find_workspace` reads it
    floors.finish()
    table.finish()
    return settings
