"""`tocsin schema`: the JSON Schema of feeds.yaml."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of feeds.yaml, for editors.

    Save it beside feeds.yaml as feeds.schema.json: an editor with YAML support then
    completes, explains and checks every key.
    """
    import json

    from monitor.config.reference import json_schema

    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))
