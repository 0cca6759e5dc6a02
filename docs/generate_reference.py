"""Writes the pages of docs/reference that follow from the code: commands, feeds.yaml, keys.

`make reference` runs it. The pages are committed, and a test compares them with what this program
makes of the code.
"""

from __future__ import annotations

import inspect
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML
from textual.binding import Binding

import monitor
from monitor.api.app import build_app
from monitor.api.mcp.server import described
from monitor.api.mcp.tools import TOOLS, input_schema
from monitor.api.problems import KINDS, PREFIX
from monitor.base import signs, translation
from monitor.base.translation import gettext as _, pgettext
from monitor.cli import COMMANDS, main_group
from monitor.cli.options import with_filters
from monitor.config.keys import json_schema
from monitor.model.analyst import Scope
from monitor.presentation import rows
from monitor.presentation.rows import (
    alerts,
    articles,
    feeds,
    newsroom,
    watchlists,
)
from tui.app import DashboardApp
from tui.key_labels import key_label
from tui.screens.help import named_bindings

HERE = Path(__file__).parent / "reference"
NOTE = "<!-- Made by docs/generate_reference.py; `make reference` writes it again. -->\n"

# --- text ------------------------------------------------------------------------------------


def prose(text: str) -> str:
    """Return plain text as Markdown; text between backticks is code and stays as it is."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([*_<>\[\]])", r"\\\1", p) for p in parts)


def code(text: str) -> str:
    """Return text as inline code."""
    return f"`{text}`"


def choice(values: Sequence[str]) -> str:
    """Return values as `a`, `b` or `c`."""
    *first, last = map(code, values)
    return f"{', '.join(first)} or {last}" if first else last


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def listing(rows: Iterable[tuple[str, str]]) -> str:
    """Return a Markdown list of names with their meanings, in the language in use."""
    colon = "\N{NO-BREAK SPACE}:" if translation.current() == "fr" else ":"
    return "".join(f"- {name}{colon} {words}\n" if words else f"- {name}\n" for name, words in rows)


# --- commands --------------------------------------------------------------------------------

COMMAND_PAGES = {
    "watching": (
        "Watching",
        ("dashboard", "serve", "run", "status", "stop", "demo"),
    ),
    "archive": ("Searching", ("search", "trend", "facets", "show", "similar")),
    "alerts": ("Alerts", ("alerts", "brief")),
    "watchlists": ("Watchlists", ("watch", "concepts")),
    "feeds": ("Feeds", ("feeds", "coverage")),
    "delivery": ("Delivery", ("deliveries", "notify")),
    "programs": ("For programs", ("api", "mcp", "token")),
    "newsroom": (
        "Newsroom",
        (
            *("init", "check", "apply", "config", "schema", "completion", "import", "export"),
            *("backup", "restore", "move", "vacuum", "reindex", "verify"),
        ),
    ),
}
"""The commands of each page, with its title."""
ROW_FORMATS = ("table", "json", "jsonl", "csv")
FILTERS = ("since", "until", "lang", "feed", "watch")
ALERT_FILTERS = ("state", "verdict", "starred", "tag", "assigned", "suppressed")
FILTERS_NOTE = (
    f"“Filters” are {', '.join(f'`{name}`' for name in FILTERS)}; "
    f"“alert filters” are {', '.join(f'`{name}`' for name in ALERT_FILTERS)}.\n"
)
EVERYWHERE = {"help", "verbose", "quiet", "config_path", "data", "no_color"}
"""Options that every command has."""


def command_pages() -> Iterator[tuple[str, str]]:
    """Yield path and text of each page about commands.

    Raises:
        ValueError: If a command stands on no page, or on several.
    """
    context = click.Context(main_group, info_name="tocsin", **main_group.context_settings)
    placed = sorted(name for _, names in COMMAND_PAGES.values() for name in names)
    if placed != sorted(main_group.list_commands(context)):
        raise ValueError("COMMAND_PAGES does not hold each command exactly once")
    yield "commands/index.md", _overview(context)
    for page, (title, names) in COMMAND_PAGES.items():
        parts = [f"# {title}: commands\n", NOTE]
        owners: dict[str, str] = {}
        for name in names:
            command = main_group.get_command(context, name)
            assert command is not None
            parts += _command(command, f"tocsin {name}", owners)
        yield f"commands/{page}.md", "\n".join(parts)


def _overview(context: click.Context) -> str:
    rows = [
        (title, ", ".join(f"[`{name}`]({page}.md#tocsin-{name})" for name in names))
        for page, (title, names) in COMMAND_PAGES.items()
    ]
    options = [_option(o, context) for o in main_group.params if isinstance(o, click.Option)]
    options.append(("`-h`, `--help`", "Show what a command does and which options it has."))
    return "\n".join(
        [
            "# Commands\n",
            NOTE,
            f"```text\n{main_group.get_usage(context).removeprefix('Usage: ')}\n```\n",
            _paragraphs(main_group),
            table(("option", "meaning"), options),
            table(("about", "commands"), rows),
            "An option with `…` may be repeated. The first format that a command lists is its"
            " default; `--json` is `--format json`."
            " [Output](../output.md) describes them.\n",
            "## Rows\n",
            f"The formats of most commands are {choice(ROW_FORMATS)}.\n",
            "## Filters\n",
            "The same in every command that has them:\n",
            table(("option", "meaning"), [_option(option, context) for option in _filters()]),
        ]
    )


def _filters() -> list[click.Option]:
    """Return the options that every command with filters has."""
    command = with_filters(click.Command("any"))
    return [option for option in command.params if isinstance(option, click.Option)]


def _command(command: click.Command, path: str, owners: dict[str, str]) -> Iterator[str]:
    """Yield the parts of a command and of its subcommands.

    Args:
        command: The command.
        path: Its full name, as `tocsin feeds add`.
        owners: The command of each list of options and long paragraph that is on the page
            already.
    """
    context = click.Context(command, info_name=path, **main_group.context_settings)
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    usage = usage.replace(" [OPTIONS]", "").removesuffix(" COMMAND [ARGS]...")
    yield f"## {path}\n"
    if usage != path:
        yield f"`{usage}`\n"
    paragraphs = _paragraphs(command).rstrip().split("\n\n")
    yield "\n\n".join(paragraph for paragraph in paragraphs if paragraph not in owners) + "\n"
    owners.update((paragraph, path) for paragraph in paragraphs if len(paragraph) > 100)
    if option_rows := [*_rows(command, context)]:
        yield _options(option_rows, path, owners)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, f"{path} {name}", owners)


def _rows(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the options of a command: its filters in one row, and `--json` with `--format`."""
    filters = {option.name: option.help for option in _filters()}
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    own_help = {option.name: option.help for option in options}
    if has_filters := filters.items() <= own_help.items():
        yield ", ".join(f"`--{name}`" for name in FILTERS), "[Filters](index.md#filters)."
    is_json = any("--json" in option.opts for option in options)
    for option in options:
        is_filter = has_filters and option.name in filters
        if option.name in EVERYWHERE or is_filter or "--json" in option.opts:
            continue
        if is_json and "--format" in option.opts and isinstance(option.type, click.Choice):
            assert option.default == option.type.choices[0]
            if tuple(option.type.choices) == ROW_FORMATS:
                yield "`--format`, `--json`", "[Rows](index.md#rows)."
                continue
            text = prose((option.help or "").partition("  [default: ")[0])
            text = f"{text.removeprefix('Output format.')} {choice(list(option.type.choices))}."
            yield "`--format`, `--json`", text.lstrip()
        else:
            yield _option(option, context)


