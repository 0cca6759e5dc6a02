"""What articles are counted by."""

from __future__ import annotations

import enum


class By(enum.StrEnum):
    """Stretches of local time that articles are counted by."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """From Monday, as ISO 8601 counts them."""
    MONTH = "month"


class Split(enum.StrEnum):
    """What the articles of one query are told apart by."""

    LANG = "lang"
    FEED = "feed"
