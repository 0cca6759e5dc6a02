"""Logging in with a token, and out again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from monitor.api.access import Access
from monitor.api.pages.sessions import Sessions
from monitor.api.pages.templating import HEADERS, Page, environment, rendered
from monitor.api.pages.visitor import Form, Reader, check_form
from monitor.api.problems import ApiProblem
from monitor.presentation.severity import with_severities

router = APIRouter(include_in_schema=False)
STYLE = "page.css"


@router.post("/login", response_model=None)
async def log_in(request: Request, form: Form) -> Response:
    """Begin a session with a token, or show the form again."""
    access: Access = request.app.state.access
    sessions: Sessions = request.app.state.sessions
    then = local_address(form.get("next", ""))
    address = request.client.host if request.client else ""
    try:
        caller = await access.caller(form.get("token", "").strip(), address)
    except ApiProblem as problem:
        page = Page("login", {"next": then, "problem": problem.detail}, problem.status)
        answer = rendered(page, None)
        answer.headers.update(problem.headers)
        return answer
    answer = RedirectResponse(then, 303, HEADERS)
    sessions.begin(caller.token, answer)
    return answer


@router.get("/login", response_model=None)
async def ask_for_token() -> Response:
    return rendered(Page("login", {"next": "/", "problem": ""}), None)


@router.post("/logout", response_model=None)
async def log_out(request: Request, visitor: Reader, form: Form) -> Response:
    check_form(visitor, form)
    sessions: Sessions = request.app.state.sessions
    answer = RedirectResponse("/login", 303, HEADERS)
    sessions.end(request.cookies.get(sessions.cookie), answer)
    return answer


@router.get("/page.css", response_model=None)
async def style() -> Response:
    loader = environment().loader
    assert loader is not None
    text, _path, _fresh = loader.get_source(environment(), STYLE)
    return Response(with_severities(text), media_type="text/css")


def local_address(text: str) -> str:
    """Return an address of this server as it is, `/` for any other text."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"
