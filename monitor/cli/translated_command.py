"""Help in the language of the reader: commands say it in English, and are shown translated."""

from __future__ import annotations

import copy
import gettext as catalogues
import inspect
import os
from collections.abc import Iterator
from typing import Any

import click

from monitor.base.translation import DOMAIN, ENGLISH, choice, current, gettext as _

_KEEP_LINES = "\b\n"
"""The mark with which click keeps the lines of a paragraph."""


def translated(command: click.Command) -> click.Command:
    """Return a command with its help in the language in use; in English the command itself."""
    if current() == ENGLISH:
        return command
    translation = copy.copy(command)
    translation.help = translated_text(command.help)
    translation.short_help = command.short_help and _(command.short_help)
    translation.epilog = translated_text(command.epilog)
    translation.params = [_translated_parameter(parameter) for parameter in command.params]
    translation._help_option = None  # made by click at the first use, in the language of that time
    translation.options_metavar = translation.options_metavar and _(translation.options_metavar)
    if isinstance(translation, click.Group):
        translation.subcommand_metavar = _(translation.subcommand_metavar)
    return translation


def translated_text(text: str | None) -> str | None:
    """Return a help text paragraph by paragraph; where lines do not count, each is one line."""
    if not text:
        return text
    return "\n\n".join(sign + _(paragraph) for sign, paragraph in _paragraphs(text))


def _paragraphs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the paragraphs of a help text, each with the sign that its lines are kept, or ''."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        lines = paragraph.strip("\n")
        body = lines.removeprefix(_KEEP_LINES)
        yield (_KEEP_LINES, body) if body != lines else ("", " ".join(lines.split()))


def messages(command: click.Command) -> Iterator[str]:
    """Yield the messages that `translated` looks up for a command."""
    for text in (command.help, command.epilog):
        yield from (paragraph for _sign, paragraph in _paragraphs(text or ""))
    yield from filter(None, (command.short_help, command.options_metavar))
    if isinstance(command, click.Group):
        yield command.subcommand_metavar
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from filter(None, (parameter.help, parameter.prompt))
        if metavar := _metavar(parameter) or _argument(parameter):
            yield metavar


def use_language_of_click() -> None:
    """Let click find its own messages, such as "Usage:", in the catalogue of tocsin.

    click looks up the standard library's current domain, in the language of the environment.
    """
    language, folder = choice()
    if language == ENGLISH:
        catalogues.textdomain("messages")
        return
    os.environ["LANGUAGE"] = language
    catalogues.bindtextdomain(DOMAIN, str(folder))
    catalogues.textdomain(DOMAIN)


def _translated_parameter(parameter: click.Parameter) -> click.Parameter:
    translation = copy.copy(parameter)
    if metavar := _metavar(parameter):
        translation.metavar = _(metavar)
    elif word := _argument(parameter):
        label = _(word) if parameter.required else f"[{_(word)}]"
        translation.metavar = label if parameter.nargs == 1 else f"{label}..."
    if isinstance(translation, click.Option):
        translation.help = translation.help and _(translation.help)
        if isinstance(translation.prompt, str):
            translation.prompt = _(translation.prompt)
    return translation


def _metavar(parameter: click.Parameter) -> str:
    """Return the word that stands for a value in the help; empty if it is no word."""
    if parameter.metavar:
        return parameter.metavar if "|" not in parameter.metavar else ""
    if isinstance(parameter.type, click.Choice | click.IntRange | click.FloatRange):
        return ""
    if isinstance(parameter, click.Option) and not parameter.is_flag and not parameter.count:
        return _type_word(parameter.type).upper()
    return ""


def _type_word(kind: click.ParamType[Any]) -> str:
    """Return the English word for a type; click translates that of a path where it is made."""
    if not isinstance(kind, click.Path) or kind.dir_okay == kind.file_okay:
        return "path" if isinstance(kind, click.Path) else kind.name
    return "directory" if kind.dir_okay else "file"


def _argument(parameter: click.Parameter) -> str:
    """Return the word that stands for an argument, where click makes it of the name."""
    if not isinstance(parameter, click.Argument) or parameter.metavar:
        return ""
    return "" if isinstance(parameter.type, click.Choice) else (parameter.name or "").upper()
