"""`tocsin concepts import`: lists of others become concepts of the shared file."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from support.newsroom import Newsroom

from index.query.concepts import Definition
from monitor.config.loading import load

SHARED = """# of all newsrooms
Alibaba:  # the group
  names: [Alibaba]
  note: kept
"""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    newsroom = Newsroom(tmp_path)
    newsroom.watch([], [], concepts="concepts.yaml")
    (tmp_path / "concepts.yaml").write_text(SHARED, encoding="utf-8")
    return newsroom


def imported(room: Newsroom, name: str, content: str | bytes, *args: str) -> CompletedProcess[str]:
    raw = content if isinstance(content, bytes) else content.encode()
    (room.folder / name).write_bytes(raw)
    return room.here("concepts", "import", name, *args)


def definitions(room: Newsroom) -> dict[str, Definition]:
    return {definition.name: definition for definition in load(room.config).concepts}


CSV = """concept,names,also,not,with,note
Alibaba,阿里巴巴;alibaba,Taobao | AliExpress,Ali Baba,Hangzhou; Jack Ma,other
Alibaba,Alibaba Group,,,,
Société Générale,"Société Générale; SG",,,,bank
"""
COLUMNS = """id;name;aliases;countries
1;"DOE, John";"JOHN DOE;J. Doe";us
2;Jane Roe;;ie
"""
JSON = {
    "Alibaba": {"names": ["Alibaba", "阿里巴巴"], "not": ["Ali Baba"]},
    "Suez": ["Suez", "Engie"],
}
ROWS = [{"concept": "Alibaba", "also": ["Taobao"]}, {"name": "Suez"}, "Engie"]


def test_rows_of_csv_become_concepts_beside_those_of_the_file(room: Newsroom) -> None:
    done = imported(room, "list.csv", CSV)
    assert done.returncode == 0, done.stderr
    assert definitions(room) == {
        "Alibaba": Definition(
            "Alibaba",
            ("Alibaba", "阿里巴巴", "Alibaba Group"),
            ("Ali Baba",),
            ("Hangzhou", "Jack Ma"),
            ("Taobao", "AliExpress"),
        ),
        "Société Générale": Definition("Société Générale", ("Société Générale", "SG")),
    }
    text = (room.folder / "concepts.yaml").read_text(encoding="utf-8")
    assert text.startswith("# of all newsrooms\nAlibaba:  # the group\n")
    assert "note: kept" in text
    assert "concepts.yaml: 9 new terms" in done.stderr
    again = imported(room, "list.csv", CSV)
    assert "0 new terms" in again.stderr
    assert (room.folder / "concepts.yaml").read_text(encoding="utf-8") == text


def test_the_columns_of_lists_of_sanctions_are_understood(room: Newsroom) -> None:
    assert imported(room, "targets.csv", COLUMNS).returncode == 0
    assert definitions(room)["DOE, John"].names == ("DOE, John", "John Doe", "J. Doe")
    assert definitions(room)["Jane Roe"].names == ("Jane Roe",)
    assert imported(room, "targets.csv", COLUMNS, "--name", "Sanctions").returncode == 0
    every = ("DOE, John", "John Doe", "J. Doe", "Jane Roe")
    assert definitions(room)["Sanctions"].names == every


def test_json_is_a_mapping_or_a_list(room: Newsroom) -> None:
    assert imported(room, "a.json", json.dumps(JSON)).returncode == 0
    assert definitions(room)["Alibaba"].excluded == ("Ali Baba",)
    assert definitions(room)["Suez"].names == ("Suez", "Engie")
    assert imported(room, "b.json", json.dumps(ROWS)).returncode == 0
    assert definitions(room)["Alibaba"].also == ("Taobao",)
    assert definitions(room)["Engie"].names == ("Engie",)


def test_what_is_no_term_is_left_out_and_told(room: Newsroom) -> None:
    done = imported(room, "list.json", json.dumps({"A": ["good", "bad AND worse", "re*"]}))
    assert done.returncode == 1
    assert "`bad AND worse` is left out: AND in a term" in done.stderr
    assert definitions(room)["A"].names == ("good", "re*")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{", "cannot be read"),
        ("a.json", "3", "cannot be read"),
        ("a.csv", "x,y\n1,2\n", "no names"),
        ("a.csv", "", "no names"),
        ("a.csv", "nom\nSociété".encode("cp1252"), "byte 0xE9 is not UTF-8; save the file as"),
        ("a.csv", 'nom\n"' + "x" * 140_000, "cannot be read"),
        ("a.json", '{"A": ["concept:A"]}', "is a name of itself"),
    ],
)
def test_a_file_without_names_changes_nothing(
    room: Newsroom, name: str, content: str | bytes, message: str
) -> None:
    done = imported(room, name, content)
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
    assert message in done.stderr
    assert (room.folder / "concepts.yaml").read_text(encoding="utf-8") == SHARED


def test_a_row_with_its_concept_alone_is_a_concept(room: Newsroom) -> None:
    done = imported(room, "a.csv", "concept,names\nSuez\nAlibaba\nbad OR worse\nEngie,a AND b\n")
    assert "`bad OR worse` is left out" in done.stderr
    assert "concepts.yaml: 1 new term" in done.stderr
    assert [*definitions(room)] == ["Alibaba", "Suez"]
    assert definitions(room)["Suez"].names == ("Suez",)


def test_a_line_break_in_a_cell_divides_words(room: Newsroom) -> None:
    assert imported(room, "a.csv", 'nom\n"Société\r\nGénérale"\n').returncode == 0
    assert [*definitions(room)] == ["Alibaba", "Société Générale"]


@pytest.mark.parametrize("shared", [b"L\xe9: {names: [B]}\n", b"A: [B, C]\n"])
def test_a_mistake_in_the_file_of_concepts_is_told_as_its_own(
    room: Newsroom, shared: bytes
) -> None:
    (room.folder / "concepts.yaml").write_bytes(shared)
    done = imported(room, "a.csv", CSV)
    assert done.returncode == 2
    assert done.stderr.startswith("concepts.yaml:1:")
    assert (room.folder / "concepts.yaml").read_bytes() == shared


def test_a_list_that_makes_a_mistake_never_touches_the_file(room: Newsroom) -> None:
    shared = room.folder / "concepts.yaml"
    before = shared.stat()
    done = imported(room, "list.json", json.dumps({"Alibaba": ["concept:Alibaba"]}))
    assert done.returncode == 2
    assert "the concept `Alibaba` is a name of itself" in done.stderr
    after = shared.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert shared.read_text(encoding="utf-8") == SHARED


def test_without_a_file_of_concepts_the_key_to_write_is_named(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.watch([], [])
    done = imported(room, "list.csv", CSV)
    assert done.returncode == 2
    assert "write `concepts: concepts.yaml` there" in done.stderr


def test_the_file_is_made_where_it_is_missing(room: Newsroom) -> None:
    (room.folder / "concepts.yaml").unlink()
    assert imported(room, "list.csv", CSV).returncode == 0
    assert [*definitions(room)] == ["Alibaba", "Société Générale"]


def test_a_list_of_two_thousand_names_is_one_concept(room: Newsroom) -> None:
    names = [f"Person {number} of the list" for number in range(2_000)]
    assert imported(room, "list.json", json.dumps(names), "--name", "List").returncode == 0
    assert definitions(room)["List"].names == tuple(names)


def test_no_concepts_are_an_empty_list_for_programs(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.watch([], [])
    done = room.here("concepts", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert "there are no concepts" in room.here("concepts").stderr
