"""Pages from templates: whatever is put into them is escaped, and messages are translated."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct, field
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from monitor.api.pages import words
from monitor.api.problems import KINDS, ApiProblem, is_page
from monitor.base import signs
from monitor.base.formatting import alert_number, shown_title
from monitor.base.text_cleaning import line, shown_url
from monitor.base.translation import current, gettext, ngettext, number, pgettext
from monitor.base.translation import gettext as _
from monitor.model.shown_names import state_name
from monitor.presentation.alert import describe_decision
from monitor.presentation.article import merged_groups, outlet_groups
from monitor.presentation.story import describe_lag, describe_standing, describe_wording

if TYPE_CHECKING:
    from monitor.api.newsroom import Newsroom
    from monitor.api.pages.visitor import Visitor

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"  # not a message
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Authorization, Cookie",  # not a message
}
"""What pages have beside the headers of all answers, and instead of them."""
_HELPERS: Mapping[str, Any] = {
    "_": gettext, "ngettext": ngettext, "pgettext": pgettext, "number": number,
    "language": current, "signs": signs, "line": line, "shown_url": shown_url,
    "alert_number": alert_number, "shown_title": shown_title,
    "describe_decision": describe_decision, "describe_lag": describe_lag,
    "merged_groups": merged_groups, "outlet_groups": outlet_groups,
    "describe_standing": describe_standing, "headline": words.headline,
    "describe_wording": describe_wording, "state_name": state_name,
    "severity": words.severity,
    "capital": words.capital, "prose": words.prose,
}  # fmt: skip
"""What templates may call."""


class Page(Struct, frozen=True):
    """A page to be made of a template."""

    template: str
    """Name of the template without `.html`."""
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@cache
def environment() -> Environment:
    """Return the templates; a name that is misspelt in one is an error."""
    found = Environment(
        loader=PackageLoader("monitor.api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals.update(_HELPERS)
    return found


def rendered(page: Page, visitor: Visitor | None, **more: Any) -> Response:
    """Return a page as an answer, for a visitor or for nobody in particular."""
    template = environment().get_template(f"{page.template}.html")
    text = template.render({"visitor": visitor, **more, **page.values})
    return Response(text.encode("utf-8", "replace"), page.status, HEADERS, "text/html")


class PageRouter(APIRouter):
    """A router of functions that return a `Page`; their arguments are `here`, `visitor` and more.

    They are read, made and written in one go, in one thread.
    """

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        more = {"include_in_schema": False, "response_model": None}
        super().add_api_route(path, _as_answer(endpoint), **{**options, **more})


def _as_answer(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def answer(*, here: Newsroom, visitor: Visitor, **arguments: Any) -> Response:
        here = here.of(visitor.caller.name)
        made = endpoint(here=here, visitor=visitor, **arguments)
        if isinstance(made, Response):
            return made
        return rendered(made, visitor, words=words.Words(here.clock(), here.zone))

    return answer


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
