"""Leases of a store that several monitors share: the holders of buckets and duties.

All times are those of the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from monitor.model.config import StoreAddress
from monitor.model.lease import BUCKETS, Duty, SharingMonitor, Standing
from monitor.storage.fencing import SOLE, Lease
from monitor.storage.store.database.connection import Connection, StoreConnection, by_name, reading
from monitor.storage.store.database.opening import open_database

BUSY_MS = 2_000
"""Milliseconds that a heartbeat waits for another one."""
NOW = "extract(epoch FROM clock_timestamp())::float8"
"""The time of the database; only stores in PostgreSQL have leases."""
LIVE = f"SELECT id FROM monitors WHERE expires_at > {NOW}"
FORGET_SECONDS = 86_400.0
"""Seconds after which a lost monitor is not shown any more."""
HANDOVER = 2.0
"""Seconds, beside its spacing, for which a host is left alone before another monitor asks it: a
request may be delayed."""
SOON = 0.001
"""Seconds until the next try for a host whose turn ends before it is looked up."""
TURNS_KEPT = 3_600.0
"""Seconds after which a host that may be asked again is forgotten."""
_IS_BACK = (
    f"EXISTS (SELECT 1 FROM monitors b WHERE b.expires_at > {NOW}"
    " AND b.host = m.host AND b.folder = m.folder)"
)
"""The condition that a monitor runs again where `m` was."""


_BEAT = f"""
WITH renewed AS (UPDATE monitors SET seen_at = {NOW}, expires_at = {NOW} + ?1, alert = NULL
  WHERE id = ?2 RETURNING seen_at)
SELECT seen_at, ARRAY({LIVE} OR id = ?2 ORDER BY id),
  ARRAY(SELECT json_build_array(epoch, array_agg(id)) FROM leases WHERE holder = ?2 GROUP BY epoch)
  FROM renewed
