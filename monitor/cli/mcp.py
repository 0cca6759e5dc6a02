"""`tocsin mcp`: an environment for language models, on stdin and stdout."""

from __future__ import annotations

import os
import sys

import click

from monitor.base.errors import requires_extra
from monitor.base.garbage import keep_freed
from monitor.base.translation import gettext as _
from monitor.cli import CliContext, say, set_up_log
from monitor.cli.api import newsroom_of
from monitor.model.analyst import Scope, user
from monitor.runtime.machine import monotonic, new_token


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
        from monitor.api.mcp.server import McpEnvironment, serve

    from monitor.api.access import Caller

    service = cli.service(read_only=not allow_triage)
    service.views.version()  # report a missing archive now
    newsroom = newsroom_of(cli, service)
    scope = Scope.TRIAGE if allow_triage else Scope.READ
    set_up_log(cli.verbosity)
    if sys.stdin.isatty():
        say(_("A client talks to this command on stdin; Ctrl-D ends it; see docs/how-to/agents.md"))
    keep_freed()
    with cli.following_index():
        serve(McpEnvironment(newsroom, new_token, monotonic, Caller(user(os.environ), scope)))
