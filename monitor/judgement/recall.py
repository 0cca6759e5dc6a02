"""Recall: how many articles an outlet published, by two witnesses: its feeds and its sitemap. Pure.

`docs/explanation/coverage.md` has the method, its assumptions and its sources.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import count
from math import exp, lgamma, log
from operator import and_

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import folded
from monitor.model.poll import EDITION
from monitor.model.recall import Estimate, Refusal, ShownArticle, Witnessed

PATIENCE = 3_600.0
"""Seconds from the publication of an article for which its feed may take to show it."""
LEAST = 8
"""Fewest articles that are known of which a number is estimated."""
CONFIDENCE = 0.95
_PRIOR = 0.5
"""Jeffreys' prior for the share of the articles that a witness shows."""
_NEGLIGIBLE = 16.0
"""Logarithm of how much likelier the likeliest number is than one that is left out."""
_MOST_WEIGHED = 20_000


def joined(articles: Iterable[ShownArticle]) -> list[ShownArticle]:
    """Return the articles of an outlet, those under two addresses with one headline as one."""
    pieces: list[ShownArticle] = []
    latest: dict[str, int] = {}
    for article in sorted(articles, key=lambda article: article.published):
        title = folded(article.title)
        place = latest.get(title) if title else None
        if place is not None and article.published - pieces[place].published < EDITION:
            pieces[place] = pieces[place]._replace(
                by_feed=_earlier(pieces[place].by_feed, article.by_feed),
                by_sitemap=_earlier(pieces[place].by_sitemap, article.by_sitemap),
            )
        else:
            latest[title] = len(pieces)
            pieces.append(article)
    return pieces


def _earlier(first: Timestamp | None, other: Timestamp | None) -> Timestamp | None:
    return min((time for time in (first, other) if time is not None), default=None)


def witnessed(pieces: Collection[ShownArticle], *, dependent: bool = False) -> Witnessed:
    """Count articles by the witnesses that showed them."""
    by_feed = [piece.by_feed is not None for piece in pieces]
    by_sitemap = [piece.by_sitemap is not None for piece in pieces]
    return Witnessed(
        feed=sum(by_feed),
        sitemap=sum(by_sitemap),
        both=sum(map(and_, by_feed, by_sitemap)),
        dependent=dependent,
    )


def estimate(witnessed: Witnessed) -> Estimate | Refusal:
    """Estimate how many articles were published, or say why that cannot be known.

    Witnesses that depend on each other tend to miss the same articles: the number is then a lower
    bound. So it is where both show the very same articles, as one list that is read twice does.
    """
    if not witnessed.sitemap:
        return Refusal.NO_WITNESS
    if witnessed.seen < LEAST:
        return Refusal.FEW
    if not witnessed.both:
        return Refusal.APART
    published = round(chapman(witnessed))
    if witnessed.dependent or witnessed.feed == witnessed.sitemap == witnessed.both:
        low = _bounds(witnessed, 2 * CONFIDENCE - 1)[0]
        return Estimate(published=max(published, low), low=low, high=None)
    low, high = _bounds(witnessed, CONFIDENCE)
    return Estimate(published=min(max(published, low), high), low=low, high=high)


def chapman(witnessed: Witnessed) -> float:
    """Return Chapman's estimate. For two lists, Chao's bound for unequal lists (1989) is the same.

    His bound for equal lists is too high here: a sitemap shows more than a feed.
    """
    return (witnessed.feed + 1) * (witnessed.sitemap + 1) / (witnessed.both + 1) - 1


def _bounds(witnessed: Witnessed, confidence: float) -> tuple[int, int]:
    """Return the ends of the likeliest numbers whose probability comes nearest to `confidence`.

    A number is as likely as it makes these witnesses, by Jeffreys' priors: of so few articles that
    nobody saw, an interval by a normal distribution often holds none.
    """
    weights: list[tuple[float, int]] = []
    highest = float("-inf")
    for number in count(witnessed.seen):
        weight = _log_weight(number, witnessed)
        highest = max(highest, weight)
        if weight < highest - _NEGLIGIBLE or len(weights) > _MOST_WEIGHED:
            break
        weights.append((weight, number))
    likeliest = sorted(
        ((exp(weight - highest), number) for weight, number in weights), reverse=True
    )
    total = sum(weight for weight, _ in likeliest)
    low = high = likeliest[0][1]
    held = 0.0
    for weight, number in likeliest:
        missing = confidence - held / total
        if held and missing < weight / total / 2:
            break
        held += weight
        low, high = min(low, number), max(high, number)
    return low, high


def _log_weight(number: int, witnessed: Witnessed) -> float:
    """Return the logarithm of the weight of a number of published articles."""
    weight = lgamma(number + 1) - lgamma(number - witnessed.seen + 1) - log(number)
    for shown in (witnessed.feed, witnessed.sitemap):
        weight += lgamma(number - shown + _PRIOR) - lgamma(number + 2 * _PRIOR)
    return weight
