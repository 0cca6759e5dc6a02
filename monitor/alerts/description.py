"""An alert in words: what was decided of it, by whom, and who was notified or why nobody. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from index.analysis.text_cleaning import line
from index.article import Timestamp
from index.translation import gettext as _
from monitor import signs
from monitor.formatting import alert_number
from monitor.model.alert import AlertState, SuppressionReason, Verdict
from monitor.model.delivery import DeliveryState
from monitor.model.language import language_name

if TYPE_CHECKING:
    from monitor.model.alert import Alert, Decision, LinkedOutlets
    from monitor.model.delivery import Delivery

_REASONS = {
    SuppressionReason.BACKFILL: "published before this watchlist or feed was watched",
    SuppressionReason.SILENCE: "the watchlist was silenced",
    SuppressionReason.NO_ROUTE: "no route leads to a channel",
    SuppressionReason.COOLDOWN: "cooldown after another alert of this watchlist",
}

_COUNTED = {
    SuppressionReason.BACKFILL: "published before they were watched",
    SuppressionReason.SILENCE: "silenced",
    SuppressionReason.NO_ROUTE: "without a route",
    SuppressionReason.COOLDOWN: "in a cooldown",
    "copy": "copies",
}


def describe_counts(suppressed: Mapping[str, int]) -> str:
    """Return how many alerts were suppressed for each reason: `2 silenced, 1 without a route`."""
    counts = sorted(suppressed.items(), key=lambda one: -one[1])
    return ", ".join(f"{count:,} {_COUNTED.get(reason, reason)}" for reason, count in counts)


def describe_triage(alert: Alert, last: Decision | None, moment: Callable[[Timestamp], str]) -> str:
    """Return state, verdict, star and tags of an alert: `acknowledged by anna 10:31 · noise`.

    Args:
        alert: The alert.
        last: The last decision about it, None if there is none.
        moment: Returns a time in words.
    """
    words = [str(alert.state)]
    if last is not None:
        who = "tocsin" if last.why else line(last.who) or "somebody"
        changed = "" if alert.state is not AlertState.NEW else "changed "
        words = [f"{alert.state}, {changed}by {who} {moment(last.at)}"]
    if alert.verdict is not Verdict.NONE:
        words.append(str(alert.verdict))
    if alert.starred:
        words.append(signs.STAR)
    words += [f"#{line(tag)}" for tag in alert.tags]
    return " · ".join(words)


def describe_linked(linked: LinkedOutlets) -> str:
    """Return in which language outlets tell of an event: `also in French`."""
    language = language_name(linked.lang)
    match bool(linked.lang), linked.perhaps:
        case True, True:
            return _("perhaps also in {language}", language=language)
        case True, False:
            return _("also in {language}", language=language)
        case False, True:
            return _("perhaps also in another language")
        case _unknown:
            return _("also in another language")


def describe_suppression(alert: Alert, moment: Callable[[Timestamp], str]) -> str:
    """Return why nobody is notified of an alert, and until when; empty if somebody is."""
    if alert.duplicate_of is not None:
        return f"not notified: a copy; alert {alert_number(alert.duplicate_of)} stands for it"
    steps = [
        f"{line(step.words)} not notified: {_reason(step.suppressed)}"
        for step in alert.escalations
        if step.suppressed not in ("", alert.suppressed)
    ]
    if alert.suppressed:
        until = f" until {moment(alert.suppressed_until)}" if alert.suppressed_until else ""
        steps.insert(0, f"not notified: {_reason(alert.suppressed)}{until}")
    return "; ".join(steps)


def describe_deliveries(deliveries: Iterable[Delivery], moment: Callable[[Timestamp], str]) -> str:
    """Return where an alert was sent, where it waits and where it was given up.

    `sent to desk 10:31; waits for mail: quiet hours until 07:00`; empty without deliveries.
    """
    return "; ".join(_delivery_words(deliveries, moment))


def _delivery_words(
    deliveries: Iterable[Delivery], moment: Callable[[Timestamp], str]
) -> Iterator[str]:
    for one in deliveries:
        channel, reason = line(one.channel), line(one.reason)
        if one.state is DeliveryState.SENT and one.sent_at is not None:
            yield f"sent to {channel} {moment(one.sent_at)}"
        elif one.state is DeliveryState.DEAD:
            yield f"given up for {channel}" + (f": {reason}" if reason else "")
        else:
            yield f"waits for {channel}: {reason or f'due {moment(one.due)}'}"


def _reason(name: str) -> str:
    return _REASONS[SuppressionReason(name)] if name in set(SuppressionReason) else name
