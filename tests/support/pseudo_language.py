"""A language that shows what is not translated: every letter of a message has an accent.

A plain word on a screen is data, a name, or a message that the code does not translate, or that
`make messages` has not yet brought into the catalogues.

    python -m support.pseudo_language help [COMMAND…]   plain words in the help of commands
    python -m support.pseudo_language run ARGUMENT…     the output of a command, in this language
    python -m support.pseudo_language screens           plain words on the screens
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from babel.messages.mofile import write_mo

from monitor.base import translation
from monitor.cli import main, main_group
from monitor.cli.lazy_group import LazyGroup
from monitor.cli.translated_command import translated, use_language_of_click
from support.message_sources import as_shown, commands
from support.messages import catalogue

LANGUAGE = "qps"
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "åƀçđéƒĝĥîĵķļɱñöþʠŕšţüṽŵẋýžÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ"
_LETTERS = str.maketrans(_PLAIN, _ACCENTED)
_PLACEHOLDER = re.compile(r"(\{[^{}]*\}|%\(\w+\)s|%[a-zA-Z])")
_WORD = re.compile(r"[A-Za-z]{2,}")
_NAMES = re.compile(
    r"--?[a-z][\w-]*|[\[{][\w+.-]+(?:\|[\w+.-]+)+[\]}]|\w+://\S+|\b(?:TOCSIN_\w+|\w+\.(?:yaml|json|svg))\b"
    r"|x[<>]=\d+|\d+(?:\.\d+)?(?:min|mo|[smhdwy])\b"
)
"""Options, choices, addresses, variables, files, ranges, durations."""
_CUT = re.compile(r"\w+…|…\w+")
"""The beginning of a word that is cut."""
KEYS = ("esc tab enter space home end PgUp PgDn right", "UTC min TOCSIN tocsin", "NEAR xx zzz desk")
"""Names of keys, words of every screen, and typed words."""


def pseudo(text: str) -> str:
    """Return a message in the pseudo-language; texts in braces stay."""
    parts = _PLACEHOLDER.split(text)
    return "".join(part if at % 2 else part.translate(_LETTERS) for at, part in enumerate(parts))


@contextlib.contextmanager
def pseudo_language() -> Iterator[None]:
    """Show every message in the pseudo-language."""
    before, environ = translation.choice(), os.environ.get("LANGUAGE")
    with tempfile.TemporaryDirectory() as name:
        _write(Path(name))
        translation.use(LANGUAGE, Path(name))
        use_language_of_click()
        try:
            yield
        finally:
            translation.use(*before)
            use_language_of_click()
            os.environ.pop("LANGUAGE", None)
            if environ is not None:
                os.environ["LANGUAGE"] = environ


def _write(folder: Path) -> None:
    messages = catalogue()
    for entry in messages:
        if entry.id:
            ids = entry.id
            entry.string = pseudo(ids) if isinstance(ids, str) else tuple(map(pseudo, ids))
    place = folder / LANGUAGE / "LC_MESSAGES" / f"{translation.DOMAIN}.mo"
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        write_mo(file, messages)


def plain_words(text: str, known_texts: Sequence[str] = ()) -> list[str]:
    """Return the words of a text that are no message and not known either, once each."""
    words = dict.fromkeys(_WORD.findall(_NAMES.sub(" ", text)))
    expected = {word for phrase in known_texts for word in _WORD.findall(phrase)}
    return [word for word in words if word not in expected]


def untranslated_help() -> Iterator[tuple[str, list[str]]]:
    """Yield each command whose help has plain words, with these; for `pseudo_language`."""
    names = [word for path, _command in commands() for word in path.split()]
    for path, command in commands():
        *parents, name = path.split()
        context = None
        for parent in parents:
            context = click.Context(main_group, info_name=parent, parent=context)
        plain = as_shown(command)
        accented = translated(plain)
        settings = main_group.context_settings  # click remembers the option for help
        inner = click.Context(accented, info_name=name, parent=context, **settings)
        defaults = [*_defaults(plain)]
        if isinstance(plain, LazyGroup) and (first := plain.get_command(inner, plain.default)):
            defaults += _defaults(first)
        if words := plain_words(accented.get_help(inner), [*names, *defaults]):
            yield path, words


def _defaults(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield str(parameter.default)


def data_words(*names: str) -> list[str]:
    """Return the texts in modules of `support`, such as those of the invented articles."""
    folder = Path(__file__).parent
    return [
        node.value
        for name in names
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def untranslated_screens(folder: Path) -> dict[str, list[str]]:
    """Return each screen and dialog that has plain words, with these; for `pseudo_language`.

    Args:
        folder: For the feeds.yaml of the dashboard.
    """
    from index.query.filters import FRENCH
    from support.screen_tour import FILE, tour

    known_words = [*data_words("fake_newsroom", "briefings"), FILE, str(folder), *KEYS, *FRENCH]
    return {
        name: words
        for name, text in tour(folder).items()
        if (words := plain_words(_CUT.sub("", text), known_words))
    }


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; see the docstring of this module."""
    match arguments:
        case ["help", *paths]:
            with pseudo_language():
                for path, words in untranslated_help():
                    if not paths or path in paths or path.removeprefix("tocsin ") in paths:
                        sys.stdout.write(f"{path}: {' '.join(words)}\n")
        case ["screens"]:
            with pseudo_language(), tempfile.TemporaryDirectory() as folder:
                for name, words in untranslated_screens(Path(folder)).items():
                    sys.stdout.write(f"{name}: {' '.join(words)}\n")
        case ["run", *command_line]:
            with tempfile.TemporaryDirectory() as name:
                _write(Path(name))
                from monitor import cli

                sys.argv[1:] = command_line
                cli.use_language = lambda _arguments: _use(Path(name))  # type: ignore[assignment]
                main()
        case _:
            sys.stdout.write(__doc__ or "")
            return 2
    return 0


def _use(folder: Path) -> None:
    translation.use(LANGUAGE, folder)
    use_language_of_click()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
