"""Pages from templates: values are escaped, and messages are translated.

The words about alerts are those of the dashboard and of `tocsin show`. In marked text, matches and
changes have HTML elements of their own.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct, field
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope as RequestScope

from monitor.api.access import Caller
from monitor.api.newsroom import SPELLINGS, Newsroom
from monitor.api.problems import KINDS, ApiProblem, FieldProblem, is_page
from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import alert_number, iso, moment, shown_title
from monitor.base.text_cleaning import line, shown_url
from monitor.base.translation import current, gettext, gettext as _, ngettext, number, pgettext
from monitor.model.alert import Alert, StoryAlerts
from monitor.model.analyst import Scope
from monitor.model.shown_names import list_name, severity_name, state_name
from monitor.presentation import times
from monitor.presentation.alert import alert_lines, describe_decision, describe_triage
from monitor.presentation.article import (
    byline,
    merged_groups,
    outlet_groups,
    revision_lines,
    trouble_lines,
)
from monitor.presentation.severity import severity_run
from monitor.presentation.spans import Line, marked
from monitor.presentation.story import (
    describe_lag,
    describe_standing,
    describe_wording,
    story_headline,
    story_lines,
)

M = TypeVar("M", bound=BaseModel)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"  # not a message
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Authorization, Cookie",  # not a message
}
"""Headers of pages, which add to or replace the headers of all answers."""


# --- marked text ---------------------------------------------------------------------------------


MARK = Markup("<mark>{}</mark>")
_ELEMENTS = {
    "": Markup("{}"),
    "plain": Markup("{}"),
    "hit": MARK,
    "removed": Markup("<del>{}</del>"),
    "added": Markup("<ins>{}</ins>"),
}
_SPAN = Markup('<span class="{}">{}</span>')


def drawn(line: Line, mark: Markup = MARK) -> Markup:
    """Return marked text as HTML; roles without an element of their own become classes."""
    elements = {**_ELEMENTS, "hit": mark}
    return Markup("").join(
        elements[role].format(text) if role in elements else _SPAN.format(role, text)
        for text, role in line
    )


def lit(text: str, spans: Iterable[tuple[int, int]], mark: Markup = MARK) -> Markup:
    """Return a text with some spans marked; parts of spans beyond the text are ignored."""
    return drawn(marked(text, spans), mark)


def paragraphs(text: str, spans: Iterable[tuple[int, int]], mark: Markup = MARK) -> list[Markup]:
    """Return the non-empty lines of a text as paragraphs, with some spans marked."""
    all_spans, marked_lines, start = list(spans), [], 0
    for paragraph in text.split("\n"):
        line_spans = [(max(a - start, 0), b - start) for a, b in all_spans if b > start]
        if paragraph.strip():
            marked_lines.append(lit(paragraph, line_spans, mark))
        start += len(paragraph) + 1
    return marked_lines


# --- text ----------------------------------------------------------------------------------------


class Times(Struct, frozen=True):
    """Formats times as of a moment, in a time zone."""

    now: Timestamp
    zone: tzinfo

    def moment(self, at: Timestamp) -> str:
        """Return a local time, with its date unless it is today."""
        return moment(at, self.now, self.zone)

    def full(self, at: Timestamp) -> str:
        """Return a local time with its date and zone."""
        return times.full(at, self.zone)

    def time(self, at: Timestamp) -> Markup:
        """Return a `time` element with the local time, its date and zone."""
        return Markup('<time datetime="{}">{}</time>').format(iso(at) or "", self.full(at))


def severity(alert: Alert | StoryAlerts) -> Markup:
    """Return the severity with its sign as HTML."""
    sign, role = severity_run(alert.severity)
    return Markup('<span class="{}">{}{}</span>').format(role, sign, severity_name(alert.severity))


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def prose(sentence: str) -> Markup:
    """Return a sentence with a capital, and with text between backticks as code."""
    parts = capital(sentence).split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if i % 2 else part for i, part in enumerate(parts))


# --- addresses -----------------------------------------------------------------------------------


def read_query(request: Request, model: type[M]) -> M:
    """Return the parameters of a page, without empty values and unknown names.

    Raises:
        ApiProblem: A value cannot be used.
    """
    arguments: dict[str, Any] = {}
    for name, field_info in model.model_fields.items():
        written = request.query_params.getlist(name) or request.query_params.getlist(
            SPELLINGS.get(name, "")
        )
        values = [value for value in written if value.strip()]
        if values:
            arguments[name] = values if "list[" in str(field_info.annotation) else values[-1]
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        names = dict.fromkeys(str(detail["loc"][0]) for detail in error.errors())
        problems = [
            FieldProblem(field=name, message=_("this value cannot be used")) for name in names
        ]
        message = _("the address has a value that cannot be used: {names}", names=", ".join(names))
        raise ApiProblem("invalid", message, errors=problems) from None


def address(path: str, query: BaseModel | Mapping[str, Any], **changes: Any) -> str:
    """Return the address of a page with changed parameters; None removes a parameter."""
    values = query.model_dump(exclude_defaults=True) if isinstance(query, BaseModel) else query
    parameters = {
        name: value for name, value in {**values, **changes}.items() if value not in (None, "")
    }
    encoded = urlencode(parameters, doseq=True)
    return f"{path}?{encoded}" if encoded else path


# --- pages ---------------------------------------------------------------------------------------


_HELPERS: Mapping[str, Any] = {
    "_": gettext, "ngettext": ngettext, "pgettext": pgettext, "number": number,
    "language": current, "signs": signs, "line": line, "shown_url": shown_url,
    "alert_number": alert_number, "shown_title": shown_title, "state_name": state_name,
    "alert_lines": alert_lines, "byline": byline, "capital": capital,
    "describe_decision": describe_decision, "describe_lag": describe_lag,
    "describe_standing": describe_standing, "describe_triage": describe_triage,
    "describe_wording": describe_wording, "drawn": drawn, "merged_groups": merged_groups,
    "outlet_groups": outlet_groups, "prose": prose, "revision_lines": revision_lines,
    "severity": severity, "story_headline": story_headline, "story_lines": story_lines,
    "trouble_lines": trouble_lines, "list_name": list_name,
}  # fmt: skip
"""Functions and constants for templates."""


class Session(Struct, frozen=True):
    """A browser that somebody logged in with."""

    token: bytes
    """Hash of the token; the session ends with it."""
    ends_at: Timestamp
    form_token: str
    """Secret that each form of its pages sends back; pages of other servers cannot know it."""

    def accepts(self, form_token: str) -> bool:
        """Return whether a form has the token of this session, in constant time."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode("utf-8", "replace"))


