"""Workloads that are shaped like applications: router, pipeline, analysis, agent."""

from __future__ import annotations

from collections.abc import Iterator

from parity_kit.bench.catalogue.programs import END, START, chain, step
from parity_kit.bench.catalogue.workload import COUNTED, Workload, graph
from parity_kit.contract.plain import Plain

_MESSAGES: Plain = {"type": "messages", "reducer": "messages"}


def applications() -> Iterator[Workload]:
    """Yield the applications."""
    yield graph(
        "app-customer-service",
        "applications",
        "a request is classified, routed to one of three desks, answered and closed",
        _customer_service(),
        saver="memory",
    )
    yield graph(
        "app-batch-pipeline",
        "applications",
        "load, ten items by packets of which two fail and are handled, then a report",
        _batch_pipeline(),
        given={"item": 0, "count": 0, "log": []},
        saver="memory",
    )
    yield graph(
        "app-financial-analysis",
        "applications",
        "gather, four analyses in parallel, a subgraph that weighs risk, a report",
        _financial_analysis(),
        saver="memory",
    )
    for turns in (10, 100):
        yield graph(
            f"app-agent-{turns}",
            "applications",
            f"an agent that calls a tool {turns} times and keeps every message",
            _agent(turns),
            given={"count": 0, "messages": []},
            saver="memory",
            supersteps=2 * turns,
        )


def _customer_service() -> dict[str, Plain]:
    desks = ["billing", "technical", "general"]
    desk: Plain = {
        "if": [
            {"eq": [{"get": "count"}, 1]},
            "technical",
            {"if": [{"eq": [{"get": "count"}, 2]}, "billing", "general"]},
        ]
    }
    nodes: dict[str, Plain] = {name: step(name) for name in ("classify", *desks, "answer", "close")}
    return {
        "state": COUNTED,
        "nodes": nodes,
        "edges": [
            [START, "classify"],
            *([name, "answer"] for name in desks),
            ["answer", "close"],
            ["close", END],
        ],
        "branches": {"classify": [{"path": desk, "map": [*desks]}]},
    }


def _batch_pipeline() -> dict[str, Plain]:
    fails: Plain = {"raise": {"type": "ValueError", "message": "a bad item"}}
    work: dict[str, Plain] = {
        "body": [
            {"when": [{"eq": [{"get": "item"}, 3]}, [fails]]},
            {"when": [{"eq": [{"get": "item"}, 7]}, [fails]]},
            {"write": {"log": [{"join": ["done", {"get": "item"}]}]}},
        ],
        "error_handler": [{"write": {"log": [{"join": ["failed", {"error": "type"}]}]}}],
    }
    report: Plain = {"body": [{"write": {"count": {"len": {"get": "log"}}}}]}
    items: Plain = list(range(10))
    return {
        "state": {**COUNTED, "item": {"type": "int"}},
        "nodes": {"load": step("load"), "work": work, "report": report},
        "edges": [[START, "load"], ["work", "report"], ["report", END]],
        "branches": {"load": [{"send": {"to": "work", "each": {"lit": items}, "as": "item"}}]},
    }


def _financial_analysis() -> dict[str, Plain]:
    analyses = ["revenue", "costs", "market", "debt"]
    risk = chain({name: step(name) for name in ("exposure", "stress", "score")})
    return {
        "state": COUNTED,
        "nodes": {
            "gather": step("gather"),
            **{
                name: {"body": [{"write": {"log": [{"join": [name, {"get": "count"}]}]}}]}
                for name in analyses
            },
            "risk": {"subgraph": "risk"},
            "report": step("report"),
        },
        "edges": [
            [START, "gather"],
            *(["gather", name] for name in analyses),
            [[*analyses], "risk"],
            ["risk", "report"],
            ["report", END],
        ],
        "subgraphs": {"risk": {"program": risk}},
    }


def _agent(turns: int) -> dict[str, Plain]:
    counted: Plain = {"add": [{"get": "count"}, 1]}
    thought: Plain = {
        "message": {"type": "ai", "content": {"join": ["step", {"get": "count"}]}, "id": counted}
    }
    result: Plain = {
        "message": {
            "type": "tool",
            "content": {"join": ["result", {"get": "count"}]},
            "id": {"join": ["tool", {"get": "count"}]},
            "tool_call_id": {"join": ["call", {"get": "count"}]},
        }
    }
    again: Plain = {"if": [{"lt": [{"get": "count"}, turns]}, "tool", END]}
    return {
        "state": {"count": {"type": "int"}, "messages": _MESSAGES},
        "nodes": {
            "agent": {"body": [{"write": {"count": counted, "messages": [thought]}}]},
            "tool": {"body": [{"write": {"messages": [result]}}]},
        },
        "edges": [[START, "agent"], ["tool", "agent"]],
        "branches": {"agent": [{"path": again, "map": ["tool", END]}]},
    }
