"""An article as the analyst reads it, and its earlier texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from monitor.base.article import PARTS, Article, Timestamp
from monitor.model.alert import NOBODY_ELSE, Alert, MergedAlert, StoryTimeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.model.delivery import Delivery
    from monitor.model.triage import Decision


class ArticleDetails(Struct, frozen=True):
    """An article with everything one wants to know while reading it."""

    article: Article
    feed: str
    alerts: tuple[Alert, ...]
    """With their matches: why it is here."""
    others: tuple[tuple[str, Timestamp], ...] = ()
    """Outlets with the same story, and when each had it, the first one first."""
    telling: StoryTimeline = NOBODY_ELSE
    """The same with all that is known of it, and who tells of it in another language."""
    merged: tuple[MergedAlert, ...] = ()
    """Alerts that were merged into one of its alerts, and those that stand for one of them."""
    versions: int = 1
    page_trouble: str = ""
    """Why its page was not read, though it was to be; empty if there was no trouble."""
    page_retry: Timestamp | None = None
    """When its page is tried again; None for never."""
    limits: tuple[str, ...] = ()
    """What of it is not matched or not searched, and why, in words; mostly nothing."""
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    """The last decision about each alert, by alert; those without one are left out."""
    deliveries: Mapping[int, tuple[Delivery, ...]] = field(default_factory=dict)
    """The deliveries of each alert, by alert."""

    def other_articles(self) -> list[int]:
        """Return the articles that tell of the same, this one among them; none if it is alone."""
        merged = [one.article for one in self.merged]
        outlets = [one.article for one in (*self.telling.outlets, *self.telling.elsewhere)]
        articles = list(dict.fromkeys([*merged, *outlets]))
        return articles if {*articles} - {self.article.id} else []

    @property
    def publisher(self) -> str:
        """Return who published it: the outlet that an aggregator names, else the feed."""
        return self.article.outlet or self.feed


def repeated_summary(article: Article) -> tuple[str, int]:
    """Return which part begins with the summary and the summary's length; ("", 0) if none does.

    Such a summary is not shown twice.
    """
    opens = article.summary.rstrip("… .")
    if article.summary == article.title:
        return "title", len(article.title)
    return ("body", len(opens)) if article.body.startswith(opens) else ("", 0)


MatchPlace = tuple[str, int, int]
"""(part, start, end) of a match, in characters of that part of the article."""


def shown_parts(
    article: Article, matches: Iterable[MatchPlace]
) -> tuple[list[str], set[MatchPlace]]:
    """Return the parts to show and the matches in them.

    Matches of a summary that is not shown twice are highlighted in the part that repeats it.
    """
    into, length = repeated_summary(article)
    if not into:
        return list(PARTS), set(matches)
    moved = {
        (into if part == "summary" else part, start, end)
        for part, start, end in matches
        if part != "summary" or end <= length
    }
    return [part for part in PARTS if part != "summary"], moved


class ArticleOrigin(NamedTuple):
    """Where an article was published; see `monitor.judgement.alerts.publishers.publisher`."""

    article: int
    url: str
    """The address of the outlet that an aggregator names, else of the article."""
    feed_url: str


class Version(Struct, frozen=True):
    """A text that an article has, or had before it was edited."""

    number: int
    """From 1, the first text."""
    title: str
    summary: str
    body: str
    until: Timestamp | None
    """When the next text was read; None for the one it has."""

    def part(self, name: str) -> str:
        """Return the text of title, summary or body."""
        return str(getattr(self, name))


SAME, REMOVED, ADDED = "=", "-", "+"


class DiffPart(NamedTuple):
    """A stretch of a text that stayed, went or came."""

    kind: str
    """`SAME`, `REMOVED` or `ADDED`."""
    text: str


Term = tuple[str, str]
"""The name of a watchlist, and a term of it that a text contains."""


class ArticleRevision(Struct, frozen=True, kw_only=True):
    """One edit of an article."""

    version: int
    """Number of the text it made; the first text is 1."""
    at: Timestamp
    """When the edited text was read."""
    parts: Mapping[str, Sequence[DiffPart]]
    """What changed, by part; parts that did not are left out."""
    removed_terms: tuple[Term, ...] = ()
    added_terms: tuple[Term, ...] = ()
