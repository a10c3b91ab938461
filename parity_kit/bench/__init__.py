"""Measuring engines: pairs of processes on a noisy machine, with parity before speed."""

from parity_kit.bench.session import run_benchmarks

__all__ = ["run_benchmarks"]
