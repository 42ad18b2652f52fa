"""Accounts, staff and viewers: types and pure rules, no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from data_layer.readings.model import GroupPath


class Role(StrEnum):
    HOUSEHOLD = "household"
    GOVERNMENT = "government"
    ADMIN = "admin"


class Status(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"


class AccountType(StrEnum):
    POSTPAID = "postpaid"
    PREPAID = "prepaid"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who stands at a door: a signed-in person, an API key, or the operator's commands."""

    role: Role
    name: str
    """E-mail of a person; `api:k7` for a key; `cli` for the operator's commands."""
    meter_ids: frozenset[str] | None = None
    """The meters of a household's key; None for a person, who has the meters of their e-mail."""


OPERATOR = Viewer(Role.ADMIN, "cli")
"""Whoever can run commands in the home's folder owns its files already."""


@dataclass(frozen=True, slots=True)
class Account:
    """One metered account: a row of users.csv."""

    meter_id: str
    owner_name: str
    address: str
    email: str = ""
    region: str = ""
    area: str = ""
    postcode: str = ""
    dwelling_type: str = ""
    tariff_code: str = ""
    account_type: AccountType = AccountType.POSTPAID
    status: Status = Status.ACTIVE
    registered_at: str = ""
    moved_in: str = ""
    password_hash: str = field(default="", repr=False)

    @property
    def path(self) -> GroupPath:
        return GroupPath(self.region, self.area, self.dwelling_type)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person of the operator or the government: a row of admins.csv."""

    email: str
    name: str
    role: Role
    status: Status = Status.ACTIVE
    created_at: str = ""
    password_hash: str = field(default="", repr=False)
