"""Tests of the choice of the language."""

from pathlib import Path

import pytest

from monitor.base.language import choose, written_in


@pytest.mark.parametrize(
    ("configured", "environ", "language"),
    [
        ("", {}, "en"),
        ("", {"LANG": "fr_BE.UTF-8"}, "fr"),
        ("", {"LANG": "fr"}, "fr"),
        ("", {"LANG": "de_DE.UTF-8"}, "en"),
        ("", {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ("", {"LANG": "en_US.UTF-8", "LC_MESSAGES": "fr_CA"}, "fr"),
        ("", {"LANG": "fr_FR.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}, "fr"),
        ("fr", {}, "fr"),
        ("en", {"LANG": "fr_FR.UTF-8"}, "en"),
        ("nl", {"LANG": "fr_FR.UTF-8"}, "fr"),  # a mistake, which `tocsin check` tells in French
        ("en", {"TOCSIN_LANGUAGE": "fr"}, "fr"),
        ("fr", {"TOCSIN_LANGUAGE": "EN", "LANG": "fr"}, "en"),
        ("fr", {"TOCSIN_LANGUAGE": ""}, "fr"),
        ("", {"TOCSIN_LANGUAGE": "fr_FR.UTF-8"}, "fr"),
        ("fr", {"TOCSIN_LANGUAGE": "nl"}, "fr"),
    ],
)
def test_one_person_comes_before_the_newsroom_and_the_machine(
    configured: str, environ: dict[str, str], language: str
) -> None:
    assert choose(configured, environ) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("language: fr\n", "fr"),
        ("# mine\nfeeds: []\nlanguage: 'FR' # for the desk\n", "fr"),
        ('language:"en"\n', "en"),
        ("feeds:\n- name: x\n  language: fr\n", ""),
        ("# language: fr\n", ""),
        ("language:\n", ""),
        ("\xff: [", ""),
    ],
)
def test_the_file_is_not_parsed_for_its_language(tmp_path: Path, text: str, language: str) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(text, encoding="latin-1")
    assert written_in(path) == language


def test_without_a_file_there_is_no_language_of_the_newsroom(tmp_path: Path) -> None:
    assert written_in(tmp_path / "feeds.yaml") == ""
