"""Promises about the repository itself: sizes, secrets, and nothing that speaks of one machine."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_AT_MOST = 400
TOP_LEVEL = {
    *("app.py", "settings.py", "pages", "callbacks", "components", "api", "security", "cli"),
    *("data_layer", "index", "assets", "admins.csv", "users.csv", "logs", "daily", "tests"),
    *(
        "docs",
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-bench.txt",
        "pyproject.toml",
        "Makefile",
    ),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"),
    *(".ci", ".gitignore", ".gitattributes", ".pre-commit-config.yaml", ".flaskenv"),
}


def tracked(*patterns: str) -> list[Path]:
    """Files git knows or would add: what a stranger will find."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for line in listing.stdout.splitlines() if (path := ROOT / line).is_file()]


def test_no_module_is_longer_than_one_sitting() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py")
        if (lines := len(path.read_text().splitlines())) > LINES_AT_MOST
    }
    assert not long


def test_every_module_says_why_it_exists() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in tracked("*.py")
        if (text := path.read_text()).strip() and not text.lstrip().startswith(('"""', 'r"""'))
    ]
    assert not silent


@pytest.mark.parametrize("registry", ["users.csv", "admins.csv"])
def test_tracked_registries_hold_their_header_only(registry: str) -> None:
    committed = subprocess.run(
        ["git", "show", f":{registry}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    rows = list(csv.reader(committed.splitlines()))
    assert len(rows) == 1
    assert rows[0][-1] == "password_hash"


def test_nothing_else_stands_at_the_top() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert found <= TOP_LEVEL


def test_readings_and_secrets_are_not_tracked() -> None:
    assert not tracked("daily/*.csv", "logs/*.txt", ".meterbook/*", "demo/*")


def test_the_repository_names_no_machine_and_no_registry_host() -> None:
    forbidden = re.compile(r"/work/|/root/|deb\.debian\.org|pypi\.org|registry\.npmjs|\.pyenv")
    texts = tracked("*.py", "*.md", "*.toml", "Makefile", ".ci/*", "*.txt", "*.yaml")
    naming = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not naming
