"""Checks of the store: the monitor reads every page of it, since a failing disk reports nothing.

It also looks for monitors of a shared store that have stopped answering.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing

from monitor.base.article import Timestamp
from monitor.base.errors import StoreError
from monitor.base.tasks import is_due
from monitor.base.translation import gettext as _
from monitor.judgement.alerts.plan import AlertPlan
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.alerts.unusual_planning import plan_lost_monitors, plan_trouble
from monitor.model.alert import AlertKind
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.model.watchlist import FEED_HEALTH
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.database.sqlite import RESTORE
from monitor.storage.store.sql.store import Store

log = logging.getLogger("tocsin")

CHECK_SECONDS = 86_400.0
"""Seconds between two checks."""
LOOK_SECONDS = 600.0
"""Seconds before the first check, and between two looks at the clock."""


async def check_daily(
    store: StoreAddress,
    clock: Callable[[], Timestamp],
    sleep: Callable[[float], Awaitable[None]],
    report: Callable[[str], Awaitable[None]],
) -> None:
    """Check the store once a day, in a thread, while others write. Never raises.

    Args:
        store: Where the store is.
        clock: Returns the time.
        sleep: Waits for a number of seconds.
        report: Called after each check with the damage and the remedy; empty if the store is
            whole.
    """
    last_check, has_ended = float("-inf"), threading.Event()
    try:
        while True:
            await sleep(LOOK_SECONDS)
            if not is_due(last_check, CHECK_SECONDS, now := clock()):
                continue
            last_check = now
            try:
                await report(await asyncio.to_thread(_damage, store, has_ended.is_set))
            except StoreError as error:
                log.error(_("the store cannot be checked: {error}", error=error))
    finally:
        has_ended.set()  # the thread ends at its next look


def _damage(store: StoreAddress, is_ended: Callable[[], bool]) -> str:
    """Return the damage in words, and log it. Raises StoreError if the store cannot be read."""
    with closing(open_database(store, create=False)) as connection:
        damage = connection.find_damage(is_ended)
        if not damage:
            # A log that the writer of the store cannot change shows whether it was written anew.
            query = "SELECT number, hash FROM evidence ORDER BY number DESC LIMIT 1"
            for record, digest in connection.execute(query):
                log.info(_("evidence: record {record}, hash {hash}", record=record, hash=digest))
            return ""
    message = _(
        "{file} is damaged ({damage}); {advice}",
        file=STORE_FILE, damage=damage, advice=_(RESTORE),
    )  # fmt: skip
    log.error("%s", message)
    return message


def note_trouble(
    store: Store, kind: AlertKind, trouble: str, routing: Routing, now: Timestamp
) -> AlertPlan:
    """Raise an alert when trouble of the newsroom begins, and end its unusual time at its end.

    Returns:
        The plan that was stored: empty if nothing has changed since the last call.

    Raises:
        StoreError: The store refuses; nothing was changed.
    """
    with store.batch() as batch:
        is_open = any(
            time.kind is kind and time.ended_at is None for time in batch.volumes.unusual(now)
        )
        if is_open == bool(trouble):
            return AlertPlan(at=now)
        plan = plan_trouble(kind, trouble, batch.volumes.facts([FEED_HEALTH], now), routing, now)
        batch.save_alerts(plan)
    return plan


def note_lost_monitors(store: Store, routing: Routing, now: Timestamp) -> AlertPlan:
    """Raise an alert about each monitor of a shared store that is lost.

    Returns:
        The plan that was stored: empty if there is nothing new.

    Raises:
        StoreError: The store refuses; nothing was changed.
    """
    with store.reading() as reading:
        if not reading.lost_monitors():
            return AlertPlan(at=now)
    with store.batch() as batch:
        silent = batch.lost_monitors()
        plan = plan_lost_monitors(silent, batch.volumes.facts([FEED_HEALTH], now), routing, now)
        batch.save_alerts(plan)
        lost_and_raised = zip(silent, plan.raised, strict=True)
        batch.note_lost({monitor.number: alert.id for monitor, alert in lost_and_raised})
    return plan
