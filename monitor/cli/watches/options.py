"""What the commands of `tocsin watch` have in common."""

from __future__ import annotations

import click

FORMATS = ("table", "json", "jsonl", "csv")

format_option = click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="For people, or for programs.",
)
