"""`tocsin show`: one article with its matches, its story and its revisions."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from monitor.base import signs, text_cleaning
from monitor.base.article import Timestamp
from monitor.base.formatting import (
    alert_number,
    clauses,
    iso,
    shown_title,
    span,
)
from monitor.base.translation import gettext as _
from monitor.base.translation import ngettext
from monitor.cli import CliContext, output
from monitor.cli.numbers import AlertNumber, AnyNumber, Number, no_alert, no_article
from monitor.cli.stories import article_name, other_language_lines
from monitor.intake.ingest.outlets import published_first
from monitor.judgement.alerts.description import (
    describe_deliveries,
    describe_escalations,
    describe_lost,
    describe_match,
    describe_suppression,
    describe_triage,
)
from monitor.model.alert import Alert, MergedAlert, Outlet, StoryTimeline
from monitor.model.article import (
    ADDED,
    REMOVED,
    ArticleDetails,
    ArticleRevision,
    DiffPart,
    Term,
    repeated_summary,
)
from monitor.model.delivery import Delivery
from monitor.model.shown_names import part_name, severity_name
from monitor.model.triage import Decision
from monitor.presentation.rows.alerts import alert_row
from monitor.presentation.rows.articles import RevisionsRow, details_row, revisions_row
from monitor.presentation.service import article_revisions
from monitor.presentation.service.article_revisions import with_context

F = TypeVar("F", bound=Callable[..., Any])


def story_lines(timeline: StoryTimeline, now: Timestamp) -> Iterator[str]:
    """Yield every outlet of a story, and who published first by the dates of the publishers."""
    outlets = timeline.outlets
    if len(outlets) > 1:
        yield _("the same story:")
        for outlet in outlets:
            kind = _("a copy") if outlet.copied else _("a version of its own")
            position = _("first") if outlet is outlets[0] else f"{_lag(outlet)}, {kind}"
            about = [f"{outlet.name}, {position}"]
            if outlet.published:
                about.append(
                    _("dated {moment}", moment=output.format_moment(outlet.published, now))
                )
            yield f"    {' · '.join([*about, article_name(outlet.article)])}"
        if earlier := _published_first(outlets):
            ahead = (outlets[0].published or 0.0) - (earlier.published or 0.0)
            sentence = _(
                "published first by {outlet}, {time} before {other}",
                outlet=earlier.name,
                time=span(ahead),
                other=outlets[0].name,
            )
            yield f"    {sentence}"
    yield from other_language_lines(timeline, limit=len(timeline.elsewhere))


def merged_lines(merged: Sequence[MergedAlert]) -> Iterator[str]:
    """Yield the alert that stands for one, or the alerts that were merged into one."""
    into_it = [one for one in merged if not one.stands]
    for one in merged:
        if one.stands:
            yield f"        {_alert_line(one)}"
    if into_it:
        heading = ngettext(
            "{count} alert merged into this one, not notified:",
            "{count} alerts merged into this one, not notified:",
            len(into_it),
        )
        yield f"    {heading}"
        for one in into_it:
            yield f"        {_alert_line(one)}"


def _alert_line(one: MergedAlert) -> str:
    title = shown_title(text_cleaning.line(one.title))
    about = _(
        "alert {number}, {outlet}: {title}",
        number=alert_number(one.alert),
        outlet=one.publisher,
        title=title,
    )
    return f"{about} · {article_name(one.article)}"


def _published_first(outlets: tuple[Outlet, ...]) -> Outlet | None:
    return published_first(outlets)


def _lag(outlet: Outlet) -> str:
    return f"+{span(outlet.lag)}" if outlet.lag >= 1 else _("at once")


CONTEXT_WORDS = 12
"""Words shown before and after a change."""


def load_revisions(cli: CliContext, details: ArticleDetails) -> list[ArticleRevision]:
    """Return the revisions of an article, with the terms of the current watchlists."""
    return article_revisions.revisions_of(cli.service().views, details, cli.config_path, cli.data)


def revision_lines(revisions: Iterable[ArticleRevision]) -> Iterator[str]:
    """Yield revisions as lines: coloured on a terminal, else as [-removed-] and {+added+}."""
    listed = list(revisions)
    if not listed:
        yield ""
        yield _("no revisions since it was first seen")
    for revision in listed:
        yield ""
        heading = _(
            "revision {number}, {moment}", number=revision.version - 1, moment=iso(revision.at)
        )
        yield click.style(heading, bold=True)
        for part, pieces in revision.parts.items():
            text = "".join(
                _format_diff_part(piece) for piece in with_context(pieces, CONTEXT_WORDS)
            )
            line = _("{name}: {text}", name=part_name(part), text=text)
            yield from f"    {line}".rstrip().splitlines()
        if revision.removed_terms:
            yield f"    {_('terms removed: {terms}', terms=_terms(revision.removed_terms))}"
        if revision.added_terms:
            yield f"    {_('terms added: {terms}', terms=_terms(revision.added_terms))}"


def _format_diff_part(piece: DiffPart) -> str:
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    if piece.kind == REMOVED:
        if colours:
            return click.style(piece.text, fg="red", strikethrough=True)
        return f"[-{piece.text}-]"
    if piece.kind == ADDED:
        return click.style(piece.text, fg="green") if colours else f"{{+{piece.text}+}}"
    return piece.text


def _terms(terms: Iterable[Term]) -> str:
    return ", ".join(f"{term} ({name})" for name, term in terms)


_OPTIONS = (
    click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
                 show_default=True, help="Output format."),
    click.option(
        "--diff",
        is_flag=True,
        help="Show what edits of the publisher changed, and which watched terms were removed or"
        " added.",
    ),
)  # fmt: skip


def with_show_options(command: F) -> F:
    """Add the options of `show`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command()
