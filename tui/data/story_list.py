"""The rows of the stream: the order of stories, and a cache of stories with their alerts."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from index.analysis.folding import fold
from monitor.model.alert import Alert, EscalatedAlert, StoryAlerts
from monitor.model.watchlist import Severity

if TYPE_CHECKING:
    from monitor.model.triage import Change


BLOCK_SIZE = 128
"""Stories read together; 128 rows by primary key take 0.2 ms."""


class FirstAlerts:
    """The first alert of the story of every alert, which names the story.

    Most alerts are the first of their story; only the others are kept, in the order of their ids.
    """

    def __init__(self, later: Iterable[int] = (), firsts: Iterable[int] = ()) -> None:
        self.later = array("q", later)
        self.firsts = array("q", firsts)
        self.upto = self.later[-1] if self.later else 0
        """Id of the newest alert that is known."""
        self.is_complete = False
        """Whether all older alerts are known too."""

    def of(self, alert: int) -> int:
        """Return the first alert of the story of an alert."""
        index = bisect_left(self.later, alert)
        is_later = index < len(self.later) and self.later[index] == alert
        return self.firsts[index] if is_later else alert

    def add(self, later: array[int], firsts: array[int], upto: int) -> None:
        """Add newer alerts that are not the first of their story.

        Args:
            later: Their ids, in ascending order.
            firsts: The first alert of the story of each.
            upto: Id of the newest alert that there was when they were read.
        """
        start = bisect_left(later, self.upto + 1)
        self.later.extend(later[start:])
        self.firsts.extend(firsts[start:])
        self.upto = max([self.upto, upto, *later[-1:]])

    def replace(
        self, later: array[int], firsts: array[int], upto: int, *, is_complete: bool = False
    ) -> None:
        """Replace all alerts that are not the first of their story."""
        self.later, self.firsts = later, firsts
        self.upto = max([upto, *later[-1:]])
        self.is_complete = is_complete


class StoryOrder:
    """The order of stories on rows, the newest first; each row is named by its leading alert.

    That is the newest alert of the story, or the one that escalated last. Nearly every story
    stands where the id of that alert puts it, in one ascending array. The few that escalated stand
    above the alert that was the newest when they escalated.
    """

    def __init__(
        self,
        ids: Iterable[int] = (),
        escalated: Iterable[EscalatedAlert] = (),
        firsts: FirstAlerts | None = None,
        ranks: Mapping[int, int] | None = None,
    ) -> None:
        """Order stories.

        Args:
            ids: Their alerts, in ascending order.
            escalated: Alerts that escalated.
            firsts: The first alert of each story.
            ranks: The rank of each alert by the value of a column, by which the stories are sorted,
                the newest of equal ones first; none can be added then. None for the newest first.
        """
        self._sorted: Sequence[int] = ()
        """The leading alerts, where they are sorted by a column."""
        self._rows: Mapping[int, int] = {}
        """The rows of sorted stories, by their first alerts."""
        self._firsts = firsts or FirstAlerts()
        self._ids = array("q")
        """The leading alert of each story that has not escalated."""
        self._leads: dict[int, int] = {}
        """The newest alert of each story of which it is not the first one, by the first one."""
        self._escalated: list[EscalatedAlert] = []
        self._place: dict[int, int] = {}
        """Index in `_escalated` of each story that escalated, by its first alert."""
        self._heights: list[int] = []
        """Number of rows below each escalated story."""
        self._build(array("q", ids), escalated)
        if ranks is not None:
            leads = self.rows(0, len(self))
            self._sorted = sorted(leads, key=lambda lead: ranks.get(lead, len(ranks)))
            self._rows = {self._firsts.of(lead): row for row, lead in enumerate(self._sorted)}

    def __len__(self) -> int:
        return len(self._ids) + len(self._escalated)

    def at(self, row: int) -> int:
        """Return the leading alert of the story on a row."""
        if self._sorted:
            return self._sorted[row]
        height = len(self) - 1 - row
        place = bisect_left(self._heights, height)
        if place < len(self._heights) and self._heights[place] == height:
            return self._escalated[place].alert
        return self._ids[height - place]

    def story_at(self, row: int) -> int:
        """Return the first alert of the story on a row."""
        return self._firsts.of(self.at(row))

    def row(self, alert: int) -> int | None:
        """Return the row of the story of an alert, None if it has none."""
        story = self._firsts.of(alert)
        if self._sorted:
            return self._rows.get(story)
        place = self._place.get(story)
        if place is not None:
            return len(self) - 1 - self._heights[place]
        lead = self._leads.get(story, story)
        index = self._index(lead)
        if index is None:
            return None
        return len(self) - 1 - index - bisect_left(self._escalated, (lead,))

    def block(self, row: int) -> Sequence[int]:
        """Return the leading alerts around a row that are read together."""
        if self._sorted:
            return self._sorted[row - row % BLOCK_SIZE :][:BLOCK_SIZE]
        alert = self.at(row)
        index = self._index(alert)
        if index is None:
            place = self._place[self._firsts.of(alert)] // BLOCK_SIZE * BLOCK_SIZE
            return [placed.alert for placed in self._escalated[place : place + BLOCK_SIZE]]
        start = index - index % BLOCK_SIZE
        return self._ids[start : start + BLOCK_SIZE]

    def rows(self, first: int, count: int) -> list[int]:
        """Return the leading alerts on `count` rows from `first` on, as far as there are rows."""
        return [self.at(row) for row in range(max(0, first), min(len(self), first + count))]

    def add(self, ids: Iterable[int]) -> int:
        """Add alerts, which move their stories up; return the number of these stories."""
        moved_stories = set()
        for id in ids:
            story = self._firsts.of(id)
            if self._stands_above(story, id):
                continue
            self._remove(story)
            insort(self._ids, id)
            if id != story:
                self._leads[story] = id
            moved_stories.add(story)
        self._compute_heights()
        return len(moved_stories)

    def add_older(self, ids: Sequence[int], escalated: Iterable[EscalatedAlert] = ()) -> None:
        """Add older alerts: those of `ids` before the oldest one here."""
        current = self._ids
        older = ids[: bisect_left(ids, current[0])] if current else ids
        unplaced = [row for row in escalated if self._firsts.of(row.alert) not in self._place]
        self._build(array("q", older) + current, [*unplaced, *self._escalated])

    def escalate(self, escalated: Iterable[EscalatedAlert]) -> None:
        """Move the stories of alerts that escalated up to where a new order would have them.

        Articles without alert are put there.
        """
        rows = sorted(escalated)
        new_articles = [row for row in rows if row.alert < 0 and row.alert not in self._place]
        if new_articles:
            self._escalated = sorted([*self._escalated, *new_articles])
            self._compute_heights()
        for row in rows:
            story = self._firsts.of(row.alert)
            place = self._place.get(story)
            if place is None and self._stands_above(story, row.above + 1):
                continue
            if place is not None and self._escalated[place] >= row:
                continue
            self._remove(story)
            self._leads.pop(story, None)
            insort(self._escalated, row)
            self._compute_heights()

    def remove(self, alerts: Iterable[int]) -> None:
        """Remove the stories of alerts, or articles, which have rows."""
        for alert in alerts:
            self._remove(self._firsts.of(alert))
        self._compute_heights()

    def _build(self, ids: array[int], escalated: Iterable[EscalatedAlert]) -> None:
        firsts = self._firsts
        oldest = bisect_left(firsts.later, ids[0]) if ids else len(firsts.later)
        later = firsts.later[oldest:]
        present = set(later).intersection(ids)
        self._ids = ids
        self._leads = {
            story: alert
            for alert, story in zip(later, firsts.firsts[oldest:], strict=True)
            if alert in present
        }
        superseded = present.difference(self._leads.values())
        superseded.update(self._leads)
        last: dict[int, EscalatedAlert] = {}
        for row in sorted(escalated):
            story = firsts.of(row.alert)
            lead = self._leads.get(story, story)
            if lead <= row.above or self._index(lead) is None:
                superseded.update((lead, row.alert))
                last[story] = row
        for story in last:
            self._leads.pop(story, None)
        if superseded:
            self._ids = array("q", (id for id in ids if id not in superseded))
        self._escalated = sorted(last.values())
        self._compute_heights()

    def _index(self, alert: int) -> int | None:
        """Return the index of an alert in `_ids`, None if it is not there."""
        index = bisect_left(self._ids, alert)
        return index if index < len(self._ids) and self._ids[index] == alert else None

    def _stands_above(self, story: int, alert: int) -> bool:
        """Return whether a story is at least as high as one of its alerts would put it."""
        place = self._place.get(story)
        if place is not None:
            return alert <= self._escalated[place].above
        lead = self._leads.get(story, story)
        return lead >= alert and self._index(lead) is not None

    def _remove(self, story: int) -> None:
        place = self._place.get(story)
        if place is not None:
            del self._escalated[place]
            self._compute_heights()
            return
        index = self._index(self._leads.get(story, story))
        if index is not None:
            del self._ids[index]

    def _compute_heights(self) -> None:
        self._place = {
            self._firsts.of(row.alert): place for place, row in enumerate(self._escalated)
        }
        self._heights = [
            bisect_right(self._ids, row.above) + place for place, row in enumerate(self._escalated)
        ]


def column_ranks(
    column: str, rows: Sequence[tuple[int, int, str, str | float | None]]
) -> dict[int, int]:
    """Return the rank of each alert by the value of a column; equal values have one rank.

    Text is sorted by its letters, numbers and times from the largest. Severity and watchlist
    are those of the story: of its alert of the highest severity. Rows are the alert, the first
    one of its story, the severity and the value.
    """
    severities = {alert: Severity(severity).rank for alert, _story, severity, _value in rows}
    values: dict[int, Any] = {
        alert: fold(value) if isinstance(value, str) else -(value or 0.0)
        for alert, _story, _severity, value in rows
    }
    values = severities if column == "signs" else values
    if column in ("signs", "watchlist"):
        weakest_first = sorted(rows, key=lambda row: (-severities[row[0]], -row[0]))
        of_story = {story: values[alert] for alert, story, *_others in weakest_first}
        values = {alert: of_story[story] for alert, story, *_others in rows}
    ranks = {value: rank for rank, value in enumerate(sorted(set(values.values())))}
    return {alert: ranks[value] for alert, value in values.items()}


CACHE_SIZE = 4096
"""Stories in the cache, about 4 MB; a screen shows at most some hundreds."""


class PendingChange(Struct, frozen=True, eq=False):
    """A triage decision that is shown but not stored yet."""

    ids: frozenset[int]
    change: Change


class StoryCache:
    """Stories with their alerts as they are stored, with the pending changes applied."""

    def __init__(
        self,
        read: Callable[[Sequence[int]], list[StoryAlerts]],
        firsts: FirstAlerts,
        size: int = CACHE_SIZE,
    ) -> None:
        """Begin with nothing in the cache.

        Args:
            read: Returns the stories of alerts.
            firsts: The first alert of each story.
            size: Stories that are kept.
        """
        self._read = read
        self._firsts = firsts
        self._size = size
        self._stored: dict[int, StoryAlerts | None] = {}
        self._pending: list[PendingChange] = []
        self.version = 0
        """Grows with each change, so that alerts that were read before it can be told."""

    def get(
        self, alert: int, block: Callable[[], Sequence[int]] | None = None
    ) -> StoryAlerts | None:
        """Return the story of an alert, None if the store no longer has it.

        `block` returns the alerts whose stories are read with it.

        Raises:
            StoreError: The store cannot be read.
        """
        story = self._firsts.of(alert)
        if story not in self._stored:
            ids = block() if block else (alert,)
            self._load([id for id in ids if self._firsts.of(id) not in self._stored])
        return self._with_changes(self._stored.get(story))

    def update(self, stories: Iterable[StoryAlerts]) -> set[int]:
        """Take stories as they are stored now; return the first alerts of those that differ."""
        changed_names = set()
        for story in stories:
            for name in {self._firsts.of(alert.id) for alert in story.alerts}:
                if self._stored.get(name) != story:
                    changed_names.add(name)
                    self._stored[name] = story
        return changed_names

    def add_pending(self, pending: PendingChange) -> None:
        """Show a change before it is stored."""
        self.version += 1
        self._pending.append(pending)

    def resolve_pending(self, pending: PendingChange, *, stored: bool) -> None:
        """Remove a pending change: it is stored now, or it failed."""
        self.version += 1
        self._pending.remove(pending)
        if stored:
            for name in {self._firsts.of(alert) for alert in pending.ids}:
                story = self._stored.get(name)
                if story is not None:
                    self._stored[name] = _changed(story, pending)

    def cached(self, ids: Iterable[int]) -> list[Alert]:
        """Return the alerts of these ids that are in the cache."""
        ids = frozenset(ids)
        names = {self._firsts.of(alert) for alert in ids}
        stories = (self._with_changes(self._stored.get(name)) for name in names)
        return [alert for story in stories if story for alert in story.alerts if alert.id in ids]

    def forget(self, ids: Iterable[int]) -> None:
        """Remove the stories of alerts from the cache; the next `get` reads them again."""
        self.version += 1
        for alert in ids:
            self._stored.pop(self._firsts.of(alert), None)

    def pending(self) -> Collection[int]:
        """Return the ids of alerts with pending changes."""
        return {alert for pending in self._pending for alert in pending.ids}

    def _load(self, leads: Sequence[int]) -> None:
        names = {self._firsts.of(alert): None for alert in leads}
        for name in names:
            self._stored.pop(name, None)  # so that it is added at the end
        stories = self._read(leads)
        self._stored.update(names)
        self.update(stories)
        while len(self._stored) > max(self._size, len(leads)):
            del self._stored[next(iter(self._stored))]

    def _with_changes(self, story: StoryAlerts | None) -> StoryAlerts | None:
        if story is not None:
            for pending in self._pending:
                story = _changed(story, pending)
        return story


def _changed(story: StoryAlerts, pending: PendingChange) -> StoryAlerts:
    """Return a story with a pending change applied to its alerts."""
    if pending.ids.isdisjoint(alert.id for alert in story.alerts):
        return story
    return StoryAlerts(
        tuple(
            pending.change.on(alert) if alert.id in pending.ids else alert for alert in story.alerts
        )
    )
