"""Notes about the index in the data folder: how far a rebuild is, a suspicion, the batch in hand.

The indexer, the monitor and viewers read them, each in its own process.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import msgspec
from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.base.files import atomic_write
from monitor.base.translation import gettext as _, mark, ngettext

PROGRESS = "index.progress"
SUSPECT = "index.suspect"
WAY_OUT = mark("a running monitor rebuilds it from the store, and so does `tocsin reindex`")
STALE_SECONDS = 60.0
"""Seconds after which a report of progress is out of date: the rebuild has died."""
BATCH_NOTE = "index.inhand"


def write_progress(data: Path, done: int, total: int) -> None:
    """Write how many articles can be searched, of how many; all of them end the rebuild."""
    path = data / PROGRESS
    with contextlib.suppress(OSError):  # the disk is full: the index waits too
        if done >= total:
            path.unlink(missing_ok=True)
            return
        atomic_write(path, json.dumps([done, total]).encode())


def read_progress(data: Path, now: Timestamp) -> float | None:
    """Return the share of the index that is rebuilt, None if no rebuild runs."""
    path = data / PROGRESS
    try:
        if now - path.stat().st_mtime > STALE_SECONDS:
            return None
        done, total = json.loads(path.read_text(encoding="utf-8"))
        return max(0.0, min(1.0, float(done / total)))
    except (OSError, ValueError, TypeError, ZeroDivisionError):
        return None


def describe_progress(share: float) -> str:
    """Return the progress in words."""
    return _("the index is being rebuilt, {percent}% done", percent=f"{100 * share:.0f}")


def describe_waiting(articles: int) -> str:
    """Return the number of articles that wait for the index, in words; empty for none."""
    if not articles:
        return ""
    return ngettext(
        "{count} article is still being indexed",
        "{count} articles are still being indexed",
        articles,
    )


def mark_suspect(data: Path) -> None:
    """Mark the index as possibly damaged, so that the indexer checks all of it."""
    with contextlib.suppress(OSError):
        (data / SUSPECT).touch()


def is_suspect(data: Path) -> bool:
    """Return whether the index was marked since the last call, and remove the mark."""
    try:
        (data / SUSPECT).unlink()
    except OSError:
        return False
    return True


class InHand(Struct, frozen=True, array_like=True):
    """The articles of a batch, and the number of processes in a row that died of it."""

    ids: tuple[int, ...]
    deaths: int


def read_note(data: Path) -> InHand | None:
    """Return the batch that a process indexes, or died of; None without a note."""
    try:
        return msgspec.json.decode((data / BATCH_NOTE).read_bytes(), type=InHand)
    except (OSError, msgspec.MsgspecError):
        return None


def note_stamp(data: Path) -> int | None:
    """Return the time of the note in nanoseconds, to tell it from the next; None without a note."""
    try:
        return (data / BATCH_NOTE).stat().st_mtime_ns
    except OSError:
        return None
