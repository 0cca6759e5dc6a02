"""Who a reader is: its password is a token, and so is what it gets for the password."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Security
from fastapi.security import SecurityScopes

from monitor.api.access import Access, Caller, no_token, permit
from monitor.api.problems import ApiProblem
from monitor.base.translation import gettext as _
from monitor.model.token import Scope

_HEADERS = ("googlelogin auth=", "bearer ")  # not a message


async def allowed_reader(request: Request, needed: SecurityScopes) -> Caller:
    """Return who makes a request; raises ApiProblem unless it may be made."""
    header = request.headers.get("authorization", "")
    for beginning in _HEADERS:
        if header.lower().startswith(beginning):
            return await permit(request, header[len(beginning) :].strip(), needed)
    raise no_token(_("sign in first: the password is a token of `tocsin token add`"))


async def sign_in(request: Request, password: str) -> Caller:
    """Return who has a token as the password; raises ApiProblem if nobody has."""
    access: Access = request.app.state.access
    address = request.client.host if request.client else ""
    if not password:
        raise ApiProblem("no-token", _("send a token of `tocsin token add` as the password"))
    caller = await access.caller(password, address)
    access.count(caller, address)
    return caller


Reader = Annotated[Caller, Security(allowed_reader, scopes=[Scope.READ.value])]
"""Whoever may read."""
Analyst = Annotated[Caller, Security(allowed_reader, scopes=[Scope.TRIAGE.value])]
"""Whoever may decide about alerts."""
