"""An alert in words: decisions about it, who was notified, why it was raised. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import alert_number, clauses, stories_of
from monitor.base.text_cleaning import line, lines, truncate
from monitor.base.translation import gettext as _, mark, mark_plural, ngettext, number
from monitor.model.alert import Alert, AlertState, StoryAlerts, SuppressionReason, Verdict
from monitor.model.delivery import Delivery, DeliveryState
from monitor.model.shown_names import kind_name, severity_name, state_name, term_name, verdict_name
from monitor.model.triage import Change, Decision, Fields, TriageAction, difference, triage_state
from monitor.model.watchlist import Match
from monitor.presentation.spans import Line

Moment = Callable[[Timestamp], str]
"""Returns a time in words."""
_REASONS = {
    SuppressionReason.BACKFILL: mark("published before this watchlist or feed was watched"),
    SuppressionReason.SILENCE: mark("the watchlist was silenced"),
    SuppressionReason.NO_ROUTE: mark("no route leads to a channel"),
    SuppressionReason.COOLDOWN: mark("cooldown after another alert of this watchlist"),
}


_COUNTED = {
    SuppressionReason.BACKFILL: mark_plural(
        "{count} published before they were watched", "{count} published before they were watched"
    ),
    SuppressionReason.SILENCE: mark_plural("{count} silenced", "{count} silenced"),
    SuppressionReason.NO_ROUTE: mark_plural("{count} without a route", "{count} without a route"),
    SuppressionReason.COOLDOWN: mark_plural("{count} in a cooldown", "{count} in a cooldown"),
    "copy": mark_plural("{count} copy", "{count} copies"),
}


def describe_counts(suppressed: Mapping[str, int]) -> str:
    """Return the number of suppressed alerts by reason: `2 silenced, 1 without a route`."""
    counts = sorted(suppressed.items(), key=lambda item: -item[1])
    return ", ".join(ngettext(*_COUNTED[reason], count) for reason, count in counts)


def describe_triage(alert: Alert, last: Decision | None, moment: Moment) -> str:
    """Return state, verdict, star, assignee and tags: `acknowledged by anna 10:31 · noise`."""
    state = state_name(alert.state)
    words = [state]
    if last is not None:
        person = "tocsin" if last.why else line(last.who) or _("somebody")
        when = moment(last.at)
        if alert.state is AlertState.NEW:
            words = [_("{state}, changed by {who} {when}", state=state, who=person, when=when)]
        else:
            words = [_("{state}, by {who} {when}", state=state, who=person, when=when)]
    if alert.verdict is not Verdict.NONE:
        words.append(verdict_name(alert.verdict))
    if alert.starred:
        words.append(signs.STAR)
    if alert.assignee:
        words.append(_("assigned to {name}", name=line(alert.assignee)))
    words += [f"#{line(tag)}" for tag in alert.tags]
    return " · ".join(words)


def describe_suppression(alert: Alert, moment: Moment) -> str:
    """Return the reason why nobody is notified of an alert, and until when; empty if none."""
    if alert.merged_into is not None:
        original = alert_number(alert.merged_into)
        return _("not notified: a copy; alert {number} stands for it", number=original)
    steps = [
        _(
            "{escalation} not notified: {reason}",
            escalation=line(step.words),
            reason=_reason(step.suppressed),
        )
        for step in alert.escalations
        if step.suppressed not in ("", alert.suppressed)
    ]
    if alert.suppressed:
        reason = _reason(alert.suppressed)
        if alert.suppressed_until:
            until = moment(alert.suppressed_until)
            first = _("not notified: {reason} until {time}", reason=reason, time=until)
        else:
            first = _("not notified: {reason}", reason=reason)
        steps.insert(0, first)
    return "; ".join(steps)


def describe_deliveries(deliveries: Iterable[Delivery], moment: Moment) -> str:
    """Return the state of the deliveries of an alert in words.

    `sent to desk 10:31; waits for mail: quiet hours until 07:00`; empty without deliveries.
    """
    return "; ".join(_delivery_words(deliveries, moment))


def _delivery_words(deliveries: Iterable[Delivery], moment: Moment) -> Iterator[str]:
    for delivery in deliveries:
        channel, reason = line(delivery.channel), line(delivery.reason)
        if delivery.state is DeliveryState.SENT and delivery.sent_at is not None:
            yield _("sent to {channel} {time}", channel=channel, time=moment(delivery.sent_at))
        elif delivery.state is DeliveryState.DEAD and reason:
            yield _("given up for {channel}: {reason}", channel=channel, reason=reason)
        elif delivery.state is DeliveryState.DEAD:
            yield _("given up for {channel}", channel=channel)
        elif reason:
            yield _("waits for {channel}: {reason}", channel=channel, reason=reason)
        else:
            yield _("waits for {channel}: due {time}", channel=channel, time=moment(delivery.due))


_MATCHED_IN = {
    "title": mark("“{text}” in the title, by {term}"),
    "summary": mark("“{text}” in the summary, by {term}"),
    "body": mark("“{text}” in the body, by {term}"),
    "author": mark("“{text}” in the author, by {term}"),
}


def match_spans(matches: Iterable[Match], part: str) -> list[tuple[int, int]]:
    """Return the (start, end) of the matches in a part of an article, in order."""
    return sorted((match.start, match.end) for match in matches if match.field == part)


def describe_match(match: Match) -> str:
    return _(_MATCHED_IN[match.field], text=match.text, term=term_name(match))


def term_names(matches: Iterable[Match]) -> list[str]:
    """Return each term once; it may be a namesake if it is at each of its places."""
    terms: dict[str, Match] = {}
    for match in matches:
        if terms.setdefault(match.term, match).ambiguous:
            terms[match.term] = match
    return list(map(term_name, terms.values()))


def concept_names(alerts: Iterable[Alert]) -> list[str]:
    """Return which names of which concepts matched."""
    return term_names(match for alert in alerts for match in alert.matches if match.concept)


def outcome_lines(alert: Alert, deliveries: Iterable[Delivery], moment: Moment) -> Iterator[Line]:
    """Yield the note of an alert, and who was notified of it or why nobody was."""
    if alert.unlisted:
        words = _("not in the feed: only the sitemap of the site shows it")
        yield [(f"{signs.LOOK} {words}", "late")]
    for paragraph in lines(alert.note).splitlines():
        yield [(f"{signs.NOTE} {paragraph}", "note")]
    for words in (describe_deliveries(deliveries, moment), describe_suppression(alert, moment)):
        if words:
            yield [(words, "quiet")]


def change_lines(alert: Alert, moment: Moment) -> Iterator[Line]:
    """Yield the escalations of an alert, and the terms that an edit removed."""
    if alert.escalations:
        severity = severity_name(alert.escalations[0].severity)
        steps = [describe_escalations(alert, moment), _("raised as {severity}", severity=severity)]
        yield [(f"{signs.ESCALATED} {clauses(steps)}", "accent")]
    for lost_term in alert.lost:
        words = _(
            "{term}: no longer in the text since the revision of {moment}",
            term=line(lost_term.term), moment=moment(lost_term.at),
        )  # fmt: skip
        yield [(f"{signs.LOOK} {words}", "late")]


def alert_lines(alert: Alert, deliveries: Iterable[Delivery], moment: Moment) -> Iterator[Line]:
    """Yield the outcome of an alert and its changes, then each match once, with its count."""
    yield from outcome_lines(alert, deliveries, moment)
    yield from change_lines(alert, moment)
    for words, count in Counter(map(describe_match, alert.matches)).items():
        yield [(f"{words} × {number(count)}" if count > 1 else words, "plain")]


def describe_decision(decision: Decision) -> str:
    """Return the changes of an alert by an act of triage, and why: `new → closed, starred`."""
    words = [*_changes(decision.before, decision.after)]
    if decision.why:
        words.append(_("because of {reason}", reason=line(decision.why)))
    if decision.undoes is not None:
        words.append(_("undoes {change}", change=decision.undoes))
    return ", ".join(words)


def describe_change(change: Change, alert: Alert) -> str:
    """Return what a change makes of an alert: `noise, starred`; empty if it is so already."""
    state = triage_state(alert)
    return _outcome(*difference(state, change.on(state)))


def describe_undone(
    act: TriageAction, decisions: Iterable[Decision], stories: Iterable[StoryAlerts], *, redo: bool
) -> str:
    """Return what an act undid or redid: `Undone: noise on Grève à Orly`.

    Args:
        act: The act, which changed at least one alert.
        decisions: The decisions about its first alert.
        stories: The stories of its alerts.
        redo: Whether it redid something.
    """
    step = next(decision for decision in decisions if decision.act == act.id)
    words = _outcome(*((step.before, step.after) if redo else (step.after, step.before)))
    subject = describe_subject([a for story in stories for a in story.alerts if a.id in act.ids])
    if redo:
        return _("Redone: {decision} on {subject}", decision=words, subject=subject)
    return _("Undone: {decision} on {subject}", decision=words, subject=subject)


def _outcome(before: Fields, after: Fields) -> str:
    """Return the fields of an alert that changed as they are then."""
    kept = {name: after[name] for name in after if name != "state" or "verdict" not in after}
    tags = {name: before[name] for name in before if name == "tags"}
    return ", ".join(_changes(tags, kept))


def describe_subject(alerts: Sequence[Alert]) -> str:
    """Return the headline of a single story, else the number of stories and alerts."""
    first_ids = {alert.story_alert for alert in alerts}
    if len(first_ids) == 1:
        return line(alerts[-1].title or alerts[-1].feed)
    return stories_of(len(first_ids), len(alerts))


def describe_changes(decision: Decision) -> str:
    """Return the changes of an alert by an act of triage: `new → closed, starred`."""
    return ", ".join(_changes(decision.before, decision.after))


def _changes(earlier: Fields, later: Fields) -> Iterator[str]:
    for name, after in later.items():
        before = earlier.get(name, "")
        if name == "tags":
            yield from (f"+#{line(tag)}" for tag in after if tag not in before)
            yield from (f"-#{line(tag)}" for tag in before if tag not in after)
        elif name == "starred":
            yield _("starred") if after else _("star removed")
        elif name == "assignee":
            assignee = line(after)
            yield _("assigned to {name}", name=assignee) if after else _("assigned to nobody")
        elif name == "note":
            note = truncate(line(after), 60)
            yield _("note “{text}”", text=note) if after else _("note removed")
        elif name not in earlier:
            yield _standing(name, after)
        else:
            yield f"{_standing(name, before)} {signs.BECOMES} {_standing(name, after)}"


def _standing(name: str, value: str) -> str:
    """Return the state or the verdict of an alert in words."""
    if name == "state":
        return state_name(AlertState(value))
    return verdict_name(Verdict(value)) or _("no verdict")


def _reason(name: str) -> str:
    return _(_REASONS[SuppressionReason(name)]) if name in set(SuppressionReason) else name


def describe_escalations(alert: Alert, moment: Moment) -> str:
    """Return the reasons and times of the escalations of an alert: `5 outlets at 10:47`."""
    return ", ".join(
        _("{reason} at {moment}", reason=line(step.words), moment=moment(step.at))
        for step in alert.escalations
    )


def describe_reasons(alerts: Sequence[Alert]) -> str:
    """Return the words of a story that matched, or the kinds of its alerts about feeds."""
    if all(alert.article is None for alert in alerts):
        return ", ".join(dict.fromkeys(kind_name(alert.kind) for alert in alerts))
    forms: dict[str, Match] = {}
    for match in sorted((m for a in alerts for m in a.matches), key=lambda match: match.ambiguous):
        forms.setdefault(match.text.casefold(), match)
    quoted = (term_name(replace(m, term=_("“{text}”", text=m.text))) for m in forms.values())
    return ", ".join(quoted) or _("no longer in the text")
