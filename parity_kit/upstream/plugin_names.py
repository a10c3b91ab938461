"""The variables by which the kit tells the plugin in a test process what to do."""

HOOK = "PARITY_KIT_UPSTREAM_HOOK"
"""The candidate's hook, `module:function`."""
ALONE = "PARITY_KIT_UPSTREAM_ALONE"
"""The seconds that a test may take in a fork of its own; without it all share one process."""
