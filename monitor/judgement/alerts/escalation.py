"""Decides when an alert is escalated, and to which severity. Pure.

An alert is escalated when enough independent publishers have its story, and when the story
reaches another language; each reason escalates it once. A story spreads to its copies, and to
articles that are surely about its event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from monitor.base.url import publisher
from monitor.judgement.alerts.plan import NewEscalation, StoryAlert, StoryFacts
from monitor.model.alert import OUTLETS, AlertState, Verdict
from monitor.model.poll import Arrivals, Via
from monitor.model.shown_names import describe_escalation
from monitor.model.watchlist import Escalate, Severity

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
