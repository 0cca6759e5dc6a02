"""The service of a newsroom, which viewers open, and the wait for commits in its store."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from monitor.model.analyst import user
from monitor.model.config import SavedSearch, StoreAddress
from monitor.presentation.service.service import Service
from monitor.runtime.machine import clock, local_zone, pause
from monitor.storage.store import open_views
from monitor.storage.store.sql.views import Views

FOLLOW_SECONDS = 0.5
"""Seconds between two looks at a store that does not announce commits."""
QUIET_SECONDS = 30.0
"""Seconds without an announced commit after which a store is looked at."""


def open_service(
    data: Path,
    config: Path | None = None,
    *,
    store: StoreAddress | None = None,
    read_only: bool = False,
) -> Service:
    """Return the service of a data folder; raises StoreError if there is no archive.

    Args:
        data: The data folder.
        config: The `feeds.yaml` that has its saved searches.
        store: Where the store is, when it is not in the data folder.
        read_only: Refuse to write.
    """
    from monitor.config.loading import load

    views = open_views(store or StoreAddress(data), read_only=read_only)

    def saved() -> Sequence[SavedSearch]:
        return load(config).searches if config else ()

    return Service(data, views, clock, local_zone(), saved, config, user(os.environ))


def commit_waiter(views: Views) -> Callable[[], object]:
    """Return a function that waits for a commit, or until it is time to look."""
    listener = views.listener()
    if listener is None:
        return partial(pause, FOLLOW_SECONDS)
    return partial(listener.wait, QUIET_SECONDS)
