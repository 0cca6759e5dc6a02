"""The language of messages: the choice of one person, of the newsroom, or of the machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from monitor.base import translation
from monitor.base.translation import ENGLISH, LANGUAGES

VARIABLE = "TOCSIN_LANGUAGE"
"""The environment variable with the choice of one person."""
FOLDER = Path(__file__).parent.parent / "locale"
"""The catalogues."""
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_KEY = re.compile(rb"^language[ \t]*:[ \t]*[\"']?([A-Za-z]+)", re.MULTILINE)


def choose(configured: str, environ: Mapping[str, str]) -> str:
    """Return the language to use.

    Args:
        configured: The language that `feeds.yaml` asks for; empty for none.
        environ: The environment: `TOCSIN_LANGUAGE` comes before the file, the locale after it.
    """
    personal = _code(environ.get(VARIABLE, ""))
    if personal in LANGUAGES:
        return personal
    if configured in LANGUAGES:
        return configured
    locale = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    return _code(locale) if _code(locale) in LANGUAGES else ENGLISH


def written_in(path: Path) -> str:
    """Return the language that a `feeds.yaml` asks for, without parsing it; empty for none.

    Help and mistakes of the file are shown before the file is parsed.
    """
    try:
        match = _KEY.search(path.read_bytes())
    except (OSError, ValueError):
        return ""
    return match[1].decode().lower() if match else ""


def use(configured: str, environ: Mapping[str, str]) -> None:
    """Use the language that is chosen by `choose`, in this process."""
    translation.use(choose(configured, environ), FOLDER)


def _code(locale: str) -> str:
    """Return the language of a locale: `fr` of fr_BE.UTF-8."""
    return re.split(r"[_.@-]", locale, maxsplit=1)[0].lower()
