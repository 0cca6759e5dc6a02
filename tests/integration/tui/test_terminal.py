"""The dashboard in a real terminal: what it writes, and how it leaves it."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from pathlib import Path

import pexpect
import pyte
import pytest
from support import ROOT

pytestmark = pytest.mark.costly

SCRIPT = ROOT / "tests" / "support" / "terminal_dashboard.py"
SECONDS = 60.0
"""How long words may take to come onto the screen."""


class Terminal:
    """A pty with a dashboard in it and a screen that shows what it wrote."""

    def __init__(self, columns: int = 120, rows: int = 40, **environ: str) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        foreign = ("NO_COLOR", "TMUX", "COLUMNS", "LINES")
        env = {k: v for k, v in os.environ.items() if k not in foreign}
        env |= {"TERM": "xterm-256color", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", **environ}
        self.child = pexpect.spawn(
            sys.executable, [str(SCRIPT), "40"], dimensions=(rows, columns), env=env, timeout=60
        )
        self.before = termios.tcgetattr(self.child.child_fd)

    def read_until(self, words: str, *, gone: bool = False) -> None:
        """Read what it writes until words are on the screen, or gone from it."""
        deadline = time.monotonic() + SECONDS  # its clock goes on writing for ever
        while any(words in line for line in self.screen.display) is gone:
            try:
                left = max(0.0, deadline - time.monotonic())
                piece = self.child.read_nonblocking(65536, timeout=left)
            except pexpect.TIMEOUT:
                piece = b""
            if time.monotonic() > deadline:
                pytest.fail(f"waited for {words!r}:\n" + "\n".join(self.screen.display))
            self.written += piece
            self._stream.feed(piece)

    def end(self) -> str:
        """Return what it says at its end, once it has ended."""
        rest = b""
        try:
            while True:
                rest += self.child.read_nonblocking(65536, timeout=60)
        except pexpect.EOF:
            self.child.close()
        self.written += rest
        return rest.decode("utf-8", "replace")


def restored(written: bytes) -> bool:
    """Return whether the modes that were set are reset: alternate screen, cursor, mouse, paste."""
    modes = (b"1049", b"1000", b"1003", b"1006", b"2004")
    for mode in modes:
        if written.rfind(b"\x1b[?" + mode + b"h") > written.rfind(b"\x1b[?" + mode + b"l"):
            return False
    return written.rfind(b"\x1b[?25h") > written.rfind(b"\x1b[?25l")


@pytest.mark.parametrize(
    ("how", "ending"),
    [("q", "quit"), ("Q", "leave"), (signal.SIGTERM, "quit"), (signal.SIGHUP, "leave")],
)
def test_the_terminal_is_restored(how: str | signal.Signals, ending: str) -> None:
    terminal = Terminal()
    terminal.read_until("Grève")
    terminal.read_until("✓ live")
    assert not restored(terminal.written)
    if isinstance(how, str):
        terminal.child.send(how)
    else:
        terminal.child.kill(how)
    assert f"ended: {ending}" in terminal.end()
    assert restored(terminal.written)
    assert terminal.child.exitstatus == 0


def test_the_terminal_is_restored_after_a_crash() -> None:
    terminal = Terminal(CRASH="1")
    assert "ZeroDivisionError" in terminal.end()
    assert restored(terminal.written)


def test_no_byte_of_a_hostile_title_is_written() -> None:
    terminal = Terminal()
    terminal.read_until("[MAJ] Grève à Orly")
    terminal.child.send("w")
    terminal.read_until("Why this")
    terminal.child.send("q")
    terminal.read_until("Why this", gone=True)
    for keys, shows in (
        ("e", "address"), ("b", "By watchlist"), ("q", "-By watchlist"), ("/g", "found"),
        ("\r", "1 match"), ("F", "Words that stand out"), ("q", "-Words that stand out"),
        ("O", "The same story"), ("k\r", "Next outlet"),
    ):  # fmt: skip
        terminal.child.send(keys)
        terminal.read_until(shows.removeprefix("-"), gone=shows.startswith("-"))
    terminal.child.kill(signal.SIGTERM)
    terminal.end()
    for payload in (b"cGF5bG9hZA", b"\xc2\x9b", "\u202e".encode(), b"\x1b]52"):
        assert payload not in terminal.written


def test_an_editor_has_the_terminal_and_gives_it_back(tmp_path: Path) -> None:
    config, vi = tmp_path / "feeds.yaml", tmp_path / "vi"
    config.write_text("feeds: [https://a.example/rss]\nwatchlists:\n  - grève\n", "utf-8")
    vi.write_text('#!/bin/sh\necho "editing $@"\nread answer\necho "  - $answer" >> "$2"\n')
    vi.chmod(0o755)
    terminal = Terminal(EDITOR=str(vi), VISUAL="", CONFIG=str(config))
    terminal.read_until("✓ live")
    terminal.child.send("E")
    terminal.read_until("editing +")
    assert restored(terminal.written), "the editor has a terminal as it should be"
    terminal.child.send("Tihange\r")
    terminal.read_until("watchlist added: Tihange")
    terminal.child.send("q")
    terminal.read_until("watchlist added", gone=True)
    terminal.child.send("q")
    assert "ended: quit" in terminal.end()


def test_letters_in_one_packet_with_the_slash_are_the_query() -> None:
    terminal = Terminal()
    terminal.read_until("✓ live")
    terminal.child.send("/a/q orly")
    terminal.read_until("/ a/q orly")
    terminal.child.kill(signal.SIGTERM)
    assert "ended: quit" in terminal.end()


def test_the_cursor_shows_without_colour() -> None:
    terminal = Terminal(NO_COLOR="1")
    terminal.read_until("Grève")
    terminal.read_until("✓ live")
    assert any("▌" in line for line in terminal.screen.display)
    terminal.child.send("q")
    terminal.end()
