"""Routes whose answer is the JSON of a row: read, checked and written in one go, in one thread."""

from __future__ import annotations

import ast
import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import ModuleType
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
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
    """Describe each field of a row in the schema, with the words beneath it.

    pydantic can read them by itself, but parses the module again for each use of each row: the
    first request waited a second for it.
    """
    prefixes = ("monitor.presentation.rows", "monitor.api")
    for name, module in list(sys.modules.items()):
        if name.startswith(prefixes) and isinstance(module, ModuleType):
            _describe_rows_of(module)


@functools.cache
def _describe_rows_of(module: ModuleType) -> None:
    for value in list(vars(module).values()):
        if is_typeddict(value) and value.__module__ == module.__name__:
            fields = value.__annotations__
            for field, meaning in _meanings(value).items():
                fields[field] = Annotated[fields[field], Field(description=meaning)]


def _meanings(row: Any) -> dict[str, str]:
    """Return the words beneath each field of a row, and beneath those that it inherits."""
    found: dict[str, str] = {}
    for base in filter(is_typeddict, row.__orig_bases__):
        found |= _meanings(base)
    written = _classes(row.__module__).get(row.__name__)
    return found | dict(_words_beneath(written.body if written else []))


@functools.cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    nodes = ast.parse(inspect.getsource(sys.modules[module])).body
    return {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}


def _words_beneath(fields: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, beneath in pairwise(fields):
        match field, beneath:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(str(words))):
                yield name, inspect.cleandoc(words)
