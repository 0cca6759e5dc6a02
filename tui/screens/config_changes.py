"""Changes of feeds.yaml from the dashboard: feeds and saved searches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import QueryError
from monitor.base.errors import ConfigError, FeedError, MonitorError
from monitor.base.formatting import shown_title
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, ngettext, number
from monitor.config.loading import load
from monitor.model.feed import Feed, FeedHealth
from monitor.presentation.spans import Line
from tui.data.newsroom import NewsroomModel, start_resource_tracker
from tui.data.query_history import SAVED_PREFIX, suggested_name
from tui.screens.dialogs import ChoiceDialog, LineDialog
from tui.screens.panes import PaneScreen

if TYPE_CHECKING:
    from monitor.intake.discovery import DiscoveredFeed


NO_FILE = mark("There is no feeds.yaml; start tocsin with -c FILE.")


async def write_config(newsroom: NewsroomModel, change: Callable[[Path], object]) -> str:
    """Change feeds.yaml in a thread; return an error message, empty after success.

    Args:
        newsroom: The newsroom.
        change: Changes the file at a path; raises QueryError or MonitorError.
    """
    path = newsroom.service.config
    if path is None:
        return _(NO_FILE)
    try:
        await newsroom.ask(change, path)
    except QueryError as error:
        return f"{error.message}{f' ({error.hint})' if error.hint else ''}"
    except ConfigError as error:
        return f"{path.name}, {error.problems[0]}"
    except MonitorError as error:
        return str(error)
    return ""


def monitor_hint(screen: PaneScreen) -> str:
    """Return that a change waits for a monitor; empty while one runs."""
    status = screen.newsroom.status
    stopped = status is not None and not status.is_watched
    return f" {_('It takes effect when a monitor runs.')}" if stopped else ""


# --- adding a feed --------------------------------------------------------------------


class FeedDiscovery:
    """Finds the feeds at one address, in an event loop of its own."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancelled = False

    def find(self, path: Path, address: str) -> list[DiscoveredFeed]:
        """Return the feed at an address, or the feeds of the site there.

        Args:
            path: feeds.yaml, whose settings of the HTTP client apply.
            address: The address of a feed or of a page.

        Raises:
            FeedError: There is no feed.
        """
        start_resource_tracker()
        return asyncio.run(self._find(path, address))

    def cancel(self) -> None:
        """Stop the search, from any thread."""
        self._cancelled = True
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def _find(self, path: Path, address: str) -> list[DiscoveredFeed]:
        from monitor.runtime.network import prospecting

        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._cancelled:
            raise asyncio.CancelledError
        from monitor.presentation.service.subscriptions import complete_url

        config = load(path)
        async with prospecting(config.allow, config.contact) as prospector:
            return await prospector.find(complete_url(address))


async def discover_feeds(newsroom: NewsroomModel, path: Path, address: str) -> list[DiscoveredFeed]:
    """Return the feeds at an address; cancelling the caller stops the search.

    Raises:
        FeedError: There is no feed.
        MonitorError: feeds.yaml cannot be read.
    """
    discovery = FeedDiscovery()
    try:
        return await newsroom.ask(discovery.find, path, address)
    except asyncio.CancelledError:
        discovery.cancel()
        raise


def add_feed(screen: PaneScreen) -> None:
    """Ask for an address, show the feeds there, and subscribe to the chosen ones."""
    candidates: list[DiscoveredFeed] = []

    async def discover(address: str) -> str:
        path = screen.newsroom.service.config
        if path is None:
            return _(NO_FILE)
        try:
            candidates[:] = await discover_feeds(screen.newsroom, path, address)
        except FeedError as error:
            return error.reason
        except MonitorError as error:
            return str(error)
        return ""

    def on_line(address: str | None) -> None:
        if address is None:
            return
        if len(candidates) == 1:
            _subscribe_soon(screen, candidates)
        else:
            _choose_feed(screen, address, candidates)

    hint: Line = [(_("The address of a feed, or of a site with feeds: lesoir.be"), "quiet")]
    screen.app.push_screen(LineDialog(_("Add a feed"), discover, hint=hint), on_line)


def _choose_feed(screen: PaneScreen, address: str, candidates: Sequence[DiscoveredFeed]) -> None:
    from monitor.presentation.service.subscriptions import describe_prospect

    rows: list[Line] = [
        [
            (f"{shown_title(line(feed.parsed.title))}: ", "list"),
            (line(describe_prospect(feed)), "quiet"),
        ]
        for feed in candidates
    ]
    rows.append([(_("All {count} of them", count=number(len(candidates))), "plain")])

    def on_choice(row: int | None) -> None:
        if row is not None:
            _subscribe_soon(screen, candidates if row == len(candidates) else [candidates[row]])

    title = ngettext(
        "{address} has {count} feed",
        "{address} has {count} feeds",
        len(candidates),
        address=address,
    )
    screen.app.push_screen(ChoiceDialog(title, rows), on_choice)


