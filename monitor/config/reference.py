"""The JSON Schema of `feeds.yaml`, for editors and for the reference in docs/."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from monitor.config.schema import FileShape


class _SchemaWriter(GenerateJsonSchema):
    """Leaves out null and empty defaults, which an editor should not offer."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        written = super().default_schema(schema)
        if not written.get("default") or isinstance(written["default"], dict):
            written.pop("default", None)
        return written


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `feeds.yaml`, by which editors complete and explain its keys."""
    schema = FileShape.model_json_schema(schema_generator=_SchemaWriter)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}
