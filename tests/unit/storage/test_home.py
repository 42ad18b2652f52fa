"""A home is laid out once, keeps its zone, and has one writer."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from data_layer.errors import BadInput, Corrupt, NotFound
from data_layer.storage.home import Home, HomeInUse

PROJECT = Path(__file__).parents[3]
HOLD = """
import sys
from pathlib import Path
from data_layer.storage.home import Home
home = Home.open(Path(sys.argv[1]))
home.lock()
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_new_home_is_laid_out_in_singapore(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home")
    assert (home.zone.name, home.demo) == ("Asia/Singapore", False)
    folders = (home.logs, home.daily, home.private, home.versions, home.staged)
    assert all(folder.is_dir() for folder in folders)
    assert home.private.stat().st_mode & 0o777 == 0o700
    assert json.loads((home.private / "home.json").read_text()) == {
        "format": 1,
        "timezone": "Asia/Singapore",
        "demo": False,
    }


def test_a_home_keeps_what_it_was_created_with(tmp_path: Path) -> None:
    Home.open(tmp_path, timezone="Europe/London", demo=True)
    again = Home.open(tmp_path)
    assert (again.zone.name, again.demo) == ("Europe/London", True)
    assert Home.open(tmp_path, timezone="Europe/London").zone.name == "Europe/London"


def test_another_zone_is_refused_with_the_way_out(tmp_path: Path) -> None:
    Home.open(tmp_path, timezone="Europe/London")
    with pytest.raises(BadInput) as refused:
        Home.open(tmp_path, timezone="Asia/Tokyo")
    sentence = refused.value.sentence
    assert "Europe/London" in sentence
    assert "import them into a new home created with Asia/Tokyo" in sentence


def test_an_unknown_zone_makes_no_home(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Mars/Olympus"):
        Home.open(tmp_path, timezone="Mars/Olympus")
    assert not (tmp_path / ".meterbook" / "home.json").exists()


def test_an_open_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / ".meterbook").mkdir()
    (tmp_path / ".meterbook").chmod(0o755)
    assert Home.open(tmp_path).private.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"format": 2, "timezone": "Asia/Singapore", "demo": false}', "newer Meterbook"),
        ('{"format": 2, "clock": "Mars"}', "newer Meterbook"),
        ("{}", "cannot be read"),
        ("[]", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_newer_or_broken_description_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    Home.open(tmp_path)
    (tmp_path / ".meterbook" / "home.json").write_text(text)
    with pytest.raises(Corrupt, match=sentence):
        Home.open(tmp_path)


def test_an_existing_home_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Home.existing(tmp_path / "none")
    Home.open(tmp_path)
    assert Home.existing(tmp_path).folder == tmp_path


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    with Home.open(tmp_path) as first:
        first.lock()
        second = Home.open(tmp_path)
        with pytest.raises(HomeInUse, match=f"process {os.getpid()}"):
            second.lock()
        assert second.holder() == os.getpid()
    assert second.holder() is None
    second.lock()
    second.close()


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    home = Home.open(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(HomeInUse, match=f"process {other.pid}"):
            home.lock()
        other.kill()
    home.lock()
    assert home.holder() == os.getpid()
    home.close()


def test_homes_created_at_once_agree(tmp_path: Path) -> None:
    create = (
        "import sys; from pathlib import Path; from data_layer.storage.home import Home;"
        "print(Home.open(Path(sys.argv[1])).zone.name)"
    )
    folder = tmp_path / "home"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", create, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        for _ in range(4)
    ]
    assert [process.communicate()[0] for process in running] == ["Asia/Singapore\n"] * 4
    left = [path.name for path in (folder / ".meterbook").iterdir() if "home" in path.name]
    assert left == ["home.json"]


@pytest.mark.parametrize("name", ["logs", "daily"])
def test_readings_are_not_for_other_users_of_the_machine(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    folder.chmod(0o755)

    Home.open(tmp_path).close()
    assert folder.stat().st_mode & 0o777 == 0o750

    folder.chmod(0o700)
    Home.open(tmp_path).close()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_asking_who_writes_to_a_home_writes_nothing(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home")

    assert home.holder() is None

    assert not (home.private / "lock").exists()


def test_who_only_asks_for_the_holder_does_not_make_a_start_fail(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home")
    asking = os.open(home.private / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(asking, fcntl.LOCK_SH)
    timer = Timer(0.05, lambda: os.close(asking))
    timer.start()

    home.lock()

    timer.join()
    assert home.holder() == os.getpid()
    home.close()
