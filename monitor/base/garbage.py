"""The garbage collector, paused while very many values are made that stay; and free memory."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_TRIM_THRESHOLD = -1
"""`M_TRIM_THRESHOLD` of malloc.h."""
_MMAP_THRESHOLD = -3
"""`M_MMAP_THRESHOLD` of malloc.h."""
_ARENA_MAX = -8
"""`M_ARENA_MAX` of malloc.h."""

_LARGE = 1 << 20
"""Bytes of a large block. With 128 KB, as glibc begins with, new pages take 5 % of the time."""
_KEEP_LIMIT = 32 << 20
"""Bytes of the largest block that a process that searches keeps for the next ones."""

_YOUNG = 10_000
"""Values between two collections."""

_lock = threading.Lock()
_pauses: dict[object, bool] = {}
"""Whether the collector was on before each pause."""
_exempted = threading.Event()


def collect_rarely() -> None:
    """Collect garbage after 10,000 new values that are still in use; Python does after 700.

    Else the collector looks through all values five times while 10,000 polls wait: 0.5 s.
    """
    gc.set_threshold(_YOUNG)


def exempt_all() -> None:
    """Exempt all present values from garbage collection, once: they stay until the process ends."""
    if not _exempted.is_set():
        _exempted.set()
        gc.freeze()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Collect no garbage meanwhile, in any thread; also a decorator.

    The collector looks through all values again whenever their number has grown by a quarter.
    While 50,000 watchlists are read and indexed, that takes two fifths of the time, and stops the
    loop of the monitor for up to 0.4 s. Afterwards the new values count as old: the collector
    does not look through them at once.
    """
    pause = object()
    with _lock:
        _pauses[pause] = gc.isenabled() or any(_pauses.values())
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            if _pauses.pop(pause) and not _pauses:
                if not _exempted.is_set():
                    gc.freeze()
                    gc.unfreeze()  # both together: all values are in the oldest generation
                gc.enable()


def free_at_once() -> None:
    """Let the C library give large blocks back to the system when they are freed.

    glibc goes on to keep blocks of a size that was freed once, up to 32 MB: arrays leave holes
    in the memory of the indexer (M_MMAP_THRESHOLD in mallopt(3)).
    """
    _call("mallopt", _MMAP_THRESHOLD, _LARGE)


def keep_freed() -> None:
    """Let the C library keep blocks that are freed for the next ones, until `give_back`.

    At first glibc gives blocks of more than 128 KB back. Then the arrays of each search need new
    pages, which take two fifths of the time for two very common words near each other.
    """
    _call("mallopt", _MMAP_THRESHOLD, _KEEP_LIMIT)
    _call("mallopt", _TRIM_THRESHOLD, 2 * _KEEP_LIMIT)  # as much as glibc keeps at most


def give_back() -> None:
    """Collect garbage, and give free memory back to the system where the C library can."""
    gc.collect()
    _call("malloc_trim", 0)


def share_one_heap() -> None:
    """Let all threads take memory from one place, where the C library can.

    Else each thread has a heap of its own, and free memory of one is of no use to the others.
    """
    _call("mallopt", _ARENA_MAX, 1)


def _call(function: str, *arguments: int) -> None:
    """Call a function of the C library; only glibc has these."""
    from ctypes import CDLL

    with suppress(AttributeError, OSError):
        getattr(CDLL(None), function)(*arguments)
