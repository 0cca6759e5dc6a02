"""Every feed on a line: what is shown of it, by which it is sorted, and which are chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from index.article import Timestamp
from monitor.ingest.feed_health import WORST
from monitor.ingest.publication_rate import describe_interval
from monitor.model.feed import FeedHealth, Health
from tui.view import times
from tui.view.rows import HEALTH, tally
from tui.view.styled_text import Line, fit

NEVER = float("inf")


class Order(NamedTuple):
    """An order of feeds."""

    words: str
    key: Callable[[FeedHealth], tuple[float | str, ...]]


ORDERS = (
    Order("worst first", lambda f: (WORST.index(f.health), -f.state.failures)),
    Order("by name", lambda f: (f.feed.name.casefold(),)),
    Order("longest unread first", lambda f: (f.state.last_ok or 0.0,)),
    Order("next due first", lambda f: (NEVER if _rests(f) else f.state.next_due,)),
    Order("most articles first", lambda f: (-f.articles,)),
)


class FeedColumns(NamedTuple):
    """Cells of each column; 0 is not shown."""

    name: int
    next: int
    every: int
    articles: int
    habit: int


def columns(cells: int) -> FeedColumns:
    """Return which columns there is room for."""
    name = min(30, max(10, cells // 4))
    return FeedColumns(
        name,
        6 if cells >= 50 else 0,
        7 if cells >= 90 else 0,
        9 if cells >= 70 else 0,
        11 if cells >= 110 else 0,
    )


def heads(cells: int) -> Line:
    """Return what stands above the columns."""
    wide = columns(cells)
    line: Line = [
        ("  ", ""),
        (fit("feed", wide.name), "quiet"),
        (" ", ""),
        (fit("state", 8), "quiet"),
        (fit("read", 6, right=True), "quiet"),
    ]
    for words, room in (("next", wide.next), ("every", wide.every), ("articles", wide.articles)):
        line.append((fit(words, room, right=True), "quiet"))
    if wide.habit:
        line += [("  ", ""), (fit("publishes", wide.habit - 2), "quiet")]
    used = 17 + sum(wide)
    return [*line, ("  ", ""), (fit("what is the matter", max(1, cells - used - 2)), "quiet")]


def feed_table_row(feed: FeedHealth, cells: int, now: Timestamp) -> Line:
    """Return a feed on one line: health, when read, when next, how often, how many, why."""
    glyph, ink = HEALTH[feed.health]
    state, wide = feed.state, columns(cells)
    last = "never" if state.last_ok is None else times.age(now - state.last_ok)
    line: Line = [
        (f"{glyph} ", ink),
        (fit(feed.feed.name, wide.name), "plain"),
        (" ", ""),
        (fit(feed.health, 8), ink),
        (fit(last, 6, right=True), "quiet"),
    ]
    if wide.next:
        line.append((fit(_next(feed, now), wide.next, right=True), "quiet"))
    if wide.every:
        line.append((fit(_every(feed), wide.every, right=True), "quiet"))
    if wide.articles:
        line.append((fit(tally(feed.articles), wide.articles, right=True), "quiet"))
    if wide.habit:
        habit = describe_interval(state.usual) if state.usual else ""
        line += [("  ", ""), (fit(habit, wide.habit - 2), "quiet")]
    used = 17 + sum(wide)
    return [*line, ("  ", ""), (fit(feed.words, max(1, cells - used - 2)), "plain")]


def _rests(feed: FeedHealth) -> bool:
    return feed.health in (Health.PAUSED, Health.GONE)


def _next(feed: FeedHealth, now: Timestamp) -> str:
    if _rests(feed):
        return "–"
    wait = feed.state.next_due - now
    return times.age(wait) if wait >= 1 else "now"


def _every(feed: FeedHealth) -> str:
    """Return how often it is polled, with a tilde where tocsin chose."""
    if feed.feed.every is not None:
        return times.age(feed.feed.every)
    return f"~{times.age(feed.state.delay)}"


def chosen(feeds: Sequence[FeedHealth], state: Health | None, order: int) -> list[FeedHealth]:
    """Return the feeds in a state, all when None, in one of the `ORDERS`."""
    wanted = [feed for feed in feeds if state is None or feed.health is state]
    return sorted(wanted, key=ORDERS[order].key)


def states(feeds: Sequence[FeedHealth]) -> list[tuple[Health | None, Line]]:
    """Return what can be chosen from: all feeds, then each state that there is, the worst first."""
    count = Counter(feed.health for feed in feeds)
    found: list[tuple[Health | None, Line]] = [(None, [(f"  all  {len(feeds)}", "plain")])]
    for health in WORST:
        if count[health]:
            glyph, ink = HEALTH[health]
            found.append((health, [(f"{glyph} ", ink), (f"{health}  {count[health]}", "plain")]))
    return found
