"""The messages in the sources: calls of `base.translation`, constants, help of commands, click.

In templates these are calls too.

Each text that looks like a message and is not translated is found, but in files of
`untranslated.txt`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import click
from babel.messages.extract import extract_python
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from monitor.cli import main_group
from monitor.cli.lazy_group import LazyGroup, with_common_options
from monitor.cli.translated_command import messages as messages_of_command
from support import ROOT

PACKAGES = ("index", "monitor", "tui")
TEMPLATES = ROOT / "monitor" / "api" / "pages" / "templates"
UNTRANSLATED = Path(__file__).parent / "untranslated.txt"
KEY = "key"
"""Context of the labels of the key bar, which are verbs and short."""
SECTION = "section"
"""Context of the headings above commands."""
EXEMPT = "# not a message"
"""The end of a line whose text is for programs."""
CALLS = {"gettext", "ngettext", "pgettext", "mark", "mark_all", "mark_plural"}
CLICK = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")
"""The modules of click whose messages people may see."""
FOR_DEVELOPERS = re.compile(
    r"Arguments take|Boolean option|Choice\(|Could not determine|DeprecationWarning|Invalid start"
    r"|Name '|No options defined|Press any key|Error: The two|Unknown color|Value must be|.*UUID"
    r"|\(dynamic|%\(prog"
)
"""Messages of click that a command of ours never shows."""
_WORDS = re.compile(r"[^\W\d_]{2,}[,;:.!?…’']*[\s\N{NO-BREAK SPACE}]+\(?[^\W\d_]{2,}")
_BESIDE_A_VALUE = re.compile(r"\{\}[,;:]?\s+[^\W\d_]{3,}|[^\W\d_]{3,}[,;:]?\s+\(?\{\}")
_TITLE = re.compile(r"[A-Z][a-z]{2,}[.:…]?")
_NOT_PROSE = re.compile(
    r"\s*(?:(?:SELECT|INSERT|UPDATE|DELETE|CREATE|WITH|PRAGMA)\b|<[a-z!/]|tocsin: \{\}(?:: \{\})?$)"
)


_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_BETWEEN_TAGS = re.compile(r">([^<>]+)<")
_ATTRIBUTE = re.compile(r'\b(?:aria-label|alt|placeholder|title)="([^"]*)"')


class Message(NamedTuple):
    """A message as the sources have it."""

    id: str | tuple[str, str]
    """The English text, or those of one and of many."""
    context: str = ""


class SourceError(Exception):
    """A call from which no message can be taken; it says what to write instead."""


@cache
def exempt() -> tuple[str, ...]:
    """The files and folders whose texts need no translation, as paths in the repository."""
    lines = UNTRANSLATED.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def needs_translation(path: Path) -> bool:
    """Tell whether the texts of a file are for people."""
    name = path.relative_to(ROOT).as_posix()
    return not any(name == row or (row.endswith("/") and name.startswith(row)) for row in exempt())


@cache
def all_messages() -> frozenset[Message]:
    """Return every message that is to be translated.

    Raises:
        SourceError: A call has no constant as its message.
    """
    catalogue = {message for path in sources() for message in in_file(path)}
    catalogue |= {entry for entry in (*_of_commands(), *_of_click()) if entry.id}
    return frozenset(catalogue)


def sources() -> Iterator[Path]:
    """Yield the modules and the templates of the program."""
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))
    yield from sorted(TEMPLATES.glob("*.html"))


def in_file(path: Path) -> Iterator[Message]:
    """Yield the messages of a module or of a template."""
    if path.suffix == ".html":
        yield from _in_template(path)
        return
    name = path.relative_to(ROOT).as_posix()
    nodes = _nodes(ast.parse(path.read_text(encoding="utf-8")))
    names = _imported(nodes)
    if "_" in names and any(map(_takes_the_name, nodes)):
        _validate_name(nodes, name)
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield from _called(node, names, name)
        yield from _implied(node)


def unwrapped(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of what looks like a message in a file and is not translated.

    A line that ends with `# not a message` is left out.
    """
    if path.suffix == ".html":
        if needs_translation(path):
            yield from _plain_words(path.read_text(encoding="utf-8"))
        return
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    lines = source.splitlines()
    nodes = _nodes(tree)
    skipped = {id(node) for node in _not_messages(nodes, _imported(nodes))}
    roots = [tree] if needs_translation(path) else [n for n in nodes if isinstance(n, ast.Raise)]
    for node in (node for root in roots for node in _walk(root, skipped)):
        if isinstance(node, ast.JoinedStr):
            parts = [str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values]
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        exempt = any(EXEMPT in line for line in lines[node.lineno - 1 : node.end_lineno])
        if _plain_text(text) in _known_texts():
            continue  # a constant that is translated where it is shown
        if not exempt and _looks_like_a_message(text):
            yield node.lineno, text


