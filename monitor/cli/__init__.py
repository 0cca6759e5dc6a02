"""The command line: a file for each group of commands, imported when one is called."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from io import StringIO
from pathlib import Path
from shutil import get_terminal_size
from textwrap import TextWrapper
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from index.errors import ArchiveError, QueryError
from monitor.base import language
from monitor.base.article import Timestamp
from monitor.base.errors import (
    AlreadyRunningError,
    ConfigError,
    MissingExtraError,
    MonitorError,
    NoStoreError,
    UnknownNameError,
)
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _, ngettext
from monitor.cli.lazy_group import NO_COLOUR_HELP, LazyCommand, LazyGroup, choose_colours
from monitor.cli.translated_command import translated, use_language_of_click
from monitor.config.location import data_folder, is_unclear, may_name_cluster, shared_store
from monitor.runtime import machine
from monitor.runtime.machine import monotonic
from monitor.storage.data_folder import is_read_only

if TYPE_CHECKING:
    from monitor.model.config import Config, StoreAddress
    from monitor.presentation.service.service import Service

DASHBOARD = "dashboard"
WATCH, READ, TRIAGE, FEEDS, MAINTAIN = "Watch", "Read", "Triage", "Feeds", "Maintain"


def is_shared() -> bool:
    """Return whether several machines share the store that the command line names."""
    return bool(shared_store(_config_path(sys.argv[1:]), os.environ))


COMMANDS = {
    DASHBOARD: LazyCommand(
        "dashboard:dashboard", "Open the dashboard, as `tocsin` without a command does.", WATCH
    ),
    "serve": LazyCommand("serve:serve", "Show the dashboard in a browser.", WATCH),
    "api": LazyCommand("api:api", "Answer programs and browsers over HTTP.", WATCH),
    "mcp": LazyCommand("api:mcp", "Answer language models (MCP).", WATCH),
    "token": LazyCommand("api:token", "Manage the tokens of the API.", WATCH),
    "run": LazyCommand("run:run", "Watch the feeds in the foreground.", WATCH),
    "stop": LazyCommand("run:stop", "Stop the monitor in the background.", WATCH),
    "status": LazyCommand("status:status", "Show the state of the newsroom.", WATCH),
    "watch": LazyCommand("watch:watch", "List, test, improve and add watchlists.", WATCH),
    "concepts": LazyCommand(
        "concepts:concepts", "List concepts with what each name brought.", WATCH
    ),
    "demo": LazyCommand(
        "demo:demo", "Try tocsin with a bundled newsroom, without a network.", WATCH
    ),
    "brief": LazyCommand("brief:brief", "Print what happened since yesterday, by watchlist.", READ),
    "search": LazyCommand("search:search", "Search the archive.", READ),
    "show": LazyCommand("show:show", "Show an article, and why it matched.", READ),
    "similar": LazyCommand("search:similar", "Find articles like one, in either language.", READ),
    "facets": LazyCommand(
        "statistics:facets", "Show what the articles of a query have in common.", READ
    ),
    "trend": LazyCommand("statistics:trend", "Count articles over time.", READ),
    "alerts": LazyCommand("alerts:alerts", "List alerts, and work on them.", TRIAGE),
    "deliveries": LazyCommand("notify:deliveries", "List deliveries to channels.", TRIAGE),
    "notify": LazyCommand("notify:notify", "List channels, and test them.", TRIAGE),
    "feeds": LazyCommand(
        "feeds:feeds", "List feeds with their health; add and remove feeds.", FEEDS
    ),
    "coverage": LazyCommand(
        "statistics:coverage", "Show how much of what was published was seen.", FEEDS
    ),
    "init": LazyCommand("check:init", "Write a feeds.yaml to start from.", FEEDS),
    "check": LazyCommand("check:check", "Check feeds.yaml.", FEEDS),
    "schema": LazyCommand(
        "check:schema", "Print the JSON Schema of feeds.yaml, for editors.", FEEDS
    ),
    "apply": LazyCommand(
        "config:apply", "Put a feeds.yaml in force on all machines.", FEEDS, is_shared
    ),
    "config": LazyCommand(
        "config:config", "Show the versions of a shared configuration.", FEEDS, is_shared
    ),
    "export": LazyCommand("export:export", "Write articles and alerts into files.", MAINTAIN),
    "import": LazyCommand("import_:import_", "Import articles into the archive.", MAINTAIN),
    "backup": LazyCommand("backup:backup", "Write the whole newsroom into one file.", MAINTAIN),
    "restore": LazyCommand("backup:restore", "Restore a newsroom from a backup.", MAINTAIN),
    "move": LazyCommand(
        "backup:move", "Copy the store into PostgreSQL, or back.", MAINTAIN, is_shared
    ),
    "vacuum": LazyCommand(
        "maintenance:vacuum", "Delete old articles, and compact the archive.", MAINTAIN
    ),
    "reindex": LazyCommand("maintenance:reindex", "Build the search index again.", MAINTAIN),
    "verify": LazyCommand("verify:verify", "Verify the evidence of all alerts.", MAINTAIN),
    "completion": LazyCommand(
        "check:completion", "Print the completion script of a shell.", MAINTAIN
    ),
}
"""The commands, in the order of their use."""
AT_ONCE = 1_000
"""Articles that are indexed before a search: a second or two."""
BAD_CONFIG = 2
OTHER_MONITOR = 3
INTERRUPTED = 130
OUTPUT_CLOSED = 141
"""The exit code that shells report of a program that ends by SIGPIPE."""
EXIT_CODES = """\b
Exit codes:
  0    done
  1    nothing found, or it failed; stderr says why
  2    the command line, feeds.yaml or the query is not
       understood, or names what does not exist
  3    another monitor watches this newsroom
  130  interrupted with Ctrl-C
  141  the program that reads the output has ended
