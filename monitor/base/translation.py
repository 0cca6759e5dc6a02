"""Messages in the language of the reader: English as it is written, others from a catalogue.

Packages write `from monitor.base.translation import gettext as _`. In English no file is read.
"""

from __future__ import annotations

import gettext as catalogues
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Self

ENGLISH = "en"
LANGUAGES = (ENGLISH, "fr")
"""The languages that have messages."""
DOMAIN = "tocsin"
"""Name of the catalogues."""
_SEPARATORS = {"fr": ("\N{NO-BREAK SPACE}", ",")}
"""The separators of thousands and of decimals."""


class Choice(NamedTuple):
    """The arguments of `use`, for processes that are started."""

    language: str
    folder: Path


class _Chosen:
    """The values that `use` has set."""

    language = ENGLISH
    folder = Path()
    catalogue: catalogues.NullTranslations | None = None


_chosen = _Chosen()


def use(language: str, folder: Path) -> None:
    """Show all messages from now on in a language.

    Args:
        language: One of `LANGUAGES`; of another one, and of one whose catalogue was not compiled,
            there are English messages only.
        folder: Where the catalogues are: `LANGUAGE/LC_MESSAGES/tocsin.mo`.
    """
    if (language, folder) == (_chosen.language, _chosen.folder):
        return
    _chosen.language, _chosen.folder, _chosen.catalogue = language, folder, None
    if language != ENGLISH:
        _chosen.catalogue = catalogues.translation(DOMAIN, folder, [language], fallback=True)


def current() -> str:
    return _chosen.language


def choice() -> Choice:
    """Return the arguments of the last call of `use`, for another process."""
    return Choice(_chosen.language, _chosen.folder)


class Message(str):
    """Words in the language of this process, which know their message and values."""

    code: tuple[Any, ...]
    """The arguments of `gettext` or `ngettext`, and the values by name."""

    def __new__(cls, words: str, *code: Any) -> Self:
        """Return words with their code."""
        message = super().__new__(cls, words)
        message.code = code
        return message

    def __str__(self) -> str:
        """Return the same, so that an error with this message has it too."""
        return self

    def __add__(self, other: str) -> str:
        return joined((self, other))

    def __radd__(self, other: str) -> str:
        return joined((other, self))


def joined(parts: Iterable[str], separator: str = "") -> str:
    """Return texts as one, which is a message if any of them is."""
    texts = [*parts]
    words = separator.join(texts)
    if not any(isinstance(text, Message) for text in texts):
        return words
    values = {f"part{place}": text for place, text in enumerate(texts)}
    template = "{separator}".join(f"{{{name}}}" for name in values)
    return Message(words, template, values | {"separator": separator})


CODED = "\x1f"
"""The sign before a message that is stored; no text from outside has it."""


def coded(words: Any) -> Any:
    """Return words as they are stored: a message with its values, other words as they are."""
    if not isinstance(words, Message):
        return words
    *arguments, values = words.code
    code = [*arguments, {name: coded(value) for name, value in values.items()}]
    return CODED + json.dumps(code, ensure_ascii=False, default=str)


def shown(stored: str) -> str:
    """Return words that were stored, in the language of this process."""
    if not stored.startswith(CODED):
        return stored
    *arguments, values = json.loads(stored[1:])
    values = {name: shown(v) if isinstance(v, str) else v for name, v in values.items()}
    return (gettext if len(arguments) == 1 else ngettext)(*arguments, **values)


def gettext(message: str, /, **values: object) -> str:
    """Return a message in the language of the reader, with its values.

    Args:
        message: The English message. Names in braces stand for values; without values braces are
            text.
        **values: The values by name. Numbers are given as `number` writes them.
    """
    catalogue = _chosen.catalogue
    text = message if catalogue is None or not message else catalogue.gettext(message)
    return Message(text.format(**values) if values else text, message, values)


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Return a message that means different things in different places.

    `context` tells translators where it stands.
    """
    catalogue = _chosen.catalogue
    text = message if catalogue is None else catalogue.pgettext(context, message)
    return text.format(**values) if values else text


def ngettext(singular: str, plural: str, amount: float, /, **values: object) -> str:
    """Return a message about a number, which is its value `{count}`: `1,200 entries`.

    The plural is also for none.
    """
    catalogue = _chosen.catalogue
    if catalogue is None:
        text = singular if amount == 1 else plural
    else:
        text = catalogue.ngettext(singular, plural, int(amount))
    words = text.format(count=number(amount), **values)
    return Message(words, singular, plural, amount, values)


def mark(message: str) -> str:
    """Return a message as it is: a constant that is translated where it is shown."""
    return message


def mark_all(context: str, *messages: str) -> tuple[str, ...]:
    """Return messages as they are: constants that `pgettext` translates in this context."""
    return messages


def mark_plural(singular: str, plural: str) -> tuple[str, str]:
    """Return messages as they are: constants that `ngettext` translates where they are shown."""
    return singular, plural


def number(value: float, decimals: int = 0) -> str:
    """Return a number as the language writes it: `1,234.5`, in French `1 234,5`."""
    if isinstance(value, int) and -1000 < value < 1000 and not decimals:
        return str(value)
    text = f"{value:,.{decimals}f}"
    if _chosen.language == ENGLISH or _chosen.language not in _SEPARATORS:
        return text
    thousands, point = _SEPARATORS[_chosen.language]
    return text.translate({ord(","): thousands, ord("."): point})