@cache
def _known_texts() -> frozenset[str]:
    return frozenset(
        text
        for message in all_messages()
        for text in (message.id if isinstance(message.id, tuple) else [message.id])
    )


def commands(
    group: click.Group = main_group, path: str = "tocsin"
) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it, as it is written: in English."""
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = _plain(group, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


def _plain(group: click.Group, name: str) -> click.Command | None:
    if not isinstance(group, LazyGroup) or name not in group.lazy:
        return group.commands.get(name)
    module, _sep, attribute = group.lazy[name].place.partition(":")
    command = getattr(import_module(f"monitor.cli.{module}"), attribute)
    return command[name] if isinstance(command, dict) else command


# --- calls ----------------------------------------------------------------------------------------


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """Return the nodes that `ast.walk` yields, in half of its time."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                nodes.append(value)
            elif isinstance(value, list):
                nodes += [child for child in value if isinstance(child, ast.AST)]
    return nodes


def _imported(nodes: Sequence[ast.AST]) -> dict[str, str]:
    """Return the functions of `monitor.base.translation` by the names a module gives them."""
    imported = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "monitor.base.translation":
            imported |= {a.asname or a.name: a.name for a in node.names if a.name in CALLS}
    return imported


def _called(node: ast.Call, names: dict[str, str], file: str) -> Iterator[Message]:
    function = names.get(node.func.id, "") if isinstance(node.func, ast.Name) else ""
    if not function:
        return
    if function == "mark_all":
        context, *plurals = (_constant(argument, file) for argument in node.args)
        yield from (Message(str(text), str(context)) for text in plurals)
        return
    count = {"ngettext": 2, "mark_plural": 2, "pgettext": 2}.get(function, 1)
    texts = [_constant(argument, file) for argument in node.args[:count]]
    if None in texts or len(texts) < count:
        return  # a constant that was marked elsewhere
    if function in ("ngettext", "mark_plural"):
        yield Message((str(texts[0]), str(texts[1])))
    elif function == "pgettext":
        yield Message(str(texts[1]), str(texts[0]))
    elif texts[0]:
        yield Message(str(texts[0]))


def _constant(node: ast.expr, file: str) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        raise SourceError(f"{file}:{node.lineno}: not f-strings: write _('… {{name}}', name=value)")
    if isinstance(node, ast.BinOp):
        raise SourceError(f"{file}:{node.lineno}: texts are not added; write them side by side")
    return None


def _takes_the_name(node: ast.AST) -> bool:
    """Tell whether a node gives the name `_` to something."""
    return (isinstance(node, ast.arg) and node.arg == "_") or (
        isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store)
    )


def _validate_name(nodes: Sequence[ast.AST], file: str) -> None:
    """Refuse functions that call `_` and give this name to something else."""
    for function in nodes:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        body = list(_own_nodes(function))
        calls = any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
            for node in body
        )
        stores = [node for node in body if _takes_the_name(node)]
        if calls and stores:
            raise SourceError(f"{file}:{stores[0].lineno}: `_` translates here; use another name")


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of functions and comprehensions in it."""
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp,
             ast.DictComp, ast.GeneratorExp)  # fmt: skip
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, inner):
            yield from _own_nodes(child)


def _implied(node: ast.AST) -> Iterator[Message]:
    """Yield the messages of constants that are translated where they are drawn."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        texts = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
        if node.func.id == "bind" and len(texts) > 2 and texts[2]:
            yield Message(str(texts[2]))
        if node.func.id == "KeyBinding" and len(texts) > 1 and texts[1]:
            yield Message(str(texts[1]), KEY)
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    value = getattr(node, "value", None)
    named = [arg.id for arg in targets if isinstance(arg, ast.Name)]
    if value is not None and any(name in ("BAR", "BARS") for name in named):
        yield from _labels(value)


