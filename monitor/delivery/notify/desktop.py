"""Notifications of the desktop, by the program that a desktop brings for them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path

from monitor.base.translation import gettext as _

VARIABLES = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY")
"""Environment variables by which the program finds the desktop session."""
_IS_MAC = sys.platform == "darwin"
_SHOW = "display notification (item 2 of argv) with title (item 1 of argv)"  # not a message
_SCRIPT = ("-e", "on run argv", "-e", _SHOW, "-e", "end run")  # not a message


def notification_command(title: str, text: str, *, is_urgent: bool = False) -> tuple[str, ...]:
    """Return the program and its arguments; what is urgent stays until somebody closes it."""
    if _IS_MAC:
        return "osascript", *_SCRIPT, title, text
    urgency = "critical" if is_urgent else "normal"
    options = ("--app-name=tocsin", f"--urgency={urgency}", "--")
    return "notify-send", *options, title, escape(text, quote=False)


def desktop_trouble(environ: Mapping[str, str]) -> str:
    """Return why no notification can be shown from here; empty if it can."""
    program = notification_command("", "")[0]
    if not shutil.which(program, path=environ.get("PATH")):
        return _(
            "there is no `{program}`; on Debian it is in the package libnotify-bin", program=program
        )
    bus = Path(environ.get("XDG_RUNTIME_DIR") or "/nowhere", "bus")
    if _IS_MAC or environ.get("DBUS_SESSION_BUS_ADDRESS") or bus.exists():
        return ""
    return _("no desktop session here; start the monitor in that of the person who is to see it")