"""


class CliContext:
    """The newsroom that a command works on: its paths, its clock and its service."""

    def __init__(
        self, config_path: Path, data: Path | None, verbosity: int = 0, *, named: bool = False
    ) -> None:
        self.config_path = config_path
        self.named = named
        """Whether the user named the feeds.yaml, which must then exist."""
        self.data = data
        """The folder given with --data; `folder` is the one in use."""
        self.verbosity = verbosity
        self.clock: Callable[[], Timestamp] = machine.clock

    @cached_property
    def folder(self) -> Path:
        """The data folder in use; raises ConfigError if feeds.yaml is unclear about it."""
        return data_folder(self._clear_path) if self.data is None else self.data

    @cached_property
    def _clear_path(self) -> Path:
        """The path of a feeds.yaml that says where the newsroom is.

        Raises:
            ConfigError: It has mistakes, and `data` or `store` may be among them.
        """
        if is_unclear(self.config_path):
            load_config(self.config_path)
        return self.config_path

    @cached_property
    def archive(self) -> Path:
        """The folder to read from: that of the demo where there is nothing else.

        Raises:
            ConfigError: The feeds.yaml that was named is missing, or unclear about its place.
        """
        from monitor.model.config import STORE_FILE

        if self.shared or self.config_path.exists():
            return self.folder
        if self.named and self.data is None:
            load_config(self.config_path)
        demo = self.folder / "demo"
        if not (self.folder / STORE_FILE).exists() and (demo / STORE_FILE).exists():
            say(
                _(
                    "there is no archive yet; this is the archive of the demo ({folder})",
                    folder=demo,
                )
            )
            return demo
        return self.folder

    @cached_property
    def store(self) -> StoreAddress:
        """Where to read from; raises ConfigError if feeds.yaml names a cluster, and is wrong."""
        from monitor.model.config import StoreAddress

        cluster = None
        if may_name_cluster(self.config_path, os.environ):
            from monitor.config.loading import archive_cluster

            cluster = archive_cluster(self.config_path)
        return StoreAddress(self.archive, self.shared, cluster)

    @cached_property
    def shared(self) -> str:
        """The address of a store that several machines share; empty without one."""
        return shared_store(self._clear_path, os.environ)

    def service(self, *, read_only: bool = False) -> Service:
        """Return the service; with `read_only` it refuses to write anything.

        Raises:
            StoreError: There is no archive, or it cannot be opened.
        """
        from monitor.runtime.viewing import open_service

        service = open_service(
            self.archive, self.config_path, store=self.store, read_only=read_only
        )
        if context := click.get_current_context(silent=True):
            context.call_on_close(service.views.connection.close)
        return service

    def ensure_monitor(self, meanwhile: Callable[[], object] = lambda: None) -> bool:
        """Start a monitor if none is running; return whether one was started.

        Args:
            meanwhile: Called while it starts.

        Raises:
            ConfigError: feeds.yaml has a mistake; a running monitor tells of it itself.
            MonitorError: The monitor ended at once, or did not start in time.
        """
        from monitor.cli.run import start_monitor

        try:
            return start_monitor(self.config_path, self.folder, meanwhile)
        except MonitorError:
            from monitor.config.checks import load_and_test

            load_and_test(self.config_path, data=self.data)  # raises ConfigError if that is why
            raise

    @contextmanager
    def monitor_meanwhile(self, *, no_monitor: bool) -> Iterator[None]:
        """Run a monitor meanwhile unless `no_monitor`; one that runs already goes on.

        Raises:
            ConfigError: feeds.yaml has a mistake.
            MonitorError: The monitor ended at once, or did not start in time.
        """
        started = False if no_monitor else self.ensure_monitor()
        try:
            yield
        finally:
            if started:
                self.stop_monitor()

    @contextmanager
    def following_index(self) -> Iterator[None]:
        """Keep the index of this machine in line with a shared store meanwhile."""
        if not self.store.has_own_archive:
            yield
            return
        from monitor.storage.maintenance.index_follower import IndexFollower

        follower = IndexFollower(self.store, self.clock)
        follower.start()
        try:
            yield
        finally:
            follower.stop()

    def update_index(self) -> None:
        """Bring the index in line with a shared store before a search, where nobody else does.

        A few articles are indexed at once. Of many, a message says how to index them; those that
        are indexed already can be searched.
        """
        if not self.store.has_own_archive:
            return
        from monitor.storage.maintenance import index_follower

        if is_read_only(self.folder) or index_follower.is_followed(self.folder):
            return
        self.service().views.totals()  # raises StoreError if there is no store
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lag = index_follower.lag(self.store)
        if lag > AT_ONCE:
            say(
                ngettext(
                    "the index of this machine lacks {count} article; `tocsin reindex --update`"
                    " adds it",
                    "the index of this machine lacks {count} articles; `tocsin reindex --update`"
                    " adds them",
                    lag,
                )
            )
        elif lag:
            with index_follower.follower_lock(self.folder) as has_lock:
                if has_lock:
                    index_follower.update_index(self.store, lambda *_done: None)

    def stop_monitor(self) -> int | None:
        """Stop the monitor; return its pid, None if there was none.

        Raises:
            MonitorError: The monitor does not end, or belongs to another user.
        """
        from monitor.cli.run import stop_monitor

        return stop_monitor(self.folder)


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog=EXIT_CODES,
)
@click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default="feeds.yaml",
    envvar="TOCSIN_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration: feeds and watchlists.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="TOCSIN_DATA",
    show_envvar=True,
    help="Data folder.  [default: var/ beside the config]",
)
@click.option(
    "-v", "--verbose", count=True, help="Log more: also polls without news. Twice for everything."
)
@click.option("-q", "--quiet", count=True, help="Log less: warnings only. Twice for errors only.")
@click.option(
    "--no-color", is_flag=True, callback=choose_colours, expose_value=False, help=NO_COLOUR_HELP
)
@click.version_option(package_name="tocsin", message="tocsin %(version)s")
@click.pass_context
def main_group(
    context: click.Context, config_path: Path, data: Path | None, verbose: int, quiet: int
) -> None:
    """Watch news feeds, and raise an alert when a watched term appears.

    Without a command: open the dashboard on a terminal; elsewhere run the monitor and print
    its log. The options below may also follow the command. `--` ends the options.
    """
    named = context.get_parameter_source("config_path") is not ParameterSource.DEFAULT
    context.obj = CliContext(config_path, data, verbose - quiet, named=named)
    if context.invoked_subcommand is None:
        command = main_group.get_command(context, DASHBOARD if can_draw() else "run")
        assert command is not None
        context.invoke(command)


main_group.name = "tocsin"


def main() -> None:
    """Run the command line, and exit with one of `EXIT_CODES`."""
    code: int | str | None = 1
    stdout = sys.stdout
    try:
        use_language(sys.argv[1:])
        result = translated(main_group).main(prog_name="tocsin", standalone_mode=False)
        code = result if isinstance(result, int) else 0  # the code given to `Context.exit`
    except click.Abort:
        code = INTERRUPTED
    except click.UsageError as error:
        buffer = StringIO()
        error.show(buffer)  # it quotes arguments as they are
        text = buffer.getvalue().rstrip("\n")
        say(re.sub(r"(?<!\w)'([^'\n]+)'(?!\w)", lambda word: _("“{text}”", text=word[1]), text))
        code = error.exit_code
    except click.ClickException as error:
        say(f"tocsin: {error.format_message()}")
        code = error.exit_code
    except QueryError as error:
        mistake = _("the query has a mistake: {mistake}", mistake=error)
        say(f"tocsin: {mistake}")
        code = BAD_CONFIG
    except ArchiveError as error:
        say(f"tocsin: {error}")
    except ConfigError as error:
        code = _config_error(error)
    except MonitorError as error:
        code = _monitor_error(error)
    except SystemExit as end:
        # When the reader has closed the pipe, click puts another stream in place of stdout.
        code = end.code if sys.stdout is stdout else OUTPUT_CLOSED
    except OSError as error:
        say(f"tocsin: {error.filename or _('the output')}: {error.strerror or error}")
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def use_language(arguments: Sequence[str]) -> None:
    """Use the language of the reader, before the command line and `feeds.yaml` are understood."""
    language.use(language.written_in(_config_path(arguments)), os.environ)
    use_language_of_click()


def _config_path(arguments: Sequence[str]) -> Path:
    """Find the `feeds.yaml` of a command line that is not parsed yet."""
    for previous, argument in zip(["", *arguments], arguments, strict=False):
        if argument == "--":
            break
        if previous in ("-c", "--config"):
            return Path(argument)
        if argument.startswith("--config="):
            return Path(argument.partition("=")[2])
        if argument.startswith("-c") and len(argument) > 2:
            return Path(argument[2:])
    return Path(os.environ.get("TOCSIN_CONFIG") or "feeds.yaml")


def on_terminal() -> bool:
    """Return whether all three streams are a terminal; the dashboard is drawn through stderr."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def can_draw() -> bool:
    """Return whether all three streams are a terminal that can move its cursor."""
    return on_terminal() and os.environ.get("TERM") != "dumb"


