"""`tocsin init` and `tocsin completion`: prepare a folder and the shell."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import get_completion_class

from monitor import config
from monitor.base.translation import current
from monitor.base.translation import gettext as _

_CONFIG = Path(config.__file__).parent
STARTERS = {"en": _CONFIG / "starter.yaml", "fr": _CONFIG / "starter.fr.yaml"}
"""The file to start from, by the language of its explanations."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.pass_context
def init(context: click.Context, folder: Path) -> None:
    """Write a feeds.yaml with explanations into FOLDER, or into this folder.

    With `-c`, the file has that name. An existing file is never overwritten.
    """
    named: Path = context.obj.config_path
    path = named if folder == Path() else folder / named.name
    try:
        write_starter(path)
    except FileExistsError:
        raise _InitError(_("{path} exists already; it was not changed", path=path)) from None
    except OSError as error:
        reason = error.strerror or error
        raise _InitError(
            _("{path} cannot be written: {reason}", path=path, reason=reason)
        ) from error
    click.echo(_("Wrote {path}.", path=path))
    for line in next_steps(folder, path):
        click.echo(line, err=True)


def write_starter(path: Path) -> None:
    """Write the starter file in the language of the reader, and never overwrite a file.

    Raises:
        FileExistsError: There is a file already.
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(STARTERS[current()].read_text(encoding="utf-8"))


def next_steps(folder: Path, path: Path) -> list[str]:
    """Return the next steps for a new newsroom in a folder, or at another path, a line each."""
    is_usual = path == folder / "feeds.yaml"
    there = f"cd {folder} && " if is_usual and folder != Path() else ""
    tocsin = "tocsin" if is_usual else f"tocsin -c {path}"
    checked = _("check the file, and show what tocsin would do")
    opened = _("run the monitor and open the dashboard")
    return [
        _("Add your feeds and terms to it, then run:"),
        f"  {there}{tocsin} check     {checked}",  # not a message
        f"  {there}{tocsin}           {opened}",  # not a message
    ]


class _InitError(click.ClickException):
    """The file cannot be written."""

    exit_code = 2


@click.command(
    help="""Print the completion script of SHELL. For bash:

    \b
    `tocsin completion bash > ~/.local/share/bash-completion/completions/tocsin`
    """
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    root = context.find_root().command
    completer = get_completion_class(shell)
    assert completer is not None
    click.echo(completer(root, {}, "tocsin", "_TOCSIN_COMPLETE").source())
