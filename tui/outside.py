"""The analyst's own desktop: open a link there, put text on its clipboard."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from index.text import safe_url

TEXT_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m", "browsh")
"""They would draw over the dashboard."""


def can_open(environ: Mapping[str, str]) -> bool:
    """Return whether a browser would open where the analyst sits, not on a far machine."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_link(url: str) -> bool:
    """Open an http or https link in the browser, return whether one took it."""
    import webbrowser

    if not safe_url(url):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if getattr(browser, "name", "").rpartition("/")[2] in TEXT_BROWSERS:
        return False
    return browser.open(url)


def tmux_copy(text: str, environ: Mapping[str, str]) -> None:
    """Give text to tmux and through it to the terminal: tmux drops OSC 52 by default."""
    if environ.get("TMUX"):
        subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=2,
        )
