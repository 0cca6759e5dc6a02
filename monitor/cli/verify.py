"""`tocsin verify`: whether the evidence of the alerts is whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from index.analysis.text_cleaning import clean
from monitor.cli import CliContext, say
from monitor.cli.output import bar
from monitor.formatting import counted

if TYPE_CHECKING:
    from monitor.maintenance.verification import Verified

SHOWN = 10
"""Faults that people are shown; programs get all that are listed."""


def _hash(context: click.Context, param: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise click.BadParameter("a hash has 64 hexadecimal digits; `tocsin verify` prints it")
    return value.lower()


@click.command()
@click.option("--from", "first", type=click.IntRange(min=1), default=1, show_default=True,
              metavar="NUMBER", help="Begin at this record.")  # fmt: skip
@click.option(
    "--head",
    default="",
    metavar="HASH",
    callback=_hash,
    help="A hash that you noted earlier, and that must still be in the chain.",
)
@click.option("--alert", "alert", type=click.IntRange(min=1), metavar="ID",
              help="Print the records of this alert, one JSON object a line.")  # fmt: skip
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="Output format.")  # fmt: skip
@click.pass_context
def verify(context: click.Context, first: int, head: str, alert: int | None, style: str) -> None:
    """Verify the evidence: what was recorded of each alert, in a chain of hashes.

    Checks that no record was changed, removed or inserted, that each alert has its record and
    each record its alert, and that the texts of articles match their hashes. Prints the hash
    of the last record: note it elsewhere, and give it to --head later. Exits with 1 if
    anything differs, and names the first such record.
    """
    from monitor.maintenance.verification import verify as verified
    from monitor.store.sqlite.evidence_reads import Proofs

    newsroom: CliContext = context.obj
    with Proofs(newsroom.archive) as proofs:
        if alert is not None:
            records = proofs.records_of([alert]).get(alert, [])
            if not records:
                raise click.ClickException(f"there is no record of an alert {alert}")
            for _, record in records:
                click.echo(clean(record))
            return
        with bar() as progress:
            found = verified(proofs, progress or (lambda *_: None), first=first, noted=head)
    if first > 1 and not found.records:
        raise click.ClickException(f"there is no record {first} yet, and none behind it")
    if style == "json":
        click.echo(json.dumps(_mapping(found), ensure_ascii=False))
    else:
        for line in _lines(found, first):
            click.echo(line)
        for line in _faults(found):
            say(line)
    if not found.whole:
        context.exit(1)


def _mapping(found: Verified) -> dict[str, object]:
    said = asdict(found)
    number, digest = found.head
    return {**said, "whole": found.whole, "head": {"number": number, "hash": digest}}


def _lines(found: Verified, first: int) -> Iterator[str]:
    since = f" from number {first} on" if first > 1 else ""
    state = "whole" if found.whole else "NOT whole"
    records, alerts = counted(found.records, "record"), counted(found.alerts, "alert")
    yield f"evidence  {records}{since}, {alerts}: {state}"
    yield f"texts     {found.texts:,} held against their hashes"
    if found.earlier:
        yield f"earlier   {counted(found.earlier, 'alert')} from before the evidence: as found then"
    if found.dropped:
        yield (
            f"dropped   {counted(found.dropped, 'alert')} no longer kept: the records are whole,"
            " the texts cannot be checked any more"
        )
    if found.noted:
        yield f"noted     the hash that was noted is that of record {found.noted}"
    yield f"head      {found.head[1]} (record {found.head[0]})"


def _faults(found: Verified) -> Iterator[str]:
    for fault in found.faults[:SHOWN]:
        yield f"✗ {fault}"
    if (more := len(found.faults) - SHOWN + found.more) > 0:
        yield f"  and {more} more"