def _subscribe_soon(screen: PaneScreen, candidates: Sequence[DiscoveredFeed]) -> None:
    screen.run_worker(_subscribe(screen, list(candidates)), group="file")


async def _subscribe(screen: PaneScreen, candidates: Sequence[DiscoveredFeed]) -> None:
    messages: list[str] = []

    def change(path: Path) -> None:
        from monitor.presentation.service.subscriptions import (
            describe_prospect,
            new_among,
            subscribe,
        )

        feeds = [Feed(url=each.url, name=each.parsed.title) for each in candidates]
        new, existing = new_among(feeds, load(path))
        messages.extend(
            _("Already subscribed, as {feed}.", feed=feed.name) for _requested, feed in existing
        )
        if new:
            config = subscribe(path, None, new)
            descriptions = {each.url: describe_prospect(each) for each in candidates}
            added = config.feeds[-len(new) :]
            messages.extend(
                _("Added {feed}: {what}", feed=feed.name, what=descriptions[requested.url])
                for feed, requested in zip(added, new, strict=True)
            )

    error = await write_config(screen.newsroom, change)
    for text in [error] if error else messages:
        screen.show_message(text, error=bool(error))


# --- pausing and removing a feed ------------------------------------------------------


def pause_feed(screen: PaneScreen, feed: FeedHealth) -> None:
    """Stop polling a feed, or poll it again."""
    screen.run_worker(_pause(screen, feed), group="file")


async def _pause(screen: PaneScreen, feed: FeedHealth) -> None:
    pausing = False

    def change(path: Path) -> None:
        from monitor.presentation.service import subscriptions

        nonlocal pausing
        pausing = subscriptions.pause_or_resume(path, None, feed.feed.url)

    error = await write_config(screen.newsroom, change)
    name = feed.feed.name
    done = (
        _("{feed} is paused; p polls it again.", feed=name)
        if pausing
        else _("{feed} is polled again.", feed=name)
    )
    screen.show_message(error or done + monitor_hint(screen), error=bool(error))


def remove_feed(screen: PaneScreen, feed: FeedHealth) -> None:
    """Ask whether to remove a feed from feeds.yaml, and remove it."""
    rows: list[Line] = [
        [(_("No, keep it"), "plain")],
        [(_("Yes; its articles and alerts stay"), "plain")],
    ]

    def on_choice(row: int | None) -> None:
        if row == 1:
            screen.run_worker(_remove(screen, feed), group="file")

    title = _("Remove {feed}?", feed=feed.feed.name)
    screen.app.push_screen(ChoiceDialog(title, rows), on_choice)


async def _remove(screen: PaneScreen, feed: FeedHealth) -> None:
    def change(path: Path) -> None:
        from monitor.presentation.service.subscriptions import subscribed, unsubscribe

        config = load(path)
        present = subscribed(feed.feed.url, config.feeds)
        if present is None:
            raise MonitorError(
                _("{file} has no feed at {url} any more", file=path.name, url=feed.feed.url)
            )
        unsubscribe(path, None, [present], config)

    error = await write_config(screen.newsroom, change)
    done = _("Removed {feed}; its articles and alerts stay.", feed=feed.feed.name)
    screen.show_message(error or done + monitor_hint(screen), error=bool(error))


# --- queries --------------------------------------------------------------------------


def save_search(screen: PaneScreen, query: str, sort: str) -> None:
    """Ask for a name and save a query under it.

    Args:
        screen: Where to ask.
        query: The query.
        sort: The order of its results: `date` or `score`.
    """
    if not query:
        screen.show_message(_("Write a query first."))
        return

    async def save(name: str) -> str:
        def change(path: Path) -> None:
            from monitor.config.yaml_edit import save_search

            save_search(path, None, name, query, sort)

        return await write_config(screen.newsroom, change)

    def on_line(name: str | None) -> None:
        if name:
            saved = f"{SAVED_PREFIX}{name}"
            screen.show_message(_("Saved: {name} runs this search again.", name=saved))

    hint: Line = [(_("A short name; the search is saved in feeds.yaml"), "quiet")]
    dialog = LineDialog(_("Save the search"), save, hint=hint, value=suggested_name(query))
    screen.app.push_screen(dialog, on_line)
