"""What a recording redacts as it is made, and what it leaves or refuses."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import Annotated, Any, TypedDict, cast

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph

import parity_kit
from parity_kit.contract import Returned
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import CannotRecordError


def test_what_a_config_holds_is_redacted_but_for_what_langgraph_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parity.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    builder: Any = StateGraph(TypedDict("S", {"n": int}))  # pyright: ignore[reportArgumentType]  # made at run time
    builder.add_node("one", lambda _: {"n": 1})  # pyright: ignore[reportUnknownLambdaType]  # a node
    builder.add_edge(START, "one")
    graph = builder.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t", "user": "Annabella"}, "metadata": {"by": "Barth"}}
    with parity_kit.record("x.case", redact=True):
        graph.invoke({"n": 0}, config)
        found = [*graph.get_state_history(config, filter={"user": "Annabella", "source": "loop"})]
    assert len(found) == 2
    assert not [text for text in (b"Annabella", b"Barth") if text in Path("x.case").read_bytes()]
    value = read_case(Path("x.case")).reference_outcomes[1]
    assert isinstance(value, Returned)
    assert len(cast("list[Any]", value.value)) == 2


def test_what_computes_with_values_is_redacted_less_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parity.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    state: Any = TypedDict(  # pyright: ignore[reportGeneralTypeIssues]  # made at run time
        "Sums", {"n": Annotated[int, operator.add], "text": Annotated[str, operator.add]}
    )

    def graph(update: Any) -> Any:
        builder: Any = StateGraph(state)
        builder.add_node("one", lambda _: update)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # a node
        builder.add_node("two", lambda _: {})  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # a node
        builder.add_edge(START, "one")
        builder.add_edge("one", "two")
        return builder.compile()

    with parity_kit.record("n.case", redact=True) as recording:
        graph({"n": 5}).invoke({"n": 7, "text": "somebody"})
    assert recording.notes == ["numbers are those of the application, which computes with them"]
    assert b"somebody" not in Path("n.case").read_bytes()
    with (
        pytest.raises(CannotRecordError, match="something computes with its texts"),
        parity_kit.record("t.case", redact=True),
    ):
        graph({"text": " else"}).invoke({"n": 7, "text": "somebody"})
    assert not Path("t.case").exists()
