"""The accounts room, opened whole: registries, meters, sign-in and the audit of one home."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data_layer.accounts.api_keys import ApiKeys
from data_layer.accounts.attempts import Attempts
from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.authorize import Denied, authorize
from data_layer.accounts.links import OneTimeLinks
from data_layer.accounts.meters import MeterRegister
from data_layer.accounts.model import Viewer
from data_layer.accounts.registry import AccountRegistry
from data_layer.accounts.sessions import SessionStore
from data_layer.accounts.sign_in import SignIn
from data_layer.accounts.staff_registry import StaffRegistry
from data_layer.accounts.supplies import SupplyRegister
from data_layer.clock import Clock, HomeZone
from data_layer.errors import Forbidden
from data_layer.readings.model import Action, Scope
from data_layer.storage.database import Database


@dataclass(frozen=True, slots=True)
class AccountsRoom:
    """What `Book` holds of accounts."""

    accounts: AccountRegistry
    staff: StaffRegistry
    meters: MeterRegister
    supplies: SupplyRegister
    audit: AuditTrail
    sessions: SessionStore
    links: OneTimeLinks
    sign_in: SignIn
    api_keys: ApiKeys
    zone: HomeZone
    min_group: int

    @classmethod
    def open(
        cls,
        *,
        users: Path,
        admins: Path,
        versions: Path,
        database: Database,
        zone: HomeZone,
        clock: Clock,
        min_group: int = 5,
    ) -> AccountsRoom:
        """Open the room. Raises BrokenTable when a registry is broken with no good version left."""
        audit = AuditTrail(database, clock)
        staff = StaffRegistry(
            admins, versions=versions, audit=audit, clock=clock, zone=zone,
            household_emails=lambda: accounts.emails(),
        )  # fmt: skip
        accounts = AccountRegistry(
            users, versions=versions, audit=audit, clock=clock, zone=zone,
            staff_emails=lambda: staff.emails(),
        )  # fmt: skip
        staff.all()
        accounts.all()
        sessions = SessionStore(database, clock)
        links = OneTimeLinks(database, clock)
        return cls(
            accounts=accounts,
            staff=staff,
            meters=MeterRegister(database),
            supplies=SupplyRegister(database, audit),
            audit=audit,
            sessions=sessions,
            links=links,
            sign_in=SignIn(accounts, staff, sessions, links, Attempts(database, clock), audit),
            api_keys=ApiKeys(database, clock, audit, accounts),
            zone=zone,
            min_group=min_group,
        )

    def authorize(self, viewer: Viewer, action: Action, meter_id: str | None = None) -> Scope:
        """What this viewer may do. Raises Forbidden or NotFound; who was denied is written down."""
        try:
            return authorize(
                self.accounts,
                viewer,
                action,
                meter_id,
                min_group=self.min_group,
                zone=self.zone,
                is_meter=self.meters.is_known,
            )
        except (Forbidden, Denied):
            self.audit.record(viewer.name, "denied", action.value, meter_id=meter_id)
            raise
