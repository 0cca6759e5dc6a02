"""A problem as an answer: a page for who reads pages, `application/problem+json` for programs."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from monitor.api.pages.templating import Page, rendered
from monitor.api.problems import KINDS, ApiProblem, is_page
from monitor.base.translation import gettext as _


def answer_to(scope: Scope, problem: ApiProblem) -> Response:
    headers = Headers(scope=scope)
    if not is_page(scope["path"]) or "text/html" not in headers.get("accept", ""):
        return problem.response()
    answer = rendered(_page(scope, headers, problem), None)
    answer.headers.update(problem.headers)
    return answer


def _page(scope: Scope, headers: Headers, problem: ApiProblem) -> Page:
    status, title = KINDS[problem.kind]
    if problem.kind == "no-token" and scope["method"] == "GET":
        return _login(scope, headers, problem)
    values = {"title": _(title), "detail": problem.detail, "status": status}
    return Page("problem", values, status)


def _login(scope: Scope, headers: Headers, problem: ApiProblem) -> Page:
    """Return the form to log in; who comes by a link from elsewhere comes again first.

    Browsers send no cookie of ours when another site made the link.
    """
    query = scope["query_string"].decode("ascii", "replace")
    here = scope["path"] + (f"?{query}" if query else "")
    if headers.get("sec-fetch-site") == "cross-site":
        return Page("arrival", {"here": here}, problem.status)
    return Page("login", {"next": here, "problem": ""}, problem.status)
