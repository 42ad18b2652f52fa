"""How passwords are kept, and that checking tells nothing by time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest

from data_layer.accounts.passwords import (
    DEMO_PASSWORDS,
    check_password,
    common_passwords,
    hash_password,
    matches,
    needs_rehash,
)
from data_layer.errors import BadInput

PASSWORD = "a long enough one"


def test_a_hash_is_argon2id_salted_and_matches_its_password_only() -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)

    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert matches(first, PASSWORD)
    assert not matches(first, PASSWORD + " ")
    assert not needs_rehash(first)


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$broken"])
def test_no_or_a_broken_hash_matches_nothing(kept: str) -> None:
    assert not matches(kept, PASSWORD)
    assert not matches(kept, "nobody has this password")


def test_an_unknown_person_costs_as_much_as_a_wrong_password() -> None:
    known = hash_password(PASSWORD)

    def cost(kept: str) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            matches(kept, "a wrong password")
            times.append(time.perf_counter() - start)
        return median(times)

    assert cost("") > 0.4 * cost(known)


def test_at_most_two_hashes_are_computed_at_once() -> None:
    from data_layer.accounts import passwords

    running, most = [], []

    class Watched:
        def hash(self, _password: str) -> str:
            running.append(1)
            most.append(len(running))
            time.sleep(0.01)
            running.pop()
            return "x"

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(8) as pool:
        patch.setattr(passwords, "_HASHER", Watched())
        list(pool.map(hash_password, ["x"] * 24))

    assert max(most) == 2


def test_every_listed_password_is_long_enough_to_need_the_list() -> None:
    assert all(len(word) >= 12 for word in common_passwords() - {""})
    assert len(common_passwords()) > 150


@pytest.mark.parametrize("password", DEMO_PASSWORDS)
def test_a_demo_password_cannot_be_chosen(password: str) -> None:
    with pytest.raises(BadInput):
        check_password(password)


@pytest.mark.parametrize(
    "password", ["x" * 4 + "abcdefgh", "ein ganzer Satz", "密码密码密码密码密码密码很长"]
)
def test_any_characters_make_a_password(password: str) -> None:
    check_password(password)
