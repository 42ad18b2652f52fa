"""The staff of a home: admins.csv, by e-mail. Changed and followed like the accounts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from data_layer.accounts.account_rows import STAFF_COLUMNS, staff_of, staff_row
from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.followed_file import Followed, FollowedFile
from data_layer.accounts.model import Role, StaffMember, Status
from data_layer.accounts.rules import check_all_staff, check_staff, fold_email
from data_layer.clock import Clock, HomeZone, epoch_of
from data_layer.errors import Conflict, NotFound
from data_layer.storage.csv_table import Row
from data_layer.storage.registry_file import RegistryFile

_ByEmail = Mapping[str, StaffMember]


class StaffRegistry(Followed[_ByEmail]):
    """All admins and analysts, and the only way to change them."""

    def __init__(
        self,
        file: Path,
        *,
        versions: Path,
        audit: AuditTrail,
        clock: Clock,
        zone: HomeZone,
        household_emails: Callable[[], Collection[str]],
    ) -> None:
        self._household_emails = household_emails
        self._audit = audit
        self._clock = clock
        self._zone = zone
        self._followed = FollowedFile[_ByEmail](
            RegistryFile(file, columns=STAFF_COLUMNS, versions=versions, check=self._check),
            _by_email,
            empty={},
        )

    def get(self, email: str) -> StaffMember | None:
        """The member of staff with this e-mail, in any letter case."""
        return self._followed.now().get(fold_email(email))

    def all(self) -> tuple[StaffMember, ...]:
        return tuple(self._followed.now().values())

    def emails(self) -> Collection[str]:
        """E-mails at the last look, without looking at the file."""
        return self._followed.last_look.keys()

    def has_active_admin(self) -> bool:
        """Whether somebody can run this home: an active admin with a password."""
        return any(
            member.role is Role.ADMIN and member.status is Status.ACTIVE and member.password_hash
            for member in self.all()
        )

    def register(self, member: StaffMember, *, actor: str) -> StaffMember:
        """Add one. Raises Conflict when the e-mail is registered already."""
        now = self._zone.format(epoch_of(self._clock()))
        new = replace(check_staff(member), created_at=now, password_hash="")

        def add(staff: dict[str, StaffMember]) -> None:
            if new.email in staff:
                raise Conflict(f"{new.email} is registered already.", field="email")
            staff[new.email] = new

        self._change(add)
        self._audit.record(actor, "staff registered", new.email, role=new.role.value)
        return self._registered(new.email)

    def modify(self, member: StaffMember, *, actor: str) -> StaffMember:
        """Replace name, role and status. Raises NotFound; Conflict for the last active admin."""
        new = check_staff(member)

        def change(staff: dict[str, StaffMember]) -> None:
            old = _find(staff, new.email)
            staff[new.email] = replace(
                new, created_at=old.created_at, password_hash=old.password_hash
            )
            _refuse_loss_of_last_admin(old, staff)

        self._change(change)
        self._audit.record(
            actor, "staff modified", new.email, role=new.role.value, status=new.status.value
        )
        return self._registered(new.email)

    def deactivate(self, email: str, *, actor: str) -> StaffMember:
        """Close a sign-in. Raises Conflict when it is closed, or the last active admin's."""
        member = self._registered(fold_email(email))
        if member.status is Status.INACTIVE:
            raise Conflict(f"{member.email} is inactive already.", field="status")
        return self.modify(replace(member, status=Status.INACTIVE), actor=actor)

    def set_password_hash(self, email: str, password_hash: str, *, actor: str) -> None:
        """Keep a new hash. Raises NotFound."""
        folded = fold_email(email)

        def change(staff: dict[str, StaffMember]) -> None:
            staff[folded] = replace(_find(staff, folded), password_hash=password_hash)

        self._change(change)
        self._audit.record(actor, "password set", folded)

    def _registered(self, email: str) -> StaffMember:
        return _find(self._followed.now(), email)

    def _change(self, edit: Callable[[dict[str, StaffMember]], None]) -> None:
        def edited(rows: Sequence[Row]) -> Sequence[Row]:
            staff = dict(_by_email(rows))
            edit(staff)
            check_all_staff(staff.values(), household_emails=self._household_emails())
            return [staff_row(member) for member in staff.values()]

        self._followed.change(edited)

    def _check(self, rows: Sequence[Row]) -> None:
        check_all_staff(map(staff_of, rows), household_emails=self._household_emails())


def _by_email(rows: Sequence[Row]) -> _ByEmail:
    return {member.email: member for member in map(staff_of, rows)}


def _find(staff: _ByEmail, email: str) -> StaffMember:
    member = staff.get(email)
    if member is None:
        raise NotFound(f"{email!r} is not registered as staff.", field="email")
    return member


def _refuse_loss_of_last_admin(old: StaffMember, staff: _ByEmail) -> None:
    """A home must keep somebody who can run it."""

    def can_run(member: StaffMember) -> bool:
        return member.role is Role.ADMIN and member.status is Status.ACTIVE

    if can_run(old) and not any(map(can_run, staff.values())):
        raise Conflict(
            f"{old.email} is the last active admin: make another one first.", field="status"
        )
