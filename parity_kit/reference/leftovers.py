"""What earlier cases left in this process: without it, what a case runs depends on it alone."""

from __future__ import annotations

import gc

from parity_kit.reference.native import serializer
from parity_kit.reference.savers import postgres


def clear_leftovers() -> None:
    """End what earlier cases opened, and forget what they made once for the whole process."""
    serializer.cache_clear()  # what was made before would not run again
    serializer()  # made once a process: what that runs is of no case
    postgres.forget()  # what a saver's setup runs is of the cases that need one
    gc.collect()  # what ends the values of earlier cases is not of later ones
