"""The shapes of what becomes of alerts: for one watchlist, or for all."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from monitor.config.shape import Shape
from monitor.config.values import Backfill, Level, Outlets, Seconds, Texts

NEVER: dict[str, Any] = {"outlets": False, "languages": False}


class EscalateShape(Shape):
    """When an alert becomes louder than it was raised; `false` is never."""

    model_config = ConfigDict(title="Escalate")
    noun: ClassVar = "escalate"

    outlets: Outlets | None = Field(
        default=None,
        description="When so many independent outlets have the story; 5 when left out, `false` is "
        "never.",
        examples=[5],
    )
    languages: bool | None = Field(
        default=None,
        description="When the story crosses from French to English, or back; `true` when left out.",
    )
    to: Level | None = Field(
        default=None, description="How loud it is then; one up when left out, never less."
    )

    @model_validator(mode="before")
    @classmethod
    def _never(cls, value: Any) -> Any:
        return NEVER if value is False else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = super().__get_pydantic_json_schema__(core, handler)
        return {"title": schema["title"], "anyOf": [{"const": False}, schema]}


class AlertsShape(Shape):
    """What holds for the alerts of every watchlist that does not say otherwise."""

    model_config = ConfigDict(title="Alerts")
    noun: ClassVar = "alerts"

    escalate: EscalateShape | None = Field(
        default=None,
        description="When an alert becomes louder than it was raised; `false` is never.",
    )
    cooldown: Seconds | None = Field(
        default=None,
        description="After an alert, further ones of its watchlist are listed but not sent for so "
        "long.",
        examples=["30m"],
    )
    backfill: Backfill | None = Field(
        default=None,
        description="`notify` also sends alerts about what was there before; `list`, as when left "
        "out, only lists them.",
        examples=["notify"],
    )
    notify: Texts | None = Field(
        default=None,
        description="Names of the channels that are told, `[]` for nobody; every channel when "
        "left out.",
        examples=[["desk"]],
    )
