"""What a backup holds and leaves out, what a restore builds, and what both refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select

from data_layer.accounts.model import Role, StaffMember
from data_layer.accounts.tables import one_time_links, sessions
from data_layer.book import Book
from data_layer.errors import Unavailable
from data_layer.jobs.model import JobState
from data_layer.journeys.back_up import BACK_UP
from data_layer.journeys.end_day import END_DAY
from data_layer.readings.model import Action, Reading, Scope
from data_layer.readings.operations import correct
from data_layer.storage.backup_folder import ABOUT, LIST
from data_layer.storage.home import PRIVATE_FOLDER
from data_layer.storage.manifest import Manifest
from tests.integration.backup.home import METERS, NOW, START, refused, rows, send, worked
from tests.integration.operator_commands import answered, flask


def test_a_restored_home_is_the_same_and_goes_on(home: Path, backup: Path, elsewhere: Path) -> None:
    told = answered("restore", str(backup))

    assert told["state"] == answered("verify")["state"] == answered("verify", str(backup))["state"]
    assert rows(elsewhere) == rows(home)
    assert (told["day_files"], told["in_log"], told["series"]) == (1, 36, 2)
    with Book.open(elsewhere, clock=lambda: NOW, scheduled=False) as book:
        assert book.state().problems == ()
        assert book.audit.verify() is None
        assert book.audit.recent(1)[0].action == "home restored"
        assert [key.id for key in book.api_keys.all()] == ["k1"]
        key, _ = book.api_keys.issue(Role.ADMIN, name="next", meter_ids=(), actor="cli")
        assert key.id == "k2"
        send(book, 38, 2)
        assert worked(book, END_DAY).state is JobState.DONE


def test_the_state_is_the_same_before_and_after_the_end_of_the_day(home: Path) -> None:
    before = answered("verify")
    answered("batch", "run")
    after = answered("verify")

    assert before["state"] == after["state"]
    assert before["parts"]["readings"] == after["parts"]["readings"]
    assert before["parts"]["audit"] != after["parts"]["audit"]


def corrected(book: Book) -> None:
    scope = Scope("boss@example.org", Action.CORRECT_READINGS, None)
    wrong = Reading(METERS[0], "S", START + 1800, 150)
    correct(book.readings, scope, wrong, reason="misread")


CHANGES: Mapping[str, tuple[Callable[[Book], object], str]] = {
    "a reading": (lambda book: send(book, 38, 1), "readings"),
    "a correction": (corrected, "readings"),
    "an account": (lambda book: book.accounts.deactivate(METERS[0], actor="cli"), "users"),
    "a person": (
        lambda book: book.staff.register(
            StaffMember("gov@example.org", "G", Role.GOVERNMENT), actor="cli"
        ),
        "admins",
    ),
    "a key": (
        lambda book: book.api_keys.issue(Role.ADMIN, name="n", meter_ids=(), actor="cli"),
        "api_keys",
    ),
    "a load": (lambda book: book.supplies.sanction(METERS[0], Decimal(9), actor="cli"), "supplies"),
}


@pytest.mark.parametrize("what", list(CHANGES))
def test_any_change_is_another_state(home: Path, what: str) -> None:
    change, part = CHANGES[what]
    before = answered("verify")
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        change(book)
    after = answered("verify")

    assert before["state"] != after["state"]
    differing = {name for name in after["parts"] if before["parts"][name] != after["parts"][name]}
    assert differing - {"audit", "jobs"} == {part}


def test_corrections_come_back_with_what_they_replaced(
    home: Path, tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        corrected(book)
    monkeypatch.setenv("METERBOOK_HOME", str(home))
    answered("backup", str(tmp_path / "one"))
    monkeypatch.setenv("METERBOOK_HOME", str(elsewhere))
    answered("restore", str(tmp_path / "one"))

    assert rows(elsewhere) == rows(home)
    assert {row.revision for row in rows(elsewhere)} == {0, 1}


def test_sessions_links_and_the_cookie_key_stay_behind(
    home: Path, backup: Path, elsewhere: Path
) -> None:
    (home / PRIVATE_FOLDER / "secret_key").write_text("0123456789abcdef")
    answered("restore", str(backup))

    with Book.open(home, writable=False) as book, book.database.read() as connection:
        digests = [*connection.scalars(select(sessions.c.id_hash)),
                   *connection.scalars(select(one_time_links.c.token_hash))]  # fmt: skip
    assert len(digests) == 2
    texts = b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert not [digest for digest in [*digests, "0123456789abcdef"] if digest.encode() in texts]
    with Book.open(elsewhere, writable=False) as book, book.database.read() as connection:
        assert connection.execute(select(sessions.c.id_hash)).all() == []
    assert not (elsewhere / PRIVATE_FOLDER / "secret_key").exists()


def test_work_that_was_under_way_is_not_taken_up_again(
    home: Path, backup: Path, elsewhere: Path
) -> None:
    answered("restore", str(backup))

    with Book.open(elsewhere, clock=lambda: NOW, scheduled=False) as book:
        job = book.jobs.get("2")
        assert (job.kind, job.state) == (BACK_UP, JobState.FAILED)
        assert "not finished when the backup was made" in job.error


def test_the_end_of_the_day_waits_for_a_backup(home: Path) -> None:
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        store = book._opened_store()
        with store.standing_still():
            sealing = Thread(target=store.seal)
            sealing.start()
            send(book, 38, 1)  # readings do not wait
            sealing.join(0.3)
            assert sealing.is_alive()
            assert store.state().sealed_logs == 0
        sealing.join(30)
        assert store.state().tail_readings == 0


def test_a_log_that_waits_to_be_merged_is_backed_up_with_its_days(
    home: Path, tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seal that was cut short: its day files may be newer than the manifest says."""
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        store, manifest = book._opened_store(), home / PRIVATE_FOLDER / "manifest.json"
        stated = manifest.read_bytes()
        monkeypatch.setattr(Manifest, "save", refused)
        with pytest.raises(Unavailable):
            store.seal()
        monkeypatch.undo()
        monkeypatch.setenv("METERBOOK_HOME", str(home))
        assert manifest.read_bytes() == stated
        send(book, 38, 1)
        job = worked(book, BACK_UP, to=str(tmp_path / "one"))
        assert job.state is JobState.DONE, job.error
        before = rows(home)
    assert [path.name for path in (tmp_path / "one" / "logs").glob("sealed-*")] == ["sealed-2.txt"]
    monkeypatch.setenv("METERBOOK_HOME", str(elsewhere))
    told = answered("restore", str(tmp_path / "one"))

    assert rows(elsewhere) == before
    with Book.open(elsewhere, clock=lambda: NOW, scheduled=False) as book:
        assert book.state().problems == ()
        assert worked(book, END_DAY).state is JobState.DONE
    assert answered("verify")["state"] == told["state"]


