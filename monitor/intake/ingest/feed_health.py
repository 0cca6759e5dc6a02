"""The health of a feed in words, its incidents, and the silence that is normal for it. Pure.

An incident raises one alert::

    gone      at a 410, until the feed can be read
    failing   after a day of failures, or at once if the next poll is that far away, until the
              feed can be read; not while it is gone
    silent    when nothing new came for longer than the publication rate allows, until it does
    reissued  when most of a document is known under other ids, until ids stay;
              again after a week at the earliest
    quarantined  when its articles exceed the limits of matching or indexing, until a day passed
              without that

Polls during an outage of the network neither begin nor end an incident.

A 301 or 308 is often temporary: a site under repair, a captive portal. Three of them to one
address, over at least a day, count as a move of the feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.formatting import clauses, due_in, span, spelled
from monitor.base.translation import gettext as _, mark, ngettext, number
from monitor.model.alert import AlertKind, BegunIncident, FeedIncident
from monitor.model.feed import (
    Feed,
    FeedState,
    FormerAddress,
    Health,
    Outcome,
    PermanentRedirect,
    Poll,
    PublicationRate,
    SubscribedFeed,
)
from monitor.model.watchlist import Severity

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
WORST = (
    Health.FAILING,
    Health.GONE,
    Health.QUARANTINED,
    Health.LATE,
    Health.BLIND,
    Health.SILENT,
    Health.NEW,
    Health.OK,
    Health.PAUSED,
)
"""The states from the worst to the best."""


def health(feed: Feed, state: FeedState, now: Timestamp) -> Health:
    if not feed.enabled:
        return Health.PAUSED
    if state.gone:
        return Health.GONE
    if state.failures:
        return Health.FAILING
    if state.breaches:
        return Health.QUARANTINED
    if state.last_ok is None:
        return Health.NEW
    if is_late(state, now):
        return Health.LATE
    if state.blind:
        return Health.BLIND
    return Health.SILENT if is_silent(state) else Health.OK


def is_late(state: FeedState, now: Timestamp) -> bool:
    """Tell whether a poll is overdue by more than its whole delay, a minute at least."""
    if state.last_poll is None or state.is_wanted:
        return False
    return now - state.next_due > max(MINUTE, state.next_due - state.last_poll)


def describe_health(feed: Feed, state: FeedState, now: Timestamp) -> str:
    """Return a feed's health in words: `503 Service Unavailable ×4, retry in 2 min`."""
    wait = due_in(state.next_due - now)
    match health(feed, state, now):
        case Health.PAUSED:
            return _("paused: `enabled: false` in feeds.yaml")
        case Health.GONE:
            return _("gone (410): not asked any more")
        case Health.FAILING:
            return _("{reason}, retry {when}", reason=_failure(state), when=wait)
        case Health.QUARANTINED:
            return _("quarantined: {reason}; next {when}", reason=state.breach, when=wait)
        case Health.NEW:
            return _("not polled yet")
        case Health.LATE:
            age = span(now - (state.last_ok or now))
            return _("last read {time} ago, overdue", time=age)
        case Health.BLIND:
            return _("coverage gap: {reason}; next {when}", reason=_too_fast(feed), when=wait)
        case Health.SILENT:
            return _("{reason}; next {when}", reason=_quiet(state), when=wait)
        case Health.OK:
            return _("ok, next {when}", when=wait)


def describe_trouble(feed: Feed, state: FeedState, now: Timestamp) -> str:
    """Describe the trouble of a feed, without its next poll; empty if there is none."""
    match health(feed, state, now):
        case Health.GONE:
            return _("gone (410): not asked any more")
        case Health.FAILING:
            return _("failing: {reason}", reason=_failure(state))
        case Health.QUARANTINED:
            return _("quarantined: {reason}", reason=state.breach)
        case Health.SILENT:
            return _("silent: {reason}", reason=_quiet(state))
        case _other:
            return ""


def describe_barrier(feed: SubscribedFeed) -> str:
    """Return why pages of a feed's articles are not seen; empty if they are."""
    if not feed.barred:
        return ""
    return ngettext(
        "the page of {count} article not seen: {reason}",
        "the pages of {count} articles not seen: {reason}",
        feed.barred,
        reason=feed.barrier,
    )


