"""`tocsin watch add`, `from`, `test`, `lint` and `suggest`: write watchlists, and improve them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from index.archive import archive_engine
from index.errors import ArchiveError, QueryError
from index.query.lexer import operator_in
from index.query.parser import any_of, parse_query
from index.query.suggestions import FEW, suggested_name
from monitor.base.article import Article
from monitor.base.errors import ConfigError, MonitorError, StoreError
from monitor.base.formatting import articles as counted_articles, clauses, shown_title, sparkline
from monitor.base.text_cleaning import clean, line
from monitor.base.translation import gettext as _, ngettext, number
from monitor.cli import CliContext, on_terminal, output, say
from monitor.cli.options import (
    AnyNumber,
    InputError,
    Number,
    complete_watchlist,
    format_option,
    no_alert,
    no_article,
    with_limit,
    with_since,
)
from monitor.cli.output import progress_bar
from monitor.config.checks import rule_warnings
from monitor.config.file_edit import edit
from monitor.config.kinds import LONGEST_NAME
from monitor.config.loading import load, read, understand
from monitor.config.yaml_edit import Item, item_block, scalar, with_item
from monitor.model.alert import Verdict
from monitor.model.config import Config
from monitor.model.feed import known_feeds
from monitor.model.watchlist import Severity, Watchlist
from monitor.presentation.service.known_names import find_watchlist
from monitor.storage.store import open_views
from monitor.watchlists.backtest import DAY, Backtest, TrialTally, backtest, histogram
from monitor.watchlists.exclusions import (
    LEAST,
    Exclusion,
    JudgedArticles,
    describe_precision,
    judged_articles,
    precision,
    suggest_exclusions,
)
from monitor.watchlists.lint import count, lint


@click.command("add")
@click.argument("term")
@click.option("--name", metavar="NAME", help="Name of the watchlist. Without it, the term.")
@click.option(
    "--severity",
    type=click.Choice([str(severity) for severity in Severity]),
    help="Severity of its alerts.  [default: medium]",
)
@click.option("--yes", is_flag=True, help="Save it without asking what the examples are worth.")
@click.pass_obj
def watch_add(
    cli: CliContext, term: str, name: str | None, severity: str | None, yes: bool
) -> None:
    """Add a watchlist for TERM to feeds.yaml, and change nothing else in it.

    First it says what the watchlist would have brought in 30 days: alerts a day, near misses, what
    other watchlists found too. On a terminal it asks what each of twenty examples is worth, for the
    precision.

    TERM is a word, a phrase, or a query: with operators as in `Alibaba NEAR/5 hub` it becomes
    `query:`.

    A running monitor uses it at once, and matches it against the archive. If the file has a
    mistake, or would have one, it stays as it is, and the exit code is 2.
    """
    path = cli.config_path
    item = watchlist_item(term, name, severity)
    new_name = term if isinstance(item, str) else item.get("name", term)
    for watchlist in load(path, data=cli.data).watchlists:
        if watchlist.name.casefold() == new_name.casefold():
            raise InputError(
                _("a watchlist is called `{name}` already; give a --name", name=watchlist.name)
            )
    draft = with_item(read(path).decode("utf-8-sig"), "watchlists", [item])
    with suppress(ConfigError, StoreError, ArchiveError):  # without an archive there is nothing
        _rehearse(
            cli, understand(draft.encode(), path, data=cli.data), ask=on_terminal() and not yes
        )
    config = edit(path, lambda text: with_item(text, "watchlists", [item]), data=cli.data)
    added = config.watchlists[-1]
    say(_("{file}: watching for {query}", file=path, query=added.query.text))
    article_count = cli.service(read_only=True).archive.timed_count()
    for warning in rule_warnings(added, config.feeds, article_count):
        say(_("warning: {problem}", problem=warning))


def _rehearse(cli: CliContext, config: Config, *, ask: bool) -> None:
    """Say what the last watchlist would have brought, and ask what its examples are worth.

    Raises Abort if it is not to be saved.
    """
    service, watchlist = cli.service(), config.watchlists[-1]
    rehearsal = service.rehearse(watchlist, config.feeds)
    for text in rehearsal.texts() if rehearsal.articles else ():
        say(text)
    unjudged = [hit for hit in rehearsal.examples if hit.article.id not in rehearsal.verdicts]
    judged: dict[int, Verdict] = {}
    if not (ask and unjudged):
        return
    say(_("v relevant, x noise, another key neither; s saves at once, q does not save"))
    for place, hit in enumerate(unjudged, 1):
        say(f"{place}/{len(unjudged)}  {shown_title(hit.article.title)}\n{hit.snippet}")
        key = click.getchar().lower()
        if key == "q":
            raise click.Abort
        if key == "s":
            break
        if verdict := {"v": Verdict.RELEVANT, "x": Verdict.NOISE}.get(key):
            judged[hit.article.id] = verdict
            service.judge_example(watchlist.name, hit.article.id, verdict)
    if share := precision(rehearsal.record(judged)):
        say(_("precision: {precision}", precision=describe_precision(share)))


def watchlist_item(term: str, name: str | None, severity: str | None) -> Item:
    """Return the shortest form of a watchlist in YAML.

    Raises:
        InputError: The term has a mistake; the message points into it.
    """
    severity_item = {"severity": severity} if severity else {}
    if _is_query(term):
        return {"name": _shortened(term) if name is None else name, "query": term} | severity_item
    if name is None and severity is None:
        return term
    name_item = {"name": name} if name is not None else {}
    item: dict[str, str | list[str]] = {**name_item, "terms": [term]}
    return item | severity_item


def _is_query(term: str) -> bool:
    """Return whether a term has operators; raises InputError if it is no query or no term."""
    is_query = operator_in(term) is not None
    try:
        parse_query(term, allow_archive_filters=False)  # `ransom OR` is an unfinished query
        if not is_query:
            any_of([term])
    except QueryError as error:
        raise InputError(_pointed(error, term)) from None
    return is_query


def _pointed(error: QueryError, term: str) -> str:
    """Return an error with the term as it was typed, and a mark under the mistake."""
    cleaned = clean(term)
    before = cell_len(clean(term[: error.position]))
    hint = f"\n{error.hint}" if error.hint else ""
    return f"{error.message}\n    {cleaned}\n    {' ' * before}^{hint}"


def _shortened(term: str) -> str:
    name = line(term)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


TEST_COLUMNS = ("name", "severity", "hits", "days", "terms", "samples", "gained", "lost")
SAMPLES = 3
TERMS_SHOWN = 3
SPARKLINE_BARS = 30
"""Most bars of a sparkline."""


@click.command("test")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@with_since("Only articles from this time on: 30d, 2023-10, yesterday.")
@format_option
@click.pass_obj
def watch_test(cli: CliContext, file: Path | None, since: float | None, style: str) -> None:
    """Test the watchlists of FILE, or of feeds.yaml, on the archive.

    Shows for each watchlist how many articles match, by day; the terms that match most
    articles; the newest examples; and which alerts would be gained and lost. Nothing is
    changed.
    """
    service, config = cli.service(), load(file or cli.config_path, data=cli.data)
    views = service.views
    with progress_bar() as progress:

        def report(done: int, total: int) -> None:
            progress("matching", done, total)

        tallies = backtest(service.archive, views, config.watchlists, config.feeds, since, report)
    ids = [id for tally in tallies.tallies for id in shown_article_ids(tally)]
    titles = {article.id: article for article in views.articles.get(list(dict.fromkeys(ids)))}
    rows = (_row(tally, tallies, titles) for tally in tallies.tallies)
    lines = (text for tally in tallies.tallies for text in tally_lines(tally, tallies, titles))
    output.print_listing(style, rows, TEST_COLUMNS, lines)
    if style != "table":
        return
    count = ngettext("{count} watchlist", "{count} watchlists", len(tallies.tallies))
    say(f"{counted_articles(len(tallies.dates))}, {count}")


def shown_article_ids(tally: TrialTally) -> list[int]:
    return [*tally.newest(SAMPLES), *tally.gained[-SAMPLES:], *tally.lost[-SAMPLES:]]


def _days(tally: TrialTally, tallies: Backtest) -> list[int]:
    if not tallies.dates:
        return []
    dates = tallies.dates.values()
    return histogram(tally.dates.values(), min(dates), max(dates))


def _row(tally: TrialTally, tallies: Backtest, titles: dict[int, Article]) -> dict[str, Any]:
    return {
        "name": tally.watchlist.name,
        "severity": str(tally.watchlist.severity),
        "hits": len(tally.dates),
        "days": _days(tally, tallies),
        "terms": [
            {"term": term, "articles": articles}
            for term, articles in tally.terms.most_common(TERMS_SHOWN)
        ],
        "samples": [{"article_id": id, "title": titles[id].title} for id in tally.newest(SAMPLES)],
        "gained": tally.gained,
        "lost": tally.lost,
    }


def tally_lines(tally: TrialTally, tallies: Backtest, titles: dict[int, Article]) -> Iterator[str]:
    hits = len(tally.dates)
    changes = f"+{len(tally.gained)} −{len(tally.lost)}"
    name = click.style(tally.watchlist.name, bold=True)
    yield f"{name}  {ngettext('{count} hit', '{count} hits', hits)}  {changes}"
    rows = []
    if hits:
        terms = (f"{term} {count}" for term, count in tally.terms.most_common(TERMS_SHOWN))
        rows.append((_("by day"), sparkline(_days(tally, tallies), SPARKLINE_BARS)))
        rows.append((_("by term"), ", ".join(terms)))
    for label, ids in (
        (_("for example"), tally.newest(SAMPLES)),
        (_("gained"), tally.gained[-SAMPLES:] if len(tally.gained) < hits else []),
        (_("lost"), tally.lost[-SAMPLES:]),
    ):
        for index, id in enumerate(ids):
            rows.append(("" if index else label, f"{id:>6}  {shown_title(titles[id].title)}"))
    widest = max((cell_len(label) for label, _text in rows), default=0)
    yield from (f"    {output.labelled(label, text, widest, gap=3)}" for label, text in rows)


LINT_COLUMNS = ("watchlist", "term", "kind", "words")


@click.command("lint")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@format_option
@click.pass_context
def watch_lint(context: click.Context, file: Path | None, style: str) -> None:
    """Find weak terms in the watchlists of FILE, or of feeds.yaml.

    Finds terms that never match in the archive, that add nothing to another term, that match a
    tenth of all articles, that leave out articles because of their case (OTAN, =Orange), or that
    are very short. Exits with 1 if it finds something.
    """
    cli: CliContext = context.obj
    config = load(file or cli.config_path, data=cli.data)
    engine = archive_engine(cli.store.archive)
    archive = engine.open(partial=False) if engine.exists() else None
    articles = archive.article_count if archive else 0
    if articles < FEW:
        say(_("{total} in the archive, fewer than {least}: terms that never match, or match a tenth"
              " of all, are not reported",
              total=counted_articles(articles), least=FEW))  # fmt: skip
    article_count = functools.cache(lambda node: count(archive, node) if archive else 0)
    remarks = [remark for w in config.watchlists for remark in lint(w, article_count, articles)]
    rows = (remark._asdict() for remark in remarks)
    lines = (
        _("{name}: {text}", name=click.style(r.watchlist, bold=True), text=f"`{r.term}` {r.words}")
        for r in remarks
    )
    output.print_listing(style, rows, LINT_COLUMNS, lines)
    context.exit(1 if remarks else 0)


SUGGEST_COLUMNS = (
    "watchlist", "term", "kind", "yaml", "noise", "noise_judged", "relevant", "relevant_judged",
    "unjudged", "unjudged_looked_at", "strength",
)  # fmt: skip


@click.command("suggest")
@click.argument("name", shell_complete=complete_watchlist)
@with_limit(5)
@format_option
@click.pass_context
def watch_suggest(context: click.Context, name: str, limit: int, style: str) -> None:
    """Propose what the watchlist NAME could exclude: a word, a phrase, a feed, a language.

    A proposal would have spared alerts called noise and no relevant one. Prints the line for
    feeds.yaml with the counts; what is most typical of the noise comes first. A watchlist that is a
    bare term must become `terms: [TERM]` first. Exits with 1 when there is no proposal.
    """
    cli: CliContext = context.obj
    config = load(cli.config_path, data=cli.data)
    watchlist = find_watchlist(config, name)
    judged, exclusions = _suggested(cli, config, watchlist)
    proposals = exclusions[:limit] if limit else exclusions
    rows = (_exclusion_row(watchlist, exclusion, judged) for exclusion in proposals)
    output.print_listing(style, rows, SUGGEST_COLUMNS, _lines(watchlist, proposals, judged))
    if style == "table":
        say(_describe_verdicts(watchlist, judged))
    if not proposals:
        context.exit(1)


def _suggested(
    cli: CliContext, config: Config, watchlist: Watchlist
) -> tuple[JudgedArticles, list[Exclusion]]:
    """Return the articles with alerts of a watchlist, and proposals for its exclusions.

    Raises:
        StoreError: There is no archive.
    """
    service, views = cli.service(), open_views(cli.store)
    feeds = known_feeds(views.feeds.every(), config.feeds)
    verdicts = service.views.watchlists.verdicts(watchlist.name)
    judged = judged_articles(verdicts, views.articles.get, feeds)
    with progress_bar() as progress:

        def report(done: int, total: int) -> None:
            progress(_("judging {watchlist}", watchlist=clean(watchlist.name)), done, total)

        try:
            count, articles = service.archive.count, views.totals().articles
            return judged, suggest_exclusions(watchlist, judged, count, articles, report)
        except ArchiveError as error:
            say(_("{reason}; the proposals are ranked without the archive", reason=error))
            return judged, suggest_exclusions(watchlist, judged, report=report)


def exclusion_line(watchlist: Watchlist, term: str) -> str:
    """Return the line for feeds.yaml that adds a term to the exclusions of a watchlist."""
    return f"not: [{', '.join(map(scalar, (*watchlist.excluded, term)))}]"


def _lines(
    watchlist: Watchlist, exclusions: list[Exclusion], judged: JudgedArticles
) -> Iterator[str]:
    for exclusion in exclusions:
        counts = {
            "spared": number(len(exclusion.spared)),
            "noise": number(len(judged.noise)),
            "relevant": number(len(judged.relevant)),
        }
        some, all = number(exclusion.unjudged), number(len(judged.unjudged))
        rest = _("{some} of {all} without a verdict", some=some, all=all)
        costs = _("spares {spared} of {noise} noise, costs none of {relevant} relevant", **counts)
        yield click.style(clean(exclusion_line(watchlist, exclusion.term)), bold=True)
        yield f"    {clauses([costs, rest] if exclusion.unjudged else [costs])}"


def _describe_verdicts(watchlist: Watchlist, judged: JudgedArticles) -> str:
    summary = _(
        "{watchlist}: {noise} called noise, {relevant} relevant",
        watchlist=watchlist.name,
        noise=number(len(judged.noise)),
        relevant=number(len(judged.relevant)),
    )
    if len(judged.noise) < LEAST:
        return clauses([summary, _("judge more with `tocsin alerts noise` and `relevant`")])
    if not judged.relevant:
        return _(
            "{summary}: judge some alerts relevant too, so that proposals can spare them",
            summary=summary,
        )
    return summary


def _exclusion_row(
    watchlist: Watchlist, exclusion: Exclusion, judged: JudgedArticles
) -> dict[str, Any]:
    return {
        "watchlist": watchlist.name,
        "term": exclusion.term,
        "kind": exclusion.kind,
        "yaml": exclusion_line(watchlist, exclusion.term),
        "noise": len(exclusion.spared),
        "noise_judged": len(judged.noise),
        "relevant": 0,
        "relevant_judged": len(judged.relevant),
        "unjudged": exclusion.unjudged,
        "unjudged_looked_at": len(judged.unjudged),
        "strength": round(exclusion.strength, 2),
    }


_DAYS = 90
"""Days of the archive on which a query from examples is tried."""
_COLUMNS = ("query", "examples", "missed", "noise", "noise_judged", "hits")


@click.command("from")
@click.argument("numbers", type=AnyNumber(), nargs=-1, required=True, metavar="NUMBER...")
@click.option(
    "--name", metavar="NAME", help="Name of the watchlist. Without it, words of the query."
)
@click.option("--add", is_flag=True, help="Add the watchlist to feeds.yaml.")
@format_option
@click.pass_context
def watch_from(
    context: click.Context, numbers: tuple[Number, ...], name: str | None, add: bool, style: str
) -> None:
    """Write the query that three to ten examples have in common: articles (5) or alerts (a5).

    It asks for some of the words and concepts that the examples share and the archive seldom has,
    and excludes what only noise has. Shows which examples it misses, which noise it finds, and what
    it finds in the last 90 days. Prints the lines for feeds.yaml; --add adds them.
    """
    cli: CliContext = context.obj
    service, feeds = cli.service(), load(cli.config_path, data=cli.data).feeds
    articles = _articles(cli, numbers)
    try:
        draft = service.example_query(articles)
    except MonitorError as error:
        raise InputError(str(error)) from None
    query = draft.query
    name = name or suggested_name(query.text) or None
    watchlists, since = [Watchlist(name=name or query.text, query=query)], cli.clock() - _DAYS * DAY
    trial = backtest(service.archive, service.views, watchlists, feeds, since)
    (tally,) = trial.tallies
    missed, noise = [a.id for a in draft.missed], [a.id for a in draft.noise]
    values = query.text, draft.examples, missed, noise, draft.judged, len(tally.dates)
    titles = {a.id: a for a in service.views.articles.get(shown_article_ids(tally))}
    lines = [*draft.remarks, "", *tally_lines(tally, trial, titles), "", "watchlists:"]
    lines += item_block("", 2, [watchlist_item(query.text, name, None)]).splitlines()
    output.print_listing(style, [dict(zip(_COLUMNS, values, strict=True))], _COLUMNS, lines)
    if add:
        context.invoke(watch_add, term=query.text, name=name, severity=None, yes=False)


def _articles(cli: CliContext, numbers: tuple[Number, ...]) -> list[int]:
    """Return the ids of articles; alerts stand for theirs, those about feeds for none."""
    views, alert_ids = cli.service().views, [number.id for number in numbers if number.is_alert]
    articles = {alert.id: alert.article for alert in views.alerts.get(alert_ids)}
    if missing := [id for id in alert_ids if id not in articles]:
        raise no_alert(*missing)
    ids = [articles[number.id] if number.is_alert else number.id for number in numbers]
    known = [id for id in ids if id is not None]
    if unknown := {*known} - {article.id for article in views.articles.get(known)}:
        raise no_article(min(unknown))
    return known
