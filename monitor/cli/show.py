"""`tocsin show`: one article with its matches, its story and its revisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import click

from monitor.base import text_cleaning
from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.formatting import alert_number, shown_title
from monitor.base.translation import gettext as _, ngettext
from monitor.cli import CliContext, output
from monitor.cli.alerts import listed_lines
from monitor.cli.options import AnyNumber, Number, no_alert, no_article, with_format
from monitor.model.alert import Alert, MergedAlert, Outlet, StoryTimeline
from monitor.model.article import ArticleDetails, ArticleRevision, repeated_summary
from monitor.model.delivery import Delivery
from monitor.model.shown_names import list_name, severity_name
from monitor.model.triage import Decision
from monitor.presentation.alert import alert_lines, describe_triage, match_spans
from monitor.presentation.article import (
    byline,
    merged_groups,
    outlet_groups,
    revision_lines,
    trouble_lines,
)
from monitor.presentation.rows.alerts import alert_row
from monitor.presentation.rows.articles import RevisionsRow, details_row, revisions_row
from monitor.presentation.service.matching import revisions_of
from monitor.presentation.spans import Line, marked
from monitor.presentation.story import ListedStory, article_name, describe_lag, describe_wording
from monitor.presentation.times import date_anomaly
from monitor.storage.maintenance.verification import contradictions
from monitor.storage.store.sql.evidence import EvidenceReader


def timeline_lines(timeline: StoryTimeline, now: Timestamp) -> Iterator[str]:
    """Yield the outlets of a story by language, with their delays and dates."""
    for heading, outlets in outlet_groups(timeline):
        yield heading
        for outlet in outlets:
            notes = [describe_wording(outlet, outlets[0]), *_dated(outlet, now)]
            name = f"{describe_lag(outlet, outlets[0])} {outlet.name}"
            yield f"    {' · '.join(filter(None, (name, *notes, article_name(outlet.article))))}"


def _dated(outlet: Outlet, now: Timestamp) -> Iterator[str]:
    if outlet.published:
        yield _("dated {moment}", moment=output.format_moment(outlet.published, now))


def merged_lines(merged: Sequence[MergedAlert]) -> Iterator[str]:
    for heading, alerts in merged_groups(merged):
        yield f"    {heading}"
        for alert in alerts:
            words = _(
                "alert {number}, {outlet}: {title}",
                number=alert_number(alert.alert),
                outlet=alert.publisher,
                title=shown_title(text_cleaning.line(alert.title)),
            )
            yield f"        {words} · {article_name(alert.article)}"


def load_revisions(cli: CliContext, details: ArticleDetails) -> list[ArticleRevision]:
    return revisions_of(cli.service().views, details, cli.config_path, cli.data)


def diff_lines(revisions: Sequence[ArticleRevision]) -> Iterator[str]:
    """Yield revisions as lines, the latest first."""
    yield ""
    for depth, line in revision_lines(revisions, output.full_moment):
        yield from output.draw_lines(line, output.text_width(), "  " * depth, intact=True)


@click.command()
@click.argument("number", type=AnyNumber(), metavar="NUMBER")
@with_format("text", "json")
@click.option(
    "--diff",
    is_flag=True,
    help="Show what edits of the publisher changed, and which watched terms were removed or added.",
)
@click.pass_obj
def show(cli: CliContext, number: Number, style: str, diff: bool) -> None:
    """Show an article (5) with its matches, or an alert (a5) with its article, and why it matched.

    The first line says which of the two it is. What is not as its evidence says is not shown.
    """
    if number.is_alert:
        _show_alert(cli, number.id, style, diff=diff)
    else:
        _show_article(cli, number.id, style, diff=diff)


def _show_alert(cli: CliContext, id: int, style: str, *, diff: bool) -> None:
    service, now = cli.service(), cli.clock()
    stories = service.views.alerts.stories(
        [id], matches=True, timelines=True, closed=True, silenced=True
    )
    if not stories:
        raise no_alert(id)
    (story,) = stories
    (alert,) = (a for a in story.alerts if a.id == id)
    details = None if alert.article is None else service.views.articles.details(alert.article)
    _require_evidence(cli, details, story.alerts)
    if style == "json":
        diffs = {**_load_revisions_row(cli, details)} if diff and details else {}
        numbers = {"story_alerts": [alert_number(a.id) for a in story.alerts]}
        output.print_json({**alert_row(alert), **numbers, **diffs})
        return
    number = alert_number(id)
    output.echo(
        _("alert {number} of article {article}", number=number, article=alert.article)
        if details
        else _("alert {number}", number=number)
    )
    output.print_lines(listed_lines(ListedStory(story, alert), now))
    click.echo()
    if details:
        _print_article(cli, details, diff=diff)
    shown_ids = {a.id for a in details.alerts} if details else set()
    _print_others(cli, [a for a in story.alerts if a.id not in shown_ids], alert_id=id)


def _print_others(cli: CliContext, alerts: Sequence[Alert], *, alert_id: int) -> None:
    """Print alerts that are not of the article above: of its story, or about a feed."""
    views = cli.service().views
    ids = [alert.id for alert in alerts]
    decisions = {id: history[-1] for id in ids if (history := views.triage.decisions(id))}
    deliveries = views.deliveries.of_alerts(ids)
    if alerts and ids != [alert_id]:
        click.echo()
        output.echo(click.style(_("other alerts of its story:"), bold=True))
    for alert in alerts:
        last, sent = decisions.get(alert.id), deliveries.get(alert.id, ())
        output.print_lines(_alert_lines(alert, last, sent, cli.clock()))
        if alert.article is not None:
            title = shown_title(text_cleaning.line(alert.title))
            words = _("{name}: {text}", name=alert.publisher, text=title)
            output.echo(f"    {words} · {article_name(alert.article)}")


def _show_article(cli: CliContext, id: int, style: str, *, diff: bool) -> None:
    service = cli.service()
    details = service.views.articles.details(id)
    if details is None:
        raise no_article(id)
    _require_evidence(cli, details)
    if style == "json":
        diffs = {**_load_revisions_row(cli, details)} if diff else {}
        output.print_json({**details_row(details), **diffs})
        return
    output.echo(article_name(id))
    _print_article(cli, details, diff=diff)


def _require_evidence(
    cli: CliContext, details: ArticleDetails | None, alerts: Sequence[Alert] = ()
) -> None:
    """Raise StoreError if the evidence says otherwise of what is to be shown."""
    ids, outlets = {alert.id for alert in alerts}, {alert.feed for alert in alerts}
    story = details.article.story if details else None
    if details:
        ids |= {a.id for a in details.alerts} | {other.alert for other in details.merged}
        timeline = (*details.timeline.outlets, *details.timeline.elsewhere)
        outlets |= {details.feed, *(outlet.name for outlet in timeline)}
        outlets |= {other.publisher for other in details.merged}
    with EvidenceReader(cli.store) as proofs:
        faults = "; ".join(map(str, contradictions(proofs, sorted(ids), outlets, story)))
    if faults:
        raise StoreError(_("it is not as its evidence says: {faults}", faults=faults))


def _print_article(cli: CliContext, details: ArticleDetails, *, diff: bool) -> None:
    output.print_lines(_lines(details, cli.clock()))
    if diff:
        output.print_lines(diff_lines(load_revisions(cli, details)))


def _load_revisions_row(cli: CliContext, details: ArticleDetails) -> RevisionsRow:
    versions = cli.service().views.articles.revisions(details.article.id)
    return revisions_row(load_revisions(cli, details), versions)


def _lines(details: ArticleDetails, now: float) -> Iterator[str]:
    article = details.article
    title = _marked(details, "title", "title") if article.title else [(shown_title(""), "title")]
    yield output.draw(title)
    line = byline(details, output.full_moment)
    if not date_anomaly(article.published, article.seen):
        first_seen = _("first seen {moment}", moment=output.full_moment(article.seen))
        line.append((f" · {first_seen}", "quiet"))
    yield output.draw(line)
    yield article.url
    if article.author:
        yield _("by {author}", author=output.draw(_marked(details, "author")))
    hidden = "summary" if repeated_summary(article)[0] else ""
    for part in ("summary", "body"):
        if part != hidden and article.part(part):
            yield ""
            text = _marked(details, part)
            yield from output.draw_lines(text, output.text_width(), intact=True)
    yield ""
    for alert in details.alerts:
        last, sent = details.decisions.get(alert.id), details.deliveries.get(alert.id, ())
        yield from _alert_lines(alert, last, sent, now)
        yield from merged_lines([m for m in details.merged if m.partner == alert.id])
    if not (details.alerts or details.limits):
        yield _("no watchlist matched")
    yield from timeline_lines(details.timeline, now)
    yield from map(output.draw, trouble_lines(details, output.full_moment))
    if details.versions > 1:
        yield ngettext(
            "{count} revision since it was first seen",
            "{count} revisions since it was first seen",
            details.versions - 1,
        )


def _alert_lines(
    alert: Alert, last: Decision | None, deliveries: Sequence[Delivery], now: Timestamp
) -> Iterator[str]:
    """Yield an alert: decisions about it, who was notified or why nobody, and its matches."""
    moment = partial(output.format_moment, now=now)
    yield _(
        "{watchlist} ({severity}): alert {number}, {triage}",
        watchlist=list_name(alert.watchlist),
        severity=severity_name(alert.severity),
        number=alert_number(alert.id),
        triage=describe_triage(alert, last, moment),
    )
    yield from (output.draw(line, "    ") for line in alert_lines(alert, deliveries, moment))


def _marked(details: ArticleDetails, part: str, role: str = "") -> Line:
    matches = (match for alert in details.alerts for match in alert.matches)
    return marked(details.article.part(part), match_spans(matches, part), role)
