"""The page: one self-contained HTML file, a pure function of `report.json`.

Everything that came from a candidate is untrusted: the templates escape it, `visible` shows what
would hide, and a content-security policy lets nothing run or load but the page's own style sheet
and script, named by their digests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from parity_kit.judging import words
from parity_kit.report import divergences, history, performance
from parity_kit.report.matrix import Matrix, against_claims, grades
from parity_kit.report.overview import headline, overview, title
from parity_kit.report.selection import selected
from parity_kit.report.templating import anchor, make_environment, policy, source

STYLES = ("page.css", "matrix.css", "divergence.css", "performance.css", "print.css")
"""The style sheets, which become one in the page."""


def render(report: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the page for a report, and the reports of earlier runs, oldest first.

    The same reports give the same bytes.

    Raises:
        BadFileError: If an earlier report is none that this release can read.
    """
    environment = make_environment()
    style = "".join(source(environment, name) for name in STYLES)
    script = source(environment, "page.js")
    candidates: Sequence[Mapping[str, Any]] = report["candidates"]
    chosen = selected(candidates)
    shown = [
        divergences.view(candidate, wanted, anchor)
        for candidate, wanted in zip(candidates, chosen, strict=True)
    ]
    groups = Matrix(report, anchor, chosen).groups()
    page = environment.get_template("page.html").render(
        report=report,
        candidates=candidates,
        headline=headline(candidates),
        title=title(candidates),
        overviews=[overview(candidate) for candidate in candidates],
        groups=groups,
        grades=grades(groups),
        against=[against_claims(candidate) for candidate in candidates],
        features=_features(candidates),
        divergences=shown,
        first=_first(shown),
        performance=performance.view(report),
        history=history.view(report, earlier),
        style=Markup(style),  # noqa: S704  # the page's own file
        script=Markup(script),  # noqa: S704  # the page's own file
        policy=policy(style, script),
        words=words,
    )
    return f"{page}\n"


def _first(candidates: Sequence[Mapping[str, Any]]) -> str:
    """Return the place of the first divergence of all, the only one that is open at the start."""
    shown = (
        divergence["id"]
        for candidate in candidates
        for cause in candidate["causes"]
        for divergence in cause["shown"]
    )
    return next(shown, "")


def _features(candidates: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[int]]]:
    """Return how many compared cases exercised each feature, for each candidate."""
    rows: dict[str, list[int]] = {}
    for position, candidate in enumerate(candidates):
        for gate in candidate["gates"]:
            for name, count in gate["features"].items():
                rows.setdefault(name, [0] * len(candidates))[position] += count
    return sorted(rows.items())
