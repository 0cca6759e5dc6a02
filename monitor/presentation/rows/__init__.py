"""Rows of JSON for programs: printed by commands, sent to channels, answered by the API.

A row is described once, by a `TypedDict`. The annotation of a field has its meaning and, where the
value from which the row is made has another name or form for it, the attribute or how it is
encoded. The row, the columns of CSV, the schema of the API and docs/reference follow from this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from operator import attrgetter
from types import UnionType
from typing import (
    Annotated,
    Any,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import msgspec
from msgspec import Meta

from monitor.base.formatting import alert_number, iso
from monitor.base.text_cleaning import line, lines

Row = Mapping[str, Any]
RowType = TypeVar("RowType")
Encode = Callable[[Any], Any]


def means(words: str = "", attr: str = "", *, encode: Encode | None = None) -> Meta:
    """Describe a field of a row.

    Args:
        words: The meaning of the field; empty where its name says that.
        attr: The attribute of the value, as `feed.name`; empty if it has the name of the field.
        encode: Encodes the attribute, if its type does not say how.
    """
    return Meta(description=words or None, extra={"attr": attr, "encode": encode})


def decimals(count: int) -> Encode:
    return lambda value: round(value, count)


Moment = Annotated[str | None, means(encode=iso)]
"""A time, as `2023-10-09T07:09:00Z`."""
AlertNumber = Annotated[str, means(encode=alert_number)]
Line = Annotated[str, means(encode=line)]
"""What a person wrote, on one line."""
Lines = Annotated[str, means(encode=lines)]
TextOrNull = Annotated[str | None, means(encode=lambda text: text or None)]


def row(kind: type[RowType], value: object, **overrides: Any) -> RowType:
    """Return the row of a value.

    `overrides` are fields that do not follow from the value alone.
    """
    fields = {}
    for name, get, encode in _fields(cast("Any", kind)):
        if name in overrides:
            fields[name] = overrides[name]
        else:
            fields[name] = encode(get(value)) if encode else get(value)
    return cast("RowType", fields)


def columns(kind: Any) -> list[str]:
    return [name for name, _get, _encode in _fields(kind)]


def schemas(kinds: Iterable[Any], place: str) -> dict[str, dict[str, Any]]:
    """Return the JSON schemas of rows and of the rows in them, by name.

    `place` is theirs in their document, as `#/$defs/`.
    """
    _references, components = msgspec.json.schema_components(kinds, ref_template=place + "{name}")
    return components


@cache
def _fields(kind: Any) -> list[tuple[str, Encode, Encode | None]]:
    """Return name, getter and encoder of each field; None for what stays as it is."""
    hints = get_type_hints(kind, include_extras=True)
    return [(name, attrgetter(_attr(hint) or name), _encoder(hint)) for name, hint in hints.items()]


def _attr(hint: Any) -> str:
    metas = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return "".join(meta.extra["attr"] for meta in metas)


def _encoder(hint: Any) -> Encode | None:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        encoders = [meta.extra["encode"] for meta in args[1:] if meta.extra["encode"]]
        return encoders[0] if encoders else _encoder(args[0])
    if origin in (Union, UnionType):
        encoder = _encoder(args[0])
        return partial(_if_any, encoder) if encoder else None
    if origin is list:
        return partial(_each, _encoder(args[0]) or _as_it_is)
    if origin is dict:
        return partial(_each_value, _encoder(args[1]) or _as_it_is)
    if is_typeddict(hint):
        return partial(row, hint)
    return str if hint is str else None


def _if_any(encode: Encode, value: Any) -> Any:
    return None if value is None else encode(value)


def _each(encode: Encode, values: Iterable[Any]) -> list[Any]:
    return [encode(value) for value in values]


def _each_value(encode: Encode, values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): encode(value) for name, value in values.items()}


def _as_it_is(value: Any) -> Any:
    return value
