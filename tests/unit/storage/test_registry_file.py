"""A registry may be edited by hand at any time, and is never half of anything."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_layer.errors import BadInput, Conflict, Unavailable
from data_layer.storage.csv_table import BrokenTable, Row, format_table, parse_table
from data_layer.storage.registry_file import RegistryFile

COLUMNS = ("id", "name")
PROJECT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    return tmp_path / "users.csv"


def unique_ids(rows: Sequence[Row]) -> None:
    ids = [row["id"] for row in rows]
    if len(set(ids)) < len(ids):
        raise BadInput("id is given twice.", field="id")


def registry(path: Path, *, patience: float = 10.0) -> RegistryFile:
    return RegistryFile(
        path,
        columns=COLUMNS,
        versions=path.parent / "versions",
        check=unique_ids,
        patience=patience,
    )


def add(registry: RegistryFile, **row: str) -> None:
    registry.change(lambda rows: [*rows, row])


def versions(path: Path) -> list[Path]:
    return sorted(path.parent.glob("versions/users.csv.0*"))


def test_a_missing_file_has_no_rows(path: Path) -> None:
    assert registry(path).state().rows == ()
    assert not path.exists()


def test_a_change_is_written_for_people_and_their_owner_only(path: Path) -> None:
    users = registry(path)
    add(users, id="1", name="Ann, of Bath")
    assert path.read_text() == 'id,name\n1,"Ann, of Bath"\n'
    assert path.stat().st_mode & 0o777 == 0o600
    assert users.state().rows == ({"id": "1", "name": "Ann, of Bath"},)
    assert registry(path).state() == users.state()


def test_the_version_changes_with_the_content_only(path: Path) -> None:
    users = registry(path)
    add(users, id="1", name="Ann")
    before = users.state().version
    users.change(lambda rows: rows)
    path.touch()
    assert users.state().version == before
    add(users, id="2", name="Bo")
    assert users.state().version != before


def test_an_edit_by_hand_is_taken_over(path: Path) -> None:
    users = registry(path)
    add(users, id="1", name="Ann")
    path.write_text("id,name\n1,Ann\n2,Bo\n")
    assert [row["name"] for row in users.state().rows] == ["Ann", "Bo"]
    path.write_text("id,name\n1,Ann\n2,Cy\n")
    assert [row["name"] for row in users.state().rows] == ["Ann", "Cy"], "same size, same moment"


def test_an_edit_by_hand_survives_the_next_change(path: Path) -> None:
    users = registry(path)
    add(users, id="1", name="Ann")
    path.write_text("id,name\n1,Ann\n2,Bo\n")
    add(users, id="3", name="Cy")
    assert [row["name"] for row in users.state().rows] == ["Ann", "Bo", "Cy"]


def test_a_broken_edit_is_reported_and_the_state_before_stays(path: Path) -> None:
    users = registry(path)
    add(users, id="1", name="Ann")
    good = users.state()
    path.write_text("id,name\n1,Ann\n1,Bo\n")
    assert users.state() == good
    assert users.problem is not None
    assert "id is given twice" in users.problem
    with pytest.raises(Conflict, match="id is given twice"):
        add(users, id="2", name="Bo")
    assert path.read_text().endswith("1,Bo\n"), "a broken edit is not written over"

    path.write_text("id,name\n1,Ann\n2,Bo\n")
    assert users.problem is None
    assert len(users.state().rows) == 2


def test_a_broken_edit_taken_back_is_forgotten(path: Path) -> None:
    users = registry(path)
    add(users, id="1", name="Ann")
    text = path.read_text()
    path.write_text("id\n")
    assert users.problem is not None
    path.write_text(text)
    assert users.problem is None


def test_starting_with_a_broken_edit_uses_the_last_good_content(path: Path) -> None:
    users = registry(path)
    add(users, id="1", name="Ann")
    path.write_text("id,name\n1,Ann by hand\n")
    users.state()
    path.write_text("id,name\nbroken\n")
    started = registry(path)
    assert started.state().rows == ({"id": "1", "name": "Ann by hand"},)
    assert started.problem is not None
    assert "line 2" in started.problem


def test_starting_with_a_broken_file_and_no_versions_is_refused(path: Path) -> None:
    path.write_text("id,name\nbroken\n")
    with pytest.raises(BrokenTable, match=r"users\.csv line 2"):
        registry(path).state()


def test_a_change_against_the_rules_writes_nothing(path: Path) -> None:
    users = registry(path)
    add(users, id="1", name="Ann")
    before = path.read_bytes()
    with pytest.raises(BadInput, match="twice"):
        add(users, id="1", name="Bo")
    with pytest.raises(BadInput, match="one line"):
        add(users, id="2", name="two\nlines")
    assert path.read_bytes() == before


def test_a_change_that_fails_half_way_leaves_no_version_that_was_never_in_force(
    path: Path,
) -> None:
    users = registry(path)
    add(users, id="1", name="Ann")
    kept = versions(path)

    def edited_meanwhile(rows: Sequence[Row]) -> Sequence[Row]:
        path.write_text("id,name\n7,by hand\n")
        return [*rows, {"id": "2", "name": "Bo"}]

    with pytest.raises(Conflict, match="edited by hand"):
        users.change(edited_meanwhile)
    assert versions(path) == kept
    assert users.state().rows == ({"id": "7", "name": "by hand"},)


def test_the_last_ten_versions_are_kept(path: Path) -> None:
    users = registry(path)
    for number in range(15):
        add(users, id=str(number), name="x")
    kept = versions(path)
    assert len(kept) == 10
    assert kept[-1].read_bytes() == path.read_bytes()
    assert kept[-2].read_bytes() == path.read_bytes().rpartition(b"14,x\n")[0]
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in kept)


def test_changes_of_threads_are_all_kept(path: Path) -> None:
    shared, other = registry(path), registry(path)

    def work(users: RegistryFile, first: int) -> None:
        for number in range(first, first + 10):
            add(users, id=str(number), name="x")

    threads = [
        threading.Thread(target=work, args=(users, 10 * n))
        for n, users in enumerate((shared, shared, other, other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(row["id"]) for row in shared.state().rows) == list(range(40))
    assert shared.state() == other.state()


def test_changes_of_processes_are_all_kept(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from data_layer.storage.registry_file import RegistryFile\n"
        "path = Path(sys.argv[1])\n"
        "users = RegistryFile(path, columns=('id', 'name'), versions=path.parent / 'versions')\n"
        "for n in range(5):\n"
        "    users.change(lambda rows: [*rows, {'id': f'{sys.argv[2]}{n}', 'name': ''}])\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(path), word], cwd=PROJECT)
        for word in "abc"
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    ids = sorted(row["id"] for row in registry(path).state().rows)
    assert ids == sorted(f"{word}{n}" for word in "abc" for n in range(5))


def test_a_lock_held_too_long_is_told(path: Path) -> None:
    users, other = registry(path), registry(path, patience=0.05)

    def slow(rows: Sequence[Row]) -> Sequence[Row]:
        with pytest.raises(Unavailable, match="changed by somebody else"):
            add(other, id="2", name="Bo")
        return rows

    users.change(slow)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "line 1 must be the header"),
        (b"name\n", "line 1 must be the header"),
        (b"id,name,extra\n", "line 1 must be the header"),
        (b"id,name\n1,Ann\n2\n", "line 3 has 1 fields"),
        (b"id,name\n1,Ann,x\n", "line 2 has 3 fields"),
        (b"id,name\n1,Ann\n2,\0\n", "line 3 holds a NUL byte"),
        (b"id,name\n1,Ann\n2,\xff\n", "line 3 is not UTF-8"),
        (b'id,name\n1,"Ann\n', "line 2"),
        (b'id,name\n1,"An"n\n', "line 2"),
        (b'id,name\n1,"two\nlines"\n', "line 2: name must be one line"),
        (b"id,name\n1,\x1b[31m\n", "line 2: name must be one line"),
        (b"id,name\n1," + b"x" * 3000 + b"\n", "line 2: name must be one line"),
        (b"id,name\n1," + b"x" * 200_000 + b"\n", "line 2"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(text: bytes, sentence: str) -> None:
    with pytest.raises(BrokenTable, match=f"users.csv {sentence}"):
        parse_table(text, COLUMNS, name="users.csv")


def test_what_a_spreadsheet_writes_is_read() -> None:
    text = b"\xef\xbb\xbfname,id\r\nAnn,1\r\n\r\n"
    assert parse_table(text, COLUMNS, name="users.csv") == [{"id": "1", "name": "Ann"}]


@given(st.lists(st.fixed_dictionaries({"id": st.text(), "name": st.text()})))
def test_every_table_that_can_be_written_is_read_back(rows: list[Row]) -> None:
    try:
        text = format_table(rows, COLUMNS)
    except BadInput:
        return
    assert parse_table(text, COLUMNS, name="users.csv") == rows
