"""Looks every few minutes whether watchlists bring far more stories than usual, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

from msgspec.structs import replace

from index.analysis.words import terms
from index.evaluation.significant_terms import significant_terms
from index.evaluation.term_statistics import query_term_test
from monitor.base.article import Article, Timestamp
from monitor.judgement.alerts import unusual_volume as volume
from monitor.judgement.alerts.plan import AlertPlan
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.alerts.unusual_planning import HEADLINES, UnusualWatchlist, plan_unusual
from monitor.judgement.alerts.unusual_volume import DAY, Interval, Pattern, Story, Unusual
from monitor.model.alert import UNUSUAL, AlertKind
from monitor.model.config import Watchlist
from monitor.model.feed import SubscribedFeed
from monitor.model.watchlist import UnusualTime
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.volumes import VolumeViews
from monitor.watchlists.baselines import learn_patterns, long_read_feeds

RECENT = 3 * DAY
"""Seconds of which the stories are remembered from one look to the next."""
COMPARED = 300
"""Earlier stories that the words of a spike are compared with."""
WORDS = 3
"""Words that an alert names."""


class UnusualWatch:
    """Looks at the watchlists of one newsroom. Runs in the store's thread.

    What is usual is learned once a day, from eight weeks of alerts; a look reads what is new.
    """

    def __init__(self, store: Store, clock: Callable[[], Timestamp]) -> None:
        self._store = store
        self._clock = clock
        self._learned_for: object = None
        self._patterns: dict[str, Pattern] = {}
        self._known: frozenset[int] = frozenset()
        self._recent: dict[str, list[Story]] = {}
        self._last: dict[str, Timestamp] = {}
        self._read_until = 0.0
        self._newest = 0

    def look(
        self,
        watchlists: Sequence[Watchlist],
        routing: Routing,
        zone: tzinfo,
        *,
        patience: float,
        memory: float = volume.MEMORY,
        network_down: bool = False,
    ) -> AlertPlan:
        """Note that the monitor watches, and raise and end what is unusual; return the plan.

        Args:
            watchlists: The watchlists in force.
            routing: Channels and routes.
            zone: Of the hours of the day.
            patience: Seconds between two looks after which the monitor was away.
            memory: Seconds for which alerts are kept.
            network_down: Whether no feed can be read: then nothing is noted and nothing raised.

        Raises:
            StoreError: The store refuses; nothing was changed.
        """
        now = self._clock()
        if network_down:
            return AlertPlan(at=now)
        asked = {one.name: one for one in watchlists if one.unusual}
        with self._store.batch() as batch:
            batch.note_watched(now, patience, now - volume.MEMORY - DAY)
        with self._store.reading() as reading:
            since = now - min(memory, volume.MEMORY)
            views = reading.volumes
            watched = [(max(start, since), end) for start, end in views.watched(since)]
            times = [time for time in views.unusual(since - DAY) if time.kind in UNUSUAL]
            self._read(views, asked, watched, times, zone, now)
            begun, over = self._decide(views, asked, watched, times, zone, now)
        if not (begun or over):
            return AlertPlan(at=now)
        with self._store.batch() as batch:
            facts = batch.volumes.facts([one.watchlist.name for one in begun], now)
            plan = plan_unusual(begun, over, facts, routing, now)
            batch.save_alerts(plan)
        return plan

    # --- what is usual -------------------------------------------------------------------

    def _read(
        self,
        views: VolumeViews,
        asked: Mapping[str, Watchlist],
        watched: Sequence[Interval],
        times: Sequence[UnusualTime],
        zone: tzinfo,
        now: Timestamp,
    ) -> None:
        """Read the stories since the last look; once a day all, and learn what is usual."""
        learned_for = (now // DAY, *((one.name, one.rule) for one in asked.values()))
        if learned_for == self._learned_for and self._read_until <= now:
            for name, stories in views.stories(self._read_until, self._newest).items():
                self._recent.setdefault(name, []).extend(stories)
                self._last[name] = stories[-1].at
                self._newest = max(self._newest, *(story.alert for story in stories))
        else:
            past = views.stories(now - volume.MEMORY)
            self._learn(views, asked, past, watched, times, zone, now)
            self._last = {name: stories[-1].at for name, stories in past.items()}
            self._recent = {
                name: [story for story in stories if story.at > now - RECENT]
                for name, stories in past.items()
            }
            newest = (story.alert for stories in past.values() for story in stories)
            self._newest = max(newest, default=0)
            self._learned_for = learned_for
        self._read_until = now

    def _learn(
        self,
        views: VolumeViews,
        asked: Mapping[str, Watchlist],
        past: Mapping[str, Sequence[Story]],
        watched: Sequence[Interval],
        times: Sequence[UnusualTime],
        zone: tzinfo,
        now: Timestamp,
    ) -> None:
        in_force = [one for one in self._store.watchlists.in_force() if one.name in asked]
        self._patterns = learn_patterns(views, in_force, past, watched, times, zone, now)
        self._known = frozenset(long_read_feeds(views, now) if self._patterns else ())

    # --- what is unusual -----------------------------------------------------------------

    def _decide(
        self,
        views: VolumeViews,
        asked: Mapping[str, Watchlist],
        watched: Sequence[Interval],
        times: Sequence[UnusualTime],
        zone: tzinfo,
        now: Timestamp,
    ) -> tuple[list[UnusualWatchlist], list[tuple[str, AlertKind]]]:
        """Return what begins, and what is over."""
        unwatched = volume.gaps(watched, now - 2 * DAY, now)
        unread = views.unread()
        lasting = {(time.watchlist, time.kind): time for time in times if time.ended_at is None}
        ended = {(time.watchlist, time.kind): time.ended_at for time in times if time.ended_at}
        over = [key for key, time in lasting.items() if not self._lasts(time, unwatched, zone, now)]
        begun = []
        for name, watchlist in asked.items():
            pattern, stories = self._patterns.get(name), self._recent.get(name, [])
            if pattern is None:
                continue
            if (name, AlertKind.SPIKE) not in lasting:
                spike = volume.find_spike(
                    pattern, stories, now, zone,
                    known=self._known,
                    told=ended.get((name, AlertKind.SPIKE), 0.0),
                    unwatched=unwatched, unread=unread,
                )  # fmt: skip
                if spike is not None:
                    begun.append(self._told(views, watchlist, spike))
            if (name, AlertKind.QUIET) not in lasting and (last := self._last.get(name)):
                silence = self._silence(pattern, last, watched, zone, now)
                if silence is not None:
                    begun.append(self._told(views, watchlist, silence))
        return begun, over

    def _lasts(
        self, time: UnusualTime, unwatched: Sequence[Interval], zone: tzinfo, now: Timestamp
    ) -> bool:
        pattern = self._patterns.get(time.watchlist)
        if pattern is None:
            return False
        if time.kind is AlertKind.QUIET:
            return self._last.get(time.watchlist, 0.0) <= time.started_at
        stories = self._recent.get(time.watchlist, [])
        return not volume.is_spike_over(
            pattern, stories, now, zone, known=self._known, unwatched=unwatched
        )

    def _silence(
        self,
        pattern: Pattern,
        last: Timestamp,
        watched: Sequence[Interval],
        zone: tzinfo,
        now: Timestamp,
    ) -> Unusual | None:
        found = volume.find_silence(pattern, last, now, zone, well=self._known, watched=watched)
        if found is None:
            return None
        blind = {gap.feed.number for gap in self._store.feeds.gaps(last, now)}
        well = {
            one.feed.number
            for one in self._store.feeds.subscribed()
            if _is_well(one, now) and one.feed.number not in blind
        }
        return volume.find_silence(
            pattern, last, now, zone, well=self._known & well, watched=watched
        )

    def _told(self, views: VolumeViews, watchlist: Watchlist, found: Unusual) -> UnusualWatchlist:
        """Return what is unusual with the stories and words that make the difference."""
        stories = self._recent.get(watchlist.name, [])
        if found.kind is AlertKind.SPIKE:
            counted = [s for s in stories if s.at >= found.since and s.feed in self._known]
        else:
            counted = stories[-1:]
        alerts = [story.alert for story in counted]
        articles = views.articles_of(alerts)
        words: list[str] = []
        if found.kind is AlertKind.SPIKE and alerts:
            earlier = views.articles_before(watchlist.name, min(alerts), COMPARED)
            words = words_apart(watchlist, articles, earlier)
        return UnusualWatchlist(
            watchlist=watchlist,
            found=found,
            alerts=tuple(alerts) if found.stories else (),
            words=tuple(words),
            headlines=tuple(article.title for article in articles[:HEADLINES] if article.title),
        )


def words_apart(
    watchlist: Watchlist, articles: Sequence[Article], earlier: Sequence[Article]
) -> list[str]:
    """Return the words that set the leads of articles apart from those of earlier ones."""
    leads = [replace(article, body="") for article in articles]
    counts = _LeadCounts(leads, [replace(article, body="") for article in earlier])
    is_query_term = query_term_test(watchlist.query.root)
    return [term.word for term in significant_terms(counts, leads, is_query_term, WORDS)]


class _LeadCounts:
    """Counts words in some leads, and in these and earlier ones."""

    def __init__(self, leads: Sequence[Article], earlier: Sequence[Article]) -> None:
        self.examined = len(leads)
        self._here = [_Lead(article) for article in leads]
        self._all = [*self._here, *(_Lead(article) for article in earlier)]
        self._languages = Counter(lead.lang for lead in self._all)

    def articles(self, lang: str) -> tuple[int, int]:
        """Return how many leads of a language are examined, and how many there are."""
        return sum(lead.lang == lang for lead in self._here), self._languages[lang]

    def with_any(self, lang: str, forms: Sequence[str]) -> tuple[int, int]:
        """Return in how many of both any of some folded words occurs."""
        here, every = (
            sum(lead.lang == lang and not lead.terms.isdisjoint(forms) for lead in leads)
            for leads in (self._here, self._all)
        )
        return here, every

    def estimate(self, lang: str, forms: Sequence[str], *, other_langs: bool) -> int:
        """Return how many of all leads of a language have any of some words."""
        return self.with_any(lang, forms)[1]


class _Lead:
    def __init__(self, article: Article) -> None:
        self.lang = article.lang
        self.terms = frozenset([*terms(article.title), *terms(article.summary)])


def _is_well(one: SubscribedFeed, now: Timestamp) -> bool:
    """Return whether a feed can be read and publishes as it uses to."""
    state = one.state
    if not one.feed.enabled or state.gone or state.failures or state.last_ok is None:
        return False
    silent_for = state.last_ok - (state.published or state.last_ok)
    return state.silent_after is None or silent_for <= state.silent_after