def _options(shown: Sequence[tuple[str, str]], path: str, owners: dict[str, str]) -> str:
    """Return a list of options; of those that an earlier command has too, only the names."""
    partly = ""
    for listed, owner in owners.items():
        rows = [row for row in shown if listing([row]) not in listed]
        shared = [row[0] for row in shown if row not in rows]
        link = f"[`{owner}`](#{owner.replace(' ', '-')})"
        if listed.startswith("- ") and len(shared) == listed.count("\n") > 4:
            tail = ", and:\n\n" + listing(rows) if rows else ".\n"
            return f"Options as of {link}{tail}"
        if listed.startswith("- ") and len(shared) > 4:
            partly = f"As of {link}: {', '.join(shared)}. And:\n\n{listing(rows)}"
    owners[listing(shown)] = path
    return partly or listing(shown)


def _paragraphs(command: click.Command) -> str:
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    return "\n\n".join(prose(" ".join(p.split())) for p in text.split("\n\n")) + "\n"


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    """Return spelling and meaning of an option."""
    extra = option.get_help_extra(context)
    text, _, default = (option.help or "").partition("  [default: ")
    value, sentences = "", [prose(text)]
    if default:
        sentences.append(f"Default: {prose(default.rstrip(']'))}.")
    if isinstance(option.type, click.Choice):
        value = f" {option.metavar or option.opts[-1].lstrip('-').upper()}"
        sentences.append(f"One of {choice(list(option.type.choices))}.")
    elif not option.is_flag and not option.count:
        numeric = isinstance(option.type, click.IntRange)
        value = f" {option.metavar or ('N' if numeric else option.make_metavar(context))}"
    if option.multiple:
        value += " …"
    if "default" in extra:
        sentences.append(f"Default: `{extra['default']}`.")
    if "envvars" in extra:
        sentences.append(f"Environment variable: {choice(extra['envvars'])}.")
    return ", ".join(code(spelling + value) for spelling in option.opts), " ".join(
        filter(None, sentences)
    )


