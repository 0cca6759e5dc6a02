"""`tocsin dashboard`: starts the monitor if none is running, and shows the dashboard."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from monitor.base.translation import gettext as _
from monitor.cli import CliContext, can_draw, say
from monitor.cli.options import several
from monitor.model.search import Filter, lang_codes
from monitor.model.watchlist import Severity
from monitor.storage.data_folder import is_read_only
from monitor.storage.monitor_lock import dashboard_open
from tui.data.settings import UI_STATE_FILE, UiStateFile, load_keymap, settings_path

if TYPE_CHECKING:
    from tui.base_app import AppSettings, BaseApp, ExitMode


SEVERITIES = ("high", "medium", "low")
THEMES = ("dark", "light", "contrast", "terminal")
SWITCH_INTERVAL = 0.0005
"""Seconds that a reading thread may keep the interpreter before the screen gets its turn."""


def _load() -> None:
    import tui.app  # noqa: F401 - most of the time to the first paint


def _require_terminal() -> None:
    """Raise ClickException where nothing can show the dashboard: no terminal, no browser."""
    if "TEXTUAL_DRIVER" not in os.environ and not can_draw():
        raise click.ClickException(
            _(
                "the dashboard needs a terminal; elsewhere `tocsin alerts` and `tocsin status` say"
                " what it shows, and `tocsin serve` opens it in a browser"
            )
        )


def _action_names() -> set[str]:
    from tui.app import DashboardApp
    from tui.screens.help import action_names

    return action_names(DashboardApp)


@click.command()
@click.option("--wall", is_flag=True, help="Show only the latest alerts, in large letters.")
@several("--watch", "watchlists", "Open a wall with alerts of this watchlist.")
@several(
    "--severity",
    "severities",
    "Open a wall with alerts of this severity.",
    metavar=None,
    type=click.Choice(SEVERITIES),
)
@several("--lang", "lang", "Open a wall with alerts in this language: fr, en.", metavar="CODE")
@several("--feed", "feeds", "Open a wall with alerts of this feed, or of tag:NAME.")
@click.option("--theme", type=click.Choice(THEMES), help="Colours. Without it, those used last.")
@click.option("--bell", is_flag=True, help="Ring for alerts of high severity.")
@click.option(
    "--read-only",
    is_flag=True,
    help="Allow no changes, as in a data folder that cannot be written.",
)
@click.option("--no-monitor", is_flag=True, help="Start no monitor.")
@click.pass_obj
def dashboard(
    newsroom: CliContext,
    wall: bool,
    watchlists: tuple[str, ...],
    severities: tuple[str, ...],
    lang: tuple[str, ...],
    feeds: tuple[str, ...],
    theme: str | None,
    bell: bool,
    read_only: bool,
    no_monitor: bool,
) -> None:
    """Open the dashboard: read alerts, work on them, and search, in the terminal.

    With --wall, or an option that selects alerts, open a wall: a screen that needs no keys and
    follows by itself.
    """
    _require_terminal()
    gc.disable()  # a fifth of the time to the first paint; `BaseApp.on_mount` enables it again
    sys.setswitchinterval(SWITCH_INTERVAL)
    keymap = load_keymap(settings_path(os.environ), _action_names)
    filter = Filter(
        watchlists=watchlists,
        severities=tuple(map(Severity, severities)),
        lang=lang_codes(lang),
        feeds=feeds,
    )
    unwritable = is_read_only(newsroom.archive)
    read_only = read_only or unwritable
    started = False if no_monitor or unwritable else newsroom.ensure_monitor(_load)
    exit_mode: ExitMode = "quit"
    with dashboard_open(newsroom.archive) as is_another_open:
        try:
            settings: AppSettings = {
                "theme": theme and f"tocsin-{theme}",
                "bell": bell,
                "keymap": keymap,
                "start_monitor": None if no_monitor or unwritable else newsroom.ensure_monitor,
                "ui_state": UiStateFile(None if read_only else newsroom.archive / UI_STATE_FILE),
            }
            if wall or filter != Filter():
                from tui.wall import Wall

                service = newsroom.service(read_only=True)
                app: BaseApp = Wall(service, filter, clock=newsroom.clock, **settings)
                exit_mode = app.run() or "quit"
            else:
                from tui.app import DashboardApp

                with nullcontext() if unwritable else newsroom.following_index():
                    app = DashboardApp(
                        newsroom.service(read_only=read_only),
                        clock=newsroom.clock,
                        owns_monitor=started,
                        read_only=read_only,
                        **settings,
                    )
                    exit_mode = app.run() or "quit"
            started = started or app.owns_monitor
        finally:
            if started and exit_mode == "quit":
                if is_another_open():
                    say(_("Another dashboard is open: the monitor goes on; `tocsin stop` ends it."))
                else:
                    newsroom.stop_monitor()