def _failure(state: FeedState) -> str:
    times = f" ×{state.failures}" if state.failures > 1 else ""
    return f"{state.reason.partition(';')[0].rstrip()}{times}"


def describe_poll(poll: Poll) -> str:
    """Return the outcome of a poll in words: `200: 20 entries, 18 known, 2 new; 0.3 s`."""
    words = _outcome(poll)
    if poll.status and not words.startswith(str(poll.status)):
        words = _("{status}: {outcome}", status=poll.status, outcome=words)
    parts = [words]
    if poll.blind and poll.outcome is Outcome.READ:
        parts.append(_("coverage gap: no entry in common with the poll before"))
    if poll.seconds >= 0.05:
        parts.append(f"{number(poll.seconds, 1)} s")
    if poll.moved:
        parts.append(_("answered by {address}", address=poll.moved))
    return clauses(parts)


def _outcome(poll: Poll) -> str:
    if poll.outcome is Outcome.FAILED:
        return poll.reason
    if poll.outcome is Outcome.UNCHANGED:
        return _("unchanged")
    words = ngettext(
        "{count} entry, {known} known, {new} new",
        "{count} entries, {known} known, {new} new",
        poll.entries, known=number(poll.known), new=number(poll.new),
    )  # fmt: skip
    if not poll.changed:
        return words
    return _("{outcome}, {changed} changed", outcome=words, changed=number(poll.changed))


def _too_fast(feed: Feed) -> str:
    if feed.every is None:
        return _("turns over faster than it is read")
    interval = span(feed.every).replace(" ", "")
    return _("turns over faster than every: {every}", every=interval)


def _quiet(state: FeedState) -> str:
    silence = span((state.last_ok or 0.0) - (state.published or 0.0))
    habit = describe_interval(state.usual or 0.0)
    return _("nothing new for {time}, usually {habit}", time=silence, habit=habit)


REST = 7 * DAY
"""Least seconds between two notices that a feed re-issues its items."""
FEW = 3
"""Fewer re-issued entries do not mean that a whole feed was re-issued."""


class Reissue(Struct, frozen=True):
    """The numbers of entries of a document that were known under another id, and under theirs."""

    reissued: int
    unchanged: int

    @property
    def is_whole(self) -> bool:
        """Tell whether the feed has given everything another id."""
        return self.reissued >= FEW and self.reissued > self.unchanged


def begun_incidents(
    feed: Feed,
    state: FeedState,
    latest: Mapping[AlertKind, FeedIncident],
    now: Timestamp,
    *,
    first: bool = False,
    reissue: Reissue | None = None,
) -> Iterator[BegunIncident]:
    """Yield the incidents that begin with a poll; `first` if the feed was not read before it."""
    open_kinds = {kind for kind, incident in latest.items() if incident.ended_at is None}
    if state.gone and AlertKind.GONE not in open_kinds:
        words = _("{feed}: gone (410); it is not asked any more", feed=feed.name)
        yield BegunIncident(AlertKind.GONE, Severity.MEDIUM, words)
    elif _fails(state, now) and not open_kinds & {AlertKind.GONE, AlertKind.FAILING}:
        yield BegunIncident(AlertKind.FAILING, Severity.MEDIUM, _failure_title(feed, state, now))
    if state.breaches and AlertKind.QUARANTINED not in open_kinds:
        words = _(
            "{feed}: quarantined, and polled rarely: {reason}", feed=feed.name, reason=state.breach
        )
        yield BegunIncident(AlertKind.QUARANTINED, Severity.MEDIUM, words)
    if is_silent(state) and AlertKind.SILENT not in open_kinds:
        words = _silence_title(feed, state)
        yield BegunIncident(AlertKind.SILENT, Severity.LOW, words, is_news=not first)
    if reissue and reissue.is_whole and _is_due_again(latest.get(AlertKind.REISSUED), now):
        words = ngettext(
            "{feed}: published {count} known article again under new ids, which raises no alerts",
            "{feed}: published {count} known articles again under new ids, which raises no alerts",
            reissue.reissued,
            feed=feed.name,
        )
        yield BegunIncident(AlertKind.REISSUED, Severity.LOW, words)


