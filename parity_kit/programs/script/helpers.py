"""The helper functions that scripts choose from."""

from __future__ import annotations

from parity_kit.programs.script.ending import ENDING
from parity_kit.programs.script.helper import Helper
from parity_kit.programs.script.own_types import OWN_TYPES
from parity_kit.programs.script.saved import SAVED

HELPERS = {
    "visits": Helper("visits = Counter()", ("Counter",)),
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
    **OWN_TYPES,
    **SAVED,
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
    "logged": Helper(
        '''\
@contextmanager
def logged():
    """Print what LangGraph logs or warns of."""

    def told(text, kind):
        print({"kind": kind, "text": text})

    logger, handler = logging.getLogger("langgraph"), logging.Handler()
    handler.emit = lambda record: told(record.getMessage(), record.levelname)
    level, _ = logger.level, logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda text, kind, *_: told(str(text), kind.__name__)
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)''',
        ("contextmanager", "logging", "warnings"),
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
    "ending": ENDING,
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
