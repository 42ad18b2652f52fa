"""A person who may sign in: a household behind one e-mail, or a member of staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from data_layer.accounts.model import Account, Role, StaffMember, Status
from data_layer.accounts.registry import AccountRegistry
from data_layer.accounts.rules import fold_email
from data_layer.accounts.staff_registry import StaffRegistry


@dataclass(frozen=True, slots=True)
class Person:
    """What sign-in has to know of somebody."""

    email: str
    name: str
    role: Role
    is_active: bool
    password_hash: str = field(repr=False)

    @property
    def stamp(self) -> str:
        """What a session is opened under; when it changes, the session is over."""
        facts = f"{self.role.value}\n{self.is_active}\n{self.password_hash}"
        return sha256(facts.encode()).hexdigest()


def find_person(accounts: AccountRegistry, staff: StaffRegistry, email: str) -> Person | None:
    """Whoever signs in with this e-mail, in any letter case."""
    folded = fold_email(email)
    member = staff.get(folded)
    if member is not None:
        return _of_staff(member)
    rows = accounts.by_email(folded)
    return _of_household(rows) if rows else None


def _of_staff(member: StaffMember) -> Person:
    return Person(
        email=member.email,
        name=member.name,
        role=member.role,
        is_active=member.status is Status.ACTIVE,
        password_hash=member.password_hash,
    )


def _of_household(rows: tuple[Account, ...]) -> Person:
    """One sign-in for all meters of an e-mail; it works while one of them is active."""
    return Person(
        email=rows[0].email,
        name=rows[0].owner_name,
        role=Role.HOUSEHOLD,
        is_active=any(row.status is Status.ACTIVE for row in rows),
        password_hash=rows[0].password_hash,
    )
