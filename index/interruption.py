"""Ends long work: a search for which nobody waits any more, the matching of an article.

A caller wraps a call and gives a function that tells whether the result is unwanted; long work asks
it now and then. A command in the main thread does without: Python raises KeyboardInterrupt itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from index.errors import Interrupted
from monitor.base.translation import gettext as _

T = TypeVar("T")

_is_unwanted: ContextVar[Callable[[], bool] | None] = ContextVar("is_unwanted", default=None)


@contextmanager
def interruptible(is_unwanted: Callable[[], bool]) -> Iterator[None]:
    """Let `check` end the work of this block, in this thread, once it is unwanted.

    The work of a block within another one is unwanted once that of the other is, too.
    """
    outer = _is_unwanted.get()
    token = _is_unwanted.set((lambda: outer() or is_unwanted()) if outer else is_unwanted)
    try:
        yield
    finally:
        _is_unwanted.reset(token)


def check() -> None:
    """Check for an interruption; raises Interrupted."""
    is_unwanted = _is_unwanted.get()
    if is_unwanted is not None and is_unwanted():
        raise Interrupted(_("ended before it was done"))


def checked(items: Iterable[T], step: int) -> Iterator[T]:
    """Yield items, and check for an interruption at each `step` of them; raises Interrupted."""
    for number, item in enumerate(items):
        if not number % step:
            check()
        yield item
