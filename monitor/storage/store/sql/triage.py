"""Triage: the decisions of people about alerts, and their record, written in one transaction."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from monitor.base.article import Timestamp
from monitor.model.alert import TriageState
from monitor.model.triage import (
    Change,
    Decision,
    TriageAction,
    difference,
    overwrites,
    standing,
    taken_back,
)
from monitor.storage.store.database.connection import (
    CHUNK,
    Connection,
    StoreViews,
    select_in,
    transaction,
)

_IN_FORCE = (
    "NOT EXISTS (SELECT 1 FROM acts u WHERE u.undoes = a.id"
    " AND NOT EXISTS (SELECT 1 FROM acts r WHERE r.undoes = u.id))"
)
_LAST = (
    "SELECT id FROM acts a WHERE who = ?1 AND why = '' AND undoes IS NULL"
    f" AND (cast(?2 AS BIGINT) IS NULL OR id = ?2) AND {_IN_FORCE} ORDER BY id DESC LIMIT 1"
)
_LAST_TAKEN_BACK = (
    "SELECT a.id FROM acts a JOIN acts undone ON undone.id = a.undoes AND undone.undoes IS NULL"
    " WHERE a.who = ?1 AND NOT EXISTS (SELECT 1 FROM acts r WHERE r.undoes = a.id)"
    " AND NOT EXISTS (SELECT 1 FROM acts s WHERE s.who = ?1 AND s.why = '' AND s.undoes IS NULL"
    " AND s.id > a.id) ORDER BY a.id DESC LIMIT 1"
)


class TriageViews(StoreViews):
    """Decisions of people about alerts, with their record: one transaction each."""

    def change(
        self,
        ids: Collection[int],
        change: Change,
        person: str,
        at: Timestamp,
        shown: Mapping[int, TriageState] = {},
    ) -> TriageAction | None:
        """Change these alerts; return the action, None if nothing changed.

        Unknown ids are left out. `shown` is the state of the alerts on the screen of the person:
        an alert on which the change would overwrite a later decision stays as it is, and is in
        `left`. Raises StoreError if the store stays locked.
        """
        with transaction(self._connection.sql) as sql:
            apply: Callable[[TriageState], TriageState] = functools.lru_cache(CHUNK)(change.on)
            steps, skipped = [], []
            for alert, before in _standings(sql, ids):
                after = apply(before)
                if overwrites(shown.get(alert, before), before, after):
                    skipped.append(alert)
                elif after != before:
                    steps.append((alert, before, after))
            if not steps and not skipped:
                return None
            act = _act(sql, person, at, None) if steps else 0
            _write(sql, act, steps)
        changed = tuple(alert for alert, _, _ in steps)
        return TriageAction(id=act, at=at, who=person, ids=changed, left=tuple(skipped))

    def undo(self, person: str, at: Timestamp, act: int | None) -> TriageAction | None:
        """Undo an act of a person, or the last one if `act` is None; return None if there is none.

        Later decisions about an alert stay. Raises StoreError if the store stays locked.
        """
        return self._undo(_LAST, (person, act), person, at)

    def redo(self, person: str, at: Timestamp) -> TriageAction | None:
        """Redo the last undone act of a person; return None if the person acted since then."""
        return self._undo(_LAST_TAKEN_BACK, (person,), person, at)

    def decisions(self, alert: int) -> list[Decision]:
        """Return the decisions about an alert, the first one first."""
        rows = self._connection.rows(
            "SELECT a.id AS act, d.alert, a.at, a.who, a.why, a.undoes, d.before, d.after"
            " FROM decisions d JOIN acts a ON a.id = d.act WHERE d.alert = ? ORDER BY a.id",
            (alert,),
        )
        return [
            Decision(
                **{**row, "before": json.loads(row["before"]), "after": json.loads(row["after"])}
            )
            for row in rows
        ]

    def tags(self) -> dict[str, int]:
        """Return the number of alerts with each tag of the analyst, by tag."""
        return dict(
            self._connection.read("SELECT tag, count(*) FROM alert_tags GROUP BY tag ORDER BY tag")
        )

    def people(self) -> list[str]:
        """Return the people who worked on alerts, and the assignees of alerts, sorted."""
        rows = self._connection.read(
            "SELECT DISTINCT who FROM acts WHERE why = '' AND who <> ''"
            " UNION SELECT DISTINCT assignee FROM assignments ORDER BY 1"
        )
        return [name for (name,) in rows]

    def _undo(
        self, query: str, values: tuple[object, ...], person: str, at: Timestamp
    ) -> TriageAction | None:
        with transaction(self._connection.sql) as sql:
            row = sql.execute(query, values).fetchone()
            if row is None:
                return None
            changes = {
                alert: (before, after)
                for alert, before, after in sql.execute(
                    "SELECT alert, before, after FROM decisions WHERE act = ?", row
                )
            }
            steps, skipped = [], []
            for alert, now in _standings(sql, changes):
                restored, is_complete = _taken_back(now, *changes[alert])
                if restored != now:
                    steps.append((alert, now, restored))
                if not is_complete:
                    skipped.append(alert)
            act = _act(sql, person, at, row[0])
            _write(sql, act, steps)
        ids = tuple(alert for alert, _, _ in steps)
        return TriageAction(id=act, at=at, who=person, ids=ids, undoes=row[0], left=tuple(skipped))


def _standings(sql: Connection, ids: Iterable[int]) -> Iterator[tuple[int, TriageState]]:
    """Yield the triage states of these alerts, by ascending id; unknown ids are left out."""
    tags = f"SELECT {sql.json_list('tag')} FROM alert_tags t WHERE t.alert = al.id"
    query = (
        "SELECT al.id, al.state, al.verdict, al.starred, coalesce(n.text, ''),"
        f" coalesce(w.assignee, ''), ({tags})"
        " FROM alerts al LEFT JOIN notes n ON n.alert = al.id"
        " LEFT JOIN assignments w ON w.alert = al.id WHERE al.id IN ({0}) ORDER BY al.id"
    )
    for alert, *values in list(select_in(sql, query, sorted(set(ids)))):
        yield alert, _standing(*values)


@functools.lru_cache(CHUNK)  # thousands of alerts have few different states
def _standing(
    state: str, verdict: str, starred: int, note: str, assignee: str, tags: str
) -> TriageState:
    values = {"state": state, "verdict": verdict, "starred": starred, "note": note}
    return standing({**values, "assignee": assignee, "tags": sorted(json.loads(tags))})


@functools.lru_cache(CHUNK)
def _recorded(before: TriageState, after: TriageState) -> tuple[str, str]:
    old, new = difference(before, after)
    return json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False)


@functools.lru_cache(CHUNK)
def _taken_back(now: TriageState, before: str, after: str) -> tuple[TriageState, bool]:
    return taken_back(now, json.loads(before), json.loads(after))


def _act(sql: Connection, person: str, at: Timestamp, undoes: int | None) -> int:
    values = (at, person, undoes)
    (act,) = sql.execute(
        "INSERT INTO acts (at, who, undoes) VALUES (?, ?, ?) RETURNING id", values
    ).fetchone()
    return int(act)


_TEXTS = (("notes", "text", "note"), ("assignments", "assignee", "assignee"))
"""Tables with one text for an alert: their column, and the field of a `TriageState`."""


def _write(
    sql: Connection, act: int, steps: Sequence[tuple[int, TriageState, TriageState]]
) -> None:
    """Store the states of alerts after an act, and the record of it."""
    sql.executemany(
        "UPDATE alerts SET state = ?, verdict = ?, starred = ? WHERE id = ?",
        [
            (after.state, after.verdict, after.starred, alert)
            for alert, before, after in steps
            if (before.state, before.verdict, before.starred)
            != (after.state, after.verdict, after.starred)
        ],
    )
    for table, column, field in _TEXTS:
        texts = [
            (alert, getattr(after, field))
            for alert, before, after in steps
            if getattr(after, field) != getattr(before, field)
        ]
        sql.executemany(f"DELETE FROM {table} WHERE alert = ?", [(alert,) for alert, _ in texts])
        sql.insert(table, f"alert, {column}", [pair for pair in texts if pair[1]])
    retagged = [step for step in steps if step[1].tags != step[2].tags]
    sql.executemany(
        "DELETE FROM alert_tags WHERE alert = ? AND tag = ?",
        [(id, tag) for id, before, after in retagged for tag in {*before.tags} - {*after.tags}],
    )
    sql.insert(
        "alert_tags",
        "alert, tag",
        [(id, tag) for id, before, after in retagged for tag in {*after.tags} - {*before.tags}],
    )
    sql.insert(
        "decisions",
        "alert, act, before, after",
        [(alert, act, *_recorded(before, after)) for alert, before, after in steps],
    )
