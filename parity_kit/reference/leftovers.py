"""What earlier cases left in this process, so that it changes nothing of what later ones run."""

from __future__ import annotations

import gc

from parity_kit.reference.native import forget_serializers
from parity_kit.reference.savers import postgres


def clear_leftovers() -> None:
    """End what earlier cases opened, and forget what they made once for the whole process."""
    forget_serializers()  # what was made before would not run again
    postgres.forget()  # what a saver's setup runs is of the cases that need one
    gc.collect()  # what ends the values of earlier cases is not of later ones
