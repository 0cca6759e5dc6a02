"""The catalogues of messages: `make messages` brings them up to date with the sources.

python -m support.messages                  update, compile, say what is not translated
python -m support.messages untranslated     print these messages as a .po, to be filled in
python -m support.messages fill FILE        take the translations of such a .po
python -m support.messages unwrapped PATH…  what looks like a message and is not translated
python -m support.messages resolve          after a conflict in git: the messages of both sides
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message as Entry
from babel.messages.pofile import read_po, write_po

from hatch_build import compile_catalogues
from monitor.base.translation import DOMAIN
from support import ROOT
from support.message_sources import Message, all_messages, needs_translation, sources, unwrapped

FRENCH = ROOT / "monitor" / "locale" / "fr" / "LC_MESSAGES" / "tocsin.po"

HEADER = r"""# The French messages of tocsin. `make messages` keeps them in line with the sources.
msgid ""
msgstr ""
"Language: fr\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"""
"""Without dates and names, which would differ between any two branches."""


def catalogue(path: Path = FRENCH) -> Catalog:
    """Return a catalogue as it is written."""
    with path.open("rb") as file:
        return read_po(file, domain=DOMAIN, abort_invalid=True)


def updated(existing: Catalog) -> Catalog:
    """Return a catalogue with exactly the messages of the sources, and the translations it has."""
    updated_catalogue = empty()
    for message in sorted(all_messages(), key=str):
        translated = existing.get(_singular(message), message.context or None)
        added = updated_catalogue.add(message.id, context=message.context or None)
        if translated is not None and translated.pluralizable == added.pluralizable:
            added.string = translated.string
        added.flags.clear()
    return updated_catalogue


def empty() -> Catalog:
    """Return a catalogue without messages."""
    return read_po(BytesIO(HEADER.encode()), domain=DOMAIN)


def text(of: Catalog) -> str:
    """Return a catalogue as it is kept in git: sorted, without line numbers and broken lines."""
    buffer = BytesIO()
    write_po(buffer, of, width=0, omit_header=True, no_location=True, sort_output=True)
    return f"{HEADER}\n{buffer.getvalue().decode().rstrip()}\n"


def untranslated(of: Catalog) -> Iterator[Entry]:
    """Yield the messages without a translation."""
    for entry in of:
        texts = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
        if entry.id and not all(texts):
            yield entry


def fill(target: Catalog, source: Catalog) -> None:
    """Take the translations of a catalogue, where it has any."""
    for entry in source:
        texts = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
        translated = target.get(entry.id, entry.context) if entry.id and all(texts) else None
        if translated is not None and translated.pluralizable == entry.pluralizable:
            translated.string = entry.string


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _sides() -> Iterator[Catalog]:
    """Yield the catalogue of each side of a conflict, those of the upstream first."""
    for stage in (2, 3):
        side = subprocess.run(
            ["git", "show", f":{stage}:{FRENCH.relative_to(ROOT)}"],
            cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
        yield read_po(BytesIO(side.stdout), domain=DOMAIN)


def _update(*catalogues: Catalog) -> int:
    base, *others = catalogues or (catalogue(),)
    for other in others:
        for entry in other:
            if entry.id and base.get(entry.id, entry.context) is None:
                base.add(entry.id, entry.string, context=entry.context)
        fill(base, other)
    new = updated(base)
    FRENCH.write_text(text(new), encoding="utf-8")
    compile_catalogues(ROOT)
    missing = list(untranslated(new))
    for entry in missing:
        _say(f"not translated: {entry.id!r}" + (f" ({entry.context})" if entry.context else ""))
    _say(f"{FRENCH.relative_to(ROOT)}: {len(new)} messages, {len(missing)} of them not translated")
    return 1 if missing else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; see the docstring of this module."""
    match arguments:
        case []:
            return _update()
        case ["resolve"]:
            return _update(*_sides())
        case ["untranslated"]:
            partial = empty()
            for entry in untranslated(updated(catalogue())):
                partial.add(entry.id, context=entry.context).flags.clear()
            _say(text(partial))
        case ["fill", file]:
            new = updated(catalogue())
            fill(new, catalogue(Path(file)))
            return _update(new)
        case ["unwrapped", *paths]:
            names = [Path(path).resolve() for path in paths]
            for path in sources():
                name = path.relative_to(ROOT).as_posix()
                named = any(path.is_relative_to(folder) for folder in names)
                if named or (not names and needs_translation(path)):
                    for number, text_found in unwrapped(path):
                        _say(f"{name}:{number}: {text_found!r}")
        case _:
            _say(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