# --- feeds.yaml ------------------------------------------------------------------------------

SHAPES = {
    "": ("The whole file", "feeds-yaml"),
    "Feed": ("A feed: `feeds[]`", "feeds-yaml"),
    "Auth": ("Log-in of a feed or a host: `auth`", "feeds-yaml"),
    "Defaults": ("All feeds: `defaults`", "feeds-yaml"),
    "Host": ("Feeds of a host: `hosts.HOST`", "feeds-yaml"),
    "Tag": ("Feeds with a tag: `tags.TAG`", "feeds-yaml"),
    "Network": ("The network: `network`", "feeds-yaml"),
    "Api": ("The pages of `tocsin api`: `api`", "feeds-yaml"),
    "Archive": ("The archive: `archive`", "feeds-yaml"),
    "Search": ("A saved search: `searches[]`", "feeds-yaml"),
    "Watchlist": ("A watchlist: `watchlists[]`", "feeds-yaml-alerts"),
    "Concept": ("A concept: `concepts.NAME`", "feeds-yaml-alerts"),
    "Escalate": ("Escalation: `escalate`", "feeds-yaml-alerts"),
    "Alerts": ("All watchlists: `alerts`", "feeds-yaml-alerts"),
    "Channel": ("A channel: `channels[]`", "feeds-yaml-alerts"),
    "Route": ("A route: `routes[]`", "feeds-yaml-alerts"),
    "Briefing": ("A briefing: `briefing`", "feeds-yaml-alerts"),
    "Quiet": ("Quiet hours: `quiet`", "feeds-yaml-alerts"),
}
"""Each part of the schema, with its heading and its page."""
YAML_PAGES = {
    "feeds-yaml": (
        "feeds.yaml: feeds",
        "[Watchlists, channels and routes](feeds-yaml-alerts.md) have a page of their own. "
        "`tocsin schema` prints all keys as a JSON Schema for editors.",
    ),
    "feeds-yaml-alerts": (
        "feeds.yaml: watchlists and delivery",
        "[Feeds, the network and the archive](feeds-yaml.md) have a page of their own.",
    ),
}


def yaml_pages() -> Iterator[tuple[str, str]]:
    """Yield path and text of each page about feeds.yaml.

    Raises:
        ValueError: If a part of the schema has no heading in `SHAPES`.
    """
    schema = json_schema()
    shapes = {"": schema, **{name: _mapping(shape) for name, shape in schema["$defs"].items()}}
    if set(shapes) != set(SHAPES):
        raise ValueError(f"SHAPES differs from the schema in {set(shapes) ^ set(SHAPES)}")
    named = {about.get("$ref", "").rpartition("/")[2] for about in schema["properties"].values()}
    said = {about.get("description") for about in schema["properties"].values()}
    for page, (title, about) in YAML_PAGES.items():
        parts = [f"# {title}\n", NOTE, about + "\n"]
        for name, (heading, place) in SHAPES.items():
            if place == page:
                parts.append(f"## {heading}\n")
                if name not in named and shapes[name]["description"] not in said:
                    parts.append(prose(shapes[name]["description"]) + "\n")
                parts.append(_keys(shapes[name], shapes, page))
        yield f"{page}.md", "\n".join(parts)


