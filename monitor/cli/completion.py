"""`tocsin completion`: what a shell needs to complete tocsin's commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    For bash: `tocsin completion bash > ~/.local/share/bash-completion/completions/tocsin`
    """
    root = context.find_root().command
    completer = get_completion_class(shell)
    assert completer is not None
    click.echo(completer(root, {}, "tocsin", "_TOCSIN_COMPLETE").source())
