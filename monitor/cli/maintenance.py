"""`tocsin backup`, `restore`, `reindex`, `vacuum` and `verify`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins

from index.analysis.text_cleaning import clean
from index.translation import gettext as _
from index.translation import mark_all, ngettext, number, pgettext
from monitor import signs
from monitor.cli import CliContext, output, say
from monitor.cli.names import InputError
from monitor.cli.numbers import AlertNumber
from monitor.cli.options import CountParam
from monitor.cli.output import progress_bar
from monitor.formatting import alert_number, alerts, articles, clauses

if TYPE_CHECKING:
    from monitor.maintenance.restore import RestorePaths
    from monitor.maintenance.retention import RetentionSweep, SweepResult
    from monitor.maintenance.verification import VerificationResult
    from monitor.model.config import Retention
    from monitor.run_log import Progress
    from monitor.store.protocol import Store


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
@click.pass_obj
def backup(cli: CliContext, file: Path) -> None:
    """Write the newsroom into FILE: all articles, alerts and verdicts, and feeds.yaml.

    A monitor may run at the same time: FILE contains the state of one moment. It is a zip with
    checksums; `tocsin restore` reads it. Every page of the store is checked first. An older FILE
    is replaced when the new one is complete; where the store is damaged, it is left as it is.
    """
    from monitor.maintenance.backup import BackupError, back_up

    if cli.shared:
        raise BackupError(
            _(
                "the store is in PostgreSQL, which has its own backup: run pg_dump on its database,"
                " and copy {file}",
                file=cli.config_path,
            )
        )
    with progress_bar() as progress:
        summary = back_up(
            cli.folder,
            cli.config_path,
            file,
            cli.clock(),
            progress or _no_progress,
        )
    size = _megabytes(file.stat().st_size)
    about = ", ".join([articles(summary.articles), alerts(summary.alerts), size])
    say(_("{name}: {text}", name=file, text=about))


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
    --force moves both into a folder beside the archive. Nothing is written outside of FOLDER
    (or of the folder of -c), unless --data says so. Then the search index is built.
    """
    from monitor.maintenance.backup import BackupError
    from monitor.maintenance.restore import config_of, read_manifest, replace_newsroom, unpack
    from monitor.monitor_lock import MonitorLock

    manifest = read_manifest(file)
    config = config_of(file)
    paths = _restore_paths(cli, folder, config, file)
    existing = ", ".join(map(str, paths.in_the_way(config)))
    if existing and not force:
        raise BackupError(
            _(
                "{paths}: exists already, and nothing was changed;"
                " --force moves it into another folder",
                paths=existing,
            )
        )
    moment = datetime.fromtimestamp(cli.clock(), UTC).strftime("%Y%m%d-%H%M%S")
    old_folder = paths.data / f"before-restore-{moment}"
    with progress_bar() as progress, MonitorLock(paths.data):
        unpacked = unpack(file, paths, progress or _no_progress)
        replace_newsroom(unpacked, config, paths, old_folder)
        searchable = _build_index(paths, progress)
    say(
        _(
            "{config}, {folder}: as of {moment}",
            config=paths.config,
            folder=paths.data,
            moment=manifest.taken,
        )
    )
    restored = f"{articles(manifest.articles)}, {alerts(manifest.alerts)}"
    indexed = ngettext("{count} indexed", "{count} indexed", searchable)
    say(clauses([restored, indexed]))
    if existing:
        say(_("the old newsroom is in {folder}", folder=old_folder))


def _no_progress(_what: str, _done: int, _total: int) -> None:
    """Show nothing: stderr is no terminal."""


def _restore_paths(
    cli: CliContext, folder: Path | None, config: bytes | None, file: Path
) -> RestorePaths:
    """Return where the newsroom is restored to: `data:` of its feeds.yaml decides.

    A backup names a place outside of its folder only if --data or the feeds.yaml that is there
    names the same.

    Raises:
        BackupError: It names another place.
    """
    from monitor.config import data_folder, data_folder_of
    from monitor.maintenance.backup import CONFIG, BackupError
    from monitor.maintenance.restore import RestorePaths

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


def _build_index(paths: RestorePaths, progress: Progress | None) -> int:
    from monitor.files import ARCHIVE_FOLDER
    from monitor.maintenance import indexer
    from monitor.store import open_store

    store = open_store(paths.data)
    try:
        return indexer.catch_up(
            store,
            paths.data / ARCHIVE_FOLDER,
            lambda done, total: progress("indexing", done, total) if progress else None,
        )
    finally:
        store.close()


