"""Who may: a token has a name and a scope, and each route needs one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from msgspec import Struct

from monitor.api.listener import Limits, RateLimiter
from monitor.api.problems import ApiProblem
from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.model.analyst import Scope, Token, token_hash

ANYBODY = "anybody"
"""The name of who needs no token, because the server was asked to let this machine read."""
KEPT = 60.0
"""Seconds between two notes in the store of when a token was used last."""
_FAILURES = 0.5, 20
"""Wrong tokens a second, and at once, that an address may try."""

bearer = HTTPBearer(
    scheme_name="token", description="A token that `tocsin token add` has shown.", auto_error=False
)


class Caller(Struct, frozen=True):
    """Who makes a request."""

    name: str
    scope: Scope
    token: bytes = b""
    """Hash of the token; empty without one."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the server takes from the outside."""

    find_token: Callable[[bytes], Token | None]
    note_use: Callable[[str, Timestamp], None]
    clock: Callable[[], Timestamp]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    secret: Callable[[], str]
    """Returns a new secret each time."""


class Access:
    """Knows callers by their tokens, and counts their requests.

    Args:
        around: Tokens and clocks.
        limits: How much a caller may ask.
        anybody_reads: Whether requests without a token may read.
    """

    def __init__(self, around: Surroundings, limits: Limits, *, anybody_reads: bool) -> None:
        self._find, self._used, self._clock = around.find_token, around.note_use, around.clock
        self._anybody_reads = anybody_reads
        self._rates = RateLimiter(limits.rate, limits.burst, around.monotonic)
        self._failures = RateLimiter(*_FAILURES, around.monotonic)
        self._noted: dict[str, Timestamp] = {}
        self._quick = CapacityLimiter(2)  # so that no question waits behind searches

    async def caller(self, secret: str | None, address: str) -> Caller:
        """Return who has a token.

        Raises:
            ApiProblem: There is no such token, it is not valid any more, or too many were tried.
        """
        found = self.anybody() if secret is None else await self.caller_of(token_hash(secret))
        if found is not None:
            return found
        if secret is None:
            raise no_token(_("send a token: `Authorization: Bearer TOKEN`"))
        if wait := self._failures.take(address):
            raise _too_many(wait)
        raise no_token(
            _("this token is not valid, or not any more; `tocsin token add` makes another")
        )

    def anybody(self) -> Caller | None:
        return Caller(ANYBODY, Scope.READ) if self._anybody_reads else None

    async def caller_of(self, hash: bytes) -> Caller | None:
        """Return who has the token with a hash, None if there is none that is valid."""
        token = await anyio.to_thread.run_sync(self._find, hash, limiter=self._quick)
        now = self._clock()
        if token is None or not token.is_valid(now):
            return None
        if not 0 <= now - self._noted.get(token.name, float("-inf")) < KEPT:
            self._noted[token.name] = now
            await anyio.to_thread.run_sync(self._used, token.name, now, limiter=self._quick)
        return Caller(token.name, token.scope, hash)

    async def still_valid(self, caller: Caller) -> bool:
        """Return whether a caller may go on."""
        return not caller.token or await self.caller_of(caller.token) is not None

    def count(self, caller: Caller, address: str) -> None:
        """Count a request; raises ApiProblem if there are too many."""
        if wait := self._rates.take(f"{caller.name} {'' if caller.token else address}"):
            raise _too_many(wait)


async def allowed(
    request: Request,
    needed: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Return who makes a request; raises ApiProblem unless it may be made."""
    if credentials is None and "authorization" in request.headers:
        raise no_token(_("send a token: `Authorization: Bearer TOKEN`"))
    return await permit(request, credentials.credentials if credentials else None, needed)


async def permit(request: Request, secret: str | None, needed: SecurityScopes) -> Caller:
    """Return who has a token, and count the request; raises ApiProblem unless it may be made."""
    access: Access = request.app.state.access
    address = request.client.host if request.client else ""
    caller = await access.caller(secret, address)
    access.count(caller, address)
    check_scope(caller, needed)
    return caller


def check_scope(caller: Caller, needed: SecurityScopes) -> None:
    """Raise ApiProblem unless the scope of a caller suffices."""
    for scope in map(Scope, needed.scopes):
        if not (caller.token or caller.scope.covers(scope)):
            raise no_token(_("without a token one may only read; send a token"))
        if not caller.scope.covers(scope):
            raise ApiProblem(
                "wrong-scope",
                _(
                    "this needs the scope {needed}, and the scope of {name} is {scope}",
                    needed=scope, name=caller.name, scope=caller.scope,
                ),
            )  # fmt: skip


def no_token(detail: str) -> ApiProblem:
    return ApiProblem("no-token", detail, headers={"WWW-Authenticate": 'Bearer realm="tocsin"'})


def _too_many(wait: float) -> ApiProblem:
    seconds = max(1, round(wait + 0.5))
    return ApiProblem(
        "too-many",
        _("wait {seconds} s before the next request", seconds=seconds),
        headers={"Retry-After": str(seconds)},
    )


Reader = Annotated[Caller, Security(allowed, scopes=[Scope.READ.value])]
"""Whoever may read."""
Analyst = Annotated[Caller, Security(allowed, scopes=[Scope.TRIAGE.value])]
"""Whoever may decide about alerts."""
Admin = Annotated[Caller, Security(allowed, scopes=[Scope.ADMIN.value])]
"""Whoever may edit feeds.yaml."""