def test_nothing_rotten_is_copied(home: Path, tmp_path: Path) -> None:
    day = next((home / "daily").iterdir())
    rotten = day.read_bytes().replace(b",0.100,", b",0.101,")
    day.write_bytes(rotten)

    result = flask("backup", str(tmp_path / "one"))

    assert result.exit_code == 1
    assert f"{day.name} is not what the manifest says it is" in result.stderr
    assert not list(tmp_path.glob("one*"))
    assert "is not what the manifest says it is" in flask("verify").stderr


def test_a_broken_edit_does_not_get_into_a_backup(
    home: Path, tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (home / "users.csv").read_bytes()
    monkeypatch.setenv("METERBOOK_HOME", str(home))
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        book.accounts.all()
        (home / "users.csv").write_bytes(good + b"half a row")
        assert worked(book, BACK_UP, to=str(tmp_path / "one")).state is JobState.DONE

    assert (tmp_path / "one" / "users.csv").read_bytes() == good


def test_its_size_is_that_of_all_its_files(home: Path, tmp_path: Path) -> None:
    told = answered("backup", str(tmp_path / "one"))

    files = {path.name: path for path in (tmp_path / "one").rglob("*") if path.is_file()}
    described = files.keys() - {ABOUT, LIST}
    assert told["bytes"] == sum(files[name].stat().st_size for name in described)


def test_without_a_place_it_is_named_by_the_time(home: Path, tmp_path: Path, monkeypatch) -> None:
    first = Path(answered("backup")["backup"])
    monkeypatch.setenv("METERBOOK_BACKUPS", str(tmp_path / "disk"))
    second = Path(answered("backup")["backup"])

    assert first.parent == home / "backups"
    assert second.parent == tmp_path / "disk"
    assert re.fullmatch(r"meterbook-\d{8}T\d{6}Z", second.name)
