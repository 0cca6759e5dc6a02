"""`tocsin token`: tokens of programs that use the API."""

from __future__ import annotations

import click

from monitor.base.formatting import iso
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.names import InputError, hinted
from monitor.cli.options import DurationParam, format_option
from monitor.cli.output import format_moment
from monitor.model.analyst import TOKEN_PREFIX, Scope, Token, token_hash
from monitor.runtime.machine import new_token
from monitor.storage.store.sql.tokens import TokenViews

LONGEST = 64
"""Characters of a name: as many as the history of alerts has room for."""
NEVER = "never"
COLUMNS = ("name", "scope", "state", "created_at", "expires_at", "revoked_at", "last_used")
COMMANDS = {
    "list": LazyCommand("token:token_list", "List tokens, and when each was used."),
    "add": LazyCommand("token:token_add", "Make a token, and show it once."),
    "revoke": LazyCommand("token:token_revoke", "Make a token invalid at once."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, default="list")
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
    called = line(name)
    if not 0 < len(called) <= LONGEST:
        raise click.BadParameter(
            _("a name has 1 to {most} characters", most=LONGEST), param_hint="NAME"
        )
    if expires <= 0:
        raise click.BadParameter(_("it would never be valid"), param_hint="--expires")
    now, secret = cli.clock(), TOKEN_PREFIX + new_token()
    until = None if expires == float("inf") else now + expires
    made = Token(name=called, scope=Scope(scope), created_at=now, expires_at=until)
    if not _tokens(cli).add(made, token_hash(secret)):
        raise InputError(
            _(
                "there is or was a token called `{name}`; take another name, so that the history"
                " stays clear",
                name=called,
            )
        )
    click.echo(secret)
    say(_("Keep this token: it is not shown again. `tocsin token revoke` makes it invalid."))


@click.command("list")
@format_option
@click.pass_obj
def token_list(cli: CliContext, style: str) -> None:
    """List tokens, what each allows, until when, and when it was used last."""
    now, tokens = cli.clock(), _tokens(cli).every()
    if style != "table":
        rows = [
            {
                "name": one.name,
                "scope": str(one.scope),
                "state": state(one, now),
                "created_at": iso(one.created_at),
                "expires_at": iso(one.expires_at),
                "revoked_at": iso(one.revoked_at),
                "last_used": iso(one.last_used),
            }
            for one in tokens
        ]
        output.print_rows(rows, style, COLUMNS)
    elif not tokens:
        say(_("there are no tokens yet; `tocsin token add NAME` makes one"))
    for one in tokens if style == "table" else ():
        click.echo(_line(one, now))


@click.command("revoke")
@click.argument("name", metavar="NAME")
@click.pass_obj
def token_revoke(cli: CliContext, name: str) -> None:
    """Make the token NAME invalid. What it was used for stays in the history.

    A running server refuses it from its next request on, and ends its streams.
    """
    tokens = _tokens(cli)
    called = line(name)
    if not tokens.revoke(called, cli.clock()):
        valid = [one.name for one in tokens.every() if one.revoked_at is None]
        problem = _("no valid token is called `{name}`", name=called)
        raise InputError(hinted(problem, called, valid, _("`tocsin token list` lists them")))
    say(_("the token {name} is revoked", name=called))


def state(token: Token, now: float) -> str:
    """Return whether a token can be used: `valid`, `expired` or `revoked`."""
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.is_valid(now) else "expired"


def _line(token: Token, now: float) -> str:
    match state(token, now):
        case "revoked":
            stands = _("revoked {when}", when=format_moment(token.revoked_at or 0.0, now))
        case "expired":
            stands = _("expired {when}", when=format_moment(token.expires_at or 0.0, now))
        case _other if token.expires_at is None:
            stands = _("never expires")
        case _other:
            stands = _("expires {when}", when=format_moment(token.expires_at or 0.0, now))
    used = (
        pgettext("token", "never used")
        if token.last_used is None
        else _("last used {when}", when=format_moment(token.last_used, now))
    )
    return f"{token.name}  {token.scope}  {stands} · {used}"


def _tokens(cli: CliContext) -> TokenViews:
    return cli.service().views.tokens
