"""The shape of a saved search."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from monitor.config.shape import Shape
from monitor.config.values import Name, Order, Words


class SearchShape(Shape):
    """A search of the archive under a name."""

    model_config = ConfigDict(title="Search")
    noun: ClassVar = "search"

    name: Name = Field(
        description="What to call it: `tocsin search @NAME`.", examples=["Liège this week"]
    )
    query: Words = Field(
        description="The query, with any filter: `since:7d`, `has:alert`.",
        examples=["(Liège OR Bierset) since:7d"],
    )
    sort: Order = Field(
        default="date", description="`date`, the newest first, or `score`, the best first."
    )
