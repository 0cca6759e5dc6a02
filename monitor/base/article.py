"""The values that every layer uses: an article, its language, its dates."""

from __future__ import annotations

from msgspec import Struct

Timestamp = float
"""Seconds since 1970-01-01 00:00 UTC."""

PARTS = ("title", "summary", "body", "author")
"""The parts of an article that hold words, in the order they are read."""


class ArticleText(Struct, frozen=True, kw_only=True):
    """What a publisher says in an article. All text is clean (see `text_cleaning.clean`)."""

    url: str
    """Absolute http(s) link; empty when it has none."""
    title: str
    summary: str
    body: str = ""
    author: str = ""
    published: Timestamp | None = None
    """The date that the feed gives; None without a usable one."""


class Article(ArticleText, frozen=True, kw_only=True):
    """A document of the archive: identified, dated, cleaned, with a language.

    Offsets anywhere in tocsin count characters of these very strings.
    """

    id: int
    """Ingestion order; 0 while not yet stored."""
    feeds: tuple[int, ...]
    """Numbers of the feeds that carried it, the first one first."""
    lang: str = ""
    """ISO 639-1 code, or empty when undetermined."""
    seen: Timestamp
    """Time when tocsin first saw it."""
    story: int = 0
    """Id of the first article of the same story; its own id when it is alone."""
    outlet: str = ""
    """The publisher, where the feed is an aggregator that names it; else empty."""

    @property
    def date(self) -> Timestamp:
        """Return the date to sort by: publication, but never later than first seen."""
        return self.seen if self.published is None else min(self.published, self.seen)

    @property
    def texts(self) -> tuple[str, str, str, str]:
        return self.title, self.summary, self.body, self.author

    @property
    def characters(self) -> int:
        return sum(map(len, self.texts))

    def part(self, name: str) -> str:
        return str(getattr(self, name))
