"""Visitors of pages: by the session of a browser, which begins with a token, or by a header."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import SecurityScopes
from starlette.datastructures import State
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope as RequestScope

from monitor.api.access import Access, allowed, bearer, check_scope, no_token, secret_of
from monitor.api.pages.templating import HEADERS, Page, Session, Visitor, environment, rendered
from monitor.api.problems import ApiProblem
from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.model.analyst import Scope, token_hash
from monitor.presentation.severity import with_severities

LIFETIME = 12 * 3600.0
"""Seconds until a session ends: a long working day."""
MAX_SESSIONS = 1_000
"""Maximum sessions at once; of more, the oldest ends."""
FIELDS = 120
"""Maximum fields of a form: those of a list have one for each story."""


class Sessions:
    """The sessions of a server.

    Args:
        secret: Returns new secrets.
        clock: Returns the time.
        cookie: Name of the cookie.
        secure: Whether browsers reach the server over TLS.
    """

    def __init__(
        self,
        secret: Callable[[], str],
        clock: Callable[[], Timestamp],
        cookie: str,
        *,
        secure: bool,
    ) -> None:
        self._secret, self._clock, self._secure = secret, clock, secure
        self.cookie = f"__Host-{cookie}" if secure else cookie
        """Name of the cookie. With the prefix, no page of a sibling domain can set it."""
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()
        """Sessions by the hash of the secret in the cookie, the oldest first."""

    def begin(self, token: bytes, answer: Response) -> None:
        """Begin a session with a token, and set its cookie in an answer."""
        secret = self._secret()
        form_token = sha256(b"form " + secret.encode()).hexdigest()
        self._sessions[token_hash(secret)] = Session(token, self._clock() + LIFETIME, form_token)
        while len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        self._set_cookie(answer, secret, int(LIFETIME))

    def find(self, secret: str | None) -> Session | None:
        """Return the session of a cookie, None if there is none or it has ended."""
        key = token_hash(secret or "")
        session = self._sessions.get(key)
        if session is not None and session.ends_at <= self._clock():
            del self._sessions[key]
            return None
        return session

    def end(self, secret: str | None, answer: Response) -> None:
        """End the session of a cookie, and delete the cookie with an answer."""
        self._sessions.pop(token_hash(secret or ""), None)
        self._set_cookie(answer, "", 0)

    def _set_cookie(self, answer: Response, value: str, seconds: int) -> None:
        answer.set_cookie(
            self.cookie,
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )


async def visitor(request: Request, scopes: SecurityScopes) -> Visitor:
    """Return the visitor of a page; raises ApiProblem unless the request is allowed."""
    if "authorization" in request.headers:
        return Visitor(await allowed(request, scopes, await bearer(request)))
    access: Access = request.app.state.access
    sessions: Sessions = request.app.state.sessions
    session = sessions.find(request.cookies.get(sessions.cookie))
    caller = None if session is None else await access.caller_of(session.token)
    if caller is None:
        session = None
        caller = access.anybody()
    if caller is None:
        raise no_token(_("log in with a token to see this page"))
    access.count(caller, request.client.host if request.client else "")
    check_scope(caller, scopes)
    return Visitor(caller, session)


async def knows(state: State, scope: RequestScope) -> bool:
    """Return whether a request to the application of a state has a valid token, or its session."""
    access: Access = state.access
    request = Request(scope)
    secret = secret_of(request.headers.get("authorization", ""))
    session = state.sessions.find(request.cookies.get(state.sessions.cookie))
    token = token_hash(secret) if secret else session.token if session else b""
    return await access.caller_of(token) is not None


async def form_fields(request: Request) -> Mapping[str, str]:
    """Return the fields of a form; raises ApiProblem if it cannot be read."""
    try:
        text = (await request.body()).decode("ascii")
        fields = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=FIELDS)
    except ValueError:
        raise ApiProblem("malformed", _("the form cannot be read; send it again")) from None
    return {name: value.replace("\r\n", "\n") for name, value in fields}


Form = Annotated[Mapping[str, str], Depends(form_fields)]


def check_form(visitor: Visitor, form: Mapping[str, str]) -> None:
    """Raise ApiProblem unless a form comes from a page of the session."""
    if visitor.session is None or not visitor.session.accepts(form.get("form", "")):
        raise ApiProblem(
            "foreign-page", _("this form is of an earlier session; load the page again")
        )


Reader = Annotated[Visitor, Security(visitor, scopes=[Scope.READ.value])]
"""A visitor that may read."""
Analyst = Annotated[Visitor, Security(visitor, scopes=[Scope.TRIAGE.value])]
"""A visitor that may decide about alerts."""


# --- logging in and out --------------------------------------------------------------------------


router = APIRouter(include_in_schema=False)
STYLE = "page.css"


@router.post("/login", response_model=None)
async def log_in(request: Request, form: Form) -> Response:
    """Begin a session with a token, or show the form again."""
    access: Access = request.app.state.access
    sessions: Sessions = request.app.state.sessions
    target = local_address(form.get("next", ""))
    address = request.client.host if request.client else ""
    try:
        caller = await access.caller(form.get("token", "").strip(), address)
    except ApiProblem as problem:
        page = Page("login", {"next": target, "problem": problem.detail}, problem.status)
        answer = rendered(page, None)
        answer.headers.update(problem.headers)
        return answer
    answer = RedirectResponse(target, 303, HEADERS)
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
    """Return a text if it is an address of this server, else `/`."""
    is_plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if is_plain and text.startswith("/") and not text.startswith("//") else "/"
