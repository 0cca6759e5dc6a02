"""Type-ahead: a key goes to what the key before it has opened, however fast they come.

Textual forwards a key to the widget that has the focus when it arrives. Of `fport` in one packet
the `p` would pause the list of alerts, since the line of the filter has no focus yet.
"""

from __future__ import annotations

from collections import deque
from typing import TypeVar

from textual import events
from textual.app import App
from textual.message import Message

T = TypeVar("T")

MOST_SECONDS = 5.0
"""How long a key waits for the one before it, at most."""


class KeyPassed(Message):
    """Follows a key from the widget with the focus up to the application."""

    def __init__(self, number: int, *, settled: bool = False) -> None:
        self.number = number
        self.settled = settled
        """Whether the screen that the key may have opened has its focus."""
        super().__init__()


class TypeAheadApp(App[T], inherit_bindings=False):
    """An application that handles one key after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[events.Key] = deque()
        self._number = 0
        """Number of the key that is being handled."""
        self._handling = False

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while the one before it is being handled."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._handling:
            self._held.append(event)
        else:
            await self._handle(event)

    async def _handle(self, key: events.Key) -> None:
        self._number, self._handling = self._number + 1, True
        target = self.focused or self.screen
        await super().on_event(key)
        self.set_timer(MOST_SECONDS, lambda number=self._number: self._go_on(number))
        if not target.post_message(KeyPassed(self._number)):
            self._settle(self._number)

    async def on_key_passed(self, message: KeyPassed) -> None:
        """Let a new screen take its focus, then go on with the next key."""
        message.stop()
        if message.settled:
            await self._go_on(message.number)
        else:
            self._settle(message.number)

    def _settle(self, number: int) -> None:
        self.screen.post_message(KeyPassed(number, settled=True))

    async def _go_on(self, number: int) -> None:
        if number == self._number and self._handling:
            self._handling = False
            if self._held:
                await self._handle(self._held.popleft())
