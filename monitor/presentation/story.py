"""A story in words: its first outlet, how the others followed, what was decided of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from monitor.base import signs
from monitor.base.formatting import alert_number, and_more, shown_title, span
from monitor.base.text_cleaning import line, lines
from monitor.base.translation import gettext as _, ngettext
from monitor.model.alert import (
    Alert,
    AlertState,
    LinkedOutlets,
    Outlet,
    StoryAlerts,
    StoryTimeline,
    Verdict,
)
from monitor.model.shown_names import language_name, list_name, state_name, verdict_name
from monitor.presentation.alert import (
    Moment,
    describe_escalations,
    describe_reasons,
    describe_suppression,
    match_spans,
)
from monitor.presentation.spans import Line, marked

NUMBERS_SHOWN = 5
"""Most alerts of a watchlist that a list names; `tocsin show` names all."""
NAMED = 3
"""Most outlets that a line of a list names."""
_OLDEST = 72 * 3600.0
"""Most seconds from the date of an article of a story until tocsin saw it."""


class ListedStory(Struct, frozen=True):
    """A story as a list shows it."""

    story: StoryAlerts
    lead: Alert
    """The alert by which the list is ordered, and whose headline and time are shown."""
    news: tuple[str, ...] = ()
    """The news of a story that was listed before, in words."""

    @property
    def unsilenced(self) -> StoryAlerts:
        """Return the story without alerts raised in a silence, unless such an alert leads it."""
        alerts = tuple(alert for alert in self.story.alerts if not alert.silenced)
        return self.story if self.lead.silenced or not alerts else StoryAlerts(alerts)


def published_first(outlets: Sequence[Outlet]) -> Outlet | None:
    """Return the outlet that had a story first by the publishers' own dates.

    None where the dates agree with the order in which the monitor saw the outlets, within a
    minute, or where a date is missing, in the future or too old.
    """
    dated = [o for o in outlets if o.published and 0 <= o.seen - o.published <= _OLDEST]
    first = min(dated, key=lambda outlet: outlet.published or 0.0, default=None)
    if first is None or first is outlets[0] or outlets[0] not in dated:
        return None
    return first if (outlets[0].published or 0.0) - (first.published or 0.0) >= 60 else None


def describe_outlets(outlets: Sequence[Outlet]) -> str:
    """Return the number of outlets of a story, and the first one by the publishers' dates."""
    if (earlier := published_first(outlets)) is None:
        return ngettext(
            "The same story in {count} outlet", "The same story in {count} outlets", len(outlets)
        )
    seconds = (outlets[0].published or 0.0) - (earlier.published or 0.0)
    return ngettext(
        "The same story in {count} outlet; first published by {outlet}, {time} earlier",
        "The same story in {count} outlets; first published by {outlet}, {time} earlier",
        len(outlets), outlet=line(earlier.name), time=span(seconds),
    )  # fmt: skip


def describe_lag(outlet: Outlet, first: Outlet) -> str:
    """Return the delay of an outlet after the first one: `first`, `+2 min`."""
    if outlet is first:
        return _("first")
    return f"+{span(outlet.lag)}" if outlet.lag >= 1 else _("at once")


def describe_wording(outlet: Outlet, first: Outlet) -> str:
    """Return `copied` or `own words`, in the language of the reader; empty for the first outlet."""
    if outlet.copied:
        return _("copied")
    return "" if outlet is first else _("own words")


def describe_linked(linked: LinkedOutlets) -> str:
    """Return the language in which outlets tell of an event: `also in French`."""
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


def outlet_lines(timeline: StoryTimeline, limit: int) -> Iterator[str]:
    """Yield the outlets with a story, and those with its event in each language, with their signs.

    A line names at most `limit` outlets, each once, and counts the others.
    """
    firsts: dict[str, Outlet] = {}
    for outlet in timeline.outlets:
        firsts.setdefault(outlet.name, outlet)
    if firsts:
        lags = [f"{o.name} +{span(o.lag)}" if o.lag >= 1 else o.name for o in firsts.values()]
        yield f"{signs.OUTLETS} {shortened(lags, limit)}"
    for linked in timeline.elsewhere_by_language():
        names = shortened([*dict.fromkeys(outlet.name for outlet in linked.outlets)], limit)
        words = describe_linked(linked)
        yield f"{signs.OTHER_LANGUAGE} {_('{where}: {outlets}', where=words, outlets=names)}"


def shortened(names: Sequence[str], limit: int) -> str:
    """Return the first `limit` names, and the number of the others: `AFP, Le Soir, +3`."""
    suffix = [f"{signs.MORE}{len(names) - limit}"] if len(names) > limit else []
    return ", ".join([*names[:limit], *suffix])


