"""The dashboard in a real terminal: what it writes, and how it leaves it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from support import ROOT
from support.terminal import SECONDS, Terminal

pytestmark = pytest.mark.costly

SUSPEND = "\x1a"
ESC = "\x1b"
SCRIPT = ROOT / "tests" / "support" / "terminal_dashboard.py"


def dashboard(**environ: str) -> Terminal:
    """Return a terminal with a dashboard of forty alerts."""
    return Terminal([str(SCRIPT), "40"], **environ)


def restored(output: bytes) -> bool:
    """Tell whether all modes are reset: alternate screen, cursor, mouse, paste."""
    modes = (b"1049", b"1000", b"1003", b"1006", b"2004")
    for mode in modes:
        if output.rfind(b"\x1b[?" + mode + b"h") > output.rfind(b"\x1b[?" + mode + b"l"):
            return False
    return output.rfind(b"\x1b[?25h") > output.rfind(b"\x1b[?25l")


@pytest.mark.parametrize(
    ("keys", "words", "means", "ending"),
    [
        ("", "Grève", "Q", "leave"),
        ("iabc", "abc", signal.SIGTERM, "quit"),
        ("w", "Why this", signal.SIGHUP, "leave"),
    ],
)
def test_it_ends_whatever_is_open_and_the_terminal_is_restored(
    keys: str, words: str, means: str | signal.Signals, ending: str
) -> None:
    terminal = dashboard()
    terminal.read_until("✓ live")
    terminal.press(keys)
    terminal.read_until(words)
    assert not restored(terminal.written)
    if isinstance(means, str):
        terminal.press(means)
    else:
        terminal.child.kill(means)
    assert f"ended: {ending}" in terminal.end()
    assert restored(terminal.written)
    assert terminal.child.exitstatus == 0


def test_it_ends_when_its_window_is_closed() -> None:
    terminal = dashboard()
    terminal.read_until("✓ live")
    terminal.press(":pau")
    terminal.read_until("pau")
    terminal.child.ptyproc.fileobj.close()
    assert until_ended(terminal)


@pytest.mark.parametrize("closed", [False, True])
def test_it_ends_though_its_terminal_is_not_read(closed: bool) -> None:
    terminal = dashboard()
    terminal.read_until("✓ live")
    terminal.press("T" * 60)  # each paints the whole screen
    time.sleep(2.0)
    if closed:
        terminal.child.ptyproc.fileobj.close()
    else:
        terminal.child.kill(signal.SIGTERM)
    assert until_ended(terminal)


def until_ended(terminal: Terminal) -> bool:
    """Tell whether the program ends, without reading its output."""
    deadline = time.monotonic() + SECONDS
    while (alive := terminal.child.isalive()) and time.monotonic() < deadline:
        time.sleep(0.05)
    terminal.kill()
    return not alive


def test_a_suspended_dashboard_gives_the_terminal_back_and_continues() -> None:
    terminal = dashboard()
    terminal.read_until("✓ live")
    terminal.press(SUSPEND)
    terminal.read_until_stopped()
    assert restored(terminal.written)
    terminal.screen.reset()
    terminal.child.kill(signal.SIGCONT)
    for painted in ("╭─ Watchlists", "╭─ Reader", "╭─ Feeds", "? Help"):
        terminal.read_until(painted)
    terminal.press("w")
    terminal.read_until("Why this")
    terminal.press("qq")
    assert "ended: quit" in terminal.end()
    assert restored(terminal.written)
    assert terminal.child.exitstatus == 0


def test_the_terminal_is_restored_after_a_crash() -> None:
    terminal = dashboard(CRASH="1")
    assert "ZeroDivisionError" in terminal.end()
    assert restored(terminal.written)


def test_no_byte_of_a_hostile_title_is_written() -> None:
    terminal = dashboard()
    terminal.read_until("[MAJ] Grève à Orly")
    terminal.child.send("w")
    terminal.read_until("Why this")
    terminal.child.send("q")
    terminal.read_until("Why this", absent=True)
    for keys, words in (
        ("e", "address"), ("\x07", "By watchlist"), ("q", "-By watchlist"), ("q", "-address"),
        ("/g", "found"), ("\r", "1 match"), ("\x06", "Words that stand out"),
        ("q", "-Words that stand out"), ("O", "The same story"), ("k\r", "Next outlet"),
    ):  # fmt: skip
        terminal.child.send(keys)
        terminal.read_until(words.removeprefix("-"), absent=words.startswith("-"))
    terminal.child.kill(signal.SIGTERM)
    terminal.end()
    for payload in (b"cGF5bG9hZA", b"\xc2\x9b", "\u202e".encode(), b"\x1b]52"):
        assert payload not in terminal.written


def test_an_editor_has_the_terminal_and_gives_it_back(tmp_path: Path) -> None:
    config, vi = tmp_path / "feeds.yaml", tmp_path / "vi"
    config.write_text("feeds: [https://a.example/rss]\nwatchlists:\n  - grève\n", "utf-8")
    vi.write_text('#!/bin/sh\necho "editing $@"\nread answer\necho "  - $answer" >> "$2"\n')
    vi.chmod(0o755)
    terminal = dashboard(EDITOR=str(vi), VISUAL="", CONFIG=str(config))
    terminal.read_until("✓ live")
    terminal.child.send("E")
    terminal.read_until("editing +")
    assert restored(terminal.written), "the editor has a terminal as it should be"
    terminal.child.send("Tihange\r")
    terminal.read_until("watchlist added: Tihange")
    terminal.child.send("q")
    terminal.read_until("watchlist added", absent=True)
    terminal.child.send("q")
    assert "ended: quit" in terminal.end()


def test_letters_in_one_packet_with_a_key_go_to_what_it_opens() -> None:
    terminal = dashboard()
    terminal.read_until("✓ live")
    for packet, words in (
        ("fp orly", "f p orly"),
        ("/a/q orly", "/ a/q orly"),
        (":pauq", "pauq"),
        ("iqu’en dire", "│ qu’en dire"),
        ("tsat", "│ sat"),
        ("e/paris", " paris"),
        ("?/pau", "│ pau"),
    ):
        terminal.press(packet)
        terminal.read_until(words)
        assert not any("PAUSED" in line for line in terminal.lines)
        terminal.press(ESC)
        if packet.startswith("i"):
            terminal.read_until("Not saved")
            terminal.press(ESC)
        terminal.read_until(words, absent=True)
    terminal.child.kill(signal.SIGTERM)
    assert "ended: quit" in terminal.end()
