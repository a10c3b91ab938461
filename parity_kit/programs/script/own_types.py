"""Helpers of scripts whose values are of an application's own types."""

from __future__ import annotations

from parity_kit.programs.script.helper import Helper

METHODS = {
    "dataclass": "_asdict",
    "enum": "get_secret_value",
    "named_tuple": "_asdict",
    "pydantic": "model_dump",
    "pydantic_v1": "dict",
}
"""By which LangGraph stores a value as it stores one of this kind."""

OWN_TYPES = {
    "own_type": Helper(
        '''\
own_types = []


def own_type(module, name, method):
    """Define a class that holds what LangGraph stores of an application's own type."""

    def hold(self, *arguments, **fields):
        self.value = arguments[0] if arguments else fields

    members = {
        "__slots__": ("value",),
        "__module__": module,
        "__init__": hold,
        "__eq__": lambda self, other: type(self) is type(other) and self.value == other.value,
        "__hash__": lambda self: hash(repr(self.value)),
        "__repr__": lambda self: f"{name}({self.value!r})",
        method: lambda self: self.value,
    }
    setattr(sys.modules.setdefault(module, ModuleType(module)), name, type(name, (), members))
    own_types.append((module, name))''',
        ("ModuleType", "sys"),
    ),
    "load_own": Helper(
        '''\
def load_own(data):
    """Return the value that LangGraph stores as these bytes."""
    return JsonPlusSerializer(allowed_msgpack_modules=own_types).loads_typed(("msgpack", data))''',
        ("JsonPlusSerializer", "own_type"),
    ),
}
