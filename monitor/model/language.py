"""Languages by their names."""

from __future__ import annotations

from monitor.base.translation import gettext as _
from monitor.base.translation import mark

_NAMES = {
    "fr": mark("French"), "en": mark("English"), "de": mark("German"), "es": mark("Spanish"),
    "it": mark("Italian"), "nl": mark("Dutch"), "pt": mark("Portuguese"),
}  # fmt: skip


def language_name(code: str) -> str:
    """Return the name of a language: `French`; the code of one that has no name here."""
    return _(_NAMES[code]) if code in _NAMES else code or _("another language")
