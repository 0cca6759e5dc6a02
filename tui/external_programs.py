"""The analyst's own programs: the browser, the clipboard, the editor."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from monitor.base.text_cleaning import safe_url
from monitor.base.translation import gettext as _

TEXT_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m", "browsh")
"""Browsers that would draw over the dashboard."""


def can_open(environ: Mapping[str, str]) -> bool:
    """Return whether a browser would open on the analyst's own screen, not on a remote machine.

    Who sets `BROWSER` knows where it opens.
    """
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_link(url: str) -> bool:
    """Open an http or https link in the browser; return whether a browser took it."""
    if not safe_url(url):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if getattr(browser, "name", "").rpartition("/")[2] in TEXT_BROWSERS:
        return False
    return browser.open(url)


def copy_in_tmux(text: str, environ: Mapping[str, str]) -> None:
    """Copy text through tmux to the terminal's clipboard: tmux drops OSC 52 by default."""
    if environ.get("TMUX"):
        subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=2,
        )


_PLUS_LINE = {
    "vi", "vim", "nvim", "view", "ex", "nano", "pico", "emacs", "emacsclient", "mg", "micro", "kak",
    "joe", "jove", "ne", "mcedit", "gvim", "gedit", "sensible-editor", "editor",
}  # fmt: skip
_COLON_LINE = {"hx", "helix", "subl", "sublime_text", "zed"}
_GOTO = {"code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"}
_LINE_OPTIONS = {"kate": "-l", "mate": "-l", "idea": "--line", "pycharm": "--line"}
_WAIT_OPTIONS = {"gvim": "-f", "mate": "-w", "kate": "--block", "sublime_text": "--wait"} | (
    dict.fromkeys((*_GOTO, "gedit", "subl", "zed", "idea", "pycharm"), "--wait")
)
"""Editors with a window of their own: the dashboard keeps the terminal."""
_DEFAULT_EDITORS = ("sensible-editor", "nano", "vi")


def find_editor(environ: Mapping[str, str]) -> list[str]:
    """Return the analyst's editor as the words of a command; empty if there is none."""
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(environ.get(name, ""))
        except ValueError:  # a quote that is never closed
            continue
        if words:
            return words
    return next(
        ([name] for name in _DEFAULT_EDITORS if shutil.which(name, path=environ.get("PATH"))), []
    )


def is_graphical(words: list[str]) -> bool:
    """Return whether an editor has a window of its own."""
    return _program_name(words) in _WAIT_OPTIONS


def editor_command(words: list[str], path: Path, line: int) -> list[str]:
    """Return the command that opens a file at a line and ends when the file is closed."""
    name, file = _program_name(words), str(path)
    wait = _WAIT_OPTIONS.get(name, "")
    command = [*words, wait] if wait and wait not in words else words
    if name in _PLUS_LINE:
        return [*command, f"+{line}", file]
    if name in _COLON_LINE:
        return [*command, f"{file}:{line}"]
    if name in _GOTO:
        return [*command, "-g", f"{file}:{line}"]
    if name in _LINE_OPTIONS:
        return [*command, _LINE_OPTIONS[name], str(line), file]
    return [*command, file]


def run_program(words: list[str]) -> str:
    """Run a program until it is closed; return an error message, empty after success."""
    try:
        result = subprocess.run(words, check=False)
    except OSError as error:
        return f"{words[0]}: {error.strerror or error}"
    if not result.returncode:
        return ""
    return _("{program} ended with {code}", program=words[0], code=result.returncode)


def _program_name(words: list[str]) -> str:
    return Path(words[0]).name.removesuffix(".exe").lower() if words else ""
