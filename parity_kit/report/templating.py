"""What all pages share: the templates' environment, and the policy that keeps a page closed."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from parity_kit.contract.text import quoted, sentence
from parity_kit.judging import text, words
from parity_kit.report.speed_text import interval_text, ratio_text


def make_environment() -> Environment:
    """Return the environment of the page's templates: it escapes, and shows what would hide."""
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


def source(environment: Environment, name: str) -> str:
    """Return the text of a file among the templates."""
    if environment.loader is None:
        raise AssertionError("the environment above has a loader")
    return environment.loader.get_source(environment, name)[0]


def policy(style: str, script: str) -> str:
    """Return a policy that lets nothing run or load but this style sheet and this script."""
    digests = [
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode("ascii")
        for part in (style, script)
    ]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digests[0]}'; "
        f"script-src 'sha256-{digests[1]}'; base-uri 'none'; form-action 'none'"
    )


def anchor(*parts: str) -> str:
    """Return a permanent name for a place in the page, safe whatever the parts hold."""
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return f"d-{hashlib.sha256(joined).hexdigest()[:12]}"