@click.command()
@click.option("--update", is_flag=True, help="Only add and replace what the index lacks.")
@click.pass_obj
def reindex(cli: CliContext, update: bool) -> None:
    """Build the search index again from the store. Searches go on meanwhile.

    Stop a running monitor first. A monitor repairs the index by itself. With a store that
    several machines share, the index of a machine without a monitor is updated when somebody
    searches there, while a dashboard is open, and with --update.
    """
    from monitor.maintenance.index_follower import follower_lock, is_followed
    from monitor.maintenance.index_repair import write_progress
    from monitor.monitor_lock import MonitorLock
    from monitor.store import open_views

    open_views(cli.store).totals()  # raises StoreError if there is no store
    cli.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside_monitors = update and cli.shared
    with ExitStack() as stack:
        if not beside_monitors:
            stack.enter_context(MonitorLock(cli.folder))
        if is_followed(cli.folder) and beside_monitors:
            raise click.ClickException(_("the index is kept up to date by another program"))
        stack.enter_context(follower_lock(cli.folder))
        with progress_bar() as progress:

            def report(done: int, total: int) -> None:
                write_progress(cli.folder, done, total)
                if progress:
                    progress("indexing", done, total)

            done = _index(cli, report, update=update)
    say(ngettext("{count} article indexed", "{count} articles indexed", done))


def _index(cli: CliContext, report: Callable[[int, int], None], *, update: bool) -> int:
    from monitor.files import ARCHIVE_FOLDER
    from monitor.maintenance import indexer
    from monitor.maintenance.followed_store import FollowedStore
    from monitor.store import open_store

    folder = cli.folder / ARCHIVE_FOLDER
    shared = cli.shared  # its outbox belongs to the monitors
    with closing(FollowedStore(shared, cli.folder) if shared else open_store(cli.store)) as store:
        if update:
            return indexer.catch_up(store, folder, report, whole=False)
        return indexer.reindex(store, folder, report)


