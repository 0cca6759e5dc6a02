"""Type-ahead: a key goes to what the key before it has opened, however fast they come.

Textual forwards a key to the widget that has the focus when it arrives. Of `fport` in one packet
the `p` would pause the list of alerts, since the line of the filter has no focus yet.

No key waits for ever. What hangs holds the next key up for `MOST_SECONDS`: an action, and the end
of a screen, go on by themselves from then on, and while the widget with the focus hangs, keys act
without it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any, TypeVar

from textual import events
from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message

T = TypeVar("T")
R = TypeVar("R")

MOST_SECONDS = 5.0
"""How long a key waits for the one before it, at most."""
ANSWER_SECONDS = 2.0
"""How long keys wait for what a screen looks for, at most."""
STEPS = 10
"""Steps in which it waits: a machine that stands still for a while is no widget that hangs."""


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
        self._hangs = False
        """Whether the widget with the focus has not passed the last key in time."""
        self._is_answered: Callable[[], bool] = lambda: True
        self._answer_by = 0.0
        """Until when keys wait for an answer, by the clock of the loop."""

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while the one before it is being handled."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._handling:
            self._held.append(event)
        else:
            await self._handle(event)

    async def _handle(self, key: events.Key) -> None:
        self._number, self._handling = self._number + 1, not self._hangs
        target = self.focused or self.screen
        if self._hangs:
            await self._act(key)
        else:
            self._wait_for(self._number, STEPS)
            await super().on_event(key)
        if not target.post_message(KeyPassed(self._number)):
            self._settle(self._number)

    async def _act(self, key: events.Key) -> None:
        """Do what a key is bound to, without the widget with the focus."""
        typed = self.focused is not None and self.focused.check_consume_key(key.key, key.character)
        if not await self._check_bindings(key.key, priority=True) and not typed:
            await self._check_bindings(key.key)

    async def on_key_passed(self, message: KeyPassed) -> None:
        """Let a new screen take its focus, then go on with the next key."""
        message.stop()
        self._hangs = False
        if not message.settled:
            self._settle(message.number)
        elif self._is_answered() or asyncio.get_running_loop().time() > self._answer_by:
            await self._go_on(message.number)
        else:
            self.set_timer(0.02, partial(self._settle, message.number))

    def hold_keys(self, is_answered: Callable[[], bool]) -> None:
        """Hold keys back until there is what they are meant for; not for long."""
        self._is_answered = is_answered
        self._answer_by = asyncio.get_running_loop().time() + ANSWER_SECONDS

    def _settle(self, number: int) -> None:
        if self.screen_stack:  # which is empty when the application ends
            self.screen.post_message(KeyPassed(number, settled=True))

    def _wait_for(self, number: int, steps: int) -> None:
        self.set_timer(MOST_SECONDS / STEPS, partial(self._look_for, number, steps - 1))

    async def _look_for(self, number: int, steps: int) -> None:
        """Go on without a key that has not been passed for so many steps more."""
        if number != self._number or not self._handling:
            return
        if steps:
            self._wait_for(number, steps)
        else:
            self._hangs = True
            await self._go_on(number)

    async def _go_on(self, number: int) -> None:
        if number == self._number and self._handling:
            self._handling = False
            while self._held and not self._handling:
                await self._handle(self._held.popleft())

    # --- what could hang ------------------------------------------------------------

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; one that takes long goes on by itself."""
        return bool(await self._in_time(super().run_action(action, default_namespace, namespaces)))

    def call_next(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call back after this message, to wait for the end of a screen for example.

        What takes long goes on by itself.
        """
        super().call_next(self._call_in_time, partial(callback, *args, **kwargs))

    async def _call_in_time(self, callback: Callable[[], Any]) -> None:
        result = callback()
        if isawaitable(result):
            await self._in_time(result)

    async def _in_time(self, awaitable: Awaitable[R]) -> R | None:
        """Return what is awaited, None once it takes longer than a key may wait."""
        task = asyncio.ensure_future(awaitable)
        await asyncio.wait({task}, timeout=MOST_SECONDS)
        if task.done():
            return task.result()
        task.add_done_callback(lambda late: self.call_later(late.result))
        return None
