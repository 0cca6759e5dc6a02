"""Durations and moments on the command line."""

from __future__ import annotations

import click

from index.article import Timestamp


class Span(click.ParamType[float]):
    """A duration as 30s, 10m, 2h, 1d: seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        from monitor.durations import seconds

        if isinstance(value, int | float):
            return float(value)
        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[Timestamp]):
    """A moment as 2023-10-01, 2023-10, 7d, yesterday, hier: seconds since 1970.

    Of a moment that lasts, `end` takes the end.
    """

    name = "when"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Timestamp:
        """Return the moment."""
        from index.moments import resolve_time
        from monitor.bootstrap import clock, local_zone

        if isinstance(value, int | float):
            return float(value)
        try:
            return resolve_time(str(value), clock(), local_zone())[self._end]
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Later(click.ParamType[Timestamp]):
    """A moment to come as 17:30, tomorrow, 2026-12-01, 2026-12-01T08:00: seconds since 1970."""

    name = "when"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Timestamp:
        """Return the moment: the next time it is that time, the beginning of that day."""
        from monitor.bootstrap import clock

        if isinstance(value, int | float):
            return float(value)
        try:
            found = self._read(str(value).strip().lower(), clock())
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if found <= clock():
            self.fail(f"{value} is over already", param, ctx)
        return found

    def _read(self, text: str, now: Timestamp) -> Timestamp:
        from datetime import time

        from index.moments import resolve_time
        from monitor.bootstrap import local_zone
        from monitor.config.clocks import clock as time_of_day
        from monitor.hours import next_digest
        from monitor.model import Digest

        zone = local_zone()
        if text in ("tomorrow", "demain"):
            return next_digest(Digest(at=(time(),)), now, zone)
        if ":" in text and "-" not in text:
            return next_digest(Digest(at=(time_of_day(text),)), now, zone)
        try:
            return resolve_time(text.upper(), now, zone)[0]
        except ValueError:
            raise ValueError("as 17:30, tomorrow, 2026-12-01 or 2026-12-01T08:00") from None