class Visitor(Struct, frozen=True):
    """The visitor of a page."""

    caller: Caller
    session: Session | None = None

    @property
    def form_token(self) -> str:
        """Return the token of forms; empty without a session."""
        return self.session.form_token if self.session else ""

    @property
    def may_decide(self) -> bool:
        """Return whether pages show the forms of triage."""
        return self.session is not None and self.caller.scope.covers(Scope.TRIAGE)


class Page(Struct, frozen=True):
    """A page that a template renders."""

    template: str
    """Name of the template without `.html`."""
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@cache
def environment() -> Environment:
    """Return the templates; an unknown name in a template is an error."""
    templates = Environment(
        loader=PackageLoader("monitor.api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.globals.update(_HELPERS)
    return templates


def rendered(page: Page, visitor: Visitor | None, **values: Any) -> Response:
    """Return a page as an answer, for a visitor or for anybody."""
    template = environment().get_template(f"{page.template}.html")
    text = template.render({"visitor": visitor, **values, **page.values})
    return Response(text.encode("utf-8", "replace"), page.status, HEADERS, "text/html")


class PageRouter(APIRouter):
    """A router of functions of `newsroom`, `visitor` and more arguments, which return a `Page`.

    A page is read, made and written at once, in one thread.
    """

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        page_options = {"include_in_schema": False, "response_model": None}
        super().add_api_route(path, _as_answer(endpoint), **{**options, **page_options})


def _as_answer(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def answer(*, newsroom: Newsroom, visitor: Visitor, **arguments: Any) -> Response:
        newsroom = newsroom.for_caller(visitor.caller.name)
        result = endpoint(newsroom=newsroom, visitor=visitor, **arguments)
        if isinstance(result, Response):
            return result
        return rendered(result, visitor, times=Times(newsroom.clock(), newsroom.zone))

    return answer


def answer_to(scope: RequestScope, problem: ApiProblem) -> Response:
    headers = Headers(scope=scope)
    if not is_page(scope["path"]) or "text/html" not in headers.get("accept", ""):
        return problem.response()
    answer = rendered(_page(scope, headers, problem), None)
    answer.headers.update(problem.headers)
    return answer


def _page(scope: RequestScope, headers: Headers, problem: ApiProblem) -> Page:
    status, title = KINDS[problem.kind]
    if problem.kind == "no-token" and scope["method"] == "GET":
        return _login(scope, headers, problem)
    values = {"title": _(title), "detail": problem.detail, "status": status}
    return Page("problem", values, status)


def _login(scope: RequestScope, headers: Headers, problem: ApiProblem) -> Page:
    """Return the form to log in; a page that reloads itself first after a link of another site.

    Browsers send no cookie of ours with such a request.
    """
    query = scope["query_string"].decode("ascii", "replace")
    target = scope["path"] + (f"?{query}" if query else "")
    if headers.get("sec-fetch-site") == "cross-site":
        return Page("arrival", {"current_page": target}, problem.status)
    return Page("login", {"next": target, "problem": ""}, problem.status)
