"""Which language people read: the choice of one person, of the newsroom, or of the machine."""

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


def choose(written: str, environ: Mapping[str, str]) -> str:
    """Return the language to use.

    Args:
        written: The language that `feeds.yaml` asks for; empty for none.
        environ: The environment: `TOCSIN_LANGUAGE` comes before the file, the locale after it.
    """
    wanted = _code(environ.get(VARIABLE, ""))
    if wanted in LANGUAGES:
        return wanted
    if written in LANGUAGES:
        return written
    locale = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    return _code(locale) if _code(locale) in LANGUAGES else ENGLISH


def written_in(path: Path) -> str:
    """Return the language that a `feeds.yaml` asks for, without parsing it; empty for none.

    Help is shown, and mistakes of the file are told, before the file is understood.
    """
    try:
        found = _KEY.search(path.read_bytes())
    except (OSError, ValueError):
        return ""
    return found[1].decode().lower() if found else ""


def use(written: str, environ: Mapping[str, str]) -> None:
    """Use the language that is chosen by `choose`, in this process."""
    translation.use(choose(written, environ), FOLDER)


def _code(locale: str) -> str:
    """Return the language of a locale: `fr` of fr_BE.UTF-8."""
    return re.split(r"[_.@-]", locale, maxsplit=1)[0].lower()
