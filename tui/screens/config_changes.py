"""Changes of feeds.yaml: in the analyst's editor, of feeds, and of saved searches.

This is imported once something is changed: editing YAML takes 50 ms to import.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from index.errors import QueryError
from index.query.suggestions import suggested_name
from monitor.base.errors import ConfigError, FeedError, MonitorError, Problem
from monitor.base.files import atomic_write
from monitor.base.formatting import shown_title
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, mark, ngettext, number
from monitor.config import file_edit
from monitor.config.checks import understand_and_test, warnings
from monitor.config.credentials import masked
from monitor.config.description import changes
from monitor.config.loading import configured_store, load, read, version_in_force
from monitor.config.location import data_folder
from monitor.config.yaml_nodes import decode, line_of
from monitor.intake.copied_addresses import complete_url
from monitor.model.config import Config
from monitor.model.feed import Feed, FeedHealth
from monitor.presentation.service.subscriptions import (
    describe_prospect,
    list_lines,
    new_among,
    pause_or_resume,
    subscribe,
    subscribed,
    unsubscribe,
)
from monitor.presentation.spans import Line, wrap
from tui import external_programs
from tui.data.newsroom import NewsroomModel, start_resource_tracker
from tui.data.query_history import SAVED_PREFIX
from tui.screens.dialogs import (
    ConfigPlace,
    LineDialog,
    NewsroomScreen,
    PageDialog,
    choose,
    choose_words,
    show_dialog,
)

if TYPE_CHECKING:
    from monitor.intake.discovery import DiscoveredFeed

NO_FILE = mark("There is no feeds.yaml; start tocsin with -c FILE.")


async def write_config(newsroom: NewsroomModel, change: Callable[[Path], object]) -> str:
    """Change feeds.yaml in a thread; return an error message, empty after success.

    `change` changes the file at a path; it raises QueryError or MonitorError.
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


def monitor_hint(screen: NewsroomScreen) -> str:
    """Return a hint that a change waits for a monitor; empty while one runs."""
    status = screen.newsroom.status
    is_stopped = status is not None and not status.is_watched
    return f" {_('It takes effect when a monitor runs.')}" if is_stopped else ""


# --- in the editor --------------------------------------------------------------------


async def edit_file(screen: NewsroomScreen, place: ConfigPlace) -> None:
    """Open the file at a place, or at its first error; then report what has changed."""
    newsroom = screen.newsroom
    path, editor = newsroom.service.config, external_programs.find_editor(newsroom.environ)
    if path is None:
        screen.show_message(_(NO_FILE), error=True)
        return
    if not editor:
        screen.show_message(_("No editor: set $EDITOR, or install nano or vi."), error=True)
        return
    before = await screen.ask(_read_config, path)
    if before is None:
        return
    content, config = before
    edit_path = await screen.ask(_file_to_edit, path)
    if edit_path is None:
        return
    if edit_path != path:
        content, config = await screen.ask(_understood, edit_path.read_bytes(), path) or before
    start = await screen.ask(_start_line, content, config, place)
    command = external_programs.editor_command(editor, edit_path, start or 1)
    if external_programs.is_graphical(editor):
        screen.show_message(_("Editing {file} in {program}…", file=path.name, program=editor[0]))
        error = await screen.ask(external_programs.run_program, command)
    else:
        try:
            with screen.app.suspend():
                error = external_programs.run_program(command)
        except SuspendNotSupported:
            text = _("The dashboard cannot leave this terminal; edit {path} in another.", path=path)
            screen.show_message(text, error=True)
            return
    if error:
        screen.show_message(error, error=True)
    if edit_path == path:
        after = await screen.ask(_read_config, path)
    else:
        after = await screen.ask(_apply_copy, edit_path, path, before[0])
    if after is not None:
        _report(screen, before, after)


_ConfigFile = tuple[bytes, Config | ConfigError]


def _read_config(path: Path) -> _ConfigFile:
    """Return the content of the file or of the version in the store, and its configuration.

    If it has errors, they are returned in place of the configuration.
    """
    try:
        content = read(path)
    except ConfigError as error:
        return b"", error
    return _understood(content, path)


def _understood(content: bytes, path: Path) -> _ConfigFile:
    try:
        return content, understand_and_test(content, path)
    except ConfigError as error:
        return content, error


