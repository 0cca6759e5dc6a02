"""The screen as a picture, and the list of all articles, in a real terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image
from support import ROOT
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional
from support.terminal import Terminal

from tui.base_app import may_write, save_picture

pytestmark = pytest.mark.costly

SCRIPT = ROOT / "tests" / "support" / "terminal_dashboard.py"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_a_key_saves_the_screen_as_png_and_svg(tmp_path: Path, size: tuple[int, int]) -> None:
    terminal = Terminal([str(SCRIPT), "40"], *size, tmp_path)
    terminal.read_until("✓ live")
    terminal.press("Y")
    terminal.read_until("Saved as")
    (drawing,) = tmp_path.glob("tocsin-*.svg")
    text = "".join(etree.fromstring(drawing.read_bytes()).itertext())
    assert "TOCSIN" in text
    with Image.open(drawing.with_suffix(".png")) as picture:
        cells = picture.width / size[0], picture.height / size[1]
        assert all(cell >= 12 for cell in cells), "letters can be read in a report"
        colours = picture.convert("RGB").getcolors(picture.width * picture.height)
    assert colours is not None
    assert len(colours) > 100, "the letters are smooth"
    terminal.press("Q")
    assert "ended: leave" in terminal.end()
    assert not may_write("app.save_picture"), "a read-only dashboard has the key too"


def test_without_the_extra_the_svg_is_there_and_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    path = tmp_path / "screen.svg"
    saved, hint = save_picture(path, "<svg>Fira Code, monospace</svg>")
    assert "DejaVu Sans Mono" in path.read_text(), "a font that has the signs"
    assert str(path) in saved
    assert "`pictures`" in hint
    assert not path.with_suffix(".png").exists()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_a_key_shows_all_articles_alert_or_not_as_they_arrive(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    newsroom = Newsroom(tmp_path)
    with Web() as web:
        items = [Item("Grève du port", "Rien."), Item("Beau temps", "Soleil.")]
        web.on("/one", conditional(rss(*items)))
        newsroom.watch([{"url": web.url("/one")}], [{"name": "Port", "terms": ["port"]}])
        assert newsroom.once().returncode == 0
        arguments = ["-m", "monitor", "dashboard", "--no-monitor"]
        terminal = Terminal(arguments, *size, tmp_path, TOCSIN_LANGUAGE="en")
        terminal.read_until("Grève du port")
        assert not any("Beau temps" in line for line in terminal.lines)
        terminal.press("Z")
        terminal.read_until("Beau temps")
        terminal.press("gx")  # those of one poll stand above its alerts
        terminal.read_until("This article raised no alert")
        web.on("/two", conditional(rss(Item("Marée haute", "Eau."))))
        feeds = [{"url": web.url("/one")}, {"url": web.url("/two")}]
        newsroom.watch(feeds, [{"name": "Port", "terms": ["port"]}])
        assert newsroom.once().returncode == 0
        terminal.read_until("Marée haute")
        terminal.kill()
