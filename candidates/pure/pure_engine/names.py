"""LangGraph's reserved names."""

from __future__ import annotations

START, END = "__start__", "__end__"
INPUT = "__input__"
ROOT = "__root__"
"""The field of a state that is a value of its own; its name then stands alone, not in a tuple."""
PARENT = "__parent__"

# Reserved write keys (langgraph._internal._constants).
TASKS = "__pregel_tasks"
PUSH, PULL = "__pregel_push", "__pregel_pull"
INTERRUPT, RESUME = "__interrupt__", "__resume__"
ERROR, ERROR_SOURCE_NODE = "__error__", "__error_source_node__"
SCHEDULED, NO_WRITES, RETURN = "__scheduled__", "__no_writes__", "__return__"
OVERWRITE = "__overwrite__"
HANDLER = "node_error_handler"
HIDDEN = "langsmith:hidden"
"""The tag of what streams and breakpoints do not see."""

CHECKPOINT_MAP = "checkpoint_map"
"""The key of a config for the ids of the checkpoints around it, by namespace."""

NS_SEP, NS_END = "|", ":"
"""What separates the levels of a namespace, and on a level the node from its task's id."""

NULL_TASK = "00000000-0000-0000-0000-000000000000"
"""The task id of writes that no task made, such as a command's."""

SLOTS = {ERROR: -1, SCHEDULED: -2, INTERRUPT: -3, RESUME: -4}
"""Writes of which a task has only one: a later one replaces an earlier one."""

CONTROL = frozenset((ERROR, ERROR_SOURCE_NODE, INTERRUPT, RESUME))
"""Writes that record how a task ended rather than its output."""

NEVER_APPLIED = CONTROL | {NO_WRITES, PUSH, RETURN}
"""Writes that are recorded for a task but go to no channel."""

BUMPS = "__snapshot_bumps__"
"""The entry of `versions_seen` for versions of snapshots, which no write caused."""

RESERVED = frozenset(
    (
        *(HIDDEN, "configurable", "|", INPUT, NO_WRITES, PUSH, PULL, *CONTROL),
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
"""Names that no node and no state field may have."""


def branch_to(node: str) -> str:
    """Return the channel that triggers a node."""
    return f"branch:to:{node}"


DEFAULT_HANDLER = "__default_error_handler__"
"""The node that handles failures of nodes without a handler of their own."""


_HANDLER_OF = "__error_handler__"


def handler_of(node: str) -> str:
    """Return the name of the node that handles a node's failures."""
    return f"{_HANDLER_OF}{node}"


def is_handler(place: str) -> bool:
    """Return whether the last name of a place, which is joined by slashes, is a handler's."""
    return place.rpartition("/")[2].startswith((_HANDLER_OF, DEFAULT_HANDLER))
