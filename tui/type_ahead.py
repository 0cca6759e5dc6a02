"""Type-ahead: a key goes to the widget that the key before it opened, however fast they come.

Textual forwards a key to the widget that has the focus when it arrives. Of `fport` in one packet
the `p` would pause the list of alerts, since the line of the filter has no focus yet.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

T = TypeVar("T")

MOST_SECONDS = 5.0
"""Most seconds that a key waits for the key before it, whose widget may hang."""
LAST_ROUND = 3
ANSWER_SECONDS = 2.0
"""Most seconds that keys wait for the results of a screen."""


class KeyPassed(Message):
    """Follows a key from the widget with the focus up to the application, in three rounds.

    In the first it comes behind the key, in the second behind what the action of the key has sent,
    and in the third from the screen that the key may have opened, once that has its focus.
    """

    def __init__(self, number: int, round: int) -> None:
        self.number = number
        self.round = round
        super().__init__()


class TypeAheadApp(App[T], inherit_bindings=False):
    """An application that handles one key after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[events.Key] = deque()
        self._number = 0
        """Number of the key that is being handled."""
        self._handling = False
        self._target: Widget | Screen[Any]
        """The widget or the screen that the key was for."""
        self._is_answered: Callable[[], bool] = lambda: True
        self._answer_by = 0.0
        """Time until which keys wait for an answer, by the clock of the loop."""

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while the one before it is being handled."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._held.append(event)
            if not self._handling:
                await self._handle_next()
        else:
            await super().on_event(event)

    async def _handle_next(self) -> None:
        self._handling = bool(self._held)
        if self._held:
            self._number += 1
            self._target = self.focused or self.screen
            self.set_timer(MOST_SECONDS, partial(self._give_up, self._number))
            await super().on_event(self._held.popleft())
            self._send(self._number, 1)

    async def _give_up(self, number: int) -> None:
        """Handle all keys without waiting for one that has not been passed."""
        if number == self._number and self._handling:
            while self._handling:
                await self._handle_next()

    async def on_key_passed(self, message: KeyPassed) -> None:
        """Let a new screen take its focus, then go on with the next key."""
        message.stop()
        if message.round < LAST_ROUND:
            self._send(message.number, message.round + 1)
        elif not self._is_answered() and self._now() < self._answer_by:
            self.set_timer(0.02, partial(self._send, message.number, LAST_ROUND))
        elif message.number == self._number:
            await self._handle_next()

    def hold_keys(self, is_answered: Callable[[], bool]) -> None:
        """Hold keys back until their target is there, `ANSWER_SECONDS` at most."""
        self._is_answered = is_answered
        self._answer_by = self._now() + ANSWER_SECONDS

    def _send(self, number: int, round: int) -> None:
        message = KeyPassed(number, round)
        if round < LAST_ROUND and self._target.post_message(message):
            return
        if self.screen_stack:  # which is empty when the application ends
            self.screen.post_message(KeyPassed(number, LAST_ROUND))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