def ended_incidents(
    state: FeedState, latest: Mapping[AlertKind, FeedIncident], *, reissue: Reissue | None = None
) -> Iterator[AlertKind]:
    """Yield the incidents that a poll ends."""
    is_over = {
        AlertKind.GONE: not state.failures,
        AlertKind.FAILING: not state.failures,
        AlertKind.SILENT: not is_silent(state),
        AlertKind.QUARANTINED: not state.breaches,
        AlertKind.REISSUED: reissue is not None and not reissue.is_whole,
    }
    for kind, incident in latest.items():
        if incident.ended_at is None and is_over[kind]:
            yield kind


def _fails(state: FeedState, now: Timestamp) -> bool:
    """Tell whether a feed cannot be read for a day, now or at its next poll."""
    if state.failing_since is None or state.gone:
        return False
    deadline = state.failing_since + DAY
    return now >= deadline or state.asked_until > deadline


def _is_due_again(last: FeedIncident | None, now: Timestamp) -> bool:
    return last is None or (last.ended_at is not None and now - last.ended_at >= REST)


def _failure_title(feed: Feed, state: FeedState, now: Timestamp) -> str:
    since = state.failing_since or now
    if now - since < DAY:
        return _(
            "{feed}: cannot be read, and is not asked again for {time}: {reason}",
            feed=feed.name, time=spelled(state.asked_until - now), reason=state.reason,
        )  # fmt: skip
    if state.last_ok is None:
        return _(
            "{feed}: could never be read, for {time}: {reason}",
            feed=feed.name, time=spelled(now - since), reason=state.reason,
        )  # fmt: skip
    return _(
        "{feed}: cannot be read for {time}: {reason}",
        feed=feed.name, time=spelled(now - state.last_ok), reason=state.reason,
    )  # fmt: skip


def _silence_title(feed: Feed, state: FeedState) -> str:
    silence = (state.last_ok or 0.0) - (state.published or 0.0)
    habit = describe_interval(state.usual) if state.usual else _("more often")
    return _(
        "{feed}: nothing new for {time}; it usually publishes {habit}",
        feed=feed.name, time=spelled(silence), habit=habit,
    )  # fmt: skip


REDIRECTS = 3
SPAN = DAY
"""Least seconds between the first and the last redirect."""
LATELY = 7 * SPAN
"""Seconds for which the former address of a feed is shown."""
NOWHERE = PermanentRedirect("", 0.0, 0.0, 0)


def updated_redirect(
    previous: PermanentRedirect | None, target: str | None, now: Timestamp
) -> PermanentRedirect | None:
    """Return the redirects so far, with those of one answer; None if nothing changes.

    `target` is where permanent redirects of the answer led, None without one.
    """
    if target is None:
        return NOWHERE if previous else None
    if previous is None or previous.to != target or now < previous.since:  # a clock may be set back
        return PermanentRedirect(target, now, now, 1)
    return PermanentRedirect(target, previous.since, now, previous.times + 1)


def is_confirmed(move: PermanentRedirect) -> bool:
    return move.times >= REDIRECTS and move.latest - move.since >= SPAN


def describe_redirect(
    move: PermanentRedirect | None, former: FormerAddress | None, now: Timestamp
) -> str:
    """Describe the old or new address of a feed: `moved here from … 2 d ago`."""
    if move and is_confirmed(move):
        return _("it has moved permanently to {address}", address=_shown(move.to))
    if former and now - former.until < LATELY:
        age = span(now - former.until)
        return _("moved here from {address} {time} ago", address=_shown(former.url), time=age)
    return ""


def _shown(url: str) -> str:
    """Return an address without its query, which may hold a token."""
    return url.partition("?")[0]


# --- the publication rate ----------------------------------------------------------------