def describe_outlet(alert: Alert) -> str:
    """Return the publisher of the article of an alert, and the number of its copies."""
    outlet = alert.publisher + (f" {signs.OUTLETS}{alert.copies}" if alert.copies else "")
    return f"{outlet}, {_('not in the feed')}" if alert.unlisted else outlet


def describe_standing(story: StoryAlerts) -> str:
    """Return the decisions about a whole story; empty without any."""
    shared = len({_standing(alert) for alert in story.alerts}) == 1
    words = [_standing_words(story.alerts[0])] if shared and _standing(story.alerts[0]) else []
    words += [signs.STAR] if story.starred else []
    words += [f"{signs.ASSIGNED}{line(name)}" for name in story.assignees]
    words += [f"{signs.TAG}{line(tag)}" for tag in story.tags]
    return " · ".join(words)


def _standing(alert: Alert) -> tuple[AlertState, Verdict] | None:
    """Return the state and the verdict of an alert, None while it is new."""
    standing = alert.state, alert.verdict
    return None if standing == (AlertState.NEW, Verdict.NONE) else standing


def _standing_words(alert: Alert) -> str:
    return ", ".join(filter(None, (state_name(alert.state), verdict_name(alert.verdict))))


def story_headline(story: StoryAlerts, lead: Alert) -> Line:
    """Return the headline of a story's leading alert, with the matches of all its alerts."""
    alerts = [a for a in story.alerts if (a.article, a.title) == (lead.article, lead.title)]
    spans = match_spans((match for alert in alerts for match in alert.matches), "title")
    return marked(shown_title(lead.title), spans)


def story_lines(story: StoryAlerts, lead: Alert, moment: Moment, ago: Moment) -> Iterator[Line]:
    """Yield the lines below the headline of a story in a list; `ago` formats the time of `lead`."""
    details = [describe_outlet(lead), ago(lead.stirred_at)]
    if lead.article is not None:
        details.append(article_name(lead.article))
    reasons = (f" · {describe_reasons(story.alerts)}", "plain")
    lead_line: Line = [(" · ".join(filter(None, details)), "quiet"), reasons]
    if len(story.alerts) == 1:
        yield [*_watchlists(story), (" · ", ""), *lead_line]
    else:
        yield from (_watchlists(story), lead_line)
    if standing := describe_standing(story):
        yield [(standing, "plain")]
    for paragraph in dict.fromkeys(lines("\n".join(a.note for a in story.alerts)).splitlines()):
        yield [(f"{signs.NOTE} {paragraph}", "note")]
    escalated = [describe_escalations(alert, moment) for alert in story.alerts]
    for steps in filter(None, dict.fromkeys(escalated)):
        yield [(f"{signs.ESCALATED} {steps}", "accent")]
    outlets = lead.timeline.outlets if len(lead.timeline.outlets) > 1 else ()
    timeline = StoryTimeline(outlets, lead.timeline.elsewhere)
    for words in (*_suppressions(story, moment), *outlet_lines(timeline, NAMED)):
        yield [(words, "quiet")]


def _watchlists(story: StoryAlerts) -> Line:
    """Return the watchlists of a story: with their alerts, and the state of each if they differ."""
    is_single = len(story.alerts) == 1
    states_differ = len({_standing(alert) for alert in story.alerts}) > 1
    runs: Line = []
    for name in story.watchlists:
        groups: dict[str, list[Alert]] = {}
        for alert in story.alerts:
            if alert.watchlist == name:
                groups.setdefault(_standing_words(alert) if states_differ else "", []).append(alert)
        runs += [(", ", "")] if runs else []
        runs.append((line(list_name(name)), "list"))
        for words, alerts in groups.items():
            numbers = "" if is_single else f" {_numbers(alerts)}"
            runs.append((numbers + (f" ({words})" if words else ""), "plain"))
    return runs


def _numbers(alerts: Sequence[Alert]) -> str:
    numbers = " ".join(alert_number(alert.id) for alert in alerts[:NUMBERS_SHOWN])
    return and_more(numbers, len(alerts) - NUMBERS_SHOWN)


def _suppressions(story: StoryAlerts, moment: Moment) -> Iterator[str]:
    """Yield the reasons of suppression: one alone if all alerts have it, else each with alerts."""
    reasons: dict[str, list[Alert]] = {}
    for alert in story.alerts:
        reasons.setdefault(describe_suppression(alert, moment), []).append(alert)
    for words, alerts in reasons.items():
        if words and len(reasons) == 1:
            yield words
        elif words:
            yield _("{alerts} {reason}", alerts=_numbers(alerts), reason=words)


def article_name(number: int) -> str:
    return _("article {number}", number=number)