@click.argument("number", type=AnyNumber(), metavar="NUMBER")
@with_show_options
@click.pass_obj
def show(cli: CliContext, number: Number, style: str, diff: bool) -> None:
    """Show an article (5) with its matches, or an alert (a5) with its article, and why it matched.

    The first line says which of the two it is.
    """
    if number.is_alert:
        _show_alert(cli, number.id, style, diff=diff)
    else:
        _show_article(cli, number.id, style, diff=diff)


@click.command("show")
@click.argument("id", type=AlertNumber(), metavar="ALERT")
@with_show_options
@click.pass_obj
def alerts_show(cli: CliContext, id: int, style: str, diff: bool) -> None:
    """Show an alert, such as a5, with its article and story, as `tocsin show a5` does."""
    _show_alert(cli, id, style, diff=diff)


def _show_alert(cli: CliContext, id: int, style: str, *, diff: bool) -> None:
    from monitor.cli.stories import ListedStory, story_lines

    service, now = cli.service(), cli.clock()
    found = service.views.alerts.stories(
        [id], matches=True, timelines=True, closed=True, muted=True
    )
    if not found:
        raise no_alert(id)
    (story,) = found
    (alert,) = (one for one in story.alerts if one.id == id)
    details = None if alert.article is None else service.views.articles.details(alert.article)
    if style == "json":
        diffs = {**_load_revisions_row(cli, details)} if diff and details else {}
        numbers = {"story_alerts": [alert_number(one.id) for one in story.alerts]}
        _print_json({**alert_row(alert), **numbers, **diffs})
        return
    number = alert_number(id)
    click.echo(
        _("alert {number} of article {article}", number=number, article=alert.article)
        if details
        else _("alert {number}", number=number)
    )
    for line in story_lines(ListedStory(story, alert), now):
        click.echo(line)
    click.echo()
    if details:
        _print_article(cli, details, diff=diff)
    shown = {one.id for one in details.alerts} if details else set()
    _print_others(cli, [one for one in story.alerts if one.id not in shown], of=id)


def _print_others(cli: CliContext, alerts: Sequence[Alert], *, of: int) -> None:
    """Print alerts that are not of the article above: others of its story, or of a feed."""
    views = cli.service().views
    ids = [alert.id for alert in alerts]
    decisions = {id: made[-1] for id in ids if (made := views.triage.decisions(id))}
    deliveries = views.deliveries.of_alerts(ids)
    if alerts and ids != [of]:
        click.echo()
        click.echo(click.style(_("other alerts of its story:"), bold=True))
    for alert in alerts:
        last, sent = decisions.get(alert.id), deliveries.get(alert.id, ())
        for line in _alert_lines(alert, last, sent, cli.clock()):
            click.echo(line)
        if alert.article is not None:
            title = shown_title(text_cleaning.line(alert.title))
            about = _("{name}: {text}", name=alert.publisher, text=title)
            click.echo(f"    {about} · {article_name(alert.article)}")


def _show_article(cli: CliContext, id: int, style: str, *, diff: bool) -> None:
    service = cli.service()
    details = service.views.articles.details(id)
    if details is None:
        raise no_article(service, id)
    if style == "json":
        _print_json({**details_row(details), **(_load_revisions_row(cli, details) if diff else {})})
        return
    click.echo(article_name(id))
    _print_article(cli, details, diff=diff)


