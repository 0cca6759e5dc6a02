"""Addresses that people copy from a browser, and the sources behind them: one table of rules.

A rule is a pattern of an address without its scheme, and the address of the source. Where that is
empty, the page names its feed.
"""

from __future__ import annotations

import re

from monitor.model.feed import FEED, RequestOptions, Secret, Selectors, Source, SourceKind

_TELEGRAM = Source(
    kind=SourceKind.PAGE,
    selectors=Selectors(
        item=".tgme_widget_message_wrap", title=".tgme_widget_message_text",
        link="a.tgme_widget_message_date",
        date="a.tgme_widget_message_date time",  # not a message
        summary=".tgme_widget_message_text",
    ),
)  # fmt: skip
_YOUTUBE, _VIDEOS = r"(?:www\.|m\.)?youtube\.com", "www.youtube.com/feeds/videos.xml?"
_RULES = (
    (_YOUTUBE + r"/channel/(UC[\w-]{22})(?:/.*)?", _VIDEOS + r"channel_id=\1", FEED),
    (_YOUTUBE + r"/user/([\w.-]+)(?:/.*)?", _VIDEOS + r"user=\1", FEED),
    (
        r"(?:www\.|m\.)?youtube\.com/playlist\?(?:.*&)?list=([\w-]+).*",
        _VIDEOS + r"playlist_id=\1",
        FEED,
    ),
    (_YOUTUBE + r"/.*", "", FEED),
    (r"(?:www\.)?bsky\.app/profile/([\w.:-]+)(?:/.*)?", r"bsky.app/profile/\1/rss", FEED),
    (r"(?:t|telegram)\.me/(?:s/)?(\w{4,32})/?(?:\?.*)?", r"t.me/s/\1", _TELEGRAM),
    (r"[^/@]+/@([\w.-]+)@([\w.-]+\.\w+)/?", r"\2/@\1.rss", FEED),  # a profile of another server
    (r"([^/@]+/@\w+)/?", r"\1.rss", FEED),  # Mastodon, on any server
)
_MASTODON = re.compile(r"@([\w.-]+)@([\w.-]+\.\w+)")
_CONSENT = RequestOptions(headers=(("Cookie", Secret("SOCS=CAI")),))  # not a message
"""Without this answer, YouTube asks Europeans about cookies instead of showing a channel."""


def complete_url(address: str) -> str:
    """Return an address as one of the web: `@name@server` of Mastodon is a profile there."""
    address = _MASTODON.sub(r"\2/@\1", address.strip(), count=1) if address[:1] == "@" else address
    return address.strip() if "://" in address else f"https://{address.strip()}"


def source_behind(url: str) -> tuple[str, Source]:
    """Return the address of the source behind a copied address; '' if no rule knows one."""
    scheme, _sep, rest = url.partition("#")[0].partition("://")
    for pattern, address, source in _RULES:
        if match := re.fullmatch(pattern, rest, re.IGNORECASE):
            return (f"{scheme}://{match.expand(address)}" if address else ""), source
    return "", FEED


def options_for(url: str) -> RequestOptions:
    """Return the options with which a page is asked for the address of its feed."""
    is_youtube = re.match(r"https?://(?:www\.|m\.)?youtube\.com/", url, re.IGNORECASE)
    return _CONSENT if is_youtube else RequestOptions()
