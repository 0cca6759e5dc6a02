"""The log of a run: a line for each event, a summary at the end."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from monitor.base import signs
from monitor.base.translation import gettext as _
from monitor.base.translation import mark_all, ngettext, number, pgettext
from monitor.model.alert import AlertKind, SuppressionReason
from monitor.model.feed import Feed, Outcome, Poll
from monitor.model.poll import RaisedAlert, RunSummary
from monitor.model.watchlist import SEVERITY_SIGNS

if TYPE_CHECKING:
    from monitor.intake.ingest.poll_outcome import BatchOutcome

log = logging.getLogger("tocsin")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how much."""


LIBRARY_MESSAGES = 10
"""Messages of libraries that are logged in a minute."""


class LogThrottle(logging.Filter):
    """Passes all messages of tocsin; few of libraries, of which strangers can cause any number."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._passed: deque[float] = deque(maxlen=LIBRARY_MESSAGES)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] == "tocsin":
            return True
        now = self._monotonic()
        if len(self._passed) == LIBRARY_MESSAGES and now - self._passed[0] < 60.0:
            return False
        self._passed.append(now)
        return True


class RunLog:
    """Logs what the monitor stored, and counts it for the summary of a run.

    A feed that cannot be reached is named once, and again when it can be reached.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        progress: Progress | None = None,
        *,
        once: bool = False,
    ) -> None:
        self._monotonic = monotonic
        self._progress = progress
        self._once = once
        self._raised: dict[int, None] = {}
        self._unreached: dict[str, str] = {}
        """Why feeds cannot be reached that were named for it, by address."""
        self._unnamed: dict[str, tuple[Feed, Poll]] = {}
        """Those of a single round that are named at its end: the network may be down."""
        self._expected = 0
        self._started = monotonic()
        self._counted = RunSummary()
        self._failures: dict[str, str] = {}

    def expect(self, feeds: int) -> None:
        self._expected += feeds
        self._show()

    def indexing(self, waiting: int) -> None:
        """Take note of how many articles are still on their way to the index."""
        if self._progress:
            brought = max(self._counted.new + self._counted.changed, waiting)
            self._progress(_("indexing"), brought - waiting, brought)

    def encoding(self, done: int, articles: int) -> None:
        """Take note of how many articles have a vector, of how many that get one."""
        if self._progress:
            self._progress(_("encoding"), done, articles)

    @property
    def stored(self) -> int:
        """How many articles were stored: the new and the changed ones."""
        return self._counted.new + self._counted.changed

    def batch_stored(self, outcome: BatchOutcome) -> None:
        for feed, poll in outcome.polls:
            self._polled(feed, poll)
            if feed.url not in outcome.unreached:
                self._log_reached(feed, poll)
            elif not outcome.outage and self._unreached.get(feed.url) != poll.reason:
                self._unreached[feed.url] = poll.reason
                if self._once:
                    self._unnamed[feed.url] = feed, poll
                else:
                    _log_failure(feed, poll)
        if outcome.outage:
            self._unnamed.clear()
        if self._once:
            self._raised |= dict.fromkeys(alert.id for alert in outcome.raised)
        for alert in outcome.raised:
            sign = SEVERITY_SIGNS[alert.severity]
            log.info("%s%s %s", "↑" if alert.escalation else "", sign, _words(alert))
        counted = self._counted
        fresh = sum(not alert.escalation for alert in outcome.raised)
        self._counted = replace(counted, alerts=counted.alerts + fresh)
        self._show()

    def summary(self) -> RunSummary:
        """Return what came of the run, and name the feeds that could not be reached."""
        for feed, poll in self._unnamed.values():
            _log_failure(feed, poll)
        self._unnamed.clear()
        seconds = round(self._monotonic() - self._started, 3)
        return replace(
            self._counted,
            seconds=seconds,
            failures=dict(self._failures),
            raised=tuple(self._raised),
        )

    def _show(self) -> None:
        if self._progress and self._expected:
            self._progress(_("polling"), self._counted.feeds, self._expected)

    def _polled(self, feed: Feed, poll: Poll) -> None:
        counted = self._counted
        self._counted = replace(
            counted,
            feeds=counted.feeds + 1,
            ok=counted.ok + (poll.outcome is Outcome.READ),
            unchanged=counted.unchanged + (poll.outcome is Outcome.UNCHANGED),
            failed=counted.failed + (poll.outcome is Outcome.FAILED),
            entries=counted.entries + poll.entries,
            new=counted.new + poll.new,
            changed=counted.changed + poll.changed,
        )
        if poll.outcome is Outcome.FAILED:
            self._failures[feed.url] = poll.reason

    def _log_reached(self, feed: Feed, poll: Poll) -> None:
        self._unnamed.pop(feed.url, None)
        if self._unreached.pop(feed.url, ""):
            log.info("%s %s", signs.OK, _("{feed}: reached again", feed=feed.name))
        if poll.outcome is Outcome.FAILED:
            _log_failure(feed, poll)
        elif poll.blind:
            words = ngettext(
                "{feed}: {count} new; coverage gap: no entry in common with the poll before",
                "{feed}: {count} new; coverage gap: no entry in common with the poll before",
                poll.new,
                feed=feed.name,
            )
            log.info("%s %s", signs.LOOK, words)
        elif poll.new or poll.changed:
            words = ngettext(
                "{feed}: {count} new, {changed} changed",
                "{feed}: {count} new, {changed} changed",
                poll.new,
                feed=feed.name,
                changed=number(poll.changed),
            )
            log.info("%s %s", signs.OK, words)
        else:
            log.debug("%s %s: nothing new", signs.OK, feed.name)


def _log_failure(feed: Feed, poll: Poll) -> None:
    log.warning("%s %s", signs.FAILED, _("{feed}: {reason}", feed=feed.name, reason=poll.reason))


def _words(alert: RaisedAlert) -> str:
    words = _("{watchlist}: {title}", watchlist=alert.watchlist, title=alert.title)
    if alert.kind is AlertKind.MATCH:
        words += f" — {alert.feed}"
    if alert.escalation:
        return f"{words} ({alert.escalation})"
    if alert.backfill:
        return _("{alert} (was there before)", alert=words)
    if alert.suppressed:
        reason = pgettext("suppressed", _SUPPRESSED[SuppressionReason(alert.suppressed)])
        return _("{alert} (suppressed: {reason})", alert=words, reason=reason)
    return words


_SUPPRESSED = dict(
    zip(
        SuppressionReason,
        mark_all("suppressed", "backfill", "silenced", "no route", "cooldown"),
        strict=True,
    )
)
