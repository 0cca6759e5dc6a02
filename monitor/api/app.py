"""The application: all routes with their schema, and errors as problems."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from threading import Lock
from typing import Any, get_args

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path

from monitor.api.greader import routes as greader
from monitor.api.guard import ENDLESS
from monitor.api.mcp import endpoint
from monitor.api.newsroom import SCHEMA_PREFIX, RowRouter
from monitor.api.pages import alerts as page_alerts, archive as page_archive, sessions
from monitor.api.pages.templating import Page, answer_to, rendered
from monitor.api.problems import (
    FAILURES,
    KINDS,
    MEDIA_TYPE,
    ApiProblem,
    FieldProblem,
    Problem,
    is_page,
    problem_of,
)
from monitor.api.routes import alerts, archive, newsroom, stream, watchlists
from monitor.base.translation import gettext as _
from monitor.presentation.rows import schemas

DESCRIPTION = """\
What the dashboard and the commands of tocsin know and do, for programs.

Times are as `2023-10-09T07:09:00Z`. Errors are problems of RFC 9457.
"""
COMMON_STATUSES = (400, 401, 403, 404, 408, 409, 413, 421, 422, 429, 500, 501, 503)
"""Statuses of problems that any path may answer."""
BODY_STATUSES = (415,)
"""Statuses of problems that only paths with a body may answer."""


def build_app(threads: int) -> FastAPI:
    """Return the application; its state is set by `monitor.api.server`.

    Args:
        threads: How many requests are answered at once.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        app.state.heavy_lock = asyncio.Lock()
        app.state.mcp = None
        yield

    app = FastAPI(
        title="tocsin",
        version=version("tocsin"),
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
    )
    rows: list[Any] = [Problem]
    for module in (stream, alerts, archive, watchlists, newsroom):
        app.include_router(module.router, prefix="/v1")
        rows += module.router.rows if isinstance(module.router, RowRouter) else []
    for pages in (page_alerts, page_archive, sessions):
        app.include_router(pages.router)
    app.include_router(endpoint.router)
    for prefix in ("/api/greader.php", ""):  # of FreshRSS, and of Miniflux
        app.include_router(greader.router, prefix=prefix)
    _add_handlers(app)
    app.state.rows = rows
    app.openapi = lambda: schema_of(app)  # type: ignore[method-assign]
    app.add_route("/openapi.json", _answer_schema, include_in_schema=False)
    app.add_route("/docs", _show_schema, include_in_schema=False)
    return app


# --- the schema --------------------------------------------------------------------------


def _answer_schema(request: Request) -> Response:
    """Return the schema. No coroutine, so it runs in a thread."""
    return Response(_encoded_schema(request.app), media_type="application/json")


def _show_schema(request: Request) -> Response:
    """Return the schema as a page. No coroutine, so it runs in a thread."""
    return rendered(Page("docs", schema_of(request.app)), None)


@cache
def _encoded_schema(app: FastAPI) -> bytes:
    return bytes(JSONResponse(schema_of(app)).body)


def schema_of(app: FastAPI) -> dict[str, Any]:
    """Return the schema of the API. It takes a second to make, for which others wait."""
    with _making_schema:
        return _make_schema(app)


_making_schema = Lock()


@cache
def _make_schema(app: FastAPI) -> dict[str, Any]:
    """Return the schema of the API, with the problems that each path may answer."""
    schema = FastAPI.openapi(app)
    schema["components"]["schemas"] |= schemas(app.state.rows, SCHEMA_PREFIX)
    for name in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(name, None)
    for path in schema["paths"].values():
        for method, operation in path.items():
            for status in COMMON_STATUSES + (BODY_STATUSES if method == "post" else ()):
                operation["responses"][str(status)] = {
                    "description": " / ".join(
                        title for code, title in KINDS.values() if code == status
                    ),
                    "content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMA_PREFIX + "Problem"}}},
                }
    return schema


# --- errors --------------------------------------------------------------------------------


def _add_handlers(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _routing)
    for kind in (ApiProblem, RequestValidationError, Exception, *FAILURES):
        app.add_exception_handler(kind, _refused)


async def _refused(request: Request, error: Exception) -> Response:
    match error:
        case ApiProblem():
            problem = error
        case RequestValidationError():
            problem = _validation_problem(error, request.scope["route"].dependant)
        case _ if isinstance(error, FAILURES):
            problem = problem_of(error)
        case _unexpected:
            problem = ApiProblem("failure", _("the log of `tocsin api` says more"))
    return answer_to(request.scope, problem)


def _routing(request: Request, error: Exception) -> Response:
    """Answer in a thread, because the methods of a path are looked up in the slow schema."""
    assert isinstance(error, HTTPException)
    return answer_to(request.scope, _routing_problem(request, error))


def _validation_problem(error: RequestValidationError, route: Dependant) -> ApiProblem:
    errors = []
    for detail in error.errors():
        source, *path = detail["loc"]
        if detail["type"] == "json_invalid":
            return ApiProblem("malformed", _("the body is not JSON"))
        message = str(detail["msg"])
        if detail["type"] == "extra_forbidden":
            fields = route.body_params if source == "body" else route.query_params
            keys = _keys((field.field_info.annotation for field in fields), path[:-1])
            message = _("there is no such parameter; there are: {names}", names=", ".join(keys))
        field = ".".join(map(str, path)) or str(source)
        errors.append(FieldProblem(field=field, message=message))
    text = "; ".join(f"{e['field']}: {e['message']}" for e in errors[:3])
    return ApiProblem("invalid", text, errors=errors)


def _keys(annotations: Iterable[Any], path: Sequence[str | int]) -> Iterable[str]:
    """Return the keys of the object at a path of the query string or the body of a route."""
    kinds = [kind for hint in annotations for kind in (hint, *get_args(hint))]
    model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    if not path:
        return model.model_fields
    return _keys([model.model_fields[str(path[0])].annotation], path[1:])


def _methods(app: FastAPI, path: str) -> str:
    """Return the methods that all routes of a path allow."""
    methods: list[str] = []
    for template, operations in schema_of(app)["paths"].items():
        if compile_path(template)[0].match(path):
            methods += map(str.upper, operations)
    if "GET" in methods and path != ENDLESS:
        methods.insert(methods.index("GET") + 1, "HEAD")
    return ", ".join(dict.fromkeys(methods))


def _routing_problem(request: Request, error: HTTPException) -> ApiProblem:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    match error.status_code:
        case 400:
            return ApiProblem("malformed", _("the body is not JSON"), headers=headers)
        case 404:
            message = _("there is no such path; /openapi.json has them all")
            if is_page(request.url.path):
                message = _("there is no such page; those of the API begin with /v1/")
            return ApiProblem("not-found", message, headers=headers)
        case 405:
            methods = _methods(request.app, request.url.path) or headers.get("allow", "")
            return ApiProblem(
                "wrong-method",
                _("this path takes {methods}", methods=methods),
                headers={**headers, "allow": methods},
            )
    return ApiProblem("malformed", str(error.detail), headers=headers)
