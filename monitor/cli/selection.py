"""Options shared by the commands that list articles or alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from monitor.cli.times import Moment
from monitor.model import Filter

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "json", "jsonl", "csv", "md")

list_format = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "jsonl", "csv"]),
    default="table",
    show_default=True,
    help="For people, or for programs.",
)


filters = (
    click.option(
        "--since",
        type=Moment(),
        metavar="WHEN",
        help="From then on: 2023-10-01, 2023-10, 7d, yesterday, hier.",
    ),
    click.option("--until", type=Moment(end=True), metavar="WHEN", help="Until the end of then."),
    click.option(
        "--lang", multiple=True, metavar="CODE", help="In this language: fr, en; und is unknown."
    ),
    click.option(
        "--feed", "feeds", multiple=True, metavar="NAME", help="Of this feed, or tag:NAME."
    ),
    click.option("--watch", "watchlists", multiple=True, metavar="NAME", help="Of this watchlist."),
)
"""The options of which `filter_of` makes a filter."""


def selecting(formats: Sequence[str]) -> Callable[[F], F]:
    """Return what adds the filters, a limit and a choice of these formats to a command."""
    options = (
        *filters,
        click.option(
            "--limit",
            type=click.IntRange(min=0),
            default=50,
            show_default=True,
            metavar="N",
            help="At most so many; 0 is all.",
        ),
        click.option(
            "--format",
            "style",
            type=click.Choice(formats),
            default="table",
            show_default=True,
            help="For people, or for programs.",
        ),
    )

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


selection = selecting(FORMATS)
"""Adds the filters and formats that all lists have: since, until, lang, feed, watch, …."""


def filtered(command: F) -> F:
    """Add the filters alone."""
    for option in reversed(filters):
        command = option(command)
    return command


def filter_of(
    since: float | None,
    until: float | None,
    lang: tuple[str, ...],
    feeds: tuple[str, ...],
    watchlists: tuple[str, ...],
) -> Filter:
    """Return the filter that these options mean."""
    codes = tuple("" if code == "und" else code.lower() for code in lang)
    return Filter(since=since, until=until, lang=codes, feeds=feeds, watchlists=watchlists)
