"""The operations of each subject, and the arguments that they take (docs/contract.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parity_kit.contract.model import Operation, SubjectKind

_WHERE = "thread checkpoint task inner config async"
_RUN = (
    f"{_WHERE} durability context interrupt_before interrupt_after modes subgraphs output_keys "
    "stream_mode recursion_limit max_concurrency callbacks logs version completion_order"
)
_TYPED = "type data"
_TABLES: Final = {
    SubjectKind.CODEC: {
        "decode": _TYPED,
        "encode": "value",
        "round_trip": _TYPED,
        "classify": _TYPED,
        "is_allowed": "module name method",
    },
    SubjectKind.CHANNEL: {
        "update": "values",
        "consume": "",
        "finish": "",
        "get": "",
        "is_available": "",
        "restore": "",
        "load": "value",
        "copy": "",
        "swap": "",
        "replay_writes": "writes",
    },
    SubjectKind.GRAPH: {
        "invoke": f"input {_RUN}",
        "stream": f"input {_RUN}",
        "first_event": f"input {_RUN}",
        "compile": "",
        "resume": f"value {_RUN}",
        "resume_map": f"values {_RUN}",
        "command": f"command {_RUN}",
        "update_state": f"values as_node for_task {_WHERE}",
        "bulk_update_state": f"supersteps {_WHERE}",
        "get_state": f"subgraphs {_WHERE}",
        "get_state_history": f"limit before filter {_WHERE}",
        "delete_thread": "thread async",
        "copy_thread": "source target async",
        "put": "thread checkpoint metadata parent async",
        "load_stored": "stored created messages",
        "crash": "operation call moment",
        "node_runs": "",
        "store_items": "namespace async",
        "clear_cache": "nodes async",
    },
    SubjectKind.SAVER: {
        "put": "thread ns checkpoint metadata new_versions parent",
        "put_writes": "thread ns checkpoint_id writes task_id task_path",
        "get_tuple": "thread ns checkpoint_id",
        "list": "thread ns checkpoint_id filter before limit",
        "next_version": "current",
        "delete_thread": "thread",
        "prune": "threads strategy",
        "delta_history": "thread channels ns checkpoint_id",
    },
    SubjectKind.STORE: {
        "put": "namespace key value index ttl async",
        "get": "namespace key refresh_ttl async",
        "delete": "namespace key async",
        "search": "namespace query filter limit offset refresh_ttl async",
        "list_namespaces": "prefix suffix max_depth limit offset async",
        "batch": "operations async",
        "sweep": "",
    },
    SubjectKind.CACHE: {
        "get": "keys async",
        "set": "entries async",
        "clear": "namespaces async",
    },
}
OPERATIONS: Final[Mapping[SubjectKind, Mapping[str, frozenset[str]]]] = {
    kind: {name: frozenset(arguments.split()) for name, arguments in table.items()}
    for kind, table in _TABLES.items()
}


def operation_problem(kind: SubjectKind, operation: Operation) -> str | None:
    """Return why an operation is none of a subject's, or None if it is one."""
    arguments = OPERATIONS[kind].get(operation.name)
    if arguments is None:
        return f"{kind.value} has no operation {operation.name}"
    unknown = operation.args.keys() - arguments
    return f"{operation.name} has no argument {min(unknown)}" if unknown else None