def _file_to_edit(path: Path) -> Path:
    """Return the file itself, or a copy of the version in the store: the same until it is well."""
    if not configured_store(path):
        return path
    stored, folder = version_in_force(path), data_folder(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = folder / f"feeds.version-{stored.number}.yaml"
    if not copy.exists():
        atomic_write(copy, stored.content.encode(), mode=0o600)
    return copy


def _apply_copy(copy: Path, path: Path, before: bytes) -> _ConfigFile:
    """Put an edited copy in force; one with errors stays for the next edit.

    Raises:
        MonitorError: Somebody applied another version meanwhile.
    """
    content, config = result = _understood(copy.read_bytes(), path)
    if isinstance(config, ConfigError):
        return result

    def replaced(text: str) -> str:
        if text.encode() != before:
            raise MonitorError(
                _(
                    "another version was applied meanwhile; yours is in {file}, and not in force",
                    file=copy,
                )
            )
        return content.decode("utf-8-sig")

    if content != before:
        file_edit.edit(path, replaced)
    copy.unlink()
    return result


def _start_line(content: bytes, config: Config | ConfigError, place: ConfigPlace) -> int:
    """Return the line of the first error, else that of the place."""
    if isinstance(config, ConfigError):
        return config.problems[0].line
    return line_of(content, *place)


def _report(screen: NewsroomScreen, before: _ConfigFile, after: _ConfigFile) -> None:
    """Show what an edit changed, or the errors of the file."""
    (old_content, old), (new_content, new) = before, after
    if isinstance(new, ConfigError):
        source, _mistake = decode(new_content)
        problems = [(problem, masked(source.lines, problem.line)) for problem in new.problems]

        title = _("feeds.yaml has errors and is not loaded")
        screen.app.push_screen(PageDialog(title, partial(problem_lines, problems)))
    elif old_content == new_content:
        screen.show_message(_("feeds.yaml has not changed."))
    else:
        words = (
            [_("the file is valid again")] if isinstance(old, ConfigError) else changes(old, new)
        )
        remarks = warnings(new)
        title = _("feeds.yaml has changed")
        screen.app.push_screen(PageDialog(title, lambda cells: change_lines(words, remarks, cells)))
    screen.newsroom.read_all_next()


def problem_lines(problems: Sequence[tuple[Problem, str]], cells: int) -> list[Line]:
    """Return errors, each with its line of the file and a caret under its column."""
    page: list[Line] = []
    for problem, text in problems:
        page += wrap(line(str(problem)), cells, "bad")
        start = max(0, problem.column - cells + 12)
        excerpt = line(text[start : start + cells])
        page.append([(f"{problem.line:>5} ", "quiet"), (excerpt, "plain")])
        page += [[(" " * (5 + problem.column - start) + "^", "bad")], []]
    ending = _(
        "The earlier configuration stays in force; esc and E open the file at the first error."
    )
    return [*page, *wrap(ending, cells, "quiet")]


def change_lines(edits: Sequence[str], warnings: Sequence[str], cells: int) -> list[Line]:
    """Return the changes of an edit (`feed added: …`), and the warnings about it."""
    page: list[Line] = []
    for words in edits:
        page += wrap(line(words), cells, "late")
    if not edits:
        page += wrap(_("only the text, not its meaning"), cells, "plain")
    if warnings:
        page += [[], *wrap(_("Warnings:"), cells, "late")]
        for warning in warnings:
            page += wrap(line(warning), cells, "plain", "  ")
    return [*page, [], *wrap(_("The monitor loads the file within seconds."), cells, "quiet")]


# --- adding a feed --------------------------------------------------------------------


async def discover_feeds(
    newsroom: NewsroomModel, path: Path, address: str, headline: str = ""
) -> list[DiscoveredFeed]:
    """Return the feed at an address, or the feeds of the site there.

    They are looked for in a thread, whose event loop ends when the caller is cancelled.

    Args:
        newsroom: The newsroom.
        path: feeds.yaml, whose settings of the HTTP client apply.
        address: The address of a feed or of a page.
        headline: A headline of the page, if the list in which it stands is asked for.

    Raises:
        FeedError: There is no feed.
        MonitorError: feeds.yaml cannot be read.
    """
    from monitor.runtime.network import prospecting

    cancel: Callable[[], object] = lambda: None  # noqa: E731

    async def find() -> list[DiscoveredFeed]:
        nonlocal cancel
        task = asyncio.current_task()
        assert task is not None
        cancel = partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel)
        config = load(path)
        async with prospecting(config.allow, config.contact) as prospector:
            url = complete_url(address)
            if headline:
                return [await prospector.propose(url, headline)]
            return await prospector.find(url)

    start_resource_tracker()
    try:
        return await newsroom.ask(lambda: asyncio.run(find()))
    except asyncio.CancelledError:
        cancel()
        raise


def add_feed(screen: NewsroomScreen) -> None:
    """Ask for an address, show the feeds there, and subscribe to the chosen ones."""
    candidates: list[DiscoveredFeed] = []

    async def discover(address: str) -> str:
        path = screen.newsroom.service.config
        if path is None:
            return _(NO_FILE)
        try:
            candidates[:] = await discover_feeds(screen.newsroom, path, *_split(address))
        except FeedError as error:
            return error.reason
        except MonitorError as error:
            return str(error)
        return ""

    def choose_feed(address: str) -> None:
        if candidates[0].source.selectors:
            _confirm_list(screen, candidates)
        elif len(candidates) == 1:
            _subscribe_soon(screen, candidates)
        else:
            _choose_feed(screen, address, candidates)

    hint: Line = [
        (
            _(
                "The address of a feed, or of a site with feeds: lesoir.be. Of a page without any:"
                " its address, a blank, and a headline that stands there."
            ),
            "quiet",
        )
    ]
    dialog = LineDialog(_("Add a feed"), discover, hint=hint)
    show_dialog(screen, dialog, choose_feed)


