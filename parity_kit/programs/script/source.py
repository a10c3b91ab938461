"""The parts of a script: names, literals, and the imports and helpers it uses."""

from __future__ import annotations

import builtins
import keyword
import sys
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from parity_kit.contract import Operation
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.errors import BadProgramError
from parity_kit.contract.plain import Ext
from parity_kit.msgpack.values import PYDANTIC_2, SINGLE
from parity_kit.programs.script.helpers import HELPERS
from parity_kit.programs.script.imports import IMPORTS

_OWN = {
    "aside",
    "builder",
    "cache",
    "channel",
    "codec",
    "config",
    "error",
    "graph",
    "item",
    "previous",
    "query",
    "runtime",
    "saver",
    "state",
    "store",
    "update",
    "values",
    "START",
    "END",
    "State",
    "Input",
    "Output",
    "Context",
}
_TAKEN = {*_OWN, *IMPORTS, *HELPERS, *keyword.kwlist, *dir(builtins)}
_MESSAGES = "langchain_core.messages."


class Uses:
    """The names that a script takes from elsewhere: imports, and helpers written into it."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def __call__(self, name: str) -> str:
        """Make the script import or define `name`, and return it."""
        if name not in HELPERS and name not in IMPORTS:
            raise BadProgramError(f"a script has no name {name!r}")
        if name not in self._names:
            self._names.add(name)
            for needed in HELPERS[name].needs if name in HELPERS else ():
                self(needed)
        return name

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def imports(self) -> Iterator[str]:
        """Yield the import lines: the standard library, then the rest."""
        modules: dict[str, list[str]] = {}
        for name in sorted(self._names & IMPORTS.keys()):
            modules.setdefault(IMPORTS[name], []).append(name)
        yield from (f"import {name}" for name in modules.pop("", []))
        standard = {module for module in modules if module in sys.stdlib_module_names}
        for item in (standard, modules.keys() - standard):
            for module in sorted(item):
                yield f"from {module} import {', '.join(modules[module])}"
            yield ""

    def helpers(self) -> Iterator[str]:
        """Yield the source of the helpers, each after those that it uses."""
        return (helper.source for name, helper in HELPERS.items() if name in self._names)


def identifier(text: str, taken: Collection[str] = ()) -> str:
    """Return a Python name for a text that is not taken and does not shadow another name."""
    # Python itself reads an identifier in this form.
    text = unicodedata.normalize("NFKC", text)
    name = "".join(char if f"a{char}".isidentifier() else "_" for char in text) or "_"
    if not name.isidentifier():
        name = f"_{name}"
    while name in _TAKEN or name in taken:
        name += "_"
    return name


def identifiers(texts: Collection[str], taken: Collection[str] = ()) -> dict[str, str]:
    """Return a Python name for each text, all different."""
    names: dict[str, str] = {}
    for text in texts:
        names[text] = identifier(text, {*taken, *names.values()})
    return names


def is_attribute(text: str) -> bool:
    """Whether a name can be written after a dot, or as a keyword, and stays what it is."""
    plain = text.isidentifier() and unicodedata.normalize("NFKC", text) == text
    # A class changes names that begin with two underscores.
    return plain and not keyword.iskeyword(text) and not text.startswith("__")


def literal(value: Any, uses: Uses) -> str:
    """Return Python source for a value of the contract."""
    if isinstance(value, Ext):
        return _typed(value, uses)
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value).items()
        parts = (f"{literal(key, uses)}: {literal(value, uses)}" for key, value in entries)
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, (list, tuple)):
        parts = ", ".join(literal(item, uses) for item in cast("Sequence[Any]", value))
        return f"[{parts}]"
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):  # noqa: PLR0124  # NaN has no literal
        return f'float("{value}")'
    if isinstance(value, str):
        return quoted(value)
    if value is not None and not isinstance(value, (bool, int, float, bytes)):
        raise BadProgramError(f"a script has no literal for {type(value).__name__}")
    return repr(value)


def quoted(text: str) -> str:
    """Return a string's source, in double quotes unless that needs escapes."""
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # from a file
        raise BadProgramError(f"expected text in a script, got {type(text).__name__}")
    source = repr(text)
    return source if '"' in source else f'"{source[1:-1]}"'


def names(texts: Iterable[str]) -> str:
    """Return the source of a list of strings."""
    return f"[{', '.join(map(quoted, texts))}]"


def _typed(value: Ext, uses: Uses) -> str:
    module, name, payload = _envelope(value)
    if value.code == SINGLE and (module, name) == ("builtins", "set") and isinstance(payload, list):
        parts = ", ".join(literal(item, uses) for item in cast("list[Any]", payload))
        return "{" + parts + "}" if parts else "set()"
    if value.code == PYDANTIC_2 and _is_message(module, name, payload):
        fields = {
            key: field
            for key, field in cast("dict[str, Any]", payload).items()
            if key != "type" and field not in (None, [], {}, False)
        }
        parts = ", ".join(f"{key}={literal(field, uses)}" for key, field in fields.items())
        return f"{uses(name)}({parts})"
    return f"{uses('load_own' if 'own_type' in uses else 'load')}({pack(value)!r})"


def _envelope(value: Ext) -> tuple[Any, Any, Any]:
    """Return module, name and payload; None for what is no envelope."""
    try:
        inner: Any = unpack(value.data)
    except ValueError:
        inner = None
    match inner:
        case [str(module), str(name), payload, *_]:
            return module, name, payload
        case _:
            return None, None, None


def _is_message(module: Any, name: Any, fields: Any) -> bool:
    """Whether this is a message that a script can make by its class's name and keywords."""
    return (
        f"{module}.".startswith(_MESSAGES)
        and IMPORTS.get(name) == _MESSAGES[:-1]
        and isinstance(fields, dict)
        and all(isinstance(key, str) and is_attribute(key) for key in cast("Any", fields))
    )


def call(function: str, *positional: str, **named: str | None) -> str:
    """Return the source of a call; arguments that are None are left out."""
    rest = (f"{name}={source}" for name, source in named.items() if source is not None)
    return f"{function}({', '.join((*positional, *rest))})"


def shown(index: int, operation: Operation, lines: Iterator[str], uses: Uses) -> list[str]:
    """Return the lines of an operation that print its result or error."""
    return ["", f'with {uses("shown")}("operation {index}: {operation.name}"):', *indented(lines)]


def indented(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    """Yield lines one level deeper."""
    return (f"    {line}" if line else "" for line in lines)
