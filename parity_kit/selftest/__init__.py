"""Proof that the kit notices faults: it mutates engines, LangGraph and itself, and counts kills.

operators   the mutants of a module: what each changes, and where
faults      the hand-written faults of `faults.toml`
patching    a mutant's code in the functions of a running process
lines       which lines each case runs, kept in the cache
stages      a mutant's judges: committed cases, drawn cases, or the kit's unit tests
targets     what is mutated, with its mutants and its stages
runner      one forked process per mutant, within limits
survivors   `survivors.toml`: what is known of survivors, and the floors
results     what became of the mutants: the journal, and rates by module
"""
