"""`tocsin alerts undo` and `redo`: what you said last is taken back, or said again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from monitor.cli import Newsroom, say
from monitor.cli.alerts.choosing import count

if TYPE_CHECKING:
    from monitor.model import Act

_format = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="For people, or for programs.",
)


@click.command("undo")
@_format
@click.pass_context
def _undo(context: click.Context, style: str) -> None:
    """Take back what you said last, here or in the dashboard: a whole command or key.

    Again takes back what you said before that. What was said of an alert since, by whomever,
    stays. You are $TOCSIN_USER, or else the name you logged in with. Exits with 1 when there
    is nothing to take back.
    """
    newsroom: Newsroom = context.obj
    _tell(context, newsroom.service().undo(), style, "nothing to take back")


@click.command("redo")
@_format
@click.pass_context
def _redo(context: click.Context, style: str) -> None:
    """Say again what you took back last, as long as you have said nothing else since.

    Exits with 1 when there is nothing of that kind.
    """
    newsroom: Newsroom = context.obj
    _tell(context, newsroom.service().redo(), style, "nothing to say again")


def _tell(context: click.Context, act: Act | None, style: str, otherwise: str) -> None:
    if style == "json":
        said = {
            "act": act and act.id,
            "undoes": act and act.undoes,
            "changed": list(act.ids) if act else [],
            "left": list(act.left) if act else [],
        }
        click.echo(json.dumps(said))
    elif act is not None:
        left = ", ".join(map(str, act.left[:10])) + (", …" if len(act.left) > 10 else "")
        stays = f"; said otherwise since, and left so: {left}" if act.left else ""
        say(f"{count(act.ids)} changed back{stays}")
    else:
        say(otherwise)
    if act is None:
        context.exit(1)


COMMANDS: Mapping[str, click.Command] = {"undo": _undo, "redo": _redo}
