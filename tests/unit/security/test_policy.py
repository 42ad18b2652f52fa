"""What was not said is denied, and nothing is said twice differently."""

from __future__ import annotations

import pytest

from data_layer.accounts.model import Role
from security import policy
from security.policy import Access


def test_an_endpoint_nobody_spoke_of_has_no_policy() -> None:
    assert policy.policy_of("test.unheard_of") is None


def test_the_same_words_may_be_said_again_and_others_not() -> None:
    policy.allow("test.once", {"admin"})
    policy.allow("test.once", {Role.ADMIN})

    with pytest.raises(ValueError, match=r"test\.once"):
        policy.allow("test.once", {Role.ADMIN, Role.HOUSEHOLD})


def test_an_unknown_role_is_a_mistake_and_not_a_way_in() -> None:
    with pytest.raises(ValueError, match="operator"):
        policy.allow("test.typo", {"operator"})


def test_a_roles_main_page_is_its_first() -> None:
    access = Access()
    access.allow_page("/operations", {"admin"})
    access.allow_page("/usage", {"household", "admin"})

    assert access.home_of(Role.ADMIN) == "/operations"
    assert access.home_of(Role.HOUSEHOLD) == "/usage"
    assert access.home_of(Role.GOVERNMENT) is None


def test_callbacks_without_roles_are_named() -> None:
    access = Access()
    access.allow_callbacks(["a.children"], {"admin"})

    assert access.without_policy({"a.children": {}, "b.data": {}}) == ["b.data"]
