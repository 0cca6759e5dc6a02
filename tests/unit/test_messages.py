"""Tests that every message is extracted, translated, and follows French typography."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from support import ROOT
from support.message_sources import exempt, sources, unwrapped
from support.messages import FRENCH, catalogue, text, updated
from support.pseudo_language import plain_words, pseudo, pseudo_language, untranslated_help

CATALOGUE = catalogue()
SPACE = "\N{NO-BREAK SPACE}"


def texts(entry: Message) -> tuple[list[str], list[str]]:
    """Return the English and the French texts of a message."""
    english = list(entry.id) if isinstance(entry.id, tuple | list) else [str(entry.id)]
    french = list(entry.string) if isinstance(entry.string, tuple | list) else [str(entry.string)]
    return english, french


def entries() -> Iterator[Message]:
    return (entry for entry in CATALOGUE if entry.id)


def names(message: str) -> set[str]:
    """Return the placeholders of a message: {name}, and %Y or %(name)s."""
    braces = {name.split("!")[0] for _, name, _, _ in Formatter().parse(message) if name}
    return braces | set(re.findall(r"%\(\w+\)s", message))


def test_the_catalogue_has_what_the_sources_have() -> None:
    assert FRENCH.read_text(encoding="utf-8") == text(updated(CATALOGUE)), "run `make messages`"
    assert not CATALOGUE.obsolete
    assert not [entry.id for entry in CATALOGUE if entry.id and entry.fuzzy]


def test_every_message_is_translated() -> None:
    assert not [entry.id for entry in entries() if not all(texts(entry)[1])]


def test_every_placeholder_is_kept() -> None:
    wrong_texts = []
    for entry in entries():
        english, french = texts(entry)
        allowed_names = set().union(*map(names, english))
        for target in french:
            # "one" may say it in words: {count} may be left out there only.
            missing = names(english[-1]) - names(target) - ({"count"} if len(french) > 1 else set())
            if names(target) - allowed_names or (missing and target == french[-1]):
                wrong_texts.append((english, target))
    assert not wrong_texts


def test_every_plural_has_its_forms() -> None:
    assert CATALOGUE.num_plurals == 2
    assert not [
        entry.id
        for entry in entries()
        if isinstance(entry.id, tuple | list) and len(texts(entry)[1]) != 2
    ]


CODE = re.compile(r"`[^`]*`|\b\w+://\S+|%[a-zA-Z]|\d+:\d+|\{[^}]*\}|::|\w+:(?=\S)")


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ("a no-break space before : ; ! ?", rf"[^\s:;!?…(\[{SPACE}][:;!?](?=\s|$)"),
        ("that space is no-break", r" [:;!?»](?=\s|$)"),
        ("a no-break space before units", r"[\dx] (?:s|min|h|j|ms|ko|Mo|Go|%)(?=[\s.,;:)]|$)"),
        ("a no-break space inside « »", rf"«[^{SPACE}]|[^{SPACE}]»"),
        ("the typographic apostrophe", r"\w'\w"),
        ("no quotation marks of English", r"[“”]"),
        ("an ellipsis is one sign", r"[^.]\.\.\.(?:\s|$)"),
    ],
)  # fmt: skip
def test_french_is_written_as_french(rule: str, pattern: str) -> None:
    metavariables = re.compile(r"[A-ZÀ-Ý\[\]. -]+")
    wrong_texts = [
        target
        for entry in entries()
        for target in texts(entry)[1]
        if re.search(pattern, CODE.sub("x", target)) and not metavariables.fullmatch(target)
    ]
    assert not wrong_texts, rule


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ("who lifts an alert calls it off", r"\bl[eè]v(?:er?|ée?s?|ent|ez)\b"),
        ("what is retained was chosen", r"\bretenue?s?\b"),
        ("a monitor is a screen", r"\bmoniteurs?\b"),
        ("one sees an alert", r"\bpr(?:is|ise|ises|endre) en compte\b"),
        ("noise is no sentence of a judge", r"\bjug\w+ (?:que c’est du |comme du )?bruit\b"),
        ("an article is consulted", r"\b(?:trouv|cherch)ables?\b"),
        ("units are French", r"\d(?:w|mo|y|d)\b|toutes les \{"),
        ("nobody hangs up on a newsroom", r"\braccroch|\btout va bien\b"),
    ],
)  # fmt: skip
def test_french_is_that_of_a_newsroom(rule: str, pattern: str) -> None:
    french_texts = (text for entry in entries() for text in texts(entry)[1])
    assert not [text for text in french_texts if re.search(pattern, text, re.IGNORECASE)], rule


def test_headings_of_help_end_with_the_space_before_their_colon() -> None:
    headings = {entry.id: entry.string for entry in entries() if entry.context == "section"}
    assert headings
    assert all(str(french).endswith(SPACE) for french in headings.values())


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_no_message_that_is_not_translated(path: Path) -> None:
    assert not list(unwrapped(path))


@pytest.mark.parametrize("name", exempt())
def test_what_needs_no_translation_is_there(name: str) -> None:
    assert (ROOT / name).exists(), "renamed? see tests/support/untranslated.txt"


def test_the_help_of_commands_is_translated() -> None:
    with pseudo_language():
        assert not dict(untranslated_help())


def test_the_pseudo_language_keeps_values_and_shows_plain_words() -> None:
    assert pseudo("{count} feeds of {name!r}") == "{count} ƒééđš öƒ {name!r}"
    assert plain_words(f"{pseudo('Alert of')} Le Soir, seen  --since 7d", ["Le Soir"]) == ["seen"]
