"""`tocsin serve`: the dashboard in a browser, for everybody who has its address."""

from __future__ import annotations

import asyncio
import shlex
import sys

import click

from monitor.api.listener import names_of, open_listener, shown_address
from monitor.base.errors import requires_extra
from monitor.base.translation import gettext as _
from monitor.base.url import is_loopback
from monitor.cli import CliContext, say, set_up_log
from monitor.cli.dashboard import dashboard
from monitor.cli.options import with_listening
from monitor.runtime.machine import new_token, server_connections

PORT = 8734
_TERMINAL_VARIABLES = (
    "COLORTERM", "DISPLAY", "KITTY_WINDOW_ID", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "STY",
    "TMUX", "WAYLAND_DISPLAY", "WEZTERM_PANE",
)  # fmt: skip
"""Variables that describe the terminal in which the server was started, not the browser."""


@click.command()
@with_listening(PORT)
@click.option("--expose", is_flag=True, help="Allow a `--host` that other machines can reach.")
@click.option("--read-only", is_flag=True, help="Allow no changes.")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS]")
@click.pass_obj
def serve(
    newsroom: CliContext,
    host: str,
    port: int,
    expose: bool,
    names: tuple[str, ...],
    read_only: bool,
    no_monitor: bool,
    options: tuple[str, ...],
) -> None:
    """Show the dashboard in a browser.

    Prints the address to open. Everybody who has the address may do what you may do. OPTIONS
    after `--` are those of `tocsin dashboard`, as in `tocsin serve -- --wall`.
    """
    with requires_extra("web", "tocsin serve"):  # not a message
        from tui.web import server

    dashboard.make_context("dashboard", list(options))  # report an error now, not to visitors
    if not is_loopback(host) and not expose:
        raise click.UsageError(
            _(
                "{host} can be reached from other machines: whoever sees the address can use the"
                " dashboard, and nothing is encrypted. --expose allows it; `ssh -L` or a proxy with"
                " TLS is safer.",
                host=host,
            )
        )
    if read_only:
        options = (*options, "--read-only")
    with newsroom.monitor_meanwhile(no_monitor=no_monitor):
        newsroom.service(read_only=True).views.version()  # report a missing archive now
        local_names, known_names = names_of(host, names)
        auth = server.Auth(new_token(), local=local_names, names=known_names)
        listener = open_listener(host, port, server.BACKLOG)
        dashboards = server.DashboardServer(
            shlex.join(dashboard_command(newsroom, options)), auth, say, server_connections()
        )

        def ready() -> None:
            address = shown_address("http", host, listener.getsockname()[1], names)
            click.echo(f"{address}?token={auth.token}")
            say(_("Open this address in a browser; Ctrl-C stops the server."))
            if not is_loopback(host):
                say(_("Other machines can reach it, and nothing is encrypted."))

        set_up_log(0)
        asyncio.run(dashboards.serve(listener, ready))


def dashboard_command(newsroom: CliContext, options: tuple[str, ...]) -> list[str]:
    """Return the command of a visitor's dashboard, which starts no monitor of its own."""
    unset = [word for name in _TERMINAL_VARIABLES for word in ("-u", name)]
    data = ["--data", str(newsroom.data)] if newsroom.data is not None else []
    config = ["-c", str(newsroom.config_path)]
    python = [sys.executable, "-P", "-m", "monitor"]  # nothing of its working folder
    return ["env", *unset, *python, *config, *data, "dashboard", "--no-monitor", *options]
