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

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.url import publisher
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
from monitor.model.alert import OUTLETS, AlertKind, AlertState, BegunIncident, Verdict
from monitor.model.evidence import Kind
from monitor.model.latency import ArticleTiming
from monitor.model.poll import Arrivals, ArticleChange, Via
from monitor.model.shown_names import describe_escalation
from monitor.model.watchlist import Escalate, Severity, WatchlistMatch


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
        stories = touched_stories(self._arrivals)
        for story, backfill in stories.items():
            facts = self._facts.stories.get(story, StoryFacts())
            pairs = escalations(story, facts, self._story_alerts, backfill=backfill)
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


# --- escalation -------------------------------------------------------------------------

_NEXT = {Severity.LOW: Severity.MEDIUM, Severity.MEDIUM: Severity.HIGH}


def touched_stories(arrivals: Arrivals) -> dict[int, bool]:
    """Return the stories that arrivals spread, and whether only backfill spreads them.

    Imported articles spread no story.
    """
    stories = dict(arrivals.linked)
    if arrivals.via is not Via.IMPORT:
        for change in arrivals.changes:
            article = change.article
            if article.story != article.id or not change.new:
                stories[article.story] = stories.get(article.story, True) and change.backfill
    return stories


def escalations(
    story: int, facts: StoryFacts, raised: Iterable[tuple[int, StoryAlert]], *, backfill: bool
) -> Iterator[tuple[StoryAlert, NewEscalation]]:
    """Yield the escalations that a story causes, each with its alert as it was.

    Args:
        story: Number of the story.
        facts: The facts about the story.
        raised: Alerts that are raised now, no duplicates, each with its article.
        backfill: Whether only articles of the backfill spread the story.
    """
    members = {member.article for member in facts.members}
    first_alerts = {story_alert.alert.watchlist: story_alert for story_alert in facts.alerts}
    for article, story_alert in raised:
        if article in members:
            first_alerts.setdefault(story_alert.alert.watchlist, story_alert)
    if not first_alerts:
        return
    origins = [*facts.members, *facts.links]
    outlets = len({publisher(origin.url, origin.feed_url) for origin in origins})
    newest = max((origin.article for origin in origins), default=story)
    for _, story_alert in sorted(first_alerts.items()):
        crossings: dict[str, tuple[int, str]] = {}
        for link in facts.links:
            if link.lang != story_alert.alert.lang:
                crossings.setdefault(link.lang, (link.article, link.publisher))
        severity, state = story_alert.alert.severity, story_alert.state
        for reason in reasons(story_alert.escalate, outlets, crossings.keys(), story_alert.reasons):
            article, outlet = crossings.get(reason, (newest, ""))
            old_severity, severity = severity, escalated_severity(story_alert.escalate, severity)
            reopened = state is not AlertState.NEW and story_alert.verdict is not Verdict.NOISE
            alert = replace(
                story_alert.alert,
                severity=severity,
                backfill=backfill,
                suppressed="",
                escalation=describe_escalation(reason, outlets, outlet),
            )
            yield (
                story_alert,
                NewEscalation(
                    alert=alert,
                    reason=reason,
                    severity_before=old_severity,
                    outlets=outlets,
                    article=article,
                    reopened_from=state if reopened else None,
                ),
            )
            if reopened:
                state = AlertState.NEW


def reasons(
    escalate: Escalate, outlets: int, languages: Collection[str], past_reasons: Collection[str]
) -> list[str]:
    """Return the reasons for which an alert is escalated now, each only once.

    Args:
        escalate: The settings of its watchlist.
        outlets: Independent publishers that have its story.
        languages: Languages to which the story has crossed.
        past_reasons: Reasons for which the alert was escalated before.
    """
    candidates = [OUTLETS] if escalate.outlets is not None and outlets >= escalate.outlets else []
    if escalate.languages:
        candidates += sorted(languages)
    return [reason for reason in candidates if reason not in past_reasons]


def escalated_severity(escalate: Escalate, severity: Severity) -> Severity:
    """Return the severity of an escalated alert: never less than before."""
    target = escalate.to or _NEXT.get(severity, severity)
    return min(severity, target, key=lambda level: level.rank)
