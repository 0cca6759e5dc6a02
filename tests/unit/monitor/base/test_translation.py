"""Tests of messages in the language of the reader."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from monitor.base import translation
from monitor.base.errors import ConfigError, Problem
from monitor.base.formatting import clauses
from monitor.base.text_cleaning import clean
from monitor.base.translation import coded, gettext, mark, ngettext, number, pgettext, shown


@pytest.fixture
def french(tmp_path: Path) -> Iterator[Path]:
    catalogue = Catalog(locale="fr")
    catalogue.add("feed", "flux")
    catalogue.add("{name} is new", "{name} est nouveau")
    catalogue.add("note", "noter", context="key")
    catalogue.add(("{count} entry of {feed}", "{count} entries of {feed}"),
                  ("{count} entrée de {feed}", "", "{count} entrées de {feed}"))  # fmt: skip
    mo_path = tmp_path / "fr" / "LC_MESSAGES" / "tocsin.mo"
    mo_path.parent.mkdir(parents=True)
    with mo_path.open("wb") as file:
        write_mo(file, catalogue)
    before = translation.choice()
    translation.use("fr", tmp_path)
    yield tmp_path
    translation.use(*before)


def test_english_is_what_is_written() -> None:
    assert gettext("{name} is new", name="Le Soir") == "Le Soir is new"
    assert gettext("{name} is new") == "{name} is new"  # without values, braces are text
    assert pgettext("key", "note") == "note"
    assert mark("feed") == "feed"
    assert translation.current() == "en"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1_200, "1,200 entries")],
)
def test_counts_in_english(count: int, text: str) -> None:
    assert ngettext("{count} entry", "{count} entries", count) == text


@pytest.mark.usefixtures("french")
def test_messages_come_from_the_catalogue() -> None:
    assert gettext("{name} is new", name="Le Soir") == "Le Soir est nouveau"
    assert pgettext("key", "note") == "noter"
    assert translation.current() == "fr"


@pytest.mark.usefixtures("french")
def test_what_the_catalogue_lacks_is_english() -> None:
    assert gettext("unknown {thing}", thing="x") == "unknown x"
    assert gettext("note") == "note"  # of another context
    assert gettext("") == ""


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 entrée"), (1, "1 entrée"), (2, "2 entrées"), (1_200, "1\N{NO-BREAK SPACE}200 entrées")],
)
def test_counts_in_french(count: int, text: str) -> None:
    translated = ngettext("{count} entry of {feed}", "{count} entries of {feed}", count, feed="A")
    assert translated == f"{text} de A"


@pytest.mark.usefixtures("french")
def test_numbers_in_french() -> None:
    assert number(1234.5, 1) == "1\N{NO-BREAK SPACE}234,5"
    translation.use("en", Path())
    assert number(1234.5, 1) == "1,234.5"


def test_a_language_without_a_compiled_catalogue_shows_english(tmp_path: Path) -> None:
    before = translation.choice()
    translation.use("fr", tmp_path)
    assert gettext("feed") == "feed"
    translation.use(*before)


def test_another_process_can_use_the_same_language(french: Path) -> None:
    assert translation.choice() == ("fr", french)


def test_a_stored_message_is_read_in_the_language_of_its_reader(french: Path) -> None:
    translation.use("en", french)
    entries = ngettext("{count} entry of {feed}", "{count} entries of {feed}", 2, feed="A")
    error = ValueError(gettext("{name} is new", name=entries))
    stored = coded(str(error))
    assert shown(stored) == "2 entries of A is new"
    translation.use("fr", french)
    assert shown(stored) == "2 entrées de A est nouveau"
    assert coded(shown(stored)) == stored
    assert coded(pickle.loads(pickle.dumps(gettext("feed")))) == coded(gettext("feed"))


def test_joined_messages_are_read_in_the_language_of_their_reader(french: Path) -> None:
    translation.use("en", french)
    new = gettext("{name} is new", name="A")
    problems = [Problem(3, 1, new + "?"), Problem(2, 1, "plain"), Problem(4, 5, "x: " + new)]
    stored = coded(str(ConfigError("f.yaml", problems)))
    assert "f.yaml: line 3, column 1: A is new?\nf.yaml: line 4" in shown(stored)
    translation.use("fr", french)
    assert "f.yaml: line 3, column 1: A est nouveau?\nf.yaml: line 4" in shown(stored)
    assert shown(coded(clauses([new, gettext("feed")]))) == "A est nouveau; flux"


@pytest.mark.parametrize("words", ["", "503", "{name} is new", '["feed", {}]'])
def test_words_that_are_no_message_are_stored_as_they_are(words: str) -> None:
    assert coded(words) == shown(words) == words


def test_no_text_from_outside_is_taken_for_a_message() -> None:
    assert clean(coded(gettext("feed"))) != coded(gettext("feed"))
