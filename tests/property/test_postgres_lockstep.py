"""The clean-room engine, which has no server, agrees with LangGraph on a real PostgreSQL."""

from __future__ import annotations

from typing import Any

import pure_engine
import pytest

from parity_kit.contract import Level, run
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Equal
from parity_kit.reference.engine import Engine
from parity_kit.reference.postgres_server import missing
from parity_kit.search.choices import seeded
from parity_kit.search.generate.savers import saver_case
from parity_kit.search.generate.stores import store_case

REFERENCE, CANDIDATE = Engine(), pure_engine.Engine()


@pytest.mark.skipif(bool(missing()), reason=missing())
@pytest.mark.parametrize(("draw", "most"), [(saver_case, 120), (store_case, 60)])
def test_pure_is_postgresql_to_the_byte(draw: Any, most: int) -> None:
    for number in range(most):
        trace = draw(seeded(number, []), REFERENCE, ("postgres",))
        verdict = compare(trace.case, trace.outcomes, run(CANDIDATE, trace.case), Level.BYTES)
        assert isinstance(verdict, Equal), (number, verdict)
