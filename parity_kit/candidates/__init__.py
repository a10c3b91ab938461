"""Candidates: what is under test, how it is set up and how it is started."""

from __future__ import annotations
