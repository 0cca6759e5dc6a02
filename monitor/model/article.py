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
    """An article with all that is known about it, for its reader."""

    article: Article
    feed: str
    alerts: tuple[Alert, ...]
    """Alerts of the article, with their matches."""
    others: tuple[tuple[str, Timestamp], ...] = ()
    """Outlets with the same story, and when each had it, the first one first."""
    timeline: StoryTimeline = NOBODY_ELSE
    """The outlets in detail, and those that tell of the event in another language."""
    merged: tuple[MergedAlert, ...] = ()
    """Alerts that were merged into one of its alerts, and those that stand for one of them."""
    versions: int = 1
    page_trouble: str = ""
    """The reason why its page could not be read; empty without trouble."""
    page_retry: Timestamp | None = None
    """Time of the next try to read its page; None for never."""
    limits: tuple[str, ...] = ()
    """The parts of it that are not matched or not searched, with reasons, in words; often none."""
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    """The last decision about each alert, by alert; those without one are left out."""
    deliveries: Mapping[int, tuple[Delivery, ...]] = field(default_factory=dict)
    """The deliveries of each alert, by alert."""

    def other_articles(self) -> list[int]:
        """Return the articles about the same event, this one among them; none if it is alone."""
        merged = [other.article for other in self.merged]
        outlets = [outlet.article for outlet in (*self.timeline.outlets, *self.timeline.elsewhere)]
        articles = list(dict.fromkeys([*merged, *outlets]))
        return articles if {*articles} - {self.article.id} else []

    @property
    def publisher(self) -> str:
        """Return the publisher: the outlet that an aggregator names, else the feed."""
        return self.article.outlet or self.feed


def repeated_summary(article: Article) -> tuple[str, int]:
    """Return the part that begins with the summary, and its length; ("", 0) if none does.

    Such a summary is not shown twice.
    """
    opening = article.summary.rstrip("… .")
    if article.summary == article.title:
        return "title", len(article.title)
    return ("body", len(opening)) if article.body.startswith(opening) else ("", 0)


MatchPlace = tuple[str, int, int]
"""(part, start, end) of a match, in characters of that part of the article."""


def shown_parts(
    article: Article, matches: Iterable[MatchPlace]
) -> tuple[list[str], set[MatchPlace]]:
    """Return the parts to show and the matches in them.

    Matches of a summary that is not shown twice are highlighted in the part that repeats it.
    """
    target, length = repeated_summary(article)
    if not target:
        return list(PARTS), set(matches)
    moved = {
        (target if part == "summary" else part, start, end)
        for part, start, end in matches
        if part != "summary" or end <= length
    }
    return [part for part in PARTS if part != "summary"], moved


class ArticleOrigin(Struct, frozen=True):
    """The origin of an article: its language and publisher, and the addresses that tell it.

    See `monitor.base.url.publisher`.
    """

    article: int
    lang: str
    publisher: str
    """The outlet that an aggregator names, else the feed."""
    url: str
    """The address of the outlet that an aggregator names, else of the article."""
    feed_url: str


class Version(Struct, frozen=True):
    """A text that an article has, or had before it was edited."""

    number: int
    """Number of the text, from 1."""
    title: str
    summary: str
    body: str
    until: Timestamp | None
    """Time when the next text was read; None for the present text."""

    def part(self, name: str) -> str:
        """Return the text of title, summary or body."""
        return str(getattr(self, name))


SAME, REMOVED, ADDED = "=", "-", "+"


class DiffPart(NamedTuple):
    """A stretch of a text that an edit kept, removed or added."""

    kind: str
    """`SAME`, `REMOVED` or `ADDED`."""
    text: str


Term = tuple[str, str]
"""The name of a watchlist, and a term of it that a text contains."""


class ArticleRevision(Struct, frozen=True, kw_only=True):
    """One edit of an article."""

    version: int
    """Number of the text after the edit; the first text is 1."""
    at: Timestamp
    """Time when the edited text was read."""
    parts: Mapping[str, Sequence[DiffPart]]
    """The changes by part; parts that did not change are left out."""
    removed_terms: tuple[Term, ...] = ()
    added_terms: tuple[Term, ...] = ()
