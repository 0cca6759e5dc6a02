"""`tocsin init`: a feeds.yaml to start from."""

from __future__ import annotations

from pathlib import Path

import click

STARTER = Path(__file__).parent.parent / "starter.yaml"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(folder: Path) -> None:
    """Write a feeds.yaml with explanations into FOLDER, or into this folder.

    An existing file is never overwritten.
    """
    path = folder / "feeds.yaml"
    try:
        write_starter(path)
    except FileExistsError:
        raise _Refused(f"{path} is there already and stays as it is") from None
    except OSError as error:
        raise _Refused(f"{path} cannot be written: {error.strerror or error}") from error
    click.echo(f"Wrote {path}.")
    for line in next_steps(folder):
        click.echo(line, err=True)


def write_starter(path: Path) -> None:
    """Write the starter; raises OSError, FileExistsError rather than overwrite."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(STARTER.read_text(encoding="utf-8"))


def next_steps(folder: Path) -> list[str]:
    """Return what to do with a fresh newsroom, line by line."""
    there = "" if folder == Path() else f"cd {folder} && "
    return [
        "Put your feeds and terms into it; then:",
        f"  {there}tocsin check     what it says, and whether all is well",
        f"  {there}tocsin           watch, in the dashboard",
    ]


class _Refused(click.ClickException):
    """A command that will not do what was asked."""

    exit_code = 2
