"""Passwords: what may be one, how they are kept (argon2id), and checking them in constant cost.

An unknown e-mail costs the same work as a wrong password, so that time tells nobody who has an
account. At most two hashes are computed at once: each takes 19 MiB and a core for 30 ms, and a
flood of sign-ins must not take the server's memory or its other cores.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from data_layer.errors import BadInput

SHORTEST, LONGEST = 12, 128
DEMO_PASSWORDS = ("password123",)
"""Known to everybody. Good for nothing but the demo, and too short to be chosen elsewhere."""

_COMMON_PASSWORDS = Path(__file__).with_name("common_passwords.txt")
_AT_ONCE = BoundedSemaphore(2)
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


@cache
def common_passwords() -> frozenset[str]:
    """Passwords of twelve characters and more that attackers try first, case-folded."""
    return frozenset(_COMMON_PASSWORDS.read_text(encoding="utf-8").casefold().split("\n"))


def check_password(password: str, *, email: str = "") -> None:
    """Raise BadInput when this may not become somebody's password."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(
            f"the password must have {SHORTEST} to {LONGEST} characters.", field="password"
        )
    folded = password.casefold()
    is_common = folded in common_passwords() or len(set(folded)) < 4
    if is_common or (email and folded == email.casefold()):
        raise BadInput(
            "the password is one that attackers try first: choose another.", field="password"
        )


def hash_password(password: str) -> str:
    """The argon2id hash as it is kept, salt and costs included."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(kept_hash: str, password: str) -> bool:
    """Whether the password is the one kept; an empty or broken hash matches nothing, as slowly."""
    try:
        with _AT_ONCE:
            return _HASHER.verify(kept_hash or _nobodys_hash(), password) and bool(kept_hash)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(kept_hash: str) -> bool:
    """Whether it was made with other costs than today's."""
    return _HASHER.check_needs_rehash(kept_hash)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")
