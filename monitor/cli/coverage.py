"""`tocsin coverage`: how much of what was published was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from monitor.base.formatting import span
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _, mark_all, number, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.names import KnownNames
from monitor.cli.options import MomentParam, complete_watchlist, format_option
from monitor.cli.output import EMPTY_CELL
from monitor.model.recall import Estimate, Recall, Refusal
from monitor.model.search import Filter
from monitor.model.shown_names import list_name
from monitor.presentation.recall import describe_refusal, interval, whole
from monitor.presentation.rows import columns
from monitor.presentation.rows.coverage import CoverageRow, coverage_row

_COLUMNS = mark_all("coverage", "outlet", "seen", "published", "not in the feed", "late")


@click.command()
@click.argument("watchlist", required=False, shell_complete=complete_watchlist)
@click.option("--since", type=MomentParam(), default="7d", show_default=True, metavar="WHEN",
              help="Articles published from then on: 24h, 7d, yesterday, 2023-10-01.")  # fmt: skip
@format_option
@click.pass_obj
def coverage(cli: CliContext, watchlist: str | None, since: float, style: str) -> None:
    """Show how much of what was published was seen: by outlet, and by watchlist.

    For each outlet whose feeds are compared with a sitemap: how many articles tocsin has, about how
    many were published, with the 95 % interval, how many no feed showed, and how late feeds are in
    the median. `≥` marks a lower bound, where feeds and sitemap may have missed the same. With a
    WATCHLIST: the same of the articles that it matches.
    """
    service = cli.service()
    if watchlist is not None:
        KnownNames(cli, service).validate(Filter(watchlists=(watchlist,)))
    recalls = _chosen(service.health.recalls(since), watchlist)
    rows = map(coverage_row, recalls)
    output.print_listing(style, rows, columns(CoverageRow), _lines(recalls))
    if style == "table" and not recalls:
        say(_("nothing to compare: no feed and sitemap of one site showed anything"))


def _chosen(recalls: Sequence[Recall], watchlist: str | None) -> list[Recall]:
    """Return those of all articles and the wholes of watchlists, or those of one watchlist."""
    if watchlist is not None:
        return [r for r in recalls if r.watchlist.casefold() == watchlist.casefold()]
    names = dict.fromkeys(recall.watchlist for recall in recalls if recall.watchlist)
    wholes = [recall for name in names if (recall := whole(recalls, name))]
    return [*(recall for recall in recalls if not recall.watchlist), *wholes]


def _lines(recalls: Sequence[Recall]) -> Iterator[str]:
    """Yield the table, then why some numbers are not known."""
    if not recalls:
        return
    heads = [pgettext("coverage", name) for name in _COLUMNS]
    yield from output.table_lines(heads, map(_cells, recalls), "<>>>>")
    refusals = {recall.answer for recall in recalls if isinstance(recall.answer, Refusal)}
    for refusal in sorted(refusals):
        yield f"{EMPTY_CELL}  {describe_refusal(refusal)}"


def _cells(recall: Recall) -> list[str]:
    answer = recall.answer
    outlet = recall.outlet or _("all outlets")
    name = f"{list_name(recall.watchlist)}: {outlet}" if recall.watchlist else outlet
    return [
        clean(name),
        number(recall.seen),
        interval(answer) if isinstance(answer, Estimate) else EMPTY_CELL,
        number(recall.unlisted),
        EMPTY_CELL if recall.late is None else span(recall.late),
    ]
