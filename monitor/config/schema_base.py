"""The base of all mappings in the schema of `feeds.yaml`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from monitor.config.value_types import LISTED, TEXT


class Shape(BaseModel):
    """A mapping of `feeds.yaml`: frozen, without unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, field_title_generator=lambda name, _: name.strip("_")
    )

    noun: ClassVar[str]
    """The name of the mapping in messages."""
    short: ClassVar[str] = ""
    """The key that a bare text stands for; empty when there is no short form."""
    needs: ClassVar[dict[str, list[dict[str, Any]]]] = {}
    """Which keys go together, as JSON Schema."""

    @model_validator(mode="before")
    @classmethod
    def _long_form(cls, value: Any) -> Any:
        return {cls.short: value} if cls.short and isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core)) | cls.needs
        if not cls.short:
            return schema
        long = schema["properties"][cls.short]
        bare = TEXT | {key: value for key, value in long.items() if key not in LISTED}
        return {"title": schema["title"], "anyOf": [bare, schema]}
