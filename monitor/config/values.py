"""The single values of `feeds.yaml`: what each may be, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from monitor.config import ages, fields, manners
from monitor.listening import listening
from monitor.model import Listening, Severity


def _text(check: Callable[[str], Any]) -> BeforeValidator:
    """Return a validator that takes only text, and gives what `check` makes of it."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be text")
        return check(value)

    return BeforeValidator(read)


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("float_parsing", "must be a number")
    return value


def _wrapped(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _severity(word: str) -> Severity:
    if word.lower() not in list(Severity):
        raise ValueError(f"`{word}` is not a severity; write high, medium or low")
    return Severity(word.lower())


def _order(word: str) -> str:
    if word.lower() not in ("date", "score"):
        raise ValueError(f"`{word}` is no order; write date or score")
    return word.lower()


TEXT: dict[str, Any] = {"type": ["string", "number"]}
URL: dict[str, Any] = {"type": "string", "format": "uri", "pattern": "^https?://"}
TAG: dict[str, Any] = {"type": ["string", "number"], "pattern": "^[^\\s]+$"}
CODE: dict[str, Any] = {"type": "string", "pattern": "^[A-Za-z]{2}$"}
RANGE: dict[str, Any] = {"type": "string"}


LISTED = ("anyOf", "default", "examples")
"""What the schema of a list says that its short form, a single text, does not."""


def _list(item: dict[str, Any]) -> WithJsonSchema:
    """Return the schema of a list of which a single item needs no brackets."""
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


def _mapping(keys: dict[str, Any], values: dict[str, Any]) -> WithJsonSchema:
    """Return the schema of a mapping with keys of the analyst's own."""
    return WithJsonSchema({"type": "object", "propertyNames": keys, "additionalProperties": values})


Url = Annotated[str, _text(fields.url), WithJsonSchema(URL)]
Name = Annotated[str, _text(fields.name), WithJsonSchema(TEXT)]
Words = Annotated[str, _text(fields.words), WithJsonSchema(TEXT)]
Seconds = Annotated[
    float,
    _text(fields.duration),
    WithJsonSchema({"type": "string", "pattern": "^([0-9.]+ *(s|min|m|h|d) *)+$"}),
]
Code = Annotated[str, _text(fields.language), WithJsonSchema(CODE)]
Level = Annotated[Severity, _text(_severity), WithJsonSchema({"enum": list(map(str, Severity))})]
Order = Annotated[str, _text(_order), WithJsonSchema({"enum": ["date", "score"]})]
Outlets = Annotated[
    int,
    BeforeValidator(fields.outlets),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 2}, {"const": False}]}),
]
Backfill = Annotated[str, _text(fields.backfill), WithJsonSchema({"enum": ["list", "notify"]})]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Contact = Annotated[str, _text(fields.contact), WithJsonSchema({"type": "string"})]
Folder = Annotated[str, _text(fields.folder), WithJsonSchema({"type": "string"})]

Timeout = Annotated[
    float,
    _text(fields.timeout),
    WithJsonSchema({"type": "string", "pattern": "^([0-9.]+ *(s|min|m) *)+$"}),
]
Agent = Annotated[str, _text(manners.user_agent), WithJsonSchema(TEXT)]
Encoding = Annotated[str, _text(manners.encoding), WithJsonSchema({"type": "string"})]
Proxy = Annotated[
    str,
    _text(manners.proxy),
    WithJsonSchema({"type": "string", "pattern": "^(none|https?://.+|env:.+|file:.+)$"}),
]
Hidden = Annotated[str, _text(manners.hidden), WithJsonSchema(TEXT)]
Headers = Annotated[
    dict[Annotated[str, _text(manners.header)], Hidden],
    _mapping({"pattern": "^[A-Za-z0-9-]+$"}, TEXT),
]

Tag = Annotated[str, _text(fields.tag)]
Tags = Annotated[tuple[Tag, ...], BeforeValidator(_wrapped), _list(TAG)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_wrapped), _list(CODE)]
Texts = Annotated[tuple[Words, ...], BeforeValidator(_wrapped), _list(TEXT)]
Networks = Annotated[
    tuple[Annotated[IPv4Network | IPv6Network, _text(fields.network)], ...],
    BeforeValidator(_wrapped),
    _list(RANGE),
]

ListeningAt = Annotated[
    Listening,
    _text(listening),
    WithJsonSchema({"type": "string", "pattern": r"^(\[[0-9A-Fa-f:.]+\]|[^\[\]:\s/]+):\d{1,5}$"}),
]

Age = Annotated[
    float,
    _text(ages.age),
    WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ *(d|w|mo|y)$"}),
]
Spared = Annotated[
    tuple[Annotated[str, _text(ages.spared)], ...], BeforeValidator(_wrapped), _list(TEXT)
]
