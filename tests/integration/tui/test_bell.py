"""The bell: what it rings for, how often, and what reaches the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import pytest
from msgspec.structs import replace
from support.dashboard_driver import drive, sees
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.base.errors import StoreError
from monitor.model.alert import Alert
from tui.app import DashboardApp
from tui.bell import MIN_INTERVAL, Bell, bell_sequence, bell_text
from tui.data.newsroom import NewsroomModel
from tui.data.settings import UiStateFile


class Listening:
    """A bell at a fake newsroom whose alerts 1, 4, 5, 8, 9 … are loud."""

    def __init__(self, alerts: int = 8) -> None:
        self.fake = FakeNewsroom(alerts)
        self._room = NewsroomModel(
            self.fake,  # type: ignore[arg-type]
            clock=self.fake.clock,
            zone=UTC,
            environ={},
            feeds_hint="",
            ui_state=UiStateFile(),
        )
        self._bell = Bell(self._room)

    def hear(self) -> list[int]:
        return [alert.id for alert in asyncio.run(self._bell.new_alerts())]


def test_what_was_there_does_not_ring_and_a_batch_rings_once() -> None:
    room = Listening()
    assert room.hear() == []
    room.fake.count = 14
    assert room.hear() == [9, 12, 13]
    room.fake.now += MIN_INTERVAL
    assert room.hear() == []


def test_what_comes_soon_after_waits_for_the_next_ring() -> None:
    room = Listening()
    room.hear()
    room.fake.count = 9
    assert room.hear() == [9]
    room.fake.count = 12
    room.fake.now += MIN_INTERVAL / 2
    assert room.hear() == []
    room.fake.now += MIN_INTERVAL / 2
    assert room.hear() == [12]


def test_quiet_alerts_do_not_ring_and_escalated_ones_do() -> None:
    room = Listening()
    room.hear()
    room.fake.count = 11
    assert room.hear() == [9]
    room.fake.now += MIN_INTERVAL
    room.fake.escalate(3)
    assert room.hear() == [3]


def test_a_clock_that_is_set_back_does_not_silence_it() -> None:
    room = Listening()
    room.hear()
    room.fake.count = 9
    assert room.hear() == [9]
    room.fake.now -= 3600
    room.fake.count = 12
    assert room.hear() == [12]


def test_a_store_that_cannot_be_read_is_heard_again() -> None:
    room = Listening()
    room.hear()
    room.fake.unreadable, room.fake.count = True, 9
    with pytest.raises(StoreError):
        room.hear()
    room.fake.unreadable = False
    assert room.hear() == [9]


def test_what_is_said_is_one_clean_line() -> None:
    alerts = FakeNewsroom(9, title=lambda n: "[red]a\x1b]0;x\x07\nb\u202ec\x9b" + "x" * 500).alerts(
        [8, 9]
    )
    message = bell_text(alerts)
    assert message.startswith("Espionnage: [red]a bc") and message.endswith("… (+1)")
    assert message.isprintable() and len(message) < 140


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color"}, "\a"),
        ({"TERM": "xterm-kitty"}, "\x1b]9;tocsin: A: b;c\x1b\\\a"),
        ({"TERM": "foot"}, "\x1b]9;tocsin: A: b;c\x1b\\\a"),
        ({"WEZTERM_PANE": "0"}, "\x1b]9;tocsin: A: b;c\x1b\\\a"),
        ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;tocsin: A: b;c\x1b\\\a"),
        ({"TERM_PROGRAM": "ghostty"}, "\x1b]9;tocsin: A: b;c\x1b\\\a"),
        ({"TMUX": "/tmp/x"}, "\a"),
        (
            {"TMUX": "/tmp/x", "LC_TERMINAL": "iTerm2"},
            "\x1bPtmux;\x1b\x1b]9;tocsin: A: b;c\x1b\x1b\\\x1b\\\a",
        ),
    ],
)
def test_each_terminal_gets_what_it_knows(environ: Mapping[str, str], expected: str) -> None:
    assert bell_sequence("A: b;c", environ) == expected


def test_no_payload_gets_out_of_a_notification() -> None:
    sequence = bell_sequence("a\x1b\\\x07\x1b]52;c;x\x07b", {"TERM": "xterm-kitty"})
    assert sequence.count("\x1b") == 2 and sequence.count("\x07") == 1


def test_B_turns_it_on_and_off_and_that_is_remembered() -> None:
    memory, newsroom = UiStateFile(), FakeNewsroom(8)
    messages: list[str] = []

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        app.ring = messages.append  # type: ignore[method-assign]
        await app._check_bell()
        newsroom.count = 9
        await pilot.press("B")
        await sees(pilot, app, "The bell is on")
        assert memory.state.bell
        await app._check_bell()
        assert messages == []
        newsroom.count = 13
        await app._check_bell()
        await app._check_bell()
        assert len(messages) == 1 and "(+1)" in messages[0]
        await pilot.press("B")
        assert not memory.state.bell

    drive(newsroom, script, ui_state=memory)


def test_what_nobody_is_told_of_does_not_ring() -> None:
    room = Listening()
    room.hear()
    read = room.fake.alerts

    def held(ids: Sequence[int], **o: bool) -> list[Alert]:
        return [replace(a, suppressed="silence" if a.id == 12 else "") for a in read(ids, **o)]

    room.fake.alerts = held  # type: ignore[method-assign, assignment]
    room.fake.count = 13
    assert room.hear() == [9, 13]


def test_textual_has_the_private_name_through_which_the_bell_is_written() -> None:
    newsroom = FakeNewsroom(1)
    app = DashboardApp(newsroom, clock=newsroom.clock, environ={})  # type: ignore[arg-type]
    assert "_driver" in vars(app)
