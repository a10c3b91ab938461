"""The settings of a workspace: what `parity.toml` says. docs/ci.md lists the keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from parity_kit.apps.configured import application_in
from parity_kit.candidates.tables import Table, read_table
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.gates.rules import Rules, read_rules, read_test_rules
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
    tests: Mapping[str, Rules] = field(default_factory=dict[str, Rules])
    """The rules of LangGraph's own tests: `upstream` and `conformance`."""
    accepted: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The changed functions that need not be judged, by candidate."""

    def rules(self, candidate: str) -> Rules:
        """Return the rules for a candidate: all of them for one of `ours`."""
        rules = self.gate if candidate in self.ours else self.gate.for_others()
        return replace(rules, accepted=self.accepted.get(candidate, ()))

    def test_rules(self, candidate: str, kind: str) -> Rules:
        """Return the rules of LangGraph's own tests, which only bind `ours`."""
        return self.tests[kind] if candidate in self.ours else Rules()


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
        {kind: read_test_rules(table.table(kind)) for kind in ("upstream", "conformance")},
        _accepted(workspace, table.table("reach")),
    )
    table.table("oracle").all_texts()  # `find_workspace` reads it
    application_in(table, workspace.root)
    floors.finish()
    table.finish()
    return settings


def _accepted(workspace: Workspace, table: Table) -> Mapping[str, tuple[str, ...]]:
    accepted = table.table("accepted")
    known = [folder.name for folder in workspace.candidates.glob("*/")]
    names = {name: accepted.texts(name) for name in accepted.keys(known)}
    table.finish()
    return names