def _print_json(mapping: dict[str, Any]) -> None:
    click.echo(json.dumps(mapping, ensure_ascii=False, indent=2))


def _print_article(cli: CliContext, details: ArticleDetails, *, diff: bool) -> None:
    for line in _lines(details, cli.clock()):
        click.echo(line)
    if diff:
        for line in revision_lines(load_revisions(cli, details)):
            click.echo(line)


def _load_revisions_row(cli: CliContext, details: ArticleDetails) -> RevisionsRow:
    versions = cli.service().views.articles.revisions(details.article.id)
    return revisions_row(load_revisions(cli, details), versions)


def _lines(details: ArticleDetails, now: float) -> Iterator[str]:
    article = details.article
    yield click.style(shown_title(_highlighted_part(details, "title")), bold=True)
    about = [details.publisher, iso(article.published) or _("undated"), article.lang or "und"]
    yield " · ".join([*about, _("first seen {moment}", moment=iso(article.seen))])
    yield article.url
    if article.author:
        yield _("by {author}", author=_highlighted_part(details, "author"))
    hidden = "summary" if repeated_summary(article)[0] else ""
    for part in ("summary", "body"):
        if part != hidden and article.part(part):
            yield ""
            yield from _paragraphs(details, part)
    yield ""
    for alert in details.alerts:
        last, sent = details.decisions.get(alert.id), details.deliveries.get(alert.id, ())
        yield from _alert_lines(alert, last, sent, now)
        yield from merged_lines([one for one in details.merged if one.of == alert.id])
    if not (details.alerts or details.limits):
        yield _("no watchlist matched")
    yield from story_lines(details.telling, now)
    if details.page_trouble:
        reason = text_cleaning.line(details.page_trouble)
        yield clauses([_("page not read: {reason}", reason=reason), *_retry_time(details, now)])
    yield from map(text_cleaning.line, details.limits)
    if details.versions > 1:
        yield ngettext(
            "{count} revision since it was first seen",
            "{count} revisions since it was first seen",
            details.versions - 1,
        )


def _alert_lines(
    alert: Alert, last: Decision | None, sent: Sequence[Delivery], now: Timestamp
) -> Iterator[str]:
    """Yield an alert: what was decided of it, who was notified or why nobody, and why it is."""
    moment = partial(output.format_moment, now=now)
    triage = describe_triage(alert, last, moment)
    yield _(
        "{watchlist} ({severity}): alert {number}, {triage}",
        watchlist=alert.watchlist,
        severity=severity_name(alert.severity),
        number=alert_number(alert.id),
        triage=triage,
    )
    yield from (f"    {signs.NOTE} {line}" for line in text_cleaning.lines(alert.note).splitlines())
    if alert.escalations:
        raised = severity_name(alert.escalations[0].severity)
        steps = [describe_escalations(alert, moment), _("raised as {severity}", severity=raised)]
        yield f"    {signs.ESCALATED} {clauses(steps)}"
    for words in (describe_deliveries(sent, moment), describe_suppression(alert, moment)):
        if words:
            yield f"    {words}"
    for match in alert.matches:
        yield f"    {describe_match(match)}"
    for lost in alert.lost:
        yield f"    {describe_lost(lost, moment)}"


def _retry_time(details: ArticleDetails, now: float) -> Iterator[str]:
    """Yield when the page of an article is read again."""
    if details.page_retry is not None:
        wait = details.page_retry - now
        yield _("retry in {time}", time=span(wait)) if wait > 0 else _("retry now")


def _highlighted_part(details: ArticleDetails, part: str) -> str:
    return output.highlight(details.article.part(part), _spans(details, part))


def _spans(details: ArticleDetails, part: str) -> list[tuple[int, int]]:
    return [
        (match.start, match.end)
        for alert in details.alerts
        for match in alert.matches
        if match.field == part
    ]


def _paragraphs(details: ArticleDetails, part: str) -> Iterator[str]:
    """Yield a part of an article, a paragraph on lines of its own, with its matches highlighted."""
    start, spans = 0, _spans(details, part)
    for paragraph in details.article.part(part).split("\n"):
        inside = [(max(a - start, 0), b - start) for a, b in spans if b > start]
        for line, lit in output.wrap(paragraph, inside, output.text_width(), whole=True):
            yield output.highlight(line, lit)
        start += len(paragraph) + 1
