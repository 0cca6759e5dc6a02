"""A newsroom in one file: taken while a monitor writes, put back whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from support import flow
from support.alert_storage import save_poll
from support.damage import damage_store
from support.newsroom import Newsroom

from monitor.base.article import Article
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, ArticleChange, PollOutcome
from monitor.storage.maintenance.backup import (
    BackupError,
    RestorePaths,
    back_up,
    parse_manifest,
    read_backup,
    replace_newsroom,
    unpack,
)
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

pytestmark = pytest.mark.costly

CONFIG = "feeds: [https://a.test/rss]\nwatchlists: [Alibaba]\n"


def nobody(*_: object) -> None:
    """Ignore the progress."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a newsroom with articles, alerts and revisions, beside its feeds.yaml."""
    folder = tmp_path / "room" / "var"
    flow.life(folder).live(flow.ROUNDS)
    (tmp_path / "room" / "feeds.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


def dump(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "newsroom.db")) as sql:
        return list(sql.iterdump())


def back_up_to(data: Path, name: str = "backup.zip") -> Path:
    file = data.parent / name
    back_up(StoreAddress(data), data.parent / "feeds.yaml", file, 1_700_000_000.0, nobody)
    return file


def restore(file: Path, folder: Path) -> RestorePaths:
    places = RestorePaths(folder / "feeds.yaml", folder / "var")
    _manifest, config = read_backup(file)
    replace_newsroom(unpack(file, places, nobody), config, places, folder / "var" / "aside")
    return places


