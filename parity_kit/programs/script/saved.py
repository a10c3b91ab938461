"""Helpers of scripts that read and write what a saver keeps."""

from __future__ import annotations

from parity_kit.programs.script.helper import Helper

_AWAITED = {
    "graph.get_state(": "state_of(",
    "saver.list(None)": "runner.run(collected(saver.alist(None)))",
}


def awaited(source: str) -> str:
    """Return source in which what is read is awaited, for a saver that belongs to a loop."""
    for called, instead in _AWAITED.items():
        source = source.replace(called, instead)
    return source


SAVED = {
    "load": Helper(
        '''\
def load(data):
    """Return the value that LangGraph stores as these bytes."""
    return JsonPlusSerializer(allowed_msgpack_modules=None).loads_typed(("msgpack", data))''',
        ("JsonPlusSerializer",),
    ),
    "load_stored": Helper(
        '''\
def load_stored(saver, stored):
    """Put into a saver what another process stored: byte strings by name."""
    saver.serde = JsonPlusSerializer(allowed_msgpack_modules=None)
    entries = [
        ([part.replace("%2F", "/").replace("%25", "%") for part in name.split("/")], data)
        for name, data in stored.items()
    ]
    about = {tuple(parts[:4]): (parts[-1], data) for parts, data in entries}
    tables = isinstance(saver, InMemorySaver)
    if not tables:
        saver.setup()
    for (kind, *where), data in entries:
        if kind == "checkpoint":
            *place, form = where
            thread, ns, saved = place
            metadata = about["metadata", *place]
            parent = about.get(("parent", *place), ("", b""))[1].decode() or None
            if tables:
                saver.storage[thread][ns][saved] = (form, data), metadata, parent
            else:
                saver.conn.execute(
                    "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*place, parent, form, data, metadata[1]),
                )
        elif kind == "blob":
            *place, form = where
            saver.blobs[tuple(place)] = form, data
        elif kind == "write":
            *place, task, index, channel, path, form = where
            if tables:
                write = task, channel, (form, data), path
                saver.writes[tuple(place)][task, int(index)] = write
            else:
                saver.conn.execute(
                    "INSERT INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id,"
                    " task_path, idx, channel, type, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*place, task, path, int(index), channel, form, data),
                )''',
        ("InMemorySaver", "JsonPlusSerializer"),
    ),
    "crash": Helper(
        '''\
def crash(saver, act, call, moment):
    """Act in a process that is killed at the saver's n-th call that stores something."""
    import os

    ((_, _, file),) = saver.conn.execute("PRAGMA database_list")
    child = os.fork()
    if child == 0:
        saver.conn = sqlite3.connect(file, check_same_thread=False)
        calls = []

        def watched(function):
            @functools.wraps(function)
            def called(*args, **kwargs):
                calls.append(function)
                if (len(calls), "before") == (call, moment):
                    os.kill(os.getpid(), 9)
                result = function(*args, **kwargs)
                if (len(calls), "after") == (call, moment):
                    os.kill(os.getpid(), 9)
                return result

            return called

        saver.put, saver.put_writes = watched(saver.put), watched(saver.put_writes)
        try:
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    print({"killed": status == 9})''',
        ("functools", "sqlite3"),
    ),
    "async_sqlite": Helper(
        '''\
async def async_sqlite():
    """Return a saver on a database in memory."""
    return AsyncSqliteSaver(await aiosqlite.connect(":memory:"))''',
        ("AsyncSqliteSaver", "aiosqlite"),
    ),
    "async_sqlite_store": Helper(
        '''\
async def async_sqlite_store(**settings):
    """Return a store in a database in memory."""
    connection = await aiosqlite.connect(":memory:", isolation_level=None)
    store = AsyncSqliteStore(connection, **settings)
    await store.setup()
    return store''',
        ("AsyncSqliteStore", "aiosqlite"),
    ),
    "async_postgres_store": Helper(
        '''\
async def async_postgres_store(**settings):
    """Return a store on the database that the first argument names."""
    connection = await AsyncConnection.connect(
        sys.argv[1], autocommit=True, prepare_threshold=0, row_factory=dict_row
    )
    store = AsyncPostgresStore(connection, **settings)
    await store.setup()
    return store''',
        ("AsyncPostgresStore", "AsyncConnection", "dict_row", "sys"),
    ),
    "async_postgres": Helper(
        '''\
async def async_postgres(kind):
    """Return a saver on the database that the first argument names."""
    connection = await AsyncConnection.connect(
        sys.argv[1], autocommit=True, prepare_threshold=0, row_factory=dict_row
    )
    saver = kind(connection)
    await saver.setup()
    return saver''',
        ("AsyncConnection", "dict_row", "sys"),
    ),
    "state_of": Helper(
        '''\
def state_of(config):
    """Return a state: in a coroutine, the saver takes no other calls."""
    return runner.run(graph.aget_state(config))'''
    ),
    "collected": Helper(
        '''\
async def collected(items):
    """Return the items of an asynchronous iterator."""
    return [item async for item in items]'''
    ),
    "at": Helper(
        '''\
def at(thread=None, own=None, **config):
    """Return the config for a thread; `own` are keys of its own."""
    where = {} if thread is None else {"thread_id": thread}
    return {"configurable": {**where, **(own or {})}, "recursion_limit": 25, **config}'''
    ),
    "created": Helper(
        '''\
created = []  # the ids of the checkpoints, also of those that are not stored or that are deleted
make_id = _checkpoint.uuid6


def remember(*args, **kwargs):
    """Make an id; LangGraph marks those of an empty checkpoint that it throws away with -2."""
    made = make_id(*args, **kwargs)
    created.extend([] if kwargs.get("clock_seq") == -2 else [str(made)])
    return made


_checkpoint.uuid6 = remember''',
        ("_checkpoint",),
    ),
    "stored": Helper(
        '''\
def stored():
    """Return the ids of the checkpoints in the order of their creation: they sort by time."""
    return sorted({each.config["configurable"]["checkpoint_id"] for each in saver.list(None)})'''
    ),
    "nth": Helper(
        '''\
def nth(ids, number):
    """Return the `number`-th of these checkpoints, or one that is not there."""
    before, after = "00000000-0000-6000-8000-000000000000", "ffffffff-ffff-6fff-bfff-ffffffffffff"
    return dict(enumerate([before, *ids])).get(number, after)'''
    ),
    "checkpoint": Helper(
        '''\
def checkpoint(id, thread, own=None, **config):
    """Return the config for a checkpoint of a thread; `own` are keys of its own."""
    found = at(thread, **config)
    found["configurable"] |= {"checkpoint_ns": "", "checkpoint_id": id, **(own or {})}
    return found''',
        ("at",),
    ),
    "inside": Helper(
        '''\
def inside(config, number, inner=None, own=None):
    """Return the config for the subgraph that a task of a state runs, or for its checkpoint."""
    tasks = graph.get_state(config).tasks
    state = tasks[number].state if number < len(tasks) else None
    if state is None:
        raise ValueError(f"no subgraph at task {number}")
    where = dict(state["configurable"])
    if inner is not None:
        where["checkpoint_id"] = inner
        known = graph.get_state({"configurable": where}).config["configurable"]
        where = {key: part for key, part in known.items() if not key.startswith("__pregel_")}
    return {**config, "configurable": {**where, **(own or {})}}'''
    ),
    "task_at": Helper(
        '''\
def task_at(config, number):
    """Return the id of the `number`-th task of a state."""
    tasks = graph.get_state(config).tasks
    if number >= len(tasks):
        raise ValueError(f"no task {number}")
    return tasks[number].id'''
    ),
    "answers": Helper(
        '''\
def answers(config, values):
    """Return a resume that pairs pending interrupts, by their place in the state, with answers."""
    pending = graph.get_state(config).interrupts
    return {pending[at].id: value for at, value in values.items() if at < len(pending)}'''
    ),
}
