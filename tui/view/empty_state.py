"""What an empty stream says: what is missing, why, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.analysis.text_cleaning import line
from monitor.formatting import counted
from monitor.model.feed import Health
from tui.view.styled_text import Line, wrap

if TYPE_CHECKING:
    from monitor.model.feed import FeedHealth
    from monitor.model.status import Status
    from monitor.model.watchlist import WatchlistCount

_DEMO = "Or look around first: `tocsin demo` opens a newsroom that needs no internet."
Guidance = tuple[str, list[str]]
"""A headline and paragraphs."""
_DOWN = (Health.FAILING, Health.GONE)


def guidance(
    status: Status | None,
    feeds: Sequence[FeedHealth],
    watchlists: Sequence[WatchlistCount],
    filtered: str,
    hint: str,
) -> Guidance:
    """Return what a stream without alerts says.

    `filtered` is the filter in force, as written, and `hint` tells how to add feeds.
    """
    if status is None:
        return "Opening the archive…", []
    if filtered:
        ways = ["f changes it, F shows all alerts again.", "/ searches the whole archive."]
        return f"No alert passes {line(filtered)}.", ways
    if not feeds:
        way = hint or "Name the feeds to watch in feeds.yaml; tocsin picks them up as you save."
        return "No feeds yet.", [way, _DEMO]
    polled = [feed for feed in feeds if feed.health is not Health.PAUSED]
    if polled and all(feed.health in _DOWN for feed in polled):
        return _unreachable(status, polled)
    return _quiet(status, feeds, watchlists)


def _unreachable(status: Status, feeds: Sequence[FeedHealth]) -> Guidance:
    """Return what to say when no feed answers, and why."""
    reasons = Counter(feed.words for feed in feeds)
    why = [f"network: {status.network_down}"] if status.network_down else []
    why += [f"{words} ({counted(count, 'feed')})" for words, count in reasons.most_common(3)]
    return "No feed can be reached.", [*why, "e shows each feed with its reason.", _DEMO]


def _quiet(
    status: Status, feeds: Sequence[FeedHealth], watchlists: Sequence[WatchlistCount]
) -> Guidance:
    """Return what to say when nothing has matched, and whether anything could."""
    if not watchlists:
        return "Nothing to watch for.", [
            "Add a watchlist to feeds.yaml: a name and the terms that should ring the bell.",
            f"In the archive: {counted(status.articles, 'article')}. / searches there.",
        ]
    if status.monitor is None:
        return "Nobody watches.", ["`tocsin` starts the monitor; alerts appear here by themselves."]
    names = ", ".join(watchlist.name for watchlist in watchlists[:8])
    more = "…" if len(watchlists) > 8 else ""
    waiting = [feed for feed in feeds if feed.health is Health.NEW]
    read = f"{counted(status.articles, 'article')} read, none matches yet."
    first = f"First reading of {len(waiting)} of {counted(len(feeds), 'feed')} is under way."
    return "All quiet.", [
        f"Watching {counted(len(feeds), 'feed')} for {names}{more}.",
        first if waiting else read,
        "/ searches the archive, ? lists the keys.",
    ]


def paint(headline: str, paragraphs: Sequence[str], cells: int) -> list[Line]:
    """Return the guidance as wrapped lines."""
    lines: list[Line] = [[]]
    lines += wrap(headline, cells, "title", "  ")
    for paragraph in paragraphs:
        lines += [[], *wrap(paragraph, cells, "plain", "  ")]
    return lines
