"""Pages that list articles, in the manner of French and English sites, with what is on them.

`listings.txt` has a page each: its name, what stands before the items, an item, what follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import NamedTuple

URL = "https://journal.example/actualites"
TITLES = (
    "La Belgique enquête sur l’entrepôt de Liège",
    "Le port d’Anvers ferme ses bassins",
    "« Nous n’avons rien à cacher », dit le directeur",
    "Un avion-cargo retenu à Bierset",
    "The minister answers the committee",
    "Douanes : trois agents suspendus",
    "Spring sale of warehouses in Wallonia",
)
_PAGE = Template(
    '<!doctype html><html lang="fr"><head><title>Actualités</title>'
    "<script>var t='La Belgique enquête'</script></head><body>"
    '<nav><ul class="menu"><li><a href="/">Accueil</a></li><li><a href="/monde">Monde</a></li>'
    '<li><a href="/sport">Sport</a></li><li><a href="/contact">Contact</a></li></ul></nav>'
    '$BODY<footer><ul><li><a href="/faq">FAQ</a></li><li><a href="/cgu">CGU</a></li></ul></footer>'
    "</body></html>"
)
_LEAD = "<p>Les services de sécurité surveillent le site depuis plusieurs mois, dit-on.</p>"


class Item(NamedTuple):
    """An article that a page lists."""

    title: str
    path: str
    day: str
    """As 2023-10-09; empty if the page has none."""


class Listing(NamedTuple):
    """A page, and its items."""

    name: str
    html: str
    items: list[Item]


def listings(path: Path = Path(__file__).with_suffix(".txt")) -> Iterator[Listing]:
    """Yield the pages of a file."""
    for text in path.read_text(encoding="utf-8").split("# ")[1:]:
        name, _newline, body = text.partition("\n")
        before, item, after = body.split("\n* ")[0], *body.split("\n* ")[1].split("\n", 1)
        items = [
            Item(title, f"/a/{n}.html", "" if "(no dates)" in name else f"2023-10-{9 - n:02}")
            for n, title in enumerate(TITLES)
        ]
        rows = [_row(Template(item), n, items[n]) for n in range(len(items))]
        yield Listing(name, _PAGE.substitute(BODY="\n".join((before, *rows, after))), items)


def _row(item: Template, n: int, value: Item) -> str:
    day = 9 - n
    return item.safe_substitute(
        N=n, PATH=value.path, TITLE=value.title, LEAD=_LEAD, BIG="tile" if n else "lead",
        ISO=f"2023-10-{day:02}", ISOT08=f"2023-10-{day:02}T08", ISOT10=f"2023-10-{day:02}T10",
        FRENCH=f"{day} octobre 2023", ENGLISH=f"October {day}, 2023", NUMERIC=f"{day:02}/10/2023",
    )  # fmt: skip
