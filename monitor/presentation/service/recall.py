"""How much of what outlets published was seen: facts are read from the store, the rest is pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from statistics import median

from monitor.base.article import Timestamp
from monitor.judgement.recall import PATIENCE, estimate, joined, witnessed
from monitor.model.feed import Gap, SourceKind
from monitor.model.recall import Recall, Refusal, ShownArticle, Witnessed
from monitor.storage.store.sql.views import Views


def read_recalls(views: Views, since: Timestamp, now: Timestamp) -> list[Recall]:
    """Return the recall of each outlet that is compared, of each watchlist there, and in all."""
    compared = views.shown.outlets()
    if not compared:
        return []
    gaps = views.feeds.gaps(since, now)
    pieces: list[ShownArticle] = []
    of_outlet: dict[str, list[ShownArticle]] = defaultdict(list)
    for piece in views.shown.since(since):
        of_outlet[piece.outlet].append(piece)
    times = {o.outlet: (max(since, o.since), o.until - PATIENCE) for o in compared}
    for outlet, (start, end) in times.items():
        pieces += (p for p in joined(of_outlet[outlet]) if start <= p.published < end)
    matched: dict[str, dict[int, bool]] = defaultdict(dict)
    for name, article, is_headline in views.shown.matched(since):
        matched[name][article] = is_headline
    blind = {
        outlet
        for outlet, (_start, end) in times.items()
        if are_dependent(gap for gap in gaps if gap.feed.outlet == outlet and gap.start < end)
    }
    recalls = [*_recalls("", pieces, times, blind)]
    for watchlist in views.watchlists.in_force():
        own = [*_matching(pieces, matched.get(watchlist.name, {}))]
        recalls += _recalls(watchlist.name, own, times, blind)
    return recalls


def are_dependent(gaps: Iterable[Gap]) -> bool:
    """Tell whether feeds and sitemap of an outlet had a gap at one time.

    What was published then, both may have missed.
    """
    by_kind: dict[bool, list[Gap]] = defaultdict(list)
    for gap in gaps:
        by_kind[gap.feed.source.kind is SourceKind.SITEMAP].append(gap)
    return any(
        gap.start < (other.end or gap.start + 1) and other.start < (gap.end or other.start + 1)
        for gap in by_kind[True]
        for other in by_kind[False]
    )


def _matching(
    pieces: Iterable[ShownArticle], articles: Mapping[int, bool]
) -> Iterator[ShownArticle]:
    """Yield the articles that a watchlist matches; in the sitemap only those with its headline.

    An article that matches by its text alone would be missed where only the sitemap shows it.
    """
    for piece in pieces:
        is_headline = articles.get(piece.article)
        if is_headline is not None:
            yield piece if is_headline else piece._replace(by_sitemap=None)


def _recalls(
    watchlist: str,
    pieces: Sequence[ShownArticle],
    times: Mapping[str, tuple[Timestamp, Timestamp]],
    blind: Collection[str],
) -> Iterator[Recall]:
    """Yield the recall of each outlet, and that of all where they are several."""
    of_outlet: dict[str, list[ShownArticle]] = {outlet: [] for outlet in times}
    for piece in pieces:
        of_outlet[piece.outlet].append(piece)
    counts = []
    for outlet, own in of_outlet.items():
        if own or not watchlist:
            counts.append(witnessed(own, dependent=outlet in blind))
            yield _recall(watchlist, outlet, own, times[outlet], counts[-1])
    if len(counts) > 1:
        whole = Witnessed(
            feed=sum(count.feed for count in counts),
            sitemap=sum(count.sitemap for count in counts),
            both=sum(count.both for count in counts),
            dependent=any(count.dependent for count in counts),
        )
        starts, ends = zip(*times.values(), strict=True)
        yield _recall(watchlist, "", pieces, (min(starts), max(ends)), whole)


def _recall(
    watchlist: str,
    outlet: str,
    pieces: Sequence[ShownArticle],
    time: tuple[Timestamp, Timestamp],
    counts: Witnessed,
) -> Recall:
    delays = [max(0.0, p.by_feed - p.published) for p in pieces if p.by_feed is not None]
    return Recall(
        watchlist=watchlist,
        outlet=outlet,
        since=time[0],
        until=max(time),
        seen=len(pieces),
        unlisted=sum(piece.by_feed is None for piece in pieces),
        late=median(delays) if delays else None,
        witnessed=counts,
        answer=estimate(counts) if time[0] < time[1] else Refusal.EARLY,
    )
