"""May an article's page be read, and is it its turn? Asks each site for its `robots.txt`.

::

    2xx                  what it says holds for a day
    4xx                  nothing is forbidden, for a day
    429, 5xx, no answer  all is forbidden, until it is asked again ten minutes later;
                         what it said before goes on to hold
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from index.article import Timestamp
from monitor.errors import FetchError, ParseError
from monitor.fetch.client import Client
from monitor.fetch.url import site
from monitor.formatting import span
from monitor.model.poll import Fetched, NotModified
from monitor.model.request_options import DEFAULT_OPTIONS, RequestOptions
from monitor.parse.robots import CAP, Allowance

AGE = 86_400.0
RETRY = 600.0
_KEPT = 1_000
"""Sites that are remembered, and …"""
_KEPT_BYTES = 16 << 20
"""… what they say in all."""
_HELD = 5.0
"""Seconds that a page may wait for its turn without being put off."""

Judge = Callable[[Fetched, str], Awaitable[Allowance]]


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a page may be read now."""

    reason: str = ""
    """Why it may not; empty if it may."""
    final: bool = False
    """Whether asking again is pointless."""
    wait: float = 0.0
    """Seconds until its turn, of which the site wants few."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a site said when it was asked for its rules."""

    until: Timestamp
    rules: Fetched | None = None
    """None: none, or none to be had."""
    trouble: str = ""
    """Why none can be had."""


class Permits:
    """Asks sites what they permit, and remembers it. `judge` reads the rules, in a worker."""

    def __init__(self, client: Client, judge: Judge, clock: Callable[[], Timestamp]) -> None:
        self._client = client
        self._judge = judge
        self._clock = clock
        self._said: dict[str, _Said] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._free: dict[str, Timestamp] = {}
        self._queue: dict[str, Timestamp] = {}

    async def ask(
        self,
        url: str,
        options: RequestOptions = DEFAULT_OPTIONS,
        credentials_origin: str = "",
    ) -> Permit:
        """Return whether the page at an address may be read now; whoever may has had its turn.

        `options` and `credentials_origin` are as for the page. Never raises.
        """
        where = site(url)
        if not where:
            return Permit()  # the client says what is wrong with it
        said = await self._rules(where, options, credentials_origin)
        host = where.partition("://")[2]
        if said.trouble and said.rules is None:
            return Permit(f"robots.txt of {host} cannot be had, so its pages are not read: "
                          f"{said.trouble}")  # fmt: skip
        if said.rules is None:
            return Permit()
        try:
            found = await self._judge(said.rules, url)
        except ParseError as error:
            return Permit(f"robots.txt of {host} cannot be read: {error.reason}", final=True)
        if not found.allowed:
            return Permit(f"robots.txt of {host} forbids it", final=True)
        if not found.delay:
            return Permit()
        self._client.set_spacing(url, found.delay)
        return self._turn(host, found.delay)

    async def _rules(self, where: str, options: RequestOptions, credentials_origin: str) -> _Said:
        lock = self._asking.setdefault(where, asyncio.Lock())
        try:
            async with lock:
                known = self._said.get(where)
                if known and self._clock() < known.until <= self._clock() + AGE:
                    return known
                said = await self._asked(where, known, options, credentials_origin)
                self._remember(where, said)
                return said
        finally:
            if not lock.locked():
                self._asking.pop(where, None)

    async def _asked(
        self,
        where: str,
        known: _Said | None,
        options: RequestOptions,
        credentials_origin: str,
    ) -> _Said:
        try:
            answer = await self._client.fetch(
                f"{where}/robots.txt", accept="text/plain, */*;q=0.1", max_bytes=CAP, truncate=True,
                request_options=options, credentials_origin=credentials_origin,
            )  # fmt: skip
        except FetchError as error:
            if error.status and 400 <= error.status < 500 and error.status != 429:
                return _Said(self._clock() + AGE)
            before = known.rules if known else None
            return _Said(self._clock() + RETRY, before, error.reason)
        assert not isinstance(answer, NotModified)  # nothing was asked conditionally
        return _Said(self._clock() + AGE, answer)

    def _remember(self, where: str, said: _Said) -> None:
        self._said.pop(where, None)
        self._said[where] = said
        kept = sum(len(each.rules.body) for each in self._said.values() if each.rules)
        while len(self._said) > _KEPT or (kept > _KEPT_BYTES and len(self._said) > 1):
            oldest = self._said.pop(next(iter(self._said)))
            kept -= len(oldest.rules.body) if oldest.rules else 0

    def _turn(self, host: str, delay: float) -> Permit:
        """Take the turn of a page, or put it in the queue of its site."""
        now = self._clock()
        self._forget(now)
        free = min(self._free.get(host, now), now + delay)  # a clock may be set back
        if free - now <= _HELD:
            self._free[host] = max(now, free) + delay
            return Permit()
        turn = max(self._queue.get(host, free), free)
        self._queue[host] = turn + delay
        wait = turn - now
        return Permit(f"{host} wants {span(delay)} between two pages", wait=wait)

    def _forget(self, now: Timestamp) -> None:
        """Drop the turns that are over, when they have become many."""
        if len(self._free) > _KEPT:
            self._free = {host: at for host, at in self._free.items() if at > now}
            self._queue = {host: at for host, at in self._queue.items() if at > now}
