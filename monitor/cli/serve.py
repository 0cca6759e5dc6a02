"""`tocsin serve`: the dashboard in a browser, for everybody who has its address."""

from __future__ import annotations

import asyncio
import shlex
import sys
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import click

from monitor.api.listener import open_listener, shown_address
from monitor.api.origin import is_loopback, names_of
from monitor.base.errors import requires_extra
from monitor.base.translation import gettext as _
from monitor.cli import CliContext, set_up_log
from monitor.cli.dashboard import dashboard
from monitor.cli.options import with_listening
from monitor.runtime.machine import new_token, server_connections
from tui.web.auth import Auth

if TYPE_CHECKING:
    import ssl

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
        from tui.web import server  # noqa: F401

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
    started = False if no_monitor else newsroom.ensure_monitor()
    newsroom.service(read_only=True).views.version()  # report a missing archive now
    try:
        _serve(newsroom, host, port, names, (*options, *(["--read-only"] if read_only else [])))
    finally:
        if started:
            newsroom.stop_monitor()


def _serve(
    newsroom: CliContext, host: str, port: int, names: tuple[str, ...], options: tuple[str, ...]
) -> None:
    dashboards = Dashboards(newsroom, host, port, names, options)

    def ready() -> None:
        click.echo(dashboards.address("http"))
        click.echo(_("Open this address in a browser; Ctrl-C stops the server."), err=True)
        if not is_loopback(host):
            click.echo(_("Other machines can reach it, and nothing is encrypted."), err=True)

    set_up_log(0)
    asyncio.run(dashboards.server.serve(dashboards.listener, ready))


class Dashboards:
    """Dashboards at an address, which `serve` and `tocsin api --dashboard` show.

    Args:
        newsroom: Whose dashboards.
        host: Where to listen.
        port: 0 takes any free port.
        names: Other names of this machine.
        options: Those of `tocsin dashboard`.

    Raises:
        MonitorError: The address cannot be listened at.
    """

    def __init__(
        self,
        newsroom: CliContext,
        host: str,
        port: int,
        names: tuple[str, ...],
        options: tuple[str, ...] = (),
    ) -> None:
        from tui.web.server import BACKLOG, DashboardServer

        local, known = names_of(host, names)
        self._auth = Auth(new_token(), local=local, names=known)
        self._host, self._names = host, names
        self.listener = open_listener(host, port, BACKLOG)
        self.server = DashboardServer(
            shlex.join(dashboard_command(newsroom, options)),
            self._auth,
            lambda text: click.echo(text, err=True),
            server_connections(),
        )

    def address(self, scheme: str) -> str:
        port = self.listener.getsockname()[1]
        shown = shown_address(scheme, self._host, port, self._names)
        return f"{shown}?token={self._auth.token}"

    def beside(self, tls: ssl.SSLContext | None) -> AbstractAsyncContextManager[None]:
        """Serve them while a block runs, with a certificate if there is one."""
        return self.server.running(self.listener, tls)


def dashboard_command(newsroom: CliContext, options: tuple[str, ...]) -> list[str]:
    """Return the command of a visitor's dashboard, which starts no monitor of its own."""
    unset = [word for name in _TERMINAL_VARIABLES for word in ("-u", name)]
    data = ["--data", str(newsroom.data)] if newsroom.data is not None else []
    config = ["-c", str(newsroom.config_path)]
    python = [sys.executable, "-m", "monitor"]
    return ["env", *unset, *python, *config, *data, "dashboard", "--no-monitor", *options]
