"""Names that LangGraph's records use: reserved channels, task kinds, and where a run begins."""

from __future__ import annotations

START, END = "__start__", "__end__"
INPUT = "__input__"
PARENT = "__parent__"

# Reserved write keys (langgraph._internal._constants).
TASKS = "__pregel_tasks"
PUSH, PULL = "__pregel_push", "__pregel_pull"
INTERRUPT, RESUME = "__interrupt__", "__resume__"
ERROR, ERROR_SOURCE_NODE = "__error__", "__error_source_node__"
SCHEDULED, NO_WRITES, RETURN = "__scheduled__", "__no_writes__", "__return__"
OVERWRITE = "__overwrite__"
HANDLER = "node_error_handler"

CHECKPOINT_MAP = "checkpoint_map"
"""Where a config holds the ids of the checkpoints around it, by namespace."""

NS_SEP, NS_END = "|", ":"
"""What parts a namespace's places from each other, and in one of them a node from its task's id."""

NULL_TASK = "00000000-0000-0000-0000-000000000000"
"""The task id of writes that no task made."""

SLOTS = {ERROR: -1, SCHEDULED: -2, INTERRUPT: -3, RESUME: -4}
"""Writes that have one slot for each task: a later one takes the place of an earlier."""

CONTROL = frozenset((ERROR, ERROR_SOURCE_NODE, INTERRUPT, RESUME))
"""Writes that say what became of a task, not what it produced."""

NEVER_APPLIED = CONTROL | {NO_WRITES, PUSH, RETURN}
"""Writes that are recorded for a task and reach no channel."""

BUMPS = "__snapshot_bumps__"
"""Among the versions seen: those that came of a snapshot of a delta channel, not of a write."""

RESERVED = frozenset(
    (
        *("langsmith:hidden", "configurable", "|", INPUT, NO_WRITES, PUSH, PULL, *CONTROL),
        *(BUMPS, "checkpoint_map", "checkpoint_id", "checkpoint_ns"),
        *(
            f"__pregel_{suffix}"
            for suffix in (
                *("send", "read", "checkpointer", "stream", "resuming", "replay_state", "task_id"),
                *("timed_attempt_observer", "resume_map", "strict_resume", "stream_messages_v2"),
            )
        ),
    )
)
"""Names that neither a node nor a state field may have."""


def branch_to(node: str) -> str:
    """Return the channel that triggers a node."""
    return f"branch:to:{node}"


DEFAULT_HANDLER = "__default_error_handler__"
"""The node that runs for every node that failed and has no handler of its own."""


def handler_of(node: str) -> str:
    """Return the name of the node that runs when a node failed for good."""
    return f"__error_handler__{node}"
