"""The log of a run: a line for each event, a summary at the end."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from monitor.base import signs
from monitor.base.translation import gettext as _
from monitor.base.translation import mark_all, ngettext, number, pgettext
from monitor.base.url import host
from monitor.model.alert import AlertKind, SuppressionReason
from monitor.model.feed import Feed, Outcome, Poll
from monitor.model.poll import RaisedAlert, RunSummary
from monitor.model.watchlist import SEVERITY_SIGNS

if TYPE_CHECKING:
    from monitor.intake.ingest.poll_outcome import BatchOutcome

log = logging.getLogger("tocsin")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how much."""


UNREACHED_PAUSE = 60.0
"""Seconds after which a host that cannot be reached is named."""
LIBRARY_MESSAGES = 10
"""Messages of libraries that are logged in a minute."""


class LogThrottle(logging.Filter):
    """Passes all messages of tocsin and few of libraries, of which strangers can cause any number.

    The next message that passes says how many did not.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._passed: deque[float] = deque(maxlen=LIBRARY_MESSAGES)
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] == "tocsin":
            return True
        now = self._monotonic()
        if len(self._passed) == LIBRARY_MESSAGES and now - self._passed[0] < 60.0:
            self._left_out += 1
            return False
        if self._left_out:
            record.msg = ngettext(
                "{message} ({count} message left out)",
                "{message} ({count} messages left out)",
                self._left_out,
                message=record.getMessage(),
            )
            record.args = ()
            self._left_out = 0
        self._passed.append(now)
        return True


class RunLog:
    """Logs what the monitor stored, and counts it for the summary of a run.

    Hosts that cannot be reached are named once, with all their feeds, and again when they can be
    reached. This waits a minute, or for the end of the run: the network may be down, which is
    logged once and names no host.
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
        self._unreached: dict[tuple[str, str], list[str]] = {}
        """Feeds whose failures may be those of the network, by host and reason in words."""
        self._unreached_since = 0.0
        self._named: dict[tuple[str, str], list[str]] = {}
        """Unreached feeds that were named."""
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
            self._polled(feed, poll, reached=feed.url not in outcome.unreached)
        if outcome.outage:
            self._unreached.clear()
            self._named.clear()
        self.tick()
        if self._once:
            self._raised |= dict.fromkeys(alert.id for alert in outcome.raised)
        for alert in outcome.raised:
            sign = SEVERITY_SIGNS[alert.severity]
            log.info("%s%s %s", "↑" if alert.escalation else "", sign, _words(alert))
        counted = self._counted
        fresh = sum(not alert.escalation for alert in outcome.raised)
        self._counted = replace(counted, alerts=counted.alerts + fresh)
        self._show()

    def tick(self) -> None:
        """Name the hosts that could not be reached for a minute."""
        waited = self._monotonic() - self._unreached_since
        if self._unreached and waited >= UNREACHED_PAUSE and not self._once:
            self._log_unreached()

    def summary(self) -> RunSummary:
        self._log_unreached()
        seconds = round(self._monotonic() - self._started, 3)
        return replace(
            self._counted,
            seconds=seconds,
            failures=dict(self._failures),
            raised=tuple(self._raised),
        )

    def _not_reached(self, feed: Feed, reason: str) -> None:
        cause = host(feed.url), reason
        if not self._unreached:
            self._unreached_since = self._monotonic()
        known = [*self._named.get(cause, []), *self._unreached.get(cause, [])]
        if feed.name not in known:
            self._unreached.setdefault(cause, []).append(feed.name)

    def _log_unreached(self) -> None:
        for cause, feeds in self._unreached.items():
            if cause not in self._named:
                words = _("{feed}: {reason}", feed=_and_others(feeds), reason=cause[1])
                log.warning("%s %s", signs.FAILED, words)
            self._named.setdefault(cause, []).extend(feeds)
        self._unreached.clear()

    def _reached_again(self, feed: Feed) -> None:
        """Say so once for all feeds of the host that failed alike."""
        for cause, feeds in list(self._named.items()):
            if feed.name in feeds:
                del self._named[cause]
                words = _("{feed}: reached again", feed=_and_others(feeds))
                log.info("%s %s", signs.OK, words)
        for feeds in self._unreached.values():
            feeds[:] = [name for name in feeds if name != feed.name]
        self._unreached = {cause: feeds for cause, feeds in self._unreached.items() if feeds}

    def _show(self) -> None:
        if self._progress and self._expected:
            self._progress(_("polling"), self._counted.feeds, self._expected)

    def _polled(self, feed: Feed, poll: Poll, *, reached: bool) -> None:
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
        if reached:
            self._reached_again(feed)
        if poll.outcome is Outcome.FAILED:
            self._failures[feed.url] = poll.reason
            if reached:
                words = _("{feed}: {reason}", feed=feed.name, reason=poll.reason)
                log.warning("%s %s", signs.FAILED, words)
            else:
                self._not_reached(feed, poll.reason)
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


def _and_others(feeds: Sequence[str]) -> str:
    """Return the name of the first feed, and how many there are beside it."""
    if len(feeds) == 1:
        return feeds[0]
    return ngettext(
        "{feed} and {count} more", "{feed} and {count} more", len(feeds) - 1, feed=feeds[0]
    )


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
