"""`tocsin api`: a door for programs and browsers, over HTTP."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.api.limits import Limits
from monitor.api.listener import shown_address
from monitor.api.origin import AcceptedHosts, is_loopback, names_of
from monitor.base.errors import StoreError, requires_extra
from monitor.base.garbage import keep_freed, share_one_heap
from monitor.base.translation import gettext as _
from monitor.cli import CliContext, set_up_log
from monitor.cli.options import NumberParam, with_listening
from monitor.cli.serve import Dashboards
from monitor.presentation.service.service import Service
from monitor.runtime.machine import local_zone, monotonic, new_token, server_connections, sleep

if TYPE_CHECKING:
    from monitor.api.newsroom import Newsroom

PORT, DASHBOARD_PORT = 8735, 8734
PER_MINUTE = 600


@click.command()
@with_listening(PORT)
@click.option(
    "--no-token",
    is_flag=True,
    help="Let everybody on this machine read without a token. Not with --expose.",
)
@click.option(
    "--expose",
    is_flag=True,
    help="Allow a `--host` that other machines can reach. Needs TLS files or --behind-proxy.",
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Certificate, with which answers are encrypted.",
)
@click.option(
    "--tls-key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Key of the certificate.",
)
@click.option(
    "--behind-proxy", is_flag=True, help="Say that a proxy in front of this server encrypts."
)
@click.option(
    "--rate",
    type=NumberParam(1, 100_000),
    default=PER_MINUTE,
    show_default=True,
    metavar="N",
    help="Requests that a token may make in a minute.",
)
@click.option(
    "--dashboard",
    type=NumberParam(0, 65535),
    is_flag=False,
    flag_value=DASHBOARD_PORT,
    metavar="[PORT]",
    help="Show the dashboard too, as `tocsin serve` does, at this port or at 8734.",
)
@click.pass_obj
def api(
    cli: CliContext,
    host: str,
    port: int,
    no_token: bool,
    expose: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_proxy: bool,
    names: tuple[str, ...],
    rate: int,
    dashboard: int | None,
    no_monitor: bool,
) -> None:
    """Answer programs and browsers over HTTP: search, alerts, watchlists, feeds, briefings.

    Prints the address. The pages for browsers begin at /, the schema for programs is at
    /openapi.json. Both need a token, which `tocsin token add` makes. Only this machine can reach
    the server, unless you add --expose.
    """
    with requires_extra("api", "tocsin api"):  # not a message
        from monitor.api import server  # noqa: F401
    if dashboard is not None:
        with requires_extra("web", "tocsin api --dashboard"):  # not a message
            import tui.web.server  # noqa: F401
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError(_("--tls-cert and --tls-key belong together"))
    local = is_loopback(host)
    if not local and not expose:
        raise click.UsageError(
            _(
                "{host} can be reached from other machines; --expose allows it, with --tls-cert and"
                " --tls-key or --behind-proxy",
                host=host,
            )
        )
    if not local and tls_cert is None and not behind_proxy:
        raise click.UsageError(
            _(
                "nothing would be encrypted: give --tls-cert and --tls-key, or say --behind-proxy"
                " if a proxy encrypts"
            )
        )
    if no_token and (not local or behind_proxy):
        raise click.UsageError(_("--no-token is for this machine only; others need a token"))
    started = False if no_monitor else cli.ensure_monitor()
    cli.service().views.version()  # report a missing archive now
    try:
        with cli.following_index():
            _serve(
                cli, host, port, names, rate, tls_cert, tls_key, dashboard,
                no_token=no_token, behind_proxy=behind_proxy,
            )  # fmt: skip
    finally:
        if started:
            cli.stop_monitor()


def newsroom_of(cli: CliContext, service: Service) -> Newsroom:
    from monitor.api.newsroom import Newsroom

    return Newsroom(
        service=service,
        config_path=cli.config_path,
        data=cli.data,
        clock=cli.clock,
        zone=local_zone(),
    )


def _serve(
    cli: CliContext,
    host: str,
    port: int,
    names: tuple[str, ...],
    rate: int,
    certificate: Path | None,
    key: Path | None,
    dashboard: int | None,
    *,
    no_token: bool,
    behind_proxy: bool,
) -> None:
    from monitor.api.server import ApiServer, ServerOptions, Surroundings, nothing_beside

    service = cli.service()
    newsroom = newsroom_of(cli, service)
    local, known = names_of(host, names)
    options = ServerOptions(
        host=host,
        port=port,
        hosts=AcceptedHosts(local=local, names=known),
        anybody_reads=no_token,
        certificate=certificate,
        key=key,
        behind_proxy=behind_proxy,
        sessions=cli.archive / f"sessions.{port}.json" if port else None,
        limits=Limits(
            rate=rate / 60, burst=max(10, rate // 10), connections=4 * server_connections()
        ),
    )

    def note_use(name: str, at: float) -> None:
        with suppress(StoreError):  # it is busy, or may only be read
            service.views.tokens.note_use(name, at)

    around = Surroundings(
        find_token=service.views.tokens.find,
        note_use=note_use,
        clock=cli.clock,
        monotonic=monotonic,
        sleep=sleep,
        secret=new_token,
    )

    share_one_heap()
    keep_freed()
    server = ApiServer(newsroom, options, around)

    scheme = "https" if certificate else "http"
    dashboards = None if dashboard is None else Dashboards(cli, host, dashboard, names)

    def ready() -> None:
        address = shown_address(scheme, host, server.port, names)
        click.echo(f"{address}v1/")
        click.echo(
            _(
                "Pages for browsers are at {address}, the schema is at /openapi.json; Ctrl-C stops"
                " the server.",
                address=address,
            ),
            err=True,
        )

        if dashboards is not None:
            click.echo(dashboards.address(scheme))
            click.echo(
                _("The second address shows the dashboard: whoever has it may do what you may do."),
                err=True,
            )

    set_up_log(cli.verbosity)
    server.run(ready, dashboards.beside if dashboards is not None else nothing_beside)
