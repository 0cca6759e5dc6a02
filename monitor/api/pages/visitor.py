"""Who looks at a page: somebody with a session, with a token in a header, or anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request, Security
from fastapi.security import SecurityScopes
from msgspec import Struct

from monitor.api.access import Access, Caller, allowed, bearer, check_scope, no_token
from monitor.api.pages.sessions import Session, Sessions
from monitor.api.problems import ApiProblem
from monitor.base.translation import gettext as _
from monitor.model.analyst import Scope

FIELDS = 100
"""Fields of a form at most."""


class Visitor(Struct, frozen=True):
    """Who looks at a page."""

    caller: Caller
    session: Session | None = None

    @property
    def form(self) -> str:
        """Return what forms send back; empty without a session."""
        return self.session.form if self.session else ""

    @property
    def may_decide(self) -> bool:
        """Return whether pages show the forms that decide about alerts."""
        return self.session is not None and self.caller.scope.covers(Scope.TRIAGE)


async def visitor(request: Request, needed: SecurityScopes) -> Visitor:
    """Return who looks at a page; raises ApiProblem unless it may be looked at."""
    if "authorization" in request.headers:
        return Visitor(await allowed(request, needed, await bearer(request)))
    access: Access = request.app.state.access
    sessions: Sessions = request.app.state.sessions
    session = sessions.find(request.cookies.get(sessions.cookie))
    known = None if session is None else await access.caller_of(session.token)
    if known is None:
        session = None
        known = access.anybody()
    if known is None:
        raise no_token(_("log in with a token to see this page"))
    access.count(known, request.client.host if request.client else "")
    check_scope(known, needed)
    return Visitor(known, session)


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
    if visitor.session is None or not visitor.session.sent_by_form(form.get("form", "")):
        raise ApiProblem(
            "foreign-page", _("this form is of an earlier session; load the page again")
        )


Reader = Annotated[Visitor, Security(visitor, scopes=[Scope.READ.value])]
"""Whoever may read."""
Analyst = Annotated[Visitor, Security(visitor, scopes=[Scope.TRIAGE.value])]
"""Whoever may decide about alerts."""
