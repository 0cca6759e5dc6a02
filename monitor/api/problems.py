"""Errors as problems of RFC 9457: `application/problem+json`, one `type` for each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired, TypedDict

from starlette.responses import Response

from index.errors import ArchiveError, Interrupted, QueryError
from monitor.base.errors import (
    ConfigError,
    CursorError,
    EncodingError,
    MissingExtraError,
    MonitorError,
    StoreError,
    UnknownNameError,
)
from monitor.base.translation import gettext as _, mark
from monitor.model.triage import ChangedMeanwhileError
from monitor.presentation.rows import means

MEDIA_TYPE = "application/problem+json"
READERS = ("/api/greader.php/", "/reader/api/0/", "/accounts/ClientLogin/")
"""Beginnings of the paths for feed readers."""
PROGRAMS = ("/v1/", "/openapi.json", "/mcp/", *READERS)
"""Beginnings of the paths for programs; all other paths are pages."""
PREFIX = "urn:tocsin:problem:"

KINDS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, mark("The request cannot be read")),
    "no-token": (401, mark("A token is needed")),
    "wrong-scope": (403, mark("The scope of this token does not suffice")),
    "foreign-page": (403, mark("Pages of other servers may not use this one")),
    "not-found": (404, mark("There is no such thing")),
    "wrong-method": (405, mark("This method is not allowed here")),
    "too-slow": (408, mark("The request took too long to arrive")),
    "changed": (409, mark("Somebody changed it since")),
    "broken-file": (409, mark("feeds.yaml has a mistake")),
    "too-large": (413, mark("The request is too large")),
    "wrong-media-type": (415, mark("Send JSON")),
    "wrong-host": (421, mark("This host is not served here")),
    "invalid": (422, mark("A value cannot be used")),
    "too-many": (429, mark("Too many requests")),
    "failure": (500, mark("tocsin made a mistake")),
    "not-installed": (501, mark("This is not installed here")),
    "busy": (503, mark("tocsin is busy")),
    "no-store": (503, mark("The archive cannot be read now")),
    "too-costly": (503, mark("It took too long to find out")),
}
"""Status and title of each kind of problem."""


def is_page(path: str) -> bool:
    """Return whether a path is a page, or does not exist."""
    return not f"{path}/".startswith(PROGRAMS)


def takes_form(path: str) -> bool:
    """Return whether a body is a form, not JSON: for pages and for feed readers."""
    return is_page(path) or f"{path}/".startswith(READERS)


class FieldProblem(TypedDict):
    """A value that cannot be used."""

    field: Annotated[str, means("Its name in the query or in the body, as `seen.state`.")]
    message: Annotated[str, means("Why, and what to do.")]


class Problem(TypedDict):
    """Why a request was refused (RFC 9457)."""

    type: Annotated[str, means("`urn:tocsin:problem:` and the kind of problem, for programs.")]
    title: Annotated[str, means("The kind of problem, for people.")]
    status: Annotated[int, means("The status of HTTP.")]
    detail: Annotated[str, means("What is wrong, and what to do.")]
    errors: NotRequired[Annotated[list[FieldProblem], means("The values that cannot be used.")]]
    now: NotRequired[Annotated[dict[str, Any], means("With 409: the fields as they are now.")]]


class ApiProblem(Exception):
    """A request that is refused.

    Args:
        kind: One of `KINDS`.
        detail: What is wrong, and what to do.
        errors: The values that cannot be used.
        headers: Headers of the answer.
        now: The fields of an alert as they are now.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        now: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail
        self.errors, self.headers, self.now = errors, headers or {}, now

    @property
    def status(self) -> int:
        return KINDS[self.kind][0]

    def document(self) -> Problem:
        status, title = KINDS[self.kind]
        problem = Problem(
            type=PREFIX + self.kind, title=_(title), status=status, detail=self.detail
        )
        if self.errors:
            problem["errors"] = list(self.errors)
        if self.now is not None:
            problem["now"] = dict(self.now)
        return problem

    def response(self) -> Response:
        return json_answer(self.document(), self.status, self.headers, MEDIA_TYPE)


def json_answer(
    row: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    content = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return Response(content.encode("utf-8", "replace"), status, headers, media_type)


def invalid(field: str, message: str) -> ApiProblem:
    return ApiProblem("invalid", message, errors=[FieldProblem(field=field, message=message)])


FAILURES = (MonitorError, ArchiveError, QueryError, ChangedMeanwhileError)
"""Errors of the service that are shown to the client."""


_KINDS_OF_ERRORS: tuple[tuple[type[Exception], str, str], ...] = (
    (EncodingError, "too-costly", "10"),
    (UnknownNameError, "invalid", ""),
    (ConfigError, "broken-file", ""),
    (MissingExtraError, "not-installed", ""),
    (StoreError, "no-store", "5"),
    (ArchiveError, "no-store", "5"),
)
"""Kind of problem of each error, and the seconds of `Retry-After`; empty for no such header."""


def problem_of(error: Exception) -> ApiProblem:
    match error:
        case Interrupted():
            message = _("it took too long; narrow the question by dates, feeds or rarer words")
            return ApiProblem("too-costly", message, headers={"Retry-After": "10"})
        case QueryError():
            return invalid("query", str(error))
        case CursorError():
            return invalid("after", str(error))
        case ChangedMeanwhileError():
            return ApiProblem(
                "changed", _("nothing was changed; look at it as it is now"), now=error.now
            )
    for error_type, kind, seconds in _KINDS_OF_ERRORS:
        if isinstance(error, error_type):
            headers = {"Retry-After": seconds} if seconds else {}
            return ApiProblem(kind, str(error), headers=headers)
    return ApiProblem("invalid", str(error))