def say(line: str) -> None:
    """Print a message to stderr, so that stdout holds results only."""
    lines: Iterable[str] = clean(line, keep_newlines=True).split("\n")
    if sys.stderr.isatty():
        fold = TextWrapper(get_terminal_size().columns, break_long_words=False,
                           break_on_hyphens=False)  # fmt: skip
        lines = map(fold.fill, lines)
    click.echo("\n".join(lines), err=True)


def set_up_log(verbosity: int, file: Path | None = None) -> None:
    """Send the log to stderr, or to a rotating file."""
    from logging.handlers import RotatingFileHandler

    from monitor.runtime.run_log import LogThrottle

    levels = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler()
        layout = "%(asctime)s %(message)s"
    else:
        handler = RotatingFileHandler(file, maxBytes=2_000_000, backupCount=5, encoding="utf-8")
        layout = "%(asctime)s %(levelname)s %(message)s"
    handler.setFormatter(logging.Formatter(layout, "%Y-%m-%d %H:%M:%S" if file else "%H:%M:%S"))
    handler.addFilter(LogThrottle(monotonic))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("tocsin").setLevel(levels[min(max(verbosity + 2, 0), 3)])
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def load_config(path: Path) -> Config:
    """Read a feeds.yaml; raises ConfigError with every mistake in it."""
    from monitor.config.loading import load

    return load(path)


def _monitor_error(error: MonitorError) -> int:
    """Print an error; of an archive that is missing, first the mistakes of feeds.yaml."""
    if isinstance(error, NoStoreError) and (path := _config_path(sys.argv[1:])).exists():
        try:
            load_config(path)
        except ConfigError as mistakes:
            return _config_error(mistakes)
    names_itself = isinstance(error, AlreadyRunningError | MissingExtraError)
    say(str(error) if names_itself else f"tocsin: {error}")
    if isinstance(error, AlreadyRunningError):
        return OTHER_MONITOR
    return BAD_CONFIG if isinstance(error, MissingExtraError | UnknownNameError) else 1


def _config_error(error: ConfigError) -> int:
    """Print the mistakes of feeds.yaml, or those an edit would make; return the exit code."""
    from monitor.cli.check import describe_problems

    for line in describe_problems(Path(error.path), error.problems, error.unwritten):
        say(line)
    if error.unwritten is not None:
        say(_("{file} was not changed; it would have had these lines", file=error.path))
    return BAD_CONFIG
