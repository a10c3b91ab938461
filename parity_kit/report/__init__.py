"""From a run's journal to `report.json`, and from that to one self-contained page."""

from parity_kit.report.write import write_report

__all__ = ["write_report"]
