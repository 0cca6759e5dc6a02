"""Discovery: the feed at an address, or the feeds of the site there, with their diagnostics."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from statistics import median
from urllib.parse import urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import asdict, replace

from index.analysis.language import detect
from monitor.base.article import Timestamp
from monitor.base.errors import FeedError, ParseError
from monitor.base.formatting import clauses, span
from monitor.base.translation import gettext as _, mark, ngettext
from monitor.intake.copied_addresses import options_for, source_behind
from monitor.intake.fetch.client import ACCEPT_FEED, ACCEPT_PAGE, MAX_BYTES, Client
from monitor.intake.fetch.page_reader import RobotsPolicy
from monitor.intake.ingest import schedule
from monitor.intake.parse import sitemap, web_page
from monitor.intake.parse.document import CHARSET
from monitor.intake.parse.workers import Parser
from monitor.intake.sitemap_index import Answer, with_children
from monitor.intake.witness_search import sitemaps_of
from monitor.model.feed import (
    DEFAULT_OPTIONS,
    FEED,
    Feed,
    FeedState,
    RequestOptions,
    Source,
    SourceKind,
)
from monitor.model.poll import Entry, Fetched, ParsedFeed

MOST_SITEMAPS = 10
"""Sitemaps of one site that are read, those of news first."""


class DiscoveredFeed(Struct, frozen=True, kw_only=True):
    """A feed that was read once."""

    url: str
    """The address to subscribe to: the requested one, or the one it permanently moved to."""
    fetched: Fetched
    parsed: ParsedFeed
    seconds: float
    """Seconds that fetching took, including the wait for a slot."""
    source: Source = FEED
    pages: str = ""
    """Why the page of its newest article may not be read; empty if it may."""


class FeedFinder:
    """Reads feeds before anybody subscribes to them."""

    def __init__(self, client: Client, parser: Parser, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._parser = parser
        self._monotonic = monotonic
        self._policy = RobotsPolicy(client, parser.robots, monotonic)

    async def read(
        self, url: str, options: RequestOptions = DEFAULT_OPTIONS, source: Source = FEED
    ) -> DiscoveredFeed:
        """Fetch and read a feed, or another source, once; raises FeedError."""
        if source.kind is SourceKind.MAILBOX:
            mailbox = Feed(url=url, source=source, name="", request_options=options)
            start = self._monotonic()
            mails = await self._client.new_mails(mailbox, FeedState(), MAX_BYTES)
            assert isinstance(mails, Fetched)  # none of them was read before
            return await self._parsed(url, mails, self._monotonic() - start, source)
        fetched, seconds = await self._fetched(url, options)
        fetched = replace(fetched, encoding=options.encoding)
        return await self._parsed(url, fetched, seconds, source)

    async def propose(self, url: str, headline: str) -> DiscoveredFeed:
        """Return the list of articles on a page, in which a headline stands, as a source.

        Raises:
            FeedError: `robots.txt` forbids the page, or the headline is in no list of it.
        """
        refusal = await self._policy.check(url)
        if refusal.reason and not refusal.later:
            raise ParseError(url, refusal.reason)
        fetched, seconds = await self._fetched(url, accept=ACCEPT_PAGE)
        selectors = await self._parser.propose(fetched, headline)
        if selectors is None:
            reason = _("no list of three or more articles on the page has this headline")
            raise ParseError(url, reason)
        source = Source(kind=SourceKind.PAGE, selectors=selectors)
        return await self._parsed(url, fetched, seconds, source)

    async def with_pages(
        self, feed: DiscoveredFeed, options: RequestOptions = DEFAULT_OPTIONS
    ) -> DiscoveredFeed:
        """Return the feed, and whether `robots.txt` allows the pages of its articles."""
        page = next((entry.url for entry in feed.parsed.entries if entry.url), "")
        if not page:
            return feed
        refusal = await self._policy.check(page, options, feed.url)
        return replace(feed, pages="" if refusal.later else refusal.reason)

    async def find(self, url: str) -> list[DiscoveredFeed]:
        """Return the feed or sitemap at or behind an address, or else those of the page there.

        These are the feeds that the page names and that can be read; if it names none, the first
        at one of the usual places; without any, the sitemaps of the site.

        Raises:
            FeedError: There are none.
        """
        address, source = source_behind(url)
        if address and isinstance(prospect := await self._tried(address, source), DiscoveredFeed):
            return [prospect]
        fetched, seconds = await self._fetched(url, options_for(url))
        try:
            return [await self._parsed(url, fetched, seconds, _kind_of(fetched))]
        except ParseError as error:
            refusal = error
        if links := await self._parser.links(fetched):
            results = await asyncio.gather(*map(self._tried, links))
            if feeds := [result for result in results if isinstance(result, DiscoveredFeed)]:
                return feeds
            reasons = clauses(str(result) for result in results if isinstance(result, FeedError))
            reason = ngettext(
                "a page that names {count}, none of which is read: {reasons}",
                "a page that names {count}, none of which is read: {reasons}",
                len(links),
                reasons=reasons,
            )
            raise ParseError(url, reason)
        if not fetched.body.lstrip()[:1] == b"<":
            raise refusal
        if feed := await self._at_a_usual_place(fetched.url, web_page.USUAL):
            return [feed]
        sitemaps = await self._sitemaps(fetched.url)
        if readable := [sitemap for sitemap in sitemaps if isinstance(sitemap, DiscoveredFeed)]:
            return readable
        places = " ".join(f"/{path}" for path in web_page.USUAL)
        reason = _(
            "{reason}; it names none, nor is there one at {places}",
            reason=refusal.reason.partition(";")[0].rstrip(),
            places=places,
        )
        raise ParseError(refusal.url, reason)

    async def survey(self, url: str) -> list[DiscoveredFeed | FeedError]:
        """Return all feeds and sitemaps of the site of a page, with the errors of those it names.

        Raises:
            FeedError: The page cannot be had.
        """
        page, _seconds = await self._fetched(url, options_for(url))
        links = await self._parser.links(page)
        feeds = list(await asyncio.gather(*map(self._tried, links)))
        if not links and (feed := await self._at_a_usual_place(page.url, web_page.USUAL)):
            feeds.append(feed)
        found = {feed.url: feed for feed in (*feeds, *await self._sitemaps(page.url))}
        return list(found.values())

    async def _sitemaps(self, site: str) -> list[DiscoveredFeed | FeedError]:
        """Return the sitemaps that robots.txt names, or those at usual places."""
        links: Sequence[str] = ()
        with suppress(FeedError):
            links = (await sitemaps_of(self._client, site, DEFAULT_OPTIONS))[:MOST_SITEMAPS]
        sitemaps = list(await asyncio.gather(*map(self._tried, links)))
        if not any("news" in link.lower() for link in links):
            places = web_page.USUAL_NEWS + (() if links else web_page.USUAL_SITEMAPS)
            if sitemap := await self._at_a_usual_place(site, places):
                sitemaps.append(sitemap)
        return sitemaps

    async def _tried(self, url: str, source: Source | None = None) -> DiscoveredFeed | FeedError:
        """Return the source at an address, of the kind that it turns out to be if none is given."""
        try:
            fetched, seconds = await self._fetched(url)
            return await self._parsed(url, fetched, seconds, source or _kind_of(fetched))
        except FeedError as error:
            return error

    async def _at_a_usual_place(self, site: str, places: Sequence[str]) -> DiscoveredFeed | None:
        for path in places:
            if isinstance(feed := await self._tried(urljoin(site, f"/{path}")), DiscoveredFeed):
                return feed
        return None

    async def _fetched(
        self, url: str, options: RequestOptions = DEFAULT_OPTIONS, accept: str = ACCEPT_FEED
    ) -> tuple[Fetched, float]:
        start = self._monotonic()
        answer = await self._client.fetch(
            url, accept=accept, max_bytes=sitemap.MAX_BYTES, request_options=options
        )
        assert isinstance(answer, Fetched)  # the request was not conditional
        return answer, self._monotonic() - start

    async def _parsed(
        self, url: str, fetched: Fetched, seconds: float, source: Source = FEED
    ) -> DiscoveredFeed:
        parsed = await self._parser.parse(fetched, source)

        async def read(address: str, _known: FeedState) -> tuple[Answer, ParsedFeed | None]:
            try:
                child, _seconds = await self._fetched(address)
                return child, await self._parser.parse(child, source)
            except FeedError as error:
                return error, None

        answer, document, _state = await with_children(fetched, parsed, url, FeedState(), read, 0.0)
        if isinstance(answer, FeedError):
            raise answer
        parsed = document or parsed
        # A password is sent to its own address only.
        moved_to = None if urlsplit(url).username else fetched.moved_to
        return DiscoveredFeed(
            url=moved_to or url, fetched=fetched, parsed=parsed, seconds=seconds, source=source
        )


def _kind_of(document: Fetched) -> Source:
    return Source(kind=SourceKind.SITEMAP) if sitemap.is_sitemap(document.body) else FEED


ANY = Feed(url="", name="")
"""A feed without settings."""
_FULL = 1_200
"""Least length of the median entry, in characters, when texts are articles and not teasers."""
_TITLES_ONLY = 40
_TITLES = mark("it has titles only: `full_text: true` also reads the pages of its articles")
_TEASERS = mark("it has teasers only: `full_text: true` also reads the pages of its articles")
_CUT = re.compile(
    r"(?:…|\.\.\.|\[\+\]|lire la suite|en savoir plus|read more|continue reading)\W*\Z",
    re.IGNORECASE,
)
_SHARED = re.compile(r"#[0-9a-f]{16}\Z")
"""The suffix that the parser adds to a guid that several entries have."""
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,80}encoding\s*=\s*[\"']([\w.:-]{1,40})")


class FeedDiagnostics(DiscoveredFeed, frozen=True, kw_only=True):
    """The findings of one reading; times in seconds, lengths in characters."""

    bytes: int
    encoding: str
    """The encoding that the server or the document declares."""
    is_utf8: bool
    entries: int
    langs: dict[str, int]
    """Number of entries by detected language; '' is undetermined."""
    undated: int
    future: int
    today: int
    """Number of entries of today, in the zone of this machine."""
    oldest: Timestamp | None
    newest: Timestamp | None
    without_guid: int
    shared_guid: int
    without_link: int
    texts: str
    """`full`, `teasers`, `titles`, or empty without entries."""
    length: int
    """Length of the text of the median entry."""
    etag: str
    last_modified: str
    interval: float
    """Seconds until the next poll."""
    conditional: bool
    advice: tuple[str, ...]


def diagnose(prospect: DiscoveredFeed, now: Timestamp, feed: Feed = ANY) -> FeedDiagnostics:
    """Return the findings of one reading; `feed` has the settings that apply."""
    fetched, parsed = prospect.fetched, prospect.parsed
    entries = parsed.entries
    dates = [entry.published for entry in entries if entry.published is not None]
    texts, length = _texts(entries)
    midnight = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0).timestamp()
    state = schedule.after_read(
        feed, FeedState(), fetched, parsed,
        known=0, now=now, jitter=0.0,
    )  # fmt: skip
    return FeedDiagnostics(
        **asdict(prospect),
        bytes=len(fetched.body),
        encoding=_declared_encoding(fetched),
        is_utf8=fetched.body.decode(errors="ignore").encode() == fetched.body,
        entries=len(entries),
        langs=languages(entries),
        undated=len(entries) - len(dates),
        future=sum(date > now for date in dates),
        today=sum(midnight <= date <= now for date in dates),
        oldest=min(dates, default=None),
        newest=max(dates, default=None),
        without_guid=sum(not entry.guid for entry in entries),
        shared_guid=sum(bool(_SHARED.search(entry.guid)) for entry in entries),
        without_link=sum(not entry.url for entry in entries),
        texts=texts,
        length=length,
        etag=(fetched.etag or b"").decode("latin-1"),
        last_modified=(fetched.last_modified or b"").decode("latin-1"),
        interval=state.next_due - now,
        conditional=bool(fetched.etag or fetched.last_modified),
        advice=tuple(_advice(prospect, feed, dates, texts, now)),
    )


def retry(error: FeedError, now: Timestamp, feed: Feed = ANY) -> float | None:
    """Return the seconds after which a feed that failed once is tried again; None for never."""
    state = schedule.after_failure(feed, FeedState(), error, now, 0.0)
    return None if state.gone else state.next_due - now


def languages(entries: Sequence[Entry]) -> dict[str, int]:
    """Count entries by language, the most frequent first; '' is undetermined."""
    counts = Counter(detect(f"{entry.title}. {entry.summary or entry.body}") for entry in entries)
    return dict(counts.most_common())


def _texts(entries: Sequence[Entry]) -> tuple[str, int]:
    """Return the kind of the texts, and the length of the median text."""
    if not entries:
        return "", 0
    texts = [max(entry.body, entry.summary, key=len) for entry in entries]
    length = int(median(map(len, texts)))
    cut_texts = sum(bool(_CUT.search(text[-60:])) for text in texts)
    if length < _TITLES_ONLY:
        return "titles", length
    return "full" if length >= _FULL and 2 * cut_texts < len(texts) else "teasers", length


def _advice(
    prospect: DiscoveredFeed, feed: Feed, dates: Sequence[Timestamp], texts: str, now: Timestamp
) -> list[str]:
    """Return advice about the problems found, in words."""
    advice = []
    if prospect.fetched.moved_to:
        advice.append(_("it has moved permanently: subscribe to {address}", address=prospect.url))
    has_links = any(entry.url for entry in prospect.parsed.entries)
    if texts in ("teasers", "titles") and has_links and not feed.full_text:
        advice.append(_(_TITLES if texts == "titles" else _TEASERS))
    past = [date for date in dates if date <= now]
    if past and now - max(past) > 90 * schedule.DAY:
        silence = span(now - max(past))
        advice.append(_("nothing new for {time}: is it still kept?", time=silence))
    if feed.every is None and len(past) > 2 and (window := now - min(past)) < 2 * schedule.DEFAULT:
        advice.append(_("it covers only {time}: `every: 5m` misses less", time=span(window)))
    if prospect.parsed.entries and not dates:
        advice.append(_("it has no dates: articles are sorted by when they are first seen"))
    return advice


def _declared_encoding(fetched: Fetched) -> str:
    content_type = CHARSET.search(fetched.content_type)
    if content_type:
        return content_type[1].lower()
    xml_declaration = _XML_ENCODING.search(fetched.body[:400])
    return xml_declaration[1].decode().lower() if xml_declaration else ""
