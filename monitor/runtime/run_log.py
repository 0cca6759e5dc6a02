"""The log of a run: a line for each event, a summary at the end."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from monitor.base import signs
from monitor.base.translation import gettext as _, mark_all, ngettext, number, pgettext
from monitor.model.alert import AlertKind, SuppressionReason
from monitor.model.feed import Feed, Outcome, Poll
from monitor.model.poll import RaisedAlert, RunSummary
from monitor.model.status import Progress
from monitor.model.watchlist import SEVERITY_SIGNS

if TYPE_CHECKING:
    from monitor.intake.ingest.poll_outcome import BatchOutcome

log = logging.getLogger("tocsin")

LIBRARY_MESSAGES = 10
"""Messages of libraries that are logged in a minute."""


class LogThrottle(logging.Filter):
    """Passes all messages of tocsin, and few of libraries: strangers can cause any number."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._passed_at: deque[float] = deque(maxlen=LIBRARY_MESSAGES)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] == "tocsin":
            return True
        now = self._monotonic()
        if len(self._passed_at) == LIBRARY_MESSAGES and now - self._passed_at[0] < 60.0:
            return False
        self._passed_at.append(now)
        return True


class RunLog:
    """Logs stored polls and alerts, and counts them for the summary of a run.

    A feed that cannot be reached is logged once, and again when it can be reached.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        progress: Progress = lambda *_: None,
        *,
        once: bool = False,
    ) -> None:
        self._monotonic = monotonic
        self._progress = progress
        self._once = once
        self._raised: dict[int, None] = {}
        self._unreached: dict[str, str] = {}
        """The logged reasons of feeds that cannot be reached, by address."""
        self._unlogged: dict[str, tuple[Feed, Poll]] = {}
        """Such feeds of a single round, logged at its end: the network may be down."""
        self._expected = 0
        self._started = monotonic()
        self._totals = RunSummary()
        self._failures: dict[str, str] = {}

    def expect(self, feeds: int) -> None:
        self._expected += feeds
        self._show()

    def indexing(self, waiting_articles: int) -> None:
        """Take note of the number of articles that are not yet indexed."""
        total = max(self._totals.new + self._totals.changed, waiting_articles)
        self._progress("indexing", total - waiting_articles, total)

    def encoding(self, done: int, total: int) -> None:
        """Take note of the number of articles that have a vector, of all that get one."""
        self._progress("encoding", done, total)

    def batch_stored(self, outcome: BatchOutcome) -> None:
        for feed, poll in outcome.polls:
            self._count_poll(feed, poll)
            if feed.url not in outcome.unreached:
                self._log_reached(feed, poll)
            elif not outcome.outage and self._unreached.get(feed.url) != poll.reason:
                self._unreached[feed.url] = poll.reason
                if self._once:
                    self._unlogged[feed.url] = feed, poll
                else:
                    _log_failure(feed, poll)
        if outcome.outage:
            self._unlogged.clear()
        if self._once:
            self._raised |= dict.fromkeys(alert.id for alert in outcome.raised)
        for alert in outcome.raised:
            sign = SEVERITY_SIGNS[alert.severity]
            log.info("%s%s %s", "↑" if alert.escalation else "", sign, _alert_text(alert))
        totals = self._totals
        new_alerts = sum(not alert.escalation for alert in outcome.raised)
        self._totals = replace(totals, alerts=totals.alerts + new_alerts)
        self._show()

    def summary(self) -> RunSummary:
        """Return the summary of the run, and log the feeds that could not be reached."""
        for feed, poll in self._unlogged.values():
            _log_failure(feed, poll)
        self._unlogged.clear()
        seconds = round(self._monotonic() - self._started, 3)
        return replace(
            self._totals, seconds=seconds, failures=dict(self._failures), raised=tuple(self._raised)
        )

    def _show(self) -> None:
        if self._expected:
            self._progress("polling", self._totals.feeds, self._expected)

    def _count_poll(self, feed: Feed, poll: Poll) -> None:
        totals = self._totals
        self._totals = replace(
            totals,
            feeds=totals.feeds + 1,
            ok=totals.ok + (poll.outcome is Outcome.READ),
            unchanged=totals.unchanged + (poll.outcome is Outcome.UNCHANGED),
            failed=totals.failed + (poll.outcome is Outcome.FAILED),
            entries=totals.entries + poll.entries,
            new=totals.new + poll.new,
            changed=totals.changed + poll.changed,
        )
        if poll.outcome is Outcome.FAILED:
            self._failures[feed.url] = poll.reason

    def _log_reached(self, feed: Feed, poll: Poll) -> None:
        self._unlogged.pop(feed.url, None)
        if self._unreached.pop(feed.url, ""):
            log.info("%s %s", signs.OK, _("{feed}: reached again", feed=feed.name))
        if poll.outcome is Outcome.FAILED:
            _log_failure(feed, poll)
        elif poll.blind:
            message = ngettext(
                "{feed}: {count} new; coverage gap: no entry in common with the poll before",
                "{feed}: {count} new; coverage gap: no entry in common with the poll before",
                poll.new,
                feed=feed.name,
            )
            log.info("%s %s", signs.LOOK, message)
        elif poll.new or poll.changed:
            message = ngettext(
                "{feed}: {count} new, {changed} changed",
                "{feed}: {count} new, {changed} changed",
                poll.new,
                feed=feed.name,
                changed=number(poll.changed),
            )
            log.info("%s %s", signs.OK, message)
        else:
            log.debug("%s %s: nothing new", signs.OK, feed.name)


def _log_failure(feed: Feed, poll: Poll) -> None:
    log.warning("%s %s", signs.FAILED, _("{feed}: {reason}", feed=feed.name, reason=poll.reason))


def _alert_text(alert: RaisedAlert) -> str:
    message = _("{watchlist}: {title}", watchlist=alert.watchlist, title=alert.title)
    if alert.kind is AlertKind.MATCH:
        message += f" — {alert.feed}"
    if alert.escalation:
        return f"{message} ({alert.escalation})"
    if alert.backfill:
        return _("{alert} (was there before)", alert=message)
    if alert.suppressed:
        reason = pgettext("suppressed", _SUPPRESSED[SuppressionReason(alert.suppressed)])
        return _("{alert} (listed, not sent: {reason})", alert=message, reason=reason)
    return message


_SUPPRESSED = dict(
    zip(
        SuppressionReason,
        mark_all("suppressed", "backfill", "silenced", "no route", "cooldown"),
        strict=True,
    )
)
