"""Ctrl-C: a command that is interrupted at any moment ends with 130 and without a traceback.

The interrupt is remembered, so that whatever exception it turns into on its way (a closed pipe, an
error in a library's cleanup) is not taken for a fault. Threads and finalizers that fail because the
command ends are silent. Processes of candidates end by their keepers, even if this one is killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from types import FrameType

EXIT_CODE = 130
_ONCE = 1.0  # seconds; `timeout -s INT` and some terminals send one interrupt twice
_LATER = 0.05


class _Interrupts:
    """When the command was interrupted; 0 if it was not."""

    at = 0.0


def install() -> None:
    """Handle interrupts from now on, unless the caller had them ignored."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)


def happened() -> bool:
    """Whether the command was interrupted."""
    return _Interrupts.at > 0


def ignore() -> None:
    """Ignore further interrupts: the command is over."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    now = time.monotonic()
    if now - _Interrupts.at < _ONCE and happened():
        return
    _Interrupts.at = now
    if logging := sys.modules.get("logging"):
        logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.unraisablehook = _swallowed
    threading.excepthook = lambda _: None
    raise KeyboardInterrupt


def _swallowed(lost: sys.UnraisableHookArgs) -> None:
    """Interrupt again if a finalizer swallowed the interrupt."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        _Interrupts.at = 1e-9  # long ago
        timer = threading.Timer(_LATER, os.kill, (os.getpid(), signal.SIGINT))
        timer.daemon = True
        timer.start()
