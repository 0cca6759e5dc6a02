"""Stories as blocks of lines and as Markdown: what `tocsin alerts` and `run --once` print."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import click
from msgspec import Struct

from monitor.base import signs, text_cleaning
from monitor.base.formatting import alert_number, and_more, clauses, iso, shown_title
from monitor.base.translation import gettext as _
from monitor.cli import output
from monitor.model.alert import Alert, Escalation, StoryAlerts, StoryTimeline
from monitor.model.severity import SEVERITY_SIGNS
from monitor.model.shown_names import state_name, verdict_name
from monitor.model.triage import TriageState
from monitor.presentation.alert import (
    describe_escalations,
    describe_reasons,
    describe_suppression,
)
from monitor.presentation.rows import Row
from monitor.presentation.spans import marked
from monitor.presentation.story import NAMED, describe_linked, describe_order

NUMBERS_SHOWN = 5
"""Alerts of a watchlist that a block names; `tocsin show` names all."""


class ListedStory(Struct, frozen=True):
    """A story as a list shows it."""

    story: StoryAlerts
    lead: Alert
    """The alert of it that the list is ordered by, whose headline and time are shown."""
    news: tuple[str, ...] = ()
    """What a story that was listed before has got since, in words."""


def by_story(alerts: Iterable[Alert]) -> list[StoryAlerts]:
    """Return alerts by story, in the order of the first alert of each."""
    stories: dict[int, list[Alert]] = defaultdict(list)
    for alert in alerts:
        stories[alert.story_alert].append(alert)
    return [StoryAlerts(tuple(sorted(story, key=lambda one: one.id))) for story in stories.values()]


def listed(
    stories: Iterable[StoryAlerts], selected: Iterable[int], news: Callable[[StoryAlerts], Any]
) -> list[ListedStory]:
    """Return stories as a list shows them, the newest first.

    Args:
        stories: The stories.
        selected: The alerts that the list is about; the last of them leads a story.
        news: Returns what a story has got since it was listed.
    """
    rows, wanted = [], frozenset(selected)
    for story in stories:
        leads = [alert for alert in story.alerts if alert.id in wanted]
        rows.append(ListedStory(story, StoryAlerts(tuple(leads)).newest, tuple(news(story))))
    return sorted(rows, key=lambda row: (row.lead.stirred_at, row.lead.id), reverse=True)


def no_news(_story: StoryAlerts) -> tuple[str, ...]:
    """Return nothing: no story was listed before."""
    return ()


def news(
    story: StoryAlerts, raised: Collection[int], escalations: Collection[int] = ()
) -> Iterator[str]:
    """Yield what a story has got by these alerts and escalations, if it had an alert before."""
    if all(alert.id in raised for alert in story.alerts):
        return
    for alert in story.alerts:
        if alert.id in raised:
            name = text_cleaning.line(alert.watchlist)
            yield f"{name} {alert_number(alert.id)}, {_outlet(alert)}"  # not a message
    steps = [step for alert in story.alerts for step in alert.escalations]
    yield from dict.fromkeys(_words(step) for step in steps if step.id in escalations)


def print_stories(
    stories: Iterable[ListedStory], style: str, now: float, *, paged: bool = False
) -> None:
    """Print stories as blocks (`table`) or in Markdown (`md`).

    With `paged`, through a pager if they do not fit on the terminal.
    """
    if style == "md":
        output.print_rows(map(markdown_row, stories), style, ())
    else:
        output.print_lines([line for row in stories for line in story_lines(row, now)], paged=paged)
    sys.stdout.flush()


def markdown_row(row: ListedStory) -> Row:
    """Return a story as the values that a list in Markdown has."""
    lead = row.lead
    notes = dict.fromkeys(alert.note for alert in row.story.alerts if alert.note)
    return {
        "title": lead.title,
        "url": lead.url,
        "watchlist": ", ".join(row.story.watchlists),
        "feed": _outlet(lead),
        "raised_at": iso(lead.stirred_at),
        "assignees": row.story.assignees,
        "note": "\n".join(map(text_cleaning.lines, notes)),
    }


def story_lines(row: ListedStory, now: float) -> Iterator[str]:
    """Yield a story as the lines of a list."""
    story, lead = row.story, row.lead
    mark = (SEVERITY_SIGNS[story.severity], str(story.severity))
    spans = [
        (match.start, match.end)
        for alert in story.alerts
        if (alert.article, alert.title) == (lead.article, lead.title)
        for match in alert.matches
        if match.field == "title"
    ]
    title = marked(shown_title(lead.title), spans)
    yield output.draw([(f"{alert_number(lead.id):>6} ", ""), mark, (" ", ""), *title])
    for line in _detail_lines(row, now):
        yield f"         {line}"


def _detail_lines(row: ListedStory, now: float) -> Iterator[str]:
    story, lead = row.story, row.lead
    moment = partial(output.format_moment, now=now)
    dim = partial(click.style, dim=True)
    if row.news:
        yield click.style(_("new: {news}", news=clauses(row.news)), bold=True)
    about = " · ".join(filter(None, (_outlet(lead), output.ago(lead.stirred_at, now))))
    if lead.article is not None:
        about += f" · {_('article {number}', number=lead.article)}"
    about = f"{dim(about)} · {describe_reasons(story.alerts)}"
    if len(story.alerts) == 1:
        yield f"{_watchlists(story)} · {about}"
    else:
        yield from (_watchlists(story), about)
    yield from _triage_lines(story)
    for note in dict.fromkeys(alert.note for alert in story.alerts if alert.note):
        yield from (dim(f"{signs.NOTE} {line}") for line in text_cleaning.lines(note).splitlines())
    steps = dict.fromkeys(
        describe_escalations(alert, moment) for alert in story.alerts if alert.escalations
    )
    yield from (click.style(f"{signs.ESCALATED} {words}", bold=True) for words in steps)
    yield from map(dim, _suppressions(story, moment))
    if order := describe_order(lead.telling.outlets):
        yield dim(order)
    yield from map(dim, other_language_lines(lead.telling))


def _outlet(alert: Alert) -> str:
    """Return who published the article of an alert, and how many others have its story."""
    return alert.publisher + (f" {signs.OUTLETS}{alert.duplicates}" if alert.duplicates else "")


def _words(step: Escalation) -> str:
    return f"{signs.ESCALATED} {text_cleaning.line(step.words)}"


def _watchlists(story: StoryAlerts) -> str:
    """Return the watchlists of a story: with their alerts, and the state of each if they differ."""
    alone = len(story.alerts) == 1
    differ = len({_standing(alert) for alert in story.alerts}) > 1
    parts = []
    for name in story.watchlists:
        part = click.style(text_cleaning.line(name), bold=True)
        groups: dict[TriageState, list[Alert]] = defaultdict(list)
        for alert in story.alerts:
            if alert.watchlist == name:
                groups[_standing(alert)].append(alert)
        for standing, alerts in groups.items():
            part += "" if alone else f" {_numbers(alerts)}"
            part += f" ({_standing_words(standing)})" if differ else ""
        parts.append(part)
    return ", ".join(parts)


def _numbers(alerts: Sequence[Alert]) -> str:
    numbers = " ".join(alert_number(alert.id) for alert in alerts[:NUMBERS_SHOWN])
    return and_more(numbers, len(alerts) - NUMBERS_SHOWN)


def _standing(alert: Alert) -> TriageState:
    return TriageState(state=alert.state, verdict=alert.verdict)


def _standing_words(standing: TriageState) -> str:
    return ", ".join(filter(None, (state_name(standing.state), verdict_name(standing.verdict))))


def _triage_lines(story: StoryAlerts) -> Iterator[str]:
    """Yield what was decided of the whole story, if anything was."""
    shared = len({_standing(alert) for alert in story.alerts}) == 1
    standing = _standing(story.alerts[0])
    words = [_standing_words(standing)] if shared and standing != TriageState() else []
    words += [signs.STAR] if story.starred else []
    words += [f"{signs.ASSIGNED}{text_cleaning.line(name)}" for name in story.assignees]
    words += [f"#{text_cleaning.line(tag)}" for tag in story.tags]
    if words:
        yield " · ".join(words)


def _suppressions(story: StoryAlerts, moment: Callable[[float], str]) -> Iterator[str]:
    """Yield why nobody is notified: once if it holds for all alerts, else with those it is for."""
    reasons: dict[str, list[Alert]] = defaultdict(list)
    for alert in story.alerts:
        reasons[describe_suppression(alert, moment)].append(alert)
    for words, alerts in reasons.items():
        if words and len(reasons) == 1:
            yield words
        elif words:
            yield _("{alerts} {reason}", alerts=_numbers(alerts), reason=words)


def other_language_lines(timeline: StoryTimeline, limit: int = NAMED) -> Iterator[str]:
    """Yield the outlets that report the event in other words, a line per language."""
    for linked in timeline.elsewhere_by_language():
        outlets = linked.outlets
        shown = ", ".join(outlet.name for outlet in outlets[:limit])
        names = and_more(shown, len(outlets) - limit)
        where = _("{where}: {outlets}", where=describe_linked(linked), outlets=names)
        yield f"{where} · {article_name(outlets[0].article)}"


def article_name(number: int | None) -> str:
    """Return what an article is called by its number."""
    return _("article {number}", number=number)
