"""Pictures of the screen: SVG always, PNG where the extra `pictures` is installed."""

from __future__ import annotations

from pathlib import Path

from monitor.base.errors import MissingExtraError, requires_extra
from monitor.base.translation import gettext as _

FONTS = "Fira Code, DejaVu Sans Mono, Menlo, Consolas, monospace"  # not a message
"""Fonts of equal width that have the signs of the dashboard; a reader has one of them."""


def save_picture(path: Path, svg: str) -> list[str]:
    """Write a picture as SVG, and beside it as PNG; return what is to be said of it.

    A PNG takes a second.

    Raises:
        OSError: A file cannot be written.
    """
    svg = svg.replace("Fira Code, monospace", FONTS)  # not a message
    path.write_text(svg, encoding="utf-8")
    try:
        with requires_extra("pictures", _("A picture as PNG")):
            from resvg_py import svg_to_bytes
    except MissingExtraError as error:
        return [_("Saved as {file}", file=path), str(error)]
    path.with_suffix(".png").write_bytes(svg_to_bytes(svg_string=svg))
    return [_("Saved as {file} and .svg", file=path.with_suffix(".png"))]
