"""`tocsin serve`: the dashboard in a browser, for those who have its address."""

from __future__ import annotations

import shlex
import socket
import sys
from pathlib import Path
from typing import Protocol

import click

from index.analysis.text_cleaning import line
from monitor.errors import requires_extra
from tui.command import Newsroom as Shown
from tui.command import dashboard

PORT = 8734
_OF_THE_TERMINAL = (
    "COLORTERM", "DISPLAY", "KITTY_WINDOW_ID", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "STY",
    "TMUX", "WAYLAND_DISPLAY", "WEZTERM_PANE",
)  # fmt: skip
"""What the environment says of the terminal where the server was started."""


class Newsroom(Shown, Protocol):
    """What the command line knows of the newsroom at hand, and of where it is."""

    config_path: Path
    data: Path | None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
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
    newsroom: Newsroom,
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
    with requires_extra("web", "tocsin serve"):
        from tui.web import server  # noqa: F401
    from tui.web.auth import is_loopback

    dashboard.make_context("dashboard", list(options))  # a mistake is said now, not to visitors
    if not is_loopback(host) and not expose:
        raise click.UsageError(
            f"{host} is reached from other machines: whoever sees the address may use the"
            " dashboard, and nothing is encrypted. With --expose it is done all the same; better"
            " leave it here, and come through `ssh -L` or a proxy with TLS."
        )
    started = False if no_monitor else newsroom.ensure_monitor()
    newsroom.service(read_only=True).views.version()  # no archive is said now too
    try:
        _serve(newsroom, host, port, names, (*options, *(["--read-only"] if read_only else [])))
    finally:
        if started:
            newsroom.stop_monitor()


def _serve(
    newsroom: Newsroom, host: str, port: int, names: tuple[str, ...], options: tuple[str, ...]
) -> None:
    import asyncio

    from monitor.wiring import token
    from tui.web.auth import Auth, is_loopback
    from tui.web.server import Dashboards, Place

    local = is_loopback(host)
    known = {name.lower() for name in names}
    if not local:
        known |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    door = Auth(token(), local=local, names=frozenset(known))

    def ready(port: int) -> None:
        shown = names[0] if names else socket.gethostname() if host in ("0.0.0.0", "::") else host
        where = f"[{shown}]" if ":" in shown else shown
        click.echo(f"http://{where}:{port}/?token={door.token}")
        click.echo("Open this address in a browser; ^C ends it.", err=True)
        if not local:
            click.echo("Other machines reach it, and nothing is encrypted.", err=True)

    command = shlex.join(dashboard_command(newsroom, options))
    served = Dashboards(command, door, lambda said: click.echo(said, err=True))
    try:
        asyncio.run(served.serve_until_told(Place(host, port), ready))
    except OSError as error:
        why = line(error.strerror or str(error))
        raise click.ClickException(
            f"{host}:{port} cannot be listened at: {why}; --port 0 takes any that is free"
        ) from error


def dashboard_command(newsroom: Newsroom, options: tuple[str, ...]) -> list[str]:
    """Return the command of a visitor's dashboard: it starts no monitor of its own."""
    forget = [word for name in _OF_THE_TERMINAL for word in ("-u", name)]
    data = ["--data", str(newsroom.data)] if newsroom.data is not None else []
    config = ["-c", str(newsroom.config_path)]
    python = [sys.executable, "-m", "monitor"]
    return ["env", *forget, *python, *config, *data, "dashboard", "--no-monitor", *options]