def _mapping(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the long form of a part that may also be written as one word."""
    return next((form for form in shape.get("anyOf", ()) if "properties" in form), shape)


def _keys(shape: Mapping[str, Any], shapes: Mapping[str, Mapping[str, Any]], page: str) -> str:
    rows: list[tuple[str, str]] = []
    shared: dict[str, str] = {}
    for key, about in shape["properties"].items():
        if owner := _same(about, key, shape, shapes):
            shared[key] = owner
        else:
            inner = shapes[about.get("$ref", "").rpartition("/")[2]]
            details = {"description": inner.get("description", ""), **about}
            rows.append((f"{code(key)} ({_value(about, page)})", _meaning(key, details, shape)))
    parts = [listing(rows)] if rows else []
    for owner in dict.fromkeys(shared.values()):
        names = [key for key, part in shared.items() if part == owner]
        parts.append(f"As in {_link(owner, page)}: {', '.join(map(code, names))}.\n")
    return "\n".join(parts)


def _same(
    about: Mapping[str, Any],
    key: str,
    shape: Mapping[str, Any],
    shapes: Mapping[str, Mapping[str, Any]],
) -> str | None:
    """Return the part that explains this key already, if settings can be in two places."""
    for owner in ("Feed", "Watchlist"):
        if shape is not shapes[owner] and shapes[owner]["properties"].get(key) == about:
            return owner
    return None


def _meaning(key: str, about: Mapping[str, Any], shape: Mapping[str, Any]) -> str:
    sentences = [prose(about.get("description", ""))]
    if key in shape.get("required", ()):
        sentences.append("Required.")
    if "default" in about:
        sentences.append(f"Default: {code(_flow(about['default']))}.")
    if about.get("examples"):
        sentences.append(f"Example: {code(_flow(about['examples'][0]))}.")
    return " ".join(filter(None, sentences))


def _flow(value: object) -> str:
    """Return a value as YAML on one line."""
    yaml = YAML()
    yaml.default_flow_style = True
    yaml.width = 1000
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue().removesuffix("...\n").strip()


def _value(about: Mapping[str, Any], page: str) -> str:
    """Return the kind of value that a key takes."""
    if "$ref" in about:
        return _link(about["$ref"].rpartition("/")[2], page)
    if "enum" in about:
        return choice([_flow(value) for value in about["enum"]])
    if "anyOf" in about:
        values = dict.fromkeys(_value(form, page) for form in about["anyOf"])
        lists = {f"list of {value}": "list" for value in values}
        return " or ".join(lists.get(value, value) for value in values)
    if about.get("type") == "array":
        return f"list of {_value(about['items'], page)}"
    if about.get("type") == "object":
        inner = about.get("additionalProperties")
        return f"mapping to {_value(inner, page)}" if isinstance(inner, dict) else "mapping"
    return _scalar(about)


def _scalar(about: Mapping[str, Any]) -> str:
    if "const" in about:
        return code(_flow(about["const"]))
    kind = about.get("type", "text")
    if isinstance(kind, list):
        kind = "string" if "string" in kind else kind[0]
    if kind == "string" and re.search(r"s\|min\|m", about.get("pattern", "")):
        return "duration"
    if kind == "string" and "[0-5][0-9]" in about.get("pattern", ""):
        return "time of day"
    names = {"string": "text", "boolean": "`true` or `false`", "integer": "number"}
    return names.get(str(kind), str(kind))


def _link(name: str, page: str) -> str:
    heading, place = SHAPES[name]
    anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
    label = heading.rpartition("`")[0].rpartition("`")[2]
    return f"[`{label}`]({'' if place == page else place + '.md'}#{anchor})"


# --- keys ------------------------------------------------------------------------------------


KEYS_BEGINNING = {
    "en": (
        "# Keys and signs of the dashboard\n",
        "`?` shows this list in the dashboard; `:` finds a command by its name. `^d` is Ctrl and "
        "`d`, `⇧` is Shift.\n",
        "`~/.config/tocsin/dashboard.toml` gives actions other keys, by the names in brackets:\n",
    ),
    "fr": (
        "# Touches et signes du tableau de bord\n",
        "`?` montre cette liste dans le tableau de bord\N{NO-BREAK SPACE}; `:` trouve une commande "
        "par son nom. `^d` est Ctrl et `d`, `⇧` est Maj.\n",
        "`~/.config/tocsin/dashboard.toml` donne d’autres touches aux actions, par les noms entre "
        "parenthèses\N{NO-BREAK SPACE}:\n",
    ),
}
"""The first lines of the page about keys, by language."""
KEYS_EXAMPLE = '```toml\n[keys]\nacknowledge = "f2"\nnext-match = ["ctrl+n", "*"]\n```\n'


@contextmanager
def language(name: str) -> Iterator[None]:
    """Let messages be in a language."""
    earlier = translation.choice()
    translation.use(name, Path(monitor.__file__).parent / "locale")
    try:
        yield
    finally:
        translation.use(*earlier)


def keys_page(name: str) -> str:
    """Return the page about the keys and signs of the dashboard, in a language."""
    with language(name):
        title, *beginning = KEYS_BEGINNING[name]
        parts = [title, NOTE, *beginning, KEYS_EXAMPLE]
        for heading, bindings in named_bindings(DashboardApp):
            rows = [
                (key_labels(binding), f"{prose(_(binding.description))} ({code(binding.id or '')})")
                for binding in bindings
            ]
            parts += [f"## {heading}\n", listing(rows)]
        parts += [
            '<a id="legend-of-signs"></a>\n' if name != "en" else "",
            f"## {pgettext('help', 'Legend of signs')}\n",
            listing((sign, prose(_(meaning))) for sign, meaning in signs.LEGEND),
        ]
    return "\n".join(filter(None, parts))


def key_labels(binding: Binding) -> str:
    """Return the keys of a binding, as they are printed."""
    return " ".join(code(key_label(key)) for key in binding.key.split(","))


# --- one page to print -----------------------------------------------------------------------


def one_page(path: str, name: str) -> str:
    """Return the page to print in a language, with new lists of keys and commands at its marks."""
    with language(name):
        meanings = {
            binding.id: (key_labels(binding), prose(_(binding.description)))
            for _title, bindings in reversed(named_bindings(DashboardApp))
            for binding in bindings
        }
        for command, lazy in COMMANDS.items():
            call = f"tocsin {command}"
            meanings[call] = (code(call), prose(_(lazy.summary)))

        def filled(mark: re.Match[str]) -> str:
            prefix = "tocsin " if mark[2] == "tocsin" else ""
            return f"{mark[1]}{listing(meanings[prefix + word] for word in mark[3].split())}\n"

        page = (HERE / path).read_text(encoding="utf-8")
        return re.sub(r"(<!-- (keys|tocsin) ([\w -]+) -->\n\n)(?:(?:- .*\n)+\n)?", filled, page)


# --- the output for programs -----------------------------------------------------------------

ROW_MODULES = (
    alerts, articles, feeds, newsroom, watchlists
)  # fmt: skip


def output_pages() -> Iterator[tuple[str, str]]:
    """Yield the pages about output, with a new list of fields after each mark."""
    elsewhere: dict[str, str] = {}
    for path in ("output.md", "output-newsroom.md", "output-briefing.md"):
        places = dict(elsewhere)
        yield path, _with_fields((HERE / path).read_text(encoding="utf-8"), places)
        for name, place in places.items():
            if field := re.fullmatch(r"Fields: as of (`\w+`) above\.", place):
                elsewhere.setdefault(name, f"Fields: as of {field[1]} in [output]({path}).")


def _with_fields(page: str, places: dict[str, str]) -> str:
    places |= dict.fromkeys(re.findall(r"<!-- fields of (\w+) -->", page), "Fields: below.")
    marked = r"(<!-- fields of (\w+) -->\n\n)(?:[-|] .*\n)*"
    return re.sub(marked, lambda mark: mark[1] + _fields_list(mark[2], places), page)


def _fields_list(name: str, places: dict[str, str]) -> str:
    """Return the list of the fields of a row; neighbours that need no words share a line.

    `places` has the place of the fields of each row on the page; this list adds its own.
    """
    kind = _row_type(name)
    lines: list[tuple[list[str], str]] = []
    for field, words, inner in _fields(kind):
        nested = places.get(inner) or _inner_fields(inner) if inner else ""
        if inner:
            places.setdefault(inner, f"Fields: as of {code(field)} above.")
        if words or nested or not lines or lines[-1][1]:
            lines.append(([code(field)], f"{words} {nested}".strip()))
        else:
            lines[-1][0].append(code(field))
    places[name] = "Fields: above."
    return listing((", ".join(names), words) for names, words in lines)


def _fields(kind: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the fields of a row with their meanings, and the name of the row in each, if any."""
    properties = rows.schemas([kind], "")[kind.__name__]["properties"]
    for field in rows.columns(kind):
        inner = re.search(r"'\$ref': '(\w+)'", str(properties[field]))
        yield field, prose(properties[field].get("description", "")), inner[1] if inner else ""


def _inner_fields(name: str) -> str:
    """Return the fields of a row within another, as `term`, `at` (when the edit was read)."""
    fields = [
        code(field) + (f" ({words.rstrip('.')})" if words else "")
        for field, words, _inner in _fields(_row_type(name))
    ]
    return f"Fields: {', '.join(fields)}."


def _row_type(name: str) -> Any:
    return next(vars(module)[name] for module in ROW_MODULES if name in vars(module))


# --- the API ---------------------------------------------------------------------------------


def api_page() -> str:
    """Return the page about the paths of the API, their scopes and its errors."""
    schema = build_app(1).openapi()
    parts = [
        "# The API\n",
        NOTE,
        "[How to use it](../how-to/use-the-api.md). [openapi.json](openapi.json), also at "
        "`/openapi.json` of the server, explains every parameter and field. Rows have the fields "
        "that [commands print](output.md).\n",
        "## Paths\n",
        "A token allows what its scope and the scopes before it allow: "
        f"{', '.join(map(code, Scope))}.\n",
        FILTERS_NOTE,
    ]
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    parts.append(
        table(
            ("path", "scope", "what it does", "parameters"),
            sorted(_operation(name, about, schema["components"]) for name, about in operations),
        )
    )
    parts += [
        "## Errors\n",
        "An error is a problem of RFC 9457, `application/problem+json`: `type`, `title`, `status`, "
        "`detail`, and with 422 `errors`, a list of `field` and `message`. The type begins with "
        f"`{PREFIX}`.\n",
        table(
            ("status", "type", "title"),
            [(str(status), code(kind), title) for kind, (status, title) in KINDS.items()],
        ),
        "With 429 and 503, `Retry-After` says when to ask again.\n",
    ]
    return "\n".join(parts)


def _operation(name: str, about: Mapping[str, Any], components: Any) -> tuple[str, ...]:
    """Return a path, its scope and meaning, its parameters and the fields of its body."""
    ((_, (scope,)),) = about["security"][0].items()
    names = [p["name"] for p in about.get("parameters", ()) if p["in"] != "path"]
    parameters = _parameters(names)
    for body in about.get("requestBody", {}).get("content", {}).values():
        shape = components["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
        parameters += f"; body: {', '.join(map(code, shape['properties']))}"
    words = " ".join(about["description"].split("\n\n")[0].split())
    return code(name), code(scope), prose(words), parameters.removeprefix("; ")


def _parameters(names: Sequence[str]) -> str:
    """Return the names of parameters; those that many paths and tools take by one word."""
    groups = []
    for word, group in (("filters", FILTERS), ("alert filters", ALERT_FILTERS)):
        if set(group) <= set(names):
            groups.append(word)
            names = [name for name in names if name not in group]
    return ", ".join([*groups, *map(code, names)])


# --- the tools of language models ------------------------------------------------------------


def mcp_page() -> str:
    """Return the page about the tools of `tocsin mcp`."""
    parts = [
        "# Tools for language models\n",
        NOTE,
        "[How to use them](../how-to/agents.md). [mcp-tools.json](mcp-tools.json) has the schemas "
        "of all arguments.\n",
        "An answer is text: what to know of it, the numbers of its articles, the fields that were "
        "shortened and, between two marks, the rows that [commands print](output.md), as JSON.\n",
    ]
    rows = [
        (
            code(tool.name), code(tool.scope), prose(tool.description),
            _parameters(list(input_schema(tool)["properties"])),
        )
        for tool in TOOLS.values()
    ]  # fmt: skip
    parts += [
        "## Tools\n",
        FILTERS_NOTE,
        table(("tool", "scope", "what it does", "arguments"), rows),
    ]
    return "\n".join(parts)


def mcp_schemas() -> str:
    """Return all tools as JSON, as a client sees them."""
    tools = [
        described(tool).model_dump(mode="json", by_alias=True, exclude_none=True)
        for tool in TOOLS.values()
    ]
    return json.dumps({"tools": tools}, ensure_ascii=False, indent=1) + "\n"


def pages() -> dict[str, str]:
    """Return the text of each page, by its path below docs/reference."""
    single = {"api.md": api_page(), "mcp.md": mcp_page()}
    for name, ending in (("en", "md"), ("fr", "fr.md")):
        single[f"keys.{ending}"] = keys_page(name)
        single[f"one-page.{ending}"] = one_page(f"one-page.{ending}", name)
    single["mcp-tools.json"] = mcp_schemas()
    schema = json.dumps(build_app(1).openapi(), ensure_ascii=False, indent=1) + "\n"
    # Python 3.13 has the newer name of status 422.
    single["openapi.json"] = schema.replace("Unprocessable Content", "Unprocessable Entity")
    return {**dict(command_pages()), **dict(yaml_pages()), **dict(output_pages()), **single}


def write(folder: Path) -> None:
    """Write the pages into a folder."""
    for path, text in pages().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else HERE)
