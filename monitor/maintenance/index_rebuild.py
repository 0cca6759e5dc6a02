"""Progress of an index rebuild, and reports of damage, between the indexer and viewers.

Two files beside the index: the progress of the rebuild, and a mark that it is damaged.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from index.article import Timestamp
from monitor.files import atomic_write
from monitor.formatting import counted

PROGRESS = "index.progress"
SUSPECT = "index.suspect"
WAY_OUT = "a running monitor rebuilds it from the store, and so does `tocsin reindex`"
STALE = 60.0
"""Seconds after which a report of progress is out of date: the rebuild has died."""


def write_progress(data: Path, done: int, total: int) -> None:
    """Write how many of all articles can be searched; all of them ends the rebuild."""
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
        if now - path.stat().st_mtime > STALE:
            return None
        done, total = json.loads(path.read_text(encoding="utf-8"))
        return max(0.0, min(1.0, float(done / total)))
    except (OSError, ValueError, TypeError, ZeroDivisionError):
        return None


def describe_progress(share: float) -> str:
    """Return the progress in words."""
    return f"the index is being rebuilt, {share:.0%} done"


def describe_waiting(articles: int) -> str:
    """Return how many articles wait for the index, in words; empty for none."""
    there = counted(articles, "article is", "articles are")
    return f"{there} still being indexed" if articles else ""


def mark_suspect(data: Path) -> None:
    """Mark the index as possibly damaged, so that the indexer checks all of it."""
    with contextlib.suppress(OSError):
        (data / SUSPECT).touch()


def is_suspect(data: Path) -> bool:
    """Return whether the index was marked as damaged since the last call."""
    try:
        (data / SUSPECT).unlink()
    except OSError:
        return False
    return True
