"""Recall: what was seen of an outlet, and how much it published."""

from __future__ import annotations

import enum
from typing import NamedTuple

from msgspec import Struct

from monitor.base.article import Timestamp


class Refusal(enum.StrEnum):
    """The reason why a number cannot be estimated."""

    NO_WITNESS = "no_witness"
    """No sitemap of news showed any of the articles."""
    EARLY = "early"
    """Feeds and sitemap are compared for too short a time."""
    FEW = "few"
    APART = "apart"
    """Feeds and sitemap showed articles, and none that the other showed too."""


class ShownArticle(NamedTuple):
    """An article of an outlet, which has one address, and when it was first seen."""

    title: str
    published: Timestamp
    by_feed: Timestamp | None = None
    """None where no feed showed it."""
    by_sitemap: Timestamp | None = None
    outlet: str = ""
    article: int = 0


class Witnessed(Struct, frozen=True, kw_only=True):
    """The articles of an outlet or a watchlist, by the witnesses that showed them."""

    feed: int = 0
    """Articles that feeds showed."""
    sitemap: int = 0
    both: int = 0
    """Articles that both showed."""
    dependent: bool = False
    """Whether the two may have missed the same articles for one reason."""

    @property
    def seen(self) -> int:
        """Articles that either showed."""
        return self.feed + self.sitemap - self.both


class Estimate(Struct, frozen=True, kw_only=True):
    """How many articles were published."""

    published: int
    low: int
    high: int | None
    """None where the number is a lower bound, and so is `low`."""


class Recall(Struct, frozen=True, kw_only=True):
    """What was seen of an outlet, or what a watchlist saw of it."""

    watchlist: str = ""
    """Empty for all articles."""
    outlet: str = ""
    """The site of the outlet; empty for all that are compared."""
    since: Timestamp
    """Articles published from then on count."""
    until: Timestamp
    seen: int
    """Articles that tocsin has."""
    unlisted: int
    """Those of them that no feed showed."""
    late: float | None
    """Seconds from publication to the first sight in a feed, in the median; None without any."""
    witnessed: Witnessed
    answer: Estimate | Refusal
