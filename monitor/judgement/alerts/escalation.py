"""When an alert is escalated, and to which severity. Pure.

An alert is escalated when enough independent publishers have its story, and when the story
reaches another language; each reason escalates it once. A story spreads to its copies, and to
articles that are surely about its event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from monitor.judgement.alerts.plan import Arrivals, NewEscalation, StoryAlert, StoryFacts, StoryLink
from monitor.judgement.alerts.publishers import publisher
from monitor.model.alert import OUTLETS, AlertState, Verdict
from monitor.model.article import ArticleOrigin
from monitor.model.evidence import Via
from monitor.model.shown_names import describe_escalation
from monitor.model.watchlist import Escalate, Severity

_NEXT = {Severity.LOW: Severity.MEDIUM, Severity.MEDIUM: Severity.HIGH}


def touched_stories(arrivals: Arrivals) -> dict[int, bool]:
    """Return the stories that arrivals spread, and whether only by articles of the backfill.

    Imported articles spread no story.
    """
    touched = dict(arrivals.linked)
    if arrivals.via is not Via.IMPORT:
        for change in arrivals.changes:
            article = change.article
            if article.story != article.id or not change.new:
                touched[article.story] = touched.get(article.story, True) and change.backfill
    return touched


def escalations(
    story: int, facts: StoryFacts, raised: Iterable[tuple[int, StoryAlert]], *, backfill: bool
) -> Iterator[tuple[StoryAlert, NewEscalation]]:
    """Yield the escalations that a story gives reason to, each with its alert as it was.

    Args:
        story: Number of the story.
        facts: What the store knows of it.
        raised: Alerts that are raised now, no duplicates, each with its article.
        backfill: Whether only articles of the backfill spread the story.
    """
    members = {member.article for member in facts.members}
    first = {known.alert.watchlist: known for known in facts.alerts}
    for article, known in raised:
        if article in members:
            first.setdefault(known.alert.watchlist, known)
    if not first:
        return
    origins: list[ArticleOrigin | StoryLink] = [*facts.members, *facts.links]
    outlets = len({publisher(one.url, one.feed_url) for one in origins})
    newest = max((one.article for one in origins), default=story)
    for _, known in sorted(first.items()):
        crossed: dict[str, tuple[int, str]] = {}
        for link in facts.links:
            if link.lang != known.alert.lang:
                crossed.setdefault(link.lang, (link.article, link.feed))
        severity, state = known.alert.severity, known.state
        for reason in reasons(known.escalate, outlets, crossed.keys(), known.reasons):
            article, outlet = crossed.get(reason, (newest, ""))
            before, severity = severity, escalated_severity(known.escalate, severity)
            reopened = state is not AlertState.NEW and known.verdict is not Verdict.NOISE
            alert = replace(
                known.alert,
                severity=severity,
                backfill=backfill,
                suppressed="",
                escalation=describe_escalation(reason, outlets, outlet),
            )
            yield (
                known,
                NewEscalation(
                    alert=alert,
                    reason=reason,
                    severity_before=before,
                    outlets=outlets,
                    article=article,
                    reopened_from=state if reopened else None,
                ),
            )
            if reopened:
                state = AlertState.NEW


def reasons(
    asked: Escalate, outlets: int, languages: Collection[str], known: Collection[str]
) -> list[str]:
    """Return the reasons for which an alert is escalated now, each only once.

    Args:
        asked: What its watchlist asks for.
        outlets: Independent publishers that have its story.
        languages: Languages to which the story has crossed.
        known: Reasons for which the alert was escalated before.
    """
    found = [OUTLETS] if asked.outlets is not None and outlets >= asked.outlets else []
    if asked.languages:
        found += sorted(languages)
    return [reason for reason in found if reason not in known]


def escalated_severity(asked: Escalate, severity: Severity) -> Severity:
    """Return the severity of an escalated alert: never less than it was."""
    to = asked.to or _NEXT.get(severity, severity)
    return min(severity, to, key=lambda each: each.rank)