MIN_DAYS = 5
"""Least days with publications to learn from: a weekly may bring ten on one day."""
MAX_PAUSES = 8
"""Pauses kept: more than the weekends of six weeks."""
WEEKS = 42 * DAY
MIN_HISTORY = 21 * DAY
"""Before three weekends are known, a feed may rest for a long one."""
LONG_WEEKEND = 4 * DAY
SLACK = 4
"""Weight of the spread of its pauses: with 2, feeds that publish less than daily would have
raised 0.7 alerts a year, with 4 they raise 0.3 (in 267 years of 91 real feeds)."""
SHORTEST = 12 * HOUR
"""The shortest silence in seconds that is reported."""


def updated_rate(
    habit: PublicationRate | None, published: Iterable[Timestamp]
) -> PublicationRate | None:
    """Return a publication rate updated with the times of some publications, in any order."""
    for moment in sorted(published):
        if habit is None:
            habit = PublicationRate(since=moment, last=moment)
        elif moment - habit.last >= HOUR:
            pause = moment - habit.last
            habit = replace(
                habit,
                last=moment,
                days=habit.days + (moment // DAY > habit.last // DAY),
                recent=(*habit.recent, pause)[-MAX_PAUSES:],
                pauses=_shortened((*habit.pauses, (moment, pause))),
            )
    return habit


def typical_interval(habit: PublicationRate | None) -> float | None:
    """Return the median seconds between two publications; None while too few are known."""
    from statistics import median

    if habit is None or habit.days < MIN_DAYS:
        return None
    return median(habit.recent)


def longest_silence(habit: PublicationRate | None) -> float | None:
    """Return the seconds without a publication after which a feed counts as silent.

    None while too few publications are known. The pauses of the last six weeks contain nights,
    weekends and the week of a weekly, so the normal silence is learned from them::

        pauses, the longest first    a daily that rests at weekends    a wire    a weekly
        second                       3 d                               2 h       7 d
        fifth                        3 d                               2 h       7 d
        allowed                      3.6 d                             12 h      21 d

    The longest pause does not count: it may have been a strike, or an outage of the monitor.
    """
    typical = typical_interval(habit)
    if habit is None or typical is None:
        return None
    pauses = sorted((pause for _, pause in habit.pauses), reverse=True)
    second, fifth = pauses[1], pauses[min(4, len(pauses) - 1)]
    least = SHORTEST if habit.last - habit.since >= MIN_HISTORY else LONG_WEEKEND
    return max(least, 3 * typical, 1.2 * second, second + SLACK * (second - fifth))


def entry_times(
    dates: Iterable[Timestamp | None], last_read: Timestamp | None, now: Timestamp
) -> list[Timestamp]:
    """Return the times of publication: the dates, limited to the time since the last read.

    At the first read their dates count unless they are in the future.
    """
    earliest = float("-inf") if last_read is None else last_read
    return [now if date is None else min(max(date, earliest), now) for date in dates]


def is_silent(state: FeedState) -> bool:
    """Tell whether a feed, when last read, had been silent for longer than is normal."""
    if state.published is None or state.silent_after is None or state.last_ok is None:
        return False
    return state.last_ok - state.published > state.silent_after


def describe_interval(seconds: float) -> str:
    """Describe an interval: `hourly`, `every 4 h`, `daily`."""
    for least, most, name in (
        (0, 1.5 * HOUR, mark("hourly")),
        (20 * HOUR, 36 * HOUR, mark("daily")),
        (6 * DAY, 8 * DAY, mark("weekly")),
        (26 * DAY, 35 * DAY, mark("monthly")),
    ):
        if least <= seconds <= most:
            return _(name)
    return _("every {time}", time=span(seconds))


def _shortened(pauses: tuple[tuple[Timestamp, float], ...]) -> tuple[tuple[Timestamp, float], ...]:
    """Leave out one pause of too many: the oldest if it is old, else the shortest."""
    if len(pauses) <= MAX_PAUSES:
        return pauses
    if pauses[-1][0] - pauses[0][0] > WEEKS:
        return pauses[1:]
    shortest = min(pauses, key=lambda pause: pause[1])
    return tuple(pause for pause in pauses if pause is not shortest)
