"""From a run's journal to `report.json`, and from that to one self-contained page."""
