"""The codec corpora hold what docs/fixture-format.md promises, and no byte in them does harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Returned, SubjectKind
from parity_kit.corpora.corpus import Corpus
from parity_kit.corpora.folder import read_corpora
from parity_kit.reference.loss import Loss, loss_of
from parity_kit.reference.native import typed_bytes

WORKSPACE = find_workspace(Path(__file__))
CODEC_CASES = 1_500
FLOORS = {
    "msgpack": 450,
    "standard": 130,
    "records": 80,
    "messages": 70,
    "arrays": 100,
    "envelopes": 400,
    "json_blobs": 120,
    "hostile": 500,
    "allowlist": 400,
    "data_model": 100,
}
# Enough to load LangGraph with all it needs, and far less than the sizes the inputs declare.
MEMORY = 3 << 30
SECONDS = 60
DECODE_ALL = """
import json, resource, sys, time, warnings
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
from parity_kit.contract import run
from parity_kit.corpora.folder import read_corpora
if sys.argv[1] == "pure":
    sys.path.insert(0, str(Path(sys.argv[3]).parent / "candidates" / "pure"))
    from pure_engine.engine import Engine
else:
    from parity_kit.reference.engine import Engine
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(corpus,) = read_corpora(Path(sys.argv[3]), ["hostile"])
engine, slowest, differ = Engine(), 0.0, []
for trace in corpus.traces:
    started = time.perf_counter()
    if run(engine, trace.case) != trace.outcomes:
        differ.append(trace.case.id)
    slowest = max(slowest, time.perf_counter() - started)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
said = {"cases": len(corpus.traces), "slowest": slowest, "differ": differ, "grown": grown}
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def committed() -> dict[str, Corpus]:
    return {corpus.name: corpus for corpus in read_corpora(WORKSPACE.fixtures)}


def test_the_codec_corpora_hold_what_is_promised(committed: dict[str, Corpus]) -> None:
    for name, floor in FLOORS.items():
        assert len(committed[name].traces) >= floor, name
    kinds = Counter(
        trace.case.subject.kind for corpus in committed.values() for trace in corpus.traces
    )
    assert kinds[SubjectKind.CODEC] >= CODEC_CASES


def test_hostile_bytes_are_read_by_the_strict_codec_alone(committed: dict[str, Corpus]) -> None:
    """Permissively some of them would run what they name."""
    for trace in committed["hostile"].traces:
        assert trace.case.subject.spec == {"strict": True}, trace.case.id


def test_hostile_bytes_have_every_outcome(committed: dict[str, Corpus]) -> None:
    outcomes = Counter(
        str(outcome.value).partition(":")[0]
        for trace in committed["hostile"].traces
        for outcome in trace.outcomes
        if isinstance(outcome, Returned)
    )
    assert set(outcomes) == {"kept", "replaced", "refused", "not storable"}
    assert sum(outcomes.values()) == len(committed["hostile"].traces)


@pytest.mark.parametrize("engine", ["reference", "pure"])
def test_no_hostile_input_crashes_hangs_or_swells(engine: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DECODE_ALL, engine, str(MEMORY), str(WORKSPACE.fixtures)],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert answer["differ"] == []
    assert answer["cases"] >= FLOORS["hostile"]
    assert answer["slowest"] < 1  # second
    assert answer["grown"] < 100_000  # KiB, reading the corpus included


@pytest.mark.parametrize(
    ("value", "loss", "permissive"),
    [
        ({"a": [1, "b"]}, Loss.NONE, Loss.NONE),
        ({(1, 2)}, Loss.LOSSY, Loss.LOSSY),
        (None, Loss.REFUSED, Loss.REFUSED),
    ],
)
def test_loss_says_what_comes_back(value: object, loss: Loss, permissive: Loss) -> None:
    data = typed_bytes(value)[1] if loss is not Loss.REFUSED else b"\xc1"
    assert loss_of("msgpack", data, strict=True) is loss
    assert loss_of("msgpack", data, strict=False) is permissive


def test_a_longer_form_of_the_same_value_is_rewritten_not_lost() -> None:
    assert loss_of("msgpack", b"\xcd\x00\x01", strict=True) is Loss.REWRITTEN


def test_stored_values_that_do_not_come_back_say_so(committed: dict[str, Corpus]) -> None:
    features = {
        str(trace.case.id): trace.case.features
        for name in ("standard", "envelopes")
        for trace in committed[name].traces
    }
    assert "lossy upstream in both modes" in features["standard/collection/set-of-tuples"]
    assert "lossy upstream" in features["envelopes/enum/int-value"]
    assert "lossy upstream" not in features["envelopes/enum/int-value/permissive"]
    assert not [feature for feature in features["standard/uuid/v4"] if "upstream" in feature]
