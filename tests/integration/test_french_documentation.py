"""The French documents: they have the commands, keys and sections of the English ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT

from monitor.base import translation
from tui.key_labels import key_label

DOCS = ROOT / "docs"
FRENCH = sorted([*ROOT.glob("*.fr.md"), *DOCS.rglob("*.fr.md")])
NAMES = [str(path.relative_to(ROOT)) for path in FRENCH]
OF_A_USER = (
    *("README", "docs/index", "docs/tutorial/demo", "docs/how-to/own-newsroom"),
    *("docs/how-to/watchlists", "docs/how-to/worked-watchlists", "docs/how-to/no-alert"),
    *("docs/how-to/coming-from", "docs/how-to/briefing", "docs/reference/query-language"),
    *("docs/reference/keys", "docs/reference/one-page"),
)
"""The documents that somebody who watches and reads needs, without their endings."""
LIMITS = {"": 35_000, ".fr": 7_500}
"""How many words the pages of docs/ may have together, by the ending of a language."""
RUNS = ("sh", "yaml", "toml")
"""The languages of blocks that are run or read by tocsin; of others, lines after `$ ` are run."""
NAMED_KEYS = ("enter", "escape", "space", "home", "end")


def english(path: Path) -> Path:
    """Return the document that a French one translates."""
    return path.with_name(path.name.replace(".fr.md", ".md"))


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """Return the language of each block of code, and its lines that are run, without comments."""
    found = []
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S):
        lines = [re.sub(r"(^|\s+)#\s.*", "", line) for line in block.splitlines()]
        if language not in RUNS:
            lines = [line for line in lines if line.startswith("$ ")]
        found.append((language, [line.rstrip() for line in lines if line.strip()]))
    return found


def codes(text: str, key_names: dict[str, str]) -> set[str]:
    """Return what stands between backticks: commands, keys, options, values; keys by one name."""
    prose = re.sub(r"^```.*?^```$|<!--.*?-->", "", text, flags=re.M | re.S)
    return {key_names.get(code, code) for code in re.findall(r"`+ ?([^`]+?) ?`+", prose)}


def french_keys() -> dict[str, str]:
    """Return the English name of each key that has a French one."""
    english_labels = [key_label(key) for key in NAMED_KEYS]
    before = translation.choice()
    translation.use("fr", ROOT / "monitor" / "locale")
    try:
        return dict(zip(map(key_label, NAMED_KEYS), english_labels, strict=True))
    finally:
        translation.use(*before)


def links(text: str) -> set[str]:
    """Return the pages that a document links to, whatever their language."""
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    return {target.replace(".fr.md", ".md") for target in targets}


def levels(text: str) -> list[str]:
    """Return the level of each heading, as `##`."""
    return re.findall(r"^(#+) ", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M)


def differences(original: str, translated: str) -> Iterator[str]:
    """Yield the commands, keys, sections and links that are in one of two documents only."""
    if levels(original) != levels(translated):
        yield "the sections"
    for (_, lines), (_, other_lines) in zip(blocks(original), blocks(translated), strict=False):
        yield from set(lines) ^ set(other_lines)
    if len(blocks(original)) != len(blocks(translated)):
        yield "the number of blocks of code"
    yield from codes(original, {}) ^ codes(translated, french_keys())
    yield from links(original) ^ links(translated)


@pytest.mark.parametrize("name", OF_A_USER)
def test_the_documents_of_a_user_are_in_both_languages(name: str) -> None:
    assert (ROOT / f"{name}.md").exists()
    assert (ROOT / f"{name}.fr.md").exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_french_document_has_the_commands_and_keys_of_the_english_one(name: str) -> None:
    path = ROOT / name
    pair = (document.read_text(encoding="utf-8") for document in (english(path), path))
    assert not [*differences(*pair)]


ORIGINAL = "# Read\n\n`a` acknowledges, `enter` opens.\n\n```sh\ntocsin brief # print it\n```\n"
FAITHFUL = "# Lire\n\n`a` marque, `entrée` ouvre.\n\n```sh\ntocsin brief # l’afficher\n```\n"


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("`a` marque", "`x` marque"),
        ("`entrée`", "`espace`"),
        ("tocsin brief", "tocsin status"),
        ("# Lire\n", "# Lire\n\n## Encore\n"),
        ("ouvre.", "ouvre : [autre](other.md)."),
        ("```sh", "```sh\ntocsin stop\n```\n\n```sh"),
    ],
)
def test_what_differs_is_seen(said: str, instead: str) -> None:
    assert not [*differences(ORIGINAL, FAITHFUL)]
    assert [*differences(ORIGINAL, FAITHFUL.replace(said, instead))]


@pytest.mark.parametrize("name", NAMES)
def test_a_french_document_links_to_french_ones(name: str) -> None:
    path = ROOT / name
    for target in re.findall(r"\]\(([^)#\s]+\.md)", path.read_text(encoding="utf-8")):
        is_original = name == "README.fr.md" and target == "README.md"
        translated = (path.parent / target).with_suffix(".fr.md")
        assert target.endswith(".fr.md") or is_original or not translated.exists(), target


@pytest.mark.parametrize("name", NAMES)
def test_french_is_printed_as_the_french_print_it(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"`[^`\n]+`", "CODE", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))
    prose = re.sub(r"<!--.*?-->|\]\(\S*\)|<.*?>", "", text, flags=re.S)
    assert not re.findall(r"\w+ [:;?!»](?!\w)|« \w*|\w'\w+", prose)
    assert not re.search(r"(lev|lèv)\w+ (une|des|les|l’) ?alerte", prose), "it means to end it"


@pytest.mark.parametrize("ending", LIMITS)
def test_the_documentation_is_short(ending: str) -> None:
    pages = [path for path in DOCS.rglob("*.md") if "".join(path.suffixes[:-1]) == ending]
    words = [word for path in pages for word in path.read_text(encoding="utf-8").split()]
    assert sum(1 for word in words if re.search(r"\w", word)) <= LIMITS[ending]
