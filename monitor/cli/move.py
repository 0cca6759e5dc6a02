"""The command that copies a store into another database."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from monitor.base.formatting import alerts, articles
from monitor.base.translation import gettext as _
from monitor.base.translation import number
from monitor.cli import CliContext, say
from monitor.cli.output import progress_bar
from monitor.config.value_parsers import store
from monitor.model.config import StoreAddress
from monitor.storage.maintenance.store_move import move_store
from monitor.storage.monitor_lock import MonitorLock


class StoreParam(click.ParamType["StoreAddress"]):
    """A data folder, or the address of a shared store without its password."""

    name = "store"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> StoreAddress:
        if "://" not in str(value):
            return StoreAddress(Path(value))
        try:
            return StoreAddress(url=store(str(value)))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("source", metavar="FROM", type=StoreParam())
@click.argument("target", metavar="TO", type=StoreParam())
@click.pass_obj
def move(cli: CliContext, source: StoreAddress, target: StoreAddress) -> None:
    """Copy a store into an empty one: from a data folder to PostgreSQL, or back.

    FROM and TO are data folders, such as var, or addresses postgresql://user@host/database. A
    password comes from PGPASSWORD or ~/.pgpass: everybody sees a command line. Stop the monitor
    first. FROM stays as it is. All tables are read again and compared before TO is committed; when
    the command is interrupted, TO stays empty.
    """
    with ExitStack() as stack:
        if not source.is_shared and source.folder.is_dir():
            stack.enter_context(MonitorLock(source.folder))
        progress = stack.enter_context(progress_bar())
        rows = move_store(source, target, progress or (lambda *_: None))
    say(
        _(
            "{articles}, {alerts}; {rows} rows of {tables} tables copied, read again and compared",
            articles=articles(rows["articles"]),
            alerts=alerts(rows["alerts"]),
            rows=number(sum(rows.values())),
            tables=number(len(rows)),
        )
    )
    if target.is_shared:
        say(_("write `store: {address}` into feeds.yaml to use it", address=target.url))
    else:
        say(_("leave `store` out of feeds.yaml to use it, with `data: {folder}`", folder=target))
