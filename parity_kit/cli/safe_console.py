"""A console of rich's on which no text acts, whoever chose it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.errors import MarkupError
from rich.segment import Segment
from rich.text import Text

from parity_kit.contract.text import visible


class SafeConsole(Console):
    """Shows control characters instead of obeying them, and what is no markup as it is."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return text for the screen, before it is laid out."""
        shown, render = visible(text), super().render_str
        try:
            return render(shown, **options)
        except MarkupError:
            plain: dict[str, Any] = {**options, "markup": False}
            return render(shown, **plain)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of anything that can be printed."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)
