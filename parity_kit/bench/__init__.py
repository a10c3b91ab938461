"""Measuring engines: pairs of processes on a noisy machine, with parity before speed."""
