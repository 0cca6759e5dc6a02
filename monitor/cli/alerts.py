"""`tocsin alerts`: list alerts by story, and follow new ones."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, NoReturn

import click
from msgspec.structs import replace

from monitor.base import signs, text_cleaning
from monitor.base.errors import StoreError
from monitor.base.formatting import alert_number, alerts as counted_alerts, clauses
from monitor.base.translation import gettext as _, number
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import (
    KnownNames,
    build_filter,
    combined,
    completer,
    format_option,
    several,
    with_filters,
    with_limit,
)
from monitor.model.alert import Alert, EscalatedAlert, StoryAlerts
from monitor.model.search import Filter
from monitor.model.shown_names import list_name
from monitor.model.status import StoreVersion
from monitor.presentation.service.known_names import ME, NOBODY
from monitor.presentation.service.triage import AlertSelection, clean_tag, with_decisions
from monitor.presentation.severity import severity_run
from monitor.presentation.spans import Line, fit_line, width
from monitor.presentation.story import (
    ListedStory,
    describe_outlet,
    shortened,
    story_headline,
    story_lines,
)
from monitor.runtime.machine import pause
from monitor.runtime.viewing import commit_waiter

STATES = ("open", "new", "acknowledged", "closed", "all")
VERDICTS = ("relevant", "noise", "none")


def _tags(cli: CliContext) -> dict[str, str]:
    counts = cli.service().views.triage.tags()
    return {tag: counted_alerts(count) for tag, count in counts.items()}


complete_tags = completer(_tags)
complete_people = completer(lambda cli: (ME, NOBODY, *cli.service().views.triage.people()))

with_alert_filters = combined(
    click.option(
        "--state",
        type=click.Choice(STATES),
        default="open",
        show_default=True,
        help="State of the alerts. `open` means new or acknowledged.",
    ),
    click.option("--verdict", type=click.Choice(VERDICTS), help="Verdict on the alerts."),
    click.option("--starred", is_flag=True, help="Alerts with a star."),
    several(
        "--tag",
        "tags",
        "Alerts with this tag of your own.",
        metavar="TAG",
        shell_complete=complete_tags,
    ),
    several(
        "--assigned",
        "assignees",
        "Alerts that are assigned to NAME; `me` is you, `nobody` those of nobody.",
        shell_complete=complete_people,
    ),
    click.option("--mine", is_flag=True, help="Alerts that are assigned to you."),
    click.option(
        "--query",
        default="",
        metavar="QUERY",
        help="Alerts that this query selects, as 'watch:Alibaba lang:fr since:7d "
        "strike'. It may contain `state:`, `is:` and `assigned:`.",
    ),
)


def build_alert_filter(
    *,
    state: str,
    verdict: str | None,
    starred: bool,
    tags: tuple[str, ...],
    assignees: tuple[str, ...],
    mine: bool,
    **selected: Any,
) -> Filter:
    """Return the filter for these options; raises BadParameter."""
    try:
        valid_tags = tuple(map(clean_tag, tags))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--tag") from None
    people = (*assignees, ME) if mine else assignees
    return with_decisions(build_filter(**selected), state, verdict, valid_tags, people, starred)


def print_alerts(
    alerts: Sequence[Alert], style: str, *, header: bool = True, has_more: bool = False
) -> None:
    from monitor.presentation import rows
    from monitor.presentation.rows.alerts import AlertRow, alert_row, alerts_row

    if style == "json":
        output.print_json(alerts_row(alerts, has_more=has_more))
        return
    output.print_rows(map(alert_row, alerts), style, rows.columns(AlertRow), header=header)
    sys.stdout.flush()


def by_story(alerts: Iterable[Alert]) -> list[StoryAlerts]:
    """Return alerts by story, in the order of the first alert of each."""
    stories: dict[int, list[Alert]] = defaultdict(list)
    for alert in alerts:
        stories[alert.story_alert].append(alert)
    return [
        StoryAlerts(tuple(sorted(story, key=lambda alert: alert.id))) for story in stories.values()
    ]


def list_stories(
    stories: Iterable[StoryAlerts],
    selected: Iterable[int],
    news: Callable[[StoryAlerts], Iterable[str]] = lambda story: (),
) -> list[ListedStory]:
    """Return stories for a list, the newest first; the last of the selected alerts leads each."""
    rows, ids = [], frozenset(selected)
    for story in stories:
        leads = [alert for alert in story.alerts if alert.id in ids]
        rows.append(ListedStory(story, StoryAlerts(tuple(leads)).newest, tuple(news(story))))
    return sorted(rows, key=lambda row: (row.lead.stirred_at, row.lead.id), reverse=True)


def news(
    story: StoryAlerts, raised: Collection[int], escalations: Collection[int] = ()
) -> Iterator[str]:
    """Yield these alerts and escalations of a story as news, if it had an alert before."""
    if all(alert.id in raised for alert in story.alerts):
        return
    for alert in story.alerts:
        if alert.id in raised:
            name = text_cleaning.line(list_name(alert.watchlist))
            yield f"{name} {alert_number(alert.id)}, {describe_outlet(alert)}"  # not a message
    steps = [step for alert in story.alerts for step in alert.escalations]
    words = (text_cleaning.line(step.words) for step in steps if step.id in escalations)
    yield from (f"{signs.ESCALATED} {reason}" for reason in dict.fromkeys(words))


def print_stories(
    stories: Iterable[ListedStory], now: float, *, paged: bool = False, short: bool = False
) -> None:
    """Print stories as blocks, or lines; with `paged`, by a pager if they need more room."""
    lines = (short_lines(row) if short else listed_lines(row, now) for row in stories)
    output.print_lines([*chain.from_iterable(lines)], paged=paged)
    sys.stdout.flush()


def short_lines(row: ListedStory) -> Iterator[str]:
    """Yield the one line of a story, with what is new, else its outlet; cut on a terminal."""
    story, lead = row.story, row.lead
    cells = output.width() if sys.stdout.isatty() else sys.maxsize
    names = shortened([text_cleaning.line(list_name(name)) for name in story.watchlists], 1)
    details = [*fit_line([(names, "")], cells // 4)[0][:1], *(row.news or [describe_outlet(lead)])]
    tail: Line = [("".join(f" · {words}" for words in details if words), "quiet")]
    head: Line = [(f"{alert_number(lead.id):>6} ", ""), severity_run(story.severity)]
    head = fit_line([*head, *story_headline(story, lead)], max(cells // 2, cells - width(tail)))
    yield output.draw([*head, *fit_line(tail, cells - width(head))])


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


READ, TRIAGE = "Read", "Triage"
COMMANDS = {
    "list": LazyCommand("alerts:alerts_list", "List the stories that raised alerts.", READ),
    "history": LazyCommand("triage:COMMANDS", "Show who changed an alert, and when.", READ),
    "ack": LazyCommand("triage:COMMANDS", "Acknowledge alerts.", TRIAGE),
    "relevant": LazyCommand("triage:COMMANDS", "Call alerts relevant.", TRIAGE),
    "noise": LazyCommand("triage:COMMANDS", "Call alerts noise.", TRIAGE),
    "unjudge": LazyCommand("triage:COMMANDS", "Remove verdicts.", TRIAGE),
    "close": LazyCommand("triage:COMMANDS", "Close alerts. Closed alerts leave the list.", TRIAGE),
    "reopen": LazyCommand("triage:COMMANDS", "Make alerts new again.", TRIAGE),
    "star": LazyCommand("triage:COMMANDS", "Star alerts.", TRIAGE),
    "unstar": LazyCommand("triage:COMMANDS", "Remove stars.", TRIAGE),
    "tag": LazyCommand("triage:COMMANDS", "Add a tag to alerts.", TRIAGE),
    "untag": LazyCommand("triage:COMMANDS", "Remove a tag from alerts.", TRIAGE),
    "assign": LazyCommand("triage:COMMANDS", "Say who works on alerts.", TRIAGE),
    "note": LazyCommand("triage:COMMANDS", "Write a note about alerts.", TRIAGE),
    "undo": LazyCommand("triage:COMMANDS", "Undo your last change.", TRIAGE),
    "redo": LazyCommand("triage:COMMANDS", "Redo the change that you undid last.", TRIAGE),
}


class StorySelection(AlertSelection):
    """The alerts that options select, as stories too."""

    def stories(self, limit: int) -> list[ListedStory]:
        """Return the `limit` stories that have a new alert or escalation last, the newest first."""
        number = limit * 2
        while True:
            alerts = self.latest(number)
            newest = dict.fromkeys(alert.story_alert for alert in reversed(alerts))
            if not limit or len(newest) >= limit or len(alerts) < number:
                break
            number *= 4
        story_ids = frozenset(list(newest)[: limit or None])
        selected = [alert.id for alert in alerts if alert.story_alert in story_ids]
        return list_stories(self._stories(selected), selected)

    def changed_stories(
        self, raised: Sequence[int], escalated: Sequence[EscalatedAlert]
    ) -> list[ListedStory]:
        """Return the stories of these alerts, with what is new, the newest first."""
        selected = [*raised, *(row.alert for row in escalated)]
        steps = [row.escalation for row in escalated]
        return list_stories(self._stories(selected), selected, lambda s: news(s, raised, steps))

    def _stories(self, ids: Sequence[int]) -> list[StoryAlerts]:
        if self.filter.suppressed:  # the others of their stories were notified
            return by_story(self.read(ids))
        return self.views.stories(
            ids, matches=True, timelines=True, closed=self.filter.closed, silenced=True
        )


@click.group(cls=LazyGroup, lazy=COMMANDS, default="list")
def alerts() -> None:
    """List alerts, and work on them. Without a command: `list`.

    Alerts have numbers such as a5; those without an `a` are of articles.
    """


@click.command("list")
@with_filters
@with_limit(50)
@format_option
@with_alert_filters
@click.option(
    "--follow", is_flag=True, help="Continue, and print a story when it gets an alert or escalates."
)
@click.option("--short", is_flag=True, help="Print one line for each story.")
@click.option(
    "--suppressed",
    is_flag=True,
    help="Alerts of which nobody is notified, with the reason, copies included.",
)
@click.pass_context
def alerts_list(
    context: click.Context,
    /,
    limit: int,
    style: str,
    follow: bool,
    short: bool,
    suppressed: bool,
    query: str,
    **selected: Any,
) -> None:
    """List the stories that raised alerts, the newest first; for programs, the alerts.

    A story is printed once, with all its alerts, if one of them passes the filters. `table` prints
    stories, and --limit counts them; `json`, `jsonl` and `csv` print a row for each alert that
    passes, and --limit counts these.

    With --follow the newest comes last, and new ones after it. Closed alerts are left out, unless
    --state asks for them. A story stands at the time when it last got an alert or escalated. Exits
    with 1 when there are no alerts.
    """
    if follow and style == "json":
        raise click.UsageError(
            _("--follow never ends, so it cannot print one JSON list; use --format jsonl")
        )
    if short and style != "table":
        raise click.UsageError(_("--short prints lines for people; it has no other format"))
    cli: CliContext = context.obj
    if suppressed and (follow or query):
        raise click.UsageError(_("--suppressed cannot be combined with --follow or --query"))
    if follow and query:
        raise click.UsageError(_("--query cannot be combined with --follow"))
    service = cli.service()
    known_names = KnownNames(cli, service)
    filter = replace(
        known_names.validate(build_alert_filter(**selected)), silenced=True, suppressed=suppressed
    )
    if query:
        known_names.warn(query)
    version = service.views.version()
    selection = StorySelection(service.triage, filter, query)
    fetch_limit = limit + 1 if limit else 0
    if style == "table":
        stories = selection.stories(fetch_limit)
        count = len(stories)
        page = stories[: limit or None]
        print_stories(page[:: -1 if follow else 1], cli.clock(), paged=not follow, short=short)
    else:
        rows = selection.alerts(fetch_limit)
        count = len(rows)
        newest = rows[-limit:][:: 1 if follow else -1]
        print_alerts(newest, style, has_more=0 < limit < count)
    if count > limit > 0 and not follow:
        say(_("the newest {count}; --limit 0 shows all", count=number(limit)))
    if not (count or follow):
        if style == "table":
            say(_("no alerts"))
        context.exit(1)
    if follow:
        _follow(cli, selection, version, style, short=short)


RETRY_SECONDS = 2.0
"""Seconds between two looks at a shared store that cannot be read."""


def _follow(
    cli: CliContext, selection: StorySelection, version: StoreVersion, style: str, *, short: bool
) -> NoReturn:
    """Print alerts as they are raised or escalate, for ever; wait for a database that stops."""
    views, trouble = cli.service().views, ""
    is_shared = views.listener() is not None
    wait = commit_waiter(views)
    while True:
        try:
            version, raised, escalated = selection.after(version)
        except StoreError as error:
            if not is_shared:
                raise
            if not trouble:
                say(str(error))
            trouble = str(error)
            pause(RETRY_SECONDS)
            continue
        if trouble:
            say(_("the store can be read again"))
        trouble = ""
        if style == "table":
            stories = selection.changed_stories(raised, escalated)
            print_stories(stories[::-1], cli.clock(), short=short)
        elif raised or escalated:
            ids = [*raised, *(row.alert for row in escalated)]
            print_alerts(selection.read(ids), style, header=style != "csv")
        wait()
