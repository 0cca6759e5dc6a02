"""Bugs that are planted to see that the tests catch them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from msgspec.structs import replace

from monitor.delivery.notify.delivery_loop import DeliveryLoop
from monitor.delivery.notify.notification import Sender
from monitor.judgement.alerts.plan import AlertPlan
from monitor.model.config import StoreAddress
from monitor.model.delivery import Delivery, DeliveryAttempt
from monitor.model.poll import PollOutcome
from monitor.storage.fencing import Lease
from monitor.storage.store.database import connection
from monitor.storage.store.sql import leases
from monitor.storage.store.sql.batch import Batch
from monitor.storage.store.sql.store import Store

BETWEEN = "BEGIN IMMEDIATE -- between the two halves"
"""Begins the second half of a split transaction, if that half writes something."""


class EtagFirst(Store):
    """A store that commits the state of a feed before its articles."""

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        with super().batch() as batch:
            save = batch.save_poll

            def save_in_two(outcome: PollOutcome) -> None:
                save(replace(outcome, changes=(), sightings=(), notices=(), ended=()))
                batch.finish()
                batch._sql.execute("COMMIT")
                batch._sql.execute(BETWEEN if outcome.changes else "BEGIN IMMEDIATE")
                save(outcome)

            batch.save_poll = save_in_two  # type: ignore[method-assign]
            yield batch


class AlertsFirst(Store):
    """A store that commits alerts before their deliveries."""

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        with super().batch() as batch:
            save = batch.save_alerts

            def save_in_two(plan: AlertPlan) -> None:
                save(replace(plan, notify=(), suppressed={}))
                batch._sql.execute("COMMIT")
                batch._sql.execute(BETWEEN if plan.notify else "BEGIN IMMEDIATE")
                save(AlertPlan(at=plan.at, notify=plan.notify, suppressed=plan.suppressed))

            batch.save_alerts = save_in_two  # type: ignore[method-assign]
            yield batch


class NoOutbox(Store):
    """A store that keeps its deliveries in memory."""

    def __init__(self, address: StoreAddress) -> None:
        super().__init__(address)
        sql = self._connection
        (ddl,) = sql.execute("SELECT sql FROM sqlite_master WHERE name = 'deliveries'").fetchone()
        sql.execute(ddl.replace("CREATE TABLE", "CREATE TEMP TABLE"))


@contextmanager
def marked_before_it_is_sent() -> Iterator[None]:
    """Note that something was sent, then send it."""
    send = DeliveryLoop._send

    async def hasty(
        self: DeliveryLoop, name: str, sender: Sender, group: Sequence[Delivery]
    ) -> None:
        await self._save(DeliveryAttempt(delivery=delivery.id) for delivery in group)
        await send(self, name, sender, group)

    with patch.object(DeliveryLoop, "_send", hasty):
        yield


@contextmanager
def a_key_of_each_try() -> Iterator[None]:
    """Give a message a new key at each try."""
    from monitor.delivery.notify import notification, senders

    key, tries = notification.idempotency_key, iter(range(1_000_000))
    with patch.object(senders, "idempotency_key", lambda planned: f"{key(planned)}-{next(tries)}"):
        yield


@contextmanager
def epoch_not_checked() -> Iterator[None]:
    """Store work under a lease without a check of its holder."""

    def held(_sql: object, claimed: Collection[Lease]) -> frozenset[Lease]:
        return frozenset(claimed)

    with (
        patch.object(leases, "held", held),
        patch.object(connection, "_require_lease", lambda _connection: None),
    ):
        yield


@contextmanager
def lease_not_renewed() -> Iterator[None]:
    """Keep the lease of a monitor as long as it was first given."""
    renewal = f"expires_at = {leases.NOW} + ?1"
    assert renewal in leases._BEAT
    with patch.object(
        leases, "_BEAT", leases._BEAT.replace(renewal, "expires_at = expires_at + 0 * ?1")
    ):
        yield