def _labels(value: ast.AST) -> Iterator[Message]:
    for node in ast.walk(value):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            action, label = node.elts
            if isinstance(action, ast.Constant) and isinstance(label, ast.Constant):
                yield Message(str(label.value), KEY)


# --- templates ------------------------------------------------------------------------------------


def _in_template(path: Path) -> Iterator[Message]:
    tree = Environment().parse(path.read_text(encoding="utf-8"))
    for _line, function, ids in extract_from_ast(tree, ("_", "ngettext", "pgettext")):
        texts = [text_id for text_id in ([ids] if isinstance(ids, str) else ids) if text_id]
        if function == "ngettext":
            yield Message((texts[0], texts[1]))
        elif function == "pgettext":
            yield Message(texts[1], texts[0])
        else:
            yield Message(texts[0])


def _plain_words(source: str) -> Iterator[tuple[int, str]]:
    """Yield the words of a template that are not translated: between tags, and in attributes."""
    text = _CODE.sub(lambda code: "\n" * code[0].count("\n"), source).replace(' lang=""', "")
    matches = [*_BETWEEN_TAGS.finditer(text), *_ATTRIBUTE.finditer(text)]
    for match in matches:
        if re.search(r"[^\W\d_]{2,}", match[1].replace("tocsin", "")):
            yield text.count("\n", 0, match.start(1)) + 1, match[1].strip()


# --- commands -------------------------------------------------------------------------------------


def _of_commands() -> Iterator[Message]:
    for _path, command in commands():
        yield from map(Message, messages_of_command(as_shown(command)))
        if isinstance(command, LazyGroup):
            yield from _of_summaries(command)


def _of_summaries(group: LazyGroup) -> Iterator[Message]:
    for lazy in group.lazy.values():
        yield from (Message(lazy.summary), Message(lazy.section, SECTION))
    if group.commands:
        yield Message("Commands", SECTION)


def as_shown(command: click.Command) -> click.Command:
    """Return a command with the options that all have."""
    return command if command is main_group else with_common_options(command)


def _of_click() -> Iterator[Message]:
    for message in _in_click():
        text = message.id if isinstance(message.id, str) else message.id[0]
        if not FOR_DEVELOPERS.match(text):
            yield message
    yield Message("required")  # of an option; click looks it up by a variable


def _in_click() -> Iterator[Message]:
    folder = Path(str(click.__file__)).parent
    for name in CLICK:
        source = BytesIO((folder / f"{name}.py").read_bytes())
        for _line, _function, texts, _comments in extract_python(source, ["_", "ngettext"], [], {}):
            if isinstance(texts, str):
                yield Message(texts)
            elif texts and texts[0] and texts[1]:
                yield Message((str(texts[0]), str(texts[1])))


# --- what is not wrapped --------------------------------------------------------------------------


def _not_messages(nodes: Sequence[ast.AST], names: dict[str, str]) -> Iterator[ast.AST]:
    """Yield the nodes below which no message is looked for."""
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node  # a docstring
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from node.decorator_list  # options of commands
        if isinstance(node, ast.AnnAssign):
            yield node.annotation
        if isinstance(node, ast.Assert):
            yield node
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if names.get(name):
                yield from node.args
            if name in ("bind", "LazyCommand", "KeyBinding", "Option", "GlobalOption", "debug",
                        "compile", "TypeVar", "strftime", "add_argument", "Field",
                        "ConfigDict", "key", "optional", "param", "required"):  # fmt: skip
                yield node
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(bar, ast.Name) and bar.id in ("BARS", "BAR") for bar in targets):
            yield node


def _walk(node: ast.AST, skipped: set[int]) -> Iterator[ast.AST]:
    if id(node) in skipped:
        return
    yield node
    if isinstance(node, ast.JoinedStr):
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                yield from _walk(value.value, skipped)
        return
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, skipped)


def _plain_text(text: str) -> str:
    return text.removeprefix("\b\n").strip()


def _looks_like_a_message(text: str) -> bool:
    if _NOT_PROSE.match(text) or ("\n  " in text and "{" in text):
        return False
    return bool(_WORDS.search(text) or _BESIDE_A_VALUE.search(text) or _TITLE.fullmatch(text))
