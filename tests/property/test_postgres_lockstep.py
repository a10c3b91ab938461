"""The clean-room engine, which has no server, agrees with LangGraph on a real PostgreSQL."""

from __future__ import annotations

import dataclasses

import pure_engine
import pytest
from hypothesis import HealthCheck, given, settings

from parity_kit.compare import compare
from parity_kit.contract import Case, Level, Subject, SubjectKind, run
from parity_kit.reference.engine import Engine
from parity_kit.reference.postgres_server import missing
from parity_kit.strategies import saver_cases
from parity_kit.verdicts import Equal

POSTGRES = Subject(SubjectKind.SAVER, {"saver": "postgres"})
REFERENCE, CANDIDATE = Engine(), pure_engine.Engine()


@pytest.mark.skipif(bool(missing()), reason=missing())
@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # the first example starts the server
)
@given(saver_cases())
def test_pure_is_postgresql_to_the_byte(case: Case) -> None:
    case = dataclasses.replace(case, subject=POSTGRES)
    verdict = compare(case, run(REFERENCE, case), run(CANDIDATE, case), Level.BYTES)
    assert isinstance(verdict, Equal), verdict
