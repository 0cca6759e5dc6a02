"""Routes whose answer is the JSON of a row: read, checked and written in one go, in one thread."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any, get_type_hints

from fastapi import APIRouter
from starlette.responses import Response

PLACE = "#/components/schemas/"
"""Where the schemas of rows stand in that of the API."""


class RowRouter(APIRouter):
    """A router of functions that return a row, whose schema is that of their type.

    FastAPI would compare each answer with it, in a thread again; that it fits is checked by mypy
    and by tests.
    """

    def __init__(self, *, tags: list[str]) -> None:
        super().__init__(tags=[*tags])
        self.rows: list[Any] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        row = get_type_hints(endpoint)["return"]
        self.rows.append(row)
        answer = {"application/json": {"schema": {"$ref": PLACE + row.__name__}}}
        options |= {"response_model": None, "responses": {200: {"content": answer}}}
        super().add_api_route(path, _as_json(endpoint), **options)


def _as_json(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def answer(**arguments: Any) -> Any:
        row = json.dumps(endpoint(**arguments), ensure_ascii=False, separators=(",", ":"))
        return Response(row.encode("utf-8", "replace"), media_type="application/json")

    return answer