def _split(text: str) -> tuple[str, str]:
    """Return the address of a line, and the headline after it."""
    address, _blank, headline = text.strip().partition(" ")
    return address, headline.strip()


def _confirm_list(screen: NewsroomScreen, candidates: Sequence[DiscoveredFeed]) -> None:
    """Show what the selectors of a page find, and subscribe if that is right."""
    rows: list[Line] = [[(line(text), "quiet")] for text in list_lines(candidates[0])]
    values = [*(None for _row in rows), candidates]
    rows.append([(_("Subscribe to this list"), "plain")])
    act = partial(_subscribe_soon, screen)
    choose(screen, _("Is this the list?"), rows, values, act, cursor=len(rows) - 1)


def _choose_feed(
    screen: NewsroomScreen, address: str, candidates: Sequence[DiscoveredFeed]
) -> None:
    rows: list[Line] = [
        [
            (f"{shown_title(line(feed.parsed.title))}: ", "list"),
            (line(describe_prospect(feed)), "quiet"),
        ]
        for feed in candidates
    ]
    rows.append([(_("All {count} of them", count=number(len(candidates))), "plain")])
    title = ngettext(
        "{address} has {count} feed",
        "{address} has {count} feeds",
        len(candidates),
        address=address,
    )
    values = [*([feed] for feed in candidates), candidates]
    choose(screen, title, rows, values, partial(_subscribe_soon, screen))


def _subscribe_soon(screen: NewsroomScreen, candidates: Sequence[DiscoveredFeed]) -> None:
    screen.run_worker(_subscribe(screen, list(candidates)), group="file")


async def _subscribe(screen: NewsroomScreen, candidates: Sequence[DiscoveredFeed]) -> None:
    messages: list[str] = []

    def change(path: Path) -> None:
        feeds = [Feed(url=f.url, source=f.source, name=f.parsed.title) for f in candidates]
        new_feeds, duplicates = new_among(feeds, load(path))
        messages.extend(
            _("Already subscribed, as {feed}.", feed=feed.name) for _requested, feed in duplicates
        )
        if new_feeds:
            config = subscribe(path, None, new_feeds)
            descriptions = {f.url: describe_prospect(f) for f in candidates}
            added_feeds = config.feeds[-len(new_feeds) :]
            messages.extend(
                _("Added {feed}: {what}", feed=feed.name, what=descriptions[requested.url])
                for feed, requested in zip(added_feeds, new_feeds, strict=True)
            )

    error = await write_config(screen.newsroom, change)
    for text in [error] if error else messages:
        screen.show_message(text, error=bool(error))


# --- pausing and removing a feed ------------------------------------------------------


async def pause_feed(screen: NewsroomScreen, feed: FeedHealth) -> None:
    """Stop polling a feed, or poll it again."""
    is_paused = False

    def change(path: Path) -> None:
        nonlocal is_paused
        is_paused = pause_or_resume(path, None, feed.feed.url)

    error = await write_config(screen.newsroom, change)
    name = feed.feed.name
    message = (
        _("{feed} is paused; P polls it again.", feed=name)
        if is_paused
        else _("{feed} is polled again.", feed=name)
    )
    screen.show_message(error or message + monitor_hint(screen), error=bool(error))


def remove_feed(screen: NewsroomScreen, feed: FeedHealth) -> None:
    """Ask whether to remove a feed from feeds.yaml, and remove it."""

    def on_choice(choice: int) -> None:
        if choice:
            screen.run_worker(_remove(screen, feed), group="file")

    words = _("No, keep it"), _("Yes; its articles and alerts stay")
    choose_words(screen, _("Remove {feed}?", feed=feed.feed.name), words, on_choice)


async def _remove(screen: NewsroomScreen, feed: FeedHealth) -> None:
    def change(path: Path) -> None:
        config = load(path)
        existing = subscribed(feed.feed.url, config.feeds)
        if existing is None:
            raise MonitorError(
                _("{file} has no feed at {url} any more", file=path.name, url=feed.feed.url)
            )
        unsubscribe(path, None, [existing], config)

    error = await write_config(screen.newsroom, change)
    message = _("Removed {feed}; its articles and alerts stay.", feed=feed.feed.name)
    screen.show_message(error or message + monitor_hint(screen), error=bool(error))


# --- queries --------------------------------------------------------------------------


def save_search(screen: NewsroomScreen, query: str, sort: str) -> None:
    """Ask for a name and save a query under it.

    Its results are sorted by `date` or `score`.
    """
    if not query:
        screen.show_message(_("Write a query first."))
        return

    async def save(name: str) -> str:
        def change(path: Path) -> None:
            file_edit.save_search(path, None, name, query, sort)

        return await write_config(screen.newsroom, change)

    def on_saved(name: str) -> None:
        label = f"{SAVED_PREFIX}{name}"
        screen.show_message(_("Saved: {name} runs this search again.", name=label))

    hint: Line = [(_("A short name; the search is saved in feeds.yaml"), "quiet")]
    dialog = LineDialog(_("Save the search"), save, hint=hint, value=suggested_name(query))
    show_dialog(screen, dialog, on_saved)
