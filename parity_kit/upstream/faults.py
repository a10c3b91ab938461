"""What a candidate got wrong beside the test that runs: it fails the test, even if that passes."""

FAULTS: list[str] = []
