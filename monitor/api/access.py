"""Authorization: a token has a name and a scope, and each route needs a scope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from msgspec import Struct

from monitor.api.listener import Limits, RateLimiter
from monitor.api.problems import ApiProblem
from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.model.analyst import Scope, Token, token_hash

ANYBODY = "anybody"
"""Name of callers without a token, if the server lets this machine read without one."""
NOTE_SECONDS = 60.0
"""Seconds between two writes to the store of when a token was last used."""
_FAILURES = 0.5, 20
"""Rate per second and burst of wrong tokens that an address may try."""

bearer = HTTPBearer(
    scheme_name="token", description="A token that `tocsin token add` has shown.", auto_error=False
)


class Caller(Struct, frozen=True):
    """The caller of a request."""

    name: str
    scope: Scope
    token: bytes = b""
    """Hash of the token; empty without one."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """Tokens, clocks and randomness, which the server gets from its caller."""

    find_token: Callable[[bytes], Token | None]
    note_use: Callable[[str, Timestamp], None]
    clock: Callable[[], Timestamp]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    secret: Callable[[], str]
    """Returns a new secret each time."""


class Access:
    """Identifies callers by their tokens, and counts their requests.

    Args:
        machine: Tokens and clocks.
        limits: Rate and burst of the requests of a caller.
        anybody_reads: Whether requests without a token may read.
    """

    def __init__(self, machine: Surroundings, limits: Limits, *, anybody_reads: bool) -> None:
        self._machine, self._anybody_reads = machine, anybody_reads
        self._rates = RateLimiter(limits.rate, limits.burst, machine.monotonic)
        self._failures = RateLimiter(*_FAILURES, machine.monotonic)
        self._noted_at: dict[str, Timestamp] = {}
        self._limiter = CapacityLimiter(2)  # token look-ups do not wait behind searches

    async def caller(self, secret: str | None, address: str) -> Caller:
        """Return the caller with a token.

        Raises:
            ApiProblem: There is no such token, it is not valid any more, or too many were tried.
        """
        caller = self.anybody() if secret is None else await self.caller_of(token_hash(secret))
        if caller is not None:
            return caller
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
        """Return the caller whose token has a hash, None if no valid token has it."""
        token = await to_thread.run_sync(self._machine.find_token, hash, limiter=self._limiter)
        now = self._machine.clock()
        if token is None or not token.is_valid(now):
            return None
        if not 0 <= now - self._noted_at.get(token.name, float("-inf")) < NOTE_SECONDS:
            self._noted_at[token.name] = now
            await to_thread.run_sync(self._machine.note_use, token.name, now, limiter=self._limiter)
        return Caller(token.name, token.scope, hash)

    async def still_valid(self, caller: Caller) -> bool:
        """Return whether the token of a caller is still valid."""
        return not caller.token or await self.caller_of(caller.token) is not None

    def count(self, caller: Caller, address: str) -> None:
        """Count a request; raises ApiProblem if there are too many."""
        if wait := self._rates.take(f"{caller.name} {'' if caller.token else address}"):
            raise _too_many(wait)


async def allowed(
    request: Request,
    scopes: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Return the caller of a request; raises ApiProblem unless it is allowed."""
    if credentials is None and "authorization" in request.headers:
        raise no_token(_("send a token: `Authorization: Bearer TOKEN`"))
    return await permit(request, credentials.credentials if credentials else None, scopes)


async def permit(request: Request, secret: str | None, scopes: SecurityScopes) -> Caller:
    """Return the caller with a token, and count the request; raises ApiProblem if refused."""
    access: Access = request.app.state.access
    address = request.client.host if request.client else ""
    caller = await access.caller(secret, address)
    access.count(caller, address)
    check_scope(caller, scopes)
    return caller


def check_scope(caller: Caller, scopes: SecurityScopes) -> None:
    """Raise ApiProblem unless the scope of a caller suffices."""
    for scope in map(Scope, scopes.scopes):
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


_SCHEMES = ("bearer ", "googlelogin auth=")  # not a message


def secret_of(header: str) -> str | None:
    """Return the token in a header `Authorization` of a program or of a feed reader, if any."""
    for scheme in _SCHEMES:
        if header.lower().startswith(scheme):
            return header[len(scheme) :].strip()
    return None


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
"""A caller that may read."""
Analyst = Annotated[Caller, Security(allowed, scopes=[Scope.TRIAGE.value])]
"""A caller that may decide about alerts."""
Admin = Annotated[Caller, Security(allowed, scopes=[Scope.ADMIN.value])]
"""A caller that may edit feeds.yaml."""
