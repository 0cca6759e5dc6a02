"""Compiles the catalogues of messages, for the wheel, an editable install, and `make`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUES = "monitor/locale/*/LC_MESSAGES/tocsin.po"


def compile_catalogues(root: Path) -> list[Path]:
    """Compile the catalogues whose compiled form is missing or older; return all compiled ones."""
    compiled = []
    for source in sorted(root.glob(CATALOGUES)):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            with source.open("rb") as file:
                catalogue = read_po(file, abort_invalid=True)
            written = target.with_suffix(f".{os.getpid()}")
            with written.open("wb") as file:
                write_mo(file, catalogue)
            written.replace(target)  # another process reads the earlier one, or this one
        compiled.append(target)
    return compiled


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the compiled catalogues, which git ignores, into what is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogues before the files are gathered."""
        root = Path(self.root)
        compiled = compile_catalogues(root)
        if self.target_name == "wheel":
            build_data["artifacts"] += [path.relative_to(root).as_posix() for path in compiled]


if __name__ == "__main__":
    for path in compile_catalogues(Path(__file__).parent):
        sys.stderr.write(f"make: {path.relative_to(Path(__file__).parent)} is up to date\n")
