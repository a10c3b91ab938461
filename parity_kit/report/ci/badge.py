"""A badge: an SVG, or the JSON that shields.io's endpoint badge reads."""

from __future__ import annotations

import json
from collections import Counter
from html import escape

from parity_kit.contract import Level
from parity_kit.contract.errors import ExitCode
from parity_kit.judging.verdicts import worst
from parity_kit.judging.words import word
from parity_kit.report.ci.account import Account, cases

LABEL = "LangGraph parity"
_COLOURS = {"good": "#1a7f37", "bad": "#b42318", "unknown": "#8a5a00"}
_CHARACTER = 6.2  # width of a character; `textLength` makes the text as wide as that says
_PADDING = 12.0


def message(account: Account) -> tuple[str, str]:
    """Return what the badge says, and the tone of it."""
    deciding = [candidate for candidate in account.candidates if account.decides(candidate.name)]
    good = account.exit_code is ExitCode.PARITY and deciding
    if good:
        verdicts = sum((candidate.verdicts for candidate in deciding), Counter[str]())
        verdict = worst(candidate.conclusion.verdict for candidate in deciding)
        reached = min(Level[candidate.reached.upper()] for candidate in deciding)
        counted = f"{verdicts['equal']:,} of {cases(verdicts.total())}"
        text = (
            f"{reached.label}, {counted}" if verdict == "equal" else f"{verdict}, {counted} equal"
        )
    else:
        verdict = text = account.verdict
    tone = word(verdict).tone
    return (f"{text} (partial)", "unknown" if good else tone) if account.partial else (text, tone)


def endpoint(account: Account) -> str:
    """Return the JSON of an endpoint badge."""
    text, tone = message(account)
    data = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": text,
        "color": _COLOURS.get(tone, _COLOURS["unknown"]),
        "isError": account.exit_code is not ExitCode.PARITY,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def svg(account: Account) -> str:
    """Return the badge as an SVG."""
    text, tone = message(account)
    sides = [round(len(item) * _CHARACTER, 1) for item in (LABEL, text)]
    left, right = (round(side + _PADDING, 1) for side in sides)
    title = escape(f"{LABEL}: {text}")
    style = 'font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"'
    colour = _COLOURS.get(tone, _COLOURS["unknown"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right:g}" height="20" role="img" '
        f'aria-label="{title}">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{left + right:g}" height="20" rx="3" fill="{colour}"/>\n'
        f'<path fill="#3d444d" d="M3 0h{left - 3:g}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z"/>\n'
        f'<g fill="#fff" {style}>\n'
        f'<text x="{left / 2:g}" y="14" textLength="{sides[0]:g}">{escape(LABEL)}</text>\n'
        f'<text x="{left + right / 2:g}" y="14" textLength="{sides[1]:g}">{escape(text)}</text>\n'
        "</g>\n</svg>\n"
    )
