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
