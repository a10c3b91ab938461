"""The imports that scripts choose from."""

from __future__ import annotations

_MODULES = {
    "": "aiosqlite asyncio copy functools logging operator sqlite3 sys tempfile time warnings",
    "collections": "Counter",
    "contextlib": "contextmanager",
    "dataclasses": "dataclass make_dataclass",
    "types": "ModuleType",
    "typing": "Annotated Any TypedDict",
    "pydantic": "BaseModel create_model",
    "langchain_core.messages": (
        "AIMessage AnyMessage HumanMessage RemoveMessage SystemMessage ToolMessage"
    ),
    "langchain_core.tools": "tool",
    "langgraph.cache.memory": "InMemoryCache",
    "langgraph.cache.sqlite": "SqliteCache",
    "langgraph.callbacks": "GraphCallbackHandler",
    "langgraph.channels": (
        "AnyValue BinaryOperatorAggregate DeltaChannel EphemeralValue LastValue "
        "LastValueAfterFinish NamedBarrierValue NamedBarrierValueAfterFinish Topic UntrackedValue"
    ),
    "langgraph.checkpoint.memory": "InMemorySaver",
    "langgraph.checkpoint.postgres": "PostgresSaver",
    "langgraph.checkpoint.postgres.aio": "AsyncPostgresSaver",
    "langgraph.checkpoint.postgres.shallow": "AsyncShallowPostgresSaver ShallowPostgresSaver",
    "langgraph.checkpoint.serde": "_msgpack",
    "langgraph.checkpoint.serde.jsonplus": "JsonPlusSerializer",
    "langgraph.checkpoint.sqlite": "SqliteSaver",
    "langgraph.checkpoint.sqlite.aio": "AsyncSqliteSaver",
    "langgraph.errors": "NodeError",
    "langgraph.func": "entrypoint task",
    "langgraph.graph": "END START StateGraph",
    "langgraph.graph.message": "_messages_delta_reducer add_messages",
    "langgraph.managed": "IsLastStep RemainingSteps",
    "langgraph.prebuilt": "ToolNode ToolRuntime",
    "langgraph.pregel": "_checkpoint _loop",
    "langgraph.pregel._executor": "AsyncBackgroundExecutor BackgroundExecutor",
    "langgraph.runtime": "Runtime",
    "langgraph.store.base": "GetOp ListNamespacesOp MatchCondition PutOp SearchOp",
    "langgraph.store.memory": "InMemoryStore",
    "langgraph.store.postgres": "AsyncPostgresStore PostgresStore",
    "langgraph.store.sqlite": "AsyncSqliteStore SqliteStore",
    "psycopg": "AsyncConnection",
    "psycopg.rows": "dict_row",
    "langgraph.types": (
        "CachePolicy Command Overwrite RetryPolicy Send StateUpdate TimeoutPolicy interrupt"
    ),
}
IMPORTS = {name: module for module, names in _MODULES.items() for name in names.split()}
"""The names that a script may import, with their modules; a module itself has none."""
