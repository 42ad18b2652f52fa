"""One signing key per home, readable by its owner only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from security.secret_key import secret_key


def test_the_key_stays_the_same_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / ".meterbook"

    key = secret_key(folder)

    assert len(key) == 64
    assert secret_key(folder) == key
    assert secret_key(tmp_path / "other") != key
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in folder.iterdir()] == ["secret_key"]


def test_of_many_who_ask_first_one_makes_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key(tmp_path), range(32)))

    assert len(keys) == 1
