"""A small accounts room in a folder of its own, with a clock the test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_layer.accounts.model import Account, Role, StaffMember
from data_layer.accounts.room import AccountsRoom
from data_layer.clock import HomeZone
from data_layer.storage.database import Database

PASSWORD = "a long enough one"
ZONE = HomeZone("Asia/Singapore")


@dataclass
class HandClock:
    """Shows the time it is told."""

    now: datetime = field(default=datetime(2026, 11, 20, 4, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def room(tmp_path: Path, database: Database, clock: HandClock) -> AccountsRoom:
    (tmp_path / "versions").mkdir()
    return AccountsRoom.open(
        users=tmp_path / "users.csv",
        admins=tmp_path / "admins.csv",
        versions=tmp_path / "versions",
        database=database,
        zone=ZONE,
        clock=clock,
    )


@pytest.fixture
def furnished(room: AccountsRoom) -> AccountsRoom:
    """Two households, one of them with two meters, and one of each staff."""
    for meter_id, owner, email in (
        ("531-000-001", "Tan Wei Ling", "tan@example.org"),
        ("531-000-002", "Tan Wei Ling", "tan@example.org"),
        ("531-000-003", "Lim Ah Kow", "lim@example.org"),
    ):
        room.accounts.register(
            Account(
                meter_id,
                owner,
                "1 Orchard Road",
                email=email,
                region="Central",
                area="Orchard",
                dwelling_type="4-room",
            ),
            actor="cli",
        )
    for email, role in (("boss@example.org", Role.ADMIN), ("gov@example.org", Role.GOVERNMENT)):
        room.staff.register(StaffMember(email, "Somebody", role), actor="cli")
    return room


@pytest.fixture
def enter_by_link(furnished: AccountsRoom) -> Callable[..., str]:
    """The road of a real person: a link is issued and used. Gives the new session's id."""

    def enter(email: str, password: str = PASSWORD) -> str:
        token = furnished.sign_in.issue_link(email, actor="cli")
        return furnished.sign_in.set_password(token, password=password, address="192.0.2.1")

    return enter
