"""The briefing of a stretch of time: facts are read from the store, the rest is pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import tzinfo
from itertools import chain

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.base.article import Article, Timestamp
from monitor.base.translation import current, gettext as _
from monitor.intake.ingest.coverage_gaps import coverage, describe_gap, intervals
from monitor.model.alert import Alert, StoryAlerts, SuppressionReason, Verdict
from monitor.model.briefing import BriefedStory, Briefing, LitText, TroubledFeed, WatchlistBriefing
from monitor.model.feed import Coverage, FeedHealth, Gap, GapKind
from monitor.model.recall import Estimate, Recall
from monitor.model.search import Filter
from monitor.model.watchlist import FEED_HEALTH, Baseline, Severity
from monitor.presentation.article import passage
from monitor.presentation.recall import describe_recall, whole
from monitor.presentation.service.recall import read_recalls
from monitor.storage.store.sql.views import Views
from monitor.watchlists.baselines import Baselines

CHART_PARTS = 24
"""Bars of a chart: an hour each, of a day."""
LISTED = 20
"""Most stories of a watchlist that are listed, unless another number is given."""
TOP = 5
"""Most top stories."""
SHORTLISTED = 10
"""Factor: so many times the stories to list are read in full, to order them by outlets."""
ESCALATED = 1_000
"""Number of the latest escalated alerts, among which those of the time are looked for."""
WEEK = 7 * 86_400.0


class BriefingFacts(Struct, frozen=True, kw_only=True):
    """The facts of a stretch of time, as the store has them."""

    since: Timestamp
    until: Timestamp
    watchlists: tuple[str, ...]
    """Names of the watchlists that the briefing is about, in the order of feeds.yaml."""
    raised: tuple[Alert, ...] = ()
    """The alerts raised or escalated in the time, without matches."""
    stories: tuple[StoryAlerts, ...] = ()
    """Their stories, with matches and timelines where they may be listed."""
    articles: Mapping[int, Article] = field(default_factory=dict)
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    charts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    coverage: tuple[Coverage, ...] = ()
    feeds: tuple[FeedHealth, ...] = ()
    gaps: tuple[Gap, ...] = ()
    recalls: tuple[Recall, ...] = ()


# --- reading -----------------------------------------------------------------------------


def read_facts(
    views: Views,
    feeds: Sequence[FeedHealth],
    *,
    since: Timestamp,
    until: Timestamp,
    zone: tzinfo,
    watchlists: Collection[str] = (),
    limit: int = LISTED,
) -> BriefingFacts:
    """Return the facts of a stretch of time.

    Args:
        views: The store.
        feeds: The subscribed feeds with their health.
        since: When it begins.
        until: When it ends; not after now.
        zone: Time zone in which a weekday is compared with earlier ones.
        watchlists: Names of the watchlists, in any case; empty for all.
        limit: Stories of a watchlist that are to be listed; 0 for all.
    """
    in_force = views.watchlists.in_force()
    folded = {name.casefold() for name in watchlists}
    filter = Filter(watchlists=tuple(watchlists), closed=True, silenced=True)
    ids = [*views.alerts.ids(replace(filter, since=since, until=until))]
    escalated_ids = [row.alert for row in views.alerts.escalated(filter, limit=ESCALATED)]
    risen_ids = [a.id for a in views.alerts.get(escalated_ids) if since <= a.stirred_at < until]
    stories = views.alerts.stories([*ids, *risen_ids])
    in_time = {*ids, *risen_ids}
    alerts = [alert for story in stories for alert in story.alerts if alert.id in in_time]
    listed = {alert for story in _counting(stories, since) for alert in story.alerts}
    former = [alert.watchlist for alert in alerts if alert in listed]  # some are gone by now
    candidates = dict.fromkeys([*(w.name for w in in_force), *former])
    names = [n for n in candidates if n != FEED_HEALTH and (not folded or n.casefold() in folded)]
    gaps = views.feeds.gaps(since, until)
    watched = {w.name: w.feeds for w in in_force if w.name in names}
    detailed = _detailed(views, stories, names, since, limit)
    articles = {a.article for story in detailed for a in story.alerts if a.article is not None}
    width = (until - since) / CHART_PARTS
    return BriefingFacts(
        since=since,
        until=until,
        watchlists=tuple(names),
        raised=tuple(alerts),
        stories=tuple(detailed),
        articles={article.id: article for article in views.articles.get(sorted(articles))},
        baselines=Baselines(views, zone).between(since, until, until, lasting=False)
        if until - since <= WEEK
        else {},
        charts={
            count.name: count.spark
            for count in views.watchlists.counts(since, CHART_PARTS, width)
            if count.name in names
        },
        coverage=tuple(coverage(watched, [health.feed for health in feeds], gaps)),
        feeds=tuple(feeds),
        gaps=tuple(gaps),
        recalls=tuple(read_recalls(views, since, until)),
    )


def _detailed(
    views: Views, stories: Sequence[StoryAlerts], names: Sequence[str], since: Timestamp, limit: int
) -> list[StoryAlerts]:
    """Return stories; those that may be listed have matches and timelines."""
    groups = _by_watchlist(_counting(stories, since), names)
    shortlist = limit * SHORTLISTED if limit else None
    first = [story for group in groups.values() for story in sorted(group, key=_weight)[:shortlist]]
    spread = sorted(chain.from_iterable(groups.values()), key=_outlets)[-TOP * SHORTLISTED :]
    ids = sorted({alert.id for story in (*first, *spread) for alert in story.alerts})
    alerts = {alert.id: alert for alert in views.alerts.get(ids, matches=True, timelines=True)}
    return [StoryAlerts(tuple(alerts.get(a.id, a) for a in story.alerts)) for story in stories]


# --- deciding ----------------------------------------------------------------------------


def compose_briefing(facts: BriefingFacts, zone: tzinfo, *, limit: int = LISTED) -> Briefing:
    """Return the briefing of these facts. Pure.

    A story is listed once, under the watchlist whose alert is the most severe. Alerts that are
    noise, were raised in a silence, or by a backfill that notified nobody for an article from
    before this time, are counted only; those of the backfill are listed if there is nothing else.

    Args:
        facts: The facts of the store.
        zone: Time zone of the times in words.
        limit: Stories of a watchlist that are listed besides the top stories; 0 for all.
    """
    groups = _by_watchlist(_counting(facts.stories, facts.since), facts.watchlists)
    top = _top(groups, {name for name, usual in facts.baselines.items() if usual.surprise})
    watchlists = [_watchlist(name, groups, top, facts, zone, limit) for name in facts.watchlists]
    listed = {story.alerts: story for watchlist in watchlists for story in watchlist.stories}
    return Briefing(
        since=facts.since,
        until=facts.until,
        top=tuple(listed[story.alerts] for story in top),
        watchlists=tuple(sorted(watchlists, key=_urgency)),
        feeds=sum(health.feed.enabled for health in facts.feeds),
        troubled=tuple(_troubled(facts, zone)),
    )


def _watchlist(
    name: str,
    groups: Mapping[str, Sequence[StoryAlerts]],
    top: Sequence[StoryAlerts],
    facts: BriefingFacts,
    zone: tzinfo,
    limit: int,
) -> WatchlistBriefing:
    ordered = sorted(groups.get(name, ()), key=lambda story: (story not in top, _weight(story)))
    stories = ordered[: sum(story in top for story in ordered) + limit if limit else None]
    other_stories = [story for other, group in groups.items() if other != name for story in group]
    listed = {alert.id for story in (*ordered, *other_stories) for alert in story.alerts}
    alerts = [a for a in facts.raised if a.watchlist == name and a.id not in listed]
    omitted = Counter(_why_not(alert, facts.since) for alert in alerts)
    gaps = [c for c in facts.coverage if c.watchlist == name and c.gaps]
    return WatchlistBriefing(
        name=name,
        stories=tuple(_story(story, name, facts.articles) for story in stories),
        left_out=len(ordered) - len(stories),
        listed_elsewhere=sum(name in story.watchlists for story in other_stories),
        noise=omitted["noise"],
        silenced=omitted["silenced"],
        backfilled=omitted["backfilled"],
        baseline=facts.baselines.get(name, Baseline()),
        chart=facts.charts.get(name, ()),
        missed=describe_gap(gaps[0], facts.until, zone) if gaps else "",
        coverage=_coverage(facts.recalls, name),
    )


def _coverage(recalls: Sequence[Recall], watchlist: str) -> str:
    """Return what a watchlist saw, and about how much was published; empty if that is not known."""
    recall = whole(recalls, watchlist)
    is_known = recall is not None and isinstance(recall.answer, Estimate)
    return describe_recall(recall) if recall and is_known else ""


def _counting(stories: Iterable[StoryAlerts], since: Timestamp) -> list[StoryAlerts]:
    """Return stories with the alerts about articles that count; if none do, backfilled ones do."""
    counting = [
        tuple(a for a in story.alerts if a.article is not None and not _why_not(a, since))
        for story in stories
    ]
    if since and not any(counting):
        return _counting(stories, 0.0)
    return [StoryAlerts(alerts) for alerts in counting if alerts]


def _why_not(alert: Alert, since: Timestamp) -> str:
    """Return the reason for which an alert is only counted; empty if it is listed."""
    if alert.verdict is Verdict.NOISE:
        return "noise"
    if alert.silenced:
        return "silenced"
    is_kept_back = alert.suppressed == SuppressionReason.BACKFILL
    return "backfilled" if is_kept_back and (alert.published or 0.0) < since else ""


def _by_watchlist(
    stories: Iterable[StoryAlerts], names: Sequence[str]
) -> dict[str, list[StoryAlerts]]:
    """Return stories by the watchlist that they are listed under: the most severe one."""
    groups: dict[str, list[StoryAlerts]] = defaultdict(list)
    for story in stories:
        if name := next((name for name in story.watchlists if name in names), ""):
            groups[name].append(story)
    return groups


def _top(groups: Mapping[str, Sequence[StoryAlerts]], surprises: Set[str]) -> list[StoryAlerts]:
    """Return the top stories, by outlets, severity and surprise; none where watchlists say as much.

    Each has several outlets; of an event, the story in the language of the reader stands for all.
    """

    def weight(story: StoryAlerts) -> tuple[float, ...]:
        rank, outlets, *newest = _weight(story)
        return outlets, rank, surprises.isdisjoint(story.watchlists), *newest

    stories = [*chain.from_iterable(groups.values())]
    if len(groups) < 2 or len(stories) <= TOP:
        return []
    events: list[list[StoryAlerts]] = []
    for story in sorted(stories, key=weight):
        if event := next((event for event in events if _tell_of_one(story, event[0])), None):
            event.append(story)
        elif len(events) < TOP and _outlets(story) > 1:
            events.append([story])
    return [max(event, key=lambda story: story.newest.lang == current()) for event in events]


def _tell_of_one(*stories: StoryAlerts) -> bool:
    """Tell whether one of two stories is linked to the other, perhaps by names alone."""
    articles = [{alert.article for alert in story.alerts} for story in stories]
    links = [{o.article for a in story.alerts for o in a.timeline.elsewhere} for story in stories]
    return bool(articles[0] & links[1] or articles[1] & links[0])


def _weight(story: StoryAlerts) -> tuple[int, int, Timestamp, int]:
    """Return the key by which stories are ordered: severity, outlets, then the newest first."""
    newest = story.newest
    return story.severity.rank, -_outlets(story), -newest.stirred_at, -newest.id


def _outlets(story: StoryAlerts) -> int:
    """Return the number of outlets of a story, or of copies where its timeline was not read."""
    return max(
        len({o.name for o in alert.timeline.outlets + alert.timeline.elsewhere if not o.perhaps})
        or 1 + alert.copies
        for alert in story.alerts
    )


def _urgency(watchlist: WatchlistBriefing) -> tuple[bool, bool, int, int]:
    highest = min((story.severity.rank for story in watchlist.stories), default=len(Severity))
    count = len(watchlist.stories) + watchlist.left_out
    return not watchlist.baseline.unusual, not watchlist.stories, highest, -count


def _story(story: StoryAlerts, watchlist: str, articles: Mapping[int, Article]) -> BriefedStory:
    lead = StoryAlerts(tuple(a for a in story.alerts if a.watchlist == watchlist)).newest
    article = articles.get(lead.article or 0)
    excerpt = LitText(*passage(article, lead.matches)) if article else LitText("")
    return BriefedStory(story.alerts, lead=lead, excerpt=excerpt)


def _troubled(facts: BriefingFacts, zone: tzinfo) -> Iterator[TroubledFeed]:
    """Yield the feeds of which articles may be missing, those that cannot be read first."""
    gaps: dict[int, list[Gap]] = defaultdict(list)
    for gap in facts.gaps:
        gaps[gap.feed.number].append(gap)
    for health in facts.feeds:
        feed_gaps = gaps[health.feed.number]
        words = [*filter(None, [health.trouble]), *_gap_words(feed_gaps, facts.until, zone)]
        if words and health.feed.enabled:
            yield TroubledFeed(name=health.feed.name, words=", ".join(words), gaps=tuple(feed_gaps))


def _gap_words(gaps: Sequence[Gap], until: Timestamp, zone: tzinfo) -> Iterator[str]:
    if down := [gap for gap in gaps if gap.kind is GapKind.DOWN]:
        yield _("not read {when}", when=intervals(down, until, zone))
    if blind := [gap for gap in gaps if gap.kind is GapKind.BLIND]:
        yield _("coverage gap {when}", when=intervals(blind, until, zone))
