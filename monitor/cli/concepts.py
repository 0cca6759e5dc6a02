"""`tocsin concepts`: list concepts with what each name brought, import them, find other names."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import click

from index.analysis.folding import compact
from index.errors import QueryError
from index.query.ast import And, Concept, Node, Not, Or
from index.query.concepts import Concepts, by_name, defined, each_name
from index.query.parser import Query, parse_query
from monitor.base.files import atomic_write
from monitor.base.formatting import shown_title
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _, mark_all, ngettext, number, pgettext
from monitor.cli import CliContext, output, say
from monitor.cli.lazy_group import LazyCommand, LazyGroup
from monitor.cli.options import InputError, format_option, with_limit
from monitor.config.concept_import import rows_of, with_rows
from monitor.config.loading import load, read, understand
from monitor.config.location import concepts_file
from monitor.config.yaml_edit import scalar, with_keys
from monitor.config.yaml_nodes import MappingNode, YamlSyntaxError, YamlText, tree
from monitor.model.watchlist import TermRecord
from monitor.presentation.rows import columns
from monitor.presentation.rows.watchlists import NameRow
from monitor.presentation.service.service import Service
from monitor.watchlists.exclusions import LEAST

COMMANDS = {
    "list": LazyCommand("concepts:concepts_list", "List concepts with what each name brought."),
    "import": LazyCommand("concepts:concepts_import", "Import concepts from CSV or JSON."),
    "suggest": LazyCommand("concepts:concepts_suggest", "Find other names of a concept."),
}
ONLY_NOISE, NOTHING = mark_all("remark", "only noise", "nothing in a year")
HEADS = mark_all("column", "concept", "name", "in a year", "alerts", "noise", "remarks")


@click.group(cls=LazyGroup, lazy=COMMANDS, default="list")
def concepts() -> None:
    """List the concepts of feeds.yaml. Without a command: `list`."""


@click.command("list")
@click.argument("name", required=False)
@format_option
@click.pass_obj
def concepts_list(cli: CliContext, name: str | None, style: str) -> None:
    """List the names of each concept, or of NAME, with the articles of a year and the alerts.

    Remarks point at names whose alerts, at least two, were all called noise, and at names that no
    article of the last year has, if the archive is older. Of a name that is a concept, its names
    have lines.
    """
    definitions = by_name(load(cli.config_path, data=cli.data).concepts)
    wanted = [definition.name for definition in definitions.values()] if name is None else [name]
    root = _defined(Or(tuple(map(Concept, wanted))), definitions).root
    rows: list[NameRow] = []
    if wanted:
        cli.update_index()
        rows += _name_rows(cli.service(), root)
    else:
        say(_("there are no concepts; `concepts:` of feeds.yaml defines them"))
    output.print_listing(style, rows, columns(NameRow), _lines(rows) if rows else ())


def _defined(names: Node, definitions: Concepts) -> Query:
    """Return the query of concepts by their names; raises InputError if one is unknown."""
    try:
        return defined(Query("", names), definitions)
    except QueryError as error:
        raise InputError(f"{error.message} ({error.hint})") from None


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--name", default="", metavar="NAME",
              help="The concept of all. Without it, each row names one, or is one.")  # fmt: skip
@click.pass_context
def concepts_import(context: click.Context, file: Path, name: str) -> None:
    """Add the concepts of FILE, CSV or JSON, to the file that `concepts:` of feeds.yaml names.

    Columns of CSV, and keys of JSON: concept, names (or name, aliases), also, not, with; `;` or `|`
    divides several in one cell. JSON is a list of such rows or of names, or a mapping from concepts
    to rows or names. What is there already stays. Names in capitals are written small, as capitals
    would stand for acronyms. Exits with 1 if something is no term and is left out.
    """
    cli: CliContext = context.obj
    target = concepts_file(cli.config_path)
    if target is None:
        words = _("{file} names no file of concepts; write `concepts: concepts.yaml` there",
                  file=cli.config_path)  # fmt: skip
        raise InputError(words)
    content = target.read_bytes() if target.exists() else b""
    understand(read(cli.config_path), cli.config_path, concepts=content)
    before = content.decode("utf-8-sig")
    try:
        root = tree(YamlText(before))[0]
        known = root.plain() if isinstance(root, MappingNode) else {}
        after, added, mistakes = with_rows(known, rows_of(file), name)
    except (ValueError, TypeError, csv.Error, YamlSyntaxError) as error:
        raise InputError(_("{file} cannot be read: {reason}", file=file, reason=error)) from None
    if added:
        content = with_keys(before, after).encode()
        understand(read(cli.config_path), cli.config_path, concepts=content)
        atomic_write(target, content, durable=True)
    for mistake in mistakes:
        say(mistake)
    say(ngettext("{file}: {count} new term", "{file}: {count} new terms", added, file=target))
    context.exit(bool(mistakes))


def _name_rows(service: Service, root: Node) -> Iterator[NameRow]:
    records = {(r.watchlist, r.term): r for r in service.views.watchlists.name_records()}
    year, count = parse_query("since:1y").root, service.archive.count
    is_older = count(Query("", Not(year))) > 0
    for key, only in {(only.name, label): only for label, only in each_name(root)}.items():
        record = records.get(key) or TermRecord(*key, 0, 0, 0)
        articles = count(Query(key[1], And((only, year))))
        remarks = [ONLY_NOISE] * (record.noise >= LEAST and not record.relevant)
        remarks += [NOTHING] * (is_older and not articles)
        yield {
            "concept": only.name,
            "name": only.text,
            "articles": articles,
            "total": record.total,
            "relevant": record.relevant,
            "noise": record.noise,
            "remarks": remarks,
        }


def _lines(rows: list[NameRow]) -> Iterator[str]:
    cells = [
        (
            *(clean(row[key]) for key in ("concept", "name")),
            *(number(row[key]) for key in ("articles", "total", "noise")),
            ", ".join(pgettext("remark", remark) for remark in row["remarks"]),
        )
        for row in rows
    ]
    yield from output.table_lines([pgettext("column", head) for head in HEADS], cells, "<<>>><")


SUGGEST_COLUMNS = ("name", "kinds", "articles", "added", "examples", "yaml")


@click.command("suggest")
@click.argument("name")
@with_limit(5)
@format_option
@click.pass_context
def concepts_suggest(context: click.Context, name: str, limit: int, style: str) -> None:
    """Find other names of the concept NAME in the archive.

    Shows what proves each name (initials, `formerly`, a part that stands alone, another spelling or
    language), how many articles more it finds, and the newest examples. Prints the line for
    feeds.yaml. Exits with 1 when there is none.
    """
    cli: CliContext = context.obj
    config = load(cli.config_path, data=cli.data)
    definitions = by_name(config.concepts)
    concept = _defined(Concept(name), definitions)
    names = definitions[compact(name)].names
    cli.update_index()
    suggestions = cli.service().suggest_names(concept, definitions, config.vectors)[: limit or None]
    lines = [f"names: [{', '.join(map(scalar, (*names, s.name)))}]" for s in suggestions]
    rows = [s._asdict() | {"yaml": yaml} for s, yaml in zip(suggestions, lines, strict=True)]
    ids = [id for suggestion in suggestions for id in suggestion.examples]
    titles = {a.id: shown_title(a.title) for a in cli.service().views.articles.get(ids)}

    def shown() -> Iterator[str]:
        for suggestion, yaml in zip(suggestions, lines, strict=True):
            yield click.style(clean(yaml), bold=True)
            yield f"    {suggestion.described()}"
            yield from (f"    {id:>6}  {titles[id]}" for id in suggestion.examples if id in titles)

    output.print_listing(style, rows, SUGGEST_COLUMNS, shown())
    if not suggestions:
        say(_("the archive has no other name of {concept}", concept=name))
        context.exit(1)
