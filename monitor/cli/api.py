"""`tocsin api`, `mcp` and `token`: servers for programs and browsers, and their tokens."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.api.listener import AcceptedHosts, Limits, names_of, shown_address
from monitor.base.errors import StoreError, requires_extra
from monitor.base.formatting import iso
from monitor.base.garbage import keep_freed, share_one_heap
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, pgettext
from monitor.base.url import is_loopback
from monitor.cli import CliContext, output, say, set_up_log
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import DurationParam, InputError, format_option, hinted, with_listening
from monitor.cli.output import format_moment
from monitor.model.analyst import TOKEN_PREFIX, Scope, Token, token_hash, user
from monitor.runtime.machine import local_zone, monotonic, new_token, server_connections, sleep

if TYPE_CHECKING:
    from monitor.api.newsroom import Newsroom

PORT = 8735
BURST = 200
"""Requests that a client may make at once."""
_FILE = click.Path(path_type=Path, dir_okay=False)


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
    "--tls-cert", type=_FILE, metavar="FILE", help="Certificate, with which answers are encrypted."
)
@click.option("--tls-key", type=_FILE, metavar="FILE", help="Key of the certificate.")
@click.option(
    "--behind-proxy", is_flag=True, help="Say that a proxy in front of this server encrypts."
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
    no_monitor: bool,
) -> None:
    """Answer programs and browsers over HTTP: search, alerts, watchlists, feeds, briefings.

    Prints the address. The pages for browsers begin at /, the schema for programs is at
    /openapi.json. Both need a token, which `tocsin token add` makes. Only this machine can reach
    the server, unless you add --expose.
    """
    with requires_extra("api", "tocsin api"):  # not a message
        from monitor.api.access import Surroundings
        from monitor.api.server import ApiServer, ServerOptions
    _refuse_exposure(host, expose, tls_cert, tls_key, behind_proxy=behind_proxy, no_token=no_token)
    local_names, known_names = names_of(host, names)
    options = ServerOptions(
        host=host,
        port=port,
        hosts=AcceptedHosts(local=local_names, names=known_names),
        anybody_reads=no_token,
        certificate=tls_cert,
        key=tls_key,
        behind_proxy=behind_proxy,
        limits=Limits(burst=BURST, connections=4 * server_connections()),
    )
    with cli.monitor_meanwhile(no_monitor=no_monitor), cli.following_index():
        service = cli.service()
        service.views.version()  # report a missing archive now

        def note_use(name: str, at: float) -> None:
            with suppress(StoreError):  # it is busy, or may only be read
                service.views.tokens.note_use(name, at)

        surroundings = Surroundings(
            find_token=service.views.tokens.find,
            note_use=note_use,
            clock=cli.clock,
            monotonic=monotonic,
            sleep=sleep,
            secret=new_token,
        )
        share_one_heap()
        keep_freed()
        server = ApiServer(_newsroom(cli), options, surroundings)

        def ready() -> None:
            address = shown_address("https" if tls_cert else "http", host, server.port, names)
            click.echo(f"{address}v1/")
            say(
                _(
                    "Pages for browsers are at {address}, the schema is at /openapi.json; Ctrl-C"
                    " stops the server.",
                    address=address,
                )
            )

        set_up_log(cli.verbosity)
        server.run(ready)


def _refuse_exposure(
    host: str,
    expose: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    *,
    behind_proxy: bool,
    no_token: bool,
) -> None:
    """Raise UsageError where others could read what is not meant for them."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError(_("--tls-cert and --tls-key belong together"))
    is_local = is_loopback(host)
    if not is_local and not expose:
        raise click.UsageError(
            _(
                "{host} can be reached from other machines; --expose allows it, with --tls-cert and"
                " --tls-key or --behind-proxy",
                host=host,
            )
        )
    if not is_local and tls_cert is None and not behind_proxy:
        raise click.UsageError(
            _(
                "nothing would be encrypted: give --tls-cert and --tls-key, or say --behind-proxy"
                " if a proxy encrypts"
            )
        )
    if no_token and (not is_local or behind_proxy):
        raise click.UsageError(_("--no-token is for this machine only; others need a token"))


def _newsroom(cli: CliContext, *, read_only: bool = False) -> Newsroom:
    from monitor.api.newsroom import Newsroom

    return Newsroom(
        service=cli.service(read_only=read_only),
        config_path=cli.config_path,
        data=cli.data,
        clock=cli.clock,
        zone=local_zone(),
    )


@click.command()
@click.option(
    "--allow-triage",
    is_flag=True,
    help="Also let it decide about alerts. Its client asks you before each change.",
)
@click.pass_obj
def mcp(cli: CliContext, allow_triage: bool) -> None:
    """Let a language model search, read and brief: the Model Context Protocol on stdin and stdout.

    The client of the model starts this command and ends it. It starts no monitor. `tocsin api` has
    the same at /mcp, for clients on other machines.
    """
    with requires_extra("mcp", "tocsin mcp"):  # not a message
        from monitor.api.access import Caller
        from monitor.api.mcp.server import RequestHandlers, serve

    newsroom = _newsroom(cli, read_only=not allow_triage)
    newsroom.service.views.version()  # report a missing archive now
    scope = Scope.TRIAGE if allow_triage else Scope.READ
    set_up_log(cli.verbosity)
    if sys.stdin.isatty():
        say(_("A client talks to this command on stdin; Ctrl-D ends it; see docs/how-to/agents.md"))
    keep_freed()
    with cli.following_index():
        serve(RequestHandlers(newsroom, new_token, monotonic, Caller(user(os.environ), scope)))


