"""Commands and the home they are pointed at: a missing one, a demo, a setting that is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from data_layer.storage.home import Home
from data_layer.storage.log_recovery import recover
from data_layer.storage.write_ahead_log import WriteAheadLog
from tests.integration.operator_commands import answered, flask
from tests.log_writing import append

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("METERBOOK_HOME", str(home))
    return home


@pytest.mark.parametrize(
    "words",
    [
        ("home", "status"),
        ("home", "repair"),
        ("account", "list"),
        ("account", "deactivate", "531-204-118"),
        ("staff", "list"),
        ("staff", "link", "ada@example.org"),
        ("readings", "show", "531-204-118", "--period", "today"),
        ("readings", "import", __file__),
        ("batch", "run"),
        ("demo", "extend"),
    ],
    ids=" ".join,
)
def test_a_folder_that_is_no_home_is_refused_and_not_made_one(
    home: Path, words: tuple[str, ...]
) -> None:
    result = flask(*words)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {home} is not a Meterbook home: METERBOOK_HOME")
    assert len(result.stderr.splitlines()) == 1
    assert not home.exists()


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [("PORT", "99999", "less than or equal to 65535"), ("MIN_GROUP", "1", "greater than or equal")],
)
def test_a_setting_that_is_not_valid_is_named_with_its_value_and_rule(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, rule: str
) -> None:
    monkeypatch.setenv(f"METERBOOK_{name}", value)

    result = flask("home", "status")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: METERBOOK_{name} '{value}' is not valid: ")
    assert rule in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_demo_home_is_created_once_and_extended(home: Path) -> None:
    made = answered("demo", "create", "--meters", "40", "--days", "2", "--home", str(home))
    again = answered("demo", "create", "--home", str(home), code=1)
    extended = answered("demo", "extend")

    assert made["meters"] == 40
    assert again["error"]["type"] == "conflict"
    assert extended["home"] == str(home)
    assert extended["readings"] in (0, 40)  # 40 when a half hour began just now
    assert answered("home", "status")["demo"] is True


def test_a_home_of_real_meters_is_not_extended(home: Path) -> None:
    answered("staff", "add", "ada@example.org", "--role", "admin")

    refused = answered("demo", "extend", code=1)["error"]

    assert refused["type"] == "conflict"
    assert "is not a demo home" in refused["sentence"]


def process(*words: str, cwd: Path = ROOT, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONWARNINGS": "error", **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_help_offers_our_commands_alone() -> None:
    listed = process("--help").stdout.partition("Commands:\n")[2]
    ours = [str(one.name) for one in (*cli.GROUPS, *cli.COMMANDS)]

    assert [line.split()[0] for line in listed.splitlines()] == sorted(ours)


def test_flask_run_points_to_the_server(tmp_path: Path) -> None:
    here = process("run", METERBOOK_HOME=str(tmp_path / "home"))
    from_elsewhere = process(
        *("--app", str(ROOT / "app.py"), "run"),
        cwd=tmp_path,
        METERBOOK_HOME=str(tmp_path / "home"),
    )

    for refused in (here, from_elsewhere):
        assert refused.returncode == 2
        assert "start Meterbook with `python app.py`" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_commands_work_from_another_folder_by_the_whole_application(tmp_path: Path) -> None:
    words = ("--app", str(ROOT / "app.py"), "staff", "add", "ada@example.org", "--role", "admin")

    added = process(*words, "--json", cwd=tmp_path, METERBOOK_HOME=str(tmp_path / "home"))

    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["email"] == "ada@example.org"


def test_a_command_loads_no_page() -> None:
    script = (
        "import cli.application, sys; cli.application.create_app(); print('dash' in sys.modules)"
    )

    said = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert said.stdout == "False\n"


def damaged_home(folder: Path) -> None:
    """A home whose log has a line in its middle that does not hold."""
    with Home.open(folder) as made:
        log = WriteAheadLog.open(made.logs, recover(made.logs), reserve_bytes=0)
        append(log, [b"line %d" % number for number in range(6)])
        log.close()
        path = made.logs / "log.txt"
        path.write_bytes(path.read_bytes().replace(b"line 2", b"line X"))


def test_the_command_that_a_damaged_log_prints_repairs_it(tmp_path: Path) -> None:
    folder = tmp_path / "a home"
    damaged_home(folder)
    command = recover(folder / "logs").damage[-1].rpartition("go on: ")[2]

    ran = subprocess.run(
        ["sh", "-c", command],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("Lines kept: 5; set aside: 1.")
    assert not recover(folder / "logs").damage
    assert b"line X" not in (folder / "logs" / "log.txt").read_bytes()


def test_a_repair_says_what_it_kept_and_repeats_without_harm(home: Path) -> None:
    damaged_home(home)

    first, second = answered("home", "repair"), answered("home", "repair")

    assert (first["repaired"], first["lines_kept"], first["lines_set_aside"]) == (True, 5, 1)
    assert b"line X" in Path(first["copies"][0]).read_bytes()
    assert (second["repaired"], second["lines_kept"], second["copies"]) == (False, 0, [])
    assert "are well; nothing to repair" in flask("home", "repair").stdout


def test_a_home_in_use_is_not_repaired(home: Path) -> None:
    damaged_home(home)
    before = (home / "logs" / "log.txt").read_bytes()

    with Home.existing(home) as owned:
        owned.lock()
        result = flask("home", "repair")

    assert result.exit_code == 1
    assert f"process {os.getpid()}" in result.stderr
    assert (home / "logs" / "log.txt").read_bytes() == before
