"""Type-ahead: a key goes to what the key before it has opened, however fast they come.

Textual forwards a key to the widget that has the focus when it arrives. Of `fport` in one packet
the `p` would pause the list of alerts, since the line of the filter has no focus yet.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual import events
from textual.app import App
from textual.message import Message

T = TypeVar("T")

MOST_SECONDS = 5.0
"""How long a key waits for the one before it, at most: that one's widget may hang."""
ANSWER_SECONDS = 2.0
"""How long keys wait for what a screen looks for, at most."""


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
        self._handled_by = 0.0
        """Until when keys wait for the one that is being handled, by the clock of the loop."""
        self._is_answered: Callable[[], bool] = lambda: True
        self._answer_by = 0.0
        """Until when keys wait for an answer, by the clock of the loop."""

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while the one before it is being handled."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._held.append(event)
            await self._handle_held()
        else:
            await super().on_event(event)

    async def _handle_held(self) -> None:
        while self._held and self._now() >= self._handled_by:
            self._number += 1
            self._handled_by = self._now() + MOST_SECONDS
            target = self.focused or self.screen
            await super().on_event(self._held.popleft())
            if not target.post_message(KeyPassed(self._number)):
                self._settle(self._number)

    async def on_key_passed(self, message: KeyPassed) -> None:
        """Let a new screen take its focus, then go on with the next key."""
        message.stop()
        if not message.settled:
            self._settle(message.number)
        elif not self._is_answered() and self._now() < self._answer_by:
            self.set_timer(0.02, partial(self._settle, message.number))
        elif message.number == self._number:
            self._handled_by = 0.0
            await self._handle_held()

    def hold_keys(self, is_answered: Callable[[], bool]) -> None:
        """Hold keys back until there is what they are meant for; not for long."""
        self._is_answered = is_answered
        self._answer_by = self._now() + ANSWER_SECONDS

    def _settle(self, number: int) -> None:
        if self.screen_stack:  # which is empty when the application ends
            self.screen.post_message(KeyPassed(number, settled=True))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
