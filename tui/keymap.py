"""The settings file of the dashboard, in which an analyst gives actions other keys."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _

SETTINGS_FILE = Path("tocsin") / "dashboard.toml"
"""Name of the file in `$XDG_CONFIG_HOME`, or else in `~/.config`."""


class SettingsError(MonitorError):
    """The settings file has a mistake."""


def settings_path(environ: Mapping[str, str]) -> Path:
    """Return where the settings file is, whether it exists or not."""
    home = environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path("~/.config").expanduser()) / SETTINGS_FILE


def load_keymap(path: Path, actions: Callable[[], Collection[str]]) -> dict[str, str]:
    """Return the keys of each action that the file gives other keys, separated by commas.

    Args:
        path: The file; without it no action has other keys.
        actions: Returns the names of all actions.

    Raises:
        SettingsError: The file cannot be read, or something in it is not valid.
    """
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}") from error
    try:
        content = tomllib.loads(written.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        text = _("{path}: not valid TOML: {error}", path=path, error=error)
        raise SettingsError(text) from error
    for name in content:
        if name != "keys":
            raise SettingsError(
                _("{path}: unknown table [{name}]; this file has [keys] only", path=path, name=name)
            )
    keys = content.get("keys", {})
    if not isinstance(keys, dict):
        raise SettingsError(
            _("{path}: keys is a table; write [keys] on a line of its own", path=path)
        )
    names = actions() if keys else ()
    return {name: _keys(path, name, value, names) for name, value in keys.items()}


def _keys(path: Path, name: str, written: Any, actions: Collection[str]) -> str:
    if name not in actions:
        from monitor.base.formatting import nearest

        hint = nearest(name, actions) or _("; docs/reference/keys.md lists the names")
        text = _("{path}: there is no action {name}{hint}", path=path, name=name, hint=hint)
        raise SettingsError(text)
    keys = [written] if isinstance(written, str) else written
    if not isinstance(keys, list) or not all(isinstance(key, str) and key.strip() for key in keys):
        raise SettingsError(
            _(
                '{path}: {name} takes a key, or a list of keys, such as ["a", "f2"]',
                path=path,
                name=name,
            )
        )
    return ",".join("comma" if key == "," else key.strip() for key in keys)
