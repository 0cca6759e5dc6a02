"""What a viewer and the indexer tell each other of an index that is built again.

Two files beside the index: how far it is, and that somebody found it damaged.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from index.article import Timestamp
from monitor.formatting import counted

PROGRESS = "index.progress"
SUSPECT = "index.suspect"
WAY_OUT = "a running monitor builds it again from the store, and so does `tocsin reindex`"
STALE = 60.0
"""Seconds after which whoever told of its progress must have died."""


def write_progress(data: Path, done: int, total: int) -> None:
    """Say how many articles of how many can be searched; all of them ends it."""
    path = data / PROGRESS
    with contextlib.suppress(OSError):  # a full disk: the index waits too
        if done >= total:
            path.unlink(missing_ok=True)
            return
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps([done, total]), encoding="utf-8")
        fresh.replace(path)


def read_progress(data: Path, now: Timestamp) -> float | None:
    """Return which share of the index is there while it is built again, None else."""
    path = data / PROGRESS
    try:
        if now - path.stat().st_mtime > STALE:
            return None
        done, total = json.loads(path.read_text(encoding="utf-8"))
        return max(0.0, min(1.0, float(done / total)))
    except (OSError, ValueError, TypeError, ZeroDivisionError):
        return None


def describe_progress(share: float) -> str:
    """Return it for people."""
    return f"the index is being built again, {share:.0%} is there"


def describe_waiting(articles: int) -> str:
    """Return how many articles wait for the index, for people; empty for none."""
    there = counted(articles, "article is", "articles are")
    return f"{there} still being indexed" if articles else ""


def mark_suspect(data: Path) -> None:
    """Let the indexer look at the whole index."""
    with contextlib.suppress(OSError):
        (data / SUSPECT).touch()


def is_suspect(data: Path) -> bool:
    """Tell whether somebody found the index damaged since this was asked last."""
    try:
        (data / SUSPECT).unlink()
    except OSError:
        return False
    return True
