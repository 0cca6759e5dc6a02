"""What programs read: rows of JSON, printed by commands, sent to channels, answered by the API.

A row is described once, by a `TypedDict`. A field says what it means; where the value from which
the row is made calls it otherwise, or holds it in another form, the field says that too. The row
itself, the columns of CSV, the schema of the API and docs/reference follow from this.
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
Convert = Callable[[Any], Any]


def means(words: str = "", of: str = "", *, by: Convert | None = None) -> Meta:
    """Describe a field of a row.

    Args:
        words: What it means; empty where its name says that.
        of: The attribute of the value, as `feed.name`; empty if it has the name of the field.
        by: Converts the attribute, if its type does not say how.
    """
    return Meta(description=words or None, extra={"of": of, "by": by})


def decimals(count: int) -> Convert:
    return lambda value: round(value, count)


Moment = Annotated[str | None, means(by=iso)]
"""A time, as `2023-10-09T07:09:00Z`."""
AlertNumber = Annotated[str, means(by=alert_number)]
Line = Annotated[str, means(by=line)]
"""What a person wrote, on one line."""
Lines = Annotated[str, means(by=lines)]
TextOrNull = Annotated[str | None, means(by=lambda text: text or None)]


def row(kind: type[RowType], value: object, **given: Any) -> RowType:
    """Return the row of a value.

    Args:
        kind: What it is.
        value: Has the attributes that become fields.
        given: Fields that follow from more than the value, as they are.
    """
    made = {}
    for name, get, convert in _fields(cast("Any", kind)):
        if name in given:
            made[name] = given[name]
        else:
            made[name] = convert(get(value)) if convert else get(value)
    return cast("RowType", made)


def columns(kind: Any) -> list[str]:
    return [name for name, _get, _convert in _fields(kind)]


def schemas(kinds: Iterable[Any], place: str) -> dict[str, dict[str, Any]]:
    """Return the JSON schemas of rows and of the rows in them, by name.

    Args:
        kinds: The rows.
        place: Where they will stand in their document, as `#/$defs/`.
    """
    _references, named = msgspec.json.schema_components(kinds, ref_template=place + "{name}")
    return named


@cache
def _fields(kind: Any) -> list[tuple[str, Convert, Convert | None]]:
    """Return name, getter and converter of each field; None for what stays as it is."""
    hints = get_type_hints(kind, include_extras=True)
    return [(name, attrgetter(_of(hint) or name), _converter(hint)) for name, hint in hints.items()]


def _of(hint: Any) -> str:
    metas = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return "".join(meta.extra["of"] for meta in metas)


def _converter(hint: Any) -> Convert | None:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        given = [meta.extra["by"] for meta in inner[1:] if meta.extra["by"]]
        return given[0] if given else _converter(inner[0])
    if origin in (Union, UnionType):
        within = _converter(inner[0])
        return partial(_if_any, within) if within else None
    if origin is list:
        return partial(_each, _converter(inner[0]) or _as_it_is)
    if origin is dict:
        return partial(_each_value, _converter(inner[1]) or _as_it_is)
    if is_typeddict(hint):
        return partial(row, hint)
    return str if hint is str else None


def _if_any(convert: Convert, value: Any) -> Any:
    return None if value is None else convert(value)


def _each(convert: Convert, values: Iterable[Any]) -> list[Any]:
    return [convert(value) for value in values]


def _each_value(convert: Convert, values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): convert(value) for name, value in values.items()}


def _as_it_is(value: Any) -> Any:
    return value
