"""The part of SARIF 2.1.0 that the kit writes, as strict models."""

# ruff: noqa: N815  # SARIF names its properties

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """What SARIF 2.1.0 says of an object, as far as the kit writes it, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Message(Strict):
    text: str


class Rule(Strict):
    id: str
    name: str
    shortDescription: Message
    fullDescription: Message
    help: Message
    defaultConfiguration: dict[str, Literal["error"]]


class Driver(Strict):
    name: str
    version: str
    rules: list[Rule]


class Artifact(Strict):
    uri: str = Field(pattern=r"^[\w%./-]+$")
    uriBaseId: str


class Region(Strict):
    startLine: int = Field(ge=1)


class Physical(Strict):
    artifactLocation: Artifact
    region: Region


class Result(Strict):
    ruleId: str
    ruleIndex: int
    level: Literal["none", "note", "warning", "error"]
    message: Message
    locations: list[dict[Literal["physicalLocation"], Physical]]
    partialFingerprints: dict[str, str]
    occurrenceCount: int = Field(ge=1)


class Notification(Strict):
    level: Literal["none", "note", "warning", "error"]
    message: Message


class Invocation(Strict):
    executionSuccessful: bool
    toolExecutionNotifications: list[Notification]
    exitCode: int = 0


class Run(Strict):
    tool: dict[Literal["driver"], Driver]
    automationDetails: dict[Literal["id"], str]
    invocations: list[Invocation]
    columnKind: Literal["utf16CodeUnits", "unicodeCodePoints"]
    properties: dict[Literal["oracle"], str]
    results: list[Result]


class Log(Strict):
    schema_: str = Field(alias="$schema")
    version: Literal["2.1.0"]
    runs: list[Run]