def test_what_is_put_back_is_what_was_taken(data: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    file = tmp_path / "backup.zip"
    manifest = back_up(
        StoreAddress(data),
        data.parent / "feeds.yaml",
        file,
        1_700_000_000.0,
        lambda *step: steps.append(step),
    )
    articles, _, alerts, _ = Views(StoreAddress(data)).totals()
    assert (manifest.taken, manifest.articles) == ("2023-11-14T22:13:20Z", articles)
    assert manifest.alerts >= alerts > 0
    assert read_backup(file) == (manifest, CONFIG.encode())
    assert {step_name for step_name, *_ in steps} == {"copying", "checking", "packing"}
    assert all(0 <= done <= of for _, done, of in steps)
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.zip", "room"]
    places = restore(file, tmp_path / "again")
    assert dump(places.data) == dump(data)
    assert places.config.read_text(encoding="utf-8") == CONFIG


def test_a_newsroom_without_a_feeds_yaml(data: Path, tmp_path: Path) -> None:
    (data.parent / "feeds.yaml").unlink()
    assert set(read_backup(back_up_to(data))[0].files) == {"newsroom.db"}
    places = restore(data.parent / "backup.zip", tmp_path / "again")
    assert not places.config.exists()


@contextmanager
def writing(data: Path) -> Iterator[Callable[[], int]]:
    """Store batches of ten articles while the block runs; yields a counter of them."""
    stop = threading.Event()
    counter = [0]

    def write() -> None:
        with closing(Store(StoreAddress(data))) as store:
            (feed,) = store.subscribe([Feed(url="https://w.test/rss", name="W")], [])
            while not stop.is_set():
                with store.batch() as batch:
                    save_poll(batch, _refresh(feed, [batch.next_article() for _ in range(10)]))
                counter[0] += 10

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield lambda: counter[0]
    finally:
        stop.set()
        thread.join()


def _refresh(feed: Feed, ids: list[int]) -> PollOutcome:
    arrivals = tuple(
        ArticleChange(
            article=Article(
                id=id, feeds=(feed.number,), url="", title=f"T {id}", summary="x" * 3000, seen=0.0
            ),
            entry=replace(NO_ENTRY, key=f"w{id}", fingerprint=str(id).encode()),
            new=True,
        )
        for id in ids
    )
    poll = Poll(at=0.0, outcome=Outcome.READ, new=len(ids))
    return PollOutcome(feed=feed, state=FeedState(), poll=poll, changes=arrivals)


def test_it_is_of_one_moment_while_a_monitor_writes(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.storage.maintenance.backup.PAGES", 1)
    with writing(data) as count:
        for number in range(3):
            before = count()
            while count() < before + 30:
                pass
            file = back_up_to(data, f"{number}.zip")
            assert count() > before + 30  # it wrote while the copy was made
            places = restore(file, tmp_path / str(number))
            with closing(sqlite3.connect(places.data / "newsroom.db")) as sql:
                (articles,) = sql.execute("SELECT count(*) FROM articles").fetchone()
                (entries,) = sql.execute("SELECT count(DISTINCT article) FROM entries").fetchone()
                (total,) = sql.execute("SELECT sum(articles) FROM feeds").fetchone()
            assert articles == entries == total == read_backup(file)[0].articles
            assert articles >= before


def test_an_older_backup_stays_until_the_new_one_is_whole(data: Path) -> None:
    file = back_up_to(data)
    content = file.read_bytes()

    def interrupted(step: str, *_: int) -> None:
        if step == "packing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(StoreAddress(data), data.parent / "feeds.yaml", file, 0.0, interrupted)
    assert file.read_bytes() == content
    assert sorted(path.name for path in data.parent.iterdir()) == [
        "backup.zip", "feeds.yaml", "var",
    ]  # fmt: skip


def test_a_damaged_store_is_not_backed_up_as_good(data: Path) -> None:
    room = Newsroom(data.parent)
    file = back_up_to(data, "b.zip")
    content = file.read_bytes()
    damage_store(data / "newsroom.db")
    done = room.here("backup", "b.zip")
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert "tocsin restore --force" in done.stderr
    assert file.read_bytes() == content
    checked = room.here("verify", "--format", "json")
    assert (checked.returncode, json.loads(checked.stdout)["whole"]) == (1, False)
    assert json.loads(checked.stdout)["damage"]
    assert "store     damaged" in room.here("verify").stdout
    assert room.here("restore", "--force", "b.zip").returncode == 0
    assert "store     every page read" in room.here("verify").stdout


def test_a_store_whose_articles_were_deleted_is_not_backed_up_as_whole(data: Path) -> None:
    room = Newsroom(data.parent)
    file = back_up_to(data, "b.zip")
    content = file.read_bytes()
    with closing(sqlite3.connect(data / "newsroom.db")) as sql, sql:
        sql.execute(
            "DELETE FROM articles WHERE id NOT IN (SELECT article FROM alerts WHERE article > 0)"
        )
    refused = room.here("backup", "b.zip")
    assert refused.returncode == 1
    assert "NOT whole" in refused.stderr
    assert file.read_bytes() == content
    done = room.here("backup", "--force", "rest.zip")
    assert (done.returncode, done.stderr.startswith("rest.zip: ")) == (0, True)
    assert room.here("restore", "--force", "rest.zip").returncode == 0
    assert room.here("verify").returncode == 1


def _store_changed(content: dict[str, bytes], folder: Path, *statements: str) -> None:
    """Change the store in a backup, with the manifest that fits."""
    store = folder / "changed.db"
    store.write_bytes(content["newsroom.db"])
    with closing(sqlite3.connect(store)) as sql:
        sql.executescript(";".join(statements))
    content["newsroom.db"] = store.read_bytes()
    files = json.loads(content["manifest.json"])["files"]
    digest = hashlib.sha256(content["newsroom.db"]).hexdigest()
    files["newsroom.db"] = {"size": len(content["newsroom.db"]), "sha256": digest}
    _say(content, files=files)


def test_rows_are_put_back_and_nothing_that_runs(data: Path, tmp_path: Path) -> None:
    before = dump(data)
    file = back_up_to(data)
    _repacked(
        file,
        lambda content: _store_changed(
            content,
            tmp_path,
            'CREATE TRIGGER "it\'s ""mine""" AFTER INSERT ON alerts BEGIN'
            " DELETE FROM alerts WHERE id = new.id; END",
            "DROP TRIGGER alert_raised",
            "CREATE TRIGGER alert_raised AFTER INSERT ON alerts BEGIN DELETE FROM alerts; END",
            "DROP TRIGGER evidence_stays",
            "CREATE VIEW seen AS SELECT * FROM articles",
        ),
    )
    places = restore(file, tmp_path / "again")
    assert sorted(dump(places.data)) == sorted(before)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX evil ON alerts (abs(severity))",
        "CREATE TABLE evil (x)",
        "ALTER TABLE notes ADD COLUMN more AS (abs(alert))",
        "ALTER TABLE notes RENAME TO n; CREATE VIEW notes AS SELECT * FROM n",
    ],
)
def test_a_store_with_other_tables_is_not_put_back(
    data: Path, tmp_path: Path, statement: str
) -> None:
    file = back_up_to(data)
    _repacked(file, lambda content: _store_changed(content, tmp_path, statement))
    with pytest.raises(BackupError, match=r"evil|notes"):
        restore(file, tmp_path / "again")
    assert not list((tmp_path / "again").rglob("*.db*"))


