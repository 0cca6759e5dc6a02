"""`feeds.yaml` explained: its JSON Schema for editors, its table of keys for the README."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_origin

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticUndefined, core_schema

from monitor.config.alert_shapes import AlertsShape
from monitor.config.feed_shapes import SettingsShape
from monitor.config.schema import FileShape
from monitor.config.shape import Shape


class _Writer(GenerateJsonSchema):
    """Leaves out what an editor should not offer: null, and defaults that say nothing."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        written = super().default_schema(schema)
        if not written.get("default") or isinstance(written["default"], dict):
            written.pop("default", None)
        return written


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `feeds.yaml`, by which editors complete and explain its keys."""
    schema = FileShape.model_json_schema(schema_generator=_Writer)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


class Key(NamedTuple):
    """A key of `feeds.yaml`."""

    path: str
    """As `feeds[].url`."""
    default: str
    """As YAML; empty when there is none."""
    meaning: str


def keys() -> list[Key]:
    """Return every key, in the order of the file."""
    return list(_keys_of(FileShape, ""))


def _keys_of(shape: type[Shape], path: str) -> Iterator[Key]:
    for field, about in shape.model_fields.items():
        key = path + (about.alias or field)
        default = about.default
        silent = not default or default is PydanticUndefined or isinstance(default, Shape)
        written = "" if silent else str(default).lower()
        yield Key(key, written, _meaning(shape, path, field))
        for inner in (about.annotation, *get_args(about.annotation)):
            if isinstance(inner, type) and issubclass(inner, Shape) and path not in _ELSEWHERE:
                yield from _keys_of(inner, key + _step(about.annotation))


def _step(annotation: Any) -> str:
    """Return how a path goes on: below a list, a mapping of the analyst's keys, or one of ours."""
    below = get_origin(annotation)
    if below is tuple:
        return "[]."
    return ".TAG." if below is dict else "."


_ELSEWHERE = {"defaults.": "feeds[]", "tags.TAG.": "feeds[]", "alerts.": "watchlists[]"}
"""Where settings can stand too, and of what they are."""


def _meaning(shape: type[Shape], path: str, field: str) -> str:
    of_feeds = field in SettingsShape.model_fields or field == "auth"
    if path in _ELSEWHERE and (of_feeds or shape is AlertsShape):
        return f"As `{_ELSEWHERE[path]}.{field}`."
    return shape.model_fields[field].description or ""


def table() -> str:
    """Return the keys as a Markdown table, for the README."""
    rows = (
        f"| `{key.path}` | {f'`{key.default}`' if key.default else ''} | {key.meaning} |"
        for key in keys()
    )
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows])
