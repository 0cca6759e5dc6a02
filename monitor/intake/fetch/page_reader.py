"""Page reader: fetches the page of an article, where robots.txt allows it, and finds its text.

Each site is asked for its `robots.txt`::

    2xx                  its rules hold for a day
    4xx                  everything is allowed, for a day
    429, 5xx, no answer  everything is forbidden until it is asked again ten minutes later,
                         unless earlier rules are known: those go on to hold
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.base.errors import BarrierError, FeedError, FetchError, ParseError
from monitor.base.formatting import span
from monitor.base.translation import gettext as _
from monitor.base.url import site
from monitor.intake.fetch.client import ACCEPT_PAGE, Client
from monitor.intake.parse.web_page import CAP, Allowance
from monitor.model.feed import DEFAULT_OPTIONS, Feed, RequestOptions
from monitor.model.poll import Fetched, Page


async def fetch_robots(
    client: Client, origin: str, options: RequestOptions, credentials_origin: str = ""
) -> Fetched | None:
    """Return the robots.txt of a site, None if it has none; raises FetchError."""
    try:
        answer = await client.fetch(
            f"{origin}/robots.txt",
            accept="text/plain, */*;q=0.1",
            max_bytes=CAP,
            truncate=True,
            request_options=options,
            credentials_origin=credentials_origin,
        )
    except FetchError as error:
        if error.status and 400 <= error.status < 500 and error.status != 429:
            return None
        raise
    assert isinstance(answer, Fetched)  # the request was not conditional
    return answer


class PageReader:
    """Reads the pages of articles with the request options of their feeds."""

    def __init__(
        self, client: Client, policy: RobotsPolicy, extract: Callable[[Fetched], Awaitable[Page]]
    ) -> None:
        self._client = client
        self._policy = policy
        self._extract = extract

    async def read(self, url: str, feed: Feed | None) -> Page:
        """Return the text of an article's page, or why there is none, or the wait for its turn."""
        options, origin = (feed.request_options, feed.url) if feed else (DEFAULT_OPTIONS, "")
        refusal = await self._policy.check(url, options, origin)
        if refusal.reason:
            return refusal
        try:
            answer = await self._client.fetch(
                url, accept=ACCEPT_PAGE, request_options=options, credentials_origin=origin
            )
            assert isinstance(answer, Fetched)  # the request was not conditional
            if answer.hops:
                refusal = await self._policy.check(answer.url, options, origin)
                if refusal.reason and not refusal.later:
                    return refusal
            return await self._extract(answer)
        except FeedError as error:
            status = error.status if isinstance(error, FetchError) else None
            return Page(
                reason=error.reason,
                final=status is not None and 400 <= status < 500,
                is_barred=isinstance(error, BarrierError) or status in BARRED,
            )


BARRED = (401, 402, 403, 451)
"""Statuses of a server that does not show a page to us."""
AGE = 86_400.0
"""Seconds that rules hold."""
RETRY = 600.0
"""Seconds until a site without an answer is asked again."""
_MAX_SITES = 1_000
_MAX_BYTES = 16 << 20
"""Bytes of all remembered rules together."""
_MAX_HELD = 5.0
"""Seconds that a page may wait for its turn without being put off."""

Judge = Callable[[Fetched, str], Awaitable[Allowance]]


class _SiteRules(Struct, frozen=True):
    """The rules of one site, or why they are unknown."""

    until: Timestamp
    robots_txt: Fetched | None = None
    """The document; None where the site has none or does not answer."""
    trouble: str = ""
    """The reason for which its pages are not read."""


class RobotsPolicy:
    """Fetches the rules of sites and remembers them. `judge` reads them, in a worker."""

    def __init__(self, client: Client, judge: Judge, clock: Callable[[], Timestamp]) -> None:
        self._client = client
        self._judge = judge
        self._clock = clock
        self._rules: dict[str, _SiteRules] = {}
        self._fetching: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, Timestamp] = {}
        self._queue: dict[str, Timestamp] = {}

    async def check(
        self, url: str, options: RequestOptions = DEFAULT_OPTIONS, credentials_origin: str = ""
    ) -> Page:
        """Return an empty page, with a reason if it may not be read now; else it has its turn.

        Args:
            url: The URL of the page.
            options: The options for the page, and for its `robots.txt`.
            credentials_origin: The origin that gets the credentials of the feed.
        """
        origin = site(url)
        if not origin:
            return Page()  # the client reports the error
        rules = await self._rules_of(origin, options, credentials_origin)
        host = origin.partition("://")[2]
        if rules.robots_txt is None:
            return Page(reason=rules.trouble)
        try:
            allowance = await self._judge(rules.robots_txt, url)
        except ParseError as error:
            reason = _("robots.txt of {host} cannot be read: {why}", host=host, why=error.reason)
            return Page(reason=reason, final=True)
        if not allowance.allowed:
            return Page(reason=_("robots.txt of {host} forbids it", host=host), final=True)
        if not allowance.delay:
            return Page()
        self._client.set_spacing(url, allowance.delay)
        return self._turn(host, allowance.delay)

    async def _rules_of(
        self, origin: str, options: RequestOptions, credentials_origin: str
    ) -> _SiteRules:
        lock = self._fetching.setdefault(origin, asyncio.Lock())
        try:
            async with lock:
                cached = self._rules.get(origin)
                if cached and self._clock() < cached.until <= self._clock() + AGE:
                    return cached
                rules = await self._fetch(origin, cached, options, credentials_origin)
                self._remember(origin, rules)
                return rules
        finally:
            if not lock.locked():
                self._fetching.pop(origin, None)

    async def _fetch(
        self,
        origin: str,
        cached: _SiteRules | None,
        options: RequestOptions,
        credentials_origin: str,
    ) -> _SiteRules:
        try:
            answer = await fetch_robots(self._client, origin, options, credentials_origin)
        except FetchError as error:
            robots_txt = cached.robots_txt if cached else None
            trouble = _(
                "robots.txt of {host} cannot be had, so its pages are not read: {why}",
                host=origin.partition("://")[2],
                why=error.reason,
            )
            return _SiteRules(self._clock() + RETRY, robots_txt, trouble)
        return _SiteRules(self._clock() + AGE, answer)

    def _remember(self, origin: str, rules: _SiteRules) -> None:
        self._rules.pop(origin, None)
        self._rules[origin] = rules
        size = sum(len(r.robots_txt.body) for r in self._rules.values() if r.robots_txt)
        while len(self._rules) > _MAX_SITES or (size > _MAX_BYTES and len(self._rules) > 1):
            oldest = self._rules.pop(next(iter(self._rules)))
            size -= len(oldest.robots_txt.body) if oldest.robots_txt else 0

    def _turn(self, host: str, delay: float) -> Page:
        """Take the turn of a page, or put it in the queue of its site."""
        now = self._clock()
        self._forget(now)
        free_at = min(self._free_at.get(host, now), now + delay)  # a clock may be set back
        if free_at - now <= _MAX_HELD:
            self._free_at[host] = max(now, free_at) + delay
            return Page()
        turn = max(self._queue.get(host, free_at), free_at)
        self._queue[host] = turn + delay
        reason = _("{host} wants {time} between two pages", host=host, time=span(delay))
        return Page(reason=reason, later=turn - now)

    def _forget(self, now: Timestamp) -> None:
        """Drop the turns that are over, when they have become many."""
        if len(self._free_at) > _MAX_SITES:
            self._free_at = {host: turn for host, turn in self._free_at.items() if turn > now}
            self._queue = {host: turn for host, turn in self._queue.items() if turn > now}