def _repacked(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    with zipfile.ZipFile(file, "w") as archive:
        for name, written in content.items():
            archive.writestr(name, written)


def _say(content: dict[str, bytes], **changes: object) -> None:
    content["manifest.json"] = json.dumps(json.loads(content["manifest.json"]) | changes).encode()


def _another_store(content: dict[str, bytes]) -> None:
    content["newsroom.db"] = content["newsroom.db"][:-1] + b"!"


def _no_store(content: dict[str, bytes]) -> None:
    database = content["newsroom.db"] = b"SQLite format 3\x00" + bytes(4096)
    entry = {"size": len(database), "sha256": hashlib.sha256(database).hexdigest()}
    _say(content, files={"newsroom.db": entry})


def _add(file: Path, name: str, content: bytes) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as archive:
        warnings.simplefilter("ignore")  # a name that is there already
        archive.writestr(name, content)


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no zip": (lambda file: file.write_bytes(b"hello"), "not a backup of tocsin"),
    "empty": (lambda file: file.write_bytes(b""), "not a backup of tocsin"),
    "cut": (lambda file: file.write_bytes(file.read_bytes()[:-400]), "not a backup of tocsin"),
    "a bit flipped": (_flip, "damaged"),
    "another zip": (
        lambda file: _repacked(file, lambda content: content.pop("manifest.json")), "not a backup"
    ),
    "a store that is not its own": (
        lambda file: _repacked(file, _another_store), "another checksum"
    ),
    "a store that is none": (lambda file: _repacked(file, _no_store), "store in it is damaged"),
    "without its store": (
        lambda file: _repacked(file, lambda content: content.pop("newsroom.db")), "damaged"
    ),
    "another format": (lambda f: _repacked(f, lambda c: _say(c, format=9)), "another format"),
    "of a newer tocsin": (lambda f: _repacked(f, lambda c: _say(c, store=99)), "update tocsin"),
    "a file it must not have": (
        lambda f: _repacked(f, lambda c: _say(c, files={"../x": {"size": 1, "sha256": "0" * 64}})),
        "another format",
    ),
    "a second store": (lambda f: _add(f, "newsroom.db", b"x"), "another checksum"),
    "a manifest that fills the memory": (
        lambda f: _repacked(f, lambda c: _say(c, more="x" * 100_000)), "not a backup"
    ),
    "a feeds.yaml that fills the memory": (
        lambda f: _repacked(
            f,
            lambda c: _say(
                c,
                files={
                    name: {"size": 1 << 40, "sha256": "0" * 64}
                    for name in ("newsroom.db", "feeds.yaml")
                },
            ),
        ),
        "too large",
    ),
    "counts that cannot be": (lambda f: _repacked(f, lambda c: _say(c, alerts=-1)), "alerts"),
    "a time with an escape": (lambda f: _repacked(f, lambda c: _say(c, taken="\x1b[2J")), "taken"),
    "a store larger than it is": (
        lambda f: _repacked(
            f, lambda c: _say(c, files={"newsroom.db": {"size": 1 << 47, "sha256": "0" * 64}})
        ),
        "free disk",
    ),
}  # fmt: skip


def test_other_files_in_a_backup_are_not_unpacked(data: Path, tmp_path: Path) -> None:
    file = back_up_to(data)
    for name in ("../x", "/etc/x", "var/y"):
        _add(file, name, b"x")
    places = restore(file, tmp_path / "again")
    assert dump(places.data) == dump(data)
    assert not [path for path in tmp_path.rglob("*") if path.name in ("x", "y")]


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_backup_changes_nothing(data: Path, tmp_path: Path, kind: str) -> None:
    damage, words = DAMAGES[kind]
    file = back_up_to(data)
    damage(file)
    places = RestorePaths(tmp_path / "again" / "feeds.yaml", tmp_path / "again" / "var")
    with pytest.raises(BackupError, match=words):
        unpack(file, places, nobody)
    assert not list((tmp_path / "again").rglob("*.db*"))


def test_senseless_manifests() -> None:
    for content in (b"", b"[]", b"{}", b"null", b'{"files": 3}', b"\xff"):
        with pytest.raises(BackupError, match="not a backup"):
            parse_manifest(content, "x.zip")


# --- as people do it ------------------------------------------------------------------------


def test_on_the_command_line(data: Path, tmp_path: Path) -> None:
    room = Newsroom(data.parent)
    target = tmp_path / "again"
    done = room.here("backup", "b.zip")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert room.here("reindex").returncode == 0
    before = room.json("search", "espionnage", "--format", "json")
    assert room.here("restore", "b.zip", str(target)).returncode == 0
    elsewhere = Newsroom(target)
    assert elsewhere.json("search", "espionnage", "--format", "json") == before
    refused = room.here("restore", "b.zip")
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert "nothing was changed" in refused.stderr
    shutil.copy(data / "newsroom.db", tmp_path / "before.db")
    forced = room.here("restore", "--force", "b.zip")
    assert forced.returncode == 0, forced.stderr
    (old_folder,) = data.glob("before-restore-*")
    assert {path.name for path in old_folder.iterdir()} >= {"newsroom.db"}
    assert room.json("search", "espionnage", "--format", "json") == before
    room.config.write_text(CONFIG + "# mine\n", encoding="utf-8")
    assert "feeds.yaml" in room.here("restore", "b.zip").stderr
    assert room.config.read_text(encoding="utf-8").endswith("# mine\n")


def test_a_backup_writes_into_no_other_folder(data: Path, tmp_path: Path) -> None:
    room, target, foreign = Newsroom(data.parent), tmp_path / "again", tmp_path / "away"
    room.config.write_text(f"{CONFIG}data: {foreign}\n", encoding="utf-8")
    assert room.here("--data", "var", "backup", "b.zip").returncode == 0
    refused = room.here("restore", "b.zip", str(target))
    assert refused.returncode == 1
    assert str(foreign) in refused.stderr
    assert "--data" in refused.stderr
    assert not foreign.exists()
    assert not target.exists()
    done = room.here("restore", "b.zip")  # the feeds.yaml that is there names the same folder
    assert (done.returncode, foreign.exists()) == (0, True)
    chosen = room.here("--data", str(tmp_path / "third"), "restore", "b.zip", str(target))
    assert (chosen.returncode, (tmp_path / "third" / "newsroom.db").exists()) == (0, True)
