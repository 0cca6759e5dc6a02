"""`tocsin verify`: is the evidence as it was written?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import click
from msgspec import to_builtins

from monitor.base import signs
from monitor.base.formatting import alert_number, alerts
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _, mark_all, ngettext, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.notify import send_now
from monitor.cli.options import AlertNumber, InputError, with_format
from monitor.cli.output import progress_bar
from monitor.storage.maintenance.verification import VerificationResult, verify as verify_evidence
from monitor.storage.store.sql.evidence import EvidenceReader

FAULTS_SHOWN = 10
"""Most faults that the text output shows; JSON has all that are listed."""


def _validate_hash(context: click.Context, param: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise click.BadParameter(_("a hash has 64 hexadecimal digits; `tocsin verify` prints it"))
    return value.lower()


@click.command()
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
@with_format("text", "json")
@click.pass_context
def verify(
    context: click.Context, head: str, alert: int | None, channel: str | None, style: str
) -> None:
    """Verify the evidence: what was recorded of each alert, in a chain of hashes.

    Checks every page of the store, that no record was changed, removed or inserted, that each alert
    has its record and each record its alert, and that articles and feeds are as recorded. Prints
    the hash of the last record: note it elsewhere, or send it there with --send, for --head later.
    Exits with 1 if anything differs, and names the first such record.
    """
    cli: CliContext = context.obj
    with EvidenceReader(cli.store) as proofs:
        if alert is not None:
            records = proofs.records_of([alert]).get(alert, ())
            if not records:
                raise InputError(
                    _("there is no record of alert {alert}", alert=alert_number(alert))
                )
            for _number, record in records:
                click.echo(clean(record))
            return
        with progress_bar() as progress:
            result = verify_evidence(proofs, progress, now=cli.clock(), noted=head)
    if style == "json":
        click.echo(json.dumps(_verification_mapping(result), ensure_ascii=False))
    else:
        output.print_lines(_verification_lines(result, pages=not cli.shared))
        for line in _fault_lines(result):
            say(line)
    if channel is not None:
        _send_head(cli, channel, result)
    if not result.is_whole:
        context.exit(1)


def _send_head(cli: CliContext, channel: str, result: VerificationResult) -> None:
    """Send the hash of the last record to a channel, where nobody can change it from here."""
    record, digest = result.head
    path = cli.config_path.absolute()
    if result.is_whole:
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
    fields = to_builtins(result, enc_hook=str.__str__)
    record, digest = result.head
    return {**fields, "whole": result.is_whole, "head": {"number": record, "hash": digest}}


LABELS = mark_all("verify", "evidence", "store", "texts", "clock", "dropped", "noted", "head")


def _verification_lines(result: VerificationResult, *, pages: bool) -> Iterator[str]:
    width = max(len(pgettext("verify", label)) for label in LABELS)
    for label, text in _verification_rows(result, pages=pages):
        yield output.labelled(pgettext("verify", label), text, width, gap=2)


def _verification_rows(result: VerificationResult, *, pages: bool) -> Iterator[tuple[str, str]]:
    """Yield the results, each line with its label in English."""
    records = ngettext("{count} record", "{count} records", result.records)
    counts = {"records": records, "alerts": alerts(result.alerts)}
    yield (
        "evidence",
        _("{records}, {alerts}: whole", **counts)
        if result.is_whole
        else _("{records}, {alerts}: NOT whole", **counts),
    )
    if pages:  # PostgreSQL verifies its own
        yield "store", _("damaged") if result.damage else _("every page read")
    yield (
        "texts",
        ngettext(
            "{count} compared with their hashes", "{count} compared with their hashes", result.texts
        ),
    )
    if result.misdated:
        yield (
            "clock",
            ngettext(
                "{count} record has a date that does not fit; was the clock wrong?",
                "{count} records have dates that do not fit; was the clock wrong?",
                result.misdated,
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
    if (remaining := len(result.faults) - FAULTS_SHOWN + result.more) > 0:
        yield f"  {ngettext('and {count} more', 'and {count} more', remaining)}"
