"""How often what is counted is read anew: when something was committed, and then rarely."""

from __future__ import annotations


class Rhythm:
    """Says at each look whether it is time.

    After a commit it is every `every` looks, else every `anyway`: what is late, silent or due
    changes with the time alone.
    """

    def __init__(self, every: int, anyway: int) -> None:
        self._every = every
        self._anyway = anyway
        self._since = anyway
        self._read: int | None = None

    def due(self, commits: int) -> bool:
        """Return whether to read at this look, when the store tells of so many commits."""
        self._since += 1
        changed = commits != self._read and self._since >= self._every
        if not changed and self._since < self._anyway:
            return False
        self._since, self._read = 0, commits
        return True

    def hurry(self) -> None:
        """Read at the next look."""
        self._since = self._anyway
