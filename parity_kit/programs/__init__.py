"""Graph programs: plain data that any language can run (docs/programs.md)."""
