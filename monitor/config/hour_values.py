"""The values of routes and messages in `feeds.yaml`, with their JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, tzinfo
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, WithJsonSchema
from pydantic_core import PydanticCustomError

from monitor.config import clocks
from monitor.config.values import Level
from monitor.message import FIELDS, misnamed
from monitor.model import Digest, Severity

_CLOCK = {"type": "string", "pattern": r"^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$"}
_SPAN = {"type": "string", "pattern": "^([0-9.]+ *(s|min|m|h|d) *)+$"}
_DAY = {"type": "string", "pattern": "^[A-Za-z]{3,}(-[A-Za-z]{3,})?$"}
_LEVEL = {"enum": [str(level) for level in Severity]}


def _text(read: Callable[[str], Any]) -> BeforeValidator:
    def checked(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be text")
        return read(value)

    return BeforeValidator(checked)


def _levels(value: Any) -> Any:
    """Return a level and those above it, or the list that is given."""
    if not isinstance(value, str):
        return value
    levels = [str(level) for level in Severity]  # the loudest first
    if value.lower() not in levels:
        raise ValueError(f"`{value}` is not a severity; write high, medium or low")
    return levels[: levels.index(value.lower()) + 1]


def _digest(value: Any) -> Any:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise ValueError('`digest` is an interval as 30m, or a time as "07:30", or several')
    return clocks.digest(tuple(texts))


def _template(text: str) -> str:
    for wrong in misnamed(text):
        close = get_close_matches(wrong, FIELDS, n=1)
        hint = f"did you mean `${close[0]}`?" if close else f"known are {', '.join(FIELDS)}"
        raise ValueError(f"a template has no field `${wrong}`; {hint}")
    return text


def _wrapped(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _listed(item: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


Clock = Annotated[time, _text(clocks.clock), WithJsonSchema(_CLOCK)]
Zone = Annotated[InstanceOf[tzinfo], _text(clocks.zone), WithJsonSchema({"type": "string"})]
Days = Annotated[
    tuple[Annotated[tuple[int, ...], _text(clocks.days)], ...],
    BeforeValidator(_wrapped),
    _listed(_DAY),
]
Levels = Annotated[tuple[Level, ...], BeforeValidator(_levels), _listed(_LEVEL)]
TemplateText = Annotated[str, _text(_template), WithJsonSchema({"type": "string"})]
DigestTimes = Annotated[
    InstanceOf[Digest],
    BeforeValidator(_digest),
    WithJsonSchema({"anyOf": [_SPAN, _CLOCK, {"type": "array", "items": _CLOCK, "minItems": 1}]}),
]