"""
_MONITOR = f"id AS number, host, pid, folder, since, seen_at, {NOW} - seen_at AS silence"


class SqlLeases:
    """The leases of a monitor, with their own connection: a heartbeat waits for nothing else.

    Each statement is a transaction.
    """

    def __init__(
        self, address: StoreAddress, *, host: str, pid: int, folder: str, expiry: float
    ) -> None:
        self._sql = open_database(address, create=False, busy_ms=BUSY_MS)
        self._read = StoreConnection(self._sql).read
        self._identity = host, pid, folder
        self._expiry = expiry
        self._monitor = 0

    def now(self) -> float:
        """Return the time of the database. Raises StoreError."""
        ((now,),) = self._read(f"SELECT {NOW}")
        return float(now)

    def beat(self) -> Standing:
        """Store a heartbeat of this monitor; return its standing. Raises StoreError.

        Who stands still while it writes is no hindrance for long: every heartbeat looks.
        """
        while not (rows := [*self._read(_BEAT, (self._expiry, self._monitor))]):
            self._join()
        with reading(self._sql) as sql:
            sql.end_still_writer()
        ((now, live, buckets),) = rows
        epochs = {id: epoch for epoch, ids in buckets for id in ids}
        return Standing(now=now, monitor=self._monitor, live=tuple(live), epochs=epochs)

    def take(self, most: int, *, forced: bool = False) -> dict[int, int]:
        """Take buckets that nobody holds; return their epochs. Raises StoreError.

        With `forced`, also those of other monitors, which the caller knows to be dead.
        """
        return self._take(f"id < {BUCKETS}", most, forced=forced)

    def take_duties(self, duties: Collection[Duty], *, forced: bool = False) -> dict[int, int]:
        """Take those of these duties that nobody holds; return their epochs. Raises StoreError."""
        duty_ids = ", ".join(str(int(duty)) for duty in duties)
        return self._take(f"id IN ({duty_ids})", len(duties), forced=forced) if duty_ids else {}

    def release(self, leases: Iterable[int]) -> None:
        """Give leases back, except those under which a transaction is open; raises StoreError."""
        if lease_ids := ", ".join(map(str, leases)):
            self._give_back(f"AND id IN ({lease_ids})")

    def take_turns(self, spacings: Mapping[str, float]) -> dict[str, float]:
        """Take the turns of the hosts that may be asked now, among all monitors.

        Args:
            spacings: Seconds for which nobody may ask a host again, by host.

        Returns:
            Seconds to wait, by host that may not be asked yet.

        Raises:
            StoreError: The database does not answer.
        """
        rows = self._read(
            "INSERT INTO turns AS t (host, monitor, free_at) SELECT host, ?1, now + seconds"
            f" FROM (SELECT {NOW} AS now) AS clock, unnest(?2::text[], ?3::float8[])"
            " AS spacing (host, seconds) ORDER BY host"
            " ON CONFLICT (host) DO UPDATE SET monitor = excluded.monitor,"
            f" free_at = excluded.free_at, awaited = FALSE WHERE {_free_at()} <= {NOW}"
            " RETURNING host",
            (self._monitor, list(spacings), list(spacings.values())),
        )
        hosts = spacings.keys() - {host for (host,) in rows}
        return dict.fromkeys(hosts, SOON) | self._queue_for(hosts) if hosts else {}

    def _queue_for(self, hosts: Collection[str]) -> dict[str, float]:
        """Give other monitors the next turn at hosts; return the seconds to wait, by host."""
        waits = self._read(
            "UPDATE turns AS t SET awaited = awaited OR monitor <> ?1"
            " WHERE host IN (SELECT host FROM turns WHERE host = ANY(?2::text[]) ORDER BY host"
            f" FOR UPDATE) RETURNING host, {_free_at()} - {NOW}",
            (self._monitor, list(hosts)),
        )
        return {host: max(SOON, wait) for host, wait in waits}

    def leave(self) -> None:
        """Give all leases back, and sign off. Raises StoreError."""
        self._give_back("")
        self._do("DELETE FROM monitors WHERE id = ?", self._monitor)
        self._monitor = 0

    def close(self) -> None:
        """Close the connection."""
        self._sql.close()

    def _join(self) -> None:
        """Register this monitor."""
        self._do(
            "INSERT INTO leases (id) SELECT value FROM generate_series(0, ?) AS number (value)"
            " ON CONFLICT DO NOTHING",
            int(max(Duty)),
        )
        ((self._monitor,),) = self._read(
            "INSERT INTO monitors (host, pid, folder, since, seen_at, expires_at)"
            f" VALUES (?, ?, ?, {NOW}, {NOW}, {NOW} + ?) RETURNING id",
            (*self._identity, self._expiry),
        )

    def _take(self, condition: str, most: int, *, forced: bool) -> dict[int, int]:
        free = "TRUE" if forced else f"(holder IS NULL OR holder NOT IN ({LIVE}))"
        return dict(
            self._read(
                "UPDATE leases SET holder = ?1, epoch = epoch + 1 WHERE id = ANY(ARRAY("
                f"SELECT id FROM leases WHERE {condition} AND {free} ORDER BY id LIMIT ?2"
                " FOR UPDATE SKIP LOCKED)) RETURNING id, epoch",
                (self._monitor, most),
            )
        )

    def _give_back(self, condition: str) -> None:
        self._do(
            "UPDATE leases SET holder = NULL, epoch = epoch + 1 WHERE id = ANY(ARRAY("
            f"SELECT id FROM leases WHERE holder = ? {condition} FOR UPDATE SKIP LOCKED))",
            self._monitor,
        )

    def _do(self, statement: str, *values: Any) -> None:
        with reading(self._sql) as sql:
            sql.execute(statement, values)


def _free_at() -> str:
    """Return the SQL for the time from which a monitor may ask the host of a turn `t`."""
    return (
        "t.free_at + CASE WHEN t.monitor <> ?1 THEN 1 WHEN t.awaited THEN 2 ELSE 0 END"
        f" * {HANDOVER}"
    )


# --- in the transactions of others -----------------------------------------------------------


def held(sql: Connection, leases: Collection[Lease]) -> frozenset[Lease]:
    """Return the leases that still have their holders.

    They keep their holders until the end of the transaction.
    """
    lease_ids = {lease.id for lease in leases if lease != SOLE}
    if not lease_ids:
        return frozenset(leases)
    numbers = ", ".join(map(str, sorted(lease_ids)))
    rows = sql.execute(f"SELECT id, epoch FROM leases WHERE id IN ({numbers}) FOR SHARE")
    return frozenset(leases) & {SOLE, *(Lease(*row) for row in rows)}


def lost_monitors(sql: Connection) -> list[SharingMonitor]:
    """Return the lost monitors about which there is no alert yet."""
    rows = sql.execute(
        f"SELECT {_MONITOR} FROM monitors m"
        f" WHERE expires_at <= {NOW} AND alert IS NULL AND NOT {_IS_BACK} ORDER BY id"
    )
    return [SharingMonitor(**row, lost=True) for row in by_name(rows)]


def note_lost(sql: Connection, alerts: Mapping[int, int]) -> None:
    """Store the alert about each lost monitor, by the number of the monitor."""
    sql.executemany("UPDATE monitors SET alert = ?2 WHERE id = ?1", [*alerts.items()])


def forget(sql: Connection) -> None:
    """Delete old turns, and monitors that run again under another number or are long lost."""
    sql.execute(
        f"DELETE FROM monitors AS m WHERE expires_at <= {NOW}"
        f" AND (expires_at < {NOW} - ? OR {_IS_BACK})",
        (FORGET_SECONDS,),
    )
    sql.execute(f"DELETE FROM turns WHERE free_at < {NOW} - ?", (TURNS_KEPT,))


# --- for viewers -----------------------------------------------------------------------------


def sharing_monitors(connection: StoreConnection) -> list[SharingMonitor]:
    """Return the monitors of a shared store, the lost ones last."""
    leases: dict[int, list[int]] = {}
    for holder, id in connection.read("SELECT holder, id FROM leases WHERE holder IS NOT NULL"):
        leases.setdefault(holder, []).append(id)
    lags = dict(
        connection.read(
            f"SELECT m.id, {NOW} - min(CASE WHEN f.next_due > m.since THEN f.next_due"
            " ELSE m.since END) FROM feeds f JOIN leases l ON l.id = f.bucket"
            " JOIN monitors m ON m.id = l.holder WHERE f.subscribed AND f.enabled AND NOT f.gone"
            f" AND f.next_due <= {NOW} GROUP BY m.id"
        )
    )
    rows = connection.rows(
        f"SELECT {_MONITOR}, expires_at <= {NOW} AS lost"
        f" FROM monitors m WHERE expires_at > {NOW} OR NOT {_IS_BACK} ORDER BY lost, number"
    )
    return [
        SharingMonitor(
            **row,
            buckets=sum(id < BUCKETS for id in leases.get(row["number"], ())),
            duties=tuple(Duty(id) for id in sorted(leases.get(row["number"], ())) if id >= BUCKETS),
            lag=max(0.0, lags.get(row["number"], 0.0)),
        )
        for row in rows
    ]
