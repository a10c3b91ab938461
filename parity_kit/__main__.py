"""`python -m parity_kit` and the `parity-kit` command."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def _leave(number: int, frame: FrameType | None) -> None:
    """Exit: until the command line is loaded there is nothing to clean up or to say."""
    del number, frame
    sys.exit(130)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _leave)

from parity_kit.cli import main  # noqa: E402  # the handler comes first

__all__ = ["main"]

if __name__ == "__main__":
    main()