PAUSE = 0.01
"""Seconds between two steps, so that a running monitor can write."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@click.pass_obj
def vacuum(cli: CliContext, dry_run: bool) -> None:
    """Delete what is too old by `archive:` of feeds.yaml, then compact store and index.

    A running monitor deletes it by itself, a little at a time. While a monitor runs, nothing
    is compacted. The command can be interrupted at any time.
    """
    from monitor.config import load
    from monitor.store import open_store, open_views

    retention = load(cli.config_path, data=cli.data).retention
    open_views(cli.store).totals()  # raises StoreError if there is no store
    store = open_store(cli.store)
    try:
        if dry_run:
            _preview_vacuum(cli, store, retention)
        else:
            _run_vacuum(cli, store, retention)
    finally:
        store.close()


def _preview_vacuum(cli: CliContext, store: Store, retention: Retention) -> None:
    """Print what would be deleted, and how much disk space is free in the store."""
    from monitor.maintenance.retention import RetentionSweep
    from monitor.store.sqlite import room

    sweep = RetentionSweep(store, retention, cli.clock())
    with progress_bar() as progress:
        result = _sweep_all(sweep.look, progress)
    click.echo(_describe_sweep(result, retention, done=False))
    if not cli.shared:
        free = _megabytes(room(cli.folder).free)
        click.echo(_("{size} of the store are unused", size=free))


def _run_vacuum(cli: CliContext, store: Store, retention: Retention) -> None:
    """Delete old articles, then compact unless a monitor is running."""
    from monitor.errors import AlreadyRunningError
    from monitor.maintenance.retention import RetentionSweep
    from monitor.monitor_lock import MonitorLock
    from monitor.wiring import pause

    with ExitStack() as stack, progress_bar() as progress:
        alone = True
        try:
            stack.enter_context(MonitorLock(cli.folder))
        except AlreadyRunningError:
            alone = False
        sweep = RetentionSweep(store, retention, cli.clock())
        result = _sweep_all(lambda: _sweep_step(sweep, pause, alone), progress)
        if alone:
            before, after = _compact(cli, store, progress)
    say(_describe_sweep(result, retention, done=True))
    if alone:
        sizes = {"before": _megabytes(before), "now": _megabytes(after)}
        say(_("compacted: {before} before, {now} now", **sizes))
    else:
        say(
            _(
                "a monitor is running, so nothing was compacted;"
                " run `tocsin stop`, then `tocsin vacuum`, to free the disk space"
            )
        )


def _sweep_step(sweep: RetentionSweep, pause: Callable[[float], None], alone: bool) -> SweepResult:
    if not alone:
        pause(PAUSE)
    return sweep.step()


def _sweep_all(step: Callable[[], SweepResult], progress: Progress | None) -> SweepResult:
    """Take steps until nothing is left to delete; return their sum."""
    from monitor.maintenance.retention import SweepResult

    result = SweepResult()
    while (swept := step()) != SweepResult():
        result += swept
        if progress:
            progress("deleting", result.articles, result.articles + result.spared)
    return result


def _compact(cli: CliContext, store: Store, progress: Progress | None) -> tuple[int, int]:
    """Compact store and index; return their size in bytes before and after."""
    from index import open_archive_writer
    from monitor.files import ARCHIVE_FOLDER
    from monitor.maintenance import indexer
    from monitor.store.sqlite import FILE, compact

    folder = cli.folder / ARCHIVE_FOLDER

    def disk_usage() -> int:
        files = [cli.folder / FILE, *folder.glob("*")]
        return sum(file.stat().st_size for file in files if file.exists())

    before = disk_usage()
    indexer.catch_up(
        store, folder, lambda done, total: progress("indexing", done, total) if progress else None
    )
    writer = open_archive_writer(folder)
    total = 0

    def merging(remaining: int) -> None:
        nonlocal total
        total = max(total, remaining)
        if progress:
            progress("merging", total - remaining, total)

    writer.compact(merging)
    writer.close()
    if progress:
        progress("compacting", 0, 1)
    if not cli.shared:  # PostgreSQL frees space by itself
        compact(cli.folder)
    return before, disk_usage()


def _describe_sweep(result: SweepResult, retention: Retention, *, done: bool) -> str:
    from monitor.config.value_parsers import describe_age

    if retention.keep is None:
        return _(
            "nothing is ever deleted; `archive: keep:` of feeds.yaml limits the age of articles"
        )
    age, size = describe_age(retention.keep), _megabytes(result.characters)
    if done:
        swept = ngettext(
            "{count} article older than {age}, {size} of text, deleted",
            "{count} articles older than {age}, {size} of text, deleted",
            result.articles, age=age, size=size,
        )  # fmt: skip
    else:
        swept = ngettext(
            "{count} article older than {age}, {size} of text, would be deleted",
            "{count} articles older than {age}, {size} of text, would be deleted",
            result.articles, age=age, size=size,
        )  # fmt: skip
    if not result.spared:
        return swept
    spared = ngettext(
        "{count} article of that age kept", "{count} articles of that age kept", result.spared
    )
    return clauses([swept, spared])


def _megabytes(count: int) -> str:
    return _("{size} MB", size=number(count / 1e6, 1))


FAULTS_SHOWN = 10
"""Faults that the text output shows; JSON has all that are listed."""


def _validate_hash(context: click.Context, param: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise click.BadParameter(_("a hash has 64 hexadecimal digits; `tocsin verify` prints it"))
    return value.lower()


@click.command()
@click.option("--from", "first", type=CountParam(min=1), default=1, show_default=True,
              metavar="NUMBER", help="Begin at this record.")  # fmt: skip
@click.option(
    "--head",
    default="",
    metavar="HASH",
    callback=_validate_hash,
    help="A hash that you noted earlier, and that must still be in the chain.",
)
@click.option("--alert", "alert", type=AlertNumber(), metavar="ALERT",
              help="Print the records of this alert, one JSON object a line.")  # fmt: skip
@click.option("--send", "channel", metavar="CHANNEL",
              help="Send the hash of the last record to this channel of feeds.yaml.")  # fmt: skip
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="Output format.")  # fmt: skip
@click.pass_context
def verify(
    context: click.Context,
    first: int,
    head: str,
    alert: int | None,
    channel: str | None,
    style: str,
) -> None:
    """Verify the evidence: what was recorded of each alert, in a chain of hashes.

    Checks every page of the store, that no record was changed, removed or inserted, that each
    alert has its record and each record its alert, that articles are as they were recorded, and
    that no date is impossible. Prints the hash of the last record: note it elsewhere, or send it
    there with --send, and give it to --head later. Exits with 1 if anything differs, and names
    the first such record.
    """
    from monitor.maintenance.verification import verify as verify_evidence
    from monitor.store.sql.evidence import EvidenceReader

    cli: CliContext = context.obj
    with EvidenceReader(cli.store) as proofs:
        if alert is not None:
            records = proofs.records_of([alert]).get(alert, [])
            if not records:
                raise InputError(
                    _("there is no record of alert {alert}", alert=alert_number(alert))
                )
            for _number, record in records:
                click.echo(clean(record))
            return
        with progress_bar() as progress:
            result = verify_evidence(
                proofs,
                progress or _no_progress,
                now=cli.clock(),
                first=first,
                noted=head,
            )
    if first > 1 and not result.records:
        raise click.ClickException(_("there is no record {record} yet", record=first))
    if style == "json":
        click.echo(json.dumps(_verification_mapping(result), ensure_ascii=False))
    else:
        for line in _verification_lines(result, first, pages=not cli.shared):
            click.echo(line)
        for line in _fault_lines(result):
            say(line)
    if channel is not None:
        _send_head(cli, channel, result)
    if not result.whole:
        context.exit(1)


def _send_head(cli: CliContext, channel: str, result: VerificationResult) -> None:
    """Send the hash of the last record to a channel, where nobody can change it from here."""
    from monitor.cli.notify import send_now

    record, digest = result.head
    path = cli.config_path.absolute()
    if result.whole:
        title = _("Evidence of {path}: record {record}, whole", path=path, record=record)
    else:
        title = _(
            "Evidence of {path}: record {record}, NOT whole: {fault}",
            path=path,
            record=record,
            fault=result.faults[0],
        )
    command = f"tocsin verify --head {digest}"  # not a message
    target = send_now(cli, channel, _("evidence"), title, command)
    say(_("{channel} accepted the hash of record {record}", channel=target.name, record=record))


def _verification_mapping(result: VerificationResult) -> dict[str, object]:
    fields = to_builtins(result)
    record, digest = result.head
    return {**fields, "whole": result.whole, "head": {"number": record, "hash": digest}}


LABELS = mark_all(
    "verify", "evidence", "store", "texts", "clock", "earlier", "dropped", "noted", "head"
)


def _verification_lines(result: VerificationResult, first: int, *, pages: bool) -> Iterator[str]:
    width = max(len(pgettext("verify", label)) for label in LABELS)
    for label, text in _verification_rows(result, first, pages=pages):
        yield output.labelled(pgettext("verify", label), text, width, gap=2)


def _verification_rows(
    result: VerificationResult, first: int, *, pages: bool
) -> Iterator[tuple[str, str]]:
    """Yield what was verified, each line with its label in English."""
    records = ngettext("{count} record", "{count} records", result.records)
    if first > 1:
        records = _("{records} from number {first} on", records=records, first=first)
    about = {"records": records, "alerts": alerts(result.alerts)}
    yield (
        "evidence",
        _("{records}, {alerts}: whole", **about)
        if result.whole
        else _("{records}, {alerts}: NOT whole", **about),
    )
    if pages:  # PostgreSQL verifies its own
        yield "store", _("damaged") if result.damage else _("every page read")
    yield (
        "texts",
        ngettext(
            "{count} compared with their hashes", "{count} compared with their hashes", result.texts
        ),
    )
    if result.set_back:
        yield (
            "clock",
            ngettext(
                "{count} record is dated before the one that precedes; was the clock set back?",
                "{count} records are dated before the one that precedes; was the clock set back?",
                result.set_back,
            ),
        )
    if result.earlier:
        yield (
            "earlier",
            ngettext(
                "{count} alert raised before there was evidence",
                "{count} alerts raised before there was evidence",
                result.earlier,
            ),
        )
    if result.dropped:
        yield (
            "dropped",
            ngettext(
                "{count} alert no longer kept: the records are whole,"
                " the texts can no longer be checked",
                "{count} alerts no longer kept: the records are whole,"
                " the texts can no longer be checked",
                result.dropped,
            ),
        )
    if result.noted:
        yield (
            "noted",
            _("the hash given with --head is that of record {record}", record=result.noted),
        )
    yield "head", _("{hash} (record {record})", hash=result.head[1], record=result.head[0])


def _fault_lines(result: VerificationResult) -> Iterator[str]:
    for fault in result.faults[:FAULTS_SHOWN]:
        yield f"{signs.FAILED} {fault}"
    if (more := len(result.faults) - FAULTS_SHOWN + result.more) > 0:
        yield f"  {ngettext('and {count} more', 'and {count} more', more)}"
