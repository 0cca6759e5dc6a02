"""Stories as blocks of lines and as Markdown: what `tocsin alerts` and `run --once` print."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from monitor.base import signs, text_cleaning
from monitor.base.formatting import alert_number, clauses, iso
from monitor.base.translation import gettext as _
from monitor.cli import output
from monitor.model.alert import Alert, StoryAlerts
from monitor.presentation.rows import Row
from monitor.presentation.severity import severity_run
from monitor.presentation.spans import Line
from monitor.presentation.story import ListedStory, describe_outlet, story_headline, story_lines


def by_story(alerts: Iterable[Alert]) -> list[StoryAlerts]:
    """Return alerts by story, in the order of the first alert of each."""
    stories: dict[int, list[Alert]] = defaultdict(list)
    for alert in alerts:
        stories[alert.story_alert].append(alert)
    return [StoryAlerts(tuple(sorted(story, key=lambda one: one.id))) for story in stories.values()]


def listed(
    stories: Iterable[StoryAlerts],
    selected: Iterable[int],
    news: Callable[[StoryAlerts], Iterable[str]] = lambda story: (),
) -> list[ListedStory]:
    """Return stories as a list shows them, the newest first; the last alert selected leads each."""
    rows, wanted = [], frozenset(selected)
    for story in stories:
        leads = [alert for alert in story.alerts if alert.id in wanted]
        rows.append(ListedStory(story, StoryAlerts(tuple(leads)).newest, tuple(news(story))))
    return sorted(rows, key=lambda row: (row.lead.stirred_at, row.lead.id), reverse=True)


def news(
    story: StoryAlerts, raised: Collection[int], escalations: Collection[int] = ()
) -> Iterator[str]:
    """Yield what a story has got by these alerts and escalations, if it had an alert before."""
    if all(alert.id in raised for alert in story.alerts):
        return
    for alert in story.alerts:
        if alert.id in raised:
            name = text_cleaning.line(alert.watchlist)
            yield f"{name} {alert_number(alert.id)}, {describe_outlet(alert)}"  # not a message
    steps = [step for alert in story.alerts for step in alert.escalations]
    words = (text_cleaning.line(step.words) for step in steps if step.id in escalations)
    yield from (f"{signs.ESCALATED} {each}" for each in dict.fromkeys(words))


def print_stories(
    stories: Iterable[ListedStory], style: str, now: float, *, paged: bool = False
) -> None:
    """Print stories as blocks (`table`) or in Markdown (`md`).

    With `paged`, through a pager if they do not fit on the terminal.
    """
    if style == "md":
        output.print_rows(map(markdown_row, stories), style, ())
    else:
        output.print_lines(
            [line for row in stories for line in listed_lines(row, now)], paged=paged
        )
    sys.stdout.flush()


def markdown_row(row: ListedStory) -> Row:
    lead = row.lead
    notes = dict.fromkeys(alert.note for alert in row.story.alerts if alert.note)
    return {
        "title": lead.title,
        "url": lead.url,
        "watchlist": ", ".join(row.story.watchlists),
        "feed": describe_outlet(lead),
        "raised_at": iso(lead.stirred_at),
        "assignees": row.story.assignees,
        "note": "\n".join(map(text_cleaning.lines, notes)),
    }


def listed_lines(row: ListedStory, now: float) -> Iterator[str]:
    story, lead = row.story, row.lead
    number = (f"{alert_number(lead.id):>6} ", "")
    yield output.draw([number, severity_run(story.severity), *story_headline(story, lead)])
    lines: list[Line] = []
    if row.news:
        lines.append([(_("new: {news}", news=clauses(row.news)), "title")])
    moment, ago = partial(output.format_moment, now=now), partial(output.ago, now=now)
    lines += story_lines(story, lead, moment, ago)
    yield from (output.draw(line, " " * 9) for line in lines)
