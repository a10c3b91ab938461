"""Searching for disagreements: generators, Hypothesis, the bulk driver, coverage, shrinking."""
