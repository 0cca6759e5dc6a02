"""A cache of texts that strangers write: bounded by the bytes that it holds."""

from __future__ import annotations

from collections.abc import Callable
from sys import getsizeof
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from index.interruption import check

V = TypeVar("V")

LONGEST = 64
"""Characters of the longest text that is cached: longer texts hardly ever recur. No word of
2.3 million of French and English news is longer, and four addresses in a million are."""
SLOT = 50
"""Bytes of an entry of a dict of strings, at most: 22 to 44, and 8 to round its string up."""


class BoundedCache(dict[str, V]):
    """Cache of a short text to a value; cleared when it holds too many bytes."""

    def __init__(self, max_bytes: int) -> None:
        """Make an empty cache.

        Args:
            max_bytes: Bytes that the cache may hold.
        """
        self._max_bytes = max_bytes
        self._bytes = 0
        _caches[id(self)] = self

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._bytes = 0

    def keep(self, text: str, value: V, size: int) -> V:
        """Cache the value of a text, and return it.

        `size` is that of the value in bytes, roughly; 0 if it is cached under another text too.
        """
        if len(text) <= LONGEST:
            size += SLOT + getsizeof(text)
            self._bytes += size
            if self._bytes > self._max_bytes:
                self.clear()
                self._bytes = size
            self[text] = value
        return value


class TextCache(BoundedCache[V]):
    """Cache of a short text to the value that a function makes of it."""

    def __init__(self, make: Callable[[str], V], size: Callable[[V], int], max_bytes: int) -> None:
        """Make an empty cache.

        Args:
            make: Makes a value of a text.
            size: Returns the bytes of a value, roughly.
            max_bytes: Bytes that the cache may hold.
        """
        super().__init__(max_bytes)
        self._make = make
        self._size = size

    def __missing__(self, text: str) -> V:
        check()
        value = self._make(text)
        return self.keep(text, value, self._size(value))


_caches: WeakValueDictionary[int, BoundedCache[Any]] = WeakValueDictionary()


def clear_all() -> None:
    """Empty the text caches of this process: values are made again when they are needed."""
    for cache in list(_caches.values()):
        cache.clear()


def size_of_strings(texts: tuple[str, ...]) -> int:
    """Return the bytes of a tuple of strings."""
    return getsizeof(texts) + sum(map(getsizeof, texts))
