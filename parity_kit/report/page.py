"""The page: one self-contained HTML file, a pure function of `report.json`.

Everything that came from a candidate is untrusted: the templates escape it, `visible` shows what
would hide, and a content-security policy lets nothing run or load but the page's own style sheet
and script, named by their digests.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from parity_kit.contract.text import quoted, sentence
from parity_kit.judging import text, words
from parity_kit.report import divergences, history, performance
from parity_kit.report.matrix import Matrix, against_claims, grades
from parity_kit.report.overview import headline, overview, title
from parity_kit.report.selection import selected
from parity_kit.report.speed_text import interval_text, ratio_text

STYLES = ("page.css", "matrix.css", "divergence.css", "performance.css", "print.css")
"""The style sheets, which become one in the page."""


def render(report: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the page for a report, and the reports of earlier runs, oldest first.

    The same reports give the same bytes.

    Raises:
        BadFileError: If an earlier report is none that this release can read.
    """
    environment = _environment()
    style = "".join(_source(environment, name) for name in STYLES)
    script = _source(environment, "page.js")
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
        policy=_policy(style, script),
        words=words,
    )
    return f"{page}\n"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("parity_kit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    # jinja2 types its own filters and globals, and no others.
    cast("dict[str, Any]", environment.filters).update(
        clip=text.clip,
        coded=text.coded,
        counts=text.counts,
        inner=text.inner,
        plural=text.plural,
        quoted=quoted,
        seconds=text.seconds,
        sentence=sentence,
    )
    cast("dict[str, Any]", environment.globals).update(
        command=text.command,
        interval_text=interval_text,
        parted=text.parted,
        parted_hex=text.parted_hex,
        ratio_text=ratio_text,
        word=words.word,
        anchor=anchor,
    )
    return environment


def _visible(value: object) -> object:
    """Make what the template prints visible; markup is the page's own."""
    return (
        text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


def _source(environment: Environment, name: str) -> str:
    if environment.loader is None:
        raise AssertionError("the environment above has a loader")
    return environment.loader.get_source(environment, name)[0]


def _policy(style: str, script: str) -> str:
    digests = [
        base64.b64encode(hashlib.sha256(source.encode()).digest()).decode("ascii")
        for source in (style, script)
    ]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digests[0]}'; "
        f"script-src 'sha256-{digests[1]}'; base-uri 'none'; form-action 'none'"
    )


def anchor(*parts: str) -> str:
    """Return a permanent name for a place in the page, safe whatever the parts hold."""
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return f"d-{hashlib.sha256(joined).hexdigest()[:12]}"


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
