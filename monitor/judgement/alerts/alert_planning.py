"""Plans which alerts some arrivals raise, change and escalate, and who is notified. Pure.

::

    article matches a watchlist ─▶ alert known? ─▶ its matches are replaced
                                 ─▶ duplicate?  ─▶ raised, as part of the original's alert
                                 ─▶ raised ─▶ suppressed, or notified (see `routing`)
    article was edited ─▶ matches and terms that it lost
    story spreads      ─▶ escalated (see `escalation`) ─▶ suppressed, or notified
    feed has an incident ─▶ alert about the feed ─▶ suppressed, or notified
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.judgement.alerts import escalation
from monitor.judgement.alerts.plan import (
    AlertFacts,
    AlertPlan,
    EvidenceRecord,
    KnownAlert,
    NewAlert,
    NewEscalation,
    NewIncident,
    StoryAlert,
    StoryFacts,
)
from monitor.judgement.alerts.routing import DeliveryPlanner, Routing
from monitor.judgement.stories import headline_of, is_same_piece
from monitor.model import evidence
from monitor.model.alert import AlertKind, BegunIncident, Verdict
from monitor.model.evidence import Kind
from monitor.model.latency import ArticleTiming
from monitor.model.poll import Arrivals, ArticleChange, Via
from monitor.model.watchlist import WatchlistMatch


def plan_alerts(
    arrivals: Arrivals, facts: AlertFacts, routing: Routing, now: Timestamp
) -> AlertPlan:
    """Decide everything that arrivals change about alerts."""
    planning = _Planning(arrivals, facts, routing, now)
    for change in arrivals.changes:
        for hit in change.hits:
            planning.match(change, hit)
    if arrivals.via in (Via.POLL, Via.PAGE):
        for change in arrivals.changes:
            if not (change.new or change.carried):
                planning.text_changed(change)
    if arrivals.via is not Via.ARCHIVE or planning.plan.raised:
        planning.escalate()
    for notice in arrivals.notices:
        planning.notice(notice)
    return planning.plan


class _Planning:
    """A plan that is being made."""

    def __init__(
        self, arrivals: Arrivals, facts: AlertFacts, routing: Routing, now: Timestamp
    ) -> None:
        self._arrivals = arrivals
        self._facts = facts
        self._now = now
        self.plan = AlertPlan(at=now)
        self._planner = DeliveryPlanner(facts, routing, self.plan)
        self._known_alerts = {
            (alert.watchlist, alert.article): alert
            for alerts in facts.alerts.values()
            for alert in alerts
        }
        self._raised: list[KnownAlert] = []
        self._story_alerts: list[tuple[int, StoryAlert]] = []

    # --- articles that match ---

    def match(self, change: ArticleChange, hit: WatchlistMatch) -> None:
        """Raise an alert, at most one per watchlist and article; a known one gets the matches."""
        known_alert = self._known_alerts.get((hit.watchlist.name, change.article.id))
        if known_alert is None:
            self._raise(change, hit)
            return
        self.plan.matches[known_alert.id] = hit.matches
        if self._arrivals.via is Via.ARCHIVE and known_alert.matches != hit.matches:
            content = {"at": self._now, "matches": evidence.matches(hit.matches)}
            self.plan.records.append(
                EvidenceRecord(Kind.REMATCHED, known_alert.id, content, hit.watchlist)
            )

    def _raise(self, change: ArticleChange, hit: WatchlistMatch) -> None:
        watchlist, article = hit.watchlist, change.article
        text = self._facts.texts[article.id]
        originals = self._original_alerts(change.copy_of)
        alert = NewAlert(
            id=self._planner.next_alert(),
            watchlist=watchlist.name,
            severity=watchlist.severity,
            title=article.title,
            feed=article.outlet or self._arrivals.feed.name,
            backfill=change.backfill,
            lang=article.lang,
            article=article.id,
            matches=hit.matches,
            rule=watchlist.rule,
            article_version=text.version,
            merged_into=original_alert(watchlist.name, change, originals),
        )
        if alert.merged_into is None:
            alert = self._planner.raised(alert, watchlist)
            self.plan.raised.append(alert)
            story_alert = StoryAlert(
                alert=alert, escalate=watchlist.escalate, notify_backfill=watchlist.notify_backfill
            )
            self._story_alerts.append((article.id, story_alert))
        known_alert = KnownAlert(
            id=alert.id,
            watchlist=watchlist.name,
            article=article.id,
            merged_into=alert.merged_into,
            matches=hit.matches,
            headline=headline_of(article),
        )
        self._known_alerts[watchlist.name, article.id] = known_alert
        self._raised.append(known_alert)
        self.plan.new.append(alert)
        content = {
            "at": self._now,
            "about": AlertKind.MATCH,
            "watchlist": watchlist.name,
            "severity": watchlist.severity,
            "matches": evidence.matches(hit.matches),
            "article": evidence.article(article, self._arrivals.feed, text._asdict()),
            "via": self._arrivals.via,
            "answer": evidence.answer(self._arrivals.response_for(change)),
            "backfill": change.backfill,
            "merged_into": alert.merged_into,
        }
        self.plan.records.append(EvidenceRecord(Kind.RAISED, alert.id, content, watchlist))
        self._time(change)

    def _original_alerts(self, original: int | None) -> list[KnownAlert]:
        """Return the alerts about an original and its copies, the oldest first."""
        if original is None:
            return []
        copies = {
            change.article.id
            for change in self._arrivals.changes
            if change.copy_of == original and (change.new or self._arrivals.via is not Via.POLL)
        }
        return [
            *self._facts.original_alerts.get(original, ()),
            *(alert for alert in self._raised if alert.article in {original, *copies}),
        ]

    def _time(self, change: ArticleChange) -> None:
        """Note when the article of an alert was published and seen, unless it is backfill."""
        via, article = self._arrivals.via, change.article
        response = self._arrivals.response_for(change)
        if change.backfill or via not in (Via.POLL, Via.PAGE):
            return
        seen = response.received if response else article.seen
        self.plan.timings.setdefault(
            article.id,
            ArticleTiming(
                article=article.id,
                feed=self._arrivals.feed.number,
                published=article.published,
                seen=min(seen, self._now),
                edited=via is Via.POLL and not change.new,
            ),
        )

    # --- articles whose text changed ---

    def text_changed(self, change: ArticleChange) -> None:
        """Compare the matches of an article's alerts with those in its present text."""
        article, via = change.article.id, self._arrivals.via
        for alert in self._facts.alerts.get(article, ()):
            if via is Via.POLL:  # matches in an earlier text say nothing of an edited one
                self.plan.matches.setdefault(alert.id, ())
            matches = self.plan.matches.get(alert.id, alert.matches)
            terms = {match.term for match in matches}
            lost = {match.term for match in alert.matches} - terms
            self.plan.terms_lost += [(alert.id, term) for term in sorted(lost)]
            self.plan.terms_found += [(alert.id, term) for term in sorted(terms)]
            content = {
                "at": self._now,
                "text": self._facts.texts[article]._asdict(),
                "author": change.article.author,
                "url": change.article.url,
                "lang": change.article.lang,
                "matches": evidence.matches(matches),
            }
            kind = Kind.EDITED if via is Via.POLL else Kind.PAGE
            self.plan.records.append(EvidenceRecord(kind, alert.id, content))

    # --- stories that spread, feeds in trouble ---

    def escalate(self) -> None:
        """Escalate the alerts of stories that the arrivals spread."""
        stories = escalation.touched_stories(self._arrivals)
        for story, backfill in stories.items():
            facts = self._facts.stories.get(story, StoryFacts())
            pairs = escalation.escalations(story, facts, self._story_alerts, backfill=backfill)
            for previous, planned in pairs:
                self._escalate(previous, planned)

    def _escalate(self, previous: StoryAlert, planned: NewEscalation) -> None:
        content = {
            "at": self._now,
            "reason": planned.reason,
            "outlets": planned.outlets,
            "article": planned.article,
            "from": planned.severity_before,
            "to": planned.alert.severity,
        }
        self.plan.records.append(EvidenceRecord(Kind.ESCALATED, previous.alert.id, content))
        if previous.verdict is not Verdict.NOISE:
            alert = planned.alert
            suppressed = self._planner.escalated(alert, notify_backfill=previous.notify_backfill)
            if suppressed:
                alert = replace(alert, suppressed=suppressed.reason)
                planned = replace(planned, alert=alert)
            self.plan.raised.append(alert)
        self.plan.escalations.append(planned)

    def notice(self, notice: BegunIncident) -> None:
        """Begin an incident of the feed, with an alert if it rings."""
        feed, id = self._arrivals.feed, None
        if notice.is_news:
            about = notice.kind, notice.severity, notice.title
            id = self._planner.raise_about(*about, feed=feed)
        self.plan.incidents.append(NewIncident(feed=feed.number, kind=notice.kind, alert=id))


def original_alert(
    watchlist: str, change: ArticleChange, candidates: Sequence[KnownAlert]
) -> int | None:
    """Return the alert of which a new one would be a duplicate; None if there is none.

    The text is already known to be a copy. The headlines must agree too.

    Args:
        watchlist: The watchlist that an article matches.
        change: The article.
        candidates: Alerts about the article's original and its copies, the oldest first.
    """
    if change.copy_of is None:
        return None
    headline = headline_of(change.article)
    for alert in candidates:
        if alert.watchlist != watchlist or alert.merged_into is not None:
            continue
        if alert.article != change.article.id and is_same_piece(alert.headline, headline):
            return alert.id
    return None
