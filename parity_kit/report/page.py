"""The page: one self-contained HTML file, a pure function of `report.json`.

Everything that came from a candidate is untrusted: the template escapes it, `visible` shows what
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

from parity_kit import words
from parity_kit.report import matrix, performance, text

SHOWN = 100
"""Differences of one candidate that the page shows; the rest are in `report.json`."""

STYLES = ("page.css", "performance.css")
"""The style sheets, which become one in the page."""


def render(report: Mapping[str, Any]) -> str:
    """Return the page for a report; the same report gives the same bytes."""
    environment = Environment(
        loader=PackageLoader("parity_kit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters.update(
        clip=text.clip, counts=text.counts, ratio=text.ratio, seconds=text.seconds
    )
    # jinja2 types its globals as the ones it brings along.
    cast("dict[str, Any]", environment.globals).update(
        command=text.command,
        parted=text.parted,
        parted_hex=text.parted_hex,
        word=words.word,
        anchor=_anchor,
    )
    style = "".join(_source(environment, name) for name in STYLES)
    script = _source(environment, "page.js")
    candidates: Sequence[Mapping[str, Any]] = report["candidates"]
    page = environment.get_template("page.html").render(
        report=report,
        headline=headline(candidates),
        gates=_gates(candidates),
        features=_features(candidates),
        matrix=matrix.view(report, _anchor, SHOWN),
        performance=performance.view(report),
        style=Markup(style),  # noqa: S704  # the page's own file
        script=Markup(script),  # noqa: S704  # the page's own file
        policy=_policy(style, script),
        words=words,
        shown=SHOWN,
    )
    return f"{page}\n"


def headline(candidates: Sequence[Mapping[str, Any]]) -> str:
    """Return the run's outcome in one sentence."""
    agreeing = sum(each["verdict"] in words.AGREEING for each in candidates)
    match len(candidates), agreeing:
        case 0, _:
            return "No candidate was compared"
        case 1, 1:
            return f"{candidates[0]['title']} agrees with LangGraph"
        case 1, _:
            return f"{candidates[0]['title']} was not found to agree with LangGraph"
        case total, 1:
            return f"1 of {total} candidates agrees with LangGraph"
        case total, _:
            return f"{agreeing or 'None'} of {total} candidates agree with LangGraph"


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


def _anchor(*parts: str) -> str:
    """Return a permanent name for a place in the page, safe whatever the parts hold."""
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return f"d-{hashlib.sha256(joined).hexdigest()[:12]}"


def _gates(candidates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the gates in the order they were first run, each with its cell for each candidate."""
    rows: dict[str, dict[str, Any]] = {}
    for position, candidate in enumerate(candidates):
        for gate in candidate["gates"]:
            row = rows.setdefault(
                gate["gate"],
                {"name": gate["gate"], "kind": gate["kind"], "cells": [None] * len(candidates)},
            )
            row["cells"][position] = gate
    return list(rows.values())


def _features(candidates: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[int]]]:
    """Return how many compared cases exercised each feature, for each candidate."""
    rows: dict[str, list[int]] = {}
    for position, candidate in enumerate(candidates):
        for gate in candidate["gates"]:
            for name, count in gate["features"].items():
                rows.setdefault(name, [0] * len(candidates))[position] += count
    return sorted(rows.items())
