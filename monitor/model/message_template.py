"""Templates of messages that people write: which fields there are, and what is wrong with one."""

from __future__ import annotations

from string import Template

from monitor.base.translation import gettext as _

TEMPLATE_FIELDS = (
    "watchlist", "severity", "sign", "headline", "outlet", "lang", "time", "sentence", "terms",
    "others", "first", "elsewhere", "link", "page", "why", "id",
)  # fmt: skip
"""The fields of a template, written `$headline` or `${headline}`."""


def unknown_fields(template: str) -> list[str]:
    """Return the fields of a template that do not exist.

    Raises:
        ValueError: A `$` is followed by no name.
    """
    parsed = Template(template)
    if not parsed.is_valid():
        raise ValueError(_("a `$` without a name; write `$$` for a dollar sign"))
    return [name for name in parsed.get_identifiers() if name not in TEMPLATE_FIELDS]
