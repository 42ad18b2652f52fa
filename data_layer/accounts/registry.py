"""The accounts of a home: users.csv as the one truth, in memory by meter and by e-mail.

Every change goes through the CSV registry protocol (lock, re-read, check, write whole), so
server, commands and a person with an editor can all change the file. A hand edit is taken over
at the next look; one that breaks a rule is reported in `problem` and the state before stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from data_layer.accounts.account_rows import ACCOUNT_COLUMNS, account_of, account_row
from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.followed_file import Followed, FollowedFile
from data_layer.accounts.model import Account, Status
from data_layer.accounts.rules import check_account, check_accounts, fold_email
from data_layer.clock import Clock, HomeZone, epoch_of
from data_layer.errors import Conflict, NotFound
from data_layer.readings.model import GroupPath
from data_layer.readings.room import Standing
from data_layer.storage.csv_table import Row
from data_layer.storage.registry_file import RegistryFile

_Accounts = dict[str, Account]


@dataclass(frozen=True, slots=True)
class _Held:
    """One version of the file, ready to be asked."""

    by_meter: Mapping[str, Account] = field(default_factory=dict)
    by_email: Mapping[str, tuple[Account, ...]] = field(default_factory=dict)
    households: Mapping[GroupPath, int] = field(default_factory=dict)


class AccountRegistry(Followed[_Held]):
    """All accounts, and the only way to change them."""

    def __init__(
        self,
        file: Path,
        *,
        versions: Path,
        audit: AuditTrail,
        clock: Clock,
        zone: HomeZone,
        staff_emails: Callable[[], Collection[str]],
    ) -> None:
        self._staff_emails = staff_emails
        self._audit = audit
        self._clock = clock
        self._zone = zone
        self._followed = FollowedFile(
            RegistryFile(file, columns=ACCOUNT_COLUMNS, versions=versions, check=self._check),
            _held,
            empty=_Held(),
        )

    def get(self, meter_id: str) -> Account | None:
        return self._followed.now().by_meter.get(meter_id)

    def by_email(self, email: str) -> tuple[Account, ...]:
        """All accounts of one e-mail, in any letter case."""
        return self._followed.now().by_email.get(fold_email(email), ())

    def active_of(self, email: str) -> tuple[Account, ...]:
        return tuple(row for row in self.by_email(email) if row.status is Status.ACTIVE)

    def all(self) -> tuple[Account, ...]:
        """Every account, in the file's order."""
        return tuple(self._followed.now().by_meter.values())

    def emails(self) -> Collection[str]:
        """E-mails at the last look, without looking at the file."""
        return self._followed.last_look.by_email.keys()

    def paths(self) -> Mapping[str, GroupPath | None]:
        """Where each meter counts in group totals; history of an inactive account counts on."""
        return {name: row.path for name, row in self._followed.now().by_meter.items()}

    def households(self) -> Mapping[GroupPath, int]:
        """Active accounts in every place; counted once a version, for every group total asks."""
        return self._followed.now().households

    def look(self) -> object:
        """All accounts as they are now: the same object until the file changes."""
        return self._followed.now()

    def standing(self, meter_id: str) -> Standing:
        account = self.get(meter_id)
        if account is None:
            return Standing.UNKNOWN
        return Standing.ACTIVE if account.status is Status.ACTIVE else Standing.INACTIVE

    def register(self, account: Account, *, actor: str) -> Account:
        """Add one account. Raises Conflict when its meter is registered already."""
        return self.register_many([account], actor=actor)[0]

    def register_many(self, accounts: Sequence[Account], *, actor: str) -> tuple[Account, ...]:
        """Add accounts, all of them in one write or none. Raises Conflict, BadInput."""
        now = self._zone.format(epoch_of(self._clock()))
        new = [replace(check_account(account), registered_at=now) for account in accounts]

        def add(rows: _Accounts) -> None:
            hashes = _hashes(rows)
            for account in new:
                if account.meter_id in rows:
                    raise Conflict(
                        f"meter {account.meter_id} is registered already.", field="meter_id"
                    )
                rows[account.meter_id] = _with_sign_in(account, hashes)

        self._change(add)
        for account in new:
            self._audit.record(actor, "account registered", account.meter_id)
        return tuple(self._registered(account.meter_id) for account in new)

    def modify(self, account: Account, *, actor: str) -> Account:
        """Replace an account's attributes; its sign-in follows its e-mail. Raises NotFound."""
        new = check_account(account)
        changed: list[str] = []

        def change(rows: _Accounts) -> None:
            old = _find(rows, new.meter_id)
            hashes = _hashes(rows)
            kept = replace(_with_sign_in(new, hashes), registered_at=old.registered_at)
            changed.extend(
                name for name in ACCOUNT_COLUMNS if getattr(kept, name) != getattr(old, name)
            )
            rows[new.meter_id] = kept

        self._change(change)
        if changed:
            self._audit.record(actor, "account modified", new.meter_id, fields=" ".join(changed))
        return self._registered(new.meter_id)

    def deactivate(self, meter_id: str, *, actor: str) -> Account:
        """Close an account; its history stays. Raises Conflict when it is inactive already."""
        return self._set_status(meter_id, Status.INACTIVE, actor=actor)

    def activate(self, meter_id: str, *, actor: str) -> Account:
        """Open a closed account again. Raises Conflict when it is active already."""
        return self._set_status(meter_id, Status.ACTIVE, actor=actor)

    def set_password_hash(self, email: str, password_hash: str, *, actor: str) -> None:
        """Give all rows of one e-mail the same new hash, in one write. Raises NotFound."""
        folded = fold_email(email)

        def change(rows: _Accounts) -> None:
            own = [name for name, row in rows.items() if row.email == folded]
            if not own:
                raise NotFound(f"nobody is registered as {folded!r}.", field="email")
            for name in own:
                rows[name] = replace(rows[name], password_hash=password_hash)

        self._change(change)
        self._audit.record(actor, "password set", folded)

    def _set_status(self, meter_id: str, status: Status, *, actor: str) -> Account:
        def change(rows: _Accounts) -> None:
            row = _find(rows, meter_id)
            if row.status is status:
                raise Conflict(f"meter {meter_id} is {status.value} already.", field="status")
            rows[meter_id] = replace(row, status=status)

        self._change(change)
        self._audit.record(actor, f"account made {status.value}", meter_id)
        return self._registered(meter_id)

    def _registered(self, meter_id: str) -> Account:
        return _find(self._followed.now().by_meter, meter_id)

    def _change(self, edit: Callable[[_Accounts], None]) -> None:
        def edited(rows: Sequence[Row]) -> Sequence[Row]:
            accounts = {account.meter_id: account for account in map(account_of, rows)}
            edit(accounts)
            check_accounts(accounts.values(), staff_emails=self._staff_emails())
            return [account_row(account) for account in accounts.values()]

        self._followed.change(edited)

    def _check(self, rows: Sequence[Row]) -> None:
        check_accounts(map(account_of, rows), staff_emails=self._staff_emails())


def _held(rows: Sequence[Row]) -> _Held:
    by_meter: dict[str, Account] = {}
    by_email: dict[str, tuple[Account, ...]] = {}
    for account in map(account_of, rows):
        by_meter[account.meter_id] = account
        if account.email:
            by_email[account.email] = (*by_email.get(account.email, ()), account)
    households = Counter(row.path for row in by_meter.values() if row.status is Status.ACTIVE)
    return _Held(by_meter, by_email, households)


def _hashes(rows: Mapping[str, Account]) -> Mapping[str, str]:
    """The sign-in of each e-mail."""
    return {row.email: row.password_hash for row in rows.values() if row.email}


def _with_sign_in(account: Account, hashes: Mapping[str, str]) -> Account:
    """The account with the sign-in its e-mail already has; a new e-mail has none yet."""
    return replace(account, password_hash=hashes.get(account.email, ""))


def _find(accounts: Mapping[str, Account], meter_id: str) -> Account:
    account = accounts.get(meter_id)
    if account is None:
        raise NotFound(f"meter {meter_id!r} is not registered.", field="meter_id")
    return account