LONGEST_NAME = 64
"""Most characters of a name; the history of alerts has room for so many."""
NEVER = "never"
TOKEN_COLUMNS = ("name", "scope", "state", "created_at", "expires_at", "revoked_at", "last_used")
TOKEN_COMMANDS = {
    "list": LazyCommand("api:token_list", "List tokens, and when each was used."),
    "add": LazyCommand("api:token_add", "Make a token, and show it once."),
    "revoke": LazyCommand("api:token_revoke", "Make a token invalid at once."),
}


@click.group(cls=LazyGroup, lazy=TOKEN_COMMANDS, default="list")
def token() -> None:
    """Manage the tokens of programs that use `tocsin api`. Without a command: `list`."""


class _Expiry(DurationParam):
    """A duration, or `never`."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds; infinity for never."""
        if value == NEVER:
            return float("inf")
        return super().convert(value, param, ctx)


@click.command("add")
@click.argument("name", metavar="NAME")
@click.option(
    "--scope",
    type=click.Choice([str(scope) for scope in Scope]),
    default=str(Scope.READ),
    show_default=True,
    help="What it allows: to read, also to decide about alerts, also to edit feeds.yaml.",
)
@click.option(
    "--expires",
    type=_Expiry(),
    default="90d",
    show_default=True,
    metavar="DURATION",
    help="How long it is valid: 30d, 12h, or never.",
)
@click.pass_obj
def token_add(cli: CliContext, name: str, scope: str, expires: float) -> None:
    """Make a token for the program or the person NAME, and print it.

    It is shown this once: the store has its hash only. What is done with it is recorded in the
    history of alerts under NAME.
    """
    clean_name = line(name)
    if not 0 < len(clean_name) <= LONGEST_NAME:
        raise click.BadParameter(
            _("a name has 1 to {most} characters", most=LONGEST_NAME), param_hint="NAME"
        )
    if expires <= 0:
        raise click.BadParameter(_("it would never be valid"), param_hint="--expires")
    now, secret = cli.clock(), TOKEN_PREFIX + new_token()
    until = None if expires == float("inf") else now + expires
    api_token = Token(name=clean_name, scope=Scope(scope), created_at=now, expires_at=until)
    if not cli.service().views.tokens.add(api_token, token_hash(secret)):
        raise InputError(
            _(
                "there is or was a token called `{name}`; take another name, so that the history"
                " stays clear",
                name=clean_name,
            )
        )
    click.echo(secret)
    say(_("Keep this token: it is not shown again. `tocsin token revoke` makes it invalid."))


@click.command("list")
@format_option
@click.pass_obj
def token_list(cli: CliContext, style: str) -> None:
    """List tokens, what each allows, until when, and when it was used last."""
    now, tokens = cli.clock(), cli.service().views.tokens.every()
    rows = (
        {
            "name": token.name,
            "scope": str(token.scope),
            "state": state(token, now),
            "created_at": iso(token.created_at),
            "expires_at": iso(token.expires_at),
            "revoked_at": iso(token.revoked_at),
            "last_used": iso(token.last_used),
        }
        for token in tokens
    )
    lines = (_token_line(token, now) for token in tokens)
    output.print_listing(style, rows, TOKEN_COLUMNS, lines)
    if style == "table" and not tokens:
        say(_("there are no tokens yet; `tocsin token add NAME` makes one"))


@click.command("revoke")
@click.argument("name", metavar="NAME")
@click.pass_obj
def token_revoke(cli: CliContext, name: str) -> None:
    """Make the token NAME invalid. What it was used for stays in the history.

    A running server refuses it from its next request on, and ends its streams.
    """
    tokens = cli.service().views.tokens
    clean_name = line(name)
    if not tokens.revoke(clean_name, cli.clock()):
        names = [t.name for t in tokens.every() if t.revoked_at is None]
        problem = _("no valid token is called `{name}`", name=clean_name)
        raise InputError(hinted(problem, clean_name, names, _("`tocsin token list` lists them")))
    say(_("the token {name} is revoked", name=clean_name))


def state(token: Token, now: float) -> str:
    """Return the state of a token: `valid`, `expired` or `revoked`."""
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.is_valid(now) else "expired"


def _token_line(token: Token, now: float) -> str:
    match state(token, now):
        case "revoked":
            validity = _("revoked {when}", when=format_moment(token.revoked_at or 0.0, now))
        case "expired":
            validity = _("expired {when}", when=format_moment(token.expires_at or 0.0, now))
        case _other if token.expires_at is None:
            validity = _("never expires")
        case _other:
            validity = _("expires {when}", when=format_moment(token.expires_at or 0.0, now))
    last_use = (
        pgettext("token", "never used")
        if token.last_used is None
        else _("last used {when}", when=format_moment(token.last_used, now))
    )
    return f"{token.name}  {token.scope}  {validity} · {last_use}"
