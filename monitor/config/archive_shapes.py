"""The shape of the archive: what is kept, and how long."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from monitor.config.shape import Shape
from monitor.config.values import Age, Spared


class ArchiveShape(Shape):
    """What the archive keeps, and how long."""

    model_config = ConfigDict(title="Archive")
    noun: ClassVar = "archive"

    keep: Age | None = Field(
        default=None,
        description="How long an article is kept from when it was first seen, as 3y, 18mo, 90d; "
        "for ever when left out.",
        examples=["3y", "18mo", "90d"],
    )
    except_: Spared = Field(
        default=(),
        alias="except",
        description="What is kept whatever its age: `has:alert`, `watch:NAME`, `tag:NAME`, "
        "`feed:NAME`.",
        examples=[["tag:belgique", "watch:Alibaba"]],
    )
    drop_alerts: bool = Field(
        default=False,
        description="`true` lets articles with an alert go too, with their alerts; "
        "starred ones never do.",
    )
