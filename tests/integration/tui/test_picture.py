"""The screen as a picture, and the list of all articles, in a real terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from support import ROOT
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional
from support.terminal import Terminal

from tui.base_app import may_write

pytestmark = pytest.mark.costly

SCRIPT = ROOT / "tests" / "support" / "terminal_dashboard.py"


def test_a_key_saves_the_screen_as_svg(tmp_path: Path) -> None:
    terminal = Terminal([str(SCRIPT), "40"], folder=tmp_path)
    terminal.read_until("✓ live")
    terminal.press("Y")
    terminal.read_until("Saved as")
    (picture,) = tmp_path.glob("tocsin-*.svg")
    text = "".join(etree.fromstring(picture.read_bytes()).itertext())
    assert "TOCSIN" in text
    terminal.press("Q")
    assert "ended: leave" in terminal.end()
    assert not may_write("app.save_picture"), "a read-only dashboard has the key too"


def test_a_key_shows_all_articles_alert_or_not(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    with Web() as web:
        items = [Item("Grève du port", "Rien."), Item("Beau temps", "Soleil.")]
        web.on("/one", conditional(rss(*items)))
        newsroom.watch([{"url": web.url("/one")}], [{"name": "Port", "terms": ["port"]}])
        assert newsroom.once().returncode == 0
    arguments = ["-m", "monitor", "dashboard", "--no-monitor"]
    terminal = Terminal(arguments, 120, 40, tmp_path, TOCSIN_LANGUAGE="en")
    terminal.read_until("Grève du port")
    assert not any("Beau temps" in line for line in terminal.lines)
    terminal.press("Z")
    terminal.read_until("Beau temps")
    terminal.kill()
