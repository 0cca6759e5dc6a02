"""Searches on a machine that shares a store and runs no monitor: its index is built first."""

from __future__ import annotations

import subprocess
import sys

from monitor.base.translation import ngettext
from monitor.cli import CliContext, say
from monitor.runtime.machine import monotonic, pause
from monitor.storage.data_folder import is_read_only
from monitor.storage.maintenance.indexer import read_progress

AT_ONCE = 1_000
"""Articles that are indexed before a search: a second or two."""
BEGIN_SECONDS = 10.0
"""Seconds that an update in the background has to say how far it is."""


def update_index(cli: CliContext) -> None:
    """Bring the index in line with a shared store, where nobody else does.

    A few articles are indexed at once. Many are indexed in the background, and people are told
    how many there are; what is indexed so far can be searched.
    """
    if not cli.shared:
        return
    from monitor.storage.maintenance import index_follower

    if is_read_only(cli.folder) or index_follower.is_followed(cli.folder):
        return
    cli.service().views.totals()  # raises StoreError if there is no store
    cli.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    missing = index_follower.lag(cli.folder, cli.store)
    if not missing:
        return
    if missing <= AT_ONCE:
        with index_follower.follower_lock(cli.folder) as free:
            if free:
                index_follower.update_index(cli.folder, cli.store, lambda *_done: None)
        return
    _update_in_background(cli)
    say(
        ngettext(
            "the index of this machine lacks {count} article, and is brought up to date in the"
            " background; `tocsin status` says how far it is",
            "the index of this machine lacks {count} articles, and is brought up to date in the"
            " background; `tocsin status` says how far it is",
            missing,
        )
    )


def _update_in_background(cli: CliContext) -> None:
    """Start a process that updates the index, and wait until it has begun."""
    command = [sys.executable, "-m", "monitor", "-c", str(cli.config_path)]
    process = subprocess.Popen(
        [*command, "--data", str(cli.folder), "reindex", "--update"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = monotonic() + BEGIN_SECONDS
    while monotonic() < deadline and process.poll() is None:
        if read_progress(cli.folder, cli.clock()) is not None:
            return
        pause(0.05)
