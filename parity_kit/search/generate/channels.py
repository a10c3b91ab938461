"""Channel cases: a channel of any class, and a few operations on it."""

from __future__ import annotations

from collections.abc import Callable

from parity_kit.contract import Engine, Operation, Subject, SubjectKind, Trace
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.search.choices import Choices
from parity_kit.search.generate.growing import Growing
from parity_kit.search.generate.values import overwrite

LETTERS: tuple[str, ...] = ("a", "b", "c")
REDUCERS: dict[str, tuple[str, ...]] = {
    "int": ("add", "max", "min", "last", "first"),
    "str": ("add", "last"),
    "list": ("add", "first"),
    "dict": ("merge",),
}
_TYPES = tuple(REDUCERS)
_CLASSES = (
    "LastValue",
    "LastValueAfterFinish",
    "AnyValue",
    "EphemeralValue",
    "UntrackedValue",
    "Topic",
    "BinaryOperatorAggregate",
    "NamedBarrierValue",
    "NamedBarrierValueAfterFinish",
    "DeltaChannel",
)
_REDUCED = {"BinaryOperatorAggregate", "DeltaChannel"}
_PLAIN = tuple(
    Operation(name)
    for name in ("get", "consume", "finish", "is_available", "restore", "copy", "swap")
)
_GET = _PLAIN[0]


def digits(choices: Choices) -> list[int]:
    """Return a few small integers."""
    return choices.repeat(lambda: choices.below(10), 1, 3)


FIELD_VALUES: dict[str, Callable[[Choices], Plain]] = {
    "int": lambda choices: choices.below(304) - 3 if choices.chance() else choices.below(10),
    "str": lambda choices: choices.text(3),
    "list": digits,
    "dict": lambda choices: {key: choices.below(10) for key in choices.some(LETTERS, 2)},
    "any": lambda choices: choices.pick((_nothing, _digit, digits))(choices),
}


def _nothing(choices: Choices) -> None:
    del choices


def _digit(choices: Choices) -> int:
    return choices.below(10)


def channel_case(choices: Choices, reference: Engine) -> Trace:
    """Return a channel case."""
    spec, value = _spec(choices)
    kinds = 4 if spec["class"] == "DeltaChannel" else 3
    with Growing(reference, Subject(SubjectKind.CHANNEL, spec)) as growing:

        def step() -> None:
            kind = choices.below(kinds)
            if kind == 0:
                load = choices.chance(len(_PLAIN))
                growing.apply(_load(choices, spec, value) if load else choices.pick(_PLAIN))
                return
            values = choices.repeat(lambda: _or_null(choices, value), 1, 3)
            if kind == 3:  # noqa: PLR2004  # the last of four
                growing.apply(Operation("replay_writes", {"writes": values}))
            else:
                growing.apply(Operation("update", {"values": values}))

        choices.repeat(step, 4, 8, 1)
        growing.apply(_GET)
        return growing.trace()


def _or_null(choices: Choices, value: Callable[[Choices], Plain]) -> Plain:
    return None if choices.chance(19) else value(choices)


def _load(choices: Choices, spec: dict[str, Plain], value: Callable[[Choices], Plain]) -> Operation:
    """Return a restore from a checkpoint such as the class makes, or from null."""
    if choices.chance(2):
        return Operation("load", {"value": None})
    name = str(spec["class"])
    if name == "Topic":
        return Operation("load", {"value": [value(choices), value(choices)]})
    if name.startswith("Named"):
        noted = [name for name in LETTERS if name in str(spec["names"])]
        names = Ext(0, pack(["builtins", "set", choices.some(noted, 3)]))
        return Operation("load", {"value": [names, True] if "After" in name else names})
    if name == "LastValueAfterFinish":
        return Operation("load", {"value": [value(choices), choices.chance()]})
    return Operation("load", {"value": FIELD_VALUES[str(spec["type"])](choices)})


def _spec(choices: Choices) -> tuple[dict[str, Plain], Callable[[Choices], Plain]]:
    """Return a channel's settings, and a generator of its values."""
    name = choices.pick(_CLASSES)
    if name.startswith("Named"):
        senders = (*LETTERS, "stranger")
        return {"class": name, "names": choices.some(LETTERS, 3, 1)}, lambda source: source.pick(
            senders
        )
    kind = choices.pick(_TYPES)
    spec: dict[str, Plain] = {"class": name, "type": kind}
    value = FIELD_VALUES[kind]
    if name in _REDUCED:
        spec["reducer"] = choices.pick(REDUCERS[kind])
        return spec, lambda source: overwrite(value(source)) if source.chance(2) else value(source)
    if name in {"EphemeralValue", "UntrackedValue"}:
        spec["guard"] = choices.chance()
    if name == "Topic":
        spec["accumulate"] = choices.chance()
        return (
            spec,
            lambda source: (
                source.repeat(lambda: value(source), 1, 2) if source.chance() else value(source)
            ),
        )
    return spec, value
