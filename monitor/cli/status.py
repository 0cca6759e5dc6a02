"""`tocsin status`: the state of the newsroom, and how long news takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click
from msgspec.structs import replace

from monitor.base import signs
from monitor.base.errors import ConfigError
from monitor.base.formatting import clauses, span
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _, mark, mark_all, ngettext, number, pgettext
from monitor.cli import CliContext, load_config, output
from monitor.cli.options import with_format, with_since
from monitor.cli.output import EMPTY_CELL, format_moment
from monitor.model.latency import FeedLatency, Latency, Spread, Step
from monitor.model.lease import SharingMonitor
from monitor.model.recall import Recall
from monitor.model.shown_names import describe_overdue, duty_name, list_name
from monitor.model.status import Status
from monitor.presentation.alert import describe_counts
from monitor.presentation.recall import describe_recall
from monitor.storage.maintenance.index_notes import WAY_OUT

DAY = 86_400.0
LATE = 60.0
"""Seconds after which a feed that is due and not polled is mentioned."""
WEEK = 7 * DAY


@click.command()
@with_format("text", "json")
@click.option("--latency", is_flag=True,
              help="Show how long news takes, by step, feed and channel.")  # fmt: skip
@with_since("With --latency: alerts from this time on. Without it, the last week.")
@click.pass_obj
def status(cli: CliContext, style: str, latency: bool, since: float | None) -> None:
    """Show the state of the newsroom: monitor, feeds, articles, alerts, deliveries.

    With --latency: show how long news takes from the publisher to a channel, step by step.

    Exits with 1 while a monitor that runs has found the store damaged, or one of several has sent
    no heartbeat for 10 seconds.
    """
    as_json = style == "json"
    if since is not None and not latency:
        raise click.UsageError(_("--since needs --latency"))
    if latency:
        latest = cli.service().latency(cli.clock() - WEEK if since is None else since)
        if as_json:
            click.echo(json.dumps(latency_mapping(latest), ensure_ascii=False))
        else:
            output.print_lines(latency_lines(latest))
        return
    service, now = cli.service(), cli.clock()
    state, suppressed = service.health.status(), service.health.suppressed()
    if not state.monitor and cli.config_path.exists():  # one that runs says it itself
        try:
            load_config(cli.config_path)
        except ConfigError as error:
            state = replace(state, config_error=str(error))
    recall = service.health.recall_of_the_day()
    if as_json:
        from monitor.presentation.rows.newsroom import status_row

        click.echo(json.dumps(status_row(state, suppressed, recall), ensure_ascii=False))
    else:
        output.print_lines(_lines(state, suppressed, recall, now))
    if state.store_damage or state.overdue:
        click.get_current_context().exit(1)


LABELS = mark_all(
    "status", "monitor", "monitors", "log", "config", "store", "network", "feeds", "gaps",
    "coverage", "articles", "set aside", "index", "similar", "backfill", "alerts", "silenced",
    "unsent",
)  # fmt: skip


def _lines(
    status: Status, suppressed: Counter[str], recall: Recall | None, now: float
) -> Iterator[str]:
    width = max(len(pgettext("status", label)) for label in LABELS)
    for label, text in _rows(status, recall, now):
        yield output.labelled(pgettext("status", label), text, width)
        if label == "monitor" and status.monitor:
            yield output.labelled("", str(status.monitor.config), width)
    if suppressed:
        yield _(
            "listed, not sent in the last day: {counts}; `tocsin alerts --suppressed` shows them",
            counts=describe_counts(suppressed),
        )
    if status.unsent or status.dead:
        text = _(
            "{waiting} waiting, {dead} given up; `tocsin deliveries` lists them",
            waiting=number(status.unsent),
            dead=number(status.dead),
        )
        yield output.labelled(pgettext("status", "unsent"), text, width)


def _rows(status: Status, recall: Recall | None, now: float) -> Iterator[tuple[str, str]]:
    """Yield the lines of the state, each with its label in English."""
    if status.monitor:
        time = output.ago(status.monitor.since, now)
        yield "monitor", _("pid {pid}, running for {time}", pid=status.monitor.pid, time=time)
    elif status.elsewhere:
        yield "monitor", _("not running on this machine; others watch")
    else:
        yield "monitor", _("not running; start it with `tocsin` or `tocsin run`")
    if status.log:
        yield "log", str(status.log)
    for monitor in status.monitors:
        yield "monitors", _describe_sharing(monitor)
    yield from _troubles(status)
    health = ", ".join(
        f"{number(count)} {health.label}" for health, count in sorted(status.feeds.items())
    )
    yield "feeds", health or pgettext("feeds", "none")
    if gaps := sum(status.gaps.values()):
        yield (
            "gaps",
            ngettext(
                "{count} in the last day; `tocsin feeds --blind` lists it",
                "{count} in the last day; `tocsin feeds --blind` lists them",
                gaps,
            ),
        )
    if recall is not None:
        text = describe_recall(recall)
        yield "coverage", _("{seen} in the last day; `tocsin coverage` has more", seen=text)
    counts = {"all": number(status.articles), "some": number(status.indexed)}
    yield "articles", _("{all}, {some} of them searchable", **counts)
    if status.set_aside:
        yield (
            "set aside",
            ngettext(
                "{count} article that took too much time or memory to match or to index;"
                " `tocsin feeds` says whose, `tocsin show NUMBER` why",
                "{count} articles that took too much time or memory to match or to index;"
                " `tocsin feeds` says whose, `tocsin show NUMBER` why",
                status.set_aside,
            ),
        )
    yield from _index_rows(status)
    if status.backfill:
        until = max(backfill.until for backfill in status.backfill)
        yield (
            "backfill",
            ngettext(
                "{done} of {count} article: {names}",
                "{done} of {count} articles: {names}",
                until,
                done=number(min(backfill.upto for backfill in status.backfill)),
                names=", ".join(backfill.watchlist for backfill in status.backfill),
            ),
        )
    yield (
        "alerts",
        ngettext(
            "{alerts}; {count} new story",
            "{alerts}; {count} new stories",
            status.untriaged,
            alerts=number(status.alerts),
        ),
    )
    if status.silences:
        silences = (
            _(
                "{name} until {moment}",
                name=list_name(s.watchlist),
                moment=format_moment(s.until, now),
            )
            for s in status.silences
        )
        yield "silenced", ", ".join(silences)


def _index_rows(status: Status) -> Iterator[tuple[str, str]]:
    """Yield the articles that cannot be searched or compared yet, and the reasons."""
    if status.articles and not status.indexed and status.rebuilt is None:
        yield "index", _("none of this version here; {way_out}", way_out=_(WAY_OUT))
    if status.rebuilt is not None:
        share = number(round(status.rebuilt * 100))
        yield "index", _("{share}% rebuilt; the rest cannot be searched yet", share=share)
    if status.monitor:
        yield (
            "similar",
            _("not found by what articles are about: {reason}", reason=status.no_vectors)
            if status.no_vectors
            else _("found by what articles are about"),
        )


def _describe_sharing(monitor: SharingMonitor) -> str:
    """Return the buckets and duties of a monitor of a shared store, or that it is not heard of."""
    if monitor.is_overdue:
        return f"{signs.FAILED} {describe_overdue(monitor)}"
    buckets = ngettext("{count} bucket", "{count} buckets", monitor.buckets)
    parts = [
        _("{name} has {buckets}", name=monitor.name, buckets=buckets),
        _("heartbeat {time} ago", time=span(monitor.silence)),
    ]
    if monitor.lag >= LATE:
        parts.append(_("a feed has been due for {time}", time=span(monitor.lag)))
    if monitor.duties:
        parts.append(_("duties: {duties}", duties=", ".join(map(duty_name, monitor.duties))))
    return clauses(parts)


def _troubles(status: Status) -> Iterator[tuple[str, str]]:
    if status.config_error:
        words = _("the last edit is not active: {reason}", reason=status.config_error)
        yield "config", words if status.monitor else status.config_error
    if status.store_damage:
        yield "store", status.store_damage
    if status.index_waits:
        yield "index", status.index_waits
    if status.network_down:
        yield "network", status.network_down


FEEDS_SHOWN = 15
"""Most feeds that the text output shows."""
_CAUSES = {
    Step.SEEN: mark("the feed: how late it shows articles, and how often it is polled"),
    Step.MATCHED: mark("parsing, deduplication and matching, and waiting for article pages"),
    Step.SEARCHABLE: mark("the search index"),
    Step.DELIVERED: mark("the channels, and the services behind them"),
}
_COLUMNS = mark_all("latency", "seen", "matched", "searchable")


def latency_mapping(latency: Latency) -> dict[str, Any]:
    """Return the latency as JSON values; durations are in seconds."""
    return {
        "articles": latency.articles,
        "steps": _steps(latency.steps),
        "slowest": latency.slowest,
        "slowest_own": latency.slowest_own,
        "feeds": [{"feed": feed.name, "steps": _steps(feed.steps)} for feed in latency.feeds],
        "channels": {name: _spread(spread) for name, spread in latency.channels.items()},
        "left_out": latency.left_out,
    }


def latency_lines(latency: Latency) -> Iterator[str]:
    if not latency.articles and not latency.channels:
        yield _("no new article raised an alert in this time")
        return
    articles = pgettext("column", "articles")
    rows = [_spread_row(s.label, latency.steps[s]) for s in Step if s in latency.steps]
    yield from output.table_lines(["", articles, "p50", "p95"], rows, "<>>>")
    yield from _slowest(latency)
    if latency.left_out:
        reasons = ", ".join(f"{count} {_(reason)}" for reason, count in latency.left_out.items())
        yield _("left out: {reasons}", reasons=reasons)
    yield ""
    steps = [pgettext("latency", name) for name in _COLUMNS]
    heads = [_("feed, the slowest first"), articles, *steps]
    yield from output.table_lines(heads, map(_feed_row, latency.feeds[:FEEDS_SHOWN]), "<>>>>")
    if (remaining := len(latency.feeds) - FEEDS_SHOWN) > 0:
        yield ngettext(
            "and {count} more; `--format json` has all",
            "and {count} more; `--format json` has all",
            remaining,
        )
    if latency.channels:
        yield ""
        heads = [_("channel, the slowest first"), pgettext("column", "alerts"), "p50", "p95"]
        rows = [_spread_row(name, spread) for name, spread in latency.channels.items()]
        yield from output.table_lines(heads, rows, "<>>>")


def _spread_row(name: str, spread: Spread) -> list[str]:
    return [clean(name), f"{spread.count}", duration(spread.p50), duration(spread.p95)]


def _feed_row(feed: FeedLatency) -> list[str]:
    spreads = [feed.steps.get(step) for step in (Step.SEEN, Step.MATCHED, Step.SEARCHABLE)]
    pairs = [f"{duration(s.p50)} · {duration(s.p95)}" if s else EMPTY_CELL for s in spreads]
    count = max((spread.count for spread in feed.steps.values()), default=0)
    return [clean(feed.name), f"{count}", *pairs]


def _slowest(latency: Latency) -> Iterator[str]:
    if latency.slowest is None:
        return
    yield _("slowest: {step}", step=_describe_step(latency, latency.slowest))
    step = latency.slowest_own
    if latency.slowest is Step.SEEN and step:
        yield _("slowest step apart from the publisher: {step}", step=_describe_step(latency, step))


def _describe_step(latency: Latency, step: Step) -> str:
    return _(
        "{step}, {time} (p95): {cause}",
        step=step.label,
        time=duration(latency.steps[step].p95),
        cause=_(_CAUSES[step]),
    )


def duration(seconds: float) -> str:
    """Return a duration with the digits that matter: `0.24 s`, `3.1 s`, `40 s`, `7 min`."""
    if seconds < 9.95:
        return f"{number(seconds, 2 if seconds < 0.995 else 1)} s"
    return span(seconds)


def _steps(steps: dict[Step, Spread]) -> dict[str, Any]:
    return {str(step): _spread(spread) for step, spread in steps.items()}


def _spread(spread: Spread) -> dict[str, Any]:
    return {"count": spread.count, "p50": round(spread.p50, 3), "p95": round(spread.p95, 3)}
