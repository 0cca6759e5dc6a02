"""`tocsin backup`, `restore` and `move`: the whole newsroom, elsewhere."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from index.archive import archive_engine
from monitor.base.formatting import alerts, articles, clauses, megabytes
from monitor.base.translation import gettext as _, ngettext, number
from monitor.cli import CliContext, say
from monitor.cli.output import progress_bar
from monitor.config.addresses import store as store_url
from monitor.config.loading import archive_cluster
from monitor.config.location import data_folder, data_folder_of
from monitor.model.config import StoreAddress
from monitor.storage.maintenance import indexer
from monitor.storage.maintenance.backup import (
    CONFIG,
    BackupError,
    RestorePaths,
    back_up,
    read_backup,
    replace_newsroom,
    unpack,
)
from monitor.storage.maintenance.store_move import move_store
from monitor.storage.monitor_lock import MonitorLock
from monitor.storage.store import open_store


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
@click.option("--force", is_flag=True, help="Write it though the store is not whole.")
@click.pass_obj
def backup(cli: CliContext, file: Path, force: bool) -> None:
    """Write the newsroom into FILE: all articles, alerts and verdicts, and feeds.yaml.

    A monitor may run at the same time: FILE is a zip with the state of one moment. The store is
    checked first, as `tocsin verify` does; where it is damaged or not whole, an older FILE stays as
    it is.
    """
    if cli.shared:
        raise BackupError(
            _(
                "the store is in PostgreSQL, which has its own backup: run pg_dump on its database,"
                " and copy {file}",
                file=cli.config_path,
            )
        )
    with progress_bar() as progress:
        store = StoreAddress(cli.folder, cluster=archive_cluster(cli.config_path))
        summary = back_up(store, cli.config_path, file, cli.clock(), progress, force=force)
    size = megabytes(file.stat().st_size)
    contents = ", ".join([articles(summary.articles), alerts(summary.alerts), size])
    say(_("{name}: {text}", name=file, text=contents))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--force", is_flag=True, help="Move an existing newsroom into a folder beside its archive."
)
@click.pass_obj
def restore(cli: CliContext, file: Path, folder: Path | None, force: bool) -> None:
    """Restore a newsroom from the backup FILE, into FOLDER or the place of -c and --data.

    The whole of FILE is checked first. An existing feeds.yaml or archive is never overwritten;
    --force moves both into a folder beside the archive. Then the search index is built; --force
    replaces one in OpenSearch.
    """
    manifest, config = read_backup(file)
    paths = _restore_paths(cli, folder, config, file)
    existing_paths = ", ".join(map(str, paths.existing_files(config)))
    if existing_paths and not force:
        raise BackupError(
            _(
                "{paths}: exists already, and nothing was changed;"
                " --force moves it into another folder",
                paths=existing_paths,
            )
        )
    cluster = archive_cluster(paths.config, config)
    if cluster and not force and archive_engine(cluster).holds_articles():
        raise BackupError(
            _("{address}: it has articles already, and nothing was changed; --force builds it"
              " again from the backup", address=cluster)
        )  # fmt: skip
    moment = datetime.fromtimestamp(cli.clock(), UTC).strftime("%Y%m%d-%H%M%S")
    old_folder = paths.data / f"before-restore-{moment}"
    with progress_bar() as progress, MonitorLock(paths.data):
        unpacked = unpack(file, paths, progress)
        replace_newsroom(unpacked, config, paths, old_folder)
        with closing(open_store(StoreAddress(paths.data, cluster=cluster))) as store:
            indexed_count = indexer.reindex(store, partial(progress, "indexing"))
    places = {"config": paths.config, "folder": paths.data}
    say(_("{config}, {folder}: as of {moment}", **places, moment=manifest.taken))
    totals = f"{articles(manifest.articles)}, {alerts(manifest.alerts)}"
    indexed = ngettext("{count} indexed", "{count} indexed", indexed_count)
    say(clauses([totals, indexed]))
    if existing_paths:
        say(_("the old newsroom is in {folder}", folder=old_folder))


def _restore_paths(
    cli: CliContext, folder: Path | None, config: bytes | None, file: Path
) -> RestorePaths:
    """Return the paths to restore the newsroom to: `data:` of its feeds.yaml decides.

    A backup names a place outside of its folder only if --data or the feeds.yaml that is there
    names the same.

    Raises:
        BackupError: It names another place.
    """
    path = folder / CONFIG if folder else cli.config_path
    data = cli.data or data_folder_of(config or b"", path)
    is_inside = data.resolve().is_relative_to(path.parent.resolve())
    if cli.data is None and not is_inside and data != data_folder(path):
        raise BackupError(
            _(
                "{file}: its feeds.yaml keeps the archive in {data}, which is not in {folder};"
                " nothing was changed; --data says where to restore it",
                file=file,
                data=data,
                folder=path.parent.absolute(),
            )
        )
    return RestorePaths(path, data)


class StoreParam(click.ParamType["StoreAddress"]):
    """A data folder, or the address of a shared store without its password."""

    name = "store"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> StoreAddress:
        if "://" not in str(value):
            return StoreAddress(Path(value))
        try:
            return StoreAddress(url=store_url(str(value)))
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
    first. FROM stays as it is. All tables are compared before TO is committed; if interrupted, TO
    stays empty.
    """
    with ExitStack() as stack:
        if not source.is_shared and source.folder.is_dir():
            stack.enter_context(MonitorLock(source.folder))
        progress = stack.enter_context(progress_bar())
        rows = move_store(source, target, progress)
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
