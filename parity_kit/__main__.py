"""`python -m parity_kit` and the `parity-kit` command."""

from __future__ import annotations

from parity_kit.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
