"""A refund that people approve: questions inside a node, in a subgraph of its own."""

from operator import add
from typing import Annotated, Literal, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

LIMIT = 100


class Review(TypedDict):
    amount: int
    notes: Annotated[list[str], add]


class Refund(Review, total=False):
    paid: bool


def ask(state: Review) -> dict[str, list[str]]:
    reason = interrupt({"question": "Why a refund?", "amount": state["amount"]})
    name = interrupt({"question": "Who approves it?", "reason": reason})
    return {"notes": [f"{name} approves: {reason}"]}


def check(state: Refund) -> Command[Literal["review", "pay"]]:
    large = state["amount"] > LIMIT
    return Command(update={"notes": ["checked"]}, goto="review" if large else "pay")


def pay(state: Refund) -> dict[str, object]:
    return {"paid": True, "notes": [f"paid {state['amount']}"]}


review = StateGraph(Review).add_node("ask", ask).add_edge(START, "ask").compile()

builder = StateGraph(Refund)
builder.add_node("check", check)
builder.add_node("review", review)
builder.add_node("pay", pay)
builder.add_edge(START, "check")
builder.add_edge("review", "pay")
graph = builder.compile(checkpointer=InMemorySaver(), interrupt_before=["pay"])
