"""Routes whose answer is the JSON of a row: read, checked and written in one go, in one thread."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response
from typing_extensions import is_typeddict


class RowRouter(APIRouter):
    """A router of functions that return a `TypedDict`.

    The schema follows from their type. FastAPI would compare each answer with it, in a thread
    again; that it fits is checked by mypy and by tests.
    """

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route; FastAPI calls this for each decorator."""
        super().add_api_route(path, _as_json(endpoint), **options)


def _as_json(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def answer(**arguments: Any) -> Any:
        if check := arguments.get("tagged"):
            check()
        row = json.dumps(endpoint(**arguments), ensure_ascii=False, separators=(",", ":"))
        return Response(row.encode("utf-8", "replace"), media_type="application/json")

    return answer


def describe_rows() -> None:
    """Let pydantic take the meaning of each field of a row from the words beneath it."""
    prefixes = ("monitor.export.serialization", "monitor.api", "monitor.feeds.diagnostics_row")
    for name, module in list(sys.modules.items()):
        if name.startswith(prefixes) and isinstance(module, ModuleType):
            for value in list(vars(module).values()):
                if is_typeddict(value):
                    value.__pydantic_config__ = {"use_attribute_docstrings": True}
