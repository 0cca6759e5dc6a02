"""The fork server: a process with the modules of workers, which are forks of it.

A worker that imports the same for itself takes 0.15 s longer to start.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

_SAFE_PATH = "PYTHONSAFEPATH"
_preloaded: dict[str, None] = {}
"""Modules in their order. A module that cannot be imported is passed over in silence."""


def preload(modules: Iterable[str]) -> None:
    """Let modules be imported before the first worker starts; those named later are not."""
    _preloaded.update(dict.fromkeys(modules))


def forking() -> ForkServerContext:
    """Return the context that starts workers, as forks of a process that has the modules.

    That process is started now: it imports them while this one does other things. It imports
    nothing from the folder where tocsin was started, in which anything may lie.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", *_preloaded])
    os.putenv(_SAFE_PATH, "1")  # not in `os.environ`, which other threads may be reading
    try:
        forkserver.ensure_running()
    finally:
        if not os.environ.get(_SAFE_PATH):
            os.unsetenv(_SAFE_PATH)  # programs of the reader do without
    return context


def confine(memory: int) -> None:
    """Make this worker die at once when told to, fail when it takes too much, and be silent.

    Args:
        memory: Bytes that it may take beyond its own size.
    """
    logging.disable()  # whoever asked logs why a task failed
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler would wait for C code to return
    with suppress(ImportError, OSError):  # only Linux counts address space
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
