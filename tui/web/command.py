"""`tocsin serve`: the dashboard in a browser, for everybody who has its address."""

from __future__ import annotations

import shlex
import socket
import sys
from pathlib import Path
from typing import Protocol

import click

from index.analysis.text_cleaning import line
from index.translation import gettext as _
from monitor.errors import requires_extra
from tui.command import DashboardContext as Shown
from tui.command import dashboard

PORT = 8734
_TERMINAL_VARIABLES = (
    "COLORTERM", "DISPLAY", "KITTY_WINDOW_ID", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "STY",
    "TMUX", "WAYLAND_DISPLAY", "WEZTERM_PANE",
)  # fmt: skip
"""Variables that describe the terminal in which the server was started, not the browser."""


class ServeContext(Shown, Protocol):
    """What `tocsin serve` needs of the object that the command line passes to its commands."""

    config_path: Path
    data: Path | None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    metavar="N",
    show_default=True,
    help="Port to listen at. 0 means any free port.",
)
@click.option("--expose", is_flag=True, help="Allow a `--host` that other machines can reach.")
@click.option(
    "--name", "names", multiple=True, metavar="NAME", help="Another host name of this machine."
)
@click.option("--read-only", is_flag=True, help="Allow no changes.")
@click.option("--no-monitor", is_flag=True, help="Start no monitor.")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS]")
@click.pass_obj
def serve(
    newsroom: ServeContext,
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
    from monitor.api.origin import is_loopback

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
    newsroom: ServeContext, host: str, port: int, names: tuple[str, ...], options: tuple[str, ...]
) -> None:
    import asyncio

    from monitor.api.origin import is_loopback
    from monitor.cli import set_up_log
    from monitor.wiring import server_connections, token
    from tui.web.auth import Auth
    from tui.web.server import DashboardServer, ListenAddress

    local = is_loopback(host)
    host_names = {name.lower() for name in names}
    if not local:
        host_names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    auth = Auth(token(), local=local, names=frozenset(host_names))

    def ready(port: int) -> None:
        name = names[0] if names else socket.gethostname() if host in ("0.0.0.0", "::") else host
        where = f"[{name}]" if ":" in name else name
        click.echo(f"http://{where}:{port}/?token={auth.token}")
        click.echo(_("Open this address in a browser; ^C stops the server."), err=True)
        if not local:
            click.echo(_("Other machines can reach it, and nothing is encrypted."), err=True)

    command = shlex.join(dashboard_command(newsroom, options))
    set_up_log(0)
    server = DashboardServer(
        command, auth, lambda text: click.echo(text, err=True), server_connections()
    )
    try:
        asyncio.run(server.serve(ListenAddress(host, port), ready))
    except OSError as error:
        why = line(error.strerror or str(error))
        raise click.ClickException(
            _(
                "cannot listen at {host}:{port}: {reason}; --port 0 takes any free port",
                host=host,
                port=port,
                reason=why,
            )
        ) from error


def dashboard_command(newsroom: ServeContext, options: tuple[str, ...]) -> list[str]:
    """Return the command of a visitor's dashboard, which starts no monitor of its own."""
    unset = [word for name in _TERMINAL_VARIABLES for word in ("-u", name)]
    data = ["--data", str(newsroom.data)] if newsroom.data is not None else []
    config = ["-c", str(newsroom.config_path)]
    python = [sys.executable, "-m", "monitor"]
    return ["env", *unset, *python, *config, *data, "dashboard", "--no-monitor", *options]
