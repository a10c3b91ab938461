"""The helper functions that scripts choose from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Helper:
    """A helper's source, and the imports and helpers that it needs."""

    source: str
    needs: tuple[str, ...] = ()


_AWAITED = {
    "graph.get_state(": "state_of(",
    "saver.list(None)": "runner.run(collected(saver.alist(None)))",
}


def awaited(source: str) -> str:
    """Return source in which what is read is awaited, for a saver that belongs to a loop."""
    for called, instead in _AWAITED.items():
        source = source.replace(called, instead)
    return source


HELPERS = {
    "visits": Helper("visits = Counter()", ("Counter",)),
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
    "largest": Helper("def largest(left, right):\n    return max(left, right)"),
    "smallest": Helper("def smallest(left, right):\n    return min(left, right)"),
    "merge": Helper("def merge(left, right):\n    return {**left, **right}"),
    "limited": Helper(
        '''\
def limited(left, right):
    """Add, but refuse a total of more than 9."""
    total = left + right
    if (total if isinstance(total, (int, float)) else len(total)) > 9:
        raise ValueError("too much")
    return total'''
    ),
    "recorded": Helper(
        '''\
def recorded(calls):
    """Reduce to what was recorded for the same two values."""

    def reduce(left, right):
        for before, written, result in calls:
            if left == before and right == written:
                return copy.deepcopy(result)
        raise RuntimeError("the recording has no such call")

    return reduce''',
        ("copy",),
    ),
    "last": Helper("def last(left, right):\n    return right"),
    "first": Helper("def first(left, right):\n    return left"),
    "fold": Helper(
        '''\
def fold(reducer):
    """Return a reducer for a DeltaChannel: it takes the writes of a superstep at once."""
    return lambda state, writes: functools.reduce(reducer, writes, state)''',
        ("functools",),
    ),
    "field": Helper(
        '''\
def field(source, name):
    """Return a field of a dict or an object, None where there is none."""
    return (source if isinstance(source, dict) else getattr(source, "__dict__", {})).get(name)'''
    ),
    "as_dict": Helper(
        "def as_dict(state):\n    return dict(vars(state)) if hasattr(state, '__dict__') else state"
    ),
    "is_int": Helper(
        "def is_int(value):\n    return isinstance(value, int) and not isinstance(value, bool)"
    ),
    "async_sqlite": Helper(
        '''\
async def async_sqlite():
    """Return a saver on a database in memory."""
    return AsyncSqliteSaver(await aiosqlite.connect(":memory:"))''',
        ("AsyncSqliteSaver", "aiosqlite"),
    ),
    "async_postgres": Helper(
        '''\
async def async_postgres():
    """Return a saver on the database that the first argument names."""
    connection = await AsyncConnection.connect(
        sys.argv[1], autocommit=True, prepare_threshold=0, row_factory=dict_row
    )
    saver = AsyncPostgresSaver(connection)
    await saver.setup()
    return saver''',
        ("AsyncPostgresSaver", "AsyncConnection", "dict_row", "sys"),
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
    "plain": Helper(
        '''\
def plain(result):
    """Return what a store gives as dicts and lists."""
    if isinstance(result, (list, tuple)):
        return [plain(part) for part in result]
    return result.dict() if hasattr(result, "dict") else result'''
    ),
    "embedding": Helper(
        '''\
def embedding(dims):
    """Return an embedding: how many characters have each remainder by dims."""
    return lambda texts: [
        [float(sum(ord(char) % dims == place for char in text)) for place in range(dims)]
        for text in texts
    ]'''
    ),
    "add": Helper(
        '''\
def add(left, right):
    """Add two integers (within 64 bits), floats, texts or lists; None for anything else."""
    if is_int(left) and is_int(right):
        return max(-(2**63), min(2**63 - 1, left + right))
    for kind in (float, str, list):
        if isinstance(left, kind) and isinstance(right, kind):
            return left + right
    return None''',
        ("is_int",),
    ),
    "text": Helper(
        '''\
def text(value):
    """Return a text as it is, an integer's digits, and "?" for anything else."""
    return value if isinstance(value, str) else str(value) if is_int(value) else "?"''',
        ("is_int",),
    ),
    "texts": Helper(
        '''\
def texts(value):
    """Return a namespace of the store."""
    return tuple(text(each) for each in value) if isinstance(value, list) else ()''',
        ("text",),
    ),
    "join": Helper('def join(*parts):\n    return "-".join(map(text, parts))', ("text",)),
    "size": Helper(
        "def size(value):\n    return len(value) if isinstance(value, (str, list, dict)) else 0"
    ),
    "less": Helper(
        "def less(left, right):\n    return is_int(left) and is_int(right) and left < right",
        ("is_int",),
    ),
    "same": Helper(
        '''\
def same(left, right):
    """Return whether LangGraph stores both as the same bytes: 1, 1.0 and True all differ."""
    serializer = JsonPlusSerializer()
    return serializer.dumps_typed(left) == serializer.dumps_typed(right)''',
        ("JsonPlusSerializer",),
    ),
    "truthy": Helper(
        '''\
def truthy(value):
    """Return whether a value counts as true: as in Python, but every set does."""
    return bool(value) or isinstance(value, (set, frozenset))'''
    ),
    "upto": Helper(
        "def upto(n):\n    return list(range(max(0, min(64, n)))) if is_int(n) else []", ("is_int",)
    ),
    "items": Helper("def items(value):\n    return value if isinstance(value, list) else []"),
    "targets": Helper(
        '''\
def targets(goto):
    """Return the nodes and sends in a list that may hold lists of them; none for anything else."""
    if isinstance(goto, (str, Send)):
        return goto
    parts = [one for each in items(goto) for one in (each if isinstance(each, list) else [each])]
    return [each for each in parts if isinstance(each, (str, Send))]''',
        ("Send", "items"),
    ),
    "put": Helper(
        '''\
def put(store, namespace, key, value):
    """Put a dict into the store."""
    if store is not None and isinstance(value, dict):
        store.put(namespace, key, value)''',
    ),
    "lookup": Helper(
        '''\
def lookup(store, namespace, key):
    """Return what the store holds under a key, or None."""
    found = None if store is None else store.get(namespace, key)
    return None if found is None else found.value'''
    ),
    "search": Helper(
        '''\
def search(store, namespace):
    """Return what the store holds under a namespace, in order."""
    found = store.search(namespace, limit=1000) if store is not None else []
    found = sorted(found, key=lambda item: (item.namespace, item.key))
    return [[list(item.namespace), item.key, item.value] for item in found]'''
    ),
    "wait": Helper(
        '''\
async def wait(seconds):
    """Sleep a moment longer, so that a timeout of as many seconds is over before."""
    await asyncio.sleep(seconds and seconds + 1e-6)''',
        ("asyncio",),
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
    "Callbacks": Helper(
        '''\
class Callbacks(GraphCallbackHandler):
    """Prints what a run tells its callbacks; chains are numbered as they start."""

    run_inline = True

    def __init__(self):
        self.chains = {}

    def tell(self, callback, chain, **parts):
        number = self.chains.setdefault(chain, len(self.chains) + 1)
        print({"callback": callback, "chain": number, **parts})

    def on_chain_start(self, _, inputs, *, run_id, parent_run_id=None, tags=None, **more):
        metadata = {k: v for k, v in (more["metadata"] or {}).items() if k != "lc_versions"}
        parts = {"name": more.get("name"), "parent": self.chains.get(parent_run_id)}
        parts |= {"tags": list(tags or ()), "metadata": metadata, "inputs": inputs}
        self.tell("chain_start", run_id, **parts)

    def on_chain_end(self, outputs, *, run_id, **_):
        self.tell("chain_end", run_id, outputs=outputs)

    def on_chain_error(self, error, *, run_id, **_):
        self.tell("chain_error", run_id, error=type(error).__name__, message=str(error))

    def on_interrupt(self, event):
        parts = {"status": event.status, "checkpoint_id": event.checkpoint_id}
        parts |= {"checkpoint_ns": event.checkpoint_ns, "interrupts": event.interrupts}
        self.tell("interrupt", event.run_id, **parts)

    def on_resume(self, event):
        parts = {"status": event.status, "checkpoint_id": event.checkpoint_id}
        self.tell("resume", event.run_id, **parts, checkpoint_ns=event.checkpoint_ns)''',
        ("GraphCallbackHandler",),
    ),
    "both": Helper(
        '''\
def both(output):
    """Return both parts of an output of the second version."""
    return {"value": output.value, "interrupts": output.interrupts}'''
    ),
    "print_all": Helper(
        "async def print_all(items):\n    async for item in items:\n        print(item)"
    ),
    "print_first": Helper(
        """\
async def print_first(items):
    async for item in items:
        print(item)
        break"""
    ),
    "shown": Helper(
        '''\
@contextmanager
def shown(title):
    """Print what an operation gives, or the error it raises."""
    print(f"\\n{title}")
    try:
        yield
    except Exception as error:
        print("raised", type(error).__name__, error)''',
        ("contextmanager",),
    ),
}
"""Helpers, each after those that it uses."""
