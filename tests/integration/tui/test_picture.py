"""The screen as a picture, in a real terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from support import ROOT
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
